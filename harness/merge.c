/* SPDX-License-Identifier: ISC */
/* merge.c: merge_results(), what fits together; merge_folders() is in merge_files.c. */
#include "harness/merge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool __attribute__((format(printf, 2, 3))) refuse(char *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, MERGE_WHY_MAX, fmt, ap);
	va_end(ap);
	return false;
}

static const char *text(const char *s)
{
	return s && *s ? s : "none";
}

/* Each by itself: it is a shard, and was played to its end. */
static bool is_whole_shard(struct results *r, const char *dir, char *why)
{
	char name[SHARD_TEXT_MAX];
	unsigned cases = 0, before = 0;

	if (!r->shard.of)
		return refuse(why,
		              "%.200s holds the results of a run without --shard: there is nothing "
		              "to merge",
		              dir);
	shard_text(&r->shard, name);
	if (r->unfinished)
		return refuse(
		        why,
		        "%.200s: the run of shard %s ended before its last case; play it again",
		        dir, name);
	for (size_t i = 0; i < r->count; i++) {
		struct outcome *o = &r->outcomes[i];

		o->number = (unsigned)i; /* keeps the order in a case */
		if (cases && o->at < before)
			return refuse(why, "%.200s: the cases of shard %s are not in order", dir,
			              name);
		cases += !cases || o->at != before;
		before = o->at;
	}
	if (cases != shard_size(&r->shard, r->selection.cases))
		return refuse(why, "%.200s: shard %s holds %u cases of %u; play it again", dir,
		              name, cases, shard_size(&r->shard, r->selection.cases));
	return true;
}

/* Both are of one run. */
static bool is_like_first(const struct results *first, const struct results *r,
                          const char *first_dir, const char *dir, char *why)
{
	static const char *const same = "%.150s and %.150s are of different %s: %.60s and %.60s";

	if (r->shard.of != first->shard.of)
		return refuse(why, "%.150s is one of %u shards and %.150s one of %u", first_dir,
		              first->shard.of, dir, r->shard.of);
	if (strcmp(r->backend, first->backend))
		return refuse(why, same, first_dir, dir, "backends", text(first->backend),
		              text(r->backend));
	if (strcmp(r->backend_version, first->backend_version))
		return refuse(why, same, first_dir, dir, "versions of the backend",
		              text(first->backend_version), text(r->backend_version));
	if (strcmp(text(r->plane), text(first->plane)))
		return refuse(why, same, first_dir, dir, "planes", text(first->plane),
		              text(r->plane));
	if (strcmp(text(r->transport), text(first->transport)))
		return refuse(why, same, first_dir, dir, "transports", text(first->transport),
		              text(r->transport));
	if (strcmp(r->baseline, first->baseline))
		return refuse(why, same, first_dir, dir, "baselines", text(first->baseline),
		              text(r->baseline));
	if (r->selection.cases != first->selection.cases ||
	    r->selection.print != first->selection.print ||
	    r->selection.whole != first->selection.whole)
		return refuse(why,
		              "%.150s and %.150s chose among different cases: other names on the "
		              "command line, or "
		              "other scenarios",
		              first_dir, dir);
	return true;
}

/* Each number from 1 to N once. */
static bool are_all_there(const struct results *parts, char *const *dirs, size_t count, char *why)
{
	const char *holder[SHARDS_MAX + 1] = {NULL};
	unsigned of = parts[0].shard.of;

	for (size_t i = 0; i < count; i++) {
		unsigned n = parts[i].shard.number;

		if (holder[n])
			return refuse(why, "%.200s and %.200s are both shard %u/%u", holder[n],
			              dirs[i], n, of);
		holder[n] = dirs[i];
	}
	for (unsigned n = 1; n <= of; n++)
		if (!holder[n])
			return refuse(why, "shard %u/%u is missing: %zu of %u are there", n, of,
			              count, of);
	return true;
}

bool merge_results(struct results *parts, char *const *dirs, size_t count, struct results *out,
                   char *why)
{
	if (!count)
		return refuse(why, "no folders of results are named");
	for (size_t i = 0; i < count; i++)
		if (!is_whole_shard(&parts[i], dirs[i], why) ||
		    !is_like_first(&parts[0], &parts[i], dirs[0], dirs[i], why))
			return false;
	if (!are_all_there(parts, dirs, count, why))
		return false;
	*out = (struct results){.plane = parts[0].plane,
	                        .transport = parts[0].transport,
	                        .whole = parts[0].selection.whole};
	memcpy(out->backend, parts[0].backend, sizeof(out->backend));
	memcpy(out->baseline, parts[0].baseline, sizeof(out->baseline));
	memcpy(out->backend_version, parts[0].backend_version, sizeof(out->backend_version));
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < parts[i].count; k++)
			*results_add(out) = parts[i].outcomes[k];
	results_sort(out);
	return true;
}
