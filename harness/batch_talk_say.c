/* SPDX-License-Identifier: ISC */
/* batch_talk_say.c: what the guest says in a conversation. */
#include "harness/batch_talk_part.h"

#include "harness/talk_hello.h"

#include <stdio.h>
#include <string.h>

#define SEGMENTS_WAITED                                                                            \
	64 /* pieces of a hello that are acknowledged one by one, if there are not more */

static bool has_room(const struct talking *k)
{
	return talk_tcp_room(&k->tcp) || talk_tcp_is_over(&k->tcp);
}

static bool is_acked(const struct talking *k)
{
	return (!k->cipher.n && talk_tcp_is_acked(&k->tcp)) || talk_tcp_is_over(&k->tcp);
}

/* All of it, as far as the backend takes it: that may not be all, when it has said no by then. */
static void say_over_tcp(struct talking *k, const uint8_t *p, size_t n)
{
	while (n && !talk_tcp_is_over(&k->tcp)) {
		size_t sent = talk_tcp_say(&k->tcp, p, n);

		p += sent;
		n -= sent;
		if (!sent && (!talking_wait(k, k->patience_ms, has_room)))
			return;
	}
}

static void say_over_tls(struct talking *k, const uint8_t *p, size_t n)
{
	char why[256];

	if (k->state != TALK_TLS_OPEN && k->state != TALK_TLS_ENDED)
		return;
	if (!talk_tls_say(k->tls, p, n, &k->cipher, why))
		return;
	talking_flush(k);
	while (k->cipher.n && !talk_tcp_is_over(&k->tcp) &&
	       talking_wait(k, k->patience_ms, has_room))
		talking_flush(k);
}

/* One segment, record or datagram, or as many as it takes. */
static void say(struct talking *k, struct talk_bytes *chunk)
{
	uint8_t frame[TALK_FRAME_MAX];

	if (chunk->n)
		talking_tell(k, "says", rd_of(chunk->p, chunk->n));
	if (chunk->n && k->to->proto == TALK_UDP)
		talking_inject(k, frame, talk_frame_udp(&k->ends, chunk->p, chunk->n, frame));
	else if (chunk->n && k->tls)
		say_over_tls(k, chunk->p, chunk->n);
	else if (chunk->n)
		say_over_tcp(k, chunk->p, chunk->n);
	chunk->n = 0;
}

static bool add_query(struct talking *k, const struct talk_word *w, struct talk_bytes *chunk,
                      char *why)
{
	uint8_t length[2];

	k->query_len = talk_dns_query(w->query, &k->it->vars, (uint16_t)(0x4a00 + k->number),
	                              k->query, why);
	if (!k->query_len)
		return false;
	length[0] = (uint8_t)(k->query_len >> 8);
	length[1] = (uint8_t)k->query_len;
	if (k->to->proto != TALK_UDP)
		talk_bytes_add(chunk, length, 2);
	talk_bytes_add(chunk, k->query, k->query_len);
	return true;
}

/* In segments of its own when it wants that. */
static bool say_hello(struct talking *k, const struct talk_word *w, struct talk_bytes *chunk,
                      char *why)
{
	static uint8_t hello[TALK_HELLO_BYTES];
	size_t segment, n = talk_hello_build(w->hello, &k->it->vars, hello, &segment, why);

	if (!segment)
		talk_bytes_add(chunk, hello, n);
	for (size_t at = 0; segment && at < n; at += segment) {
		talk_bytes_add(chunk, hello + at, n - at < segment ? n - at : segment);
		say(k, chunk);
		if (n / segment <= SEGMENTS_WAITED)
			talking_wait(k, k->patience_ms, is_acked);
	}
	return n > 0;
}

static bool add_text(struct talking *k, const struct talk_word *w, struct talk_bytes *chunk,
                     char *why)
{
	char text[TALKING_TEXT_MAX];
	size_t n;

	if (!recipe_expand(w->text, &k->it->vars, text, sizeof(text))) {
		snprintf(why, 256, "the text is too long");
		return false;
	}
	n = strlen(text);
	for (size_t i = 0; i < w->times; i++)
		talk_bytes_add(chunk, text, n);
	return true;
}

static bool add_hex(const struct talk_word *w, struct talk_bytes *chunk)
{
	uint8_t byte;

	for (const char *p = w->text; *p; p++) {
		if (*p == ' ')
			continue;
		byte = (uint8_t)(addr_hex_digit(p[0]) << 4 | addr_hex_digit(p[1]));
		talk_bytes_add(chunk, &byte, 1);
		p++;
	}
	return true;
}

void talking_end(struct talking *k)
{
	if (k->tls)
		talk_tls_end(k->tls, &k->cipher);
	talking_flush(k);
	while (k->cipher.n && !talk_tcp_is_over(&k->tcp) &&
	       talking_wait(k, k->patience_ms, has_room))
		talking_flush(k);
	talk_tcp_end(&k->tcp);
}

static bool jump(struct talking *k, const struct talk_word *w, char *why)
{
	talking_wait(k, k->patience_ms, is_acked);
	if (ctl_sync(&k->b->session, why) != CTL_OK)
		return false;
	return ctl_clock(&k->b->session, w->number, why) == CTL_OK;
}

static bool say_word(struct talking *k, const struct talk_word *w, struct talk_bytes *chunk,
                     char *why)
{
	switch ((int)w->kind) {
	case TALK_TEXT:
		return add_text(k, w, chunk, why);
	case TALK_HEX:
		return add_hex(w, chunk);
	case TALK_QUERY:
		return add_query(k, w, chunk, why);
	case TALK_HELLO:
		return say_hello(k, w, chunk, why);
	default:
		break;
	}
	say(k, chunk);
	if (w->kind == TALK_SEGMENT && k->to->proto != TALK_UDP)
		talking_wait(k, k->patience_ms, is_acked);
	else if (w->kind == TALK_CLOCK)
		return jump(k, w, why);
	else if (w->kind == TALK_FIN)
		talking_end(k);
	else if (w->kind == TALK_ABORT)
		talk_tcp_abort(&k->tcp);
	return true;
}

bool talking_say(struct talking *k, const struct talk_word *list, size_t count, char *why)
{
	struct talk_bytes chunk = {0};
	bool ok = true;

	for (size_t i = 0; i < count && ok; i++)
		ok = say_word(k, &list[i], &chunk, why);
	if (ok)
		say(k, &chunk);
	talk_bytes_free(&chunk);
	return ok;
}
