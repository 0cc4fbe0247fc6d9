/* SPDX-License-Identifier: ISC */
/* fleet_shares.c: all VMs send to the consumer as fast as they can; what arrives of each is counted in the world.
 *
 * The measurement begins when all have been seen to send and ends while all still do, so that no VM's start or end
 * counts as another's luck. The consumer does not answer meanwhile.
 */
#include "harness/fleet_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BEGIN_MS     10000 /* for all to be seen */
#define SEEN         50    /* frames in the world, of each */
#define SPAN_S       2.5   /* at least, of the measurement, */
#define FRAMES_LEAST 1000  /* and so many of each */
#define SPAN_MAX_S   8.0   /* but not longer: see enough() */
#define LENGTH       200   /* of a datagram's payload */

/* The time that a process has used so far, in seconds: the 14th and 15th word of its stat, of which the second, in
 * parentheses, is the only one that may hold blanks. */
static double cpu_of(pid_t pid)
{
	char path[64], line[1024] = "", *at;
	unsigned long ticks = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (f && fgets(line, sizeof(line), f) && (at = strrchr(line, ')'))) {
		for (int word = 2; word < 14 && at; word++)
			at = strchr(at + 1, ' ');
		if (at)
			ticks = strtoul(at, &at, 10);
		if (at)
			ticks += strtoul(at, NULL, 10);
	}
	if (f)
		fclose(f);
	return (double)ticks / (double)sysconf(_SC_CLK_TCK);
}

/* And with all that it has started. */
static double cpu_below(pid_t pid)
{
	char path[64], line[512] = "", *at = line, *end;
	double sum = cpu_of(pid);
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	f = fopen(path, "re");
	if (f && !fgets(line, sizeof(line), f))
		line[0] = 0;
	if (f)
		fclose(f);
	for (long child; (child = strtol(at, &end, 10)) > 0 && end != at; at = end)
		sum += cpu_below((pid_t)child);
	return sum;
}

struct used {
	double qemu, backends, self;
};

static struct used used_now(const struct fleet *f)
{
	struct used u = {.self = cpu_of(getpid())};

	for (unsigned i = 0; i < f->running; i++) {
		u.qemu += cpu_of(f->members[i]->vm.pid);
		u.backends += cpu_below(f->members[i]->session.proc.pid);
	}
	return u;
}

static bool all_deliver(struct fleet *f, void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < f->running; i++)
		if (f->members[i]->delivered < SEEN)
			return false;
	return true;
}

/* Whether the measurement is over. Which guest runs when is up to the scheduler of this machine, and evens out in some
 * seconds; who is kept short by a backend stays so, however long it takes. */
static bool enough(struct fleet *f, void *arg)
{
	double seconds = fleet_seconds() - *(const double *)arg, counts[FLEET_MAX];
	bool frames = true;

	for (unsigned i = 0; i < f->running; i++) {
		counts[i] = (double)f->members[i]->delivered;
		frames &= f->members[i]->delivered >= FRAMES_LEAST;
	}
	return seconds >= SPAN_MAX_S ||
	       (seconds >= SPAN_S && frames &&
	        fleet_judge_factor(counts, f->running) <= FLEET_SHARE_FACTOR);
}

static bool all_send(struct fleet *f)
{
	for (unsigned i = 0; i < f->running; i++) {
		char command[256], mark[FLEET_MARK_MAX];

		snprintf(command, sizeof(command), "exec flood 60000 %d 203.0.113.50 51900 %s",
		         LENGTH, fleet_mark(f->run, i + 1, "share", mark));
		if (!fleet_spawn(f, f->members[i], command))
			return false;
	}
	return true;
}

static void measure(struct fleet *f)
{
	struct fleet_shares *s = &f->shares;
	double began = fleet_seconds();
	struct used before = used_now(f), after;

	for (unsigned i = 0; i < f->running; i++)
		f->members[i]->offered = f->members[i]->delivered = 0;
	fleet_until(f, (int)(SPAN_MAX_S * 1000) + 1000, enough, &began);
	s->seconds = fleet_seconds() - began;
	after = used_now(f);
	s->cpu_qemu = (after.qemu - before.qemu) / s->seconds;
	s->cpu_backends = (after.backends - before.backends) / s->seconds;
	s->cpu_self = (after.self - before.self) / s->seconds;
	for (unsigned i = 0; i < f->running; i++) {
		s->offered[i] = (double)f->members[i]->offered;
		s->delivered[i] = (double)f->members[i]->delivered;
	}
	s->factor = fleet_judge_factor(s->delivered, f->running);
	s->offered_factor = fleet_judge_factor(s->offered, f->running);
	s->done = true;
}

static void tell(struct fleet *f)
{
	const struct fleet_shares *s = &f->shares;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	bool all_arrived = true;

	printf("          VM     offered/s  delivered/s\n");
	for (unsigned i = 0; i < f->running; i++)
		printf("          %-2u  %12.0f %12.0f\n", i + 1, s->offered[i] / s->seconds,
		       s->delivered[i] / s->seconds);
	printf("          factor %9.2f %12.2f    in %.1f s; the cores in use, of %ld: QEMU %.2f, "
	       "backends %.2f, gauntlet %.2f\n",
	       s->offered_factor, s->factor, s->seconds, cores, s->cpu_qemu, s->cpu_backends,
	       s->cpu_self);
	for (unsigned i = 0; i < f->running; i++)
		all_arrived &= s->delivered[i] >= 0.98 * s->offered[i];
	printf("          limited by %s\n",
	       all_arrived ? "the guests: what they sent arrived"
	                   : "what is between them and the world: part is late or lost");
}

/* The backends' doing is what became of what was offered: when the guests themselves were unequal, each is held against
 * what it had offered. */
static void judge(struct fleet *f)
{
	const struct fleet_shares *s = &f->shares;
	double kept[FLEET_MAX], least = 1e9;
	char why[FLEET_WHY_MAX];
	bool fair;

	for (unsigned i = 0; i < f->running; i++) {
		kept[i] = s->offered[i] > 0 ? s->delivered[i] / s->offered[i] : 0;
		least = s->delivered[i] < least ? s->delivered[i] : least;
	}
	fair = s->factor <= FLEET_SHARE_FACTOR;
	snprintf(why, sizeof(why), "a factor of %.2f, more than %.2f; offered: %.2f", s->factor,
	         FLEET_SHARE_FACTOR, s->offered_factor);
	if (!fair && s->offered_factor > FLEET_SHARE_FACTOR &&
	    fleet_judge_factor(kept, f->running) <= FLEET_SHARE_FACTOR && least >= FRAMES_LEAST) {
		printf("          the guests did not offer alike; of what each offered the same "
		       "part arrived\n");
		fair = true;
	}
	fleet_check(f, fair, why, "%u VMs share fairly", f->running);
}

bool fleet_shares(struct fleet *f)
{
	int consumer = f->world.consumer_fd;
	bool ok, began;

	f->counting = true;
	f->world.consumer_fd = -1; /* nobody answers */
	ok = all_send(f);
	began = ok && fleet_until(f, BEGIN_MS, all_deliver, NULL);
	if (ok && began)
		measure(f);
	f->world.consumer_fd = consumer;
	if (!ok || session_interrupted)
		return false;
	if (!began) {
		for (unsigned i = 0; i < f->running; i++)
			if (f->members[i]->delivered < SEEN)
				snprintf(f->why, sizeof(f->why),
				         "%llu frames of VM %u arrived within %d ms",
				         (unsigned long long)f->members[i]->delivered, i + 1,
				         BEGIN_MS);
		fleet_check(f, false, f->why, "%u VMs share fairly", f->running);
		return true;
	}
	tell(f);
	judge(f);
	return true;
}
