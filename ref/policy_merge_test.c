/* SPDX-License-Identifier: ISC */
/* policy_merge_test.c: what an organisation says holds, what it leaves open is the user's, and each
 * complaint names the file it is about. */
#include "ref/policy_load_rig.h"

#include "ref/policy_http.h"
#include "ref/policy_name.h"

#define ORG(text) "{'version':1" text "}"

static void load_both(const char *user, const char *organisation, struct policy *policy)
{
	if (rig_load_both(user, organisation, policy) != EXITS_OK)
		fail_msg("%s\n%s\n%s", user, organisation, rig_complaints);
	assert_string_equal(rig_complaints, "");
}

static void an_empty_one_changes_nothing(void **state)
{
	struct policy policy;

	(void)state;
	load_both(RIG_HEAD ",'mtu':1400" RIG_TLS ",'domains':{'default':'allow'}}", ORG(), &policy);
	assert_int_equal(policy.mtu, 1400);
	assert_true(policy.web.default_allow);
	policy_free(&policy);
}

static void what_it_says_replaces_what_the_user_says(void **state)
{
	struct policy policy;

	(void)state;
	load_both(
	        RIG_MODE("conntrack") ",'mtu':1400,'tcp_denied':'reset','limits':{'flows':5,'tcp':"
	                              "6},"
	                              "'allow':[{'id':'u','proto':'udp','ip':'1.2.3.4','port':1}],"
	                              "'benign':['arp']}",
	        ORG(",'mode':'filtered','mtu':1280,'limits':{'tcp':7},'benign':['nd'],"
	            "'allow':[{'id':'o','proto':'udp','ip':'1.2.3.5','port':2}]"),
	        &policy);
	assert_int_equal(policy.mode, POLICY_FILTERED);
	assert_int_equal(policy.mtu, 1280);
	assert_true(policy.reset_denied_tcp);
	assert_int_equal(policy.flows_max, 5); /* the members of an object one by one */
	assert_int_equal(policy.tcp_max, 7);
	assert_int_equal(policy.benign, POLICY_BENIGN_ND); /* an array is one field */
	assert_int_equal(policy.rule_count, 1);
	assert_string_equal(policy.rules[0].id, "o");
	policy_free(&policy);
}

static void the_user_may_leave_out_what_it_says(void **state)
{
	struct policy policy;

	(void)state;
	load_both("{'version':1,'mode':'filtered'}", ORG("," RIG_VM), &policy);
	assert_int_equal(policy.vm_ip, 0xc0a86402);
	policy_free(&policy);
	load_both(RIG_HEAD ",'tls':{'mode':'mitm'}}", ORG(",'tls':{'ca_cert':'c','ca_key':'/k'}"),
	          &policy);
	assert_string_equal(policy.web.ca_cert, "/etc/org/c"); /* from its own folder */
	assert_string_equal(policy.web.ca_key, "/k");
	policy_free(&policy);
	load_both(RIG_HEAD ",'tls':{'mode':'splice','upstream_ca':'u'}}",
	          ORG(",'tls':{'mode':'mitm','ca_cert':'c','ca_key':'k'}"), &policy);
	assert_string_equal(policy.web.upstream_ca, "u");
	assert_int_equal(policy.web.tls, POLICY_TLS_MITM);
	policy_free(&policy);
}

static bool allows(const struct policy *policy, const char *name)
{
	return policy_name_decide(&policy->web, name, NULL) == NAME_ALLOWED;
}

static void an_allow_list_of_names_is_not_widened(void **state)
{
	static const char user[] = RIG_HEAD RIG_TLS
	        ",'domains':{'default':'allow','allow':['u.test'],'block':['b.test']}}";
	struct policy policy;

	(void)state;
	load_both(user, ORG(",'domains':{'allow':['o.test','b.test']}"), &policy);
	assert_true(allows(&policy, "o.test"));
	assert_false(allows(&policy, "u.test"));
	assert_false(allows(&policy, "x.test")); /* nor by a default */
	assert_false(allows(&policy, "b.test")); /* but it may be narrowed */
	assert_false(policy.web.names[1].organisation);
	assert_true(policy.web.names[2].organisation);
	policy_free(&policy);
	load_both(user, ORG(",'domains':{'allow':['o.test'],'default':'allow'}"), &policy);
	assert_true(allows(&policy, "x.test"));
	policy_free(&policy);
	load_both(user, ORG(",'domains':{'default':'deny'}"), &policy);
	assert_true(allows(&policy, "u.test"));
	assert_false(allows(&policy, "x.test"));
	policy_free(&policy);
}

static void blocks_are_united_and_its_own_hold(void **state)
{
	static const char user[] = RIG_HEAD RIG_TLS
	        ",'domains':{'default':'allow','allow':['a.bad.test','a.evil.test'],"
	        "'block':['evil.test','u.test']}}";
	const struct policy_name *entry;
	struct policy policy;

	(void)state;
	load_both(user, ORG(",'domains':{'block':['bad.test','u.test','o.test']}"), &policy);
	assert_false(allows(&policy, "bad.test"));
	assert_false(allows(&policy, "a.bad.test"));
	assert_false(allows(&policy, "o.test"));
	assert_false(allows(&policy, "evil.test"));
	assert_true(allows(&policy, "a.evil.test")); /* the user may open what the user blocks */
	assert_true(allows(&policy, "x.test"));
	policy_name_decide(&policy.web, "o.test", &entry);
	assert_true(entry->organisation);
	assert_int_equal(entry->index, 2);
	policy_name_decide(&policy.web, "evil.test", &entry);
	assert_false(entry->organisation);
	assert_int_equal(entry->index, 0);
	policy_name_decide(&policy.web, "u.test", &entry);
	assert_true(entry->organisation);
	assert_int_equal(entry->index, 1);
	policy_free(&policy);
	load_both(RIG_HEAD RIG_TLS "}", ORG(",'domains':{'block':['bad.test']}"), &policy);
	assert_int_equal(policy.web.name_count, 1);
	assert_true(policy.web.names[0].organisation);
	policy_free(&policy);
}

static bool allows_request(const struct policy *policy, const char *host, const char *method)
{
	return policy_http_decide(&policy->web, host, rd_of(method, strlen(method)), rd_of("/", 1),
	                          NULL);
}

#define HTTP_RULE(id, domain, method, action)                                                      \
	"{'id':'" id "','domain':'" domain "','methods':['" method "'],'action':'" action "'}"

static void rules_for_requests_narrow_each_other(void **state)
{
	static const char *const shapes[][2] = {
	        {",'http':[%s]", ",'http':[%s]"},
	        {",'http':{'rules':[%s]}", ",'http':[%s]"},
	        {",'http':[%s]", ",'http':{'rules':[%s]}"},
	        {",'http':{'rules':[%s],'body_max':5}", ",'http':{'rules':[%s],'body_max':6}"},
	};
	static const char users[] = HTTP_RULE("u", "a.test", "GET", "allow") "," HTTP_RULE(
	        "x", "b.test", "GET", "allow") "," HTTP_RULE("y", "c.test", "GET", "block");
	static const char ours[] = HTTP_RULE("u", "a.test", "PUT",
	                                     "allow") "," HTTP_RULE("z", "d.test", "GET", "block");

	(void)state;
	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		char user[2048], organisation[2048], part[1024];
		struct policy policy;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(part, sizeof(part), shapes[i][0], users);
		snprintf(user, sizeof(user), RIG_HEAD RIG_MITM ",'domains':{'default':'allow'}%s}",
		         part);
		snprintf(part, sizeof(part), shapes[i][1], ours);
#pragma GCC diagnostic pop
		snprintf(organisation, sizeof(organisation), "{'version':1%s}", part);
		load_both(user, organisation, &policy);
		assert_int_equal(policy.web.rule_count, 5);
		assert_false(
		        allows_request(&policy, "a.test", "GET")); /* not by the organisation */
		assert_false(allows_request(&policy, "a.test", "PUT")); /* not by the user */
		assert_true(allows_request(&policy, "b.test", "GET"));
		assert_false(allows_request(&policy, "b.test", "PUT"));
		assert_false(allows_request(&policy, "c.test", "GET"));
		assert_false(allows_request(&policy, "d.test", "GET"));
		assert_true(allows_request(&policy, "d.test", "PUT"));
		assert_string_equal(policy.web.rules[0].domain, "a.test");
		assert_true(policy.web.rules[0].organisation);
		assert_int_equal(policy.web.rules[0].index, 0);
		assert_false(policy.web.rules[1].organisation);
		assert_int_equal(policy.web.rules[1].index, 0);
		assert_int_equal(policy.web.rules[2].index, 1);
		assert_int_equal(policy.web.body_max, i == 3 ? 6 : 0);
		policy_free(&policy);
	}
}

static void hosts_are_one_field(void **state)
{
	static const char user[] = RIG_HEAD
	        ",'dns':{'mode':'synthetic','hosts':{'u':['1.2.3.4']}}}";
	struct policy policy;
	size_t count;

	(void)state;
	load_both(user, ORG(",'dns':{'hosts':{'o':['1.2.3.5']}}"), &policy);
	assert_null(policy_name_hosts(&policy.web, "u", &count));
	assert_non_null(policy_name_hosts(&policy.web, "o", &count));
	policy_free(&policy);
	load_both(user, ORG(",'dns':{'ttl_max_s':7}"), &policy);
	assert_non_null(policy_name_hosts(&policy.web, "u", &count));
	assert_int_equal(policy.web.ttl_max_s, 7);
	policy_free(&policy);
}

static void the_users_names_are_no_exception_from_its_mode(void **state)
{
	static const char user[] = RIG_HEAD RIG_MITM
	        ",'domains':{'allow':[{'name':'pin.test','tls':'splice'}]}}";
	struct policy policy;

	(void)state;
	load_both(user, ORG(",'tls':{'mode':'mitm'}"), &policy);
	assert_false(policy_name_splices(&policy.web, &policy.web.names[0]));
	policy_free(&policy);
	load_both(user, ORG(",'tls':{'ports':[443]}"), &policy);
	assert_true(policy_name_splices(&policy.web, &policy.web.names[0]));
	policy_free(&policy);
	load_both(user,
	          ORG(",'tls':{'mode':'mitm'},'domains':{'allow':[{'name':'pin.test','tls':"
	              "'splice'}]}"),
	          &policy);
	assert_true(policy_name_splices(&policy.web, &policy.web.names[0]));
	policy_free(&policy);
}

static void a_malformed_one_refuses_by_its_own_name(void **state)
{
	static const struct {
		const char *organisation, *complaint;
	} rows[] = {
	        {"", "org.json:1:"},
	        {"{'version':1", "org.json:1:"},
	        {"[]", "org.json:1:1: $: must be an object"},
	        {"{}", "org.json:1:1: $: key \"version\" is missing"},
	        {ORG(",'x':1"), "org.json:1:14: $.x: unknown key"},
	        {ORG(",'mode':'open'"), "org.json:1:21: $.mode: must be one of"},
	        {ORG(",\n'domains':{'block':['a..b']}"),
	         "org.json:2:21: $.domains.block[0]: has nothing before"},
	        {ORG(",'domains':{'block':'a'}"),
	         "org.json:1:33: $.domains.block: must be an array"},
	        {ORG(",'http':[{'id':'r'}]"),
	         "org.json:1:22: $.http[0]: key \"domain\" is missing"},
	        {ORG(",'domains':{'block':['a','A']}"),
	         "org.json:1:38: $.domains.block[1]: a is in"},
	        {ORG(",'allow':{}"), "org.json:1:22: $.allow: must be an array"},
	        {ORG(",'version':1"), "org.json:1:"},
	        {ORG(",'tls':1"), "org.json:1:20: $.tls: must be an object"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		rig_refused_both(RIG_HEAD "}", rows[i].organisation, rows[i].complaint);
	/* It comes first. */
	rig_refused_both("{", "{", "org.json:1:");
	assert_null(strstr(rig_complaints, "user.json"));
}

static void the_users_is_read_whole_even_where_it_does_not_count(void **state)
{
	(void)state;
	rig_refused_both(RIG_HEAD ",'mtu':1}", ORG(",'mtu':1500"), "user.json:1:");
	rig_refused_both(RIG_HEAD ",'domains':{'allow':['a b']}}", ORG(",'domains':{'allow':[]}"),
	                 "user.json:1:135: $.domains.allow[0]: has a character");
	rig_refused_both("{'version':1," RIG_VM "}", ORG(),
	                 "user.json:1:1: $: key \"mode\" is missing");
	rig_refused_both("{'mode':'filtered'," RIG_VM "}", ORG(),
	                 "user.json:1:1: $: key \"version\"");
	rig_refused_both("[]", ORG(), "user.json:1:1: $: must be an object");
	rig_refused_both("", ORG(), "user.json:1:");
}

/* What only both together say wrong is told at the file and place of what it is about. */
static void complaints_about_both_name_the_right_file(void **state)
{
	static const struct {
		const char *user, *organisation, *complaint;
	} rows[] = {
	        {RIG_HEAD ",\n'allow':[{'id':'a','proto':'tcp','ip':'1.2.3.4','port':443}]}",
	         ORG(RIG_TLS), "user.json:2:10: $.allow[0]: port 443 belongs to tls"},
	        {RIG_HEAD RIG_TLS "}",
	         ORG(",\n'allow':[{'id':'a','proto':'tcp','ip':'1.2.3.4','port':443}]"),
	         "org.json:2:10: $.allow[0]: port 443 belongs to tls"},
	        {RIG_MODE("direct") "}", ORG(RIG_TLS),
	         "org.json:1:28: $.tls.mode: not every frame"},
	        {RIG_HEAD RIG_TLS "}", ORG(",'mode':'direct'"), "user.json:1:129: $.tls.mode: not"},
	        {RIG_HEAD "}", ORG(",'domains':{'block':['a']}"),
	         "org.json:1:24: $.domains: nothing"},
	        {RIG_HEAD RIG_MITM ",'domains':{'block':['a']},'http':{'rules':["
	                           "{'id':'r','domain':'a','action':'allow'}]}}",
	         ORG(",'http':[{'id':'r','domain':'a','action':'allow'}],'domains':{'block':['b']"
	             "}"),
	         "user.json:1:207: $.http.rules[0]: decides nothing"},
	        {RIG_HEAD RIG_MITM ",'http':{'rules':[{'id':'r','domain':'b','action':'allow'}]}}",
	         ORG(",'http':[{'id':'r','domain':'a','action':'allow'},"
	             "{'id':'s','domain':'b','action':'allow'}],'domains':{'block':['b']}"),
	         "org.json:1:63: $.http[1]: decides nothing"},
	};
	struct policy policy;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		rig_refused_both(rows[i].user, rows[i].organisation, rows[i].complaint);
	/* A rule of one file for what the other one blocks is no mistake. */
	load_both(RIG_HEAD RIG_MITM ",'http':[{'id':'r','domain':'b','action':'allow'}]}",
	          ORG(",'domains':{'block':['b']}"), &policy);
	policy_free(&policy);
	/* Nor are a name or an id in both. */
	load_both(
	        RIG_HEAD RIG_MITM ",'domains':{'block':['b']},"
	                          "'http':[{'id':'r','domain':'c','action':'allow'}]}",
	        ORG(",'domains':{'block':['b']},'http':[{'id':'r','domain':'c','action':'allow'}]"),
	        &policy);
	policy_free(&policy);
}

static void every_truncation_of_it_is_refused(void **state)
{
	static const char whole[] = ORG(",'domains':{'block':['a.test']},'http':[]" RIG_TLS);
	struct policy policy;

	(void)state;
	for (size_t n = 0; n < sizeof(whole) - 1; n++) {
		char cut[sizeof(whole)] = "";

		memcpy(cut, whole, n);
		assert_int_equal(rig_load_both(RIG_HEAD "}", cut, &policy), EXITS_POLICY);
		assert_non_null(strstr(rig_complaints, "org.json:"));
	}
	load_both(RIG_HEAD "}", whole, &policy);
	policy_free(&policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_empty_one_changes_nothing),
	        cmocka_unit_test(what_it_says_replaces_what_the_user_says),
	        cmocka_unit_test(the_user_may_leave_out_what_it_says),
	        cmocka_unit_test(an_allow_list_of_names_is_not_widened),
	        cmocka_unit_test(blocks_are_united_and_its_own_hold),
	        cmocka_unit_test(rules_for_requests_narrow_each_other),
	        cmocka_unit_test(hosts_are_one_field),
	        cmocka_unit_test(the_users_names_are_no_exception_from_its_mode),
	        cmocka_unit_test(a_malformed_one_refuses_by_its_own_name),
	        cmocka_unit_test(the_users_is_read_whole_even_where_it_does_not_count),
	        cmocka_unit_test(complaints_about_both_name_the_right_file),
	        cmocka_unit_test(every_truncation_of_it_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
