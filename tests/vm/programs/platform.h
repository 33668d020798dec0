/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform.h: what test programs need instead of a C library, for x86-64 (syscall) and i386 (int
 * 0x80) alike. Without a library a program makes exactly the calls that its source shows, and the
 * 32-bit one needs no multilib.
 */
#ifndef SYNPOL_TESTS_PLATFORM_H
#define SYNPOL_TESTS_PLATFORM_H

#ifdef __x86_64__
#include <asm/unistd_64.h>
#else
#include <asm/unistd_32.h>
#endif

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long word;

#ifdef __x86_64__
static long call6(word number, const word *a)
{
	register word r10 __asm__("r10") = a[3];
	register word r8 __asm__("r8") = a[4];
	register word r9 __asm__("r9") = a[5];
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}
#define START "mov %rsp, %rdi\n and $-16, %rsp\n call start_c\n"
#else
/* The sixth argument is in ebp, which is no operand: all six are loaded from memory in one piece.
 */
long call6(word number, const word *a);
__asm__(".globl call6\n"
	"call6:\n push %ebx\n push %esi\n push %edi\n push %ebp\n"
	" mov 20(%esp), %eax\n mov 24(%esp), %ebp\n"
	" mov 0(%ebp), %ebx\n mov 4(%ebp), %ecx\n mov 8(%ebp), %edx\n"
	" mov 12(%ebp), %esi\n mov 16(%ebp), %edi\n mov 20(%ebp), %ebp\n"
	" int $0x80\n"
	" pop %ebp\n pop %edi\n pop %esi\n pop %ebx\n ret\n");
#define START "mov %esp, %eax\n and $-16, %esp\n sub $12, %esp\n push %eax\n call start_c\n"
#endif

#define CALL(name, ...) call6(__NR_##name, (const word[6]){__VA_ARGS__})
#define P(pointer) ((word)(pointer))

/* The stack at the start: argc, then argv. */
__asm__(".globl _start\n_start:\n" START);

static word length(const char *text)
{
	word n = 0;

	while (text[n])
		n++;
	return n;
}

static int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static const char *after(const char *prefix, const char *text)
{
	while (*prefix)
		if (*prefix++ != *text++)
			return 0;
	return text;
}

static void print(int fd, const char *text)
{
	word piece[2] = {P(text), length(text)};

	/* A subject that may not write still has to tell. */
	if (CALL(write, (word)fd, piece[0], piece[1]) < 0)
		CALL(writev, (word)fd, P(piece), 1);
}

static void print_number(int fd, word value)
{
	char text[24];
	char *at = text + sizeof(text) - 1;

	*at = 0;
	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	print(fd, at);
}

/* Decimal or 0x, with a sign. */
static word number_of(const char *text)
{
	int negative = *text == '-';
	word base = 10, value = 0;

	text += negative;
	if (text[0] == '0' && text[1] == 'x') {
		base = 16;
		text += 2;
	}
	for (; *text; text++)
		value = value * base + (word)(*text <= '9' ? *text - '0' : (*text | 32) - 'a' + 10);
	return negative ? -value : value;
}

static __attribute__((noreturn)) void leave(int status)
{
	for (;;)
		CALL(exit_group, (word)status);
}

/* The compiler may call these for initialisers. */
void *memset(void *target, int value, word size)
{
	u8 *at = target;

	while (size--)
		*at++ = (u8)value;
	return target;
}

void *memcpy(void *target, const void *source, word size)
{
	u8 *at = target;
	const u8 *from = source;

	while (size--)
		*at++ = *from++;
	return target;
}

#endif
