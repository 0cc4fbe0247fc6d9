/* SPDX-License-Identifier: ISC */
/* bench_bed.c: starts and ends one backend for a bench, see bench_bed.h. */
#include "harness/bench_bed.h"

#include "bytes/wr.h"
#include "harness/addr.h"
#include "harness/escape.h"
#include "harness/netlink.h"
#include "harness/pump.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READY_MS        5000
#define STOP_MS         2000
#define ARP_MS          1000
#define ARP_LEN         42
#define WORLD_BUFFER    (64 << 20)
#define EVENTS_BUFFER   (1 << 20)
#define MTU             1500
#define MTU_BIG         9000
#define GUEST_QUEUE     16384 /* packets: QEMU would hold the guest back where a TAP drops */
#define GUEST_SETTLE_MS 3000

static const uint8_t vm_mac[6] = LAB_VM_MAC;

static bool fail(struct bench_bed *bed, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(struct bench_bed *bed, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(bed->why, BENCH_WHY_MAX, fmt, ap);
	va_end(ap);
	return false;
}

double bench_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

bool bench_wait(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, timeout_ms) > 0;
}

/* ---- frames ---- */

static uint16_t finish(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* RFC 1071 over an even number of bytes. */
static uint32_t sum_words(uint32_t sum, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	return (sum & 0xffff) + (sum >> 16);
}

size_t bench_frame_build(uint8_t *out, const uint8_t gateway_mac[6], uint16_t sport,
                         size_t ip_bytes, uint32_t tag)
{
	const size_t udp_len = ip_bytes - 20;
	struct wr w = wr_of(out, 14 + ip_bytes);
	uint32_t pseudo = 17 + (uint32_t)udp_len;

	if (ip_bytes < BENCH_IP_MIN || ip_bytes % 2 || 14 + ip_bytes > BENCH_FRAME_MAX ||
	    !wr_bytes(&w, gateway_mac, 6) || !wr_bytes(&w, vm_mac, 6) || !wr_u16(&w, 0x0800) ||
	    !wr_u16(&w, 0x4500) || !wr_u16(&w, (uint16_t)ip_bytes) || !wr_u32(&w, 0x4000) ||
	    !wr_u16(&w, 0x4011) || !wr_u16(&w, 0) || !wr_u32(&w, LAB_VM_IP) ||
	    !wr_u32(&w, LAB_CONSUMER_IP) || !wr_u16(&w, sport) || !wr_u16(&w, LAB_CONSUMER_PORT) ||
	    !wr_u16(&w, (uint16_t)udp_len) || !wr_u16(&w, 0) || !wr_u32(&w, tag) ||
	    !wr_fill(&w, 0x5a, w.size - w.len) ||
	    !wr_put_u16(&w, 24, finish(sum_words(0, out + 14, 20))) ||
	    !wr_put_u16(&w, 40,
	                finish(sum_words(sum_words(pseudo, out + 26, 8), out + 34, udp_len))))
		abort(); /* a row of the table that cannot be built */
	return w.len;
}

/* RFC 826: who has the gateway's address? */
static void build_question(uint8_t out[ARP_LEN])
{
	static const uint8_t zero[6], all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct wr w = wr_of(out, ARP_LEN);

	if (!wr_bytes(&w, all, 6) || !wr_bytes(&w, vm_mac, 6) || !wr_u16(&w, 0x0806) ||
	    !wr_u16(&w, 1) || !wr_u16(&w, 0x0800) || !wr_u16(&w, 0x0604) || !wr_u16(&w, 1) ||
	    !wr_bytes(&w, vm_mac, 6) || !wr_u32(&w, LAB_VM_IP) || !wr_bytes(&w, zero, 6) ||
	    !wr_u32(&w, LAB_GW_IP))
		abort();
}

static bool learn_gateway(struct bench_bed *bed)
{
	static const uint8_t reply[] = {0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 2};
	const double until = bench_now_ns() + ARP_MS * 1e6;
	uint8_t question[ARP_LEN];
	const uint8_t *frame;
	size_t len;

	build_question(question);
	if (!channel_put(&bed->chan, question, ARP_LEN) || !channel_flush(&bed->chan))
		return fail(bed, "its frame channel takes nothing");
	while (bench_now_ns() < until) {
		while (channel_take(&bed->chan, &frame, &len)) {
			if (len < ARP_LEN || memcmp(frame + 12, reply, sizeof(reply)) != 0)
				continue;
			memcpy(bed->gateway_mac, frame + 22, 6);
			return true;
		}
		if (bench_wait(bed->chan.fd, 100) && !channel_fill(&bed->chan) && bed->chan.eof)
			break;
	}
	return fail(bed, "nobody answers ARP for the gateway");
}

/* ---- what the backend says ---- */

static void ignore_line(void *arg, const char *line, size_t len, const struct event *ev)
{
	(void)arg, (void)line, (void)len, (void)ev;
}

/* The last line it printed, for the reason. */
static void last_words(const struct bench_bed *bed, char out[80])
{
	char text[4096];
	ssize_t n = pread(bed->stderr_fd, text, sizeof(text) - 1, 0);
	size_t from;

	n = n < 0 ? 0 : n;
	while (n > 0 && text[n - 1] == '\n')
		n--;
	for (from = (size_t)n; from > 0 && text[from - 1] != '\n'; from--)
		;
	escape_line(text + from, (size_t)n - from, out, 80);
}

bool bench_bed_listen(struct bench_bed *bed)
{
	char buf[4096], words[80];
	ssize_t n;

	while ((n = read(bed->events_fd, buf, sizeof(buf))) > 0)
		events_feed(&bed->events, buf, (size_t)n, ignore_line, NULL);
	if (*bed->events.fault)
		return fail(bed, "contract: %.100s", bed->events.fault);
	if (n < 0 && !bed->events.bye)
		return true;
	last_words(bed, words);
	return fail(bed, "it ended%s%s", *words ? ": " : "", words);
}

static bool wait_ready(struct bench_bed *bed)
{
	const double until = bench_now_ns() + READY_MS * 1e6;
	char words[80];

	while (!bed->events.ready) {
		if (bench_now_ns() > until) {
			last_words(bed, words);
			return fail(bed, "not ready within %d ms%s%s", READY_MS, *words ? ": " : "",
			            words);
		}
		bench_wait(bed->events_fd, 100);
		if (!bench_bed_listen(bed))
			return false;
	}
	return true;
}

/* ---- start ---- */

static int make_policy(const struct bench_bed *bed, unsigned mtu)
{
	static const char text[] =
	        "{\"version\":1,\"mode\":\"%s\",%s\"vm\":{\"mac\":\"52:54:00:12:34:56\","
	        "\"ip\":\"192.168.100.2/24\",\"gateway\":\"192.168.100.1\"},\"allow\":["
	        "{\"id\":\"u\",\"proto\":\"udp\",\"ip\":\"203.0.113.50\",\"port\":51900}%s]}\n";
	static const char tcp[] =
	        ",{\"id\":\"t\",\"proto\":\"tcp\",\"ip\":\"203.0.113.50\",\"port\":51900}";
	int fd = memfd_create("policy", 0);
	char key[32] = "";

	if (mtu != MTU)
		snprintf(key, sizeof(key), "\"mtu\":%u,", mtu);
	if (fd >= 0 &&
	    dprintf(fd, text, bed->subject->mode, key,
	            word_list_has(&bed->subject->backend.caps, "allow.tcp4") ? tcp : "") > 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Takes over `frames_fd`. */
static bool start_backend(struct bench_bed *bed, int frames_fd, unsigned mtu)
{
	int events[2] = {-1, -1}, policy = make_policy(bed, mtu), err = 0;
	char path[64];

	bed->stderr_fd = memfd_create("stderr", MFD_CLOEXEC);
	if (policy < 0 || bed->stderr_fd < 0 || pipe2(events, O_CLOEXEC) ||
	    fcntl(events[0], F_SETFL, O_NONBLOCK))
		err = errno;
	bed->events_fd = events[0];
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)getpid(), policy);
	if (!err) {
		struct backend_start o = {.policy = path,
		                          .frames_fd = frames_fd,
		                          .events_fd = events[1],
		                          .stderr_fd = bed->stderr_fd,
		                          .net_ns = bed->link.ns};

		fcntl(events[0], F_SETPIPE_SZ, EVENTS_BUFFER);
		err = backend_run(&bed->subject->backend, &o, &bed->proc) ? EAGAIN : 0;
	}
	close(frames_fd);
	if (events[1] >= 0)
		close(events[1]);
	if (err)
		fail(bed, "cannot start it: %s", strerror(err));
	else
		wait_ready(bed); /* by now it has read its policy */
	if (policy >= 0)
		close(policy);
	return !err && bed->events.ready && !*bed->why;
}

static int open_world(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
	                          .sin_port = htons(LAB_CONSUMER_PORT),
	                          .sin_addr.s_addr = htonl(LAB_CONSUMER_IP)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1, size = WORLD_BUFFER;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (!setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof(one)) &&
	    !bind(fd, (struct sockaddr *)&sin, sizeof(sin)))
		return fd;
	close(fd);
	return -1;
}

uint64_t bench_socket_drops(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);

	getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len);
	return info[SK_MEMINFO_DROPS];
}

/* Carries frames between TAP and stream until the stream ends. */
static _Noreturn void pump_forever(int tap_fd, int stream_fd)
{
	struct pollfd p[PUMP_FDS];
	struct pump pump;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "bench-pump");
	if (pump_open(&pump, tap_fd, stream_fd))
		_exit(1);
	while (!pump.chan.eof && !pump.chan.fault) {
		pump_pollfds(&pump, p);
		if (poll(p, PUMP_FDS, -1) < 0 && errno != EINTR)
			_exit(1);
		pump_run(&pump, p);
	}
	_exit(0);
}

static bool open_udp_bed(struct bench_bed *bed, unsigned mtu)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return fail(bed, "socketpair: %s", strerror(errno));
	channel_init(&bed->chan, pair[0]);
	bed->world = open_world();
	if (bed->world < 0) {
		close(pair[1]);
		return fail(bed, "the world's socket: %s", strerror(errno));
	}
	return start_backend(bed, pair[1], mtu) && learn_gateway(bed);
}

static bool start_pumped(struct bench_bed *bed, unsigned mtu)
{
	int pair[2];
	bool ok;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return fail(bed, "socketpair: %s", strerror(errno));
	ok = start_backend(bed, pair[1], mtu);
	bed->pump = ok ? fork() : 0;
	if (ok && !bed->pump)
		pump_forever(bed->guest.tap_fd, pair[0]);
	close(pair[0]);
	return ok && (bed->pump > 0 || fail(bed, "fork: %s", strerror(errno)));
}

static bool open_tcp_bed(struct bench_bed *bed, unsigned mtu, bool pumped)
{
	int tap;

	if (lab_guest_open(&bed->guest) ||
	    nl_link_set(bed->guest.nl, bed->guest.ifindex, vm_mac, mtu, GUEST_QUEUE))
		return fail(bed, "the guest's namespace could not be made, see above");
	if (pumped) {
		if (!start_pumped(bed, mtu))
			return false;
	} else {
		tap = fcntl(bed->guest.tap_fd, F_DUPFD_CLOEXEC, 0);
		if (tap < 0 || !start_backend(bed, tap, mtu))
			return *bed->why ? false : fail(bed, "the TAP: %s", strerror(errno));
	}
	if (lab_guest_up(&bed->guest) || lab_guest_configure(&bed->guest))
		return fail(bed, "the guest could not be configured, see above");
	return true;
}

enum bench_bed_status bench_bed_open(struct bench_bed *bed, enum bench_bed_kind kind,
                                     const struct bench_subject *subject, unsigned span_ms,
                                     char *why)
{
	const bool big = kind == BENCH_BED_UDP_BIG || kind == BENCH_BED_TCP_BIG;
	const unsigned mtu = big ? MTU_BIG : MTU;
	bool ok;

	*bed = (struct bench_bed){
	        .subject = subject,
	        .span_ms = span_ms,
	        .link = {.ns = -1},
	        .proc = {.pidfd = -1, .status_fd = -1},
	        .chan = {.fd = -1},
	        .guest = {.ns = -1, .tap_fd = -1, .packet_fd = -1},
	        .events_fd = -1,
	        .stderr_fd = -1,
	        .world = -1,
	        .last_port = 40000,
	        .why = why,
	};
	*why = '\0';
	events_init(&bed->events);
	if (lab_link_open(&bed->link) || lab_link_tune(&bed->link, mtu)) {
		fail(bed, "the laboratory could not be made, see above");
		return BENCH_BED_NO_LAB;
	}
	if (kind == BENCH_BED_UDP || kind == BENCH_BED_UDP_BIG)
		ok = open_udp_bed(bed, mtu);
	else
		ok = open_tcp_bed(bed, mtu, kind != BENCH_BED_TCP_TAP);
	if (ok)
		bench_processes_find(&bed->processes, &bed->proc, subject->backend.path);
	if (ok)
		return BENCH_BED_OPEN;
	return bed->proc.pid ? BENCH_BED_NO_BACKEND : BENCH_BED_NO_LAB;
}

/* ---- end ---- */

static void end_guest(struct bench_bed *bed)
{
	if (bed->pump > 0) {
		kill(bed->pump, SIGKILL);
		waitpid(bed->pump, NULL, 0);
	}
	if (bed->guest.nl && bed->guest.ifindex)
		nl_link_delete(bed->guest.nl, bed->guest.ifindex);
	lab_guest_close(&bed->guest);
}

void bench_bed_close(struct bench_bed *bed)
{
	struct proc_end end;

	channel_close(&bed->chan);
	end_guest(bed);
	if (bed->proc.pid && !proc_reap(&bed->proc, STOP_MS, &end)) {
		proc_kill(&bed->proc);
		proc_reap(&bed->proc, -1, &end);
	}
	if (bed->world >= 0)
		close(bed->world);
	if (bed->events_fd >= 0)
		close(bed->events_fd);
	if (bed->stderr_fd >= 0)
		close(bed->stderr_fd);
	lab_link_close(&bed->link);
}

/* ---- what it costs ---- */

void bench_add_cpu(struct bench_cell *cell, const struct bench_bed *bed,
                   const struct bench_cpu *before, double frames, double ns)
{
	struct bench_cpu now;
	double used, user, kernel;

	if (!bench_cpu_read(&bed->processes, &now) || frames <= 0 || ns <= 0)
		return;
	used = now.total_ns - before->total_ns;
	user = now.user_ms - before->user_ms;
	kernel = now.kernel_ms - before->kernel_ms;
	bench_series_add(&cell->metric[BENCH_CPU_NS], used / frames);
	bench_series_add(&cell->metric[BENCH_BUSY], used / ns);
	if (user + kernel > 0)
		bench_series_add(&cell->metric[BENCH_KERNEL], kernel / (user + kernel));
}

bool bench_add_memory(struct bench_bed *bed, struct bench_cell *cell)
{
	struct bench_memory m;

	if (!bench_memory_read(&bed->processes, &m))
		return fail(bed, "/proc does not tell its memory");
	bench_series_add(&cell->metric[BENCH_PSS_KB], m.pss_kb);
	bench_series_add(&cell->metric[BENCH_RSS_KB], m.rss_kb);
	return true;
}
