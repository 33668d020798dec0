// SPDX-License-Identifier: Apache-2.0
/* with_programs OBJECT COMMAND...: attaches every program of a BPF object while the command runs.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/libbpf.h>

/* Cgroup programs at the root. */
static struct bpf_link *attach(struct bpf_program *program)
{
	struct bpf_link *link;
	int root;

	if (bpf_program__type(program) != BPF_PROG_TYPE_CGROUP_SOCK_ADDR)
		return bpf_program__attach(program);
	root = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY);
	link = bpf_program__attach_cgroup(program, root);
	close(root);
	return link;
}

static int attach_all(const char *path)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *program;

	if (!object || bpf_object__load(object) != 0)
		return -1;
	bpf_object__for_each_program(program, object) if (!attach(program)) return -1;
	return 0;
}

int main(int count, char **words)
{
	int status = -1;
	pid_t child;

	if (count < 3 || attach_all(words[1]) != 0) {
		perror("with_programs");
		return 2;
	}
	child = fork();
	if (child == 0) {
		execv(words[2], words + 2);
		_exit(127);
	}
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
