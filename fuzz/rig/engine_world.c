/* SPDX-License-Identifier: ISC */
/* engine_world.c: what the world does to sockets of refnat's. */
#include "fuzz/rig/engine_kernel.h"

#include <errno.h>

#define TCP_QUEUE 262144 /* bytes of the world that one socket holds */

void kernel_deliver(struct kernel_socket *s, const struct kernel_message *message)
{
	if (s->queued < KERNEL_QUEUE)
		s->queue[s->queued++] = *message;
}

void kernel_answer_connect(struct kernel_socket *s, bool accept)
{
	if (s->kind != SOCKET_TCP || s->connected || s->refused || s->reset)
		return;
	s->connected = accept;
	s->refused = !accept;
	s->edge = true;
}

void kernel_write(struct kernel_socket *s, uint32_t n)
{
	const uint32_t there = s->written - s->read;

	if (!s->connected || s->finished || s->reset || !n)
		return;
	s->written += n < TCP_QUEUE - there ? n : TCP_QUEUE - there;
	s->edge = true;
}

void kernel_finish(struct kernel_socket *s)
{
	if (!s->connected || s->finished || s->reset)
		return;
	s->finished = true;
	s->edge = true;
}

void kernel_abort(struct kernel_socket *s)
{
	if (!s->connected || s->reset)
		return;
	s->reset = true;
	s->error = ECONNRESET;
	s->edge = true;
}

void kernel_make_room(struct kernel_socket *s, uint32_t room)
{
	if (!s->connected || !s->greeted)
		return; /* while nothing was sent something fits */
	s->room = room;
	if (!s->crowded || !room)
		return;
	s->crowded = false;
	s->edge = true;
}
