/* SPDX-License-Identifier: ISC */
/* agent.c: encodes requests to the guest, decodes what a hostile guest answers. */
#include "harness/agent.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

/* Decoding. */

static bool take_flag(struct rd *r, bool *out)
{
	uint8_t v;

	if (!rd_u8(r, &v) || v > 1)
		return false;
	*out = v == 1;
	return true;
}

static bool take_text(struct rd *r, size_t max, struct rd *out)
{
	return r->n <= max && rd_sub(r, r->n, out);
}

static bool take_ready(struct rd *r, struct agent_message *m)
{
	uint8_t count, step;
	uint32_t us;

	if (!take_flag(r, &m->ok) || !rd_u8(r, &count))
		return false;
	for (; count; count--) {
		if (!rd_u8(r, &step) || !rd_u32(r, &us) || step >= AGENT_STEP_COUNT || !us ||
		    m->at_us[step])
			return false;
		m->at_us[step] = us;
	}
	return take_text(r, AGENT_TEXT_MAX, &m->text);
}

static bool take_exit(struct rd *r, struct agent_message *m)
{
	uint8_t how;

	if (!rd_u8(r, &how) || how > AGENT_TIMED_OUT || !rd_u32(r, &m->value) ||
	    !take_flag(r, &m->truncated))
		return false;
	m->how = (enum agent_how)how;
	return take_text(r, AGENT_OUTPUT_MAX, &m->text);
}

static bool take_body(struct rd *r, uint8_t type, struct agent_message *m)
{
	m->type = (enum agent_type)type;
	switch (type) {
	case AGENT_HELLO:
		return m->id == 0 && rd_u32(r, &m->value) && m->value == AGENT_VERSION;
	case AGENT_READY:
		return m->id == 0 && take_ready(r, m);
	case AGENT_EXIT:
		return take_exit(r, m);
	case AGENT_STARTED:
		return rd_u32(r, &m->value) && m->value > 0;
	case AGENT_SENT:
	case AGENT_KILLED:
		return rd_u32(r, &m->value);
	case AGENT_ERROR:
		return take_text(r, AGENT_TEXT_MAX, &m->text);
	default:
		return false;
	}
}

enum agent_status agent_decode(struct rd *in, struct agent_message *out)
{
	struct rd t = *in, msg;
	struct agent_message m = {0};
	uint32_t len;
	uint8_t type;

	if (!rd_u32(&t, &len))
		return AGENT_MORE;
	if (len < AGENT_HEAD_MIN || len > AGENT_LENGTH_MAX)
		return AGENT_BAD;
	if (!rd_sub(&t, len, &msg))
		return AGENT_MORE;
	if (!rd_u8(&msg, &type) || !rd_u32(&msg, &m.id) || !take_body(&msg, type, &m) || msg.n)
		return AGENT_BAD;
	*in = t;
	*out = m;
	return AGENT_OK;
}

/* Encoding. */

/* Appends a head for `body_len` bytes of body, when all of it fits. */
static bool put_head(struct wr *w, uint8_t type, uint32_t id, size_t body_len)
{
	return 4 + AGENT_HEAD_MIN + body_len <= w->size - w->len &&
	       wr_u32(w, (uint32_t)(AGENT_HEAD_MIN + body_len)) && wr_u8(w, type) && wr_u32(w, id);
}

static bool command_fits(const char *command, size_t len)
{
	return command[0] && len <= AGENT_COMMAND_MAX;
}

bool agent_put_run(struct wr *w, uint32_t id, uint32_t timeout_ms, const char *command)
{
	size_t len = strlen(command);

	return command_fits(command, len) && timeout_ms > 0 && timeout_ms <= AGENT_TIMEOUT_MAX &&
	       put_head(w, AGENT_RUN, id, 4 + len) && wr_u32(w, timeout_ms) &&
	       wr_bytes(w, command, len);
}

bool agent_put_spawn(struct wr *w, uint32_t id, const char *command)
{
	size_t len = strlen(command);

	return command_fits(command, len) && put_head(w, AGENT_SPAWN, id, len) &&
	       wr_bytes(w, command, len);
}

bool agent_put_kill(struct wr *w, uint32_t id, uint32_t pid)
{
	return put_head(w, AGENT_KILL, id, 4) && wr_u32(w, pid);
}

bool agent_put_frame(struct wr *w, uint32_t id, const char *ifname, const void *frame, size_t len)
{
	size_t name_len = strlen(ifname);

	return name_len > 0 && name_len <= AGENT_IFNAME_MAX && len > 0 && len <= AGENT_FRAME_MAX &&
	       put_head(w, AGENT_FRAME, id, 1 + name_len + len) && wr_u8(w, (uint8_t)name_len) &&
	       wr_bytes(w, ifname, name_len) && wr_bytes(w, frame, len);
}

bool agent_put_poweroff(struct wr *w, uint32_t id)
{
	return put_head(w, AGENT_POWEROFF, id, 0);
}

/* Bytes to messages. */

size_t agent_feed(struct agent_reader *r, const void *p, size_t n)
{
	size_t room;

	memmove(r->buf, r->buf + r->start, r->end - r->start);
	r->end -= r->start;
	r->start = 0;
	room = sizeof(r->buf) - r->end;
	if (n > room)
		n = room;
	if (n)
		memcpy(r->buf + r->end, p, n);
	r->end += n;
	return n;
}

enum agent_status agent_next(struct agent_reader *r, struct agent_message *out)
{
	struct rd in = rd_of(r->buf + r->start, r->end - r->start);
	enum agent_status s;

	if (r->bad)
		return AGENT_BAD;
	s = agent_decode(&in, out);
	if (s == AGENT_OK)
		r->start = r->end - in.n;
	r->bad = s == AGENT_BAD;
	return s;
}

void agent_copy_text(struct rd text, char *out, size_t size)
{
	size_t n = 0;

	for (; n + 1 < size && n < text.n; n++) {
		uint8_t c = text.p[n];

		out[n] = (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\t' ? (char)c : '?';
	}
	if (size)
		out[n] = 0;
}

const char *agent_step_name(enum agent_step step)
{
	static const char *const names[] = {"init", "modules", "port", "link", "lease"};

	static_assert(sizeof(names) / sizeof(names[0]) == AGENT_STEP_COUNT, "one name per step");
	return (unsigned)step < AGENT_STEP_COUNT ? names[step] : "?";
}

/* The shell: a stream socket. */

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits until `fd` can do `events`; false when `deadline` (now_ms) is over. */
static bool wait_for(int fd, short events, int64_t deadline)
{
	for (;;) {
		struct pollfd f = {.fd = fd, .events = events};
		int64_t left = deadline - now_ms();

		if (left < 0)
			left = 0;
		if (poll(&f, 1, (int)left) > 0)
			return true;
		if (left == 0)
			return false;
	}
}

enum agent_status agent_read(int fd, struct agent_reader *r)
{
	uint8_t buf[16384];
	size_t room = sizeof(r->buf) - (r->end - r->start);
	ssize_t n;

	if (!room) /* the caller has not taken its messages */
		return AGENT_OK;
	n = recv(fd, buf, room < sizeof(buf) ? room : sizeof(buf), MSG_DONTWAIT);
	if (n > 0) {
		agent_feed(r, buf, (size_t)n);
		return AGENT_OK;
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR) ? AGENT_MORE : AGENT_CLOSED;
}

enum agent_status agent_send(int fd, const struct wr *w, int timeout_ms)
{
	int64_t deadline = now_ms() + timeout_ms;

	for (size_t done = 0; done < w->len;) {
		ssize_t n = send(fd, w->p + done, w->len - done, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0)
			done += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			return AGENT_CLOSED;
		else if (!wait_for(fd, POLLOUT, deadline))
			return AGENT_LATE;
	}
	return AGENT_OK;
}

enum agent_status agent_recv(int fd, struct agent_reader *r, int timeout_ms,
                             struct agent_message *out)
{
	int64_t deadline = now_ms() + timeout_ms;

	for (;;) {
		enum agent_status s = agent_next(r, out);

		if (s != AGENT_MORE)
			return s;
		if (!wait_for(fd, POLLIN, deadline))
			return AGENT_LATE;
		if (agent_read(fd, r) == AGENT_CLOSED)
			return AGENT_CLOSED;
	}
}
