// SPDX-License-Identifier: Apache-2.0
/* Ways to run a program that must not run. */
#include "bypass.h"
#include "marks.h"

#include <linux/memfd.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>

#define LOADER "/lib64/ld-linux-x86-64.so.2"
#define SCRIPT FREE "/script"

enum { I386_EXECVE = 11, I386_EXECVEAT = 358 };

static char *const no_words[] = {"mark", NULL};

static int run(const char *path)
{
	return outcome(execve(path, no_words, no_words + 1));
}

static int run_with(const char *path, const char *first)
{
	char *const words[] = {"sh", (char *)(uintptr_t)first, NULL};

	return outcome(execve(path, words, words + 2));
}

static int run_descriptor(int fd)
{
	return fd < 0
		   ? errno
		   : outcome(syscall(SYS_execveat, fd, "", no_words, no_words + 1, AT_EMPTY_PATH));
}

/* ---- the program itself ---- */

static int by_execve(void)
{
	return run(PROGRAM);
}

static int by_execveat(void)
{
	int folder = open(GUARDED, O_PATH | O_CLOEXEC);

	return folder < 0
		   ? errno
		   : outcome(syscall(SYS_execveat, folder, "program", no_words, no_words + 1, 0));
}

static int by_fexecve(void)
{
	return run_descriptor(open(PROGRAM, O_RDONLY | O_CLOEXEC));
}

static int by_path_descriptor(void)
{
	return run_descriptor(open(PROGRAM, O_PATH | O_CLOEXEC));
}

static int by_proc_fd(void)
{
	int fd = open(PROGRAM, O_PATH);

	return fd < 0 ? errno : run(text_of("/proc/self/fd/%d", fd));
}

static int by_proc_root(void)
{
	return run(text_of("/proc/%d/root" PROGRAM, parent));
}

static uint32_t words32[2];

static int by_int80(void)
{
	words32[0] = (uint32_t)LOW(PROGRAM);
	return outcome(int80(I386_EXECVE, LOW(PROGRAM), LOW(words32), LOW(words32 + 1), 0, 0));
}

static int by_int80_at(void)
{
	int folder = open(GUARDED, O_PATH | O_CLOEXEC);

	words32[0] = (uint32_t)LOW(PROGRAM);
	return outcome(
	    int80(I386_EXECVEAT, folder, LOW("program"), LOW(words32), LOW(words32 + 1), 0));
}

static int by_thread(void)
{
	return in_thread(by_execve);
}

static int by_vfork(void)
{
	pid_t pid = vfork();
	int status;

	if (pid < 0)
		return errno;
	if (!pid)
		_exit(by_execve());
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		raise(WTERMSIG(status));
	return WEXITSTATUS(status);
}

static int by_chroot(void)
{
	TRY(outcome(chroot(ROOM)));
	return run("/p/program");
}

static int held = -1;

static void hold_and_unlink(void)
{
	have_program();
	held = (int)needed(open(PROGRAM, O_RDONLY | O_CLOEXEC), PROGRAM);
	needed(unlink(PROGRAM), PROGRAM);
}

static int by_unlinked(void)
{
	return run_descriptor(held);
}

/* ---- other names ---- */

static int by_symlink(void)
{
	THEN(outcome(symlink(PROGRAM, FREE "/l")), run(FREE "/l"));
}

static int by_hard_link(void)
{
	THEN(outcome(link(PROGRAM, FREE "/h")), run(FREE "/h"));
}

static int by_rename(void)
{
	THEN(outcome(rename(PROGRAM, FREE "/r")), run(FREE "/r"));
}

static int by_bind(void)
{
	mkdir(FREE "/d", 0755);
	THEN(outcome(mount(GUARDED, FREE "/d", NULL, MS_BIND, NULL)), run(FREE "/d/program"));
}

static int by_copy(void)
{
	copy_file(PROGRAM, FREE "/copy", 0755);
	return run(FREE "/copy");
}

/* ---- as what another program runs ---- */

static void have_script(void)
{
	have_program();
	needed(-write_text(SCRIPT, "#!" PROGRAM "\n"), SCRIPT);
	needed(chmod(SCRIPT, 0755), SCRIPT);
}

static int by_script(void)
{
	return run(SCRIPT);
}

static void have_nested_script(void)
{
	have_script();
	needed(-write_text(FREE "/outer", "#!" SCRIPT "\n"), FREE "/outer");
	needed(chmod(FREE "/outer", 0755), FREE "/outer");
}

static int by_nested_script(void)
{
	return run(FREE "/outer");
}

static void have_guarded_script(void)
{
	needed(-write_text(GUARDED "/script", "#!" MARK "\n"), GUARDED "/script");
	needed(chmod(GUARDED "/script", 0755), GUARDED "/script");
}

static int by_guarded_script(void)
{
	return run(GUARDED "/script");
}

static void have_text(void)
{
	needed(-write_text(GUARDED "/script", "echo s >&9\n"), GUARDED "/script");
}

/* For the kernel the shell reads a file. */
static int by_shell(void)
{
	return run_with("/bin/sh", GUARDED "/script");
}

static int by_elf_interpreter(void)
{
	return run("/test/mark_interpreted");
}

static void have_dynamic(void)
{
	copy_file(MARK_DYNAMIC, PROGRAM, 0755);
}

static int by_loader(void)
{
	return run_with(LOADER, PROGRAM);
}

static void set_text(const char *path, const char *text)
{
	int fd = (int)needed(open(path, O_WRONLY | O_CLOEXEC), path);

	needed(write(fd, text, strlen(text)), path);
	close(fd);
}

static void register_format(const char *flags)
{
	have_program();
	needed(mkdir(ROOM "/misc", 0755), ROOM "/misc");
	needed(mount("x", ROOM "/misc", "binfmt_misc", 0, NULL), "binfmt_misc");
	set_text(ROOM "/misc/register", text_of(":bypass:M::BYPASS::" PROGRAM ":%s", flags));
	needed(-write_text(SCRIPT, "BYPASS"), SCRIPT);
	needed(chmod(SCRIPT, 0755), SCRIPT);
}

static void have_format(void)
{
	register_format("");
}

static void have_fixed_format(void)
{
	register_format("F");
}

static void remove_format(void)
{
	set_text(ROOM "/misc/bypass", "-1");
}

#define CORE_PATTERN "/proc/sys/kernel/core_pattern"

static void dump_core(void)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	setrlimit(RLIMIT_CORE, &all);
	abort();
}

/* CVE-2022-0492 and its kin: files that name a program for the kernel to start. */
static int by_core_pattern(void)
{
	pid_t pid;

	TRY(write_text(CORE_PATTERN, "|" MARK));
	pid = fork();
	if (!pid)
		dump_core();
	return outcome(waitpid(pid, NULL, 0));
}

static void restore_core_pattern(void)
{
	set_text(CORE_PATTERN, "core");
}

/* ---- code without execve ---- */

/* mov $42, %eax; ret */
static const char code[] = "\xb8\x2a\x00\x00\x00\xc3";

static void have_code(void)
{
	int fd = (int)needed(open(PROGRAM, O_WRONLY | O_CREAT, 0755), PROGRAM);

	needed(write(fd, code, sizeof(code)), PROGRAM);
	close(fd);
}

static int call(void *at)
{
	int (*function)(void);

	memcpy(&function, &at, sizeof(at));
	report->ran = function() == 42;
	return 0;
}

/* What dlopen does. */
static int by_map(void)
{
	int fd = open(PROGRAM, O_RDONLY);
	void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	return at == MAP_FAILED ? errno : call(at);
}

static int by_map_mprotect(void)
{
	int fd = open(PROGRAM, O_RDONLY);
	void *at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);

	if (at == MAP_FAILED)
		return errno;
	THEN(outcome(mprotect(at, 4096, PROT_READ | PROT_EXEC)), call(at));
}

/* ---- files without a name ---- */

static int anonymous_copy(const char *from)
{
	static char buffer[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int fd = (int)syscall(SYS_memfd_create, "x", MFD_CLOEXEC);
	long size;

	while ((size = read(in, buffer, sizeof(buffer))) > 0)
		if (write(fd, buffer, (size_t)size) != size)
			return -1;
	return fd;
}

static int by_memfd(void)
{
	return run_descriptor(anonymous_copy(MARK));
}

static int by_memfd_proc(void)
{
	return run(text_of("/proc/self/fd/%d", anonymous_copy(MARK)));
}

static int by_memfd_loader(void)
{
	int fd = anonymous_copy(MARK_DYNAMIC);

	fcntl(fd, F_SETFD, 0);
	return run_with(LOADER, text_of("/proc/self/fd/%d", fd));
}

static int by_memfd_interpreter(void)
{
	int fd = anonymous_copy(MARK);

	fcntl(fd, F_SETFD, 0);
	TRY(write_text(SCRIPT, text_of("#!/proc/self/fd/%d\n", fd)));
	TRY(outcome(chmod(SCRIPT, 0755)));
	return run(SCRIPT);
}

/* Open for writing it cannot run: it is opened anew for reading first. */
static int by_tmpfile(void)
{
	static char buffer[65536];
	int fd = open(FREE, O_TMPFILE | O_RDWR | O_CLOEXEC, 0700);
	long size = read(open(MARK, O_RDONLY | O_CLOEXEC), buffer, sizeof(buffer));
	int reading = open(text_of("/proc/self/fd/%d", fd), O_RDONLY | O_CLOEXEC);

	if (write(fd, buffer, (size_t)size) != size)
		return errno;
	close(fd);
	return run_descriptor(reading);
}

static const struct bypass cases[] = {
    {"execve", by_execve, has_mark, have_program, NULL},
    {"execveat", by_execveat, has_mark, have_program, NULL},
    {"fexecve", by_fexecve, has_mark, have_program, NULL},
    {"path-descriptor", by_path_descriptor, has_mark, have_program, NULL},
    {"proc-fd", by_proc_fd, has_mark, have_program, NULL},
    {"proc-root", by_proc_root, has_mark, have_program, NULL},
    {"int80-execve", by_int80, has_mark, have_program, NULL},
    {"int80-execveat", by_int80_at, has_mark, have_program, NULL},
    {"thread", by_thread, has_mark, have_program, NULL},
    {"vfork-child", by_vfork, has_mark, have_program, NULL},
    {"chroot", by_chroot, has_mark, have_program, NULL},
    {"unlinked", by_unlinked, has_mark, hold_and_unlink, NULL},
    {"symlink", by_symlink, has_mark, have_program, NULL},
    {"hard-link", by_hard_link, has_mark, have_program, NULL},
    {"rename", by_rename, has_mark, have_program, NULL},
    {"bind-mount", by_bind, has_mark, have_program, NULL},
    {"copy", by_copy, has_mark, have_program, NULL},
    {"copy-fenced", by_copy, has_mark, have_program, NULL},
    {"script-interpreter", by_script, has_mark, have_script, NULL},
    {"nested-script", by_nested_script, has_mark, have_nested_script, NULL},
    {"guarded-script", by_guarded_script, has_mark, have_guarded_script, NULL},
    {"shell-reads-script", by_shell, has_mark, have_text, NULL},
    {"elf-interpreter", by_elf_interpreter, has_mark, have_program, NULL},
    {"loader", by_loader, has_mark, have_dynamic, NULL},
    {"binfmt-misc", by_script, has_mark, have_format, remove_format},
    {"binfmt-misc-fixed", by_script, has_mark, have_fixed_format, remove_format},
    {"core-pattern", by_core_pattern, has_mark_file, expect_mark_file, restore_core_pattern},
    {"map", by_map, has_run, have_code, NULL},
    {"map-mprotect", by_map_mprotect, has_run, have_code, NULL},
    {"memfd", by_memfd, has_mark, NULL, NULL},
    {"memfd-fenced", by_memfd, has_mark, NULL, NULL},
    {"memfd-proc", by_memfd_proc, has_mark, NULL, NULL},
    {"memfd-loader", by_memfd_loader, has_mark, NULL, NULL},
    {"memfd-interpreter", by_memfd_interpreter, has_mark, NULL, NULL},
    {"tmpfile-fenced", by_tmpfile, has_mark, NULL, NULL},
};
const struct group exec_group = {"exec", cases, COUNT(cases), expect_marks};
