// SPDX-License-Identifier: Apache-2.0
/* Ways to code in the kernel (modules, BPF) and to a new user namespace. */
#include "bypass.h"
#include "marks.h"

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_alg.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>

/* ---- load-module ---- */

#define MODULE "/modules/dummy.ko"
#define MODPROBE "/proc/sys/kernel/modprobe"

enum { I386_INIT_MODULE = 128, I386_FINIT_MODULE = 350 };

static bool is_loaded(void)
{
	return exists("/sys/module/dummy");
}

static void unload(void)
{
	syscall(SYS_delete_module, "dummy", O_NONBLOCK);
}

static int by_finit(void)
{
	return outcome(syscall(SYS_finit_module, open(MODULE, O_RDONLY), "", 0));
}

static int by_finit_int80(void)
{
	return outcome(int80(I386_FINIT_MODULE, open(MODULE, O_RDONLY), LOW(""), 0, 0, 0));
}

static char *image;
static unsigned long image_size;

static void read_module(void)
{
	struct stat found;
	int fd = (int)needed(open(MODULE, O_RDONLY), MODULE);

	needed(fstat(fd, &found), MODULE);
	image_size = (unsigned long)found.st_size;
	image = mmap(NULL, image_size, PROT_READ, MAP_PRIVATE | MAP_32BIT, fd, 0);
	if (image == MAP_FAILED)
		broken(MODULE);
}

static int by_init(void)
{
	return outcome(syscall(SYS_init_module, image, image_size, ""));
}

static int by_init_int80(void)
{
	return outcome(int80(I386_INIT_MODULE, LOW(image), (long)image_size, LOW(""), 0, 0));
}

static int by_init_thread(void)
{
	return in_thread(by_init);
}

/* The kernel asks a program of user space for a module: here one that leaves a mark. */
static void have_loader(void)
{
	expect_mark_file();
	needed(-write_text(MODPROBE, MARK), MODPROBE);
}

static void restore_loader(void)
{
	write_text(MODPROBE, "/sbin/modprobe");
}

static int ask_for(long result)
{
	(void)result; /* there is no such module: it fails in any case */
	return 0;
}

static int by_socket(void)
{
	return ask_for(socket(AF_X25, SOCK_SEQPACKET, 0));
}

static int by_file_system(void)
{
	return ask_for(mount("x", FREE, "bypassfs", 0, NULL));
}

static int by_congestion_control(void)
{
	return ask_for(
	    setsockopt(socket(AF_INET, SOCK_STREAM, 0), IPPROTO_TCP, TCP_CONGESTION, "bypass", 6));
}

static int by_cipher(void)
{
	const struct sockaddr_alg name = {
	    .salg_family = AF_ALG, .salg_type = "hash", .salg_name = "bypass"};

	return ask_for(
	    bind(socket(AF_ALG, SOCK_SEQPACKET, 0), (const struct sockaddr *)&name, sizeof(name)));
}

static int by_device(void)
{
	struct ifreq request = {.ifr_name = "bypass0"};

	return ask_for(ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCGIFFLAGS, &request));
}

static const struct bypass module_cases[] = {
    {"init-module", by_init, is_loaded, read_module, unload},
    {"thread", by_init_thread, is_loaded, read_module, unload},
    {"finit-module", by_finit, is_loaded, NULL, unload},
    {"int80-init-module", by_init_int80, is_loaded, read_module, unload},
    {"int80-finit-module", by_finit_int80, is_loaded, NULL, unload},
    {"request-by-socket", by_socket, has_mark_file, have_loader, restore_loader},
    {"request-by-mount", by_file_system, has_mark_file, have_loader, restore_loader},
    {"request-by-congestion", by_congestion_control, has_mark_file, have_loader, restore_loader},
    {"request-by-cipher", by_cipher, has_mark_file, have_loader, restore_loader},
    {"request-by-device", by_device, has_mark_file, have_loader, restore_loader},
};
const struct group module_group = {"load-module", module_cases, COUNT(module_cases), NULL};

/* ---- load-bpf ---- */

#define PINNED "/sys/fs/bpf/bypass"
#define I386_BPF 357

static int keep(long fd)
{
	if (fd < 0)
		return errno;
	report->ran = 1;
	return 0;
}

static union bpf_attr attributes; /* static, so that int 0x80 can read it */

static const struct bpf_insn return_zero[] = {
    {.code = BPF_ALU64 | BPF_MOV | BPF_K},
    {.code = BPF_JMP | BPF_EXIT},
};

static long bpf_do(int command)
{
	return syscall(SYS_bpf, command, &attributes, sizeof(attributes));
}

static void describe_program(void)
{
	memset(&attributes, 0, sizeof(attributes));
	attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attributes.insns = (uintptr_t)return_zero;
	attributes.insn_cnt = 2;
	attributes.license = (uintptr_t) "GPL";
}

static int by_program(void)
{
	describe_program();
	return keep(bpf_do(BPF_PROG_LOAD));
}

static int by_program_thread(void)
{
	return in_thread(by_program);
}

static int by_program_int80(void)
{
	describe_program();
	return keep(int80(I386_BPF, BPF_PROG_LOAD, LOW(&attributes), sizeof(attributes), 0, 0));
}

static void describe_map(void)
{
	memset(&attributes, 0, sizeof(attributes));
	attributes.map_type = BPF_MAP_TYPE_ARRAY;
	attributes.key_size = attributes.value_size = 4;
	attributes.max_entries = 1;
}

static int by_map(void)
{
	describe_map();
	return keep(bpf_do(BPF_MAP_CREATE));
}

/* A header of 24 bytes, one type (a pointer to nothing), one empty string. */
static const struct {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t header_size, type_at, type_size, string_at, string_size;
	uint32_t name, kind, target;
	char strings[4];
} type_data = {0xeb9f, 1, 0, 24, 0, 12, 12, 1, 0, 2u << 24, 0, ""};

static int by_types(void)
{
	memset(&attributes, 0, sizeof(attributes));
	attributes.btf = (uintptr_t)&type_data;
	attributes.btf_size = 24 + 12 + 1;
	return keep(bpf_do(BPF_BTF_LOAD));
}

static int map = -1;

static void make_map(void)
{
	describe_map();
	map = (int)needed(bpf_do(BPF_MAP_CREATE), "a map");
}

static void pin_map(void)
{
	make_map();
	unlink(PINNED);
	memset(&attributes, 0, sizeof(attributes));
	attributes.pathname = (uintptr_t)PINNED;
	attributes.bpf_fd = (uint32_t)map;
	needed(bpf_do(BPF_OBJ_PIN), PINNED);
}

static void unpin_map(void)
{
	unlink(PINNED);
}

static int by_pin(void)
{
	memset(&attributes, 0, sizeof(attributes));
	attributes.pathname = (uintptr_t)PINNED;
	return keep(bpf_do(BPF_OBJ_GET));
}

static int by_identifier(void)
{
	memset(&attributes, 0, sizeof(attributes));
	if (bpf_do(BPF_MAP_GET_NEXT_ID) < 0)
		return errno;
	attributes.map_id = attributes.next_id;
	attributes.next_id = 0;
	return keep(bpf_do(BPF_MAP_GET_FD_BY_ID));
}

static int by_update(void)
{
	static const uint32_t zero;

	memset(&attributes, 0, sizeof(attributes));
	attributes.map_fd = (uint32_t)map;
	attributes.key = attributes.value = (uintptr_t)&zero;
	return keep(bpf_do(BPF_MAP_UPDATE_ELEM));
}

static struct sock_filter accept_all[] = {BPF_STMT(BPF_RET | BPF_K, 0x7fff0000)};
static const struct sock_fprog old_program = {1, accept_all};

/* The BPF of 1992, which the kernel translates. */
static int by_socket_filter(void)
{
	return keep(setsockopt(socket(AF_INET, SOCK_DGRAM, 0), SOL_SOCKET, SO_ATTACH_FILTER,
			       &old_program, sizeof(old_program)));
}

static int by_seccomp(void)
{
	return keep(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &old_program));
}

static int program = -1;

static void have_bpf_program(void)
{
	describe_program();
	program = (int)needed(bpf_do(BPF_PROG_LOAD), "a program");
}

static int by_attaching(void)
{
	return keep(setsockopt(socket(AF_INET, SOCK_DGRAM, 0), SOL_SOCKET, SO_ATTACH_BPF, &program,
			       sizeof(program)));
}

static const struct bypass bpf_cases[] = {
    {"prog-load", by_program, has_run, NULL, NULL},
    {"thread", by_program_thread, has_run, NULL, NULL},
    {"int80-prog-load", by_program_int80, has_run, NULL, NULL},
    {"map-create", by_map, has_run, NULL, NULL},
    {"btf-load", by_types, has_run, NULL, NULL},
    {"obj-get", by_pin, has_run, pin_map, unpin_map},
    {"fd-by-id", by_identifier, has_run, make_map, NULL},
    {"map-update-inherited", by_update, has_run, make_map, NULL},
    {"attach-inherited", by_attaching, has_run, have_bpf_program, NULL},
    {"socket-filter", by_socket_filter, has_run, NULL, NULL},
    {"seccomp-filter", by_seccomp, has_run, NULL, NULL},
};
const struct group bpf_group = {"load-bpf", bpf_cases, COUNT(bpf_cases), NULL};

/* ---- new-userns ---- */

enum { I386_CLONE = 120, I386_UNSHARE = 310, I386_SETNS = 346 };

static char users_before[64];

static void user_namespace(char *text, size_t size)
{
	long length = readlink("/proc/self/ns/user", text, size - 1);

	text[length > 0 ? length : 0] = 0;
}

static void remember_users(void)
{
	user_namespace(users_before, sizeof(users_before));
}

static void compare_users(void)
{
	char now[64];

	user_namespace(now, sizeof(now));
	report->ran = strcmp(now, users_before) != 0;
}

static int in_new(long result)
{
	const int error = outcome(result);

	compare_users();
	return error;
}

static int in_child(long pid)
{
	if (pid < 0)
		return errno;
	if (!pid) {
		compare_users();
		_exit(0);
	}
	return outcome(waitpid((pid_t)pid, NULL, __WALL));
}

static int by_unshare(void)
{
	return in_new(unshare(CLONE_NEWUSER));
}

static int by_unshare_all(void)
{
	return in_new(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID));
}

static int by_unshare_int80(void)
{
	return in_new(int80(I386_UNSHARE, CLONE_NEWUSER, 0, 0, 0, 0));
}

static int by_clone(void)
{
	return in_child(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}

static int by_clone_int80(void)
{
	return in_child(int80(I386_CLONE, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0));
}

static int by_clone3(void)
{
	const struct clone_args how = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};

	return in_child(syscall(SYS_clone3, &how, sizeof(how)));
}

static int others = -1;

static void make_namespace(void)
{
	needed(unshare(CLONE_NEWUSER), "a user namespace");
	report->ended = 1;
	pause_for_ever();
}

static void have_namespace(void)
{
	pid_t pid = start(make_namespace);

	while (!report->ended)
		usleep(1000);
	report->ended = 0;
	others = (int)needed(open(text_of("/proc/%d/ns/user", pid), O_RDONLY), "its namespace");
}

static int by_joining(void)
{
	return in_new(setns(others, CLONE_NEWUSER));
}

static int by_joining_int80(void)
{
	return in_new(int80(I386_SETNS, others, CLONE_NEWUSER, 0, 0, 0));
}

static const struct bypass userns_cases[] = {
    {"unshare", by_unshare, has_run, NULL, NULL},
    {"unshare-with-others", by_unshare_all, has_run, NULL, NULL},
    {"int80-unshare", by_unshare_int80, has_run, NULL, NULL},
    {"clone", by_clone, has_run, NULL, NULL},
    {"int80-clone", by_clone_int80, has_run, NULL, NULL},
    {"clone3", by_clone3, has_run, NULL, NULL},
    {"setns", by_joining, has_run, have_namespace, NULL},
    {"int80-setns", by_joining_int80, has_run, have_namespace, NULL},
};
const struct group userns_group = {"new-userns", userns_cases, COUNT(userns_cases), remember_users};
