/* SPDX-License-Identifier: ISC */
/* talk_tcp.c: see talk_tcp.h. */
#include "harness/talk_tcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- bytes ---- */

void talk_bytes_add(struct talk_bytes *b, const void *p, size_t n)
{
	if (b->n + n > b->room) {
		b->room = 2 * (b->n + n) + 4096;
		b->p = realloc(b->p, b->room);
		if (!b->p) {
			fputs("gauntlet: out of memory: a conversation cannot be kept\n", stderr);
			exit(4);
		}
	}
	if (n)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

void talk_bytes_drop(struct talk_bytes *b, size_t n)
{
	n = n < b->n ? n : b->n;
	if (n)
		memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

void talk_bytes_free(struct talk_bytes *b)
{
	free(b->p);
	*b = (struct talk_bytes){0};
}

/* ---- out ---- */

static void send_segment(struct talk_tcp *t, uint8_t flags, const uint8_t *p, size_t n)
{
	const struct talk_segment s = {.flags = flags,
	                               .seq = t->next,
	                               .ack = flags & TCP_ACK ? t->heard_to : 0,
	                               .mss = (uint16_t)t->mss,
	                               .p = p,
	                               .n = n};

	t->next += (uint32_t)n + !!(flags & TCP_SYN) + !!(flags & TCP_FIN);
	t->emit(t->arg, &s);
}

void talk_tcp_open(struct talk_tcp *t, uint32_t first)
{
	t->una = t->next = first;
	send_segment(t, TCP_SYN, NULL, 0);
}

bool talk_tcp_is_over(const struct talk_tcp *t)
{
	return t->ended || t->reset || t->fault;
}

size_t talk_tcp_room(const struct talk_tcp *t)
{
	uint32_t sent = t->next - t->una;

	if (!t->open || talk_tcp_is_over(t) || sent >= t->window)
		return 0;
	return t->window - sent;
}

size_t talk_tcp_say(struct talk_tcp *t, const uint8_t *p, size_t n)
{
	size_t room = talk_tcp_room(t);

	n = n < room ? n : room;
	n = n < t->mss ? n : t->mss;
	if (n)
		send_segment(t, TCP_ACK | TCP_PSH, p, n);
	return n;
}

bool talk_tcp_is_acked(const struct talk_tcp *t)
{
	return t->una == t->next;
}

void talk_tcp_end(struct talk_tcp *t)
{
	if (talk_tcp_is_over(t) || !t->open)
		return;
	send_segment(t, TCP_ACK | TCP_FIN, NULL, 0);
	t->ended = true;
}

void talk_tcp_abort(struct talk_tcp *t)
{
	if (t->reset || t->aborted)
		return;
	send_segment(t, TCP_RST | TCP_ACK, NULL, 0);
	t->ended = t->aborted = true;
}

/* ---- in ---- */

/* Their SYN. We offer no window scale, so none is used. */
static void hear_first(struct talk_tcp *t, const struct seen *s)
{
	if (!(s->tcp_flags & TCP_ACK) || s->tcp_ack != t->next) {
		t->fault = "its SYN does not acknowledge the guest's";
		return;
	}
	t->open = true;
	t->una = s->tcp_ack;
	t->heard_to = s->tcp_seq + 1;
	send_segment(t, TCP_ACK, NULL, 0);
}

/* Bytes 14 and 15 of the header. */
static uint32_t window_of(const struct seen *s)
{
	return s->l4.n >= 16 ? (uint32_t)s->l4.p[14] << 8 | s->l4.p[15] : 0;
}

static void hear_ack(struct talk_tcp *t, const struct seen *s)
{
	if (!(s->tcp_flags & TCP_ACK))
		return;
	if (s->tcp_ack - t->una > t->next - t->una) {
		if (t->una - s->tcp_ack > 0x7fffffff)
			t->fault = "it acknowledges what was never sent";
		return; /* an old one */
	}
	t->una = s->tcp_ack;
	t->window = window_of(s);
}

/* The bytes, and the FIN behind them, that are new. */
static void hear_bytes(struct talk_tcp *t, const struct seen *s)
{
	uint32_t old = t->heard_to - s->tcp_seq; /* that many of its bytes were heard before */
	size_t n = s->payload.n;
	bool fin = s->tcp_flags & TCP_FIN;

	if (!n && !fin)
		return;
	if ((int32_t)old < 0) { /* a gap: it will say again what is missing, or be silent for us */
		send_segment(t, TCP_ACK, NULL, 0);
		return;
	}
	if (old < n && t->heard.n < TALK_HEARD_MAX)
		talk_bytes_add(&t->heard, s->payload.p + old, n - old);
	if (old < n && t->their_end)
		t->fault = "it sends bytes behind its end";
	if (old < n)
		t->heard_to = s->tcp_seq + (uint32_t)n;
	if (fin && !t->their_end && t->heard_to == s->tcp_seq + (uint32_t)n) {
		t->their_end = true;
		t->heard_to++;
	}
	send_segment(t, TCP_ACK, NULL, 0);
}

void talk_tcp_hear(struct talk_tcp *t, const struct seen *s)
{
	if (t->reset || t->aborted)
		return;
	if (s->fault) {
		t->fault = s->fault;
		return;
	}
	if (s->tcp_flags & TCP_RST) {
		t->reset = true;
		return;
	}
	if (s->tcp_flags & TCP_SYN) {
		if (!t->open)
			hear_first(t, s);
		t->window = window_of(s);
		return;
	}
	if (!t->open) {
		t->fault = "it answers a SYN with something else";
		return;
	}
	hear_ack(t, s);
	hear_bytes(t, s);
}
