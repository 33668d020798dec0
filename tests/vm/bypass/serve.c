// SPDX-License-Identifier: Apache-2.0
/*
 * Ways to bind, to listen and to packets of one's own. The socket is made by the parent, which
 * asks the kernel afterwards what has become of it.
 */
#include "sockets.h"
#include "uring.h"

#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>

#define ANY_V4 "0.0.0.0"
#define PORT_RANGE "/proc/sys/net/ipv4/ip_local_port_range"

static int held = -1;

static void hold(int family, int protocol)
{
	const int on = 1;

	held = (int)needed(socket(family, SOCK_STREAM, protocol), "a socket");
	setsockopt(held, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

static void hold_v4(void)
{
	hold(AF_INET, 0);
}

static void hold_v6(void)
{
	hold(AF_INET6, 0);
}

static void hold_mptcp(void)
{
	hold(AF_INET, IPPROTO_MPTCP);
}

static int bound_port(void)
{
	union address address;
	socklen_t size = sizeof(address);

	if (getsockname(held, &address.any, &size) < 0)
		return 0;
	/* The port is at the same place in both families. */
	return ntohs(address.v4.sin_port);
}

static int bind_to(const char *host, int port)
{
	const union address *address = address_to(host, port);

	return outcome(bind(held, &address->any, size_of(address)));
}

/* ---- bind ---- */

static bool is_bound(void)
{
	return bound_port() == BIND_PORT;
}

static int by_bind(void)
{
	return bind_to(ANY_V4, BIND_PORT);
}

static int by_bind_v6(void)
{
	return bind_to("::1", BIND_PORT);
}

static int by_bind_mapped(void)
{
	return bind_to("::ffff:127.0.0.1", BIND_PORT);
}

static int by_bind_thread(void)
{
	return in_thread(by_bind);
}

/* Linux takes AF_UNSPEC with the zero address for AF_INET: bind(2) of programs from long ago. */
static int by_bind_unspecified(void)
{
	union address *address = address_to(ANY_V4, BIND_PORT);

	address->any.sa_family = AF_UNSPEC;
	return outcome(bind(held, &address->any, sizeof(address->v4)));
}

static int by_bind_int80(void)
{
	return outcome(int80(I386_BIND, held, LOW(address_to(ANY_V4, BIND_PORT)), 16, 0, 0));
}

static int by_bind_socketcall(void)
{
	static uint32_t arguments[3];

	arguments[0] = (uint32_t)held;
	arguments[1] = (uint32_t)LOW(address_to(ANY_V4, BIND_PORT));
	arguments[2] = sizeof(struct sockaddr_in);
	return outcome(int80(I386_SOCKETCALL, 2, LOW(arguments), 0, 0, 0));
}

static int uring_bind(int port)
{
	const struct io_uring_sqe entry = {.opcode = OP_BIND,
					   .fd = held,
					   .addr = address_of(address_to(ANY_V4, port)),
					   .off = sizeof(struct sockaddr_in)};

	return outcome(uring(0, entry));
}

static int by_bind_uring(void)
{
	return uring_bind(BIND_PORT);
}

static void narrow_ports(void)
{
	hold_v4();
	needed(-write_text(PORT_RANGE, "4003 4003"), PORT_RANGE);
}

static void restore_ports(void)
{
	write_text(PORT_RANGE, "32768 60999");
}

/* The kernel chooses the port, among one. */
static int by_listen_unbound(void)
{
	return outcome(listen(held, 1));
}

static const struct bypass bind_cases[] = {
    {"bind", by_bind, is_bound, hold_v4, NULL},
    {"v6", by_bind_v6, is_bound, hold_v6, NULL},
    {"v4-mapped", by_bind_mapped, is_bound, hold_v6, NULL},
    {"mptcp", by_bind, is_bound, hold_mptcp, NULL},
    {"thread", by_bind_thread, is_bound, hold_v4, NULL},
    {"unspecified-family", by_bind_unspecified, is_bound, hold_v4, NULL},
    {"int80-bind", by_bind_int80, is_bound, hold_v4, NULL},
    {"int80-socketcall", by_bind_socketcall, is_bound, hold_v4, NULL},
    {"uring-bind", by_bind_uring, is_bound, hold_v4, NULL},
    {"port-range-listen", by_listen_unbound, is_bound, narrow_ports, restore_ports},
};
const struct group bind_group = {"bind", bind_cases, COUNT(bind_cases), NULL};

/* ---- listen ---- */

static bool is_listening(void)
{
	int value = 0;
	socklen_t size = sizeof(value);

	getsockopt(held, SOL_SOCKET, SO_ACCEPTCONN, &value, &size);
	return value != 0;
}

static int by_listen(void)
{
	THEN(bind_to(ANY_V4, LISTEN_PORT), outcome(listen(held, 1)));
}

static int by_listen_v6(void)
{
	THEN(bind_to("::", LISTEN_PORT), outcome(listen(held, 1)));
}

static void hold_bound(void)
{
	hold_v4();
	needed(-bind_to(ANY_V4, LISTEN_PORT), "bind");
}

static int by_listen_thread(void)
{
	return in_thread(by_listen_unbound);
}

static int by_listen_int80(void)
{
	return outcome(int80(363, held, 1, 0, 0, 0));
}

static int by_listen_socketcall(void)
{
	static uint32_t arguments[2];

	arguments[0] = (uint32_t)held;
	arguments[1] = 1;
	return outcome(int80(I386_SOCKETCALL, 4, LOW(arguments), 0, 0, 0));
}

static int by_listen_uring(void)
{
	const struct io_uring_sqe entry = {.opcode = OP_LISTEN, .fd = held, .len = 1};

	return outcome(uring(0, entry));
}

static void pass_listening(void)
{
	hold_bound();
	needed(listen(held, 1), "listen");
	make_pair();
	needed(send_fd(pair[0], held), "passing a descriptor");
}

/* Nobody asks again before a connection is accepted. */
static int by_passed_listener(void)
{
	report->number = receive_fd(pair[1]);
	return outcome(report->number);
}

static bool has_received(void)
{
	return report->number > 0;
}

static const struct bypass listen_cases[] = {
    {"listen", by_listen, is_listening, hold_v4, NULL},
    {"v6", by_listen_v6, is_listening, hold_v6, NULL},
    {"mptcp", by_listen, is_listening, hold_mptcp, NULL},
    {"unbound", by_listen_unbound, is_listening, hold_v4, NULL},
    {"bound-earlier", by_listen_unbound, is_listening, hold_bound, NULL},
    {"thread", by_listen_thread, is_listening, hold_bound, NULL},
    {"int80-listen", by_listen_int80, is_listening, hold_bound, NULL},
    {"int80-socketcall", by_listen_socketcall, is_listening, hold_bound, NULL},
    {"uring-listen", by_listen_uring, is_listening, hold_bound, NULL},
    {"passed-over-unix", by_passed_listener, has_received, pass_listening, NULL},
};
const struct group listen_group = {"listen", listen_cases, COUNT(listen_cases), NULL};

/* ---- raw sockets ---- */

/* What has been made says itself whether it is one. */
static int keep(long fd)
{
	struct stat found;

	if (fd < 0)
		return errno;
	report->ran = fstat((int)fd, &found) == 0 && S_ISSOCK(found.st_mode);
	return 0;
}

static int by_packet(void)
{
	return keep(socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)));
}

static int by_packet_datagram(void)
{
	return keep(socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP)));
}

/* packet(7): of Linux 2.0, still there. */
static int by_old_packet(void)
{
	return keep(socket(AF_INET, SOCK_PACKET, htons(ETH_P_ALL)));
}

static int by_raw_icmp(void)
{
	return keep(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
}

static int by_raw_any(void)
{
	return keep(socket(AF_INET, SOCK_RAW, IPPROTO_RAW));
}

static int by_raw_v6(void)
{
	return keep(socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));
}

/* The type's upper bits are flags. */
static int by_raw_flags(void)
{
	return keep(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMP));
}

static int by_raw_thread(void)
{
	return in_thread(by_packet);
}

static int by_raw_int80(void)
{
	return keep(int80(I386_SOCKET, AF_PACKET, SOCK_RAW, htons(ETH_P_ALL), 0, 0));
}

static int by_raw_socketcall(void)
{
	static uint32_t arguments[3] = {AF_INET, SOCK_RAW, IPPROTO_ICMP};

	return keep(int80(I386_SOCKETCALL, 1, LOW(arguments), 0, 0, 0));
}

static const struct io_uring_sqe raw_entry = {
    .opcode = IORING_OP_SOCKET, .fd = AF_INET, .off = SOCK_RAW, .len = IPPROTO_ICMP};

static int by_raw_uring(void)
{
	return keep(uring(0, raw_entry));
}

static int by_raw_uring_sqpoll(void)
{
	return keep(uring(IORING_SETUP_SQPOLL, raw_entry));
}

static int by_raw_uring_slot(void)
{
	struct ring ring = make_ring(0);
	struct io_uring_sqe entry = raw_entry;

	TRY(register_slots(&ring, 1));
	entry.file_index = 1;
	TRY(outcome(ring_do(&ring, entry)));
	report->ran = 1;
	return 0;
}

static void pass_raw(void)
{
	make_pair();
	needed(send_fd(pair[0], socket(AF_PACKET, SOCK_RAW, 0)), "passing a descriptor");
}

static int by_passed_raw(void)
{
	return keep(receive_fd(pair[1]));
}

/* Frames without a socket. */
static int by_tap(void)
{
	struct ifreq request = {.ifr_name = "bypass"};
	int fd = open("/dev/net/tun", O_RDWR);

	request.ifr_flags = IFF_TAP | IFF_NO_PI;
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
		return errno;
	report->ran = 1;
	return 0;
}

static const struct bypass raw_cases[] = {
    {"packet", by_packet, has_run, NULL, NULL},
    {"packet-datagram", by_packet_datagram, has_run, NULL, NULL},
    {"sock-packet", by_old_packet, has_run, NULL, NULL},
    {"icmp", by_raw_icmp, has_run, NULL, NULL},
    {"any-protocol", by_raw_any, has_run, NULL, NULL},
    {"icmpv6", by_raw_v6, has_run, NULL, NULL},
    {"type-flags", by_raw_flags, has_run, NULL, NULL},
    {"thread", by_raw_thread, has_run, NULL, NULL},
    {"int80-socket", by_raw_int80, has_run, NULL, NULL},
    {"int80-socketcall", by_raw_socketcall, has_run, NULL, NULL},
    {"uring-socket", by_raw_uring, has_run, NULL, NULL},
    {"uring-socket-sqpoll", by_raw_uring_sqpoll, has_run, NULL, NULL},
    {"uring-socket-slot", by_raw_uring_slot, has_run, NULL, NULL},
    {"passed-over-unix", by_passed_raw, has_run, pass_raw, NULL},
    {"tap", by_tap, has_run, NULL, NULL},
};
const struct group raw_group = {"raw-socket", raw_cases, COUNT(raw_cases), NULL};
