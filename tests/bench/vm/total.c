// SPDX-License-Identifier: Apache-2.0
/*
 * total LABEL USER CGROUP COMMAND...: runs a command as a user (a number) in a cgroup (a folder)
 * and prints "LABEL<TAB>COUNT": time-stamp counter ticks from its start to its end, which are the
 * instructions of the whole machine when QEMU runs with -icount on one processor.
 */
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

static int join_cgroup(const char *folder)
{
	char path[256];
	int file, done;

	snprintf(path, sizeof path, "%s/cgroup.procs", folder);
	file = open(path, O_WRONLY);
	done = file >= 0 && write(file, "0", 1) == 1;
	close(file);
	return done;
}

static void become(uid_t user, const char *cgroup, char **command)
{
	if (!join_cgroup(cgroup) || setgroups(0, NULL) || setgid(user) || setuid(user))
		perror("total");
	else
		execv(command[0], command);
	_exit(127);
}

int main(int count, char **words)
{
	unsigned long long begin;
	int status = -1;
	pid_t child;

	if (count < 5)
		return 2;
	begin = __rdtsc();
	child = fork();
	if (child == 0)
		become((uid_t)atoi(words[2]), words[3], words + 4);
	waitpid(child, &status, 0);
	printf("%s\t%llu\n", words[1], __rdtsc() - begin);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
