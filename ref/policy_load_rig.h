/* SPDX-License-Identifier: ISC */
/* policy_load_rig.h: for tests only. Policies as texts at the edge of unreadable pages, in which an
 * apostrophe stands for a quotation mark, and what is complained about them. */
#ifndef REF_POLICY_LOAD_RIG_H
#define REF_POLICY_LOAD_RIG_H

#include "bytes/guard.h"
#include "ref/exits.h"
#include "ref/policy_load.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define RIG_VM         "'vm':{'mac':'52:54:00:12:34:56','ip':'192.168.100.2/24','gateway':'192.168.100.1'}"
#define RIG_MODE(mode) "{'version':1,'mode':'" mode "'," RIG_VM
#define RIG_HEAD       RIG_MODE("filtered")
#define RIG_TLS        ",'tls':{'mode':'splice'}"
#define RIG_MITM       ",'tls':{'mode':'mitm','ca_cert':'c','ca_key':'k'}"

static char rig_complaints[16384];

static struct guard rig_text(const char *text)
{
	char *copy = strdup(text);
	struct guard g;

	assert_non_null(copy);
	for (char *p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	g = guard_copy(copy, strlen(copy));
	free(copy);
	return g;
}

/* Loads user.json and, when there is one, org.json. */
static int rig_load_both(const char *user, const char *organisation, struct policy *policy)
{
	struct guard u = rig_text(user), o = rig_text(organisation ? organisation : "");
	const struct policy_source first = {.name = "user.json", .text = rd_of(u.p, u.n)};
	const struct policy_source second = {
	        .name = "org.json", .folder = "/etc/org", .text = rd_of(o.p, o.n)};
	FILE *errors;
	int status;

	memset(rig_complaints, 0, sizeof(rig_complaints));
	errors = fmemopen(rig_complaints, sizeof(rig_complaints) - 1, "w");
	status = policy_load(&first, organisation ? &second : NULL, errors, policy);
	fclose(errors);
	guard_free(&u);
	guard_free(&o);
	return status;
}

static inline void rig_taken(const char *text, struct policy *policy)
{
	if (rig_load_both(text, NULL, policy) != EXITS_OK)
		fail_msg("%s\n%s", text, rig_complaints);
	assert_string_equal(rig_complaints, "");
}

static inline void rig_refused_both(const char *user, const char *organisation,
                                    const char *complaint)
{
	static const struct policy nothing;
	struct policy policy;

	assert_int_equal(rig_load_both(user, organisation, &policy), EXITS_POLICY);
	if (!strstr(rig_complaints, complaint))
		fail_msg("%s\nexpected %s\ngot %s", user, complaint, rig_complaints);
	assert_memory_equal(&policy, &nothing, sizeof(policy));
}

static inline void rig_refused(const char *text, const char *complaint)
{
	rig_refused_both(text, NULL, complaint);
}

#endif
