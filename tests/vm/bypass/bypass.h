/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bypass.h: what the cases of the bypass suite share.
 *
 * A case is one way to an effect. prepare() runs as nobody's subject in a world made for this run,
 * attempt() in a child that has joined the governed cgroup (or none, as the control), and effect()
 * in the parent again: it says whether what the rule forbids has happened, whatever the calls
 * returned. Nothing here knows which cases ought to be refused; cases.tsv does.
 */
#ifndef SYNPOL_TESTS_BYPASS_H
#define SYNPOL_TESTS_BYPASS_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROOM "/tmp/b"
#define GUARDED ROOM "/p" /* the rules name this tree */
#define SECRET GUARDED "/secret"
#define FREE ROOM "/free"
#define PLAIN FREE "/plain"
/* Differs from SECRET in one byte, which a race changes. */
#define TWIN_FOLDER ROOM "/q"
#define TWIN TWIN_FOLDER "/secret"
#define BELOW GUARDED "/folder/secret" /* for rules about what is in the folder */
#define SECRET_TEXT "secret"
#define PLAIN_TEXT "plain"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct bypass {
	const char *name;
	int (*attempt)(void); /* 0, or the errno of the first step that failed */
	bool (*effect)(void);
	void (*prepare)(void); /* may be null */
	void (*undo)(void);    /* may be null; what the world's end does not undo */
};

struct group {
	const char *action;
	const struct bypass *cases;
	size_t count;
	void (*ready)(void); /* may be null; after the preparation of each case */
};
extern const struct group read_group, write_group, exec_group, connect_group, bind_group,
    listen_group, raw_group, fork_group, signal_group, setuid_group, inject_group, memory_group,
    mount_group, module_group, bpf_group, userns_group, syscall_group, subject_group;

/* Memory that the parent and all its children share. */
struct report {
	int error;
	int ended;
	char taken[64];	      /* what was read */
	volatile long number; /* what a case counts or compares */
	volatile int ran;     /* something forbidden has run */
};
extern struct report *report;

/* The parent, which is never governed; its victim, where a case has one. */
extern pid_t parent, victim;
/* Of the cgroup that governs, or -1. */
extern int governing;

/* ---- steps ---- */

/* Ends the run as broken: a case whose world cannot be made says nothing. */
__attribute__((noreturn)) void broken(const char *what);
long needed(long value, const char *what);

static inline int outcome(long value)
{
	return value < 0 ? errno : 0;
}

/* Both steps: the second only if the first went well. */
#define THEN(first, second)                                                                        \
	do {                                                                                       \
		int error_ = (first);                                                              \
		if (error_)                                                                        \
			return error_;                                                             \
		return (second);                                                                   \
	} while (0)
#define TRY(step)                                                                                  \
	do {                                                                                       \
		int error_ = (step);                                                               \
		if (error_)                                                                        \
			return error_;                                                             \
	} while (0)

/* Reads from `fd` into the report and closes it; a negative one is the errno of what gave it. */
int take(int fd);
int put(int fd);
int write_text(const char *path, const char *text);
bool exists(const char *path);
void copy_file(const char *from, const char *to, mode_t mode);
char *text_of(const char *format, ...) __attribute__((format(printf, 1, 2)));
int join_cgroup(void);

/* ---- world ---- */

void make_world(void);
bool secret_taken(void);
/* Of everything in GUARDED: names, contents, attributes. */
void remember_tree(void);
bool tree_changed(void);
/* Started as nobody's subject, ended with the run. */
pid_t start(void (*body)(void));
void end_started(void);
void pause_for_ever(void);
bool has_run(void);

/* ---- ways ---- */

/* The i386 entry from a 64-bit process. Pointers must be static: the stack is above 4 GiB. */
long int80(long number, long a, long b, long c, long d, long e);
#define LOW(pointer) ((long)(intptr_t)(pointer))
/* An x32 number through the 64-bit entry. */
#define X32 0x40000000L

/* Passes a descriptor to a process that has the other end. */
int send_fd(int socket, int fd);
int receive_fd(int socket);
extern int pair[2];
void make_pair(void);

/* A thread changes this name from SECRET to TWIN and back for ever. */
extern char changing_name[];
int start_changing(void);
/* True for a second from the first call on; lets the other side of the race run. */
bool is_racing(void);

/* A thread of the attempt runs `body` and its result is the attempt's. */
int in_thread(int (*body)(void));

#endif
