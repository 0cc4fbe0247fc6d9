/* SPDX-License-Identifier: ISC */
/* vm_probe.c: what this machine is: its TSC frequency, and whether KVM guests run on it. */
#include "harness/vm.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

#define PROBE_MS 10000

#if defined(__x86_64__) || defined(__i386__)

struct instant {
	uint64_t tsc, ns;
};

/* The same moment on both clocks: of some tries the one during which the least time passed, so that
 * being scheduled away in between does no harm. */
static struct instant instant_now(void)
{
	struct instant best = {0};
	uint64_t best_width = UINT64_MAX;

	for (int i = 0; i < 16; i++) {
		struct timespec t;
		uint64_t before = __rdtsc(), after;

		clock_gettime(CLOCK_MONOTONIC_RAW, &t);
		after = __rdtsc();
		if (after - before < best_width) {
			best_width = after - before;
			best.tsc = before + best_width / 2;
			best.ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
		}
	}
	return best;
}

uint32_t vm_tsc_khz(void)
{
	static uint32_t khz; /* does not change while the machine runs */

	if (!khz) {
		const struct timespec pause = {.tv_nsec = 10000000};
		struct instant a = instant_now(), b;

		nanosleep(&pause, NULL);
		b = instant_now();
		if (b.ns > a.ns)
			khz = (uint32_t)((double)(b.tsc - a.tsc) * 1e6 / (double)(b.ns - a.ns) +
			                 0.5);
	}
	return khz;
}

#else

uint32_t vm_tsc_khz(void)
{
	return 0;
}

#endif

/* A kept answer is one line: the machine's boot id, kvm or tcg, the reason. */

static bool read_line(const char *path, char *out, size_t size)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(out, (int)size, f);

	if (f)
		fclose(f);
	if (ok)
		out[strcspn(out, "\n")] = 0;
	return ok;
}

static enum vm_accel probe(const char *image, char why[VM_WHY_MAX])
{
	const struct vm_options o = {.image = image, .accel = VM_ACCEL_KVM, .frame_fd = -1};
	enum vm_accel answer = VM_ACCEL_TCG;
	struct vm *vm;

	if (access("/dev/kvm", R_OK | W_OK)) {
		snprintf(why, VM_WHY_MAX, "/dev/kvm is not there or not ours to open");
		return VM_ACCEL_TCG;
	}
	vm = malloc(sizeof(*vm));
	if (!vm || vm_start(vm, &o)) {
		snprintf(why, VM_WHY_MAX, "%s", vm ? vm->why : "no memory");
		free(vm);
		return VM_ACCEL_TCG;
	}
	if (vm_wait_ready(vm, PROBE_MS, NULL)) {
		snprintf(why, VM_WHY_MAX, "a guest booted under KVM");
		answer = VM_ACCEL_KVM;
	} else {
		snprintf(why, VM_WHY_MAX, "no guest boots under KVM here: %.400s", vm->why);
	}
	vm_kill(vm);
	free(vm);
	return answer;
}

enum vm_accel vm_probe_accel(const char *image, char why[VM_WHY_MAX])
{
	char boot_id[64], kept[VM_WHY_MAX], path[PATH_MAX];
	enum vm_accel answer;
	FILE *f;

	if (snprintf(path, sizeof(path), "%s/accel", image) >= PATH_MAX ||
	    !read_line("/proc/sys/kernel/random/boot_id", boot_id, sizeof(boot_id)))
		return probe(image, why);
	if (read_line(path, kept, sizeof(kept))) {
		size_t n = strlen(boot_id);
		const char *rest = strncmp(kept, boot_id, n) ? "" : kept + n;

		if (!strncmp(rest, " kvm ", 5) || !strncmp(rest, " tcg ", 5)) {
			snprintf(why, VM_WHY_MAX, "%s", rest + 5);
			return rest[1] == 'k' ? VM_ACCEL_KVM : VM_ACCEL_TCG;
		}
	}
	answer = probe(image, why);
	f = fopen(path, "we"); /* best effort: else it is asked again next time */
	if (f) {
		fprintf(f, "%s %s %s\n", boot_id, answer == VM_ACCEL_KVM ? "kvm" : "tcg", why);
		fclose(f);
	}
	return answer;
}
