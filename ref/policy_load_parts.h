/* SPDX-License-Identifier: ISC */
/* policy_load_parts.h: what the files of the loader share; see policy_load.h for what it does.
 *
 *	policy_load.c        the whole, the VM, and the keys that stand alone
 *	policy_load_allow.c  $.allow
 *	policy_load_web.c    $.dns, $.tls, $.http but for its rules, and what depends on several of them
 *	policy_load_names.c  $.domains and $.dns.hosts
 *	policy_load_http.c   the rules of $.http
 *	policy_load_file.c   files
 */
#ifndef REF_POLICY_LOAD_PARTS_H
#define REF_POLICY_LOAD_PARTS_H

#include "ref/policy.h"
#include "ref/policy_merge.h"

#define POLICY_LOAD_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A rule of `allow` and where it stood in the list. */
struct draft {
	struct policy_rule rule;
	size_t index;
};

/* The context of every check. */
struct loader {
	struct policy *policy;
	const struct policy_merge *merge;
	int on_violation; /* 0 drop, 1 terminate, -1 not given */
	bool has_rate;
	uint8_t prefix; /* of $.vm.ip */

	struct draft *drafts; /* one for each element of `allow`, sorted by endpoint */
	size_t draft_count;
	struct draft *draft; /* the one being read */

	bool http_object, has_http_ports;
	struct policy_name *name; /* the entry being read */
	struct policy_http *http; /* the rule being read */
};

/* Complains about $.first.second, or $.first when that is NULL. */
void policy_load_bad_at(struct schema *s, const char *first, const char *second,
                        const char *complaint);

/* The address of one machine; false after a complaint. */
bool policy_load_get_ip(struct schema *s, const json_t *value, uint32_t *out);

/* The name of a rule; false after a complaint. */
bool policy_load_get_id(struct schema *s, const json_t *value, char out[POLICY_ID_MAX + 1]);

/* Whether the value at hand stands in the organisation's file. */
bool policy_load_is_organisation(const struct schema *s);

/* The name at `text`, normalised; false after a complaint. With `below` (which may be NULL) it may be
 * a wildcard. */
bool policy_load_get_name(struct schema *s, const char *text, char out[POLICY_NAME_MAX + 1],
                          bool *below);

/* Room for `more` elements behind `count`, all zero; NULL after a complaint. */
void *policy_load_grow(struct schema *s, void *list, size_t count, size_t more, size_t size);

void policy_load_check_allow(struct schema *s, json_t *value);
void policy_load_check_domains(struct schema *s, json_t *value);
void policy_load_check_hosts(struct schema *s, json_t *value);
void policy_load_check_dns(struct schema *s, json_t *value);
void policy_load_check_tls(struct schema *s, json_t *value);
void policy_load_check_http(struct schema *s, json_t *value);
void policy_load_check_rules(struct schema *s, json_t *value); /* the array of them */

/* What depends on more than one key, when no key by itself is wrong. */
void policy_load_check_web(struct schema *s);

/* Moves the drafts to the policy; false without memory. */
bool policy_load_keep_allow(struct loader *l);

/* Puts the lists in the order in which they are looked up, each entry with its place in its file. */
void policy_load_sort_names(struct loader *l);
void policy_load_sort_rules(struct loader *l);

#endif
