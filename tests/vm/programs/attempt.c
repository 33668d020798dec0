// SPDX-License-Identifier: Apache-2.0
/*
 * attempt: makes one system call or socket operation and prints what came of it: "ok" or the
 * errno's name. README.md has the manual. The same source is attempt (x86-64) and attempt32 (i386,
 * int 0x80).
 *
 * What an argument needs (a file, a socket, a child) is made before the call under test. Exit code
 * 0 whenever the call was made, 2 when it could not be.
 */
#include "address.h"

struct name {
	const char *text;
	int value;
};

static const struct name errors[] = {
#include "errno_names.inc"
};
static const struct name calls[] = {
#ifdef __x86_64__
#include "calls_64.inc"
#else
#include "calls_32.inc"
#endif
};
#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

#define AT_FDCWD (-100)
#define STREAM 1
#define DATAGRAM 2
#define MSG_FASTOPEN 0x20000000

static __attribute__((noreturn)) void give_up(const char *why, const char *what)
{
	print(2, "attempt: ");
	print(2, why);
	print(2, what);
	print(2, "\n");
	leave(2);
}

static void print_outcome(long result)
{
	int i;

	if (result >= 0 || result < -4095) {
		print(1, "ok\n");
		return;
	}
	for (i = 0; i < COUNT(errors); i++) {
		if (errors[i].value != -result)
			continue;
		print(1, errors[i].text);
		print(1, "\n");
		return;
	}
	print_number(1, (word)-result);
	print(1, "\n");
}

static long needed(long result, const char *what)
{
	if (result < 0) {
		print_outcome(result);
		give_up("cannot prepare ", what);
	}
	return result;
}

/* ---- arguments of a system call ---- */

static u8 scratch[65536];
static word scratch_used;
static word child;

/* Zeroed and never given back. */
static void *room(word size)
{
	void *at = scratch + scratch_used;

	scratch_used += (size + 15) & ~15ul;
	if (scratch_used > sizeof(scratch))
		give_up("no room for ", "arguments");
	return at;
}

static word make_vector(char *text)
{
	char **vector = room(16 * sizeof(char *));
	int n = 0;

	for (vector[n++] = text; *text; text++) {
		if (*text != ',')
			continue;
		*text = 0;
		vector[n++] = text + 1;
	}
	return P(vector);
}

static word make_words(char *text)
{
	char **texts = (char **)make_vector(text);
	word *words = room(16 * sizeof(word));
	int i;

	for (i = 0; texts[i]; i++)
		words[i] = number_of(texts[i]);
	return P(words);
}

static word open_read(char *path)
{
	return (word)needed(CALL(openat, (word)AT_FDCWD, P(path), 0), path);
}

static word open_write(char *path)
{
	return (word)needed(CALL(openat, (word)AT_FDCWD, P(path), 02 | 0100, 0600), path);
}

static word make_string(char *text)
{
	return P(text);
}
static word make_zeros(char *size)
{
	return P(room(number_of(size)));
}

static word make_pipe(char *end)
{
	int *ends = room(8);

	needed(CALL(pipe2, P(ends), 04000), "pipe");
	CALL(write, (word)ends[1], P("x"), 1);
	return (word)ends[number_of(end)];
}

static word make_pair(char *end)
{
	int *ends = room(8);

	needed(CALL(socketpair, 1, STREAM, 0, P(ends)), "socketpair");
	CALL(write, (word)ends[1], P("x"), 1);
	return (word)ends[number_of(end)];
}

static word make_socket(char *type)
{
	return (word)needed(CALL(socket, FAMILY_V4, number_of(type) | 04000, 0), "socket");
}

static word make_listener(char *unused)
{
	struct address any = {.family = FAMILY_V4};
	word fd = make_socket("1");

	(void)unused;
	needed(CALL(bind, fd, P(&any), 16), "bind");
	needed(CALL(listen, fd, 1), "listen");
	return fd;
}

static word own_pid(char *unused)
{
	(void)unused;
	return (word)CALL(getpid, 0);
}

static word open_process(char *pid)
{
	return (word)needed(CALL(pidfd_open, number_of(pid), 0), "pidfd");
}

static word make_child(char *unused)
{
	word parent = (word)CALL(getpid, 0);

	(void)unused;
	child = (word)needed(CALL(fork, 0), "fork");
	if (!child) {
		CALL(prctl, 1, 9); /* die with the parent, which may not be allowed to kill */
		if ((word)CALL(getppid, 0) != parent)
			leave(0); /* it has died before */
	}
	while (!child)
		CALL(pause, 0);
	return child;
}

/* A vector of one buffer. */
static word make_pieces(char *size)
{
	word *piece = room(16);

	piece[1] = number_of(size);
	piece[0] = P(room(piece[1]));
	return P(piece);
}

/* struct msghdr of one byte; the first of struct mmsghdr, too. */
static word make_message(char *unused)
{
	word *message = room(16 * sizeof(word));

	(void)unused;
	message[2] = make_pieces("1");
	message[3] = 1;
	return P(message);
}

static word make_shared(char *size)
{
	return (word)needed(CALL(mmap, 0, number_of(size), 3, 0x21, (word)-1, 0), "a mapping");
}

/* struct file_handle */
static word make_handle(char *path)
{
	u32 *handle = room(256);

	handle[0] = 128;
	needed(CALL(name_to_handle_at, (word)AT_FDCWD, P(path), P(handle), P(room(8)), 0), path);
	return P(handle);
}

static word make_aio(char *unused)
{
	word *context = room(sizeof(word));

	(void)unused;
	needed(CALL(io_setup, 1, P(context)), "io_setup");
	return *context;
}

/* FD,PATH: what BPF_OBJ_PIN takes. */
static word make_pin(char *text)
{
	char **texts = (char **)make_vector(text);
	unsigned long long *words = room(2 * sizeof(*words));

	words[0] = P(texts[1]);
	words[1] = number_of(texts[0]);
	return P(words);
}

/* A list of one struct iocb, which reads eight bytes. */
static word make_iocb(char *path)
{
	word *list = room(sizeof(word));
	u32 *block = room(64);

	*list = P(block);
	block[5] = (u32)open_read(path);
	*(unsigned long long *)(block + 6) = P(room(8));
	block[8] = 8;
	return P(list);
}

/* struct sock_fprog: one instruction, which allows. */
static word make_filter(char *unused)
{
	word *program = room(2 * sizeof(word));
	u32 *instruction = room(8);

	(void)unused;
	instruction[0] = 6;
	instruction[1] = 0x7fff0000;
	program[0] = 1;
	program[1] = P(instruction);
	return P(program);
}

struct maker {
	const char *prefix;
	word (*make)(char *rest);
};

static const struct maker makers[] = {
    {"s:", make_string},      {"z:", make_zeros},	 {"v:", make_vector},
    {"iov:", make_pieces},    {"message", make_message}, {"shared:", make_shared},
    {"handle:", make_handle}, {"filter", make_filter},	 {"aio", make_aio},
    {"iocb:", make_iocb},     {"w:", make_words},	 {"fd:", open_read},
    {"new:", open_write},     {"pipe:", make_pipe},	 {"pair:", make_pair},
    {"socket:", make_socket}, {"pidfd:", open_process},	 {"listener", make_listener},
    {"pin:", make_pin},	      {"pid", own_pid},		 {"child", make_child},
};

static word make_argument(char *text)
{
	int i;

	for (i = 0; i < COUNT(makers); i++) {
		const char *rest = after(makers[i].prefix, text);

		if (rest)
			return makers[i].make((char *)rest);
	}
	return number_of(text);
}

static word call_number(const char *text)
{
	int i;

	if (*text >= '0' && *text <= '9')
		return number_of(text);
	for (i = 0; i < COUNT(calls); i++)
		if (same(calls[i].text, text))
			return (word)calls[i].value;
	give_up("no system call here is called ", text);
}

/* ---- verbs ---- */

static long attempt_syscall(int count, char **words)
{
	word arguments[6] = {0}, number = call_number(words[0]);
	long self = CALL(getpid, 0), result;
	int i;

	for (i = 1; i < count && i <= 6; i++)
		arguments[i - 1] = make_argument(words[i]);
	result = call6(number, arguments);
	if (CALL(getpid, 0) != self) /* the child of fork or clone has nothing to say */
		leave(0);
	if (child)
		CALL(kill, child, 9);
	return result;
}

static word socket_for(const char *protocol, const struct address *address)
{
	word type = same(protocol, "udp") ? DATAGRAM : STREAM;
	word number = same(protocol, "mptcp") ? 262 : 0;

	return (word)needed(CALL(socket, address->family, type, number), "a socket");
}

static long attempt_connect(int count, char **words)
{
	struct address address;
	word size = make_address(&address, words[1], words[2]);
	word fd = socket_for(words[0], &address);

	(void)count;
	return CALL(connect, fd, P(&address), size);
}

static long attempt_bind(int count, char **words)
{
	struct address address;
	word size = make_address(&address, words[1], words[2]);
	word fd = socket_for(words[0], &address), on = 1;

	(void)count;
	CALL(setsockopt, fd, 1, 2, P(&on), 4); /* SO_REUSEADDR: a test may come twice */
	return CALL(bind, fd, P(&address), size);
}

static long attempt_listen(int count, char **words)
{
	struct address address;
	word size = make_address(&address, words[1], words[2]);
	word fd = socket_for(words[0], &address), on = 1;

	(void)count;
	CALL(setsockopt, fd, 1, 2, P(&on), 4);
	needed(CALL(bind, fd, P(&address), size), "bind");
	return CALL(listen, fd, 1);
}

static long send_with(word flags, char **words)
{
	struct address address;
	word size = make_address(&address, words[1], words[2]);
	word fd = socket_for(words[0], &address);

	return CALL(sendto, fd, P("x"), 1, flags, P(&address), size);
}

static long attempt_sendto(int count, char **words)
{
	(void)count;
	return send_with(0, words);
}

static long attempt_sendmsg(int count, char **words)
{
	struct address address;
	word size = make_address(&address, words[1], words[2]);
	word fd = socket_for(words[0], &address);
	word piece[2] = {P("x"), 1};
	word message[7] = {P(&address), size, P(piece), 1};

	(void)count;
	return CALL(sendmsg, fd, P(message), 0);
}

static long attempt_tfo(int count, char **words)
{
	(void)count;
	return send_with(MSG_FASTOPEN, words);
}

/* What execve under test runs. */
static long attempt_nothing(int count, char **words)
{
	(void)count;
	(void)words;
	return 0;
}

struct verb {
	const char *name;
	int words;
	long (*attempt)(int count, char **words);
};

static const struct verb verbs[] = {
    {"syscall", 1, attempt_syscall}, {"connect", 3, attempt_connect}, {"bind", 3, attempt_bind},
    {"sendto", 3, attempt_sendto},   {"sendmsg", 3, attempt_sendmsg}, {"tfo", 3, attempt_tfo},
    {"listen", 3, attempt_listen},   {"nothing", 0, attempt_nothing},
};

/* Words up to the next "then", which takes its place as the end. */
static int words_of_one(int count, char **words)
{
	int n = 0;

	while (n < count && !same(words[n], "then"))
		n++;
	return n;
}

static void attempt_one(int count, char **words)
{
	int i;

	for (i = 0; i < COUNT(verbs); i++) {
		if (count < verbs[i].words + 1 || !same(words[0], verbs[i].name))
			continue;
		print_outcome(verbs[i].attempt(count - 1, words + 1));
		return;
	}
	give_up("usage: attempt ONE [then ONE]..., with ONE: syscall NAME [ARGUMENT]... | ",
		"connect|bind|listen|sendto|sendmsg|tfo tcp|udp|mptcp ADDRESS PORT | nothing");
}

__attribute__((used)) void start_c(word *stack)
{
	int count = (int)stack[0] - 1;
	char **words = (char **)(stack + 2);

	for (;;) {
		int size = words_of_one(count, words);

		attempt_one(size, words);
		if (size == count)
			leave(0);
		words += size + 1;
		count -= size + 1;
	}
}
