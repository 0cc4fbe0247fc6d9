/* SPDX-License-Identifier: ISC */
/* detect_main.c: see detect_main.h. */
#include "harness/detect_main.h"

#include "harness/addr.h"
#include "harness/capture.h"
#include "harness/detect.h"
#include "harness/detect_end.h"
#include "harness/escape.h"
#include "harness/lab.h"
#include "harness/replay.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define FRAMES_A_TURN 256
#define SECONDS_MAX   1000000

static const char help[] =
        "usage: gauntlet detect --policy FILE (-r FILE.pcap | -i INTERFACE) [OPTION...]\n"
        "Watches what leaves a VM's provider: each packet must be one that the policy's allow "
        "list\n"
        "names, or known noise of the provider's own kernel. With -i it ends with the first that "
        "is\n"
        "not; with -r it tells all of them.\n"
        "\n"
        "  --policy FILE           the VM's policy; its mode does not matter here\n"
        "  -r, --read FILE         a capture file, - for standard input\n"
        "  -i, --interface NAME    an interface that sees the provider's uplink\n"
        "  --kill PID              on a violation: SIGKILL for this process\n"
        "  --qmp SOCKET            on a violation: quit over this QMP socket; with --kill, too,\n"
        "                          SIGKILL follows after 200 ms\n"
        "  --provider ADDRESS,MAC  of the uplink (the laboratory's: "
        "192.168.1.100,02:00:00:00:01:64)\n"
        "  --router ADDRESS,MAC    of its next hop (192.168.1.1,02:00:00:00:01:01)\n"
        "  --side world|provider   where INTERFACE is: what it receives is the provider's, or "
        "what\n"
        "                          it sends (else the MACs tell). On the provider, checksums of "
        "TCP\n"
        "                          and UDP are not looked at: its card makes them later\n"
        "  --known FILE.pcap       frames that are benign byte for byte, at most 32 (the "
        "laboratory's own\n"
        "                          reports of groups, where neither of the two above is given)\n"
        "  --for SECONDS           with -i: the watch ends after this time\n"
        "  --json                  a JSON object a line\n"
        "  --help                  this text\n"
        "\n"
        "Exit: 0 clean, 1 a violation was seen, 2 usage, 4 the environment is at fault: frames "
        "were\n"
        "lost or cut off, the interface went down; with --kill or --qmp the VM is ended then, "
        "too.\n";

struct request {
	const char *policy, *read, *interface, *kill, *qmp, *known;
	enum { SIDE_UNKNOWN, SIDE_WORLD, SIDE_PROVIDER } side; /* unknown: the MACs tell */
	unsigned seconds;
	bool json;
	bool elsewhere; /* than in the laboratory, whose own noise is known */
	struct detect_host host;
};

struct watch {
	const struct request *r;
	struct detect detect;
	struct ender ender;
	bool blind;    /* a frame was not seen, or not whole */
	char why[256]; /* then */
};

static void complain(const char *what, const char *why)
{
	fprintf(stderr, "gauntlet detect: %s: %s\n", what, why);
}

/* ---- what is said ---- */

/* RFC 3339, UTC, microseconds. */
static char *time_text(uint64_t unix_ns, char out[48])
{
	time_t seconds = (time_t)(unix_ns / 1000000000);
	char text[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, 48, "%s.%06" PRIu64 "Z", text, unix_ns / 1000 % 1000000);
	return out;
}

static void tell_violation(const struct watch *w, uint64_t unix_ns, enum detect_reason reason,
                           const void *frame, size_t len)
{
	char line[DECODE_LINE], when[48];
	struct seen s;

	decode(frame, len, &s);
	decode_line(&s, line);
	time_text(unix_ns, when);
	if (w->r->json) {
		printf("{\"ev\":\"violation\",\"frame\":%" PRIu64
		       ",\"time\":\"%s\",\"reason\":\"%s\",\"length\":%zu,\"packet\":",
		       w->detect.frames, when, detect_reason_name(reason), len);
		escape_json(stdout, line);
		puts("}");
	} else {
		printf("violation: frame %" PRIu64 " at %s: %s: %s\n", w->detect.frames, when, line,
		       detect_reason_text(reason));
	}
	fflush(stdout);
}

static void tell_end_of_vm(const struct watch *w, bool gone, double ms, const char *how)
{
	if (w->r->json)
		printf("{\"ev\":\"vm\",\"how\":\"%s\",\"gone\":%s,\"ms\":%.3f}\n", how,
		       gone ? "true" : "false", ms);
	else if (gone)
		printf("the VM is gone: %s, %.1f ms\n", how, ms);
	else
		printf("the VM is STILL THERE: %s, %.1f ms\n", how, ms);
	fflush(stdout);
}

static void tell_sum(const struct watch *w)
{
	const uint64_t *n = w->detect.count;

	if (w->r->json)
		printf("{\"ev\":\"end\",\"frames\":%" PRIu64 ",\"allowed\":%" PRIu64
		       ",\"benign\":%" PRIu64 ",\"came_in\":%" PRIu64 ",\"violations\":%" PRIu64
		       ",\"blind\":%s}\n",
		       w->detect.frames, n[DETECT_ALLOWED], n[DETECT_BENIGN], n[DETECT_CAME_IN],
		       n[DETECT_VIOLATION], w->blind ? "true" : "false");
	else
		printf("%" PRIu64 " frames: %" PRIu64 " allowed, %" PRIu64 " benign, %" PRIu64
		       " came in, %" PRIu64 " violations\n",
		       w->detect.frames, n[DETECT_ALLOWED], n[DETECT_BENIGN], n[DETECT_CAME_IN],
		       n[DETECT_VIOLATION]);
	fflush(stdout);
}

static void go_blind(struct watch *w, const char *why)
{
	if (!w->blind)
		snprintf(w->why, sizeof(w->why), "%s", why);
	w->blind = true;
}

/* ---- one frame ---- */

/* False: it is a violation. The VM is ended before anything is said. */
static bool look(struct watch *w, enum detect_way way, uint64_t t_ns, uint64_t unix_ns,
                 const void *frame, size_t len)
{
	struct detect_finding f;
	bool first, gone = true;
	const char *how;
	double ms;

	if (!w->r->elsewhere && lab_is_noise(frame, len))
		detect_know(&w->detect, frame, len);
	f = detect_frame(&w->detect, way, t_ns, frame, len);
	first = w->detect.count[DETECT_VIOLATION] == 1;
	if (f.verdict != DETECT_VIOLATION)
		return true;
	if (first)
		gone = ender_fire(&w->ender, &ms, &how);
	tell_violation(w, unix_ns, f.reason, frame, len);
	if (first && (w->r->kill || w->r->qmp))
		tell_end_of_vm(w, gone, ms, how);
	return false;
}

/* ---- a capture file ---- */

static bool read_frame(void *arg, const struct replay_frame *f)
{
	struct watch *w = arg;

	if (f->len < f->wire_len) {
		char why[128];

		snprintf(why, sizeof(why),
		         "frame %" PRIu32 " is cut off: %zu of %zu bytes; capture whole frames",
		         f->number, f->len, f->wire_len);
		go_blind(w, why);
		return false;
	}
	look(w, DETECT_EITHER, f->t_unix_ns, f->t_unix_ns, f->data, f->len);
	return true;
}

static int watch_file(struct watch *w)
{
	char why[REPLAY_WHY_MAX];
	const char *path = strcmp(w->r->read, "-") == 0 ? "/dev/stdin" : w->r->read;

	if (replay_load(path, read_frame, w, why) >= 0)
		return 0;
	complain(w->r->read, why);
	return 4;
}

static bool learn_frame(void *arg, const struct replay_frame *f)
{
	struct watch *w = arg;

	if (f->len == f->wire_len && detect_know(&w->detect, f->data, f->len))
		return true;
	go_blind(w, "more frames than 32, or one that is cut off or longer than 512 bytes");
	return false;
}

/* ---- an interface ---- */

/* -1 with a message. */
static int open_interface(const char *name)
{
	struct packet_mreq all = {.mr_type = PACKET_MR_PROMISC};
	struct ifreq ifr = {0};
	unsigned index = if_nametoindex(name);
	int fd;

	if (!index || strlen(name) >= sizeof(ifr.ifr_name)) {
		complain(name, "there is no such interface");
		return -1;
	}
	fd = capture_open(index);
	if (fd < 0)
		return -1;
	memcpy(ifr.ifr_name, name, strlen(name));
	all.mr_ifindex = (int)index;
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) || ifr.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		complain(name, "it is not Ethernet");
	else if (ioctl(fd, SIOCGIFFLAGS, &ifr) || !(ifr.ifr_flags & IFF_UP))
		complain(name, "it is down");
	else if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)))
		complain(name, strerror(errno));
	else
		return fd;
	close(fd);
	return -1;
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static enum detect_way way_of(const struct request *r, const struct captured *c)
{
	if (r->side == SIDE_UNKNOWN)
		return DETECT_EITHER;
	return c->outgoing == (r->side == SIDE_PROVIDER) ? DETECT_OUT : DETECT_IN;
}

/* False: the watch ends. */
static bool take_frames(struct watch *w, int fd, short revents)
{
	static uint8_t buf[CAPTURE_FRAME_MAX];
	struct captured c;
	int status = 0;

	for (unsigned i = 0; i < FRAMES_A_TURN && (status = capture_next(fd, buf, &c)) == 1; i++)
		if (!look(w, way_of(w->r, &c), clock_ns(CLOCK_MONOTONIC), clock_ns(CLOCK_REALTIME),
		          c.frame, c.len))
			return false;
	/* What was caught counts, even when something else was lost. */
	if (capture_drops(fd))
		go_blind(w, "the capture lost frames: this machine is too slow for them");
	else if (revents & (POLLERR | POLLHUP | POLLNVAL))
		go_blind(w, "the interface went down");
	else if (status < 0)
		go_blind(w, "the capture failed");
	return !w->blind;
}

static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Until the first violation, a signal, the end of the VM or of the time. */
static void watch_frames(struct watch *w, int fd, int signals)
{
	uint64_t deadline = clock_ns(CLOCK_MONOTONIC) + (uint64_t)w->r->seconds * 1000000000;

	while (!w->ender.gone) {
		struct pollfd p[2 + ENDER_FDS] = {{.fd = fd, .events = POLLIN},
		                                  {.fd = signals, .events = POLLIN}};
		size_t n = 2 + ender_pollfds(&w->ender, p + 2);
		int64_t left = w->r->seconds ? (int64_t)(deadline - clock_ns(CLOCK_MONOTONIC)) : 0;
		int timeout = w->r->seconds ? (int)(left / 1000000) + 1 : -1;

		if (w->r->seconds && left <= 0)
			return;
		if (poll(p, n, timeout) < 0)
			continue;
		if (p[0].revents && !take_frames(w, fd, p[0].revents))
			return;
		for (size_t i = 2; i < n; i++)
			if (p[i].revents)
				ender_on_readable(&w->ender, p[i].fd);
		if (p[1].revents)
			return;
	}
}

static int watch_interface(struct watch *w)
{
	int signals = block_signals();
	int fd = open_interface(w->r->interface);

	if (fd >= 0 && signals >= 0) {
		if (w->r->json)
			puts("{\"ev\":\"ready\"}");
		else
			puts("ready"); /* as every program of scenarios does */
		fflush(stdout);
		watch_frames(w, fd, signals);
		/* What came by before the VM's end or the signal. */
		while (!w->blind && !w->detect.count[DETECT_VIOLATION]) {
			struct pollfd p = {.fd = fd, .events = POLLIN};

			if (poll(&p, 1, 0) <= 0 || !take_frames(w, fd, p.revents))
				break;
		}
	}
	if (fd >= 0)
		close(fd);
	if (signals >= 0)
		close(signals);
	return fd >= 0 && signals >= 0 ? 0 : 4;
}

/* ---- the sub-command ---- */

/* "192.168.1.100,02:00:00:00:01:64" */
static bool parse_party(const char *text, uint32_t *ip, uint8_t mac[6])
{
	size_t len = strcspn(text, ",");
	char address[ADDR_TEXT];

	if (len >= sizeof(address) || text[len] != ',')
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	return addr_parse_ip4(address, ip) && addr_parse_mac(text + len + 1, mac);
}

static bool parse_seconds(const char *text, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !n || n > SECONDS_MAX)
		return false;
	*out = (unsigned)n;
	return true;
}

static int usage(const char *what, const char *why)
{
	complain(what, why);
	fputs("try: gauntlet detect --help\n", stderr);
	return 2;
}

/* 0, 2, or -1: help was asked for. */
static int take_option(int c, struct request *r)
{
	switch (c) {
	case 'h':
		return -1;
	case 'P':
		r->policy = optarg;
		return 0;
	case 'r':
		r->read = optarg;
		return 0;
	case 'i':
		r->interface = optarg;
		return 0;
	case 'k':
		r->kill = optarg;
		return 0;
	case 'q':
		r->qmp = optarg;
		return 0;
	case 'n':
		r->known = optarg;
		return 0;
	case 'j':
		r->json = true;
		return 0;
	case 'p':
		r->elsewhere = true;
		return parse_party(optarg, &r->host.ip, r->host.mac)
		               ? 0
		               : usage("--provider", "ADDRESS,MAC is wanted");
	case 'o':
		r->elsewhere = true;
		return parse_party(optarg, &r->host.router_ip, r->host.router_mac)
		               ? 0
		               : usage("--router", "ADDRESS,MAC is wanted");
	case 's':
		r->side = *optarg == 'w' ? SIDE_WORLD : SIDE_PROVIDER;
		return !strcmp(optarg, "world") || !strcmp(optarg, "provider")
		               ? 0
		               : usage("--side", "world or provider");
	case 'f':
		return parse_seconds(optarg, &r->seconds) ? 0
		                                          : usage("--for", "1 to 1000000 seconds");
	default: /* getopt has said what is wrong */
		fputs("try: gauntlet detect --help\n", stderr);
		return 2;
	}
}

static int parse_options(int argc, char **argv, struct request *r)
{
	static const struct option options[] = {{"policy", required_argument, NULL, 'P'},
	                                        {"read", required_argument, NULL, 'r'},
	                                        {"interface", required_argument, NULL, 'i'},
	                                        {"kill", required_argument, NULL, 'k'},
	                                        {"qmp", required_argument, NULL, 'q'},
	                                        {"provider", required_argument, NULL, 'p'},
	                                        {"router", required_argument, NULL, 'o'},
	                                        {"side", required_argument, NULL, 's'},
	                                        {"known", required_argument, NULL, 'n'},
	                                        {"for", required_argument, NULL, 'f'},
	                                        {"json", no_argument, NULL, 'j'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {NULL, 0, NULL, 0}};
	int c, code = 0;

	optind = 0;
	while (!code && (c = getopt_long(argc, argv, "r:i:h", options, NULL)) != -1)
		code = take_option(c, r);
	if (code)
		return code;
	if (optind < argc)
		return usage(argv[optind], "there are no arguments but options");
	if (!r->policy)
		return usage("--policy", "it must be said what is allowed");
	if (!r->read == !r->interface)
		return usage("-r, -i", "one of the two");
	if (r->read && (r->side || r->seconds || r->kill || r->qmp))
		return usage("-r", "--side, --for, --kill and --qmp are for -i");
	r->host.unfinished = r->side == SIDE_PROVIDER;
	return 0;
}

/* 0, or the exit code. */
static int take_hold(struct watch *w)
{
	const struct request *r = w->r;
	char why[REPLAY_WHY_MAX > ENDER_WHY_MAX ? REPLAY_WHY_MAX : ENDER_WHY_MAX];

	if (r->known && (replay_load(r->known, learn_frame, w, why) < 0 || w->blind)) {
		complain(r->known, w->blind ? w->why : why);
		return 4;
	}
	if (r->kill && ender_take_pid(&w->ender, r->kill, why)) {
		complain("--kill", why);
		return 4;
	}
	if (r->qmp && ender_take_qmp(&w->ender, r->qmp, why)) {
		complain("--qmp", why);
		return 4;
	}
	return 0;
}

static int run_watch(struct watch *w)
{
	bool violated;
	const char *how;
	double ms;
	int code = take_hold(w);

	if (code)
		return code;
	code = w->r->read ? watch_file(w) : watch_interface(w);
	violated = w->detect.count[DETECT_VIOLATION] > 0;
	if (code)
		go_blind(w, "see above");
	if (w->blind && !violated && (w->r->kill || w->r->qmp)) {
		bool gone = ender_fire(&w->ender, &ms, &how);

		tell_end_of_vm(w, gone, ms, how);
	}
	tell_sum(w);
	if (w->blind && !code)
		complain(w->r->read ? w->r->read : w->r->interface, w->why);
	return violated ? 1 : w->blind ? 4 : 0;
}

int detect_main(int argc, char **argv)
{
	struct request r = {.host = {.ip = LAB_PROVIDER_IP,
	                             .mac = {2, 0, 0, 0, 1, 0x64},
	                             .router_ip = LAB_ROUTER_IP,
	                             .router_mac = {2, 0, 0, 0, 1, 1}}};
	static struct oracle policy;
	char why[256];
	struct watch *w;
	int code = parse_options(argc, argv, &r);

	if (code == -1)
		fputs(help, stdout);
	if (code)
		return code == -1 ? 0 : code;
	if (!oracle_load(r.policy, &policy, why)) {
		complain(r.policy, why);
		return 2;
	}
	w = calloc(1, sizeof(*w));
	if (!w) {
		complain("memory", strerror(errno));
		return 4;
	}
	w->r = &r;
	ender_init(&w->ender);
	detect_init(&w->detect, &policy, &r.host);
	code = run_watch(w);
	ender_close(&w->ender);
	free(w);
	return code;
}
