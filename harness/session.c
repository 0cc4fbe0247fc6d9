/* SPDX-License-Identifier: ISC */
/* session.c: the loop around one backend.
 *
 * Theory of operation. One poll(2) over: the frame channel, QEMU's channel (vm plane), the event
 * pipe, stderr, the process, the world's capture, the loopback capture inside the backend's
 * namespace, the consumer's socket, and QEMU's own descriptors. Whatever is readable is read to the
 * end and appended to the tape. The order on the tape is the order in which the harness saw things,
 * which between different descriptors can differ from the true one by the time of one turn of the
 * loop; no judgement rests on it.
 */
#include "harness/session.h"

#include "harness/capture.h"
#include "harness/oracle.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define EXTRA_MAX     8
#define READS_A_TURN  16
#define FRAMES_A_TURN 256
#define READ_ALL      UINT_MAX /* only of what nobody writes to any more */
#define JOIN_MS       2        /* between two attempts to meet the backend */

enum slot {
	SLOT_CHAN,
	SLOT_GUEST,
	SLOT_CTL,
	SLOT_EVENTS,
	SLOT_STDERR,
	SLOT_PROC,
	SLOT_WORLD,
	SLOT_HOST,
	SLOT_CONSUMER,
	SLOT_COUNT
};

volatile int session_interrupted;

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- start ---- */

static int open_host_capture(void *arg)
{
	(void)arg;
	return capture_open(1); /* the loopback is interface 1 of every namespace */
}

/* A pipe whose reading end is ours, nonblocking. */
static int make_pipe(int out[2])
{
	if (pipe2(out, O_CLOEXEC))
		return -1;
	return fcntl(out[0], F_SETFL, O_NONBLOCK);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static enum session_status env(const char *what)
{
	fprintf(stderr, "gauntlet: %s: %s\n", what, strerror(errno));
	return SESSION_ENV;
}

/* The pair for --ctl when the backend declares it; our end goes to the session. */
static int make_ctl(struct session *s, int *theirs)
{
	int pair[2];

	if (!backend_has_ctl(s->backend))
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -1;
	ctl_init(&s->ctl, pair[0]);
	*theirs = pair[1];
	return 0;
}

static enum session_status start_backend(struct session *s, const char *policy, const char *seed,
                                         const struct session_early *early)
{
	int events[2] = {-1, -1}, err[2] = {-1, -1}, ctl = -1;
	enum session_status st = SESSION_OK;

	if (transport_open(&s->transport, s->backend->transport, &s->link))
		return SESSION_ENV;
	if (early) {
		s->joined = transport_join(&s->transport, &s->chan);
		early->play(s, early->arg);
	}
	if (make_pipe(events) || make_pipe(err) || make_ctl(s, &ctl)) {
		st = env("cannot make the backend's descriptors");
		close_fd(&events[0]);
		close_fd(&err[0]);
	} else {
		struct backend_start o = {.policy = policy,
		                          .organisation = s->world->organisation,
		                          .frames_fd = s->transport.backend_fd,
		                          .frames = s->transport.spec,
		                          .events_fd = events[1],
		                          .stderr_fd = err[1],
		                          .ctl_fd = ctl < 0 ? 0 : ctl,
		                          .net_ns = s->link.ns,
		                          .seed = seed};

		s->events_fd = events[0];
		s->stderr_fd = err[0];
		if (backend_run(s->backend, &o, &s->proc))
			st = SESSION_ENV;
	}
	close_fd(&s->transport.backend_fd);
	close_fd(&events[1]);
	close_fd(&err[1]);
	close_fd(&ctl);
	return st;
}

static bool is_ready(struct session *s, void *arg)
{
	(void)arg;
	return (s->events.ready && s->joined) || *s->events.fault;
}

static void explain_not_ready(struct session *s)
{
	char text[64];

	if (s->exited)
		snprintf(s->never_ready, sizeof(s->never_ready),
		         "the backend %s before it said \"ready\"", proc_end_text(&s->end, text));
	else if (*s->events.fault)
		snprintf(s->never_ready, sizeof(s->never_ready), "contract: %s", s->events.fault);
	else if (s->events.ready)
		snprintf(s->never_ready, sizeof(s->never_ready),
		         "the backend said \"ready\", but its frame channel %s was not there "
		         "within %d ms",
		         transport_names[s->transport.kind], SESSION_READY_MS);
	else
		snprintf(s->never_ready, sizeof(s->never_ready),
		         "the backend did not say \"ready\" within %d ms", SESSION_READY_MS);
}

static void init(struct session *s, const struct backend *b, struct world *w)
{
	*s = (struct session){.backend = b,
	                      .world = w,
	                      .link = {.ns = -1},
	                      .proc = {.pidfd = -1, .status_fd = -1},
	                      .transport = {.backend_fd = -1, .fd = -1},
	                      .chan = {.fd = -1},
	                      .guest = {.fd = -1},
	                      .events_fd = -1,
	                      .stderr_fd = -1,
	                      .host_capture_fd = -1,
	                      .violation = SESSION_NONE,
	                      .terminate = SESSION_NONE,
	                      .stop_ms = SESSION_STOP_MS};
	tape_init(&s->tape);
	events_init(&s->events);
	ctl_init(&s->ctl, -1);
}

enum session_status session_begin(struct session *s, const struct backend *b, struct world *w,
                                  const char *policy, int guest_fd, const char *seed,
                                  const struct session_early *early)
{
	init(s, b, w);
	if (guest_fd >= 0)
		channel_init(&s->guest, guest_fd);
	if (lab_link_open(&s->link) || lab_link_widen(&s->link, oracle_mtu(policy)))
		return SESSION_ENV;
	s->host_capture_fd = lab_link_inside(&s->link, open_host_capture, NULL);
	if (s->host_capture_fd < 0)
		return SESSION_ENV;
	capture_drops(w->capture_fd); /* counts from here */
	return start_backend(s, policy, seed, early);
}

enum session_status session_await_ready(struct session *s)
{
	session_wait(s, SESSION_READY_MS, is_ready, NULL);
	if (!s->events.ready || !s->joined) {
		explain_not_ready(s);
		return SESSION_NEVER_READY;
	}
	tape_note(&s->tape, "the backend is ready");
	return SESSION_OK;
}

enum session_status session_start_early(struct session *s, const struct backend *b, struct world *w,
                                        const char *policy, int guest_fd, const char *seed,
                                        const struct session_early *early)
{
	enum session_status st = session_begin(s, b, w, policy, guest_fd, seed, early);

	return st == SESSION_OK ? session_await_ready(s) : st;
}

enum session_status session_start(struct session *s, const struct backend *b, struct world *w,
                                  const char *policy, int guest_fd, const char *seed)
{
	return session_start_early(s, b, w, policy, guest_fd, seed, NULL);
}

enum session_status session_start_beside(struct session *s, const struct session *first,
                                         const char *policy, const char *seed)
{
	enum session_status st;

	init(s, first->backend, &s->nowhere);
	s->nowhere = (struct world){.capture_fd = -1,
	                            .consumer_fd = -1,
	                            .raw_fd = -1,
	                            .organisation = first->world->organisation};
	s->link = first->link;
	s->link.world_ifindex = 0; /* which is not ours to take down */
	st = start_backend(s, policy, seed, NULL);
	return st == SESSION_OK ? session_await_ready(s) : st;
}

/* ---- what has happened ---- */

/* Everything a backend can cause goes through here, so that a flood ends in a verdict and not in a full memory. */
static void record(struct session *s, enum tape_kind kind, const void *data, size_t len)
{
	s->signs += kind == TAPE_GUEST_IN || kind == TAPE_WIRE_OUT || kind == TAPE_EVENT;
	if (s->absorb && s->absorb(s->absorb_arg, kind, data, len))
		return;
	if (s->recorded > SESSION_BULK_FROM && bulk_take(&s->bulk, kind, data, len))
		return;
	if (s->recorded + len > SESSION_TAPE_MAX) {
		if (!s->flooded)
			tape_note(&s->tape, "the tape is full; what follows was not recorded");
		s->flooded = true;
		return;
	}
	s->recorded += len;
	tape_add(&s->tape, kind, data, len, TAPE_NO_ROW);
}

static void on_event(void *arg, const char *line, size_t len, const struct event *ev)
{
	struct session *s = arg;

	if (ev && ev->kind == EVENT_VIOLATION && s->violation == SESSION_NONE)
		s->violation = s->tape.count;
	if (ev && ev->kind == EVENT_TERMINATE && s->terminate == SESSION_NONE)
		s->terminate = s->tape.count;
	record(s, TAPE_EVENT, line, len);
	if (ev && (ev->kind == EVENT_DROP || ev->kind == EVENT_VIOLATION))
		s->audited_drops += 1 + (uint64_t)ev->suppressed;
}

/* Each reads at most `reads` times, so that no descriptor keeps the loop from the others. */
static void pump_events(struct session *s, unsigned reads)
{
	char buf[16384];
	ssize_t n;

	while (reads-- && s->events_fd >= 0 && (n = read(s->events_fd, buf, sizeof(buf))) != -1) {
		if (n == 0)
			close_fd(&s->events_fd);
		else
			events_feed(&s->events, buf, (size_t)n, on_event, s);
	}
}

/* As text that a terminal shows and does not obey. */
static void copy_text(char *out, const char *in, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (in[i] >= ' ' && in[i] < 0x7f) || in[i] == '\n' || in[i] == '\t' ? in[i]
		                                                                          : '.';
}

/* Keeps the first SESSION_STDERR_MAX bytes; the rest is read and forgotten. */
static void pump_stderr(struct session *s, unsigned reads)
{
	char buf[4096];
	ssize_t n;

	while (reads-- && s->stderr_fd >= 0 && (n = read(s->stderr_fd, buf, sizeof(buf))) != -1) {
		size_t room = SESSION_STDERR_MAX - s->stderr_len;

		if (n == 0)
			close_fd(&s->stderr_fd);
		else if ((size_t)n < room)
			room = (size_t)n;
		if (n > 0)
			copy_text(s->stderr_text + s->stderr_len, buf, room);
		s->stderr_len += n > 0 ? room : 0;
	}
	s->stderr_text[s->stderr_len] = '\0';
}

static void pump_chan(struct session *s, unsigned reads)
{
	const uint8_t *frame;
	size_t len;

	do {
		while (channel_take(&s->chan, &frame, &len)) {
			record(s, TAPE_GUEST_IN, frame, len);
			if (s->guest.fd >= 0 && !channel_put(&s->guest, frame, len))
				tape_note(&s->tape,
				          "QEMU does not read: a frame to the VM was lost");
		}
	} while (reads-- && channel_fill(&s->chan));
	if (s->guest.fd >= 0)
		channel_flush(&s->guest);
}

static void pump_guest(struct session *s, unsigned reads)
{
	const uint8_t *frame;
	size_t len;

	do {
		while (channel_take(&s->guest, &frame, &len)) {
			record(s, TAPE_GUEST_OUT, frame, len);
			if (!s->hung_up && !channel_put(&s->chan, frame, len))
				tape_note(&s->tape, "the backend does not read: a frame was lost");
		}
	} while (reads-- && channel_fill(&s->guest));
	channel_flush(&s->chan);
}

void session_guest_join(struct session *s, int fd)
{
	channel_init(&s->guest, fd);
}

void session_guest_leave(struct session *s)
{
	if (s->guest.fd < 0)
		return;
	pump_guest(s, READ_ALL);
	channel_close(&s->guest);
}

static void pump_capture(struct session *s, int fd, bool host, unsigned frames)
{
	static uint8_t buf[CAPTURE_FRAME_MAX];
	struct captured c;

	while (frames-- && capture_next(fd, buf, &c) == 1) {
		if (host) {
			if (!c.outgoing) /* the loopback shows every packet twice */
				record(s, TAPE_HOST, c.frame, c.len);
		} else if (c.ifindex == s->link.world_ifindex && !lab_is_noise(c.frame, c.len)) {
			record(s, c.outgoing ? TAPE_WIRE_IN : TAPE_WIRE_OUT, c.frame, c.len);
		}
	}
}

static void pump_consumer(struct session *s)
{
	int err = world_answer(s->world);

	if (err)
		tape_note(&s->tape, "the consumer could not answer: %s", strerror(err));
}

void session_hang_up(struct session *s)
{
	if (s->hung_up || s->chan.fd < 0)
		return;
	s->hung_up = true;
	channel_flush(&s->chan);
	if (channel_end(&s->chan))
		return; /* half of it: what the backend still sends is seen */
	if (s->chan.kind == CHANNEL_TAP)
		lab_tap_delete(&s->link);
	pump_chan(s, READ_ALL); /* what it had sent by then; more it cannot send */
	if (s->chan.kind == CHANNEL_TAP)
		s->lost_frames += capture_drops(s->chan.fd);
	channel_drop(&s->chan);
}

/* Code 90 and the events that go with it: both, or neither. */
static void judge_end(struct session *s)
{
	const struct events *e = &s->events;
	bool coded = !s->end.signalled && s->end.code == SESSION_EXIT_POLICY;

	s->terminated = coded && e->terminated && e->bye && !*e->fault;
	if (s->terminated)
		tape_note(&s->tape, "the backend ended by policy: %s", e->violation);
	else if (coded && !e->terminated)
		snprintf(s->end_fault, sizeof(s->end_fault),
		         "it exited with 90, which is an end by policy, without the event "
		         "\"terminate\"");
	else if (coded && !e->bye)
		snprintf(s->end_fault, sizeof(s->end_fault),
		         "it ended by policy without the event \"bye\"");
	else if (!coded && e->violated && !s->end.signalled)
		snprintf(s->end_fault, sizeof(s->end_fault),
		         "it said \"%s\", but exited with %d and not with 90",
		         e->terminated ? "terminate" : "violation", s->end.code);
	else if (!s->end.signalled && !s->end.code && s->asked && !s->deaf && e->ready && !e->bye &&
	         !*e->fault)
		snprintf(s->end_fault, sizeof(s->end_fault),
		         "it exited with 0 without the event \"bye\"");
}

static void note_exit(struct session *s)
{
	char text[64];

	s->exited = true;
	pump_events(s, READ_ALL); /* its last words */
	ctl_pump(&s->ctl);
	tape_note(&s->tape, "the backend %s", proc_end_text(&s->end, text));
	judge_end(s);
}

const char *session_contract_fault(const struct session *s)
{
	return *s->events.fault ? s->events.fault : *s->ctl.fault ? s->ctl.fault : s->end_fault;
}

static void set_slot(struct pollfd *p, int fd, short events)
{
	*p = (struct pollfd){.fd = fd, .events = events};
}

static void set_channel_slot(struct pollfd *p, const struct channel *c)
{
	bool wait_for_room = channel_pending(c) && channel_patience_ms(c) < 0;

	set_slot(p, c->eof || c->fault ? -1 : c->fd,
	         (short)(POLLIN | (wait_for_room ? POLLOUT : 0)));
}

static void set_slots(struct session *s, struct pollfd p[SLOT_COUNT])
{
	set_channel_slot(&p[SLOT_CHAN], &s->chan);
	set_channel_slot(&p[SLOT_GUEST], &s->guest);
	set_slot(&p[SLOT_CTL], s->ctl.fd, ctl_poll_events(&s->ctl));
	set_slot(&p[SLOT_EVENTS], s->events_fd, POLLIN);
	set_slot(&p[SLOT_STDERR], s->stderr_fd, POLLIN);
	set_slot(&p[SLOT_PROC], s->exited ? -1 : s->proc.pidfd, POLLIN);
	set_slot(&p[SLOT_WORLD], s->world->capture_fd, POLLIN);
	set_slot(&p[SLOT_HOST], s->host_capture_fd, POLLIN);
	set_slot(&p[SLOT_CONSUMER], s->world->consumer_fd, POLLIN);
}

static void handle_slots(struct session *s, const struct pollfd p[SLOT_COUNT])
{
	if (p[SLOT_WORLD].revents)
		pump_capture(s, s->world->capture_fd, false, FRAMES_A_TURN);
	if (p[SLOT_HOST].revents)
		pump_capture(s, s->host_capture_fd, true, FRAMES_A_TURN);
	if (p[SLOT_CONSUMER].revents)
		pump_consumer(s);
	if (p[SLOT_EVENTS].revents)
		pump_events(s, READS_A_TURN);
	if (p[SLOT_STDERR].revents)
		pump_stderr(s, READS_A_TURN);
	if (p[SLOT_CTL].revents)
		ctl_pump(&s->ctl);
	if ((p[SLOT_CHAN].revents & POLLOUT) || channel_patience_ms(&s->chan) >= 0)
		channel_flush(&s->chan);
	if (p[SLOT_CHAN].revents & (POLLIN | POLLHUP | POLLERR))
		pump_chan(s, READS_A_TURN);
	if (p[SLOT_GUEST].revents & POLLOUT)
		channel_flush(&s->guest);
	if (p[SLOT_GUEST].revents & (POLLIN | POLLHUP | POLLERR))
		pump_guest(s, READS_A_TURN);
}

void session_pump(struct session *s, int timeout_ms)
{
	struct pollfd p[SLOT_COUNT + EXTRA_MAX];
	int patience_ms = s->joined ? channel_patience_ms(&s->chan) : JOIN_MS;
	size_t extra = 0;

	if (!s->joined && s->proc.pid)
		s->joined = transport_join(&s->transport, &s->chan);
	set_slots(s, p);
	if (s->extra.poll)
		extra = s->extra.poll(s->extra.arg, p + SLOT_COUNT, EXTRA_MAX);
	if (patience_ms >= 0 && (timeout_ms < 0 || patience_ms < timeout_ms))
		timeout_ms = patience_ms;
	if (poll(p, SLOT_COUNT + extra, timeout_ms) < 0)
		return; /* EINTR: the caller looks at session_interrupted */

	handle_slots(s, p);
	if (extra)
		s->extra.ready(s->extra.arg, p + SLOT_COUNT, extra);
	if (p[SLOT_PROC].revents && proc_reap(&s->proc, 0, &s->end))
		note_exit(s);
	if (s->chan.eof || s->events.terminated)
		session_hang_up(s); /* as a VMM does */
}

bool session_wait(struct session *s, int timeout_ms, bool (*done)(struct session *s, void *arg),
                  void *arg)
{
	int64_t deadline = now_ms() + timeout_ms;

	while (!done(s, arg)) {
		int64_t left = deadline - now_ms();

		if (left <= 0 || s->exited || session_interrupted)
			return false;
		session_pump(s, (int)left);
	}
	return true;
}

/* ---- sending ---- */

size_t session_inject(struct session *s, const void *frame, size_t len, int row)
{
	size_t i = tape_add(&s->tape, TAPE_GUEST_OUT, frame, len, row);

	if (s->hung_up || !channel_put(&s->chan, frame, len))
		tape_note(&s->tape, "%s: the frame above was not sent",
		          s->hung_up ? "the frame channel is closed" : "the backend does not read");
	if (!s->corked)
		channel_flush(&s->chan);
	return i;
}

bool session_world_send(struct session *s, const void *frame, size_t len)
{
	/* The capture records it, as the wire's. */
	return !world_send(s->world, s->link.world_ifindex, frame, len);
}

/* ---- stop ---- */

static bool never(struct session *s, void *arg)
{
	(void)s;
	(void)arg;
	return false;
}

static void drain(struct session *s)
{
	if (s->world->capture_fd >= 0)
		pump_capture(s, s->world->capture_fd, false, READ_ALL);
	if (s->host_capture_fd >= 0)
		pump_capture(s, s->host_capture_fd, true, READ_ALL);
}

static void end_process(struct session *s)
{
	if (!s->proc.pid)
		return;
	session_wait(s, session_interrupted ? 0 : s->stop_ms, never, NULL);
	if (s->exited)
		return;
	s->hung = !session_interrupted;
	proc_kill(&s->proc);
	proc_reap(&s->proc, -1, &s->end);
	note_exit(s);
}

/* The uplink goes down, and what had come by then is read. */
static void end_wire(struct session *s)
{
	drain(s);
	s->lost_frames += s->host_capture_fd >= 0 ? capture_drops(s->host_capture_fd) : 0;
	if (s->link.world_ifindex) {
		unsigned w0 = s->link.world_ifindex;

		lab_link_close(&s->link);
		s->link.world_ifindex = w0; /* the capture still holds frames of it */
	}
	drain(s);
	s->lost_frames += s->world->capture_fd >= 0 ? capture_drops(s->world->capture_fd) : 0;
}

void session_stop(struct session *s)
{
	s->channel_fault = s->flooded ? "the backend floods: more than 64 MiB of frames and events"
	                              : s->chan.fault;
	s->asked = !s->exited && !s->hung_up;
	if (s->chan.fd >= 0 && !s->exited && !s->hung_up) {
		tape_note(&s->tape, "stop: the frame channel is closed");
		session_hang_up(s);
	}
	end_process(s);
	pump_chan(s, READ_ALL);
	pump_events(s, READ_ALL);
	pump_stderr(s, READ_ALL);
	session_hang_up(s); /* a TAP's counter is read, whoever ended first */
	end_wire(s);
	if (bulk_frames(&s->bulk))
		tape_note(&s->tape, "%llu more frames of long transfers were counted, not kept",
		          (unsigned long long)bulk_frames(&s->bulk));
	close_fd(&s->host_capture_fd);
	close_fd(&s->events_fd);
	close_fd(&s->stderr_fd);
	ctl_close(&s->ctl);
	channel_close(&s->chan);
	channel_close(&s->guest);
	s->left_path = !transport_close(&s->transport) && !s->hung;
	tape_note(&s->tape, "drained: its processes and its uplink are gone");
}

void session_free(struct session *s)
{
	tape_free(&s->tape);
}
