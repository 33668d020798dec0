// SPDX-License-Identifier: Apache-2.0
/* Ways to reach an address that must not be reached. */
#include "sockets.h"
#include "uring.h"

#include <netinet/ip.h>
#include <netinet/udp.h>
#include <pthread.h>

#define LOCAL "127.0.0.1"
#define UDPLITE 136

static int tcp_socket(int family)
{
	return socket(family, SOCK_STREAM, 0);
}

static int udp_socket(int family)
{
	return socket(family, SOCK_DGRAM, 0);
}

static int connect_on(int fd, const char *host, int port)
{
	const union address *address = address_to(host, port);

	return fd < 0 ? errno : outcome(connect(fd, &address->any, size_of(address)));
}

/* ---- TCP ---- */

static int by_connect(void)
{
	return connect_on(tcp_socket(AF_INET), LOCAL, TCP_PORT);
}

static int by_v6(void)
{
	return connect_on(tcp_socket(AF_INET6), "::1", TCP_PORT);
}

static int by_mapped(void)
{
	return connect_on(tcp_socket(AF_INET6), "::ffff:127.0.0.1", TCP_PORT);
}

static int by_zero(void)
{
	return connect_on(tcp_socket(AF_INET), "0.0.0.0", TCP_PORT);
}

static int by_zero_v6(void)
{
	return connect_on(tcp_socket(AF_INET6), "::", TCP_PORT);
}

static int by_mapped_zero(void)
{
	return connect_on(tcp_socket(AF_INET6), "::ffff:0.0.0.0", TCP_PORT);
}

static int by_mptcp(void)
{
	return connect_on(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), LOCAL, TCP_PORT);
}

static int by_mptcp_v6(void)
{
	return connect_on(socket(AF_INET6, SOCK_STREAM, IPPROTO_MPTCP), "::1", TCP_PORT);
}

static int by_thread(void)
{
	return in_thread(by_connect);
}

static int send_to(int fd, const char *host, int port, int flags)
{
	const union address *address = address_to(host, port);

	return fd < 0 ? errno : outcome(sendto(fd, "x", 1, flags, &address->any, size_of(address)));
}

static int by_fast_open(void)
{
	return send_to(tcp_socket(AF_INET), LOCAL, TCP_PORT, MSG_FASTOPEN);
}

static int by_fast_open_v6(void)
{
	return send_to(tcp_socket(AF_INET6), "::1", TCP_PORT, MSG_FASTOPEN);
}

static struct msghdr message_to(struct iovec *piece, union address *address)
{
	return (struct msghdr){.msg_name = address,
			       .msg_namelen = size_of(address),
			       .msg_iov = piece,
			       .msg_iovlen = 1};
}

static int send_message(int fd, const char *host, int port, int flags)
{
	struct iovec piece = {.iov_base = "x", .iov_len = 1};
	const struct msghdr message = message_to(&piece, address_to(host, port));

	return fd < 0 ? errno : outcome(sendmsg(fd, &message, flags));
}

static int by_fast_open_sendmsg(void)
{
	return send_message(tcp_socket(AF_INET), LOCAL, TCP_PORT, MSG_FASTOPEN);
}

static int by_mptcp_fast_open(void)
{
	return send_to(socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP), LOCAL, TCP_PORT, MSG_FASTOPEN);
}

/* connect(2) succeeds at once and the first write sends the SYN. */
static int by_fast_open_connect(void)
{
	const int on = 1;
	int fd = tcp_socket(AF_INET);

	TRY(outcome(setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &on, sizeof(on))));
	TRY(connect_on(fd, LOCAL, TCP_PORT));
	return outcome(send(fd, "x", 1, MSG_NOSIGNAL));
}

static int by_int80(void)
{
	const union address *address = address_to(LOCAL, TCP_PORT);
	int fd = tcp_socket(AF_INET);

	return outcome(int80(I386_CONNECT, fd, LOW(address), sizeof(address->v4), 0, 0));
}

static int by_socketcall(void)
{
	static uint32_t arguments[3];
	const union address *address = address_to(LOCAL, TCP_PORT);

	arguments[0] = (uint32_t)tcp_socket(AF_INET);
	arguments[1] = (uint32_t)LOW(address);
	arguments[2] = sizeof(address->v4);
	return outcome(int80(I386_SOCKETCALL, 3, LOW(arguments), 0, 0, 0));
}

static int connected = -1;

static void pass_connected(void)
{
	have_tcp_listener();
	make_pair();
	connected = tcp_socket(AF_INET);
	needed(-connect_on(connected, LOCAL, TCP_PORT), "connect");
	needed(tcp_arrived() ? 0 : -1, "the connection");
	needed(send_fd(pair[0], connected), "passing a descriptor");
	close(connected);
}

/* The connection is another's; what the attempt sends through it arrives. */
static int by_passed(void)
{
	report->number = send(receive_fd(pair[1]), "x", 1, MSG_NOSIGNAL);
	return outcome(report->number);
}

static bool has_sent(void)
{
	return report->number == 1;
}

/* ---- UDP ---- */

static int by_udp_connect(void)
{
	int fd = udp_socket(AF_INET);

	THEN(connect_on(fd, LOCAL, UDP_PORT), outcome(send(fd, "x", 1, 0)));
}

static int by_udp_reconnect(void)
{
	int fd = udp_socket(AF_INET);

	TRY(connect_on(fd, LOCAL, OTHER_PORT));
	THEN(connect_on(fd, LOCAL, UDP_PORT), outcome(send(fd, "x", 1, 0)));
}

static int by_sendto(void)
{
	return send_to(udp_socket(AF_INET), LOCAL, UDP_PORT, 0);
}

static int by_sendto_zero(void)
{
	return send_to(udp_socket(AF_INET), "0.0.0.0", UDP_PORT, 0);
}

static int by_sendto_v6(void)
{
	return send_to(udp_socket(AF_INET6), "::1", UDP_PORT, 0);
}

static int by_sendto_mapped(void)
{
	return send_to(udp_socket(AF_INET6), "::ffff:127.0.0.1", UDP_PORT, 0);
}

/* An address of IPv4 given to a socket of IPv6. */
static int by_sendto_v4_on_v6(void)
{
	return send_to(udp_socket(AF_INET6), LOCAL, UDP_PORT, 0);
}

static int by_sendto_connected(void)
{
	int fd = udp_socket(AF_INET);

	THEN(connect_on(fd, LOCAL, OTHER_PORT), send_to(fd, LOCAL, UDP_PORT, 0));
}

static int by_sendmsg(void)
{
	return send_message(udp_socket(AF_INET), LOCAL, UDP_PORT, 0);
}

static int by_sendmmsg(void)
{
	struct iovec piece = {.iov_base = "x", .iov_len = 1};
	struct mmsghdr messages[1] = {{.msg_hdr = message_to(&piece, address_to(LOCAL, UDP_PORT))}};

	return outcome(sendmmsg(udp_socket(AF_INET), messages, 1, 0));
}

/* The second message of a call whose first one is fine. */
static int by_second_message(void)
{
	struct iovec piece = {.iov_base = "x", .iov_len = 1};
	struct mmsghdr messages[2] = {
	    {.msg_hdr = message_to(&piece, address_to(LOCAL, OTHER_PORT))},
	    {.msg_hdr = message_to(&piece, address_to(LOCAL, UDP_PORT))}};
	int sent = sendmmsg(udp_socket(AF_INET), messages, 2, 0);

	/* The call tells how many were sent, and not what became of the next. */
	return sent == 2 ? 0 : sent == 1 ? ECANCELED : errno;
}

static int by_udplite(void)
{
	return send_to(socket(AF_INET, SOCK_DGRAM, UDPLITE), LOCAL, UDP_PORT, 0);
}

static int udplite_receiver = -1;

static void have_udplite_receiver(void)
{
	const union address *address = address_to(LOCAL, UDP_PORT);

	udplite_receiver = (int)needed(socket(AF_INET, SOCK_DGRAM, UDPLITE), "UDP-Lite");
	needed(bind(udplite_receiver, &address->any, size_of(address)), "bind");
}

static bool udplite_arrived(void)
{
	char byte;

	return recv(udplite_receiver, &byte, 1, MSG_DONTWAIT) >= 0;
}

/* A datagram with headers of the sender's own. */
static int by_raw(void)
{
	struct {
		struct udphdr header;
		char byte;
	} packet = {{.source = htons(9), .dest = htons(UDP_PORT), .len = htons(9)}, 'x'};
	const union address *address = address_to(LOCAL, 0);
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_UDP);

	return fd < 0 ? errno : outcome(sendto(fd, &packet, 9, 0, &address->any, 16));
}

/* ---- io_uring ---- */

static struct io_uring_sqe connecting(int fd)
{
	const union address *address = address_to(LOCAL, TCP_PORT);

	return (struct io_uring_sqe){.opcode = IORING_OP_CONNECT,
				     .fd = fd,
				     .addr = address_of(address),
				     .off = sizeof(address->v4)};
}

static int by_uring_connect(void)
{
	return outcome(uring(0, connecting(tcp_socket(AF_INET))));
}

static int by_uring_connect_async(void)
{
	struct io_uring_sqe entry = connecting(tcp_socket(AF_INET));

	entry.flags = IOSQE_ASYNC;
	return outcome(uring(0, entry));
}

static int by_uring_connect_sqpoll(void)
{
	return outcome(uring(IORING_SETUP_SQPOLL, connecting(tcp_socket(AF_INET))));
}

/* The socket is in a slot of the ring and never has a descriptor. */
static int by_uring_slot(void)
{
	const struct io_uring_sqe making = {
	    .opcode = IORING_OP_SOCKET, .fd = AF_INET, .off = SOCK_STREAM, .file_index = 1};
	struct ring ring = make_ring(0);
	struct io_uring_sqe entry = connecting(0);

	TRY(register_slots(&ring, 1));
	TRY(outcome(ring_do(&ring, making)));
	entry.flags = IOSQE_FIXED_FILE;
	return outcome(ring_do(&ring, entry));
}

static struct io_uring_sqe message_entry(int operation)
{
	static struct iovec piece = {.iov_base = "x", .iov_len = 1};
	static struct msghdr message;

	message = message_to(&piece, address_to(LOCAL, UDP_PORT));
	return (struct io_uring_sqe){.opcode = (uint8_t)operation,
				     .fd = udp_socket(AF_INET),
				     .addr = address_of(&message),
				     .len = 1};
}

static int by_uring_sendmsg(void)
{
	return outcome(uring(0, message_entry(IORING_OP_SENDMSG)));
}

static int by_uring_sendmsg_sqpoll(void)
{
	return outcome(uring(IORING_SETUP_SQPOLL, message_entry(IORING_OP_SENDMSG)));
}

static int by_uring_sendmsg_zc(void)
{
	return outcome(uring(0, message_entry(IORING_OP_SENDMSG_ZC)));
}

static struct io_uring_sqe datagram_entry(int operation)
{
	return (struct io_uring_sqe){.opcode = (uint8_t)operation,
				     .fd = udp_socket(AF_INET),
				     .addr = address_of("x"),
				     .len = 1,
				     .addr2 = address_of(address_to(LOCAL, UDP_PORT)),
				     .addr_len = sizeof(struct sockaddr_in)};
}

static int by_uring_send(void)
{
	return outcome(uring(0, datagram_entry(IORING_OP_SEND)));
}

static int by_uring_send_zc(void)
{
	return outcome(uring(0, datagram_entry(IORING_OP_SEND_ZC)));
}

/* ---- a race ---- */

static void *swap_ports(void *address)
{
	volatile in_port_t *port = &((struct sockaddr_in *)address)->sin_port;

	for (;;) {
		*port = htons(UDP_PORT);
		*port = htons(OTHER_PORT);
	}
	return NULL;
}

/* A second thread changes the address between its check and its use. */
static int by_changing_address(void)
{
	union address *address = address_to(LOCAL, OTHER_PORT);
	int fd = udp_socket(AF_INET);
	pthread_t thread;

	if (pthread_create(&thread, NULL, swap_ports, address))
		return EAGAIN;
	while (is_racing())
		if (sendto(fd, "x", 1, 0, &address->any, 16) < 0 && errno != ECONNREFUSED)
			report->number = errno;
	return (int)report->number;
}

static const struct bypass connect_cases[] = {
    {"connect", by_connect, tcp_arrived, have_tcp_listener, NULL},
    {"v6", by_v6, tcp_arrived, have_tcp_listener, NULL},
    {"v4-mapped", by_mapped, tcp_arrived, have_tcp_listener, NULL},
    {"zero", by_zero, tcp_arrived, have_tcp_listener, NULL},
    {"zero-v6", by_zero_v6, tcp_arrived, have_tcp_listener, NULL},
    {"zero-mapped", by_mapped_zero, tcp_arrived, have_tcp_listener, NULL},
    {"mptcp", by_mptcp, tcp_arrived, have_tcp_listener, NULL},
    {"mptcp-v6", by_mptcp_v6, tcp_arrived, have_tcp_listener, NULL},
    {"mptcp-fast-open", by_mptcp_fast_open, tcp_arrived, have_tcp_listener, NULL},
    {"thread", by_thread, tcp_arrived, have_tcp_listener, NULL},
    {"fast-open", by_fast_open, tcp_arrived, have_tcp_listener, NULL},
    {"fast-open-v6", by_fast_open_v6, tcp_arrived, have_tcp_listener, NULL},
    {"fast-open-sendmsg", by_fast_open_sendmsg, tcp_arrived, have_tcp_listener, NULL},
    {"fast-open-connect", by_fast_open_connect, tcp_arrived, have_tcp_listener, NULL},
    {"int80-connect", by_int80, tcp_arrived, have_tcp_listener, NULL},
    {"int80-socketcall", by_socketcall, tcp_arrived, have_tcp_listener, NULL},
    {"passed-over-unix", by_passed, has_sent, pass_connected, NULL},
    {"udp-connect", by_udp_connect, udp_arrived, have_udp_receiver, NULL},
    {"udp-reconnect", by_udp_reconnect, udp_arrived, have_udp_receiver, NULL},
    {"sendto", by_sendto, udp_arrived, have_udp_receiver, NULL},
    {"sendto-zero", by_sendto_zero, udp_arrived, have_udp_receiver, NULL},
    {"sendto-v6", by_sendto_v6, udp_arrived, have_udp_receiver, NULL},
    {"sendto-v4-mapped", by_sendto_mapped, udp_arrived, have_udp_receiver, NULL},
    {"sendto-v4-on-v6", by_sendto_v4_on_v6, udp_arrived, have_udp_receiver, NULL},
    {"sendto-connected", by_sendto_connected, udp_arrived, have_udp_receiver, NULL},
    {"sendmsg", by_sendmsg, udp_arrived, have_udp_receiver, NULL},
    {"sendmmsg", by_sendmmsg, udp_arrived, have_udp_receiver, NULL},
    {"sendmmsg-second", by_second_message, udp_arrived, have_udp_receiver, NULL},
    {"udplite", by_udplite, udplite_arrived, have_udplite_receiver, NULL},
    {"raw-udp", by_raw, udp_arrived, have_udp_receiver, NULL},
    {"uring-connect", by_uring_connect, tcp_arrived, have_tcp_listener, NULL},
    {"uring-connect-async", by_uring_connect_async, tcp_arrived, have_tcp_listener, NULL},
    {"uring-connect-sqpoll", by_uring_connect_sqpoll, tcp_arrived, have_tcp_listener, NULL},
    {"uring-connect-slot", by_uring_slot, tcp_arrived, have_tcp_listener, NULL},
    {"uring-sendmsg", by_uring_sendmsg, udp_arrived, have_udp_receiver, NULL},
    {"uring-sendmsg-sqpoll", by_uring_sendmsg_sqpoll, udp_arrived, have_udp_receiver, NULL},
    {"uring-sendmsg-zc", by_uring_sendmsg_zc, udp_arrived, have_udp_receiver, NULL},
    {"uring-send", by_uring_send, udp_arrived, have_udp_receiver, NULL},
    {"uring-send-zc", by_uring_send_zc, udp_arrived, have_udp_receiver, NULL},
    {"changing-address", by_changing_address, udp_arrived, have_udp_receiver, NULL},
};
const struct group connect_group = {"connect", connect_cases, COUNT(connect_cases), NULL};
