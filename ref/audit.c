/* SPDX-License-Identifier: ISC */
/* audit.c: writes events. */
#include "ref/audit.h"

#include "ref/ipv4.h"
#include "ref/version.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* A line in the making. Too long a line is marked, not cut. */
struct line {
	char text[AUDIT_LINE_MAX];
	size_t len;
	bool overflow;
};

static void __attribute__((format(printf, 2, 3))) add(struct line *line, const char *format, ...)
{
	const size_t room = sizeof(line->text) - line->len;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line->text + line->len, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		line->overflow = true;
	else
		line->len += (size_t)n;
}

static uint64_t monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void begin(struct line *line, const struct audit *audit, const char *kind, uint64_t now_ns)
{
	line->len = 0;
	line->overflow = false;
	add(line, "{\"v\":1,\"ev\":\"%s\",\"seq\":%" PRIu64 ",\"t_ns\":%" PRIu64, kind, audit->seq,
	    now_ns);
}

static void add_ip(struct line *line, const char *key, uint32_t ip)
{
	add(line, ",\"%s\":\"%u.%u.%u.%u\"", key, ip >> 24, ip >> 16 & 255, ip >> 8 & 255,
	    ip & 255);
}

static void add_proto(struct line *line, const struct tuple *tuple)
{
	static const char *const layers[] = {
	        [TUPLE_ETHERNET] = "eth",
	        [TUPLE_ARP] = "arp",
	        [TUPLE_IPV6] = "ipv6",
	        [TUPLE_IPV4] = "ipv4",
	};

	if (!tuple->has_proto)
		add(line, ",\"proto\":\"%s\"", layers[tuple->layer]);
	else if (tuple->proto == IPV4_UDP)
		add(line, ",\"proto\":\"udp\"");
	else if (tuple->proto == IPV4_TCP)
		add(line, ",\"proto\":\"tcp\"");
	else if (tuple->proto == IPV4_ICMP)
		add(line, ",\"proto\":\"icmp\"");
	else
		add(line, ",\"proto\":\"ip-%u\"", tuple->proto);
}

static void add_tuple(struct line *line, const struct tuple *tuple)
{
	add_proto(line, tuple);
	if (tuple->has_ip)
		add_ip(line, "src", tuple->src);
	if (tuple->has_ports)
		add(line, ",\"sport\":%u", tuple->sport);
	if (tuple->has_ip)
		add_ip(line, "dst", tuple->dst);
	if (tuple->has_ports)
		add(line, ",\"dport\":%u", tuple->dport);
}

/* Ends the line and writes it whole, waiting for room for a bounded time. */
static bool finish(struct line *line, struct audit *audit)
{
	struct pollfd room = {.fd = audit->fd, .events = POLLOUT};
	ssize_t n;

	add(line, "}\n");
	if (line->overflow)
		return false;
	do {
		n = write(audit->fd, line->text, line->len);
		if (n < 0 && errno == EAGAIN && poll(&room, 1, AUDIT_PATIENCE_MS) < 1)
			return false;
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));
	if (n != (ssize_t)line->len)
		return false;
	audit->seq++;
	return true;
}

bool audit_open(struct audit *audit, int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY ||
	    fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return false;
	*audit = (struct audit){.fd = fd, .saved_flags = flags};
	return true;
}

bool audit_ready(struct audit *audit, const struct policy *policy, const char *uplink,
                 const char *const *sandbox, size_t stages)
{
	struct line line;

	begin(&line, audit, "ready", monotonic_ns());
	add(&line,
	    ",\"name\":\"" VERSION_NAME "\",\"version\":\"" VERSION_NUMBER
	    "\",\"mode\":\"%s\",\"uplink\":\"%s\",\"rules\":%zu,\"flows\":%" PRIu32
	    ",\"sandbox\":[",
	    policy_mode_name(policy->mode), uplink, policy->rule_count, policy->flows_max);
	for (size_t i = 0; i < stages; i++)
		add(&line, "%s\"%s\"", i ? "," : "", sandbox[i]);
	add(&line, "]");
	return finish(&line, audit);
}

bool audit_allow(struct audit *audit, const struct tuple *tuple, const char *rule)
{
	struct line line;

	begin(&line, audit, "allow", monotonic_ns());
	add_tuple(&line, tuple);
	if (rule)
		add(&line, ",\"rule\":\"%s\"", rule);
	return finish(&line, audit);
}

/* One drop line that stands for all denials that wait, of which `lines` is this one. */
static bool write_drop(struct audit *audit, const struct tuple *tuple, enum reason reason,
                       uint64_t lines, uint64_t now_ns)
{
	const uint64_t others = audit->limit.waiting - lines;
	struct line line;

	begin(&line, audit, "drop", now_ns);
	add_tuple(&line, tuple);
	add(&line, ",\"reason\":\"%s\"", reason_name(reason));
	if (others)
		add(&line, ",\"suppressed\":%" PRIu64, others);
	if (!finish(&line, audit))
		return false;
	audit_limit_settle(&audit->limit, lines);
	return true;
}

bool audit_drop(struct audit *audit, const struct tuple *tuple, enum reason reason)
{
	const uint64_t now_ns = monotonic_ns();

	if (audit_limit_take(&audit->limit, now_ns))
		return write_drop(audit, tuple, reason, 0, now_ns);
	audit->waiting = *tuple;
	audit->waiting_reason = reason;
	return true;
}

/* --- what the gate decided --- */

static void add_text(struct line *line, const char *key, const char *text)
{
	if (*text)
		add(line, ",\"%s\":\"%s\"", key, text);
}

static void add_type(struct line *line, uint16_t type)
{
	const char *name = record_type_name(type);

	if (name)
		add_text(line, "type", name);
	else
		add(line, ",\"type\":\"TYPE%u\"", type);
}

static struct tuple record_tuple(const struct record *record)
{
	return (struct tuple){
	        .layer = TUPLE_IPV4,
	        .has_ip = true,
	        .has_proto = true,
	        .has_ports = true,
	        .proto = record->proto,
	        .src = record->src,
	        .dst = record->dst,
	        .sport = record->sport,
	        .dport = record->dport,
	};
}

static void add_record(struct line *line, const struct record *record)
{
	const struct tuple tuple = record_tuple(record);

	add_tuple(line, &tuple);
	add_text(line, record->kind == RECORD_DNS ? "name" : "host", record->name);
	if (record->kind == RECORD_DNS && record->type)
		add_type(line, record->type);
	add_text(line, "method", record->method);
	add_text(line, "path", record->path);
	add_text(line, "verdict", record_verdict_name(record->verdict));
	if (record->status)
		add(line, ",\"status\":%u", record->status);
	add_text(line, "rule", record->rule);
	if (record->reason)
		add_text(line, "reason", reason_name(record->reason));
	add_text(line, "detail", record->detail);
}

/* For a denial the line stands for all that wait, of which `lines` is this one. */
static bool write_record(struct audit *audit, const struct record *record, uint64_t lines,
                         uint64_t now_ns)
{
	const bool denial = record->verdict == RECORD_DENY;
	const uint64_t others = denial ? audit->denials.waiting - lines : 0;
	struct line line;

	begin(&line, audit, record_kind_name(record->kind), now_ns);
	add_record(&line, record);
	if (others)
		add(&line, ",\"suppressed\":%" PRIu64, others);
	if (!finish(&line, audit))
		return false;
	if (denial)
		audit_limit_settle(&audit->denials, lines);
	return true;
}

bool audit_record(struct audit *audit, const struct record *record)
{
	const uint64_t now_ns = monotonic_ns();

	if (record->verdict != RECORD_DENY || audit_limit_take(&audit->denials, now_ns))
		return write_record(audit, record, 0, now_ns);
	audit->denied = *record;
	return true;
}

uint64_t audit_waiting(const struct audit *audit)
{
	return audit->limit.waiting + audit->denials.waiting;
}

uint64_t audit_suppressed(const struct audit *audit)
{
	return audit->limit.told + audit->denials.told;
}

bool audit_flush(struct audit *audit)
{
	if (audit->limit.waiting &&
	    !write_drop(audit, &audit->waiting, audit->waiting_reason, 1, monotonic_ns()))
		return false;
	return !audit->denials.waiting || write_record(audit, &audit->denied, 1, monotonic_ns());
}

bool audit_policy(struct audit *audit, const struct policy *policy)
{
	struct line line;

	begin(&line, audit, "log", monotonic_ns());
	add(&line, ",\"message\":\"policy replaced\",\"mode\":\"%s\",\"rules\":%zu",
	    policy_mode_name(policy->mode), policy->rule_count);
	return finish(&line, audit);
}

bool audit_violation(struct audit *audit, const struct tuple *tuple, enum reason reason)
{
	struct line line;

	if (!audit_flush(audit))
		return false;
	begin(&line, audit, "violation", monotonic_ns());
	add_tuple(&line, tuple);
	add(&line, ",\"reason\":\"%s\"", reason_name(reason));
	return finish(&line, audit);
}

bool audit_record_violation(struct audit *audit, const struct record *record)
{
	const struct tuple tuple = record_tuple(record);

	return audit_flush(audit) && write_record(audit, record, 0, monotonic_ns()) &&
	       audit_violation(audit, &tuple, record->reason);
}

bool audit_terminate(struct audit *audit, enum reason reason)
{
	struct line line;

	if (!audit_flush(audit))
		return false;
	begin(&line, audit, "terminate", monotonic_ns());
	add(&line, ",\"reason\":\"%s\"", reason_name(reason));
	return finish(&line, audit);
}

bool audit_bye(struct audit *audit, enum reason reason, const struct audit_counts *counts)
{
	struct line line;

	if (!audit_flush(audit))
		return false;
	begin(&line, audit, "bye", monotonic_ns());
	add(&line,
	    ",\"reason\":\"%s\",\"frames\":%" PRIu64 ",\"forwarded\":%" PRIu64
	    ",\"answered\":%" PRIu64 ",\"dropped\":%" PRIu64 ",\"replies\":%" PRIu64
	    ",\"replies_dropped\":%" PRIu64 ",\"flows\":%" PRIu64 ",\"tcp\":%" PRIu64
	    ",\"suppressed\":%" PRIu64 ",\"served\":%" PRIu64 ",\"denied\":%" PRIu64,
	    reason_name(reason), counts->frames, counts->forwarded, counts->answered,
	    counts->dropped, counts->replies, counts->replies_dropped, counts->flows, counts->tcp,
	    audit_suppressed(audit), counts->served, counts->denied);
	return finish(&line, audit);
}

void audit_close(struct audit *audit)
{
	fcntl(audit->fd, F_SETFL, audit->saved_flags);
	close(audit->fd);
}
