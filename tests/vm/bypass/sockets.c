// SPDX-License-Identifier: Apache-2.0
/* Addresses, and the other side of connections and datagrams. */
#include "sockets.h"

#include <poll.h>

static int other_side = -1;

union address *address_to(const char *host, int port)
{
	static union address addresses[4];
	static int next;
	union address *address = &addresses[next++ % 4];

	memset(address, 0, sizeof(*address));
	if (strchr(host, ':')) {
		address->v6.sin6_family = AF_INET6;
		address->v6.sin6_port = htons((uint16_t)port);
		inet_pton(AF_INET6, host, &address->v6.sin6_addr);
	} else {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons((uint16_t)port);
		inet_pton(AF_INET, host, &address->v4.sin_addr);
	}
	return address;
}

socklen_t size_of(const union address *address)
{
	return address->any.sa_family == AF_INET6 ? sizeof(address->v6) : sizeof(address->v4);
}

static void have_receiver(int type, int port)
{
	const union address *address = address_to("::", port);
	const int on = 1;

	other_side = (int)needed(socket(AF_INET6, type | SOCK_NONBLOCK, 0), "a socket");
	setsockopt(other_side, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	needed(bind(other_side, &address->any, size_of(address)), "bind");
}

void have_tcp_listener(void)
{
	const int queue = 16;

	have_receiver(SOCK_STREAM, TCP_PORT);
	setsockopt(other_side, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof(queue));
	needed(listen(other_side, 16), "listen");
}

void have_udp_receiver(void)
{
	have_receiver(SOCK_DGRAM, UDP_PORT);
}

static bool is_readable(void)
{
	struct pollfd waited = {.fd = other_side, .events = POLLIN};

	return poll(&waited, 1, 30) > 0 && (waited.revents & POLLIN);
}

bool tcp_arrived(void)
{
	return is_readable() && accept(other_side, NULL, NULL) >= 0;
}

bool udp_arrived(void)
{
	char byte;

	return is_readable() && recv(other_side, &byte, 1, 0) >= 0;
}
