/* SPDX-License-Identifier: ISC */
/* main.c: refnat, a filtered NAT for one VM: options, then the wiring in the order of a frame. */
#include "ref/exits.h"
#include "ref/loop.h"
#include "ref/options.h"
#include "ref/policy_load.h"
#include "ref/sandbox.h"
#include "ref/version.h"

#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* What cases may ask for; each tag is promised by the tests of the module behind it. */
static const char *const caps[] = {
        "frames.stream", /* link */
        "arp",           /* verdict, answer */
        "dhcp",          /* lease */
        "icmp.gateway",  /* echo to the gateway */
        "allow.udp4",    /* policy */
        "nat.udp4",      /* nat, flow */
        "drop.frag",     /* ipv4 */
        "drop.ipv6",     /* verdict */
        "audit.jsonl",   /* audit */
};

static int describe(void)
{
	printf("{\"name\":\"%s\",\"version\":\"%s\",\"planes\":[\"wire\",\"vm\"],"
	       "\"transports\":[\"fd\",\"stream-listen\",\"stream-connect\"],"
	       "\"modes\":[\"filtered\"],\"caps\":[",
	       VERSION_NAME, VERSION_NUMBER);
	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		printf("%s\"%s\"", i ? "," : "", caps[i]);
	printf("],\"ordering\":\"fifo\",\"audit\":\"jsonl\",\"needs\":[]}\n");
	return EXITS_OK;
}

/* SIGTERM and SIGINT as a descriptor, and no SIGPIPE. -1 with the reason printed. */
static int catch_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || (fd = signalfd(-1, &set, SFD_CLOEXEC)) < 0) {
		fprintf(stderr, "refnat: signals: %s\n", strerror(errno));
		return -1;
	}
	return fd;
}

static int exit_code(enum reason stop)
{
	if (stop == REASON_PEER_CLOSED || stop == REASON_CUT_FRAME ||
	    stop == REASON_BAD_FRAME_LENGTH || stop == REASON_SIGNAL)
		return EXITS_OK;
	fprintf(stderr, "refnat: stopped: %s\n", reason_name(stop));
	return EXITS_ENVIRONMENT;
}

/* Everything is up: say so, run, say goodbye. */
static int enforce(struct loop *loop, const char *uplink)
{
	enum reason stop = REASON_AUDIT_FAILED;

	if (!sandbox_drop_privileges(0))
		return EXITS_ENVIRONMENT;
	if (audit_ready(loop->audit, loop->policy, uplink))
		stop = loop_run(loop);
	if (stop != REASON_AUDIT_FAILED && !audit_bye(loop->audit, stop, loop->counts))
		stop = REASON_AUDIT_FAILED;
	return exit_code(stop);
}

/* Opens what the loop needs, from the guest's side to the world's, and closes it again. */
static int wire_up(const struct options *options, const struct policy *policy, struct audit *audit,
                   struct dialer *dialer, int signals)
{
	struct audit_counts counts = {0};
	struct link link;
	struct nat nat = {
	        .policy = policy,
	        .dialer = dialer,
	        .audit = audit,
	        .counts = &counts,
	        .link = &link,
	};
	struct loop loop = {
	        .policy = policy,
	        .link = &link,
	        .nat = &nat,
	        .dialer = dialer,
	        .audit = audit,
	        .counts = &counts,
	        .signals = signals,
	};
	uint64_t seed = options->seed;
	int status = EXITS_ENVIRONMENT;

	if (!options->has_seed && getrandom(&seed, sizeof(seed), 0) != sizeof(seed)) {
		fprintf(stderr, "refnat: no random numbers: %s\n", strerror(errno));
		return EXITS_ENVIRONMENT;
	}
	if (!nat_open(&nat, seed))
		return EXITS_ENVIRONMENT;
	if (link_open(&link, &options->frames) == EXITS_OK) {
		status = enforce(&loop, options->uplink);
		link_close(&link);
	}
	nat_close(&nat);
	return status;
}

static int run(const struct options *options)
{
	struct policy policy;
	struct audit audit;
	struct dialer dialer;
	int status = policy_load_file(options->policy, stderr, &policy);
	int signals;

	if (status)
		return status;
	status = EXITS_ENVIRONMENT;
	signals = catch_signals();
	if (!if_nametoindex(options->uplink)) {
		fprintf(stderr, "refnat: uplink %s: %s\n", options->uplink, strerror(errno));
	} else if (!audit_open(&audit, options->events)) {
		fprintf(stderr, "refnat: event channel fd:%d: not open for writing\n",
		        options->events);
	} else {
		if (signals >= 0 && dialer_start(&dialer, &policy, options->uplink)) {
			status = wire_up(options, &policy, &audit, &dialer, signals);
			dialer_stop(&dialer);
		}
		audit_close(&audit);
	}
	policy_free(&policy);
	return status;
}

int main(int argc, char *argv[])
{
	struct options options;
	int status = options_parse(argc, argv, &options);

	if (status)
		return status;
	switch (options.command) {
	case OPTIONS_DESCRIBE:
		return describe();
	case OPTIONS_RUN:
		return run(&options);
	case OPTIONS_VERSION:
		printf("%s %s\n", VERSION_NAME, VERSION_NUMBER);
		return EXITS_OK;
	case OPTIONS_HELP:
	default:
		options_print_help();
		return EXITS_OK;
	}
}
