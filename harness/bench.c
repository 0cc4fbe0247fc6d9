/* SPDX-License-Identifier: ISC */
/* bench.c: the sub-command: options, the rows, who has its turn. */
#include "harness/bench.h"

#include "harness/bench_bed.h"
#include "harness/files.h"
#include "harness/run.h"
#include "harness/session.h"

#include <assert.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS        5
#define UNITS         10 /* of the rows */
#define SPAN_MS       200
#define VERDICT_GROUP "verdict"
#define VERDICT_WORDS 7 /* of a line of bench-verdict */
#define VERDICT_MS    60000

const struct bench_row bench_rows[] = {
        {"memory/idle", "when it is ready", 0, BENCH_BED_UDP, BENCH_MEMORY, 0, false},
        {"latency/64", "64 B", 0, BENCH_BED_UDP, BENCH_LATENCY, 64, false},
        {"burst/64", "64 B", 0, BENCH_BED_UDP, BENCH_BURST, 64, false},
        {"burst/1400", "1400 B", 0, BENCH_BED_UDP, BENCH_BURST, 1400, false},
        {"udp-up/64", "64 B", 1, BENCH_BED_UDP, BENCH_UP, 64, false},
        {"udp-up/512", "512 B", 1, BENCH_BED_UDP, BENCH_UP, 512, false},
        {"udp-up/1400", "1400 B", 1, BENCH_BED_UDP, BENCH_UP, 1400, false},
        {"udp-up/9000", "9000 B", 2, BENCH_BED_UDP_BIG, BENCH_UP, 9000, false},
        {"udp-up-single/64", "64 B", 3, BENCH_BED_UDP, BENCH_UP, 64, true},
        {"udp-up-single/512", "512 B", 3, BENCH_BED_UDP, BENCH_UP, 512, true},
        {"udp-up-single/1400", "1400 B", 3, BENCH_BED_UDP, BENCH_UP, 1400, true},
        {"udp-up-single/9000", "9000 B", 2, BENCH_BED_UDP_BIG, BENCH_UP, 9000, true},
        {"udp-down/64", "64 B", 4, BENCH_BED_UDP, BENCH_DOWN, 64, false},
        {"udp-down/512", "512 B", 4, BENCH_BED_UDP, BENCH_DOWN, 512, false},
        {"udp-down/1400", "1400 B", 4, BENCH_BED_UDP, BENCH_DOWN, 1400, false},
        {"udp-down/9000", "9000 B", 2, BENCH_BED_UDP_BIG, BENCH_DOWN, 9000, false},
        {"tcp/up-1500", "up, MTU 1500", 5, BENCH_BED_TCP, BENCH_TCP_UP, 0, false},
        {"tcp/down-1500", "down, MTU 1500", 5, BENCH_BED_TCP, BENCH_TCP_DOWN, 0, false},
        {"tcp/up-9000", "up, MTU 9000", 6, BENCH_BED_TCP_BIG, BENCH_TCP_UP, 0, false},
        {"tcp/down-9000", "down, MTU 9000", 6, BENCH_BED_TCP_BIG, BENCH_TCP_DOWN, 0, false},
        {"tcp-tap/up-1500", "up, MTU 1500", 7, BENCH_BED_TCP_TAP, BENCH_TCP_UP, 0, false},
        {"tcp-tap/down-1500", "down, MTU 1500", 7, BENCH_BED_TCP_TAP, BENCH_TCP_DOWN, 0, false},
        {"memory/after-udp", "after UDP of all sizes", 8, BENCH_BED_UDP, BENCH_MEMORY_UDP, 64,
         false},
        {"memory/64-tcp", "with 64 TCP connections", 5, BENCH_BED_TCP, BENCH_CONNECTIONS, 0, false},
        {"memory/million", "a million frames later", 9, BENCH_BED_UDP, BENCH_MILLION, 64, false},
};
const size_t bench_row_count = sizeof(bench_rows) / sizeof(bench_rows[0]);
static_assert(sizeof(bench_rows) / sizeof(bench_rows[0]) <= BENCH_ROWS_MAX, "a cell for each row");

const char *const bench_metric_names[BENCH_METRICS] = {
        [BENCH_FRAMES_S] = "frames_s", [BENCH_BITS_S] = "bits_s",       [BENCH_CPU_NS] = "cpu_ns",
        [BENCH_BUSY] = "busy",         [BENCH_KERNEL] = "kernel",       [BENCH_P50_US] = "p50_us",
        [BENCH_P99_US] = "p99_us",     [BENCH_BURST_MS] = "ms",         [BENCH_PSS_KB] = "pss_kb",
        [BENCH_RSS_KB] = "rss_kb",     [BENCH_GROWTH_KB] = "growth_kb",
};

bool bench_is_wanted(const struct bench *b, const char *id)
{
	return !b->filter || !strncmp(id, b->filter, strlen(b->filter));
}

bool bench_is_measured(const struct bench_cell *c)
{
	for (int m = 0; m < BENCH_METRICS; m++)
		if (c->metric[m].count)
			return true;
	return false;
}

/* ---- who can do what ---- */

/* What a backend says it lacks for a bed, or NULL. */
static const char *lacks(const struct backend *b, enum bench_bed_kind bed)
{
	static const struct {
		const char *transport, *caps[2];
	} needs[BENCH_BED_KINDS] = {
	        [BENCH_BED_UDP] = {"fd", {"nat.udp4", NULL}},
	        [BENCH_BED_UDP_BIG] = {"fd", {"nat.udp4", "mtu"}},
	        [BENCH_BED_TCP] = {"fd", {"nat.tcp4", NULL}},
	        [BENCH_BED_TCP_BIG] = {"fd", {"nat.tcp4", "mtu"}},
	        [BENCH_BED_TCP_TAP] = {"tap", {"nat.tcp4", NULL}},
	};

	for (int i = 0; i < 2; i++)
		if (needs[bed].caps[i] && !word_list_has(&b->caps, needs[bed].caps[i]))
			return needs[bed].caps[i];
	return word_list_has(&b->transports, needs[bed].transport) ? NULL : needs[bed].transport;
}

static void introduce(struct bench_subject *s)
{
	if (backend_find(s->name, &s->backend) != BACKEND_OK)
		snprintf(s->why_not, sizeof(s->why_not), "there is no such backend");
	else if (backend_describe(&s->backend) != BACKEND_OK)
		snprintf(s->why_not, sizeof(s->why_not),
		         "not installed, or it does not describe itself");
	else if (!(s->mode = backend_strictest_mode(&s->backend)))
		snprintf(s->why_not, sizeof(s->why_not), "it has no mode");
	for (size_t i = 0; i < bench_row_count; i++) {
		struct bench_cell *c = &s->cells[i];
		const char *what;

		if (*s->why_not)
			memcpy(c->why_not, s->why_not, sizeof(c->why_not));
		else if ((what = lacks(&s->backend, bench_rows[i].bed)))
			snprintf(c->why_not, sizeof(c->why_not), "it has no %s", what);
	}
}

/* ---- one turn ---- */

static bool is_due(const struct bench *b, const struct bench_subject *s, size_t row, int unit,
                   bool last_round)
{
	const struct bench_row *r = &bench_rows[row];

	return r->unit == unit && (!*s->cells[row].why_not || s->cells[row].failures) &&
	       bench_is_wanted(b, r->id) && (r->kind != BENCH_MILLION || last_round);
}

static bool run_row(struct bench_bed *bed, const struct bench_row *row, struct bench_cell *cell)
{
	if (row->kind == BENCH_MEMORY)
		return bench_add_memory(bed, cell);
	return row->bed == BENCH_BED_UDP || row->bed == BENCH_BED_UDP_BIG
	               ? bench_udp_run(bed, row, cell)
	               : bench_tcp_run(bed, row, cell);
}

/* The rows of a unit with one backend. One that fails is tried again in the next round and its failures counted,
 * unless it was the laboratory that could not be made. */
static void run_unit(const struct bench *b, struct bench_subject *s, int unit, bool last_round)
{
	enum bench_bed_status status = BENCH_BED_CLOSED;
	char why[BENCH_WHY_MAX] = "";
	struct bench_bed bed;

	for (size_t i = 0; i < bench_row_count && !session_interrupted; i++) {
		struct bench_cell *cell = &s->cells[i];

		if (!is_due(b, s, i, unit, last_round))
			continue;
		if (status == BENCH_BED_CLOSED)
			status = bench_bed_open(&bed, bench_rows[i].bed, s, b->span_ms, why);
		if (status == BENCH_BED_OPEN && run_row(&bed, &bench_rows[i], cell))
			continue;
		cell->failures += status != BENCH_BED_NO_LAB;
		/* What only this row cannot do does not harm the others. */
		if (status == BENCH_BED_OPEN && !bench_bed_listen(&bed))
			status = BENCH_BED_NO_BACKEND;
		memcpy(cell->why_not, why, sizeof(cell->why_not));
	}
	if (status != BENCH_BED_CLOSED)
		bench_bed_close(&bed);
}

static void run_round(struct bench *b, unsigned round)
{
	for (int unit = 0; unit < UNITS; unit++)
		for (size_t i = 0; i < b->subject_count && !session_interrupted; i++) {
			if (isatty(STDERR_FILENO))
				fprintf(stderr, "\rround %u of %u, part %d of %d: %-20.20s",
				        round + 1, b->rounds, unit + 1, UNITS, b->subjects[i].name);
			run_unit(b, &b->subjects[i], unit, round + 1 == b->rounds);
		}
}

static void run_rounds(struct bench *b)
{
	for (unsigned round = 0; round < b->rounds && !session_interrupted; round++)
		run_round(b, round);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%60s\r", "");
}

/* ---- verdicts ---- */

/* One line; `text` is cut into words. */
static bool read_verdict(char *text, struct bench_verdict *v)
{
	char *word[VERDICT_WORDS], *rest = NULL;

	for (int i = 0; i < VERDICT_WORDS; i++) {
		word[i] = strtok_r(i ? NULL : text, " ", &rest);
		if (!word[i])
			return false;
	}
	*v = (struct bench_verdict){.ip_bytes = (unsigned)strtoul(word[1], NULL, 10),
	                            .rules = (unsigned)strtoul(word[2], NULL, 10),
	                            .median_ns = strtod(word[4], NULL),
	                            .least_ns = strtod(word[5], NULL),
	                            .most_ns = strtod(word[6], NULL)};
	snprintf(v->what, sizeof(v->what), "%s", word[0]);
	snprintf(v->place, sizeof(v->place), "%s", word[3]);
	return true;
}

static void read_verdicts(struct bench *b, char *text)
{
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (b->verdict_count < BENCH_VERDICTS_MAX &&
		    read_verdict(line, &b->verdicts[b->verdict_count]))
			b->verdict_count++;
	if (!b->verdict_count)
		snprintf(b->verdict_why_not, sizeof(b->verdict_why_not),
		         "bench-verdict said nothing");
}

/* What `argv` prints, at most size - 1 bytes; false when it does not end well, with the reason. */
static bool read_program(struct bench *b, char *const *argv, char *text, size_t size)
{
	struct proc_options o = {.argv = argv, .net_ns = -1, .err = STDERR_FILENO};
	struct proc_end end = {0};
	struct proc p;
	char how[64];
	ssize_t n;
	int out[2];

	if (pipe2(out, O_CLOEXEC))
		return false;
	o.out = out[1];
	if (proc_start(&o, &p) || !proc_reap(&p, VERDICT_MS, &end)) {
		proc_kill(&p);
		proc_reap(&p, -1, &end);
	}
	close(out[1]);
	n = read(out[0], text, size - 1); /* it fits the pipe */
	close(out[0]);
	text[n > 0 ? n : 0] = '\0';
	if (end.started && !end.signalled && end.code == 0)
		return true;
	snprintf(b->verdict_why_not, sizeof(b->verdict_why_not), "bench-verdict %s",
	         proc_end_text(&end, how));
	return false;
}

/* bench-verdict stands beside gauntlet: refnat's pure layers are not linked into the harness. */
static void run_verdicts(struct bench *b)
{
	char dir[PATH_MAX], path[PATH_MAX + 16], rounds[16], text[8192];
	ssize_t n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	char *argv[] = {path, rounds, NULL}, *slash;

	if (!bench_is_wanted(b, VERDICT_GROUP))
		return;
	dir[n > 0 ? n : 0] = '\0';
	slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	snprintf(path, sizeof(path), "%s/bench-verdict", dir);
	snprintf(rounds, sizeof(rounds), "%u", b->rounds);
	if (access(path, X_OK))
		snprintf(b->verdict_why_not, sizeof(b->verdict_why_not),
		         "bench-verdict was not built beside gauntlet");
	else if (read_program(b, argv, text, sizeof(text)))
		read_verdicts(b, text);
}

/* ---- the sub-command ---- */

static void usage(FILE *to)
{
	fprintf(to,
	        "usage: gauntlet bench [OPTION...] [FILTER]\n"
	        "Measures backends side by side; FILTER is the beginning of a row's name (udp-up, "
	        "tcp/, verdict).\n\n"
	        "  --backend NAME|PATH  may be given several times (refnat, null, passt)\n"
	        "  --rounds N           1..100 (5)\n"
	        "  --ms N               of each measurement of a rate, 10..10000 (200)\n"
	        "  --out DIR            for bench.json and summary.txt (none)\n"
	        "exit: 0 measured, 2 usage, 3 nothing could be measured, 4 the environment is at "
	        "fault\n");
}

static bool parse_number(const char *text, unsigned least, unsigned most, unsigned *out)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (end == text || *end || v < least || v > most)
		return false;
	*out = (unsigned)v;
	return true;
}

/* 0, or an exit code plus one. */
static int parse_options(struct bench *b, int argc, char **argv)
{
	static const struct option options[] = {
	        {"backend", required_argument, NULL, 'b'}, {"rounds", required_argument, NULL, 'r'},
	        {"ms", required_argument, NULL, 'm'},      {"out", required_argument, NULL, 'o'},
	        {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'h') {
			usage(stdout);
			return 1;
		}
		if (c == 'o')
			b->out = optarg;
		else if (c == 'b' && b->subject_count < BENCH_BACKENDS_MAX)
			b->subjects[b->subject_count++].name = optarg;
		else if (!(c == 'r' && parse_number(optarg, 1, BENCH_ROUNDS_MAX, &b->rounds)) &&
		         !(c == 'm' && parse_number(optarg, 10, 10000, &b->span_ms)))
			goto bad;
	}
	if (optind < argc)
		b->filter = argv[optind++];
	if (optind == argc)
		return 0;
bad:
	usage(stderr);
	return EXIT_USAGE + 1;
}

static double load_now(void)
{
	double load = 0;

	return getloadavg(&load, 1) == 1 ? load : 0;
}

static void look_at_machine(struct bench *b)
{
	struct utsname u = {0};
	time_t now = time(NULL);
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(b->date, sizeof(b->date), "%Y-%m-%d %H:%M UTC", &tm);
	uname(&u);
	snprintf(b->kernel, sizeof(b->kernel), "%.20s %.80s %.40s", u.sysname, u.release,
	         u.machine);
	b->cores = sysconf(_SC_NPROCESSORS_ONLN);
	b->load_before = load_now();
}

static int write_reports(const struct bench *b)
{
	struct new_file n;

	bench_print(b, stdout);
	printf("\n");
	bench_print_goals(b, stdout);
	fflush(stdout);
	if (!b->out)
		return 0;
	if (file_make_folder(b->out) || file_begin(&n, b->out, "bench.json", 0644))
		return EXIT_ENV;
	bench_write_json(b, n.f);
	if (file_finish(&n) || file_begin(&n, b->out, "summary.txt", 0644))
		return EXIT_ENV;
	bench_print_goals(b, n.f);
	if (file_finish(&n))
		return EXIT_ENV;
	printf("\nnumbers: %s/bench.json\n", b->out);
	return 0;
}

static bool measured_anything(const struct bench *b)
{
	for (size_t i = 0; i < b->subject_count; i++)
		for (size_t r = 0; r < bench_row_count; r++)
			if (bench_is_measured(&b->subjects[i].cells[r]))
				return true;
	return b->verdict_count > 0;
}

static void on_signal(int sig)
{
	(void)sig;
	session_interrupted = 1;
}

/* refnat, null and passt, unless others were asked for. */
static void set_defaults(struct bench *b)
{
	static const char *const names[] = {"refnat", "null", "passt"};

	if (b->subject_count)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		b->subjects[b->subject_count++].name = names[i];
}

/* 0, or an exit code. */
static int measure(struct bench *b)
{
	const double begin = bench_now_ns();
	struct bench_machine before, after;

	look_at_machine(b);
	bench_machine_read(&before);
	if (lab_enter()) /* first: without it an ordinary user can start nothing */
		return EXIT_ENV;
	for (size_t i = 0; i < b->subject_count; i++)
		introduce(&b->subjects[i]);
	run_verdicts(b);
	run_rounds(b);
	bench_machine_read(&after);
	if (after.total_s > before.total_s)
		b->others = (after.busy_s - before.busy_s - (after.own_s - before.own_s)) /
		            (after.total_s - before.total_s);
	b->others = b->others > 0 ? b->others : 0; /* both clocks are coarse */
	b->load_after = load_now();
	b->took_s = (bench_now_ns() - begin) / 1e9;
	return session_interrupted ? EXIT_INTERRUPTED : 0;
}

int bench_main(int argc, char **argv)
{
	static struct bench b = {.rounds = ROUNDS, .span_ms = SPAN_MS};
	int code = parse_options(&b, argc, argv);

	if (code)
		return code - 1;
	set_defaults(&b);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	code = measure(&b);
	if (!code)
		code = write_reports(&b);
	return code ? code : measured_anything(&b) ? 0 : EXIT_NOTHING;
}
