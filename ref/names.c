/* SPDX-License-Identifier: ISC */
/* names.c: the gate's name service: joins its parts. */
#include "ref/names_parts.h"

#include <unistd.h>

size_t names_size(void)
{
	return sizeof(struct names);
}

static void note_resolver(struct names *names)
{
	const bool forward = names->web->dns == POLICY_DNS_FORWARD;

	names->resolver_ip = forward ? names->web->resolver_ip : 0;
	names->resolver_port = forward ? names->web->resolver_port : 0;
}

void names_start(struct names *names, const struct names_io *io, const struct policy_web *web)
{
	names->io = io;
	names->web = web;
	names->queue_head = names->queue_tail = NAMES_NOBODY;
	for (unsigned i = 0; i < NAMES_LINES_MAX; i++)
		names->lines[i].fd = -1;
	note_resolver(names);
}

void names_change(struct names *names, const struct policy_web *web, uint64_t now_ns)
{
	const uint32_t ip = names->resolver_ip;
	const uint16_t port = names->resolver_port;

	names->web = web;
	note_resolver(names);
	names_cache_clear(&names->cache);
	names_up_review(names, ip != names->resolver_ip || port != names->resolver_port, now_ns);
}

void names_stop(struct names *names)
{
	names_up_stop(names);
	names_guest_stop(names);
}

/* ---- the gate's own questions ---- */

void names_look_up(const struct names *names, const struct dns_name *name, uint64_t now_ns,
                   struct names_result *out)
{
	struct names_result cached;

	names_rule_look_up(names->web, name, out);
	if (out->status == NAMES_WAIT && names_cache_find(&names->cache, name, now_ns, &cached))
		*out = cached;
}

static bool add_wait(struct names *names, uint32_t line, uint32_t asker)
{
	for (unsigned i = 0; names->wait_count < NAMES_WAITS_MAX && i < NAMES_WAITS_MAX; i++) {
		if (names->waits[i].used)
			continue;
		names->waits[i] = (struct names_wait){.used = true, .line = line, .asker = asker};
		names->wait_count++;
		return true;
	}
	return false;
}

static enum names_status fail(struct names_result *out, enum reason reason)
{
	*out = (struct names_result){.status = NAMES_FAILED, .reason = reason};
	return NAMES_FAILED;
}

enum names_status names_resolve(struct names *names, const char *name, uint32_t asker,
                                uint64_t now_ns, struct names_result *out)
{
	struct dns_name wanted;
	uint32_t line;

	if (dns_name_of_text(name, &wanted) || !names_rule_allows(names->web, &wanted))
		return fail(out, REASON_NAME_DENIED);
	names_look_up(names, &wanted, now_ns, out);
	if (out->status != NAMES_WAIT)
		return out->status;
	if (names->wait_count == NAMES_WAITS_MAX)
		return fail(out, REASON_GATE_FULL);
	if (names_up_ask(names, &wanted, now_ns, &line, out) != NAMES_WAIT)
		return out->status;
	return add_wait(names, line, asker) ? NAMES_WAIT : fail(out, REASON_GATE_FULL);
}

void names_forget(struct names *names, uint32_t asker)
{
	for (unsigned i = 0; names->wait_count && i < NAMES_WAITS_MAX; i++) {
		if (!names->waits[i].used || names->waits[i].asker != asker)
			continue;
		names->waits[i].used = false;
		names->wait_count--;
	}
}

void names_line_ended(struct names *names, uint32_t line, const struct names_result *result,
                      uint64_t now_ns)
{
	const struct names_result copy = *result;

	names_query_resolved(names, line, &copy, now_ns);
	for (unsigned i = 0; names->wait_count && i < NAMES_WAITS_MAX; i++) {
		const struct names_wait wait = names->waits[i];

		if (!wait.used || wait.line != line)
			continue;
		names->waits[i].used = false;
		names->wait_count--;
		names->io->resolved(names->io->arg, wait.asker, &copy);
	}
}

/* ---- what the gate's loop calls ---- */

void names_ready(struct names *names, uint32_t token, uint32_t events, uint64_t now_ns)
{
	const uint32_t place = names_token_place(token);

	if (names_token_kind(token) == NAMES_KIND_CLIENT) {
		if (place < NAMES_CLIENTS_MAX && names_guest_find(names, token))
			names_guest_ready(names, place, events, now_ns);
	} else if (names_token_kind(token) == NAMES_KIND_LINE && place < NAMES_LINES_MAX &&
	           names_token_use(token) == names->lines[place].use) {
		names_up_ready(names, place, events, now_ns);
	}
}

void names_dialled(struct names *names, uint32_t token, int fd, uint64_t now_ns)
{
	const uint32_t place = names_token_place(token);

	if (names_token_kind(token) == NAMES_KIND_LINE && place < NAMES_LINES_MAX &&
	    names_token_use(token) == names->lines[place].use &&
	    names->lines[place].state == NAMES_LINE_DIALLING) {
		names_up_dialled(names, place, fd, now_ns);
	} else if (fd >= 0) {
		names->io->unwatch(names->io->arg, token, fd);
		close(fd);
	}
}

void names_recorded(struct names *names, uint32_t token, uint64_t now_ns)
{
	const uint32_t place = names_token_place(token);

	if (names_token_kind(token) == NAMES_KIND_QUERY && place < NAMES_QUERIES_MAX &&
	    names_token_use(token) == names->queries[place].use)
		names_query_recorded(names, place, now_ns);
}

bool names_is_recording(const struct names *names)
{
	return names->recording || names->queue_head != NAMES_NOBODY;
}

uint64_t names_deadline(const struct names *names)
{
	const uint64_t up = names_up_deadline(names);
	const uint64_t guest = names_guest_deadline(names);

	return up < guest ? up : guest;
}

void names_tick(struct names *names, uint64_t now_ns)
{
	names_up_tick(names, now_ns);
	names_guest_tick(names, now_ns);
}
