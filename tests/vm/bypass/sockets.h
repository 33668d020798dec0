/* SPDX-License-Identifier: Apache-2.0 */
/* sockets.h: addresses and the other side, which says what has arrived. */
#ifndef SYNPOL_TESTS_SOCKETS_H
#define SYNPOL_TESTS_SOCKETS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "bypass.h"

#define TCP_PORT 4001
#define UDP_PORT 4002
#define BIND_PORT 4003
#define LISTEN_PORT 4004
#define OTHER_PORT 4000

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* i386's socketcall(2). */
enum { I386_SOCKETCALL = 102, I386_SOCKET = 359, I386_BIND = 361, I386_CONNECT = 362 };

/* Static, so that int 0x80 can read it; good until the fourth next one. */
union address *address_to(const char *host, int port);
socklen_t size_of(const union address *address);

/* The other side: one socket for IPv4 and IPv6. */
void have_tcp_listener(void);
void have_udp_receiver(void);
bool tcp_arrived(void);
bool udp_arrived(void);

#endif
