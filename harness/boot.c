/* SPDX-License-Identifier: ISC */
/* boot.c: the boot sub-command, and the breakdown of a boot. */
#include "harness/boot.h"

#include "harness/files.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REPEAT_MAX 1000

static double since(const struct vm_times *t, int64_t ns)
{
	return ns ? (double)(ns - t->exec_ns) / 1e6 : -1;
}

/* When the guest's clock was 0, on ours. HELLO and READY both came in a little after the guest sent
 * them; the one that took less time tells it better. */
static int64_t guest_zero(const struct vm_times *t)
{
	int64_t by_hello = t->hello_ns - (int64_t)t->guest_us[AGENT_STEP_PORT] * 1000;
	int64_t by_ready = t->ready_ns;
	uint32_t last_us = 0;

	for (int i = 0; i < AGENT_STEP_COUNT; i++)
		if (t->guest_us[i] > last_us)
			last_us = t->guest_us[i];
	by_ready -= (int64_t)last_us * 1000;
	return by_hello < by_ready ? by_hello : by_ready;
}

static double guest(const struct vm_times *t, enum agent_step step)
{
	return t->ready_ns && t->guest_us[step]
	               ? since(t, guest_zero(t) + (int64_t)t->guest_us[step] * 1000)
	               : -1;
}

void boot_marks(const struct vm_times *t, double ms[BOOT_MARK_COUNT])
{
	ms[BOOT_QEMU] = since(t, t->qemu_ns);
	ms[BOOT_KERNEL] = since(t, t->first_line_ns);
	ms[BOOT_INIT] = guest(t, AGENT_STEP_INIT);
	ms[BOOT_DRIVERS] = guest(t, AGENT_STEP_MODULES);
	ms[BOOT_AGENT] = guest(t, AGENT_STEP_PORT);
	ms[BOOT_LINK] = guest(t, AGENT_STEP_LINK);
	ms[BOOT_FRAME] = since(t, t->first_frame_ns);
	ms[BOOT_LEASE] = guest(t, AGENT_STEP_LEASE);
	ms[BOOT_READY] = since(t, t->ready_ns);
}

const char *boot_mark_name(enum boot_mark mark)
{
	static const char *const names[] = {
	        "QEMU up",       "first kernel line", "PID 1 runs",  "drivers loaded",
	        "agent answers", "network card up",   "first frame", "lease",
	        "READY"};

	static_assert(sizeof(names) / sizeof(names[0]) == BOOT_MARK_COUNT, "one name per mark");
	return (unsigned)mark < BOOT_MARK_COUNT ? names[mark] : "?";
}

static void print_marks(FILE *to, const double ms[BOOT_MARK_COUNT])
{
	double last = 0;

	fprintf(to, "BOOT_MS %.0f\n", ms[BOOT_READY]);
	for (int i = 0; i < BOOT_MARK_COUNT; i++) {
		if (ms[i] < 0)
			continue;
		fprintf(to, "  %6.0f  %+6.0f  %s\n", ms[i], ms[i] - last,
		        boot_mark_name((enum boot_mark)i));
		last = ms[i];
	}
}

void boot_print_times(FILE *to, const struct vm_times *t)
{
	double ms[BOOT_MARK_COUNT];

	boot_marks(t, ms);
	print_marks(to, ms);
}

/* The sub-command. */

struct request {
	const char *image, *out, *append;
	enum vm_accel accel;
	unsigned repeat;
};

static const char help[] =
        "usage: gauntlet boot [OPTION]...\n"
        "Boots the sandbox VM without a network and says where the time went.\n"
        "\n"
        "  --image DIR    made by vm-images/build (build/vm)\n"
        "  --accel WHICH  auto, tcg or kvm (auto: KVM when a guest really boots under it)\n"
        "  --out DIR      leaves boot.log there (build/boot)\n"
        "  --append TEXT  more of the kernel command line, as in --append loglevel=7\n"
        "  --repeat N     boots N times and adds the medians, 1..1000 (1)\n"
        "  --help         this text\n"
        "\n"
        "Exit: 0 READY each time, 2 usage, 4 no QEMU, no image, or no READY.\n";

static int parse_repeat(const char *s, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (*s >= '0' && *s <= '9' && !*end && n >= 1 && n <= REPEAT_MAX) {
		*out = (unsigned)n;
		return 0;
	}
	fprintf(stderr, "gauntlet boot: --repeat %s: 1 to %d\n", s, REPEAT_MAX);
	return 2;
}

/* 0, or the exit code when the program is to end with it; -1: help was asked for. */
static int parse_options(int argc, char **argv, struct request *r)
{
	static const struct option options[] = {{"image", required_argument, NULL, 'i'},
	                                        {"accel", required_argument, NULL, 'a'},
	                                        {"out", required_argument, NULL, 'o'},
	                                        {"append", required_argument, NULL, 'p'},
	                                        {"repeat", required_argument, NULL, 'r'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {0}};
	int c, code = 0;

	optind = 0;
	while (!code && (c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (c == 'i')
			r->image = optarg;
		else if (c == 'a')
			code = vm_parse_accel(optarg, &r->accel) ? 0 : 2;
		else if (c == 'o')
			r->out = optarg;
		else if (c == 'p')
			r->append = optarg;
		else if (c == 'r')
			code = parse_repeat(optarg, &r->repeat);
		else
			code = c == 'h' ? -1 : 2;
	}
	if (!code && optind < argc) {
		fprintf(stderr, "gauntlet boot: unexpected '%s'\n", argv[optind]);
		code = 2;
	}
	return code;
}

/* Nobody answers the guest's frames here; they are taken off the socket and counted. */
struct sink {
	struct vm *vm;
	unsigned long bytes;
};

static void swallow(void *arg, struct pollfd *fds, size_t count)
{
	struct sink *s = arg;
	char buf[4096];
	ssize_t n;

	if (!count || !fds[0].revents)
		return;
	n = recv(fds[0].fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n > 0) {
		vm_note_frame(s->vm);
		s->bytes += (unsigned long)n;
	} else if (n == 0) {
		fds[0].fd = -1; /* QEMU has gone; poll is to ignore it */
	}
}

static int boot_once(struct vm *vm, const struct request *r, const char *log)
{
	struct vm_options o = {
	        .image = r->image, .accel = r->accel, .append = r->append, .log = log};
	struct sink sink = {.vm = vm};
	struct pollfd card = {.fd = -1, .events = POLLIN};
	const struct vm_others others = {&card, 1, swallow, &sink};
	int pair[2], result = 4;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		fprintf(stderr, "gauntlet boot: socketpair: %s\n", strerror(errno));
		return 4;
	}
	card.fd = pair[0];
	o.frame_fd = pair[1];
	if (vm_start(vm, &o)) {
		fprintf(stderr, "gauntlet boot: %s\n", vm->why);
		close(pair[0]);
		close(pair[1]);
		return 4;
	}
	close(pair[1]);
	if (vm_wait_ready(vm, VM_READY_MS, &others))
		result = 0;
	else
		fprintf(stderr, "gauntlet boot: %s; see %s\n", vm->why, log);
	vm_stop(vm);
	close(pair[0]);
	if (sink.bytes)
		printf("%lu bytes of frames before READY, though the card was left alone\n",
		       sink.bytes);
	return result;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print_medians(double (*all)[BOOT_MARK_COUNT], unsigned n)
{
	double *column = malloc(n * sizeof(*column)), median[BOOT_MARK_COUNT];

	if (!column)
		return;
	for (int m = 0; m < BOOT_MARK_COUNT; m++) {
		for (unsigned i = 0; i < n; i++)
			column[i] = all[i][m];
		qsort(column, n, sizeof(*column), by_value);
		median[m] = n % 2 ? column[n / 2] : (column[n / 2 - 1] + column[n / 2]) / 2;
	}
	free(column);
	printf("medians of %u boots:\n", n);
	print_marks(stdout, median);
}

static int boot_all(struct vm *vm, const struct request *r, const char *log)
{
	double(*all)[BOOT_MARK_COUNT] = calloc(r->repeat, sizeof(*all));
	int code = all ? 0 : 4;

	for (unsigned i = 0; i < r->repeat && !code; i++) {
		code = boot_once(vm, r, log);
		if (code)
			break;
		boot_marks(&vm->times, all[i]);
		if (r->repeat == 1)
			boot_print_times(stdout, &vm->times);
		else
			printf("BOOT_MS %.0f\n", all[i][BOOT_READY]);
		fflush(stdout);
	}
	if (!code && r->repeat > 1)
		print_medians(all, r->repeat);
	free(all);
	return code;
}

int boot_main(int argc, char **argv)
{
	struct request r = {.image = "build/vm", .out = "build/boot", .repeat = 1};
	char log[PATH_MAX], why[VM_WHY_MAX] = "as asked";
	struct vm *vm;
	int code = parse_options(argc, argv, &r);

	if (code == -1)
		fputs(help, stdout);
	else if (code == 2)
		fputs("try: gauntlet boot --help\n", stderr);
	if (code)
		return code == -1 ? 0 : code;
	if (file_make_folder(r.out))
		return 4;
	if (snprintf(log, sizeof(log), "%s/boot.log", r.out) >= (int)sizeof(log)) {
		fprintf(stderr, "gauntlet boot: --out %s: the name is too long\n", r.out);
		return 4;
	}
	if (r.accel == VM_ACCEL_AUTO)
		r.accel = vm_probe_accel(r.image, why);
	printf("accelerator: %s (%s)\n", r.accel == VM_ACCEL_KVM ? "KVM" : "TCG", why);
	vm = malloc(sizeof(*vm));
	code = vm ? boot_all(vm, &r, log) : 4;
	free(vm);
	return code;
}
