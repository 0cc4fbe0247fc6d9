/* SPDX-License-Identifier: ISC */
/* batch_talk_hear.c: what the guest hears in a conversation, word by word. */
#include "harness/batch_talk_part.h"

#include <stdio.h>
#include <string.h>

struct talk_bytes *talking_heard(struct talking *k)
{
	return k->to->proto == TALK_UDP ? &k->datagrams[0] : k->tls ? &k->plain : &k->tcp.heard;
}

/* Nothing more can be heard on the connection. */
static bool is_over(const struct talking *k)
{
	return k->tcp.reset || k->tcp.their_end || k->tcp.fault || k->tcp.aborted ||
	       (k->tls && k->state >= TALK_TLS_ENDED);
}

void talking_forget(struct talking *k)
{
	talk_bytes_free(&k->datagrams[0]);
	for (unsigned i = 1; i < k->datagram_count; i++)
		k->datagrams[i - 1] = k->datagrams[i];
	k->datagram_count--;
	k->datagrams[k->datagram_count] = (struct talk_bytes){0};
}

static struct rd window(const struct talk_bytes *b)
{
	return rd_of(b->p, b->n);
}

/* Why nothing more comes, where that is known. */
static void explain(const struct talking *k, char *why)
{
	if (k->tcp.fault)
		snprintf(why, 256, "the backend broke TCP: %s", k->tcp.fault);
	else if (k->tls && k->state == TALK_TLS_FAILED)
		snprintf(why, 256, "TLS ended with %s", talk_tls_why(k->tls));
	else if (k->tcp.reset && !*why)
		snprintf(why, 256, "the connection was reset");
	else if (k->tcp.their_end && !*why)
		snprintf(why, 256, "the connection was ended");
}

static enum talk_fit try_like(struct talking *k, const struct talk_word *w, char *why)
{
	bool udp = k->to->proto == TALK_UDP;
	struct talk_bytes *bytes = talking_heard(k);
	char glob[TALKING_TEXT_MAX];
	enum talk_fit fit;
	size_t used = 0, len;

	if (!recipe_expand(w->text, &k->it->vars, glob, sizeof(glob))) {
		snprintf(why, 256, "the text is too long");
		return TALK_DIFFERS;
	}
	if (udp && !k->datagram_count)
		return TALK_MORE;
	fit = talk_like(glob, w->kind == TALK_HEAD, window(bytes), udp || is_over(k), &used, why);
	if (fit == TALK_DIFFERS && !bytes->n)
		explain(k, why);
	if (fit != TALK_FITS)
		return fit;
	talking_tell(k, "hears", rd_of(bytes->p, used));
	len = strlen(glob);
	k->swallows = len && glob[len - 1] == '*' && strncmp(glob, "HTTP/", 5) != 0;
	if (!udp)
		talk_bytes_drop(bytes, used);
	else if (used == bytes->n)
		talking_forget(k);
	else
		return snprintf(why, 256, "the datagram has %zu bytes more", bytes->n - used),
		       TALK_DIFFERS;
	return TALK_FITS;
}

static enum talk_fit try_alert(struct talking *k, const struct talk_word *w, char *why)
{
	unsigned alert = k->tls ? talk_tls_alert(k->tls) : TALK_ALERT_NONE;
	enum talk_fit fit;
	size_t used;

	if (!k->tls) {
		fit = talk_plain_alert((unsigned)w->number, window(&k->tcp.heard), &used, why);
		if (fit == TALK_FITS)
			talk_bytes_drop(&k->tcp.heard, used);
		if (fit != TALK_MORE || !is_over(k))
			return fit;
	} else if (alert != TALK_ALERT_NONE) {
		if (w->number == TALK_ALERT_NONE || w->number == alert)
			return TALK_FITS;
		snprintf(why, 256, "the alert is %s", talk_alert_name(alert));
		return TALK_DIFFERS;
	} else if (!is_over(k)) {
		return TALK_MORE;
	}
	snprintf(why, 256, "there was no alert");
	explain(k, why);
	return TALK_DIFFERS;
}

static enum talk_fit try_server_hello(struct talking *k, char *why)
{
	size_t used;
	enum talk_fit fit = talk_server_hello(window(&k->tcp.heard), &used, why);

	if (fit == TALK_FITS) {
		talk_bytes_drop(&k->tcp.heard, used);
		k->swallows = true; /* the rest of its flight */
	}
	if (fit != TALK_MORE || !is_over(k))
		return fit;
	explain(k, why);
	return TALK_DIFFERS;
}

static enum talk_fit try_reply(struct talking *k, const struct talk_word *w, char *why)
{
	struct rd at = window(talking_heard(k)), message = at,
	          query = rd_of(k->query, k->query_len);
	bool udp = k->to->proto == TALK_UDP;

	if (udp && !k->datagram_count)
		return TALK_MORE;
	if (!udp && !rd_vec16(&at, &message)) {
		if (!is_over(k))
			return TALK_MORE;
		explain(k, why);
		return TALK_DIFFERS;
	}
	if (!talk_dns_fits(w->reply, query, message, why))
		return TALK_DIFFERS;
	if (udp)
		talking_forget(k);
	else
		talk_bytes_drop(&k->tcp.heard, message.n + 2);
	return TALK_FITS;
}

static enum talk_fit try_end(struct talking *k, enum talk_kind kind, char *why)
{
	/* Behind a fatal alert nobody says close_notify; TLS is over with it, and TCP a moment later. */
	const bool alerted = k->tls && talk_tls_alert(k->tls) != TALK_ALERT_NONE;
	const bool tls_is_over = k->tls && (k->state == TALK_TLS_ENDED || alerted);
	const bool clean = k->tcp.their_end && (!k->tls || tls_is_over);
	char text[128];

	if (!is_over(k) || (tls_is_over && !k->tcp.their_end && !k->tcp.reset))
		return TALK_MORE;
	if (talking_heard(k)->n && !k->swallows) {
		snprintf(why, 256, "before its end was heard: \"%s\"",
		         talk_show(window(talking_heard(k)), text, sizeof(text)));
		return TALK_DIFFERS;
	}
	if (k->tcp.fault)
		return explain(k, why), TALK_DIFFERS;
	if (kind == TALK_CLOSED || (kind == TALK_RESET && k->tcp.reset) ||
	    (kind == TALK_END && clean) || (kind == TALK_CUT && !clean))
		return TALK_FITS;
	if (kind == TALK_RESET && !k->tcp.reset && k->tls && !k->tcp.their_end)
		return TALK_MORE;
	snprintf(why, 256, "the connection was %s",
	         k->tcp.reset ? "reset"
	         : clean      ? "ended cleanly"
	                      : "ended without close_notify");
	return TALK_DIFFERS;
}

static enum talk_fit try_nothing(struct talking *k, char *why)
{
	char text[128];

	talking_settle(k);
	if (!talking_heard(k)->n && !k->datagram_count && !is_over(k))
		return TALK_FITS;
	snprintf(why, 256, "was heard: \"%s\"",
	         talk_show(window(talking_heard(k)), text, sizeof(text)));
	explain(k, why);
	return TALK_DIFFERS;
}

static enum talk_fit try_word(struct talking *k, const struct talk_word *w, char *why)
{
	switch ((int)w->kind) {
	case TALK_LIKE:
	case TALK_HEAD:
		return try_like(k, w, why);
	case TALK_ALERT:
		return try_alert(k, w, why);
	case TALK_SERVER_HELLO:
		return try_server_hello(k, why);
	case TALK_REPLY:
		return try_reply(k, w, why);
	case TALK_NOTHING:
		return try_nothing(k, why);
	default:
		return try_end(k, w->kind, why);
	}
}

static bool hear_word(struct talking *k, const struct talk_word *w, char *why)
{
	double deadline = batch_now_ms() + k->patience_ms;
	char text[128];

	for (;;) {
		double left = deadline - batch_now_ms();
		enum talk_fit fit;

		talking_take(k);
		fit = try_word(k, w, why);
		if (fit != TALK_MORE)
			return fit == TALK_FITS;
		if (left <= 0 || k->b->session.exited || session_interrupted)
			break;
		session_pump(&k->b->session, (int)left + 1);
	}
	k->b->silences++;
	if (k->b->session.exited)
		snprintf(why, 256, "the backend is gone");
	else if (talking_heard(k)->n)
		snprintf(why, 256, "only this was heard within %d ms: \"%s\"", k->patience_ms,
		         talk_show(window(talking_heard(k)), text, sizeof(text)));
	else
		snprintf(why, 256, "nothing was heard within %d ms", k->patience_ms);
	return false;
}

bool talking_hear(struct talking *k, const struct talk_word *list, size_t count, char *why)
{
	for (size_t i = 0; i < count; i++)
		if (!hear_word(k, &list[i], why))
			return false;
	return true;
}
