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

static void begin(struct line *line, const struct audit *audit, const char *kind)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	line->len = 0;
	line->overflow = false;
	add(line, "{\"v\":1,\"ev\":\"%s\",\"seq\":%" PRIu64 ",\"t_ns\":%" PRIu64, kind, audit->seq,
	    (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
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

bool audit_ready(struct audit *audit, const struct policy *policy, const char *uplink)
{
	struct line line;

	begin(&line, audit, "ready");
	add(&line,
	    ",\"name\":\"" VERSION_NAME "\",\"version\":\"" VERSION_NUMBER
	    "\",\"mode\":\"filtered\",\"uplink\":\"%s\",\"rules\":%zu,\"flows\":%" PRIu32,
	    uplink, policy->rule_count, policy->flows_max);
	return finish(&line, audit);
}

bool audit_allow(struct audit *audit, const struct tuple *tuple, const char *rule)
{
	struct line line;

	begin(&line, audit, "allow");
	add_tuple(&line, tuple);
	add(&line, ",\"rule\":\"%s\"", rule);
	return finish(&line, audit);
}

bool audit_drop(struct audit *audit, const struct tuple *tuple, enum reason reason)
{
	struct line line;

	begin(&line, audit, "drop");
	add_tuple(&line, tuple);
	add(&line, ",\"reason\":\"%s\"", reason_name(reason));
	return finish(&line, audit);
}

bool audit_bye(struct audit *audit, enum reason reason, const struct audit_counts *counts)
{
	struct line line;

	begin(&line, audit, "bye");
	add(&line,
	    ",\"reason\":\"%s\",\"frames\":%" PRIu64 ",\"forwarded\":%" PRIu64
	    ",\"answered\":%" PRIu64 ",\"dropped\":%" PRIu64 ",\"replies\":%" PRIu64
	    ",\"replies_dropped\":%" PRIu64 ",\"flows\":%" PRIu64,
	    reason_name(reason), counts->frames, counts->forwarded, counts->answered,
	    counts->dropped, counts->replies, counts->replies_dropped, counts->flows);
	return finish(&line, audit);
}

void audit_close(struct audit *audit)
{
	fcntl(audit->fd, F_SETFL, audit->saved_flags);
	close(audit->fd);
}
