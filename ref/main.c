/* SPDX-License-Identifier: ISC */
/* main.c: refnat, a filtered NAT for one VM: options, then the wiring in the order of a frame. */
#include "ref/ca_main.h"
#include "ref/ctl.h"
#include "ref/exits.h"
#include "ref/gate.h"
#include "ref/janitor.h"
#include "ref/loop.h"
#include "ref/minter.h"
#include "ref/options.h"
#include "ref/policy_load.h"
#include "ref/policy_main.h"
#include "ref/policy_name.h"
#include "ref/sandbox_prove.h"
#include "ref/version.h"

#include <errno.h>
#include <linux/capability.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* What cases may ask for; each tag is promised by the tests of the module behind it. */
static const char *const caps[] = {
        "frames.stream", /* link */
        "arp",           /* verdict, answer */
        "dhcp",          /* lease */
        "icmp.gateway",  /* echo to the gateway */
        "icmp.outside",  /* nat_echo */
        "allow.udp4",    /* policy */
        "allow.tcp4",    /* policy */
        "nat.udp4",      /* nat_udp, flow */
        "nat.tcp4",      /* nat_tcp, tcp */
        "mtu",           /* eth, answer */
        "drop.frag",     /* ipv4 */
        "drop.ipv6",     /* verdict */
        "terminate",     /* loop */
        "audit.jsonl",   /* audit */
        "ctl.sync",      /* ctl, loop */
        "ctl.policy",    /* ctl, policy_share */
        "ctl.stats",     /* ctl, loop */
        "ctl.clock",     /* ctl, loop */
        "dns.synthetic", /* names */
        "dns.forward",   /* names */
        "tls.splice",    /* gate, tls_hello */
        "tls.mitm",      /* gate, tls_end, minter */
        "http.rules",    /* gate, exchange, policy_http */
        "organisation",  /* policy_merge */
};

static int describe(void)
{
	printf("{\"name\":\"%s\",\"version\":\"%s\",\"planes\":[\"wire\",\"kernel\",\"vm\"],"
	       "\"transports\":[\"fd\",\"fd-dgram\",\"fd-seqpacket\",\"stream-listen\","
	       "\"stream-connect\",\"dgram\",\"seqpacket\",\"tap\"],"
	       "\"modes\":[\"direct\",\"sampled\",\"conntrack\",\"filtered\"],\"caps\":[",
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
	return stop == REASON_VIOLATION ? EXITS_VIOLATION : EXITS_ENVIRONMENT;
}

/* All that is open, from the guest's side to the world's. */
struct parts {
	const struct options *options;
	struct policy_files files; /* what new policies are read with, too */
	struct policy_share *share;
	struct link link;
	struct gate_pairs pairs;
	bool has_gate;
	struct dialer dialer;
	struct audit audit;
	struct audit_counts counts;
	struct nat nat;
	struct loop loop;
};

static bool seed_sampling(const struct options *options, struct sampling *sampling)
{
	uint8_t key[SAMPLING_KEY_LEN] = {0};

	if (options->has_seed)
		memcpy(key, &options->seed, sizeof(options->seed));
	else if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return false;
	sampling_init(sampling, key);
	return true;
}

/* Enters a sandbox and says on standard error what is in force. */
static bool enter_sandbox(enum sandbox_role role, const struct options *options, uint32_t keep_caps,
                          struct sandbox_report *report)
{
	char text[SANDBOX_TEXT_MAX];

	if (!sandbox_enter(role, options->sandbox, keep_caps, report))
		return false;
	sandbox_describe(report, text, sizeof(text));
	fprintf(stderr, "refnat: %s: %s\n", sandbox_role_name(role), text);
	return true;
}

static bool say_ready(struct parts *p, const struct sandbox_report *report)
{
	const char *stages[SANDBOX_STAGES];
	size_t count = 0;

	for (int i = 0; i < SANDBOX_STAGES; i++)
		if (report->active[i])
			stages[count++] = sandbox_stage_name((enum sandbox_stage)i);
	return audit_ready(&p->audit, p->nat.policy, p->options->uplink, stages, count);
}

/* Everything is open: give up the rest, say so, run, say goodbye. */
static int enforce(struct parts *p)
{
	enum reason stop = REASON_AUDIT_FAILED;
	struct sandbox_report report;

	if (!policy_share_seal(p->share) || !enter_sandbox(SANDBOX_WORKER, p->options, 0, &report))
		return EXITS_ENVIRONMENT;
	if (say_ready(p, &report))
		stop = loop_run(&p->loop);
	/* What was accepted before the end is not taken back, what a violation began is. */
	nat_close(&p->nat, stop == REASON_VIOLATION);
	if (stop != REASON_AUDIT_FAILED && !audit_bye(&p->audit, stop, &p->counts))
		stop = REASON_AUDIT_FAILED;
	return exit_code(stop);
}

/* Tables and random numbers; the rest of the wiring was done by the caller. */
static int start_worker(struct parts *p, const struct policy *policy)
{
	uint64_t seed = p->options->seed;

	p->nat = (struct nat){
	        .policy = policy,
	        .dialer = &p->dialer,
	        .audit = &p->audit,
	        .counts = &p->counts,
	        .link = &p->link,
	};
	p->loop.share = p->share;
	p->loop.link = &p->link;
	p->loop.nat = &p->nat;
	p->loop.dialer = &p->dialer;
	p->loop.audit = &p->audit;
	p->loop.counts = &p->counts;
	p->loop.gate = p->has_gate ? &p->pairs : NULL;
	if (!seed_sampling(p->options, &p->loop.sampling) ||
	    (!p->options->has_seed && getrandom(&seed, sizeof(seed), 0) != sizeof(seed))) {
		fprintf(stderr, "refnat: no random numbers: %s\n", strerror(errno));
		return EXITS_ENVIRONMENT;
	}
	return nat_open(&p->nat, seed) ? enforce(p) : EXITS_ENVIRONMENT;
}

static bool prepare_dialer(void *arg)
{
	struct parts *p = arg;
	struct sandbox_report report;

	/* Kernels before 5.7 want CAP_NET_RAW for SO_BINDTODEVICE. */
	return enter_sandbox(SANDBOX_DIALER, p->options, 1U << CAP_NET_RAW, &report);
}

static int start_dialer(struct parts *p)
{
	const struct ctl_background background = {
	        .folder = p->files.user.folder,
	        .organisation = policy_files_organisation(&p->files),
	};
	const struct dialer_setup setup = {
	        .share = p->share,
	        .uplink = p->options->uplink,
	        .ctl = p->options->ctl,
	        .background = &background,
	        .gate = p->has_gate ? &p->pairs : NULL,
	        .prepare = prepare_dialer,
	        .arg = p,
	};
	int status;

	if (!dialer_start(&p->dialer, &setup))
		return EXITS_ENVIRONMENT;
	status = start_worker(p, policy_share_get(p->share, 0));
	dialer_stop(&p->dialer);
	return status;
}

/* --- what decides above packets --- */

static bool prepare_gate(void *arg)
{
	struct parts *p = arg;
	struct sandbox_report report;

	return policy_share_seal(p->share) && enter_sandbox(SANDBOX_GATE, p->options, 0, &report);
}

static bool prepare_minter(void *arg)
{
	struct parts *p = arg;
	struct sandbox_report report;

	return policy_share_seal(p->share) && enter_sandbox(SANDBOX_MINTER, p->options, 0, &report);
}

/* The minter's own look at the policy: the gate may ask for what it likes. */
static bool may_be_minted(void *arg, const char *name)
{
	const struct parts *p = arg;
	const struct policy *policy = policy_share_get(p->share, policy_share_in_force(p->share));

	return policy_name_decide(&policy->web, name, NULL) == NAME_ALLOWED;
}

/* Takes `minter`, or -1. */
static int start_gate(struct parts *p, int minter)
{
	const struct gate_setup setup = {
	        .share = p->share,
	        .ends = &p->pairs,
	        .minter = minter,
	        .prepare = prepare_gate,
	        .arg = p,
	};
	int status = EXITS_ENVIRONMENT;
	pid_t pid;

	if (!gate_wire_open(&p->pairs)) {
		if (minter >= 0)
			close(minter);
		return status;
	}
	p->has_gate = true;
	pid = gate_start(&setup);
	if (pid > 0)
		status = start_dialer(p);
	gate_wire_close_others(&p->pairs);
	if (pid > 0)
		gate_stop(pid);
	return status;
}

/* The gate, where the policy has something for it, and who signs its certificates. */
static int start_web(struct parts *p)
{
	const struct policy *policy = policy_share_get(p->share, 0);
	const struct minter_setup setup = {
	        .ca_cert = policy->web.ca_cert,
	        .ca_key = policy->web.ca_key,
	        .allows = may_be_minted,
	        .prepare = prepare_minter,
	        .arg = p,
	};
	struct minter minter;
	int status;

	if (!policy_needs_gate(policy))
		return start_dialer(p);
	if (policy->web.tls != POLICY_TLS_MITM)
		return start_gate(p, -1);
	if (!minter_start(&minter, &setup))
		return EXITS_ENVIRONMENT;
	status = start_gate(p, minter.fd);
	minter.fd = -1; /* it was the gate's */
	minter_stop(&minter);
	return status;
}

/* A path of the link is the janitor's to remove: the worker has no paths. */
static int start_janitor(struct parts *p)
{
	struct janitor janitor;
	char path[sizeof(p->link.path)];
	int status;

	memcpy(path, p->link.path, sizeof(path));
	if (!*path)
		return start_web(p);
	if (!janitor_start(&janitor, path, p->options->sandbox))
		return EXITS_ENVIRONMENT;
	*p->link.path = '\0';
	status = start_web(p);
	janitor_stop(&janitor);
	return status;
}

/* What others hold the other end of: event channel, then frame channel. */
static int start(struct parts *p)
{
	const struct options *options = p->options;
	int status;

	if (!if_nametoindex(options->uplink)) {
		fprintf(stderr, "refnat: uplink %s: %s\n", options->uplink, strerror(errno));
		return EXITS_ENVIRONMENT;
	}
	if (!audit_open(&p->audit, options->events)) {
		fprintf(stderr, "refnat: event channel fd:%d: not open for writing\n",
		        options->events);
		return EXITS_ENVIRONMENT;
	}
	status = link_open(&p->link, &options->frames);
	if (status == EXITS_OK) {
		status = start_janitor(p);
		link_close(&p->link);
	}
	audit_close(&p->audit);
	return status;
}

static int run(const struct options *options)
{
	struct parts parts = {.options = options};
	struct policy policy;
	int status = policy_files_load(options->policy, options->organisation, stderr, &parts.files,
	                               &policy);

	if (status)
		return status;
	status = EXITS_ENVIRONMENT;
	parts.share = policy_share_new(&policy);
	policy_free(&policy);
	parts.loop.signals = catch_signals();
	if (parts.share && parts.loop.signals >= 0)
		status = start(&parts);
	if (parts.share)
		policy_share_free(parts.share);
	policy_files_free(&parts.files);
	return status;
}

int main(int argc, char *argv[])
{
	struct options options;
	int status;

	if (argc > 1 && strcmp(argv[1], "ca") == 0)
		return ca_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "policy") == 0)
		return policy_main(argc - 1, argv + 1);
	status = options_parse(argc, argv, &options);
	if (status)
		return status;
	switch (options.command) {
	case OPTIONS_DESCRIBE:
		return describe();
	case OPTIONS_RUN:
		return run(&options);
	case OPTIONS_SANDBOX:
		return sandbox_prove(stdout);
	case OPTIONS_VERSION:
		printf("%s %s\n", VERSION_NAME, VERSION_NUMBER);
		return EXITS_OK;
	case OPTIONS_HELP:
	default:
		options_print_help();
		return EXITS_OK;
	}
}
