/* SPDX-License-Identifier: ISC */
/* policy_explain_test.c: every stage says what decides there, with file and place. */
#include "ref/policy_load_rig.h"

#include "ref/policy_explain.h"

static const char user[] = RIG_HEAD
        ",\n'allow':[{'id':'x','proto':'udp','ip':'99.0.0.9','port':22},\n"
        "{'id':'ssh','proto':'tcp','ip':'99.0.0.9','port':22}],\n"
        "'dns':{'mode':'forward','upstream':'9.9.9.9:53','hosts':{'ok.test':['99.0.0.10',"
        "'99.0.0.11'],'ssh.test':['99.0.0.9']}},\n"
        "'domains':{'default':'deny','allow':['ok.test','*.wild.test',{'name':'pin.test','tls':"
        "'splice'},'a_b.test','api.test'],'block':['bad.wild.test']},\n"
        "'tls':{'mode':'mitm','ca_cert':'c','ca_key':'k'},\n"
        "'http':[{'id':'read','domain':'api.test','methods':['GET'],'path':'/v1/*',"
        "'action':'allow','upgrade':'websocket'}]}";
static const char organisation[] = "{'version':1,\n'domains':{'block':['no.wild.test']},\n"
                                   "'http':{'rules':[{'id':'no-admin','domain':'*.test',"
                                   "'path':'/admin*','action':'block'}]}}";

static const char *organisations = organisation; /* what the next one has */
static char said[4096];

/* Explains one request under both policies, or the user's alone. */
static int explain(const char *text, bool both, const char *method, const char *url)
{
	struct guard u = rig_text(text), o = rig_text(organisations);
	const struct policy_files files = {
	        .user.source = {.name = "u.json", .text = rd_of(u.p, u.n)},
	        .organisation.source = {.name = "o.json", .text = rd_of(o.p, o.n)},
	        .has_organisation = both,
	};
	struct policy policy;
	FILE *out;
	int status;

	assert_int_equal(
	        policy_load(&files.user.source, policy_files_organisation(&files), stderr, &policy),
	        EXITS_OK);
	memset(said, 0, sizeof(said));
	out = fmemopen(said, sizeof(said) - 1, "w");
	status = policy_explain(&files, &policy, method, url, out);
	fclose(out);
	policy_free(&policy);
	guard_free(&u);
	guard_free(&o);
	return status;
}

struct row {
	const char *method, *url;
	int status;
	const char *said[4]; /* each of them */
};

static void check_rows(const char *text, bool both, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const int status = explain(text, both, rows[i].method, rows[i].url);

		if (status != rows[i].status)
			fail_msg("%s %s: %d\n%s", rows[i].method, rows[i].url, status, said);
		for (size_t k = 0; k < 4 && rows[i].said[k]; k++)
			if (!strstr(said, rows[i].said[k]))
				fail_msg("%s %s: no \"%s\" in\n%s", rows[i].method, rows[i].url,
				         rows[i].said[k], said);
		assert_int_equal(strstr(said, "\nALLOWED\n") != NULL, !rows[i].status);
		assert_int_equal(strstr(said, "\nDENIED   ") != NULL, rows[i].status == 1);
	}
}
#define CHECK_ROWS(text, both, rows) check_rows(text, both, rows, sizeof(rows) / sizeof((rows)[0]))

static void every_stage_names_what_decides_there(void **state)
{
	static const struct row rows[] = {
	        {"GET",
	         "https://api.test/v1/x",
	         0,
	         {"name     api.test: allowed by api.test, u.json:5:108 $.domains.allow[4]\n",
	          "dns      the resolver 9.9.9.9:53 is asked, u.json:4:15 $.dns.mode\n",
	          "tls      ends here, requests are looked at, u.json:6:15 $.tls.mode\n",
	          "request  GET /v1/x: allowed by rule read, u.json:7:9 $.http[0]\n"}},
	        {"GET", "HTTPS://API.test./v1/%78?q#f", 0, {"websocket", "GET /v1/x: allowed"}},
	        {"PUT",
	         "https://api.test/v1/x",
	         1,
	         {"PUT /v1/x: denied by default: rules allow", "DENIED   request-denied"}},
	        {"GET",
	         "https://x.wild.test/admin",
	         1,
	         {"allowed by *.wild.test, u.json:5:",
	          "denied by rule no-admin, o.json:3:18 $.http.rules[0]"}},
	        {"GET",
	         "http://no.wild.test/",
	         1,
	         {"denied by no.wild.test, o.json:2:21 $.domains.block[0]",
	          "DENIED   name-denied"}},
	        {"GET", "http://bad.wild.test/", 1, {"u.json:5:129 $.domains.block[0]"}},
	        {"GET",
	         "http://other.test",
	         1,
	         {"denied by the default, u.json:5:22 $.domains.default", "DENIED   name-denied"}},
	        {"GET",
	         "http://ok.test",
	         0,
	         {"dns      99.0.0.10 99.0.0.11, u.json:4:", "80 belongs to http",
	          "GET /: allowed by the name: no rule"}},
	        {"POST",
	         "https://pin.test/admin",
	         0,
	         {"tls      passes as it is, requests are not looked at (the entry above says "
	          "so)"}},
	        {"POST",
	         "https://a_b.test/",
	         1,
	         {"no server can be called", "DENIED   tls-malformed"}},
	        {"POST", "http://a_b.test/", 0, {"ALLOWED"}},
	        {"GET", "http://ok.test:443/", 1, {"where plain http is not understood"}},
	        {"GET", "https://ok.test:80/", 1, {"where tls is not understood"}},
	        {"GET", "https://1.2.3.4/", 1, {"an address is no name", "DENIED   name-denied"}},
	        {"GET", "http://0x7f.1/", 1, {"an address is no name", "DENIED   name-denied"}},
	        {"get",
	         "http://ok.test/",
	         1,
	         {"malformed: method-case", "DENIED   http-malformed"}},
	        {"GET", "http://ok.test/a/../b", 1, {"malformed: path-dots"}},
	        {"GET", "http://u@ok.test/", 1, {"malformed: host-userinfo"}},
	        {"G T", "http://ok.test/", 1, {"malformed: "}},
	        {"GET",
	         "http://ssh.test:22/",
	         0,
	         {"22 belongs to neither tls nor http",
	          "tcp 99.0.0.9:22: allowed by ssh, u.json:3:1 $.allow[1]"}},
	        {"GET", "http://99.0.0.9:22/", 0, {"allowed by ssh"}},
	        {"GET",
	         "http://99.0.0.9:23/",
	         1,
	         {"no entry of $.allow has it", "DENIED   not-allowed"}},
	        {"GET", "http://ok.test:22/", 1, {"99.0.0.10:22: no entry of $.allow has it"}},
	        {"GET", "http://nobody.test:22/", 1, {"not known here"}},
	};

	(void)state;
	CHECK_ROWS(user, true, rows);
}

static void without_an_organisation_the_users_decides(void **state)
{
	static const struct row rows[] = {
	        {"GET", "https://x.wild.test/admin", 0, {"allowed by the name"}},
	        {"GET", "http://no.wild.test/", 0, {"allowed by *.wild.test"}},
	};

	(void)state;
	CHECK_ROWS(user, false, rows);
}

static void modes_that_look_at_less_say_so(void **state)
{
	static const char splice[] = RIG_HEAD RIG_TLS
	        ",'domains':{'default':'allow'},'dns':{'mode':'off',"
	        "'hosts':{'ok.test':['1.2.3.4']}}}";
	static const char object[] = RIG_HEAD RIG_MITM
	        ",'domains':{'default':'allow'},'dns':{'mode':'synthetic'},"
	        "'http':{'rules':[{'id':'r','domain':'a','action':'allow'}]}}";
	static const char direct[] = RIG_MODE("direct") "}";
	static const struct row spliced[] = {
	        {"GET",
	         "https://ok.test/",
	         0,
	         {"passes as it is, requests are not looked at, u.json:1:",
	          "the guest itself gets"}},
	        {"GET",
	         "https://no.test/",
	         1,
	         {"no address among the hosts, and no resolver", "DENIED   name-unknown"}},
	};
	static const struct row objects[] = {{"GET", "https://no.test/", 1, {"name-unknown"}}};
	static const struct row directs[] = {
	        {"GET", "http://1.2.3.4/", 0, {"not looked at in mode direct"}},
	        {"GET", "http://127.0.0.1/", 1, {"DENIED   not-allowed"}},
	        {"GET", "http://a.test/", 1, {"not known here"}},
	};

	(void)state;
	CHECK_ROWS(splice, false, spliced);
	CHECK_ROWS(object, false, objects);
	CHECK_ROWS(direct, false, directs);
}

static void a_default_that_the_organisations_list_closes_is_not_told(void **state)
{
	static const char text[] = RIG_HEAD RIG_TLS
	        ",'domains':{'default':'allow'},'dns':{'mode':'synthetic',"
	        "'hosts':{'ok.test':['1.2.3.4']}}}";

	(void)state;
	organisations = "{'version':1,'domains':{'allow':['a.test']}}";
	assert_int_equal(explain(text, true, "GET", "https://ok.test/"), POLICY_EXPLAIN_DENIED);
	assert_non_null(strstr(said, "denied by a list that leaves it out, o.json:1:33 "
	                             "$.domains.allow\n"));
	organisations = "{'version':1,'domains':{'allow':['a.test'],'default':'allow'}}";
	assert_int_equal(explain(text, true, "GET", "https://ok.test/"), EXITS_OK);
	assert_non_null(strstr(said, "allowed by the default, o.json:1:54 $.domains.default\n"));
	organisations = organisation;
}

static void what_nobody_wrote_is_by_default(void **state)
{
	static const char text[] = RIG_HEAD RIG_TLS ",'dns':{'mode':'synthetic'}}";

	(void)state;
	assert_int_equal(explain(text, false, "GET", "https://a.test/"), 1);
	assert_non_null(strstr(said, "denied by the default, by default ($.domains.default)"));
}

static void what_is_no_url_is_not_answered(void **state)
{
	static const char *const urls[] = {
	        "",         "ok.test",    "ftp://ok.test/", "http:/ok.test",
	        "http:///", "https://?a", "http//ok.test"};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		assert_int_equal(explain(user, false, "GET", urls[i]), EXITS_USAGE);
		assert_string_equal(said, "");
	}
}

static void a_target_as_long_as_a_head_is_malformed(void **state)
{
	static char url[40000] = "http://ok.test/";

	(void)state;
	memset(url + strlen(url), 'a', sizeof(url) - strlen(url) - 1);
	assert_int_equal(explain(user, false, "GET", url), POLICY_EXPLAIN_DENIED);
	assert_int_equal(strncmp(said, "GET http://ok.test/aaa", 22), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_stage_names_what_decides_there),
	        cmocka_unit_test(without_an_organisation_the_users_decides),
	        cmocka_unit_test(modes_that_look_at_less_say_so),
	        cmocka_unit_test(a_default_that_the_organisations_list_closes_is_not_told),
	        cmocka_unit_test(what_nobody_wrote_is_by_default),
	        cmocka_unit_test(what_is_no_url_is_not_answered),
	        cmocka_unit_test(a_target_as_long_as_a_head_is_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
