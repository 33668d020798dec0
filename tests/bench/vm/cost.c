// SPDX-License-Identifier: Apache-2.0
/*
 * cost LABEL: prints "LABEL<TAB>CALL<TAB>COUNT" for a few calls: time-stamp counter ticks per call,
 * which are instructions when QEMU runs with -icount. The loop's own cost is in it (about ten). The
 * least of many rounds counts: a timer tick may fall into any of them, and the first ones fill the
 * slab caches.
 */
#include "tests/vm/programs/address.h"

#define ROUNDS 40
#define CALLS 64

static word zero_device, datagram;
static struct address target = {.family = FAMILY_V4, .port = {1, 2}};

static word ticks(void)
{
	u32 low, high;

	__asm__ volatile("lfence\n rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (word)high << 32 | low;
}

static void do_getppid(void)
{
	CALL(getppid, 0);
}

static void do_read(void)
{
	u8 byte;

	CALL(read, zero_device, P(&byte), 1);
}

static void do_open(void)
{
	CALL(close, (word)CALL(openat, (word)-100, P("/test/cost"), 0));
}

static void do_connect(void)
{
	CALL(connect, datagram, P(&target), 16);
}
static void do_socket(void)
{
	CALL(close, (word)CALL(socket, FAMILY_V4, 2, 0));
}

static const struct {
	const char *name;
	void (*run)(void);
} measured[] = {
    {"getppid", do_getppid}, {"read", do_read},		  {"open+close", do_open},
    {"connect", do_connect}, {"socket+close", do_socket},
};

static word cost_of(void (*run)(void))
{
	word least = -1ul;
	int round, i;

	for (round = 0; round < ROUNDS; round++) {
		word start = ticks();

		for (i = 0; i < CALLS; i++)
			run();
		start = ticks() - start;
		least = start < least ? start : least;
	}
	return (least + CALLS / 2) / CALLS;
}

__attribute__((used)) void start_c(word *stack)
{
	const char *label = stack[0] > 1 ? (const char *)stack[2] : "";
	u32 i;

	parse_v4("127.0.0.1", target.v4);
	zero_device = (word)CALL(openat, (word)-100, P("/dev/zero"), 0);
	datagram = (word)CALL(socket, FAMILY_V4, 2, 0);
	for (i = 0; i < sizeof(measured) / sizeof(measured[0]); i++) {
		print(1, label);
		print(1, "\t");
		print(1, measured[i].name);
		print(1, "\t");
		print_number(1, cost_of(measured[i].run));
		print(1, "\n");
	}
	leave(0);
}
