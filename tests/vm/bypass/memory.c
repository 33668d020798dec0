// SPDX-License-Identifier: Apache-2.0
/* Ways to run bytes that the process itself has written. */
#include "bypass.h"

#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/shm.h>

#define SIZE 4096
#define RW (PROT_READ | PROT_WRITE)
#define RX (PROT_READ | PROT_EXEC)
#define RWX (PROT_READ | PROT_WRITE | PROT_EXEC)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

enum { I386_MMAP = 90, I386_MPROTECT = 125, SHARED_EXEC = 0100000 };

/* mov $42, %eax; ret */
static const char code[] = "\xb8\x2a\x00\x00\x00\xc3";

static int call(void *at)
{
	int (*function)(void);

	memcpy(&function, &at, sizeof(at));
	report->ran = function() == 42;
	return 0;
}

static int write_and_call(void *at)
{
	memcpy(at, code, sizeof(code));
	return call(at);
}

static int run_at(void *at)
{
	return at == MAP_FAILED ? errno : write_and_call(at);
}

static int by_map(void)
{
	return run_at(mmap(NULL, SIZE, RWX, ANONYMOUS, -1, 0));
}

static int by_shared_map(void)
{
	return run_at(mmap(NULL, SIZE, RWX, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

static int by_file_map(void)
{
	return run_at(mmap(NULL, SIZE, RWX, MAP_PRIVATE, open(PLAIN, O_RDONLY), 0));
}

static int by_thread(void)
{
	return in_thread(by_map);
}

static void *written(int flags)
{
	void *at = mmap(NULL, SIZE, RW, ANONYMOUS | flags, -1, 0);

	if (at == MAP_FAILED)
		broken("memory");
	memcpy(at, code, sizeof(code));
	return at;
}

static int by_protect_all(void)
{
	void *at = written(0);

	THEN(outcome(mprotect(at, SIZE, RWX)), call(at));
}

/* Never both at once. */
static int by_protect_after_write(void)
{
	void *at = written(0);

	THEN(outcome(mprotect(at, SIZE, RX)), call(at));
}

static int by_pkey_protect(void)
{
	void *at = written(0);

	THEN(outcome(syscall(SYS_pkey_mprotect, at, SIZE, RX, -1)), call(at));
}

static int by_protect_int80(void)
{
	void *at = written(MAP_32BIT);

	THEN(outcome(int80(I386_MPROTECT, LOW(at), SIZE, RX, 0, 0)), call(at));
}

static int by_map_int80(void)
{
	static uint32_t arguments[6] = {0, SIZE, RWX, ANONYMOUS, (uint32_t)-1, 0};
	long at = int80(I386_MMAP, LOW(arguments), 0, 0, 0, 0);

	return at == -1 ? errno : write_and_call((void *)(uintptr_t)(uint32_t)at);
}

static int by_file_protect(void)
{
	void *at = mmap(NULL, SIZE, RW, MAP_PRIVATE, open(PLAIN, O_RDONLY), 0);

	if (at == MAP_FAILED)
		return errno;
	memcpy(at, code, sizeof(code));
	THEN(outcome(mprotect(at, SIZE, RX)), call(at));
}

static int by_stack(void)
{
	char room[2 * SIZE];
	void *page = (void *)(((uintptr_t)room + SIZE) & ~(uintptr_t)(SIZE - 1));

	memcpy(page, code, sizeof(code));
	THEN(outcome(mprotect(page, SIZE, RWX)), call(page));
}

static int by_heap(void)
{
	char *at = sbrk(2 * SIZE);
	void *page = (void *)(((uintptr_t)at + SIZE) & ~(uintptr_t)(SIZE - 1));

	memcpy(page, code, sizeof(code));
	THEN(outcome(mprotect(page, SIZE, RX)), call(page));
}

/* personality(2): from here on what may be read may be executed. */
static int by_personality_map(void)
{
	TRY(outcome(personality(READ_IMPLIES_EXEC)));
	return run_at(mmap(NULL, SIZE, RW, ANONYMOUS, -1, 0));
}

static int by_personality_protect(void)
{
	void *at = written(0);

	TRY(outcome(personality(READ_IMPLIES_EXEC)));
	THEN(outcome(mprotect(at, SIZE, RW)), call(at));
}

/* The heap grows without a system call that names a protection. */
static int by_personality_heap(void)
{
	char *at;

	TRY(outcome(personality(READ_IMPLIES_EXEC)));
	at = sbrk(0);
	if (sbrk(4 * SIZE) == (void *)-1)
		return errno;
	return write_and_call((void *)(((uintptr_t)at + 2 * SIZE) & ~(uintptr_t)(SIZE - 1)));
}

static int by_segment(void)
{
	int segment = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0700);
	void *at = shmat(segment, NULL, SHARED_EXEC);
	int error = at == (void *)-1 ? errno : write_and_call(at);

	shmctl(segment, IPC_RMID, NULL);
	return error;
}

/* Two views of the same memory: one is written, the other runs. */
static int by_views(void *writing, void *running)
{
	if (writing == MAP_FAILED || running == MAP_FAILED)
		return errno;
	memcpy(writing, code, sizeof(code));
	return call(running);
}

static int by_segment_views(void)
{
	int segment = shmget(IPC_PRIVATE, SIZE, IPC_CREAT | 0700);
	int error =
	    by_views(shmat(segment, NULL, 0), shmat(segment, NULL, SHM_RDONLY | SHARED_EXEC));

	shmctl(segment, IPC_RMID, NULL);
	return error;
}

static int file_views(int fd)
{
	if (fd < 0 || ftruncate(fd, SIZE) < 0)
		return errno;
	return by_views(mmap(NULL, SIZE, RW, MAP_SHARED, fd, 0),
			mmap(NULL, SIZE, RX, MAP_SHARED, fd, 0));
}

static int by_memfd_views(void)
{
	return file_views((int)syscall(SYS_memfd_create, "x", 0));
}

static int by_tmpfs_views(void)
{
	return file_views(open("/dev/shm/bypass", O_RDWR | O_CREAT | O_TRUNC, 0700));
}

static int by_memfd_map(void)
{
	int fd = (int)syscall(SYS_memfd_create, "x", 0);

	TRY(outcome(ftruncate(fd, SIZE)));
	return run_at(mmap(NULL, SIZE, RWX, MAP_SHARED, fd, 0));
}

/* mremap(2) with an old size of 0 makes a second view of shared memory. */
static int by_remap_view(void)
{
	void *at = mmap(NULL, SIZE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	void *view = mremap(at, 0, SIZE, MREMAP_MAYMOVE);

	if (at == MAP_FAILED || view == MAP_FAILED)
		return errno;
	memcpy(at, code, sizeof(code));
	THEN(outcome(mprotect(view, SIZE, RX)), call(view));
}

static int by_written_file(void)
{
	int fd = open(PLAIN, O_RDWR | O_TRUNC);
	void *at;

	if (fd < 0 || write(fd, code, sizeof(code)) < 0)
		return errno;
	at = mmap(NULL, SIZE, RX, MAP_PRIVATE, fd, 0);
	return at == MAP_FAILED ? errno : call(at);
}

/* What proc(5) calls forced: it writes where the mapping says no. CVE-2016-5195 began here. */
static int by_memory_file(void)
{
	void *at = mmap(NULL, SIZE, RX, ANONYMOUS, -1, 0);
	int fd = open("/proc/self/mem", O_RDWR);

	if (at == MAP_FAILED || fd < 0)
		return errno;
	THEN(outcome(pwrite(fd, code, sizeof(code), (off_t)(uintptr_t)at)), call(at));
}

/* Into the text of the program itself. */
__attribute__((noinline, aligned(64))) static int patched(void)
{
	__asm__ volatile("nop; nop; nop; nop; nop; nop; nop; nop");
	return 1;
}

static int by_memory_file_text(void)
{
	int fd = open("/proc/self/mem", O_RDWR);
	void *at;
	int (*function)(void) = patched;

	memcpy(&at, &function, sizeof(at));
	if (fd < 0)
		return errno;
	THEN(outcome(pwrite(fd, code, sizeof(code), (off_t)(uintptr_t)at)), call(at));
}

/* userfaultfd(2) fills a page that was never writable. */
static int by_fault_handler(void)
{
	static char page[SIZE] __attribute__((aligned(SIZE)));
	void *at = mmap(NULL, SIZE, RX, ANONYMOUS, -1, 0);
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {.range = {(uintptr_t)at, SIZE},
					.mode = UFFDIO_REGISTER_MODE_MISSING};
	struct uffdio_copy copy = {.dst = (uintptr_t)at, .src = (uintptr_t)page, .len = SIZE};

	if (at == MAP_FAILED || fd < 0)
		return errno;
	memcpy(page, code, sizeof(code));
	TRY(outcome(ioctl(fd, UFFDIO_API, &api)));
	TRY(outcome(ioctl(fd, UFFDIO_REGISTER, &range)));
	THEN(outcome(ioctl(fd, UFFDIO_COPY, &copy)), call(at));
}

static const struct bypass cases[] = {
    {"mmap", by_map, has_run, NULL, NULL},
    {"thread", by_thread, has_run, NULL, NULL},
    {"mmap-shared", by_shared_map, has_run, NULL, NULL},
    {"mmap-file", by_file_map, has_run, NULL, NULL},
    {"mmap-memfd", by_memfd_map, has_run, NULL, NULL},
    {"int80-mmap", by_map_int80, has_run, NULL, NULL},
    {"mprotect-rwx", by_protect_all, has_run, NULL, NULL},
    {"mprotect-after-write", by_protect_after_write, has_run, NULL, NULL},
    {"mprotect-file", by_file_protect, has_run, NULL, NULL},
    {"mprotect-stack", by_stack, has_run, NULL, NULL},
    {"mprotect-heap", by_heap, has_run, NULL, NULL},
    {"pkey-mprotect", by_pkey_protect, has_run, NULL, NULL},
    {"int80-mprotect", by_protect_int80, has_run, NULL, NULL},
    {"mremap-view", by_remap_view, has_run, NULL, NULL},
    {"personality-mmap", by_personality_map, has_run, NULL, NULL},
    {"personality-mprotect", by_personality_protect, has_run, NULL, NULL},
    {"personality-brk", by_personality_heap, has_run, NULL, NULL},
    {"shmat-exec", by_segment, has_run, NULL, NULL},
    {"shmat-views", by_segment_views, has_run, NULL, NULL},
    {"memfd-views", by_memfd_views, has_run, NULL, NULL},
    {"tmpfs-views", by_tmpfs_views, has_run, NULL, NULL},
    {"written-file", by_written_file, has_run, NULL, NULL},
    {"proc-self-mem", by_memory_file, has_run, NULL, NULL},
    {"proc-self-mem-text", by_memory_file_text, has_run, NULL, NULL},
    {"userfaultfd", by_fault_handler, has_run, NULL, NULL},
};
const struct group memory_group = {"wx-memory", cases, COUNT(cases), NULL};
