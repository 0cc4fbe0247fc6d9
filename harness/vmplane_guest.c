/* SPDX-License-Identifier: ISC */
/* vmplane_guest.c: the guest's life.
 *
 * The guest of a suite is there from before the first sentinel until behind the last one, and sends both. The guest of a
 * case with `boot` comes when the way was seen to be open and goes before it is looked at again: until it is started
 * and when it is gone the harness itself is the VM, so a guest that has locked itself in keeps nobody from the proof.
 */
#include "harness/vmplane_part.h"

#include "harness/boot.h"
#include "harness/vm_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool vmplane_lives(const struct vmplane *p)
{
	return p->vm.state == VM_READY;
}

static bool is_up(struct session *s, void *arg)
{
	const struct vmplane *p = arg;

	(void)s;
	return p->vm.state != VM_STARTING && p->vm.state != VM_BOOTING;
}

static bool is_gone(struct session *s, void *arg)
{
	const struct vmplane *p = arg;

	(void)s;
	return p->vm.state == VM_GONE || p->vm.state == VM_OFF;
}

/* ---- what is told ---- */

/* A line of boots.jsonl, for whoever compares runs. */
static void record(const struct batch *b)
{
	const struct vmplane *p = vmplane_of(b);
	double ms[BOOT_MARK_COUNT];
	const char *between = "";
	FILE *to = p->run->boots;

	boot_marks(&p->vm.times, ms);
	if (p->run->found)
		*(p->restored ? &p->run->found->restore_ms
		              : &p->run->found->boot_ms) = ms[BOOT_READY];
	if (!to)
		return;
	fprintf(to,
	        "{\"name\":\"%s%s%s\",\"boot\":\"%s\",\"accelerator\":\"%s\",\"ready_ms\":%.1f,"
	        "\"marks\":{",
	        b->suite->name, p->boot ? "/" : "", p->boot ? b->items[0].scn_case->name : "",
	        p->restored ? "restored" : "cold", p->vm.kvm ? "kvm" : "tcg", ms[BOOT_READY]);
	for (int i = 0; i < BOOT_MARK_COUNT; i++)
		if (ms[i] >= 0) {
			fprintf(to, "%s\"%s\":%.1f", between, boot_mark_name((enum boot_mark)i),
			        ms[i]);
			between = ",";
		}
	fprintf(to, "}}\n");
}

static void show_booting(const struct vmplane *p)
{
	if (!p->run->live || p->run->story || !p->run->progress || p->restored)
		return;
	printf("\r\033[K  booting the guest (%s)", p->vm.kvm ? "KVM" : "TCG");
	fflush(stdout);
}

static void tell_ready(struct batch *b)
{
	struct vmplane *p = vmplane_of(b);

	if (!p->told)
		record(b);
	p->told = true;
	tape_note(&b->session.tape, "the guest is READY after %.0f ms",
	          (double)(p->vm.times.ready_ns - p->vm.times.exec_ns) / 1e6);
}

/* ---- from off to READY ---- */

/* A snapshot that these options go with, or NULL: a boot. */
static const char *find_snapshot(const struct vmplane *p, const struct vm_options *o,
                                 char path[PATH_MAX])
{
	char why[VM_WHY_MAX] = "";

	if (p->boot ? !p->boot->restored : p->run->cold)
		return NULL;
	if (vm_snapshot_get(o, path, why))
		return path;
	fprintf(stderr, "gauntlet: no snapshot: %s\n", why);
	return NULL;
}

/* The guest in front of a fresh frame channel. What it must be started with is given; it is READY later. */
static bool start(struct batch *b, const struct vm_options *o)
{
	struct vmplane *p = vmplane_of(b);

	snprintf(p->run->boot_log, sizeof(p->run->boot_log), "%s", p->log);
	p->restored = o->restore;
	p->noted = b->session.tape.count;
	session_guest_join(&b->session, p->guest_fd);
	p->guest_fd = -1;
	if (vm_start(&p->vm, o)) {
		fprintf(stderr, "gauntlet: %s\n", p->vm.why);
		b->env = true;
		return false;
	}
	close(p->frame_fd);
	p->frame_fd = -1;
	b->session.extra = (struct session_extra){
	        .poll = vmplane_poll, .ready = vmplane_ready, .arg = b};
	show_booting(p);
	return true;
}

bool vmplane_await_ready(struct batch *b, char *why)
{
	struct vmplane *p = vmplane_of(b);
	bool waited = !is_up(NULL, p);

	if (p->vm.state == VM_OFF || p->vm.state == VM_GONE) {
		snprintf(why, 256, "the guest is off%s%.200s", p->vm.why[0] ? ": " : "", p->vm.why);
		return false;
	}
	session_wait(&b->session,
	             p->restored && !(p->boot && p->boot->setup) ? VM_RESTORE_MS : VM_READY_MS,
	             is_up, p);
	if (vmplane_lives(p)) {
		if (waited || !p->told)
			tell_ready(b);
		return true;
	}
	snprintf(why, 256, "the guest did not come up: %.200s",
	         is_up(NULL, p) ? p->vm.why : "no READY in time");
	return false;
}

/* Ends the guest; the harness is the VM again. */
static void stop(struct batch *b)
{
	struct vmplane *p = vmplane_of(b);

	b->session.extra = (struct session_extra){0};
	vm_stop(&p->vm);
	session_guest_leave(&b->session);
}

/* A snapshot that does not come to life is thrown away, and the guest boots after all. */
static bool start_somehow(struct batch *b, struct vm_options *o, bool await, char *why)
{
	struct vmplane *p = vmplane_of(b);
	char path[PATH_MAX];

	o->restore = find_snapshot(p, o, path);
	if (p->boot && p->boot->restored && !o->restore) {
		b->env = true;
		snprintf(why, 256, "there is no snapshot to restore; see the message above");
		return false;
	}
	snprintf(why, 256, "the guest cannot be started; see the message above");
	if (!start(b, o))
		return false;
	if (!await || vmplane_await_ready(b, why))
		return true;
	if (!o->restore || p->boot || session_interrupted || b->session.exited ||
	    p->vm.state == VM_UNREADY)
		return false;
	fprintf(stderr, "gauntlet: %s; the snapshot is thrown away\n", why);
	tape_note(&b->session.tape, "%s; it boots instead", why);
	stop(b);
	vm_snapshot_forget(o->restore);
	o->restore = NULL;
	if (!vmplane_make_channel(p, why))
		return false;
	o->frame_fd = p->frame_fd;
	return start(b, o) && vmplane_await_ready(b, why);
}

/* ---- the guest of a suite ---- */

static bool begin_suite(struct batch *b)
{
	static const struct recipe_vars no_vars = {.nonce = "boot"};
	struct vmplane *p = vmplane_of(b);
	struct vmplane_load *l = calloc(1, sizeof(*l));
	struct step ping = {.command = (char[]){"ping -c 1 -W 2 192.168.100.1"},
	                    .within_ms = SCN_RUN_MS};
	char why[256] = "out of memory";
	bool ok = l && vmplane_load(b, NULL, l, why) && start_somehow(b, &l->options, true, why);

	if (l)
		vmplane_unload(l);
	free(l);
	if (!ok && !session_interrupted) {
		tape_note(&b->session.tape, "%s", why);
		fprintf(stderr, "gauntlet: %s%s%s\n", why, *p->log ? "; its console is in " : "",
		        p->log);
		/* A guest that works but got no lease speaks of the backend; else it is QEMU or the image. */
		b->env = p->vm.state != VM_UNREADY && !b->session.exited;
	}
	/* Makes the guest look for its gateway, from whose answer the harness learns the address
	 * too. */
	if (ok && !vmplane_run(b, &ping, &no_vars, 0, why))
		tape_note(&b->session.tape, "ping of the gateway: %s", why);
	return ok;
}

bool vmplane_begin(struct batch *b)
{
	return vmplane_of(b)->boot || begin_suite(b);
}

void vmplane_end(struct batch *b)
{
	struct vmplane *p = vmplane_of(b);

	if (p->vm.state != VM_OFF)
		tape_note(&b->session.tape, "the guest is gone");
	p->ended = p->vm.state == VM_GONE;
	stop(b);
}

void vmplane_prepare(const struct run *r)
{
	const struct vm_options o = {.image = r->image, .accel = r->accel, .frame_fd = -1};
	char path[PATH_MAX], why[VM_WHY_MAX];

	/* Whoever wants it and does not find it says why. */
	if (!r->cold)
		(void)vm_snapshot_get(&o, path, why);
}

/* ---- the guest of a case ---- */

static bool ends_by_itself(const struct judge_item *it)
{
	for (size_t i = 0; i < it->scn_case->step_count; i++)
		if (it->scn_case->steps[i].kind == STEP_GUEST_OFF)
			return true;
	return false;
}

static bool boot(struct batch *b, struct judge_item *it, char *why)
{
	struct vmplane_load *l = calloc(1, sizeof(*l));
	bool ok;

	if (!l) {
		snprintf(why, 256, "out of memory");
		return false;
	}
	ok = vmplane_load(b, it, l, why);
	if (ok) {
		tape_note(&b->session.tape, "the guest is switched on");
		batch_note_boot(b);
		ok = start_somehow(b, &l->options, !ends_by_itself(it), why);
	}
	vmplane_unload(l);
	free(l);
	return ok;
}

static bool wait_off(struct batch *b, const struct step *st, char *why)
{
	struct vmplane *p = vmplane_of(b);

	if (session_wait(&b->session, (int)st->within_ms, is_gone, p) || is_gone(NULL, p)) {
		tape_note(&b->session.tape, "the guest is off: %s", p->vm.why);
		return true;
	}
	snprintf(why, 256, "the guest is still on after %u ms", st->within_ms);
	return false;
}

struct again {
	const struct vmplane *plane;
	unsigned boots;
};

static bool is_up_again(struct session *s, void *arg)
{
	const struct again *a = arg;

	(void)s;
	return is_gone(NULL, (void *)(uintptr_t)a->plane) ||
	       (a->plane->vm.boots > a->boots && is_up(NULL, (void *)(uintptr_t)a->plane));
}

static bool reboot(struct batch *b, const struct step *st, char *why)
{
	struct vmplane *p = vmplane_of(b);
	struct again a = {.plane = p};
	uint8_t buf[AGENT_HEAD_MIN + 4];
	struct wr w = wr_of(buf, sizeof(buf));

	if (!vmplane_await_ready(b, why))
		return false;
	a.boots = p->vm.boots;
	tape_note(&b->session.tape, "the guest starts again");
	batch_note_boot(b);
	if (!agent_put_poweroff(&w, vm_next_id(&p->vm)) ||
	    agent_send(p->vm.agent_fd, &w, (int)st->within_ms) != AGENT_OK) {
		snprintf(why, 256, "the guest's agent does not take requests");
		return false;
	}
	session_wait(&b->session, (int)st->within_ms, is_up_again, &a);
	if (vmplane_lives(p) && p->vm.boots > a.boots) {
		tell_ready(b);
		return true;
	}
	snprintf(why, 256, "the guest was not READY again within %u ms%s%.160s", st->within_ms,
	         p->vm.why[0] ? ": " : "", p->vm.why);
	return false;
}

bool vmplane_power(struct batch *b, struct judge_item *it, const struct step *st, char *why)
{
	switch ((int)st->kind) {
	case STEP_BOOT:
		return boot(b, it, why);
	case STEP_GUEST_OFF:
		return wait_off(b, st, why);
	default:
		return reboot(b, st, why);
	}
}
