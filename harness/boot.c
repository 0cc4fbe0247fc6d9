/* SPDX-License-Identifier: ISC */
/* boot.c: the boot sub-command, and the breakdown of a boot. */
#include "harness/boot.h"

#include "harness/files.h"
#include "harness/vm_snapshot.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPEAT_MAX 1000
#define FILES_MAX  64
#define FILE_MAX   (256u << 20)

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
	ms[BOOT_ATTACK] = guest(t, AGENT_STEP_ATTACK);
	ms[BOOT_SETUP] = guest(t, AGENT_STEP_SETUP);
	ms[BOOT_LOCKED] = guest(t, AGENT_STEP_SETUP_DONE);
	ms[BOOT_LINK] = guest(t, AGENT_STEP_LINK);
	ms[BOOT_FRAME] = since(t, t->first_frame_ns);
	ms[BOOT_LEASE] = guest(t, AGENT_STEP_LEASE);
	ms[BOOT_READY] = since(t, t->ready_ns);
}

const char *boot_mark_name(enum boot_mark mark)
{
	static const char *const names[] = {
	        "QEMU up",         "first kernel line", "PID 1 runs",   "drivers loaded",
	        "attack sent",     "agent answers",     "set-up began", "locked down",
	        "network card up", "first frame",       "lease",        "READY"};

	static_assert(sizeof(names) / sizeof(names[0]) == BOOT_MARK_COUNT, "one name per mark");
	return (unsigned)mark < BOOT_MARK_COUNT ? names[mark] : "?";
}

/* In the order of time, which is not always that of the list: who attacks raises the card early. */
static void print_marks(FILE *to, const double ms[BOOT_MARK_COUNT])
{
	double last = 0;

	if (ms[BOOT_READY] >= 0)
		fprintf(to, "BOOT_MS %.0f\n", ms[BOOT_READY]);
	else
		fprintf(to, "FRAME_MS %.0f\n", ms[BOOT_FRAME]);
	for (unsigned done = 0;;) {
		int next = -1;

		for (int i = 0; i < BOOT_MARK_COUNT; i++)
			if (ms[i] >= 0 && !(done & 1u << i) && (next < 0 || ms[i] < ms[next]))
				next = i;
		if (next < 0)
			return;
		done |= 1u << next;
		fprintf(to, "  %6.0f  %+6.0f  %s\n", ms[next], ms[next] - last,
		        boot_mark_name((enum boot_mark)next));
		last = ms[next];
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
	const char *image, *out, *append, *without, *seed;
	struct cpio_file files[FILES_MAX]; /* theirs: path and data are freed at the end */
	size_t file_count;
	struct rd attack;
	bool setup, restored, frame;
	const char *run; /* a command for the guest, or NULL */
	enum vm_accel accel;
	unsigned repeat, within_ms;
};

static const char help[] =
        "usage: gauntlet boot [OPTION]...\n"
        "Boots the sandbox VM without a network and says where the time went.\n"
        "\n"
        "  --image DIR    made by vm-images/build (build/vm)\n"
        "  --accel WHICH  auto, tcg or kvm (auto: KVM when a guest really boots under it)\n"
        "  --out DIR      leaves boot.log there (build/boot)\n"
        "  --append TEXT  more of the kernel command line, as in --append loglevel=7\n"
        "  --restored     from a snapshot, which is made first when there is none\n"
        "  --file TO=FROM puts the file FROM at the path TO of the guest; repeatable\n"
        "  --seed ISO     a disk; labelled cidata it holds the set-up\n"
        "  --setup        runs /seed/setup.sh before READY\n"
        "  --attack FILE  the guest's first act: frames, each behind its length in 4 bytes\n"
        "  --without A,B  removes these files of the image first of all\n"
        "  --frame        raises the network card and stops at the guest's first frame\n"
        "  --repeat N     boots N times and adds the medians, 1..1000 (1)\n"
        "  --within MS    how long READY may take, and the command (60000)\n"
        "  --run COMMAND  when it is READY the guest's shell runs this; its output is shown\n"
        "  --help         this text\n"
        "\n"
        "Exit: 0 READY each time, 1 the command did not end with 0, 2 usage,\n"
        "4 no QEMU, no image, no READY, or no answer.\n";

static int parse_number(const char *option, const char *s, unsigned most, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	if (*s >= '0' && *s <= '9' && !*end && n >= 1 && n <= most) {
		*out = (unsigned)n;
		return 0;
	}
	fprintf(stderr, "gauntlet boot: %s %s: 1 to %u\n", option, s, most);
	return 2;
}

static int parse_file(char *s, struct request *r)
{
	char *from = strchr(s, '=');
	struct cpio_file *f = &r->files[r->file_count];
	struct stat st;
	char *data;

	if (!from || r->file_count == FILES_MAX) {
		fprintf(stderr, "gauntlet boot: --file %s: %s\n", s,
		        from ? "too many" : "TO=FROM is needed");
		return 2;
	}
	*from++ = 0;
	data = file_text(from, FILE_MAX, &f->len);
	if (!data || stat(from, &st)) {
		fprintf(stderr, "gauntlet boot: --file: %s: %s\n", from, strerror(errno));
		free(data);
		return 4;
	}
	f->path = s;
	f->mode = st.st_mode & 07777;
	f->data = data;
	r->file_count++;
	return 0;
}

static int parse_attack(const char *path, struct request *r)
{
	size_t len;
	char *data = file_text(path, FILE_MAX, &len);
	struct rd frames = rd_of(data, len), frame;

	while (data && agent_next_frame(&frames, &frame))
		;
	if (!data || !len || frames.n) {
		fprintf(stderr, "gauntlet boot: --attack %s: %s\n", path,
		        data ? "no frames, or one that is cut off" : strerror(errno));
		free(data);
		return data ? 2 : 4;
	}
	r->attack = rd_of(data, len);
	return 0;
}

/* 0, or the exit code when the program is to end with it; -1: help was asked for. */
static int parse_options(int argc, char **argv, struct request *r)
{
	static const struct option options[] = {
	        {"image", required_argument, NULL, 'i'},  {"accel", required_argument, NULL, 'a'},
	        {"out", required_argument, NULL, 'o'},    {"append", required_argument, NULL, 'p'},
	        {"repeat", required_argument, NULL, 'r'}, {"restored", no_argument, NULL, 'R'},
	        {"file", required_argument, NULL, 'f'},   {"seed", required_argument, NULL, 's'},
	        {"setup", no_argument, NULL, 'S'},        {"without", required_argument, NULL, 'W'},
	        {"attack", required_argument, NULL, 'A'}, {"frame", no_argument, NULL, 'F'},
	        {"within", required_argument, NULL, 'w'}, {"run", required_argument, NULL, 'c'},
	        {"help", no_argument, NULL, 'h'},         {0}};
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
			code = parse_number("--repeat", optarg, REPEAT_MAX, &r->repeat);
		else if (c == 'w')
			code = parse_number("--within", optarg, AGENT_TIMEOUT_MAX, &r->within_ms);
		else if (c == 'c')
			r->run = optarg;
		else if (c == 'R')
			r->restored = true;
		else if (c == 'f')
			code = parse_file(optarg, r);
		else if (c == 's')
			r->seed = optarg;
		else if (c == 'S')
			r->setup = true;
		else if (c == 'W')
			r->without = optarg;
		else if (c == 'A')
			code = parse_attack(optarg, r);
		else if (c == 'F')
			r->frame = true;
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
	unsigned long frames;
	uint32_t skip; /* bytes of a frame still to come */
	uint8_t head[4];
	unsigned head_len;
};

static void count_frames(struct sink *s, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (s->skip) {
			uint32_t step = s->skip < n - i ? s->skip : (uint32_t)(n - i);

			s->skip -= step;
			i += step - 1;
		} else {
			struct rd r = rd_of(s->head, 4);

			s->head[s->head_len++] = p[i];
			if (s->head_len == 4 && rd_u32(&r, &s->skip)) {
				s->head_len = 0;
				s->frames++;
			}
		}
	}
}

static void swallow(void *arg, struct pollfd *fds, size_t count)
{
	struct sink *s = arg;
	uint8_t buf[65536];
	ssize_t n;

	if (!count || !fds[0].revents)
		return;
	n = recv(fds[0].fd, buf, sizeof(buf), MSG_DONTWAIT);
	if (n > 0) {
		vm_note_frame(s->vm);
		count_frames(s, buf, (size_t)n);
	} else if (n == 0) {
		fds[0].fd = -1; /* QEMU has gone; poll is to ignore it */
	}
}

/* Shows what the command printed; it is the guest's, so nothing in it can reach the terminal but text. */
static int run_command(struct vm *vm, const struct request *r, const struct vm_others *others)
{
	static char text[AGENT_OUTPUT_MAX + 1];
	struct agent_message m;

	if (!vm_run(vm, r->run, (int)r->within_ms, others, &m)) {
		fprintf(stderr, "gauntlet boot: --run: %s\n", vm->why);
		return 4;
	}
	agent_copy_text(m.text, text, sizeof(text));
	fputs(text, stdout);
	if (m.type == AGENT_EXIT && m.how == AGENT_EXITED && !m.value)
		return 0;
	fprintf(stderr, "gauntlet boot: --run: the command %s\n",
	        m.type != AGENT_EXIT       ? "was refused"
	        : m.how == AGENT_TIMED_OUT ? "did not end in time"
	        : m.how == AGENT_SIGNALED  ? "was ended by a signal"
	                                   : "ended with an error");
	return 1;
}

/* `snapshot`: NULL for a cold boot. */
static int boot_once(struct vm *vm, const struct request *r, const char *snapshot, const char *log)
{
	struct vm_options o = {.image = r->image,
	                       .accel = r->accel,
	                       .append = r->append,
	                       .without = r->without,
	                       .files = r->files,
	                       .file_count = r->file_count,
	                       .seed = r->seed,
	                       .attack = r->attack,
	                       .setup = r->setup,
	                       .dhcp = r->frame,
	                       .restore = snapshot,
	                       .log = log};
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
	if (r->frame ? vm_wait_frame(vm, (int)r->within_ms, &others)
	             : vm_wait_ready(vm, (int)r->within_ms, &others))
		result = r->run && !r->frame ? run_command(vm, r, &others) : 0;
	else
		fprintf(stderr, "gauntlet boot: %s; see %s\n", vm->why, log);
	vm_stop(vm);
	close(pair[0]);
	if (sink.frames && !r->frame)
		printf("%lu frames left the guest%s\n", sink.frames,
		       r->setup || r->attack.n ? "" : ", though its card was left alone");
	return result;
}

/* From a snapshot when that was asked for and can be done, else cold. */
static int boot_somehow(struct vm *vm, const struct request *r, const char *log)
{
	const struct vm_options o = {
	        .image = r->image, .accel = r->accel, .append = r->append, .without = r->without};
	char path[PATH_MAX], why[VM_WHY_MAX];
	bool found = r->restored && vm_snapshot_get(&o, path, why);

	if (!r->restored)
		return boot_once(vm, r, NULL, log);
	if (!found)
		fprintf(stderr, "gauntlet boot: %s; booting cold\n", why);
	else if (strcmp(why, "found") != 0)
		printf("snapshot: %s\n", why);
	if (found) {
		int code = boot_once(vm, r, path, log);

		if (!code || vm->times.hello_ns)
			return code;
		fprintf(stderr, "gauntlet boot: the snapshot is removed; booting cold\n");
		vm_snapshot_forget(path);
	}
	return boot_once(vm, r, NULL, log);
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
		code = boot_somehow(vm, r, log);
		if (code)
			break;
		boot_marks(&vm->times, all[i]);
		if (r->repeat == 1)
			boot_print_times(stdout, &vm->times);
		else
			printf("%s %.0f\n", r->frame ? "FRAME_MS" : "BOOT_MS",
			       all[i][r->frame ? BOOT_FRAME : BOOT_READY]);
		fflush(stdout);
	}
	if (!code && r->repeat > 1)
		print_medians(all, r->repeat);
	free(all);
	return code;
}

int boot_main(int argc, char **argv)
{
	struct request r = {
	        .image = "build/vm", .out = "build/boot", .repeat = 1, .within_ms = VM_READY_MS};
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
	free((void *)(uintptr_t)r.attack.p);
	for (size_t i = 0; i < r.file_count; i++)
		free((void *)(uintptr_t)r.files[i].data);
	return code;
}
