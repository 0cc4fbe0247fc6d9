/* SPDX-License-Identifier: ISC */
/* ctl.c: requests to a running backend, and what it makes of them. */
#include "harness/ctl.h"

#include "harness/escape.h"
#include "harness/session.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <linux/sockios.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_CHUNK 1024
#define LOOK_MS    50 /* between two looks for a sign of life */

static void breach(struct ctl *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void breach(struct ctl *c, const char *fmt, ...)
{
	va_list ap;

	if (!*c->fault) {
		va_start(ap, fmt);
		vsnprintf(c->fault, sizeof(c->fault), fmt, ap);
		va_end(ap);
	}
	ctl_close(c);
}

/* ---- the socket ---- */

void ctl_init(struct ctl *c, int fd)
{
	*c = (struct ctl){.fd = fd, .offered = fd >= 0, .next_id = 1};
}

void ctl_close(struct ctl *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	free(c->out);
	c->out = NULL;
	c->out_len = c->out_sent = 0;
}

short ctl_poll_events(const struct ctl *c)
{
	return (short)(c->fd < 0 ? 0 : POLLIN | (c->out ? POLLOUT : 0));
}

static void write_some(struct ctl *c)
{
	while (c->fd >= 0 && c->out) {
		ssize_t n = send(c->fd, c->out + c->out_sent, c->out_len - c->out_sent,
		                 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0)
			return; /* no room now; or nobody is there, which reading will tell */
		c->out_sent += (size_t)n;
		if (c->out_sent < c->out_len)
			continue;
		free(c->out);
		c->out = NULL;
		c->out_len = c->out_sent = 0;
	}
}

/* Every byte belongs to the answer of the one request that is out. */
static void take_bytes(struct ctl *c, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n && !*c->fault; i++) {
		if (!c->asked || c->answered)
			breach(c, "an answer on --ctl that nobody asked for");
		else if (bytes[i] == '\n')
			c->answered = true;
		else if (c->len == CTL_ANSWER_MAX)
			breach(c, "an answer on --ctl is longer than %d bytes", CTL_ANSWER_MAX);
		else
			c->line[c->len++] = bytes[i];
	}
}

/* A few reads a turn; the rest waits for the next one. */
void ctl_pump(struct ctl *c)
{
	char buf[READ_CHUNK];

	write_some(c);
	for (int i = 0; i < 16 && c->fd >= 0; i++) {
		ssize_t n = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			ctl_close(c);
			return;
		}
		take_bytes(c, buf, (size_t)n);
	}
}

/* ---- an answer ---- */

static enum ctl_status bad(char *why, const char *what)
{
	snprintf(why, CTL_WHY_MAX, "%s", what);
	return CTL_FAULT;
}

static enum ctl_status parse_refusal(json_t *root, char *why)
{
	char clean[CTL_WHY_MAX];
	const char *error;
	json_int_t id;
	int ok;

	if (json_unpack_ex(root, NULL, JSON_STRICT, "{s:I,s:b,s:s!}", "id", &id, "ok", &ok, "error",
	                   &error) ||
	    !*error)
		return bad(why,
		           "refuses without \"error\", or with more keys than id, ok and error");
	snprintf(why, CTL_WHY_MAX, "%s", escape_line(error, strlen(error), clean, sizeof(clean)));
	return CTL_REFUSED;
}

static enum ctl_status parse_stats(json_t *root, struct ctl_stats *out, char *why)
{
	static const char *const keys[] = {"frames",   "forwarded",       "answered", "dropped",
	                                   "replies",  "replies_dropped", "flows",    "flows_live",
	                                   "tcp_live", "suppressed"};
	int64_t *const into[] = {&out->frames,    &out->forwarded,  &out->answered,
	                         &out->dropped,   &out->replies,    &out->replies_dropped,
	                         &out->flows,     &out->flows_live, &out->tcp_live,
	                         &out->suppressed};

	if (json_object_size(root) != 2 + sizeof(keys) / sizeof(keys[0]))
		return bad(why, "has not exactly the keys of an answer to `stats`");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const json_t *v = json_object_get(root, keys[i]);

		if (!json_is_integer(v) || json_integer_value(v) < 0) {
			snprintf(why, CTL_WHY_MAX, "has no count \"%s\"", keys[i]);
			return CTL_FAULT;
		}
		*into[i] = json_integer_value(v);
	}
	return CTL_OK;
}

static enum ctl_status parse_object(json_t *root, int64_t id, struct ctl_stats *stats, char *why)
{
	const json_t *answered = json_object_get(root, "id"), *ok = json_object_get(root, "ok");

	if (!json_is_integer(answered) || json_integer_value(answered) != id)
		return bad(why, "has not the request's \"id\"");
	if (!json_is_boolean(ok))
		return bad(why, "has no \"ok\"");
	if (json_is_false(ok))
		return parse_refusal(root, why);
	if (stats)
		return parse_stats(root, stats, why);
	return json_object_size(root) == 2 ? CTL_OK : bad(why, "has more keys than id and ok");
}

enum ctl_status ctl_parse(const char *line, size_t len, int64_t id, struct ctl_stats *stats,
                          char *why)
{
	char clean[JSON_ERROR_TEXT_LENGTH];
	enum ctl_status st;
	json_error_t err;
	json_t *root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &err);

	*why = '\0';
	if (json_is_object(root)) {
		st = parse_object(root, id, stats, why);
	} else {
		snprintf(why, CTL_WHY_MAX, "is not a JSON object (column %d: %.120s)",
		         root ? 1 : err.column,
		         root ? "another type"
		              : escape_line(err.text, strlen(err.text), clean, sizeof(clean)));
		st = CTL_FAULT;
	}
	json_decref(root);
	return st;
}

/* ---- a question ---- */

static bool settled(struct session *s, void *arg)
{
	(void)arg;
	return s->ctl.answered || s->ctl.fd < 0;
}

/* Queues the line; it is the only one: a request waits for its answer. */
static void post(struct ctl *c, const char *request, size_t len)
{
	int n;

	c->out = malloc(len + 64);
	if (!c->out) {
		fprintf(stderr, "gauntlet: out of memory\n");
		exit(4);
	}
	n = snprintf(c->out, 64, "{\"id\":%" PRId64 ",", c->next_id);
	memcpy(c->out + n, request, len);
	memcpy(c->out + n + len, "}\n", 2);
	c->out_len = (size_t)n + len + 2;
	c->asked = true;
	c->answered = false;
	c->len = 0;
}

static bool never(struct session *s, void *arg)
{
	(void)s;
	(void)arg;
	return false;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Something that changes while the backend is at work. */
static uint64_t signs_of_life(const struct session *s)
{
	int unread = 0;

	if (s->chan.fd < 0 || ioctl(s->chan.fd, SIOCOUTQ, &unread))
		unread = 0;
	return s->signs + (uint64_t)unread;
}

/* Until `done`, or nothing has been seen of the backend for CTL_MS. */
static void wait_patiently(struct session *s, bool (*done)(struct session *s, void *arg))
{
	int64_t begin = now_ms(), seen = begin, now = begin;
	uint64_t signs = signs_of_life(s), before;

	while (!done(s, NULL) && !s->exited && !session_interrupted && now - seen < CTL_MS &&
	       now - begin < CTL_BUSY_MS) {
		int64_t left = CTL_MS - (now - seen);

		session_wait(s, left < LOOK_MS ? (int)left : LOOK_MS, done, NULL);
		before = signs;
		signs = signs_of_life(s);
		now = now_ms();
		if (signs != before)
			seen = now;
	}
	s->ctl.busy = now - begin >= CTL_BUSY_MS;
}

/* No answer has come. A backend that ends closes its end before it is seen to be gone, so that is waited for. */
static enum ctl_status unanswered(struct session *s, const char *name, char *why)
{
	struct ctl *c = &s->ctl;

	if (c->fd < 0 && !s->events.terminated)
		session_wait(s, CTL_MS, never, NULL);
	if (s->exited || session_interrupted || s->events.terminated) {
		snprintf(why, CTL_WHY_MAX, "the backend is gone");
		return CTL_GONE;
	}
	breach(c,
	       c->fd < 0 ? "--ctl was closed, and `%s` has no answer"
	       : c->busy ? "no answer to `%s` on --ctl within 10 s"
	                 : "no answer to `%s` on --ctl within 2 s",
	       name);
	return CTL_FAULT;
}

/* What became of the request. */
static enum ctl_status outcome(struct session *s, const char *name, struct ctl_stats *stats,
                               char *why)
{
	struct ctl *c = &s->ctl;
	enum ctl_status st = CTL_FAULT;
	int64_t id = c->next_id++;

	c->asked = false;
	if (!*c->fault && c->answered) {
		st = ctl_parse(c->line, c->len, id, stats, why);
		if (st == CTL_FAULT)
			breach(c, "the answer to `%s` on --ctl %s", name, why);
	} else if (!*c->fault) {
		st = unanswered(s, name, why);
		if (st == CTL_GONE)
			ctl_close(c);
	}
	c->answered = false;
	if (*c->fault) {
		snprintf(why, CTL_WHY_MAX, "%s", c->fault);
		return CTL_FAULT;
	}
	return st;
}

/* `name` is for people. */
static enum ctl_status ask(struct session *s, const char *name, const char *request, size_t len,
                           struct ctl_stats *stats, char *why)
{
	static const char *const words[] = {"done", "refused: ", "", "BROKEN: "};
	enum ctl_status st;

	*why = '\0';
	if (!s->ctl.offered) {
		snprintf(why, CTL_WHY_MAX, "the backend has no control channel");
		return CTL_GONE;
	}
	if (s->ctl.fd >= 0) {
		post(&s->ctl, request, len);
		ctl_pump(&s->ctl);
	}
	wait_patiently(s, settled);
	ctl_pump(&s->ctl); /* last words */
	st = outcome(s, name, stats, why);
	tape_note(&s->tape, "ctl %s: %s%s", name, words[st], why);
	return st;
}

enum ctl_status ctl_raw(struct session *s, const char *request, char *why)
{
	return ask(s, request, request, strlen(request), NULL, why);
}

static bool all_is_sent(struct session *s, void *arg)
{
	(void)arg;
	return !channel_pending(&s->chan);
}

enum ctl_status ctl_sync(struct session *s, char *why)
{
	static const char request[] = "\"cmd\":\"sync\"";
	enum ctl_status st;

	wait_patiently(s, all_is_sent);
	st = ask(s, "sync", request, sizeof(request) - 1, NULL, why);
	if (st != CTL_REFUSED)
		return st;
	breach(&s->ctl, "`sync` on --ctl was refused: %.200s", why);
	snprintf(why, CTL_WHY_MAX, "%s", s->ctl.fault);
	return CTL_FAULT;
}

enum ctl_status ctl_stats(struct session *s, struct ctl_stats *out, char *why)
{
	static const char request[] = "\"cmd\":\"stats\"";

	*out = (struct ctl_stats){0};
	return ask(s, "stats", request, sizeof(request) - 1, out, why);
}

enum ctl_status ctl_clock(struct session *s, uint64_t advance_ms, char *why)
{
	char request[64], name[48];
	int n = snprintf(request, sizeof(request), "\"cmd\":\"clock\",\"advance_ms\":%" PRIu64,
	                 advance_ms);

	snprintf(name, sizeof(name), "clock %" PRIu64 " ms", advance_ms);
	return ask(s, name, request, (size_t)n, NULL, why);
}

/* A JSON text holds newlines between its tokens only. */
static bool is_object(const char *text)
{
	json_error_t err;
	json_t *root = json_loads(text, 0, &err);
	bool ok = json_is_object(root);

	json_decref(root);
	return ok;
}

enum ctl_status ctl_policy(struct session *s, const char *policy, char *why)
{
	static const char head[] = "\"cmd\":\"policy\",\"policy\":";
	size_t len = strlen(policy), head_len = sizeof(head) - 1;
	enum ctl_status st;
	char *request;

	if (len > CTL_LINE_MAX - 128 || !is_object(policy)) {
		snprintf(why, CTL_WHY_MAX, "not sent: the policy is %s",
		         len > CTL_LINE_MAX - 128 ? "too long" : "no JSON object");
		return CTL_REFUSED;
	}
	request = malloc(head_len + len);
	if (!request) {
		fprintf(stderr, "gauntlet: out of memory\n");
		exit(4);
	}
	memcpy(request, head, head_len);
	memcpy(request + head_len, policy, len);
	for (size_t i = head_len; i < head_len + len; i++)
		if (request[i] == '\n' || request[i] == '\r')
			request[i] = ' ';
	st = ask(s, "policy", request, head_len + len, NULL, why);
	free(request);
	return st;
}
