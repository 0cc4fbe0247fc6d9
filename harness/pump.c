/* SPDX-License-Identifier: ISC */
/* pump.c: see pump.h. */
#include "harness/pump.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define FRAMES_A_TURN 64        /* so that no direction keeps the loop from the others */
#define BEHIND        (1 << 20) /* bytes queued for the stream from which the TAP has to wait */

enum slot { SLOT_TAP, SLOT_STREAM, SLOT_TIMER };

int pump_open(struct pump *p, int tap_fd, int stream_fd)
{
	*p = (struct pump){.tap_fd = tap_fd};
	channel_init(&p->chan, stream_fd);
	p->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (p->timer_fd >= 0)
		return 0;
	fprintf(stderr, "gauntlet: timerfd: %s\n", strerror(errno));
	return -1;
}

void pump_close(struct pump *p)
{
	channel_close(&p->chan);
	if (p->timer_fd >= 0)
		close(p->timer_fd);
	p->timer_fd = -1;
}

static bool is_behind(const struct pump *p)
{
	return p->chan.out_end - p->chan.out_start > BEHIND;
}

void pump_pollfds(const struct pump *p, struct pollfd out[PUMP_FDS])
{
	bool over = p->chan.eof || p->chan.fault;

	short write = channel_pending(&p->chan) ? POLLOUT : 0;

	out[SLOT_TAP] = (struct pollfd){.fd = is_behind(p) ? -1 : p->tap_fd, .events = POLLIN};
	out[SLOT_STREAM] = (struct pollfd){.fd = over ? -1 : p->chan.fd,
	                                   .events = (short)(POLLIN | write)};
	out[SLOT_TIMER] = (struct pollfd){.fd = p->armed ? p->timer_fd : -1, .events = POLLIN};
}

static void emit_to_stream(void *arg, const uint8_t *frame, size_t len)
{
	struct pump *p = arg;

	channel_put(&p->chan, frame, len); /* there is room: see is_behind() */
}

/* A device that is down, or was sent what is no frame, says so; nobody is there to be told. */
static void emit_to_tap(void *arg, const uint8_t *frame, size_t len)
{
	const struct pump *p = arg;

	while (write(p->tap_fd, frame, len) < 0 && errno == EINTR)
		;
}

static void carry_from_guest(struct pump *p)
{
	static uint8_t buf[CHANNEL_FRAME_MAX];
	ssize_t n;

	for (int i = 0; i < FRAMES_A_TURN && !is_behind(p); i++) {
		n = read(p->tap_fd, buf, sizeof(buf));
		if (n <= 0)
			break;
		if (p->impaired)
			impair_take(&p->from_guest, buf, (size_t)n, emit_to_stream, p);
		else
			emit_to_stream(p, buf, (size_t)n);
	}
	channel_flush(&p->chan);
}

static void carry_to_guest(struct pump *p)
{
	const uint8_t *frame;
	size_t len;

	do {
		while (channel_take(&p->chan, &frame, &len)) {
			if (p->impaired)
				impair_take(&p->to_guest, frame, len, emit_to_tap, p);
			else
				emit_to_tap(p, frame, len);
		}
	} while (channel_fill(&p->chan));
}

static void release(struct pump *p)
{
	impair_release(&p->from_guest, emit_to_stream, p);
	impair_release(&p->to_guest, emit_to_tap, p);
	channel_flush(&p->chan);
}

/* It runs from the first frame that is held back, so that none waits longer than it says. */
static void set_timer(struct pump *p)
{
	bool wanted = p->from_guest.held_count || p->to_guest.held_count;
	struct itimerspec t = {.it_value = {.tv_nsec = wanted ? PUMP_RELEASE_MS * 1000000 : 0}};

	if (wanted != p->armed)
		timerfd_settime(p->timer_fd, 0, &t, NULL);
	p->armed = wanted;
}

void pump_run(struct pump *p, const struct pollfd pfd[PUMP_FDS])
{
	if (pfd[SLOT_TAP].revents)
		carry_from_guest(p);
	if (pfd[SLOT_STREAM].revents & POLLOUT)
		channel_flush(&p->chan);
	if (pfd[SLOT_STREAM].revents & (POLLIN | POLLHUP | POLLERR))
		carry_to_guest(p);
	if (pfd[SLOT_TIMER].revents) {
		release(p);
		p->armed = false; /* it has run out, and is read by being set again */
	}
	if (p->impaired)
		set_timer(p);
}

void pump_impair(struct pump *p, const struct impair_rates *r)
{
	if (p->impaired) {
		release(p);
		set_timer(p);
	}
	p->impaired = r != NULL;
	if (!r)
		return;
	impair_begin(&p->from_guest, r, IMPAIR_FROM_GUEST);
	impair_begin(&p->to_guest, r, IMPAIR_TO_GUEST);
}
