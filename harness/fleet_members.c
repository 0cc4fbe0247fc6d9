/* SPDX-License-Identifier: ISC */
/* fleet_members.c: VMs and their backends, and one loop that serves them all.
 *
 * The first backend is a session like any other: its namespace, its uplink, its capture. The others are started beside
 * it. Each session relays between its guest and its backend as on the vm plane; who has something to do is found by one
 * poll over all descriptors.
 */
#include "harness/fleet_part.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SESSION_FDS 9

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

__attribute__((format(printf, 2, 3))) static bool fail(struct fleet *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->why, sizeof(f->why), fmt, ap);
	va_end(ap);
	return false;
}

/* ---- the loop ---- */

static size_t session_fds(const struct session *s, struct pollfd out[SESSION_FDS])
{
	const struct channel *cables[] = {&s->chan, &s->guest};
	const int others[] = {s->events_fd,
	                      s->stderr_fd,
	                      s->ctl.fd,
	                      s->exited ? -1 : s->proc.pidfd,
	                      s->world->capture_fd,
	                      s->host_capture_fd,
	                      s->world->consumer_fd};
	size_t n = 0;

	for (size_t i = 0; i < 2; i++) {
		const struct channel *c = cables[i];

		if (c->fd >= 0 && !c->eof && !c->fault)
			out[n++] = (struct pollfd){
			        .fd = c->fd,
			        .events = (short)(POLLIN | (channel_pending(c) ? POLLOUT : 0))};
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i] >= 0)
			out[n++] = (struct pollfd){.fd = others[i], .events = POLLIN};
	return n;
}

static void take_answers(struct fleet_member *m)
{
	struct agent_message a;

	while (vm_next_message(&m->vm, &a)) {
		if (a.id != m->asked || m->answered)
			continue;
		m->refused = a.type == AGENT_ERROR ||
		             (a.type == AGENT_EXIT && (a.how != AGENT_EXITED || a.value)) ||
		             (a.type == AGENT_SENT && a.value);
		agent_copy_text(a.text, m->answer, sizeof(m->answer));
		m->answered = true;
	}
}

void fleet_turn(struct fleet *f, int timeout_ms)
{
	struct pollfd p[FLEET_MAX * (SESSION_FDS + VM_FDS)];
	size_t first[FLEET_MAX], vms[FLEET_MAX], n = 0;

	for (unsigned i = 0; i < f->running; i++) {
		const struct fleet_member *m = f->members[i];

		first[i] = n;
		if (m->session_open)
			n += session_fds(&m->session, p + n);
		vms[i] = n;
		if (m->vm_open)
			n += vm_pollfds(&m->vm, p + n);
	}
	if (poll(p, n, timeout_ms) < 0)
		return;
	for (unsigned i = 0; i < f->running; i++) {
		struct fleet_member *m = f->members[i];
		size_t end = i + 1 < f->running ? first[i + 1] : n;
		bool any = false;

		for (size_t k = first[i]; k < vms[i]; k++)
			any |= p[k].revents != 0;
		if (any)
			session_pump(&m->session, 0);
		for (size_t k = vms[i]; k < end; k++)
			if (p[k].revents)
				vm_on_readable(&m->vm, p[k].fd);
		take_answers(m);
	}
}

bool fleet_until(struct fleet *f, int timeout_ms, bool (*done)(struct fleet *f, void *arg),
                 void *arg)
{
	int64_t deadline = now_ms() + timeout_ms, left;

	while (!done(f, arg)) {
		left = deadline - now_ms();
		if (left <= 0 || session_interrupted)
			return false;
		fleet_turn(f, (int)left);
	}
	return true;
}

/* ---- start ---- */

/* A policy of its own for each, in the strictest mode that the backend has. */
static bool write_policy(struct fleet *f, struct fleet_member *m)
{
	const char *mode = backend_strictest_mode(&f->backend);
	bool lists = word_list_has(&f->backend.caps, "allow.udp4");
	FILE *to;

	snprintf(m->policy, sizeof(m->policy), "%s/policy-vm%u.json", f->out, m->number);
	to = fopen(m->policy, "we");
	if (!to)
		return fail(f, "%s: %s", m->policy, strerror(errno));
	fprintf(to,
	        "{\"version\":1,\"mode\":\"%s\",\"vm\":{\"mac\":\"%s\",\"ip\":"
	        "\"192.168.100.%u/24\",\"gateway\":\"192.168.100.1\"},\"allow\":[%s]}\n",
	        mode ? mode : "filtered", m->mac_text, m->ip & 0xff,
	        lists ? "{\"id\":\"consumer\",\"proto\":\"udp\",\"ip\":\"203.0.113.50\",\"port\":"
	                "51900}"
	              : "");
	return fclose(to) ? fail(f, "%s: %s", m->policy, strerror(errno)) : true;
}

/* Whose frame it is that holds fleet_mark(run, N, "share") where a UDP payload begins: N; 0: nobody's. */
static unsigned share_of(const struct fleet *f, const uint8_t *frame, size_t len)
{
	char head[FLEET_MARK_MAX];
	size_t n = strlen(fleet_mark(f->run, 0, "", head)) - 2; /* up to the number */
	const size_t at = 14 + 20 + 8;

	if (len <= at + n || memcmp(frame + at, head, n) != 0 || frame[at + n] < '1' ||
	    frame[at + n] > '0' + FLEET_MAX)
		return 0;
	return (unsigned)(frame[at + n] - '0');
}

/* While shares are measured frames are counted and not kept. */
static bool absorb(void *arg, enum tape_kind kind, const void *data, size_t len)
{
	struct fleet_member *m = arg;
	struct fleet *f = m->fleet;
	unsigned whose;

	if (!f->counting || kind == TAPE_EVENT || kind == TAPE_NOTE)
		return false;
	whose = share_of(f, data, len);
	if (kind == TAPE_GUEST_OUT && whose == m->number)
		m->offered++;
	if (kind == TAPE_WIRE_OUT && whose && whose <= f->running)
		f->members[whose - 1]->delivered++;
	return true;
}

static bool start_backend(struct fleet *f, struct fleet_member *m)
{
	struct session *s = &m->session;
	enum session_status st;

	m->session_open = true;
	st = m->number == 1 ? session_start(s, &f->backend, &f->world, m->policy, -1, NULL)
	                    : session_start_beside(s, &f->members[0]->session, m->policy, NULL);
	s->absorb = absorb;
	s->absorb_arg = m;
	if (st != SESSION_OK)
		return fail(f, "backend %u: %s", m->number,
		            *s->never_ready ? s->never_ready : "it was not started");
	return true;
}

static struct fleet_member *make_member(unsigned number)
{
	struct fleet_member *m = calloc(1, sizeof(*m));
	unsigned card = (number - 1) % FLEET_CARDS;

	if (!m)
		return NULL;
	m->number = number;
	memcpy(m->mac, LAB_VM_MAC, 6);
	m->mac[5] = (uint8_t)(m->mac[5] + card);
	m->ip = LAB_VM_IP + card;
	snprintf(m->mac_text, sizeof(m->mac_text), "%02x:%02x:%02x:%02x:%02x:%02x", m->mac[0],
	         m->mac[1], m->mac[2], m->mac[3], m->mac[4], m->mac[5]);
	return m;
}

bool fleet_snapshots(struct fleet *f)
{
	for (unsigned i = 0; i < f->count && i < FLEET_CARDS; i++) {
		struct fleet_member *m = make_member(i + 1);
		char why[VM_WHY_MAX] = "out of memory";
		struct vm_options o = {.image = f->image, .accel = f->accel, .dhcp = true};
		bool ok;

		o.mac = m ? m->mac_text : NULL;
		ok = m && vm_snapshot_get(&o, f->snapshots[i], why);
		free(m);
		if (!ok)
			return fail(f, "no snapshot: %.300s", why);
	}
	return true;
}

static bool start_vm(struct fleet *f, struct fleet_member *m)
{
	char log[PATH_MAX];
	struct vm_options o = {.image = f->image,
	                       .accel = f->accel,
	                       .mac = m->mac_text,
	                       .dhcp = true,
	                       .restore = f->snapshots[(m->number - 1) % FLEET_CARDS],
	                       .log = log};
	int pair[2], failed;

	snprintf(log, sizeof(log), "%s/boot-vm%u.log", f->out, m->number);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return fail(f, "socketpair: %s", strerror(errno));
	channel_init(&m->session.guest, pair[0]);
	o.frame_fd = pair[1];
	if (f->cold)
		o.restore = NULL;
	m->vm_open = true;
	failed = vm_start(&m->vm, &o);
	close(pair[1]);
	return failed ? fail(f, "%s", m->vm.why) : true;
}

/* All READY, or one that will not be. */
static bool all_booted(struct fleet *f, void *arg)
{
	bool all = true;

	(void)arg;
	for (unsigned i = 0; i < f->running; i++) {
		const struct vm *vm = &f->members[i]->vm;

		if (vm->state != VM_READY && vm->state != VM_STARTING && vm->state != VM_BOOTING)
			return true;
		all &= vm->state == VM_READY;
	}
	return all;
}

static bool all_ready(struct fleet *f)
{
	for (unsigned i = 0; i < f->running; i++) {
		const struct vm *vm = &f->members[i]->vm;

		if (vm->state == VM_READY)
			continue;
		if (!f->cold && !vm->times.hello_ns)
			vm_snapshot_forget(f->snapshots[i % FLEET_CARDS]);
		return fail(f, "VM %u: %s; see %s/boot-vm%u.log", i + 1,
		            *vm->why ? vm->why : "no READY in time", f->out, i + 1);
	}
	return true;
}

bool fleet_begin(struct fleet *f, unsigned count)
{
	f->running = 0;
	for (unsigned i = 0; i < count; i++) {
		struct fleet_member *m = make_member(i + 1);

		if (!m)
			return fail(f, "out of memory");
		m->fleet = f;
		f->members[f->running++] = m;
		if (!write_policy(f, m) || !start_backend(f, m))
			return false;
	}
	for (unsigned i = 0; i < count; i++)
		if (!start_vm(f, f->members[i]))
			return false;
	fleet_until(f, f->cold ? VM_READY_MS : VM_RESTORE_MS, all_booted, NULL);
	return session_interrupted ? fail(f, "interrupted") : all_ready(f);
}

/* ---- questions ---- */

static bool open_question(struct fleet *f, struct fleet_member *m, struct wr *w)
{
	m->answered = m->refused = false;
	if (m->vm.state != VM_READY || agent_send(m->vm.agent_fd, w, FLEET_ASK_MS) != AGENT_OK)
		return fail(f, "VM %u takes no requests%s%s", m->number, *m->vm.why ? ": " : "",
		            m->vm.why);
	return true;
}

static bool all_answered(struct fleet *f, void *arg)
{
	const struct fleet_member *only = arg;

	for (unsigned i = 0; i < f->running; i++) {
		const struct fleet_member *m = f->members[i];

		if ((!only || m == only) && !m->answered && m->vm.state == VM_READY)
			return false;
	}
	return true;
}

static bool check_answer(struct fleet *f, const struct fleet_member *m)
{
	if (!m->answered)
		return fail(f, "VM %u did not answer%s%s", m->number, *m->vm.why ? ": " : "",
		            m->vm.why);
	if (m->refused)
		return fail(f, "VM %u: its command or frame failed: %.200s", m->number, m->answer);
	return true;
}

bool fleet_run_all(struct fleet *f,
                   void (*command)(const struct fleet_member *m, void *arg, char *out, size_t size),
                   void *arg)
{
	static uint8_t buf[AGENT_WIRE_MAX];
	char text[1024];

	for (unsigned i = 0; i < f->running; i++) {
		struct fleet_member *m = f->members[i];
		struct wr w = wr_of(buf, sizeof(buf));

		command(m, arg, text, sizeof(text));
		m->asked = vm_next_id(&m->vm);
		if (!agent_put_run(&w, m->asked, FLEET_ASK_MS, text) || !open_question(f, m, &w))
			return false;
	}
	fleet_until(f, FLEET_ASK_MS + 2000, all_answered, NULL);
	for (unsigned i = 0; i < f->running; i++)
		if (!check_answer(f, f->members[i]))
			return false;
	return true;
}

static bool ask(struct fleet *f, struct fleet_member *m, struct wr *w)
{
	if (!open_question(f, m, w))
		return false;
	fleet_until(f, FLEET_ASK_MS, all_answered, m);
	return check_answer(f, m);
}

bool fleet_spawn(struct fleet *f, struct fleet_member *m, const char *command)
{
	static uint8_t buf[AGENT_WIRE_MAX];
	struct wr w = wr_of(buf, sizeof(buf));

	m->asked = vm_next_id(&m->vm);
	return agent_put_spawn(&w, m->asked, command) && ask(f, m, &w);
}

bool fleet_send_frame(struct fleet *f, struct fleet_member *m, const void *frame, size_t len)
{
	static uint8_t buf[AGENT_WIRE_MAX];
	struct wr w = wr_of(buf, sizeof(buf));

	m->asked = vm_next_id(&m->vm);
	return agent_put_frame(&w, m->asked, "eth0", frame, len) && ask(f, m, &w);
}

/* ---- end ---- */

static bool vm_is_gone(struct fleet *f, void *arg)
{
	(void)f;
	return ((const struct fleet_member *)arg)->vm.state == VM_GONE;
}

static bool end_vm(struct fleet *f, struct fleet_member *m, enum fleet_way way)
{
	uint8_t buf[64];
	struct wr w = wr_of(buf, sizeof(buf));
	bool ok = true;

	if (way == FLEET_POWER_OFF && m->vm.state == VM_READY &&
	    agent_put_poweroff(&w, vm_next_id(&m->vm)) &&
	    agent_send(m->vm.agent_fd, &w, FLEET_ASK_MS) == AGENT_OK &&
	    !fleet_until(f, FLEET_ASK_MS, vm_is_gone, m) && !session_interrupted)
		ok = fail(f, "VM %u did not power off within %d ms", m->number, FLEET_ASK_MS);
	if (way == FLEET_KILL)
		vm_kill(&m->vm);
	else
		vm_stop(&m->vm);
	m->vm_open = false;
	return ok;
}

static bool end_backend(struct fleet *f, struct fleet_member *m)
{
	struct session *s = &m->session;
	bool early = s->exited;
	char text[64];

	session_stop(s);
	m->session_open = false;
	if (session_interrupted)
		return true;
	if (s->hung)
		return fail(f, "backend %u did not end within 2 s of its VM's end", m->number);
	if (early || s->end.signalled || s->end.code)
		return fail(f, "backend %u %s%s", m->number, proc_end_text(&s->end, text),
		            early ? " before its VM ended" : "");
	if (*session_contract_fault(s))
		return fail(f, "backend %u breaks the contract: %.250s", m->number,
		            session_contract_fault(s));
	if (s->left_path)
		return fail(f, "backend %u left its socket behind", m->number);
	return true;
}

bool fleet_end(struct fleet *f, enum fleet_way first)
{
	bool ok = true;

	for (unsigned i = 0; i < f->running; i++)
		if (f->members[i]->vm_open)
			ok &= end_vm(f, f->members[i], (first + i) % FLEET_WAYS);
	/* The first one's namespace is everybody's: it goes last. */
	for (unsigned i = f->running; i-- > 0;)
		if (f->members[i]->session_open)
			ok &= end_backend(f, f->members[i]);
	return ok;
}

void fleet_free(struct fleet *f)
{
	for (unsigned i = 0; i < f->running; i++) {
		session_free(&f->members[i]->session);
		free(f->members[i]);
		f->members[i] = NULL;
	}
	f->running = 0;
}
