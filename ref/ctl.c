/* SPDX-License-Identifier: ISC */
/* ctl.c: reads requests, answers them, and turns those that are the worker's into orders. */
#include "ref/ctl.h"

#include "ref/exits.h"
#include "ref/policy_load.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_SIZE     4096
#define ERROR_MAX      2048 /* of a complaint that is passed on */
#define PATIENCE_MS    200  /* for a reader of answers; the worker may be waiting meanwhile */
#define ADVANCE_MS_MAX 1000000000
#define NS_PER_MS      1000000

void ctl_open(struct ctl *ctl, int fd, struct policy_share *share,
              const struct ctl_background *background)
{
	*ctl = (struct ctl){.fd = fd, .share = share};
	if (background)
		ctl->background = *background;
}

void ctl_close(struct ctl *ctl)
{
	if (ctl->fd >= 0)
		close(ctl->fd);
	free(ctl->line);
	/* Which policy is in force does not depend on who may still ask for another. */
	ctl->fd = -1;
	ctl->line = NULL;
	ctl->len = 0;
	ctl->size = 0;
	ctl->overlong = false;
	ctl->busy = false;
}

/* --- answers --- */

/* A reader that does not read loses the channel, not the filter. */
static void send_line(struct ctl *ctl, const char *text, size_t len)
{
	struct pollfd room = {.fd = ctl->fd, .events = POLLOUT};

	while (len) {
		ssize_t n = send(ctl->fd, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0) {
			text += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN ? poll(&room, 1, PATIENCE_MS) < 1 : errno != EINTR) {
			ctl_close(ctl);
			return;
		}
	}
}

static json_t *answer_id(const struct ctl *ctl)
{
	return ctl->has_id ? json_integer(ctl->id) : json_null();
}

static void answer(struct ctl *ctl, json_t *object)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;

	if (text)
		send_line(ctl, text, strlen(text));
	if (text && ctl->fd >= 0)
		send_line(ctl, "\n", 1);
	if (!text)
		ctl_close(ctl); /* out of memory: better no channel than a lost answer */
	free(text);
	json_decref(object);
}

static void __attribute__((format(printf, 2, 3))) refuse(struct ctl *ctl, const char *format, ...)
{
	char text[ERROR_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	answer(ctl, json_pack("{s:o, s:b, s:s}", "id", answer_id(ctl), "ok", 0, "error", text));
}

static void answer_done(struct ctl *ctl, const uint64_t numbers[ORDER_NUMBERS])
{
	static const char *const names[ORDER_NUMBERS] = {
	        "frames",          "forwarded", "answered",   "dropped",  "replies",
	        "replies_dropped", "flows",     "flows_live", "tcp_live", "suppressed",
	};
	json_t *object = json_pack("{s:o, s:b}", "id", answer_id(ctl), "ok", 1);

	if (ctl->order == ORDER_STATS)
		for (size_t i = 0; i < ORDER_NUMBERS; i++)
			json_object_set_new(object, names[i], json_integer((json_int_t)numbers[i]));
	answer(ctl, object);
}

/* --- requests --- */

/* True when the request has the keys cmd and id, and `key` if that is not NULL, and no others. */
static bool has_only(const json_t *request, const char *key)
{
	return json_object_size(request) == (key ? 3 : 2) &&
	       (!key || json_object_get(request, key));
}

static bool give_order(struct ctl *ctl, enum order_kind kind, uint64_t argument,
                       struct order *order)
{
	*order = (struct order){.kind = kind, .argument = argument};
	ctl->order = kind;
	ctl->busy = true;
	return true;
}

/* Reads the policy and puts it into the free slot; false after a refusal. */
static bool load_policy(struct ctl *ctl, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY);
	char *complaints = NULL;
	size_t complaints_len = 0;
	FILE *errors = open_memstream(&complaints, &complaints_len);
	struct policy_source source = {.name = "policy", .folder = ctl->background.folder};
	const char *key = NULL;
	struct policy policy = {0};
	int status = EXITS_POLICY;

	if (text && errors) {
		source.text = rd_of(text, strlen(text));
		status = policy_load(&source, ctl->background.organisation, errors, &policy);
	}
	if (errors)
		fclose(errors);
	if (status == EXITS_OK)
		key = policy_refuses_swap(policy_share_get(ctl->share, ctl->slot), &policy);
	if (key)
		refuse(ctl, "$.%s cannot change like this while the VM runs", key);
	else if (status != EXITS_OK)
		refuse(ctl, "%s", complaints && *complaints ? complaints : "out of memory");
	else
		policy_share_put(ctl->share, !ctl->slot, &policy);
	policy_free(&policy);
	free(complaints);
	free(text);
	return status == EXITS_OK && !key;
}

static bool take_policy(struct ctl *ctl, const json_t *request, struct order *order)
{
	const json_t *value = json_object_get(request, "policy");

	if (!has_only(request, "policy")) {
		refuse(ctl, "policy takes \"policy\" and nothing else");
		return false;
	}
	if (!load_policy(ctl, value))
		return false;
	/* From here on the dialer goes by the new one; the worker follows. */
	ctl->slot = !ctl->slot;
	policy_share_enforce(ctl->share, ctl->slot);
	return give_order(ctl, ORDER_POLICY, ctl->slot, order);
}

static bool take_clock(struct ctl *ctl, const json_t *request, struct order *order)
{
	const json_t *value = json_object_get(request, "advance_ms");
	const json_int_t ms = json_integer_value(value);

	if (!has_only(request, "advance_ms") || !json_is_integer(value) || ms < 0 ||
	    ms > ADVANCE_MS_MAX) {
		refuse(ctl, "clock takes \"advance_ms\", an integer of 0..%d, and nothing else",
		       ADVANCE_MS_MAX);
		return false;
	}
	return give_order(ctl, ORDER_CLOCK, (uint64_t)ms * NS_PER_MS, order);
}

static bool take_plain(struct ctl *ctl, const json_t *request, const char *name,
                       enum order_kind kind, struct order *order)
{
	if (has_only(request, NULL))
		return give_order(ctl, kind, 0, order);
	refuse(ctl, "%s takes nothing but an \"id\"", name);
	return false;
}

static bool take_request(struct ctl *ctl, const json_t *request, struct order *order)
{
	const json_t *id = json_object_get(request, "id");
	const char *cmd = json_string_value(json_object_get(request, "cmd"));

	ctl->has_id = json_is_integer(id);
	ctl->id = json_integer_value(id);
	if (!cmd || !ctl->has_id) {
		refuse(ctl, "a request needs \"cmd\", a string, and \"id\", an integer");
		return false;
	}
	if (strcmp(cmd, "sync") == 0)
		return take_plain(ctl, request, cmd, ORDER_SYNC, order);
	if (strcmp(cmd, "stats") == 0)
		return take_plain(ctl, request, cmd, ORDER_STATS, order);
	if (strcmp(cmd, "policy") == 0)
		return take_policy(ctl, request, order);
	if (strcmp(cmd, "clock") == 0)
		return take_clock(ctl, request, order);
	refuse(ctl, "unknown cmd: sync, policy, stats and clock are known");
	return false;
}

static bool take_line(struct ctl *ctl, const char *line, size_t len, struct order *order)
{
	json_error_t error;
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	bool ordered;

	ctl->has_id = false;
	if (!json_is_object(request)) {
		refuse(ctl, "not a JSON object: %s", request ? "another type" : error.text);
		json_decref(request);
		return false;
	}
	ordered = take_request(ctl, request, order);
	json_decref(request);
	return ordered;
}

/* --- lines --- */

/* Takes whole lines until one of them is an order or there is none. */
static bool take_lines(struct ctl *ctl, struct order *order)
{
	while (ctl->fd >= 0 && !ctl->busy) {
		char *end = ctl->len ? memchr(ctl->line, '\n', ctl->len) : NULL;
		size_t len;

		if (!end)
			return false;
		len = (size_t)(end - ctl->line);
		if (ctl->overlong) {
			ctl->has_id = false;
			refuse(ctl, "a line has more than %d bytes", CTL_LINE_MAX);
			ctl->overlong = false;
		} else {
			take_line(ctl, ctl->line, len, order);
		}
		if (ctl->fd < 0)
			return false;
		ctl->len -= len + 1;
		memmove(ctl->line, end + 1, ctl->len);
	}
	return ctl->busy;
}

/* Room for more of a line; what is too long is forgotten but for its end. */
static bool make_room(struct ctl *ctl)
{
	const size_t size = ctl->size ? 2 * ctl->size : FIRST_SIZE;
	char *line;

	if (ctl->len < ctl->size)
		return true;
	if (ctl->size >= CTL_LINE_MAX) {
		ctl->overlong = true;
		ctl->len = 0;
		return true;
	}
	line = realloc(ctl->line, size);
	if (!line)
		return false;
	ctl->line = line;
	ctl->size = size;
	return true;
}

bool ctl_serve(struct ctl *ctl, struct order *order)
{
	ssize_t n;

	if (!make_room(ctl)) {
		ctl_close(ctl);
		return false;
	}
	n = recv(ctl->fd, ctl->line + ctl->len, ctl->size - ctl->len, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		ctl_close(ctl);
		return false;
	}
	ctl->len += (size_t)n;
	return take_lines(ctl, order);
}

bool ctl_done(struct ctl *ctl, const uint64_t numbers[ORDER_NUMBERS], struct order *order)
{
	ctl->busy = false;
	if (ctl->fd < 0)
		return false;
	answer_done(ctl, numbers);
	return take_lines(ctl, order);
}
