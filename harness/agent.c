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

static bool take_sniffed(struct rd *r, struct agent_message *m)
{
	struct rd frames, frame;
	uint16_t count;

	if (!take_flag(r, &m->truncated) || !rd_u16(r, &count) || count > AGENT_SNIFF_MAX ||
	    !take_text(r, AGENT_SNIFF_BYTES, &m->text))
		return false;
	frames = m->text;
	for (m->count = 0; agent_next_frame(&frames, &frame); m->count++)
		;
	return m->count == count && !frames.n;
}

static bool take_reported(struct rd *r, struct agent_message *m)
{
	return rd_u32(r, &m->value) && rd_u32(r, &m->memory_kb) && rd_u32(r, &m->available_kb) &&
	       take_text(r, AGENT_CHUNK_MAX, &m->text);
}

static bool take_body(struct rd *r, uint8_t type, struct agent_message *m)
{
	m->type = (enum agent_type)type;
	switch (type) {
	case AGENT_HELLO:
		return m->id == 0 && rd_u32(r, &m->value) && m->value == AGENT_VERSION;
	case AGENT_READY:
		return take_ready(r, m);
	case AGENT_EXIT:
		return take_exit(r, m);
	case AGENT_STARTED:
		return rd_u32(r, &m->value) && m->value > 0;
	case AGENT_SENT:
	case AGENT_KILLED:
	case AGENT_DONE:
		return rd_u32(r, &m->value);
	case AGENT_BURST_SENT:
		return rd_u32(r, &m->count) && rd_u32(r, &m->value);
	case AGENT_SNIFFED:
		return take_sniffed(r, m);
	case AGENT_DATA:
		return rd_u32(r, &m->value) && rd_u32(r, &m->count) &&
		       take_text(r, AGENT_CHUNK_MAX, &m->text);
	case AGENT_REPORTED:
		return take_reported(r, m);
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

static bool name_fits(const char *ifname)
{
	return ifname[0] && strlen(ifname) <= AGENT_IFNAME_MAX;
}

static bool put_name(struct wr *w, const char *ifname)
{
	return wr_u8(w, (uint8_t)strlen(ifname)) && wr_bytes(w, ifname, strlen(ifname));
}

bool agent_put_burst(struct wr *w, uint32_t id, const char *ifname, struct rd frames)
{
	return name_fits(ifname) && frames.n > 0 &&
	       frames.n <= AGENT_LENGTH_MAX - AGENT_HEAD_MIN - 1 - strlen(ifname) &&
	       put_head(w, AGENT_BURST, id, 1 + strlen(ifname) + frames.n) && put_name(w, ifname) &&
	       wr_bytes(w, frames.p, frames.n);
}

bool agent_put_sniff(struct wr *w, uint32_t id, const char *ifname, uint16_t count,
                     uint32_t timeout_ms)
{
	return name_fits(ifname) && count > 0 && count <= AGENT_SNIFF_MAX && timeout_ms > 0 &&
	       timeout_ms <= AGENT_TIMEOUT_MAX &&
	       put_head(w, AGENT_SNIFF, id, 1 + strlen(ifname) + 6) && put_name(w, ifname) &&
	       wr_u16(w, count) && wr_u32(w, timeout_ms);
}

static bool path_fits(const char *path)
{
	return path[0] == '/' && strlen(path) <= AGENT_PATH_MAX;
}

bool agent_put_put(struct wr *w, uint32_t id, const char *path, unsigned mode, bool append,
                   struct rd data)
{
	size_t len = strlen(path);

	return path_fits(path) && mode <= 07777 && data.n <= AGENT_CHUNK_MAX &&
	       put_head(w, AGENT_PUT, id, 5 + len + data.n) && wr_u8(w, append) &&
	       wr_u16(w, (uint16_t)mode) && wr_u16(w, (uint16_t)len) && wr_bytes(w, path, len) &&
	       wr_bytes(w, data.p, data.n);
}

bool agent_put_get(struct wr *w, uint32_t id, const char *path, uint32_t offset)
{
	return path_fits(path) && put_head(w, AGENT_GET, id, 4 + strlen(path)) &&
	       wr_u32(w, offset) && wr_bytes(w, path, strlen(path));
}

bool agent_put_report(struct wr *w, uint32_t id)
{
	return put_head(w, AGENT_REPORT, id, 0);
}

bool agent_put_restored(struct wr *w, uint32_t id, uint32_t seconds, uint32_t nanoseconds,
                        struct rd entropy)
{
	return nanoseconds < 1000000000 && entropy.n >= AGENT_ENTROPY_MIN &&
	       entropy.n <= AGENT_ENTROPY_MAX && put_head(w, AGENT_RESTORED, id, 8 + entropy.n) &&
	       wr_u32(w, seconds) && wr_u32(w, nanoseconds) && wr_bytes(w, entropy.p, entropy.n);
}

bool agent_put_network(struct wr *w, uint32_t id, uint8_t todo)
{
	return todo && !(todo & ~(AGENT_DO_SETUP | AGENT_DO_DHCP)) &&
	       put_head(w, AGENT_NETWORK, id, 1) && wr_u8(w, todo);
}

bool agent_put_poweroff(struct wr *w, uint32_t id)
{
	return put_head(w, AGENT_POWEROFF, id, 0);
}

bool agent_add_frame(struct wr *w, const void *frame, size_t len)
{
	return len > 0 && len <= AGENT_FRAME_MAX && 4 + len <= w->size - w->len &&
	       wr_u32(w, (uint32_t)len) && wr_bytes(w, frame, len);
}

bool agent_next_frame(struct rd *frames, struct rd *out)
{
	struct rd t = *frames;
	uint32_t len;

	if (!rd_u32(&t, &len) || !len || len > AGENT_FRAME_MAX || !rd_sub(&t, len, out))
		return false;
	*frames = t;
	return true;
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
	static const char *const names[] = {"init",   "modules", "attack", "port",
	                                    "set-up", "set up",  "link",   "lease"};

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
