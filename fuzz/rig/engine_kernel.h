/* SPDX-License-Identifier: ISC */
/* engine_kernel.h: the kernel and the world that refnat's shells run on in the engine: a table of
 * sockets in memory, and a clock that stands still unless the program moves it.
 *
 * The objects of the shells have their system calls renamed (engine.syms): send is engine_send, and
 * so on. These functions do what the manual pages say as far as nat*.c, loop.c and link.c can see
 * it, and tell the model (engine_model.h) of everything that leaves or is closed. The program
 * (engine_program.c) plays the world through the functions at the end.
 *
 * What the world says is a pattern (engine_pattern.h), which begins with the salt of a socket or of a
 * datagram. So nothing needs to be stored, and each byte tells where it belongs. */
#ifndef FUZZ_RIG_ENGINE_KERNEL_H
#define FUZZ_RIG_ENGINE_KERNEL_H

#include "ref/link.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

#define KERNEL_SOCKETS   64
#define KERNEL_QUEUE     8      /* datagrams that wait in one socket */
#define KERNEL_MESSAGE   9300   /* bytes of the longest datagram of the world */
#define KERNEL_GUEST_MAX 131072 /* bytes of the guest's that refnat has not read yet */

/* Descriptors that are no sockets. */
enum {
	FD_LINK = 10,
	FD_AUDIT,
	FD_DIALER,
	FD_ORDERS,
	FD_SIGNALS,
	FD_NAT,   /* nat's epoll */
	FD_LOOP,  /* the loop's */
	FD_PROBE, /* of can_peek_from_offset() */
	FD_SOCKETS = 100
};

enum kernel_kind { SOCKET_FREE, SOCKET_UDP, SOCKET_EAR, SOCKET_PING, SOCKET_TCP };

struct kernel_message {
	uint32_t ip;
	uint16_t port, len;
	uint8_t salt;
};

struct kernel_socket {
	enum kernel_kind kind;
	uint32_t ip; /* the endpoint it is connected to */
	uint16_t port;
	int ear; /* UDP: its ear's number; an ear: its socket's */
	uint64_t token;
	uint32_t interest; /* of epoll; 0: not watched */
	bool edge;         /* TCP: there are news */
	int error;         /* the next call reports it */
	bool linger_reset; /* closing it resets the connection */

	struct kernel_message queue[KERNEL_QUEUE];
	unsigned queued;

	bool connected, refused, reset, shut;
	bool greeted;  /* refnat was told that it is connected */
	bool finished; /* the world has */
	bool crowded;  /* something was not taken for want of room */
	uint8_t salt;
	uint32_t written,
	        read;         /* bytes of the world, and how many of them are gone from the queue */
	uint32_t taken, room; /* bytes of the guest, and how many more fit */
	uint32_t peek_at;
};

struct kernel {
	struct kernel_socket sockets[KERNEL_SOCKETS];
	unsigned high; /* sockets that were ever open */
	uint64_t now_ns;
	bool can_peek; /* SO_PEEK_OFF on TCP */

	/* The link's other end. */
	uint8_t guest[KERNEL_GUEST_MAX]; /* what refnat will read */
	uint32_t guest_start, guest_end;
	uint32_t guest_cut;  /* at most so many bytes are read at a time; 0: all */
	uint32_t guest_room; /* bytes that the guest's end takes */
	bool guest_gone;
	enum link_carrier carrier;
	uint8_t prefix[4]; /* of what refnat has read from a stream: where in a frame it stands */
	uint32_t prefix_len, frame_left;
	uint64_t frames; /* whole ones */
	bool bad_length;

	/* The loop's epoll set. */
	uint32_t loop_interest[FD_SOCKETS];
	uint32_t loop_token[FD_SOCKETS];
	bool order, ended, dialer_gone, audit_gone;
};

extern struct kernel kernel;

/* All closed, at `now_ns`. */
void kernel_reset(uint64_t now_ns);

/* A fresh socket, or -1 when the table is full. */
int kernel_open(enum kernel_kind kind, uint32_t ip, uint16_t port);
struct kernel_socket *kernel_socket(int fd);

/* What the loop's epoll has to say now; how many. */
int kernel_loop_events(struct epoll_event *events, int most);

/* What the world does; no-ops where it cannot. */
void kernel_deliver(struct kernel_socket *s, const struct kernel_message *message);
void kernel_answer_connect(struct kernel_socket *s, bool accept);
void kernel_write(struct kernel_socket *s, uint32_t n);
void kernel_finish(struct kernel_socket *s);
void kernel_abort(struct kernel_socket *s);
void kernel_make_room(struct kernel_socket *s, uint32_t room);

/* -1, and errno is that. */
int kernel_fail(int error);

#endif
