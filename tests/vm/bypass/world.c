// SPDX-License-Identifier: Apache-2.0
/* The world of a run: a mount namespace with a fresh file system in it, and steps that cases share.
 */
#include "bypass.h"

#include <dirent.h>
#include <linux/fs.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/xattr.h>
#include <time.h>

int pair[2];

void broken(const char *what)
{
	printf("broken: %s (%s)\n", what, strerror(errno));
	end_started();
	_exit(2);
}

long needed(long value, const char *what)
{
	if (value < 0)
		broken(what);
	return value;
}

int take(int fd)
{
	long size;

	if (fd < 0)
		return errno;
	size = read(fd, report->taken, sizeof(report->taken) - 1);
	return size > 0 ? 0 : size < 0 ? errno : ENODATA;
}

int put(int fd)
{
	return fd < 0 ? errno : outcome(write(fd, "changed", 7));
}

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int error = fd < 0 ? errno : outcome(write(fd, text, strlen(text)));

	close(fd);
	return error;
}

bool exists(const char *path)
{
	return access(path, F_OK) == 0;
}

void copy_file(const char *from, const char *to, mode_t mode)
{
	static char buffer[65536];
	int in = (int)needed(open(from, O_RDONLY | O_CLOEXEC), from);
	int out = (int)needed(open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode), to);
	long size;

	while ((size = read(in, buffer, sizeof(buffer))) > 0)
		needed(write(out, buffer, (size_t)size), to);
	close(in);
	close(out);
}

/* One after the other; good until the fourth next one. */
char *text_of(const char *format, ...)
{
	static char texts[4][256];
	static int next;
	char *text = texts[next++ % 4];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(texts[0]), format, arguments);
	va_end(arguments);
	return text;
}

int join_cgroup(void)
{
	return governing < 0 ? 0 : (int)-outcome(write(governing, "0", 1));
}

void make_world(void)
{
	needed(unshare(CLONE_NEWNS), "a mount namespace");
	needed(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	mkdir(ROOM, 0755);
	needed(mount("room", ROOM, "tmpfs", 0, NULL), "a file system");
	needed(mkdir(GUARDED, 0755), GUARDED);
	needed(mkdir(GUARDED "/folder", 0755), GUARDED "/folder");
	needed(mkdir(FREE, 0777), FREE);
	needed(-write_text(SECRET, SECRET_TEXT), SECRET);
	needed(-write_text(PLAIN, PLAIN_TEXT), PLAIN);
	needed(mkdir(TWIN_FOLDER, 0755), TWIN_FOLDER);
	needed(-write_text(TWIN, PLAIN_TEXT), TWIN);
	needed(symlink(SECRET_TEXT, GUARDED "/link"), GUARDED "/link");
}

bool secret_taken(void)
{
	return strstr(report->taken, SECRET_TEXT) != NULL;
}

bool has_run(void)
{
	return report->ran != 0;
}

/* ---- a tree as text ---- */

#define TREE_SIZE 8192
static char tree[TREE_SIZE];

static void add(char *to, const char *format, ...)
{
	size_t used = strlen(to);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(to + used, TREE_SIZE - used, format, arguments);
	va_end(arguments);
}

static void add_contents(char *to, const char *path)
{
	char text[64] = "", names[256] = "";
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOATIME | O_CLOEXEC), flags = 0;
	long size = read(fd, text, sizeof(text) - 1);
	long length = listxattr(path, names, sizeof(names));

	ioctl(fd, FS_IOC_GETFLAGS, &flags);
	close(fd);
	add(to, " flags %x text %ld %s xattr", flags, size, text);
	for (long i = 0; i < length; i++)
		add(to, "%c", names[i] ? names[i] : ' ');
}

/* The times of folders follow from their entries. */
static void add_entry(char *to, const char *path)
{
	struct stat found;

	if (lstat(path, &found) != 0) {
		add(to, "%s: gone\n", path);
		return;
	}
	add(to, "%s: device %lu mode %o owner %u:%u links %lu", path, (unsigned long)found.st_dev,
	    found.st_mode, found.st_uid, found.st_gid, (unsigned long)found.st_nlink);
	if (S_ISREG(found.st_mode)) {
		add(to, " size %ld time %ld.%09ld", (long)found.st_size, found.st_mtim.tv_sec,
		    found.st_mtim.tv_nsec);
		add_contents(to, path);
	}
	add(to, "\n");
}

static int is_entry(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void describe(char *to)
{
	struct dirent **entries = NULL;
	int count = scandir(GUARDED, &entries, is_entry, alphasort);

	*to = 0;
	add_entry(to, GUARDED);
	for (int i = 0; i < count; i++) {
		add_entry(to, text_of(GUARDED "/%s", entries[i]->d_name));
		free(entries[i]);
	}
	free(entries);
}

void remember_tree(void)
{
	describe(tree);
}

bool tree_changed(void)
{
	static char now[TREE_SIZE];

	describe(now);
	return strcmp(tree, now) != 0;
}

/* ---- processes ---- */

static pid_t started[8];
static size_t started_count;

pid_t start(void (*body)(void))
{
	pid_t pid = (pid_t)needed(fork(), "a process");

	if (!pid) {
		body();
		_exit(0);
	}
	if (started_count < COUNT(started))
		started[started_count++] = pid;
	return pid;
}

void end_started(void)
{
	if (getpid() != parent)
		return;
	for (size_t i = 0; i < started_count; i++) {
		kill(started[i], SIGKILL);
		waitpid(started[i], NULL, 0);
	}
}

void pause_for_ever(void)
{
	for (;;)
		pause();
}

struct work {
	int (*body)(void);
	int error;
};

static void *work_in_thread(void *argument)
{
	struct work *work = argument;

	work->error = work->body();
	return NULL;
}

int in_thread(int (*body)(void))
{
	struct work work = {.body = body};
	pthread_t thread;
	int error = pthread_create(&thread, NULL, work_in_thread, &work);

	if (error)
		return error;
	pthread_join(thread, NULL);
	return work.error;
}

/* ---- ways ---- */

long int80(long number, long a, long b, long c, long d, long e)
{
	long result;

	/* The sixth argument is in ebp, which the compiler may use: it is 0. Below is the red zone.
	 */
	__asm__ volatile("sub $128, %%rsp\n push %%rbp\n xor %%ebp, %%ebp\n int $0x80\n"
			 "pop %%rbp\n add $128, %%rsp"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
			 : "r8", "r9", "r10", "r11", "memory");
	result = (int)result;
	if (result >= 0 || result < -4095)
		return result;
	errno = (int)-result;
	return -1;
}

void make_pair(void)
{
	needed(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "a socket pair");
}

union control {
	char bytes[CMSG_SPACE(sizeof(int))];
	struct cmsghdr header;
};

static struct msghdr message_with(union control *control, struct iovec *piece)
{
	return (struct msghdr){
	    .msg_iov = piece,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(*control),
	};
}

int send_fd(int socket, int fd)
{
	union control control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
					    .cmsg_level = SOL_SOCKET,
					    .cmsg_type = SCM_RIGHTS}};
	char byte = 'x';
	struct iovec piece = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = message_with(&control, &piece);

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return (int)sendmsg(socket, &message, 0);
}

/* The kernel drops a descriptor that the receiver must not have, and the message comes without. */
int receive_fd(int socket)
{
	union control control = {0};
	char byte;
	struct iovec piece = {.iov_base = &byte, .iov_len = 1};
	struct msghdr message = message_with(&control, &piece);
	int fd;

	if (recvmsg(socket, &message, MSG_DONTWAIT) < 0)
		return -1;
	if (message.msg_controllen < CMSG_LEN(sizeof(int))) {
		errno = EBADF;
		return -1;
	}
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

char changing_name[] = SECRET;

static void *swap_names(void *unused)
{
	volatile char *folder = strstr(changing_name, "/p/") + 1;

	(void)unused;
	for (;;) {
		*folder = 'q';
		*folder = 'p';
	}
	return NULL;
}

int start_changing(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, swap_names, NULL);
}

bool is_racing(void)
{
	static struct timespec begin;
	static unsigned calls;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!calls)
		begin = now;
	/* Both threads may be on one processor. */
	if (++calls % 64 == 0)
		sched_yield();
	return now.tv_sec - begin.tv_sec + (now.tv_nsec - begin.tv_nsec) / 1e9 < 1;
}
