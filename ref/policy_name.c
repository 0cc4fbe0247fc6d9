/* SPDX-License-Identifier: ISC */
/* policy_name.c: the most specific entry decides. */
#include "ref/policy_name.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

int policy_name_compare(const struct policy_name *a, const struct policy_name *b)
{
	const int order = strcmp(a->name, b->name);

	if (order)
		return order;
	if (a->below != b->below)
		return a->below ? 1 : -1;
	return (int)a->block - (int)b->block;
}

int policy_host_compare(const struct policy_host *a, const struct policy_host *b)
{
	const int order = strcmp(a->name, b->name);

	return order ? order : (a->ip > b->ip) - (a->ip < b->ip);
}

static_assert(offsetof(struct policy_name, name) == 0, "policy_name_search() finds names there");
static_assert(offsetof(struct policy_host, name) == 0, "and there");

size_t policy_name_search(const void *entries, size_t count, size_t size, const char *name)
{
	const char *const names = entries;
	size_t low = 0, high = count;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (strcmp(names + middle * size, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What the entries of one name say: of each kind the first, which is the organisation's if it has
 * one; or NULL. */
struct entries {
	const struct policy_name *allow, *allow_below, *block, *block_below;
};

static void keep(const struct policy_name **kept, const struct policy_name *entry)
{
	if (!*kept || entry->organisation)
		*kept = entry;
}

static struct entries find_entries(const struct policy_web *web, const char *name)
{
	struct entries found = {0};
	size_t i = policy_name_search(web->names, web->name_count, sizeof(*web->names), name);

	for (; i < web->name_count && strcmp(web->names[i].name, name) == 0; i++) {
		const struct policy_name *entry = &web->names[i];

		if (entry->block)
			keep(entry->below ? &found.block_below : &found.block, entry);
		else
			keep(entry->below ? &found.allow_below : &found.allow, entry);
	}
	return found;
}

/* What is behind the first dot, or NULL. */
static const char *parent_of(const char *name)
{
	const char *dot = memchr(name, '.', strlen(name));

	return dot ? dot + 1 : NULL;
}

/* Of the entries of one name, which is the name asked about (`itself`) or one that it lies below,
 * the one that decides; or NULL. */
static const struct policy_name *pick(const struct entries *found, bool itself)
{
	if (itself)
		return found->block ? found->block : found->allow;
	if (found->block_below)
		return found->block_below;
	return found->allow_below ? found->allow_below : found->block;
}

/* The block that holds against an entry of the user's: the organisation's, at the entry's name or
 * above. */
static const struct policy_name *find_veto(const struct policy_web *web, const char *name,
                                           bool itself)
{
	for (; name; name = parent_of(name), itself = false) {
		const struct entries found = find_entries(web, name);

		if (!itself && found.block_below && found.block_below->organisation)
			return found.block_below;
		if (found.block && found.block->organisation)
			return found.block;
	}
	return NULL;
}

enum name_verdict policy_name_decide(const struct policy_web *web, const char *name,
                                     const struct policy_name **entry)
{
	const struct policy_name *decided = NULL, *veto = NULL;
	const char *at = name;

	if (entry)
		*entry = NULL;
	if (!*name || strlen(name) > POLICY_NAME_MAX)
		return NAME_DENIED;
	for (; at && !decided; at = parent_of(at)) {
		const struct entries found = find_entries(web, at);

		decided = pick(&found, at == name);
	}
	if (decided && !decided->block && !decided->organisation)
		veto = find_veto(web, name, true);
	if (veto)
		decided = veto;
	if (entry)
		*entry = decided;
	return decided ? !decided->block : web->default_allow;
}

bool policy_name_splices(const struct policy_web *web, const struct policy_name *entry)
{
	return web->tls == POLICY_TLS_SPLICE || (entry && !entry->block && entry->splice);
}

const struct policy_host *policy_name_hosts(const struct policy_web *web, const char *name,
                                            size_t *count)
{
	const size_t first = policy_name_search(web->hosts, web->host_count, sizeof(*web->hosts),
	                                        name);
	size_t end = first;

	while (end < web->host_count && strcmp(web->hosts[end].name, name) == 0)
		end++;
	*count = end - first;
	return *count ? &web->hosts[first] : NULL;
}

bool policy_name_is_host(const struct policy_web *web, uint32_t ip)
{
	for (size_t i = 0; i < web->host_count; i++)
		if (web->hosts[i].ip == ip)
			return true;
	return false;
}
