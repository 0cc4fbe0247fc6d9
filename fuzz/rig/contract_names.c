/* SPDX-License-Identifier: ISC */
/* contract_names.c: $.domains and the rules for requests; which entry decides about a name. */
#include "fuzz/rig/contract.h"

#include "ref/http1_path.h"

#include <stdlib.h>
#include <string.h>

/* --- which entry decides --- */

/* How closely an entry covers the name: 0 not at all, else more for the longer name, for the wildcard
 * of the two, and for the block where both say the same. */
static size_t closeness(const struct policy_name *entry, const char *name)
{
	const size_t len = strlen(entry->name), name_len = strlen(name);
	const bool below = name_len > len && name[name_len - len - 1] == '.' &&
	                   strcmp(name + name_len - len, entry->name) == 0;
	const bool covers = entry->below
	                            ? below
	                            : strcmp(entry->name, name) == 0 || (entry->block && below);

	return covers ? len * 4 + (entry->below ? 2 : 0) + entry->block : 0;
}

static const struct policy_name *closest(const struct policy_web *web, const char *name,
                                         bool vetoes)
{
	const struct policy_name *found = NULL;
	size_t best = 0;

	for (size_t i = 0; i < web->name_count; i++) {
		const struct policy_name *entry = &web->names[i];
		const size_t here = closeness(entry, name);

		if (vetoes && !(entry->block && entry->organisation))
			continue;
		/* In both files: the organisation's is the one that is named. */
		if (here > best || (here && here == best && entry->organisation)) {
			found = entry;
			best = here;
		}
	}
	return found;
}

const struct policy_name *contract_name(const struct policy_web *web, const char *name)
{
	const struct policy_name *found = closest(web, name, false), *veto;

	if (!found || found->block || found->organisation)
		return found;
	veto = closest(web, name, true);
	return veto ? veto : found;
}

/* --- $.domains --- */

static bool read_pattern(const json_t *value, char out[POLICY_NAME_MAX + 1], bool *below)
{
	const char *text = json_string_value(value);

	if (!text)
		return false;
	*below = text[0] == '*' && text[1] == '.';
	return contract_host_name(*below ? text + 2 : text, out);
}

static bool read_entry(const json_t *value, struct policy_name *entry)
{
	static const char *const keys[] = {"name", "tls", NULL};
	static const char *const splice[] = {"splice", NULL};
	const json_t *tls = json_object_get(value, "tls");

	if (!json_is_object(value) || entry->block)
		return read_pattern(value, entry->name, &entry->below);
	entry->splice = tls != NULL;
	return contract_has_only(value, keys) && (!tls || contract_choice(tls, splice) == 0) &&
	       read_pattern(json_object_get(value, "name"), entry->name, &entry->below);
}

static bool read_list(struct policy_web *web, const json_t *list, bool block, bool organisation)
{
	const size_t count = json_array_size(list), before = web->name_count;

	if (list && !json_is_array(list))
		return false;
	if (!count)
		return true;
	if (before + count > 4096)
		return false;
	web->names = realloc(web->names, (before + count) * sizeof(*web->names));
	memset(web->names + before, 0, count * sizeof(*web->names));
	web->name_count += count;
	for (size_t i = 0; i < count; i++) {
		struct policy_name *entry = &web->names[before + i];

		entry->block = block;
		entry->organisation = organisation;
		entry->index = (uint16_t)i;
		if (!read_entry(json_array_get(list, i), entry))
			return false;
	}
	return true;
}

static int by_name(const void *a, const void *b)
{
	const struct policy_name *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	order = order ? order : x->below - y->below;
	order = order ? order : x->block - y->block;
	return order ? order : y->organisation - x->organisation;
}

bool contract_read_names(struct contract_reader *r)
{
	static const char *const keys[] = {"default", "allow", "block", NULL};
	static const char *const choices[] = {"deny", "allow", NULL};
	const struct contract_files *files = r->files, users = {.user = files->user};
	const struct contract_files ours = {.user = files->organisation};
	const json_t *domains = contract_get(files, "domains", NULL, NULL), *chosen;
	struct policy_web *web = &r->policy->web;
	bool organisation, theirs;

	chosen = contract_get(files, "domains", "default", &organisation);
	if ((domains && !contract_has_only(domains, keys)) ||
	    (chosen && contract_choice(chosen, choices) < 0) ||
	    !read_list(web, contract_get(files, "domains", "allow", &theirs), false, theirs) ||
	    !read_list(web, contract_get(&ours, "domains", "block", NULL), true, true) ||
	    !read_list(web, contract_get(&users, "domains", "block", NULL), true, false))
		return false;
	web->names = realloc(web->names, (web->name_count + 1) * sizeof(*web->names));
	for (size_t i = 0; i < web->name_count; i++)
		if (theirs && !web->names[i].block)
			web->names[i].organisation = true;
	web->default_allow = chosen && contract_choice(chosen, choices) == 1 &&
	                     (organisation || !theirs);
	qsort(web->names, web->name_count, sizeof(*web->names), by_name);
	for (size_t i = 1; i < web->name_count; i++)
		if (by_name(&web->names[i - 1], &web->names[i]) == 0)
			return false;
	return true;
}

/* --- the rules for requests --- */

static bool read_path(const json_t *value, struct policy_http *rule)
{
	const char *text = json_string_value(value);
	struct wr w = wr_of(rule->path, POLICY_PATH_MAX);

	if (!value || (text && strcmp(text, "*") == 0)) {
		rule->prefix = true;
		return true;
	}
	if (!text || *text != '/' || strpbrk(text, "?#") ||
	    http1_path_normalise(rd_of(text, strlen(text)), &w))
		return false;
	rule->prefix = rule->path[w.len - 1] == '*';
	rule->path[w.len - rule->prefix] = '\0';
	return true;
}

static bool read_methods(const json_t *list, struct policy_http *rule)
{
	const size_t count = json_array_size(list);

	if (!list)
		return true;
	if (!count || count > 8)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (!text || !contract_word(text, 16, "-_", false))
			return false;
		for (size_t k = 0; k < i; k++)
			if (strcmp(rule->methods[k], text) == 0)
				return false;
		memcpy(rule->methods[i], text, strlen(text) + 1);
	}
	rule->method_count = (uint8_t)count;
	return true;
}

static bool read_rule(const json_t *value, struct policy_http *rule)
{
	static const char *const keys[] = {"id",     "domain",  "methods", "path",
	                                   "action", "upgrade", NULL};
	static const char *const actions[] = {"allow", "block", NULL};
	static const char *const upgrades[] = {"websocket", NULL};
	const char *id = json_string_value(json_object_get(value, "id"));
	const json_t *upgrade = json_object_get(value, "upgrade");
	const int action = contract_choice(json_object_get(value, "action"), actions);

	if (!contract_has_only(value, keys) || !id || action < 0 ||
	    !contract_word(id, POLICY_ID_MAX, "._-", true) ||
	    !read_pattern(json_object_get(value, "domain"), rule->domain, &rule->below) ||
	    !read_methods(json_object_get(value, "methods"), rule) ||
	    !read_path(json_object_get(value, "path"), rule))
		return false;
	memcpy(rule->id, id, strlen(id) + 1);
	rule->block = action == 1;
	rule->websocket = upgrade != NULL;
	return !upgrade || (contract_choice(upgrade, upgrades) == 0 && !rule->block);
}

static bool read_rules(struct policy_web *web, const json_t *root, bool organisation)
{
	const struct contract_files files = {.user = root};
	const json_t *list = contract_get(&files, "http", "rules", NULL);
	const size_t count = json_array_size(list), before = web->rule_count;

	if (before + count > 1024 || (list && !json_is_array(list)))
		return false;
	web->rules = realloc(web->rules, (before + count + 1) * sizeof(*web->rules));
	memset(web->rules + before, 0, (count + 1) * sizeof(*web->rules));
	web->rule_count += count;
	for (size_t i = 0; i < count; i++) {
		struct policy_http *rule = &web->rules[before + i];

		rule->organisation = organisation;
		rule->index = (uint16_t)i;
		if (!read_rule(json_array_get(list, i), rule))
			return false;
		for (size_t k = before; k < before + i; k++)
			if (strcmp(web->rules[k].id, rule->id) == 0)
				return false;
	}
	return true;
}

static int by_domain(const void *a, const void *b)
{
	const struct policy_http *x = a, *y = b;
	int order = strcmp(x->domain, y->domain);

	order = order ? order : x->below - y->below;
	order = order ? order : y->organisation - x->organisation;
	return order ? order : x->index - y->index;
}

bool contract_read_rules(struct contract_reader *r)
{
	static const char *const keys[] = {"ports",          "rules",    "head_timeout_s",
	                                   "idle_timeout_s", "body_max", NULL};
	const json_t *http = contract_get(r->files, "http", NULL, NULL);
	struct policy_web *web = &r->policy->web;

	if (http && !json_is_array(http) && !contract_has_only(http, keys))
		return false;
	if (!read_rules(web, r->files->organisation, true) ||
	    !read_rules(web, r->files->user, false))
		return false;
	qsort(web->rules, web->rule_count, sizeof(*web->rules), by_domain);
	return true;
}
