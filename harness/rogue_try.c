/* SPDX-License-Identifier: ISC */
/* rogue_try.c: one guest that breaks out. See rogue.h.
 *
 * Everything is noticed in the session's own loop, frame by frame and event by event, before it goes onto the tape
 * (session.absorb); so the decision follows the packet in the same turn, as it does in `gauntlet detect`.
 */
#include "harness/rogue.h"

#include "harness/agent.h"
#include "harness/backend.h"
#include "harness/decode.h"
#include "harness/detect.h"
#include "harness/frame.h"
#include "harness/oracle.h"
#include "harness/recipe_parse.h"
#include "harness/session.h"
#include "harness/vm.h"
#include "harness/vm_snapshot.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define GUEST_IF "eth0"
#define TRY_MS   3000 /* for all of it, once it is sent; the bound is a third */
#define WIRE_MAX ((ROGUE_BEHIND + 2) * 256)
#define QMP_QUIT "{\"execute\":\"quit\"}\n"

struct rig {
	const struct rogue_bed *bed;
	struct rogue_try *out;
	struct session s;
	struct vm vm;
	struct oracle policy;
	struct detect detect;
	char nonce[24], leak[32], before[32], behind[32];

	bool has_gateway;
	uint8_t gateway_mac[6]; /* whoever gave the lease */

	/* CLOCK_MONOTONIC; 0: not yet */
	uint64_t left_ns, wire_ns, decided_ns, last_ns, gone_ns;
	unsigned rogue_count, before_count, after_count;
	char alarm[DECODE_LINE]; /* what the detector found, when it was something else */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

__attribute__((format(printf, 3, 4))) static void finding(struct rogue_try *t, enum result result,
                                                          const char *fmt, ...)
{
	va_list ap;

	if (t->result != RESULT_PASS)
		return; /* the first is the cause */
	t->result = result;
	va_start(ap, fmt);
	vsnprintf(t->why, sizeof(t->why), fmt, ap);
	va_end(ap);
}

static bool by_detector(const struct rig *r)
{
	return r->out->kind == ROGUE_DETECTOR_QUIT || r->out->kind == ROGUE_DETECTOR_KILL;
}

/* ---- what is noticed ---- */

static void end_vm(struct rig *r)
{
	if (r->decided_ns)
		return;
	r->decided_ns = now_ns();
	if (r->bed->spare)
		return;
	if (r->out->kind == ROGUE_DETECTOR_KILL || r->out->kind == ROGUE_BACKEND_KILL)
		syscall(SYS_pidfd_send_signal, r->vm.pidfd, SIGKILL, NULL, 0);
	else
		send(r->vm.qmp_fd, QMP_QUIT, strlen(QMP_QUIT), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static bool holds(const void *data, size_t len, const char *text)
{
	return memmem(data, len, text, strlen(text)) != NULL;
}

static void on_wire(struct rig *r, const void *frame, size_t len)
{
	uint64_t t = now_ns();
	struct detect_finding f = detect_frame(&r->detect, DETECT_OUT, t, frame, len);
	bool rogue = holds(frame, len, r->leak);
	struct seen s;

	if (f.verdict == DETECT_BENIGN)
		return; /* the provider's kernel, not the guest */
	r->last_ns = t;
	/* What was in front of the rogue may be read behind what the backend says of it. */
	r->after_count += r->decided_ns && !holds(frame, len, r->before);
	r->before_count += holds(frame, len, r->before);
	r->out->behind += holds(frame, len, r->behind);
	r->rogue_count += rogue;
	if (rogue && !r->wire_ns)
		r->wire_ns = t;
	if (f.verdict != DETECT_VIOLATION)
		return;
	if (!rogue && !*r->alarm) {
		decode(frame, len, &s);
		decode_line(&s, r->alarm);
	}
	if (by_detector(r))
		end_vm(r);
}

static void on_event(struct rig *r, const char *line, size_t len)
{
	struct event e;
	char why[256];

	if (!by_detector(r) && event_parse(line, len, &e, why) && e.kind == EVENT_TERMINATE)
		end_vm(r);
}

static void on_answer(struct rig *r, const uint8_t *frame, size_t len)
{
	if (r->has_gateway || len < 12)
		return;
	memcpy(r->gateway_mac, frame + 6, 6);
	r->has_gateway = true;
}

static bool notice(void *arg, enum tape_kind kind, const void *data, size_t len)
{
	struct rig *r = arg;

	if (kind == TAPE_GUEST_OUT && !r->left_ns && holds(data, len, r->leak))
		r->left_ns = now_ns();
	else if (kind == TAPE_GUEST_IN)
		on_answer(r, data, len);
	else if (kind == TAPE_WIRE_OUT)
		on_wire(r, data, len);
	else if (kind == TAPE_WIRE_IN)
		detect_frame(&r->detect, DETECT_IN, now_ns(), data, len);
	else if (kind == TAPE_EVENT)
		on_event(r, data, len);
	return false;
}

/* ---- QEMU in the session's loop ---- */

static size_t poll_vm(void *arg, struct pollfd *out, size_t room)
{
	struct rig *r = arg;

	return room >= VM_FDS ? vm_pollfds(&r->vm, out) : 0;
}

static void serve_vm(void *arg, const struct pollfd *pfd, size_t count)
{
	struct agent_message m;
	struct rig *r = arg;

	for (size_t i = 0; i < count; i++)
		if (pfd[i].revents)
			vm_on_readable(&r->vm, pfd[i].fd);
	while (vm_next_message(&r->vm, &m))
		; /* what the guest says of its frames is not asked for */
	if (r->vm.state == VM_GONE && !r->gone_ns)
		r->gone_ns = now_ns();
}

static bool is_up(struct session *s, void *arg)
{
	const struct rig *r = arg;

	(void)s;
	return r->vm.state != VM_STARTING && r->vm.state != VM_BOOTING;
}

/* The end, or in a control that all have crossed. The channel's end tells as well as an event. */
static bool is_over(struct rig *r)
{
	if (!by_detector(r) && r->left_ns && (r->s.chan.eof || r->s.exited))
		end_vm(r);
	return r->gone_ns || (r->out->control && r->out->behind >= ROGUE_BEHIND);
}

/* session_wait() would stop when the backend has ended, which here is the beginning. */
static void watch(struct rig *r)
{
	uint64_t deadline = now_ns() + (uint64_t)TRY_MS * 1000000;

	while (!is_over(r) && !session_interrupted) {
		int64_t left = (int64_t)(deadline - now_ns());

		if (left <= 0)
			return;
		session_pump(&r->s, (int)(left / 1000000) + 1);
	}
}

/* ---- the guest ---- */

/* Boots or wakes it, with a lease. False: r->out says why. */
static bool start_guest(struct rig *r, int frame_fd)
{
	struct vm_options o = {.image = r->bed->image,
	                       .accel = (enum vm_accel)r->bed->accel,
	                       .frame_fd = frame_fd,
	                       .dhcp = true,
	                       .restore = r->bed->restore,
	                       .log = r->bed->log};

	if (vm_start(&r->vm, &o)) {
		finding(r->out, RESULT_ENV, "%.380s", r->vm.why);
		close(frame_fd);
		return false;
	}
	close(frame_fd);
	r->s.extra = (struct session_extra){.poll = poll_vm, .ready = serve_vm, .arg = r};
	session_wait(&r->s, o.restore ? VM_RESTORE_MS : VM_READY_MS, is_up, r);
	if (r->vm.state == VM_READY)
		return true;
	if (o.restore && !r->vm.times.hello_ns && !session_interrupted) {
		vm_snapshot_forget(o.restore);
		finding(r->out, RESULT_ENV,
		        "the snapshot %.200s does not wake up; it was removed, try again",
		        o.restore);
		return false;
	}
	finding(r->out, RESULT_ENV, "the guest did not come up: %.300s",
	        *r->vm.why ? r->vm.why : "no READY in time");
	return false;
}

static bool put_frame(struct rig *r, struct wr *w, const char *words)
{
	struct recipe_vars vars = {.has_nat = false};
	struct frame_link link = {.src = LAB_VM_MAC};
	static uint8_t frame[FRAME_MAX];
	struct recipe recipe;
	struct diag diag;
	struct lex lx;
	char why[160];
	size_t len;

	snprintf(vars.nonce, sizeof(vars.nonce), "%s", r->nonce);
	memcpy(link.dst, r->gateway_mac, 6);
	diag_init(&diag, "rogue", words, strlen(words));
	lex_init(&lx, words, strlen(words), 1, &diag);
	if (!recipe_parse(&lx, false, LAB_TARGET_NET | 7, NULL, &diag, &recipe))
		return false;
	len = frame_build(&recipe, &vars, &link, frame, why);
	recipe_free(&recipe);
	return len && agent_put_frame(w, vm_next_id(&r->vm), GUEST_IF, frame, len);
}

/* All in one write: the guest sends them as fast as it can. */
static bool break_out(struct rig *r)
{
	static uint8_t buf[WIRE_MAX];
	struct wr w = wr_of(buf, sizeof(buf));
	bool ok = put_frame(r, &w, "udp $VM:40001 > $CONSUMER payload \"before-$NONCE\"") &&
	          put_frame(r, &w, "udp $VM:40002 > $T:53 dns A leak-$NONCE.test");

	for (int i = 0; ok && i < ROGUE_BEHIND; i++)
		ok = put_frame(r, &w, "udp $VM:40003 > $CONSUMER payload \"behind-$NONCE\"");
	return ok && agent_send(r->vm.agent_fd, &w, TRY_MS) == AGENT_OK;
}

/* ---- the verdict ---- */

static double ms_since(const struct rig *r, uint64_t t_ns)
{
	return r->left_ns && t_ns ? (double)(int64_t)(t_ns - r->left_ns) / 1e6 : -1;
}

static void judge_control(struct rig *r)
{
	if (r->decided_ns || r->gone_ns)
		finding(r->out, RESULT_FAIL, "the VM was ended although all was allowed%s%s",
		        *r->alarm ? ": " : "", r->alarm);
	if (!r->rogue_count || r->out->behind < ROGUE_BEHIND)
		finding(r->out, RESULT_FAIL,
		        "not all that was allowed crossed: %u of 1, and %u of %d behind it",
		        r->rogue_count, r->out->behind, ROGUE_BEHIND);
}

static void judge_backend(struct rig *r)
{
	const char *fault = session_contract_fault(&r->s);

	if (r->rogue_count)
		finding(r->out, RESULT_FAIL, "the rogue packet crossed the wire");
	if (r->out->behind)
		finding(r->out, RESULT_FAIL, "%u datagrams that were queued behind it crossed",
		        r->out->behind);
	if (r->after_count)
		finding(r->out, RESULT_FAIL, "%u frames crossed behind the decision",
		        r->after_count);
	if (!r->s.terminated)
		finding(r->out, RESULT_FAIL, "the backend did not end by its policy%s%s",
		        *fault ? ": " : "", fault);
	if (*r->alarm)
		finding(r->out, RESULT_FAIL, "the detector saw: %s", r->alarm);
}

static void judge(struct rig *r)
{
	struct rogue_try *t = r->out;

	t->ms = (struct rogue_times){.wire = ms_since(r, r->wire_ns),
	                             .decided = ms_since(r, r->decided_ns),
	                             .last = ms_since(r, r->last_ns),
	                             .gone = ms_since(r, r->gone_ns)};
	if (r->s.lost_frames)
		finding(t, RESULT_ENV, "the capture lost frames");
	if (!r->before_count)
		finding(t, RESULT_VACUOUS, "the allowed datagram in front of it did not cross%s%s",
		        *r->alarm ? "; the detector saw: " : "", r->alarm);
	if (!r->left_ns)
		finding(t, RESULT_VACUOUS, "the guest did not send it");
	if (t->control) {
		judge_control(r);
		return;
	}
	if (by_detector(r) && !r->rogue_count)
		finding(t, RESULT_VACUOUS, "it did not cross, and there was nothing to see%s%s",
		        *r->alarm ? " but " : "", r->alarm);
	if (!r->decided_ns)
		finding(t, RESULT_FAIL, "nobody noticed it");
	if (!r->gone_ns)
		finding(t, RESULT_FAIL, "the VM was not gone within %d ms", TRY_MS);
	if (t->ms.gone > ROGUE_BOUND_MS)
		finding(t, RESULT_FAIL, "the VM was gone after %.0f ms; the bound is %.0f",
		        t->ms.gone, ROGUE_BOUND_MS);
	if (!by_detector(r))
		judge_backend(r);
}

/* ---- all of it ---- */

static void play(struct rig *r, const char *policy, int guest_fd, int frame_fd)
{
	enum session_status st = session_begin(&r->s, r->bed->backend, r->bed->world, policy,
	                                       guest_fd, NULL, NULL);

	r->s.absorb = notice;
	r->s.absorb_arg = r;
	if (st == SESSION_OK)
		st = session_await_ready(&r->s);
	if (st != SESSION_OK) {
		finding(r->out, st == SESSION_ENV ? RESULT_ENV : RESULT_FAIL, "%s",
		        *r->s.never_ready ? r->s.never_ready : "no laboratory");
		close(frame_fd);
		return;
	}
	if (!start_guest(r, frame_fd))
		return;
	if (!r->has_gateway)
		finding(r->out, RESULT_FAIL, "the gateway says nothing to its guest");
	else if (!break_out(r))
		finding(r->out, RESULT_ENV, "the guest's agent does not take the frames");
	else
		watch(r);
}

bool rogue_play(const struct rogue_bed *bed, enum rogue_kind kind, bool control, unsigned number,
                struct rogue_try *out)
{
	static const struct detect_host host = {.ip = LAB_PROVIDER_IP,
	                                        .mac = LAB_UPLINK_MAC,
	                                        .router_ip = LAB_ROUTER_IP,
	                                        .router_mac = LAB_WORLD_MAC};
	struct rig *r = calloc(1, sizeof(*r));
	int pair[2] = {-1, -1};
	const char *policy;
	char why[256];

	*out = (struct rogue_try){.kind = kind, .control = control, .ms = {-1, -1, -1, -1}};
	if (!r || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		finding(out, RESULT_ENV, "%s", strerror(errno));
		free(r);
		return !session_interrupted;
	}
	*r = (struct rig){.bed = bed, .out = out};
	r->vm.console_fd = r->vm.agent_fd = r->vm.qmp_fd = r->vm.stderr_fd = r->vm.pidfd = -1;
	snprintf(r->nonce, sizeof(r->nonce), "%xt%u", (unsigned)getpid(), number);
	snprintf(r->leak, sizeof(r->leak), "leak-%s", r->nonce);
	snprintf(r->before, sizeof(r->before), "before-%s", r->nonce);
	snprintf(r->behind, sizeof(r->behind), "behind-%s", r->nonce);
	policy = bed->policy[(by_detector(r) ? 0 : 1) + (control ? 2 : 0)];
	if (!oracle_load(policy, &r->policy, why)) {
		finding(out, RESULT_ENV, "%s: %s", policy, why);
		close(pair[0]);
		close(pair[1]);
		free(r);
		return false;
	}
	detect_init(&r->detect, &r->policy, &host);
	play(r, policy, pair[0], pair[1]);
	r->s.extra = (struct session_extra){0};
	vm_kill(&r->vm);
	session_stop(&r->s);
	judge(r);
	session_free(&r->s);
	free(r);
	return !session_interrupted;
}
