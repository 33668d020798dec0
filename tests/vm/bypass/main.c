// SPDX-License-Identifier: Apache-2.0
/*
 * bypass: acts one case and says what came of it. README.md has the manual.
 *
 *   bypass list              ACTION CASE of every case
 *   bypass has x32           exit code 0 if the kernel has it
 *   bypass read HOW          reads the secret, as the program that rules name
 *   bypass run ACTION CASE [CGROUP.PROCS]
 *                            prints OUTCOME EFFECT: "ok", an errno's or a signal's name; "yes" or
 * "no"
 *
 * Exit code 0 whenever the case was acted, 2 when its world could not be made.
 */
#include "bypass.h"
#include "subject.h"

#include <signal.h>
#include <time.h>

static const struct group *const groups[] = {
    &read_group,  &write_group,	 &exec_group,	&connect_group, &bind_group,	&listen_group,
    &raw_group,	  &fork_group,	 &signal_group, &setuid_group,	&inject_group,	&memory_group,
    &mount_group, &module_group, &bpf_group,	&userns_group,	&syscall_group, &subject_group,
};

struct report *report;
pid_t parent, victim;
int governing = -1;

static void list(void)
{
	for (size_t i = 0; i < COUNT(groups); i++)
		for (size_t k = 0; k < groups[i]->count; k++)
			printf("%s\t%s\n", groups[i]->action, groups[i]->cases[k].name);
}

static const struct group *find_group(const char *action)
{
	for (size_t i = 0; i < COUNT(groups); i++)
		if (!strcmp(groups[i]->action, action))
			return groups[i];
	broken("no such action");
}

static const struct bypass *find_case(const struct group *group, const char *name)
{
	for (size_t i = 0; i < group->count; i++)
		if (!strcmp(group->cases[i].name, name))
			return &group->cases[i];
	broken("no such case");
}

static pid_t start_attempt(const struct bypass *act)
{
	pid_t pid = (pid_t)needed(fork(), "a child");

	if (pid)
		return pid;
	if (governing >= 0)
		needed(join_cgroup(), "joining the cgroup");
	/* Of its own, so that what ends a group does not end the run. */
	setpgid(0, 0);
	report->error = act->attempt();
	report->ended = 1;
	_exit(0);
}

/* Twenty seconds at most: an attempt that hangs is one that was stopped in a bad way. */
static int wait_for(pid_t pid)
{
	const struct timespec nap = {.tv_nsec = 2000000};
	int status = 0;

	for (int i = 0; i < 10000; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		nanosleep(&nap, NULL);
	}
	kill(pid, SIGKILL);
	broken("the attempt did not end");
}

/* Another program may have taken the attempt's place; its exit code is what is known then. */
static const char *outcome_of(int status)
{
	const char *name = strerrorname_np(report->error);

	if (WIFSIGNALED(status))
		return text_of("SIG%s", sigabbrev_np(WTERMSIG(status)));
	if (!report->ended && WEXITSTATUS(status))
		return text_of("EXIT%d", WEXITSTATUS(status));
	return !report->error ? "ok" : name ? name : "unknown";
}

static void run(const struct group *group, const struct bypass *act)
{
	int status;

	report = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	make_world();
	if (act->prepare)
		act->prepare();
	if (group->ready)
		group->ready();
	status = wait_for(start_attempt(act));
	printf("%s %s\n", outcome_of(status), act->effect() ? "yes" : "no");
	if (act->undo)
		act->undo();
	end_started();
}

static int has_x32(void)
{
	return syscall(X32 | SYS_getpid) >= 0 ? 0 : 1;
}

static void run_named(int count, char **words)
{
	const struct group *group = find_group(words[0]);
	const struct bypass *act = find_case(group, words[1]);

	if (count > 2)
		governing = (int)needed(open(words[2], O_WRONLY | O_CLOEXEC), words[2]);
	run(group, act);
}

int main(int count, char **words)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	parent = getpid();
	if (count == 2 && !strcmp(words[1], "list"))
		list();
	else if (count == 3 && !strcmp(words[1], "has"))
		return has_x32();
	else if (count == 3 && !strcmp(words[1], "read"))
		return be_reader(words[2]);
	else if (count >= 4 && !strcmp(words[1], "run"))
		run_named(count - 2, words + 2);
	else
		broken("usage: bypass list | has x32 | run ACTION CASE [CGROUP.PROCS]");
	return 0;
}
