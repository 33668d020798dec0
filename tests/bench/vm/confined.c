// SPDX-License-Identifier: Apache-2.0
/*
 * confined HOW COMMAND...: runs a command as other tools would confine it, for figures side by
 * side. HOW: `calls`, a seccomp filter that permits each named call of x86-64 by its number alone;
 * `arguments`, the same with an argument checked on the calls that the bench measures; `landlock`,
 * files may be read and executed anywhere but below /bench; `apparmor`, the profile "confined".
 * Filters are libseccomp's, in the shape that it gives without options.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LAST_CALL 334 /* rseq: the numbers below the gap */

static int fail(const char *what)
{
	perror(what);
	return 1;
}

static int is_measured(int call)
{
	return call == SCMP_SYS(read) || call == SCMP_SYS(openat) || call == SCMP_SYS(close) ||
	       call == SCMP_SYS(connect) || call == SCMP_SYS(socket) || call == SCMP_SYS(getppid);
}

static int permit(scmp_filter_ctx filter, int call, int arguments)
{
	if (!arguments || !is_measured(call))
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
	/* Holds for all that the bench does, and the kernel cannot know it beforehand. */
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
				SCMP_A5(SCMP_CMP_NE, 0x1122334455667788));
}

static int by_seccomp(int arguments)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int call, permitted = 0;

	for (call = 0; call <= LAST_CALL; call++) {
		char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, call);

		if (name && permit(filter, call, arguments) == 0)
			permitted++;
		free(name);
	}
	fprintf(stderr, "# seccomp permits %d calls\n", permitted);
	return seccomp_load(filter) ? fail("seccomp_load") : 0;
}

static long grant(int rules, const char *path)
{
	struct landlock_path_beneath_attr beneath = {
	    .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE};

	beneath.parent_fd = open(path, O_PATH | O_CLOEXEC);
	return beneath.parent_fd < 0
		   ? -1
		   : syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
}

static int by_landlock(void)
{
	static const char *const trees[] = {"/test", "/dev", "/lib", "/lib64", "/usr", "/t"};
	struct landlock_ruleset_attr handled = {.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE |
								     LANDLOCK_ACCESS_FS_EXECUTE};
	int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
	unsigned i;

	if (rules < 0)
		return fail("landlock_create_ruleset");
	for (i = 0; i < sizeof trees / sizeof trees[0]; i++)
		if (grant(rules, trees[i]) && errno != ENOENT)
			return fail(trees[i]);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(SYS_landlock_restrict_self, rules, 0))
		return fail("landlock_restrict_self");
	return 0;
}

static int by_apparmor(void)
{
	static const char order[] = "exec confined";
	int file = open("/proc/self/attr/exec", O_WRONLY);

	if (file < 0 || write(file, order, sizeof order - 1) != (ssize_t)sizeof order - 1)
		return fail("apparmor");
	close(file);
	return 0;
}

static int confine(const char *how)
{
	if (!strcmp(how, "landlock"))
		return by_landlock();
	if (!strcmp(how, "apparmor"))
		return by_apparmor();
	if (!strcmp(how, "calls") || !strcmp(how, "arguments"))
		return by_seccomp(*how == 'a');
	return 2;
}

int main(int count, char **words)
{
	int status = count < 3 ? 2 : confine(words[1]);

	if (status)
		return status;
	execv(words[2], words + 2);
	return fail(words[2]);
}
