/* SPDX-License-Identifier: ISC */
/* results_json.c: results.json, written by hand so that its lines and the order of its keys are
 * ours, and read with jansson. */
#include "harness/escape.h"
#include "harness/results.h"
#include "harness/results_forms.h"
#include "harness/transport.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RESULTS_VERSION 1

/* The keys of the summary, in the order in which they are written, behind `run`. */
static const struct {
	const char *key;
	enum result result;
} summary[] = {
        {"pass", RESULT_PASS},   {"fail", RESULT_FAIL},   {"xfail", RESULT_XFAIL},
        {"xpass", RESULT_XPASS}, {"skip", RESULT_SKIP},   {"vacuous", RESULT_VACUOUS},
        {"lie", RESULT_LIE},     {"crash", RESULT_CRASH}, {"hang", RESULT_HANG},
        {"env", RESULT_ENV},     {"na", RESULT_NA},       {"audit_gap", RESULT_AUDIT_GAP},
};
static_assert(sizeof(summary) / sizeof(summary[0]) == RESULT_COUNT, "every result is counted");

static void write_summary(const struct results *r, FILE *to)
{
	unsigned tally[RESULT_COUNT];

	results_tally(r, tally);
	fprintf(to, "\"summary\":{\"run\":%zu", r->count - tally[RESULT_SKIP] - tally[RESULT_NA]);
	for (size_t i = 0; i < RESULT_COUNT; i++)
		fprintf(to, ",\"%s\":%u", summary[i].key, tally[summary[i].result]);
	putc('}', to);
}

static void write_case(const struct outcome *o, bool with_place, FILE *to)
{
	fputs("{\"id\":", to);
	escape_json(to, o->id);
	fputs(",\"row\":", to);
	escape_json(to, o->row[0] ? o->row : NULL);
	fputs(",\"result\":", to);
	escape_json(to, result_name(o->result));
	fputs(",\"req\":[", to);
	for (unsigned i = 0; i < o->req.count; i++) {
		fputs(i ? "," : "", to);
		escape_json(to, o->req.id[i]);
	}
	fprintf(to, "],\"ms\":%.3f,\"detail\":", isfinite(o->ms) ? o->ms : 0.0);
	escape_json(to, o->detail);
	if (with_place)
		fprintf(to, ",\"at\":%u", o->at);
	putc('}', to);
}

/* Keys that are there only when they say something. */
static void write_extent(const struct results *r, FILE *to)
{
	char shard[SHARD_TEXT_MAX];

	if (r->whole)
		fputs(",\n\"whole\":true", to);
	if (r->unfinished)
		fputs(",\n\"unfinished\":true", to);
	if (r->shard.of)
		fprintf(to,
		        ",\n\"shard\":\"%s\",\"selection\":{\"cases\":%u,\"print\":\"%016" PRIx64
		        "\",\"whole\":%s}",
		        shard_text(&r->shard, shard), r->selection.cases, r->selection.print,
		        r->selection.whole ? "true" : "false");
}

void results_write_json(const struct results *r, FILE *to)
{
	fprintf(to, "{\"version\":%d,\n\"backend\":", RESULTS_VERSION);
	escape_json(to, r->backend);
	fputs(",\"plane\":", to);
	escape_json(to, r->plane ? r->plane : "");
	if (r->transport) {
		fputs(",\"transport\":", to);
		escape_json(to, r->transport);
	}
	if (*r->backend_version) {
		fputs(",\"backend_version\":", to);
		escape_json(to, r->backend_version);
	}
	if (*r->baseline) {
		fputs(",\n\"baseline\":", to);
		escape_json(to, r->baseline);
	}
	write_extent(r, to);
	fputs(",\n", to);
	write_summary(r, to);
	fputs(",\n\"cases\":[", to);
	for (size_t i = 0; i < r->count; i++) {
		fputs(i ? ",\n" : "\n", to);
		write_case(&r->outcomes[i], r->shard.of != 0, to);
	}
	fputs("\n]}\n", to);
}

/* A plane's name as a constant, because struct results only borrows it. */
static const char *plane_constant(const char *name)
{
	static const char *const planes[] = {"wire", "kernel", "vm"};

	for (size_t i = 0; i < sizeof(planes) / sizeof(planes[0]); i++) {
		if (strcmp(planes[i], name) == 0)
			return planes[i];
	}
	return "";
}

/* Copies a string that fits whole; false otherwise. */
static bool take(const char *from, char *to, size_t size)
{
	size_t len = strlen(from);

	if (len >= size)
		return false;
	memcpy(to, from, len + 1);
	return true;
}

static bool read_case(json_t *node, struct outcome *o)
{
	const char *id, *result, *detail;
	json_t *row, *req, *name;
	size_t i;

	if (json_unpack(node, "{s:s, s:o, s:s, s:o, s:F, s:s}", "id", &id, "row", &row, "result",
	                &result, "req", &req, "ms", &o->ms, "detail", &detail))
		return false;
	if (!take(id, o->id, sizeof(o->id)) || !result_parse(result, &o->result))
		return false;
	/* may have grown by a U+FFFD; its end is no loss */
	snprintf(o->detail, sizeof(o->detail), "%s", detail);
	if (!json_is_null(row) &&
	    (!json_is_string(row) || !take(json_string_value(row), o->row, sizeof(o->row))))
		return false;
	if (!json_is_array(req) || json_array_size(req) > SCN_REQ_MAX)
		return false;
	json_array_foreach(req, i, name)
	{
		if (!json_is_string(name) ||
		    !take(json_string_value(name), o->req.id[i], sizeof(o->req.id[i])))
			return false;
		o->req.count++;
	}
	return true;
}

/* A transport's name as a constant, for the same reason; NULL when it is none. */
static const char *transport_constant(const char *name)
{
	enum transport_kind kind;

	return name && transport_parse(name, &kind) ? transport_names[kind] : NULL;
}

/* The optional keys: NULL, or what is wrong with them. */
static const char *read_extent(json_t *root, struct results *r)
{
	const char *shard = NULL, *transport = NULL, *version = NULL, *print = NULL, *baseline = "";
	int whole = 0, unfinished = 0, of_whole = 0, cases = -1;
	char *end = NULL;

	if (json_unpack(root, "{s?s, s?s, s?s, s?b, s?b, s?s, s?{s:i, s:s, s:b}}", "transport",
	                &transport, "baseline", &baseline, "backend_version", &version, "whole",
	                &whole, "unfinished", &unfinished, "shard", &shard, "selection", "cases",
	                &cases, "print", &print, "whole", &of_whole))
		return "transport, baseline, backend_version, whole, unfinished, shard or "
		       "selection is of a "
		       "wrong type";
	if (!take(baseline, r->baseline, sizeof(r->baseline)))
		return "the path of its baseline is too long";
	r->transport = transport_constant(transport);
	if (transport && !r->transport)
		return "it names a transport that there is not";
	if (version && !take(version, r->backend_version, sizeof(r->backend_version)))
		return "its backend_version is too long";
	r->whole = whole;
	r->unfinished = unfinished;
	if (!shard)
		return NULL;
	if (!shard_parse(shard, &r->shard))
		return "its shard is not of the form I/N";
	if (!print || cases < 0)
		return "it has a shard but no selection";
	r->selection = (struct results_selection){.cases = (unsigned)cases, .whole = of_whole};
	r->selection.print = strtoull(print, &end, 16);
	return strlen(print) == 16 && !*end
	               ? NULL
	               : "the print of its selection is not 16 hexadecimal digits";
}

/* The last outcome's place: one of the shard's. */
static bool read_place(json_t *node, struct results *r)
{
	struct outcome *o = &r->outcomes[r->count - 1];
	int at = -1;

	if (json_unpack(node, "{s:i}", "at", &at) || at < 0)
		return false;
	o->at = (unsigned)at;
	return o->at < r->selection.cases && shard_has(&r->shard, o->at);
}

/* NULL, or what is wrong with it. */
static const char *read_document(json_t *root, struct results *r)
{
	const char *backend, *plane, *wrong;
	json_t *cases, *node;
	int version;
	size_t i;

	if (json_unpack(root, "{s:i, s:s, s:s, s:o}", "version", &version, "backend", &backend,
	                "plane", &plane, "cases", &cases))
		return "it lacks version, backend, plane or cases";
	if (version != RESULTS_VERSION)
		return "it has a version that this program does not know";
	snprintf(r->backend, sizeof(r->backend), "%s", backend);
	r->plane = plane_constant(plane);
	wrong = read_extent(root, r);
	if (wrong)
		return wrong;
	if (!json_is_array(cases))
		return "its cases are not a list";
	json_array_foreach(cases, i, node)
	{
		if (!read_case(node, results_add(r)))
			return "a case lacks a key or has a value that is out of range";
		if (r->shard.of && !read_place(node, r))
			return "a case of a shard lacks its place \"at\", or it is out of range";
	}
	return NULL;
}

int results_read(struct results *r, const char *dir)
{
	char path[PATH_MAX];
	json_error_t error;
	const char *wrong;
	json_t *root;

	memset(r, 0, sizeof(*r));
	snprintf(path, sizeof(path), "%s/results.json", dir);
	root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
	if (!root) {
		if (error.line > 0)
			fprintf(stderr, "gauntlet: %s:%d: %s\n", path, error.line, error.text);
		else
			fprintf(stderr, "gauntlet: %s\n", error.text); /* names the file */
		return -1;
	}
	wrong = read_document(root, r);
	if (wrong) {
		fprintf(stderr, "gauntlet: %s: %s\n", path, wrong);
		results_free(r);
	}
	json_decref(root);
	return wrong ? -1 : 0;
}
