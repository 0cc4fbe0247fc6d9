/* SPDX-License-Identifier: ISC */
/* policy_load_web_test.c: what a policy may say of DNS, TLS and HTTP, and of several of them. */
#include "ref/policy_load_rig.h"

#include "ref/policy_name.h"

struct refusal {
	const char *text, *complaint;
};

static void check_refusals(const struct refusal *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rig_refused(rows[i].text, rows[i].complaint);
}
#define CHECK_REFUSALS(rows) check_refusals(rows, sizeof(rows) / sizeof((rows)[0]))

static void all_of_it_is_read(void **state)
{
	static const char text[] = RIG_HEAD
	        ",'dns':{'mode':'forward','upstream':'9.9.9.9:5353','ttl_max_s':60,"
	        "'hosts':{'B.test':['10.0.0.2','10.0.0.1'],'a.test.':['99.0.0.1']}},"
	        "'domains':{'default':'allow','allow':['OK.test','*.wild.test.',{'name':'pin.test',"
	        "'tls':'splice'},{'name':'*.plain.test'}],'block':['bad.wild.test','*.b_d.test']},"
	        "'tls':{'mode':'mitm','ports':[8443,443],'ca_cert':'ca.pem','ca_key':'/k/ca.key',"
	        "'upstream_ca':'store.pem'},"
	        "'http':{'ports':[8080,80],'head_timeout_s':5,'idle_timeout_s':6,'body_max':7,"
	        "'rules':[{'id':'r','domain':'*.API.test','methods':['GET','M-SEARCH'],'path':'/v1/"
	        "*',"
	        "'action':'allow','upgrade':'websocket'},"
	        "{'id':'s','domain':'api.test','path':'/%61dmin','action':'block'}]}}";
	struct policy policy;
	const struct policy_web *web = &policy.web;
	const struct policy_name *entry;
	size_t count;

	(void)state;
	rig_taken(text, &policy);
	assert_int_equal(web->dns, POLICY_DNS_FORWARD);
	assert_int_equal(web->resolver_ip, 0x09090909);
	assert_int_equal(web->resolver_port, 5353);
	assert_int_equal(web->ttl_max_s, 60);
	assert_int_equal(policy_name_hosts(web, "b.test", &count)[0].ip, 0x0a000001);
	assert_int_equal(count, 2);
	assert_int_equal(policy_name_hosts(web, "a.test", &count)[0].ip, 0x63000001);
	assert_int_equal(web->host_count, 3);
	assert_true(web->default_allow);
	assert_int_equal(web->name_count, 6);
	assert_int_equal(policy_name_decide(web, "ok.test", &entry), NAME_ALLOWED);
	assert_string_equal(entry->name, "ok.test");
	assert_int_equal(entry->index, 0);
	assert_int_equal(policy_name_decide(web, "a.wild.test", &entry), NAME_ALLOWED);
	assert_int_equal(entry->index, 1);
	assert_false(policy_name_splices(web, entry));
	assert_int_equal(policy_name_decide(web, "pin.test", &entry), NAME_ALLOWED);
	assert_true(policy_name_splices(web, entry));
	assert_int_equal(policy_name_decide(web, "x.plain.test", &entry), NAME_ALLOWED);
	assert_int_equal(entry->index, 3);
	assert_int_equal(policy_name_decide(web, "bad.wild.test", &entry), NAME_DENIED);
	assert_int_equal(entry->index, 0);
	assert_int_equal(policy_name_decide(web, "a.b_d.test", &entry), NAME_DENIED);
	assert_int_equal(entry->index, 1);
	assert_int_equal(web->tls, POLICY_TLS_MITM);
	assert_int_equal(web->tls_port_count, 2);
	assert_int_equal(web->tls_ports[0], 443);
	assert_int_equal(web->tls_ports[1], 8443);
	assert_string_equal(web->ca_cert, "ca.pem");
	assert_string_equal(web->ca_key, "/k/ca.key");
	assert_string_equal(web->upstream_ca, "store.pem");
	assert_int_equal(web->http_port_count, 2);
	assert_int_equal(web->http_ports[0], 80);
	assert_int_equal(web->head_timeout_s, 5);
	assert_int_equal(web->idle_timeout_s, 6);
	assert_int_equal(web->body_max, 7);
	assert_int_equal(web->rule_count, 2);
	assert_string_equal(web->rules[0].id, "s"); /* a plain name stands in front of a wildcard */
	assert_int_equal(web->rules[0].index, 1);
	assert_string_equal(web->rules[0].path, "/admin");
	assert_false(web->rules[0].prefix);
	assert_true(web->rules[0].block);
	assert_int_equal(web->rules[0].method_count, 0);
	assert_string_equal(web->rules[1].domain, "api.test");
	assert_true(web->rules[1].below);
	assert_true(web->rules[1].websocket);
	assert_int_equal(web->rules[1].method_count, 2);
	assert_string_equal(web->rules[1].methods[1], "M-SEARCH");
	assert_string_equal(web->rules[1].path, "/v1/");
	assert_true(web->rules[1].prefix);
	policy_free(&policy);
}

static void what_is_left_out_has_its_value(void **state)
{
	struct policy policy;

	(void)state;
	rig_taken(RIG_HEAD "}", &policy);
	assert_int_equal(policy.web.dns, POLICY_DNS_OFF);
	assert_int_equal(policy.web.tls, POLICY_TLS_OFF);
	assert_int_equal(policy.web.http_port_count, 0);
	assert_false(policy.web.default_allow);
	assert_int_equal(policy.web.ttl_max_s, 300);
	assert_int_equal(policy.web.head_timeout_s, 10);
	assert_int_equal(policy.web.idle_timeout_s, 60);
	assert_int_equal(policy.web.body_max, 0);
	assert_false(policy_needs_gate(&policy));
	policy_free(&policy);
	rig_taken(RIG_HEAD ",'http':[],'domains':{},'dns':{'mode':'off'},'tls':{'mode':'off'}}",
	          &policy);
	assert_false(policy_needs_gate(&policy));
	policy_free(&policy);
	rig_taken(RIG_HEAD RIG_TLS "}", &policy);
	assert_int_equal(policy.web.tls_port_count, 1);
	assert_int_equal(policy.web.tls_ports[0], 443);
	assert_int_equal(policy.web.http_port_count, 1);
	assert_int_equal(policy.web.http_ports[0], 80);
	policy_free(&policy);
	rig_taken(RIG_HEAD ",'http':{}}", &policy);
	assert_int_equal(policy.web.http_port_count, 1);
	policy_free(&policy);
	rig_taken(RIG_HEAD RIG_TLS ",'http':{'ports':[]}}", &policy);
	assert_int_equal(policy.web.http_port_count, 0);
	policy_free(&policy);
	rig_taken(RIG_HEAD RIG_MITM ",'http':[{'id':'r','domain':'a','action':'allow'}]}", &policy);
	assert_int_equal(policy.web.http_port_count, 1);
	assert_string_equal(policy.web.rules[0].path, "");
	assert_true(policy.web.rules[0].prefix);
	policy_free(&policy);
}

static void numbers_files_and_addresses_have_their_limits(void **state)
{
	static const struct refusal rows[] = {
	        {RIG_HEAD ",'dns':{'mode':'on'}}", "$.dns.mode: must be one of: off, synthetic"},
	        {RIG_HEAD ",'dns':{}}", "$.dns: key \"mode\" is missing"},
	        {RIG_HEAD ",'tls':{'ports':[443]}}", "$.tls: key \"mode\" is missing"},
	        {RIG_HEAD ",'dns':{'mode':'off','limits':{}}}", "$.dns.limits: unknown key"},
	        {RIG_HEAD ",\n'dns':{'mode':'off','ttl_max_s':0}}",
	         "user.json:2:33: $.dns.ttl_max_s: time 0 is not in 1..86400"},
	        {RIG_HEAD ",'dns':{'mode':'off','ttl_max_s':86401}}", "time 86401"},
	        {RIG_HEAD ",'http':{'head_timeout_s':0}}", "$.http.head_timeout_s: time 0"},
	        {RIG_HEAD ",'http':{'head_timeout_s':86401}}", "$.http.head_timeout_s: time"},
	        {RIG_HEAD ",'http':{'idle_timeout_s':0}}", "$.http.idle_timeout_s: time 0"},
	        {RIG_HEAD ",'http':{'idle_timeout_s':86401}}", "$.http.idle_timeout_s: time"},
	        {RIG_HEAD ",'http':{'body_max':-1}}", "$.http.body_max: size -1 is not in 0.."},
	        {RIG_HEAD ",'http':{'body_max':9007199254740993}}", "$.http.body_max: size"},
	        {RIG_HEAD ",'http':{'body_max':'1'}}", "$.http.body_max: must be an integer"},
	        {RIG_HEAD ",'http':{'limit':1}}", "$.http.limit: unknown key"},
	        {RIG_HEAD ",'http':'off'}", "$.http: must be an object, or an array of rules"},
	        {RIG_HEAD ",'tls':{'mode':'splice','ca_cert':''}}",
	         "$.tls.ca_cert: must be the name"},
	        {RIG_HEAD ",'tls':{'mode':'splice','ca_key':1}}", "$.tls.ca_key: must be a string"},
	        {RIG_HEAD ",'tls':{'mode':'splice','upstream_ca':''}}",
	         "$.tls.upstream_ca: must be"},
	        {RIG_HEAD ",'tls':{'mode':'splice','ports':443}}", "$.tls.ports: must be an array"},
	        {RIG_HEAD ",'tls':{'mode':'splice','ports':[0]}}", "$.tls.ports[0]: port 0"},
	        {RIG_HEAD ",'tls':{'mode':'splice','ports':[443,65536]}}",
	         "$.tls.ports[1]: port 65536"},
	        {RIG_HEAD ",'tls':{'mode':'splice','ports':[443,1,443]}}",
	         "$.tls.ports[2]: port 443 is in the list already"},
	        {RIG_HEAD ",'http':{'ports':[1,2,3,4,5,6,7,8,9]}}", "array of at most 8 ports"},
	};

	(void)state;
	CHECK_REFUSALS(rows);
}

static void the_resolver_is_another_machine_and_a_port(void **state)
{
	static const char *const endpoints[] = {
	        "9.9.9.9",          "9.9.9.9:",
	        "9.9.9.9:0",        "9.9.9.9:053",
	        "9.9.9.9:65536",    "9.9.9.9:53 ",
	        "9.9.9.9:5x",       ":53",
	        "09.9.9.9:53",      "dns.test:53",
	        "[::1]:53",         "127.0.0.1:53",
	        "192.168.100.1:53", "192.168.100.2:53",
	        "224.0.0.1:53",     "0.0.0.0:53",
	        "9.9.9.9:-53",      "9.9.9.9:+53",
	        "9.9.9.9.9:53",     "255.255.255.2555:53",
	        "9.9.9.9: 53",      "9.9.9.9:1e1",
	        "9.9.9.9:99999",    "9.9.9.9:18446744073709551669",
	};
	struct policy policy;

	(void)state;
	for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), RIG_HEAD ",'dns':{'mode':'forward','upstream':'%s'}}",
		         endpoints[i]);
		rig_refused(text, "$.dns.upstream: ");
	}
	rig_taken(RIG_HEAD ",'dns':{'mode':'forward','upstream':'192.168.100.3:65535'}}", &policy);
	assert_int_equal(policy.web.resolver_port, 65535);
	policy_free(&policy);
}

static void modes_that_need_something_say_what(void **state)
{
	static const struct refusal rows[] = {
	        {RIG_HEAD ",\n'dns':{'mode':'forward'}}",
	         "user.json:2:7: $.dns: key \"upstream\" is missing"},
	        {RIG_HEAD ",'tls':{'mode':'mitm'}}", "$.tls: keys \"ca_cert\" and \"ca_key\""},
	        {RIG_HEAD ",'tls':{'mode':'mitm','ca_cert':'c'}}", "$.tls: keys \"ca_cert\""},
	        {RIG_HEAD ",'tls':{'mode':'mitm','ca_key':'c'}}", "$.tls: keys \"ca_cert\""},
	        {RIG_HEAD ",'tls':{'mode':'splice','ports':[]}}", "$.tls.ports: without a port"},
	};
	struct policy policy;

	(void)state;
	CHECK_REFUSALS(rows);
	rig_taken(RIG_HEAD ",'tls':{'mode':'off','ports':[]}}", &policy);
	policy_free(&policy);
	rig_taken(RIG_HEAD ",'dns':{'mode':'synthetic'}}", &policy);
	policy_free(&policy);
}

static void what_would_not_be_enforced_is_refused(void **state)
{
	static const struct refusal rows[] = {
	        {RIG_MODE("direct") ",'dns':{'mode':'synthetic'}}", "$.dns.mode: not every frame"},
	        {RIG_MODE("direct") RIG_TLS "}", "$.tls.mode: not every frame is checked"},
	        {RIG_MODE("direct") ",'http':{}}", "$.http: not every frame is checked"},
	        {RIG_MODE("sampled") ",'sampling_rate':1" RIG_TLS "}", "$.tls.mode: not every"},
	        {RIG_HEAD ",'domains':{'default':'allow'}}",
	         "$.domains: nothing would look at names"},
	        {RIG_HEAD ",'domains':{'allow':['a.test']}}", "$.domains: nothing would look"},
	        {RIG_HEAD ",'domains':{'block':['a.test']}}", "$.domains: nothing would look"},
	        {RIG_HEAD ",'http':[{'id':'r','domain':'a','action':'allow'}]}",
	         "$.http: nothing would look at requests"},
	        {RIG_HEAD RIG_TLS ",'http':{'ports':[],'rules':[{'id':'r','domain':'a','action':"
	                          "'allow'}]}}",
	         "$.http: nothing would look at requests"},
	        {RIG_HEAD RIG_TLS ",'allow':[{'id':'a','proto':'udp','ip':'1.2.3.4','port':443},\n"
	                          "{'id':'b','proto':'tcp','ip':'1.2.3.4','port':443}]}",
	         "user.json:2:1: $.allow[1]: port 443 belongs to tls or http"},
	        {RIG_HEAD RIG_TLS ",'allow':[{'id':'b','proto':'tcp','ip':'1.2.3.4','port':80}]}",
	         "$.allow[0]: port 80 belongs to tls or http"},
	        {RIG_HEAD ",'tls':{'mode':'splice','ports':[80]}}",
	         "$.http: one of its ports is a port of tls too"},
	        {RIG_HEAD RIG_TLS ",'http':{'ports':[80,443]}}",
	         "$.http.ports: one of its ports is a port of tls too"},
	};
	struct policy policy;

	(void)state;
	CHECK_REFUSALS(rows);
	rig_taken(RIG_MODE("conntrack") RIG_TLS "}", &policy);
	policy_free(&policy);
	rig_taken(RIG_HEAD ",'http':{'ports':[443]}}", &policy); /* tls is off */
	policy_free(&policy);
	rig_taken(RIG_HEAD ",'dns':{'mode':'synthetic'},'allow':[{'id':'b','proto':'tcp','ip':"
	                   "'1.2.3.4','port':443}]}",
	          &policy);
	policy_free(&policy);
}

static void names_of_lists_are_names_or_wildcards(void **state)
{
	static const struct refusal names[] = {
	        {"a b.test", "has a character"},
	        {"a..test", "has nothing before"},
	        {".test", "has nothing before"},
	        {"test..", "has nothing before"},
	        {"", "is empty"},
	        {"*", "an asterisk may only stand in front"},
	        {"*.", "is empty"},
	        {"*.*.test", "an asterisk may only"},
	        {"a.*.test", "an asterisk may only"},
	        {"*a.test", "an asterisk may only"},
	        {"a*.test", "an asterisk may only"},
	        {"a-.test", "begins or ends with a hyphen"},
	        {"1.2.3.4", "ends in a number"},
	        {"*.0x1", "ends in a number"},
	        {"a.test:443", "has a character"},
	        {"https://a.test", "has a character"},
	        {"\xc3\xa4.test", "has a character"},
	        {"**.test", "an asterisk may only"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(text, sizeof(text), RIG_HEAD RIG_TLS ",\n'domains':{'allow':['a','%s']}}",
		         names[i].text);
		rig_refused(text, names[i].complaint);
		assert_non_null(strstr(rig_complaints, "user.json:2:25: $.domains.allow[1]: "));
		snprintf(text, sizeof(text), RIG_HEAD RIG_TLS ",'domains':{'block':['%s']}}",
		         names[i].text);
		rig_refused(text, "$.domains.block[0]: ");
		snprintf(text, sizeof(text),
		         RIG_HEAD RIG_TLS ",'http':[{'id':'r','domain':'%s','action':'allow'}]}",
		         names[i].text);
		rig_refused(text, "$.http[0].domain: ");
		snprintf(text, sizeof(text),
		         RIG_HEAD ",'dns':{'mode':'off','hosts':{'%s':['1.2.3.4']}}}",
		         names[i].text);
		rig_refused(text, "$.dns.hosts.");
	}
	rig_refused(RIG_HEAD ",'dns':{'mode':'off','hosts':{'*.a':['1.2.3.4']}}}",
	            "without an asterisk");
}

static void entries_of_lists_are_whole_and_stand_there_once(void **state)
{
	static const struct refusal rows[] = {
	        {RIG_HEAD RIG_TLS ",'domains':{'allow':'a.test'}}",
	         "$.domains.allow: must be an array"},
	        {RIG_HEAD RIG_TLS ",'domains':{'allow':[1]}}",
	         "[0]: must be a string or an object"},
	        {RIG_HEAD RIG_TLS ",'domains':{'block':[{'name':'a'}]}}",
	         "block[0]: must be a string"},
	        {RIG_HEAD RIG_TLS ",'domains':{'allow':[{'tls':'splice'}]}}",
	         "\"name\" is missing"},
	        {RIG_HEAD RIG_TLS ",'domains':{'allow':[{'name':'a','tls':'off'}]}}",
	         "$.domains.allow[0].tls: must be one of: splice"},
	        {RIG_HEAD RIG_TLS ",'domains':{'allow':[{'name':1}]}}",
	         "[0].name: must be a string"},
	        {RIG_HEAD RIG_TLS ",'domains':{'allow':[{'name':'a','x':1}]}}",
	         "[0].x: unknown key"},
	        {RIG_HEAD RIG_TLS ",'domains':{'deny':[]}}", "$.domains.deny: unknown key"},
	        {RIG_HEAD RIG_TLS ",'domains':{'default':'block'}}", "must be one of: deny, allow"},
	        {RIG_HEAD RIG_TLS ",'domains':{'allow':['a.test','b.test',\n'A.test.']}}",
	         "user.json:2:1: $.domains.allow[2]: a.test is in the list already"},
	        {RIG_HEAD RIG_TLS
	         ",'domains':{'allow':['a.test',{'name':'a.test','tls':'splice'}]}}",
	         "$.domains.allow[1]: a.test is in the list already"},
	        {RIG_HEAD RIG_TLS ",'domains':{'block':['*.a','*.A']}}",
	         "$.domains.block[1]: *.a is in the list already"},
	        {RIG_HEAD ",'dns':{'mode':'synthetic','hosts':[]}}",
	         "$.dns.hosts: must be an object"},
	        {RIG_HEAD ",'dns':{'mode':'synthetic','hosts':{'a':'1.2.3.4'}}}",
	         "$.dns.hosts.a: must be an array of 1..1024 addresses"},
	        {RIG_HEAD ",'dns':{'mode':'synthetic','hosts':{'a':[]}}}",
	         "hosts.a: must be an array"},
	        {RIG_HEAD ",'dns':{'mode':'synthetic','hosts':{'a':['b']}}}",
	         "hosts.a[0]: must be an"},
	        {RIG_HEAD ",'dns':{'mode':'synthetic','hosts':{'a':['127.0.0.1']}}}",
	         "hosts.a[0]: 127"},
	        {RIG_HEAD ",'dns':{'mode':'synthetic','hosts':{'a':['192.168.100.1']}}}",
	         "hosts.a[0]: is the VM's, the gateway's"},
	        {RIG_HEAD ",'dns':{'mode':'synthetic','hosts':{'a':['1.2.3.4','1.2.3.4']}}}",
	         "hosts.a[1]: the name has this address already"},
	        {RIG_HEAD ",'dns':{'mode':'synthetic','hosts':{'a':['1.2.3.4'],'A.':['1.2.3.5']}}}",
	         "$.dns.hosts.A.: a is among the hosts already"},
	};
	struct policy policy;

	(void)state;
	CHECK_REFUSALS(rows);
	/* In both lists, or as a name and a wildcard, is no second time. */
	rig_taken(RIG_HEAD RIG_TLS ",'domains':{'allow':['a','*.a'],'block':['a']}}", &policy);
	assert_int_equal(policy.web.name_count, 3);
	policy_free(&policy);
	rig_taken(RIG_HEAD ",'dns':{'mode':'synthetic','hosts':{'a':['1.2.3.4'],'b':['1.2.3.4']}}}",
	          &policy);
	assert_int_equal(policy.web.host_count, 2);
	policy_free(&policy);
}

#define RULE(more)   RIG_HEAD RIG_MITM ",'http':[{'id':'r','domain':'a.test'," more "}]}"
#define ALLOWS(more) RULE("'action':'allow'," more)
#define SECOND(id)   "{'id':'" id "','domain':'a.test','action':'allow'}"

static void rules_say_what_requests_look_like(void **state)
{
	static const struct refusal rows[] = {
	        {RULE("'path':'/'"), "$.http[0]: key \"action\" is missing"},
	        {RIG_HEAD RIG_MITM ",'http':[{'id':'r','action':'allow'}]}",
	         "\"domain\" is missing"},
	        {RIG_HEAD RIG_MITM ",'http':[{'domain':'a','action':'allow'}]}",
	         "\"id\" is missing"},
	        {RIG_HEAD RIG_MITM ",'http':[1]}", "$.http[0]: must be an object"},
	        {RIG_HEAD RIG_MITM ",'http':{'rules':{}}}", "$.http.rules: must be an array"},
	        {RULE("'action':'deny'"), "$.http[0].action: must be one of: allow, block"},
	        {ALLOWS("'method':'GET'"), "$.http[0].method: unknown key"},
	        {ALLOWS("'methods':'GET'"), "$.http[0].methods: must be an array of 1..8 methods"},
	        {ALLOWS("'methods':[]"), "$.http[0].methods: must be an array of 1..8 methods"},
	        {ALLOWS("'methods':['A','B','C','D','E','F','G','H','I']"), "1..8 methods"},
	        {ALLOWS("'methods':['get']"), "$.http[0].methods[0]: must have 1..16 characters"},
	        {ALLOWS("'methods':['']"), "$.http[0].methods[0]: must have 1..16 characters"},
	        {ALLOWS("'methods':['*']"), "$.http[0].methods[0]: must have 1..16 characters"},
	        {ALLOWS("'methods':['ABCDEFGHIJKLMNOPQ']"), "must have 1..16 characters"},
	        {ALLOWS("'methods':['GET','GET']"), "methods[1]: GET is in the list already"},
	        {ALLOWS("'methods':[1]"), "methods[0]: must be a string"},
	        {ALLOWS("'path':'v1'"), "$.http[0].path: must begin with a slash, or be *"},
	        {ALLOWS("'path':''"), "$.http[0].path: must begin with a slash"},
	        {ALLOWS("'path':'/a?b'"), "$.http[0].path: must end where the query begins"},
	        {ALLOWS("'path':'/a#b'"), "$.http[0].path: must end where the query begins"},
	        {ALLOWS("'path':'/a/../b'"),
	         "no request with such a path is ever allowed (path-dots)"},
	        {ALLOWS("'path':'//a'"), "no request with such a path is ever allowed (path-"},
	        {ALLOWS("'path':'/a;b'"), "no request with such a path is ever allowed (path-"},
	        {ALLOWS("'path':'/a%2fb'"), "no request with such a path is ever allowed (path-"},
	        {ALLOWS("'path':'/a%2*'"), "no request with such a path is ever allowed (path-"},
	        {ALLOWS("'path':1"), "$.http[0].path: must be a string"},
	        {ALLOWS("'upgrade':'h2c'"), "$.http[0].upgrade: must be one of: websocket"},
	        {RULE("'action':'block','upgrade':'websocket'"),
	         "a rule that blocks allows no upgrade"},
	        {RIG_HEAD RIG_MITM ",'http':[" SECOND("x") "," SECOND("y") ",\n" SECOND("x") "]}",
	         "user.json:2:1: $.http[2]: the id x is another rule's"},
	        {RIG_HEAD RIG_MITM ",'http':[" SECOND("a b") "]}", "$.http[0].id: must have 1..32"},
	};
	struct policy policy;

	(void)state;
	CHECK_REFUSALS(rows);
	rig_taken(ALLOWS("'path':'/.*','methods':['A','B','C','D','E','F','G','ABCDEFGHIJKLMNOP']"),
	          &policy);
	assert_string_equal(policy.web.rules[0].path, "/.");
	assert_true(policy.web.rules[0].prefix);
	assert_int_equal(policy.web.rules[0].method_count, 8);
	policy_free(&policy);
	rig_taken(ALLOWS("'path':'/a b*'"), &policy);
	assert_string_equal(policy.web.rules[0].path, "/a%20b");
	policy_free(&policy);
	rig_taken(ALLOWS("'path':'*'"), &policy);
	assert_string_equal(policy.web.rules[0].path, "");
	assert_true(policy.web.rules[0].prefix);
	policy_free(&policy);
}

static void a_path_has_255_characters_when_normalised(void **state)
{
	char text[1024], path[257] = "/";
	struct policy policy;

	(void)state;
	memset(path + 1, 'a', 254);
	snprintf(text, sizeof(text), ALLOWS("'path':'%s'"), path);
	rig_taken(text, &policy);
	assert_string_equal(policy.web.rules[0].path, path);
	policy_free(&policy);
	path[255] = 'a';
	snprintf(text, sizeof(text), ALLOWS("'path':'%s'"), path);
	rig_refused(text, "$.http[0].path: is longer than 255 characters when normalised");
}

#define BLOCKING(lists, domain)                                                                    \
	RIG_HEAD RIG_MITM ",'domains':{" lists "},'http':{'rules':[{'id':'r','domain':'" domain    \
	                  "','action':'allow'}]}}"

static void a_rule_for_a_domain_that_is_blocked_is_refused(void **state)
{
	static const struct refusal rows[] = {
	        {BLOCKING("'block':['bad.test']", "bad.test"),
	         "$.http.rules[0]: decides nothing: domains.block blocks bad.test"},
	        {BLOCKING("'block':['bad.test']", "a.bad.test"), "blocks a.bad.test"},
	        {BLOCKING("'block':['bad.test']", "*.bad.test"), "blocks *.bad.test"},
	        {BLOCKING("'block':['*.bad.test']", "*.bad.test"), "blocks *.bad.test"},
	        {BLOCKING("'block':['*.bad.test']", "*.a.bad.test"), "blocks *.a.bad.test"},
	        {BLOCKING("'allow':['abad.test','a.test'],'block':['bad.test']", "*.bad.test"),
	         "blocks *.bad.test"},
	};
	static const char *const taken[] = {
	        BLOCKING("'block':['*.bad.test']", "bad.test"),
	        BLOCKING("'block':['a.bad.test']", "*.bad.test"),
	        BLOCKING("'block':['a.bad.test']", "bad.test"),
	        BLOCKING("'block':['bad.test'],'allow':['a.bad.test']", "a.bad.test"),
	        BLOCKING("'block':['bad.test'],'allow':['a.bad.test']", "*.bad.test"),
	        BLOCKING("'block':['bad.test'],'allow':['*.bad.test']", "*.bad.test"),
	        BLOCKING("'block':['bad.test']", "notbad.test"),
	        BLOCKING("'block':[]", "nobody.test"), /* no list allows it: the default denies */
	};
	struct policy policy;

	(void)state;
	CHECK_REFUSALS(rows);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		rig_taken(taken[i], &policy);
		policy_free(&policy);
	}
}

/* A list as long as asked for, of "PREFIX0", "PREFIX1", ... with FORMAT around each. */
static char *long_text(const char *head, const char *format, int count, const char *tail)
{
	char *text = malloc(strlen(head) + strlen(tail) + (size_t)count * 80), *p = text;

	assert_non_null(text);
	p += sprintf(p, "%s", head);
	for (int i = 0; i < count; i++) {
		*p = ',';
		p += i > 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		p += sprintf(p, format, i);
#pragma GCC diagnostic pop
	}
	sprintf(p, "%s", tail);
	return text;
}

static void check_longest(const char *head, const char *format, int max, const char *tail,
                          const char *complaint)
{
	char *text = long_text(head, format, max, tail);
	struct policy policy;

	rig_taken(text, &policy);
	policy_free(&policy);
	free(text);
	text = long_text(head, format, max + 1, tail);
	rig_refused(text, complaint);
	free(text);
}

static void lists_have_their_longest(void **state)
{
	(void)state;
	check_longest(RIG_HEAD RIG_TLS ",'domains':{'block':[],'allow':[", "'n%d.test'",
	              POLICY_NAMES_MAX, "]}}",
	              "$.domains.allow: there are more than 4096 names in both lists");
	check_longest(RIG_HEAD RIG_TLS ",'domains':{'allow':['a'],'block':[", "'n%d.test'",
	              POLICY_NAMES_MAX - 1, "]}}",
	              "$.domains.block: there are more than 4096 names");
	check_longest(RIG_HEAD ",'dns':{'mode':'synthetic','hosts':{", "'n%d.test':['1.2.3.4']",
	              POLICY_HOSTS_MAX, "}}}", ": there are more than 1024 addresses of hosts");
	check_longest(RIG_HEAD RIG_MITM ",'http':[",
	              "{'id':'r%d','domain':'a.test','action':'allow'}", POLICY_HTTP_MAX, "]}",
	              "$.http: has 1025 rules, more than 1024");
}

static void files_are_named_from_the_folder_of_the_policy(void **state)
{
	struct guard g = rig_text(RIG_HEAD ",'tls':{'mode':'mitm','ca_cert':'../ca.pem','ca_key':"
	                                   "'/abs.key'}}");
	struct policy_source source = {.name = "p.json", .folder = "a/b", .text = rd_of(g.p, g.n)};
	char folder[POLICY_FILE_NAME_MAX + 1];
	struct policy policy;

	(void)state;
	assert_int_equal(policy_load(&source, NULL, stderr, &policy), EXITS_OK);
	assert_string_equal(policy.web.ca_cert, "a/b/../ca.pem");
	assert_string_equal(policy.web.ca_key, "/abs.key");
	policy_free(&policy);
	memset(folder, 'f', POLICY_FILE_NAME_MAX);
	folder[POLICY_FILE_NAME_MAX - 10] = '\0';
	source.folder = folder;
	assert_int_equal(policy_load(&source, NULL, stderr, &policy), EXITS_OK);
	assert_int_equal(strlen(policy.web.ca_cert), POLICY_FILE_NAME_MAX);
	policy_free(&policy);
	memset(folder, 'f', POLICY_FILE_NAME_MAX);
	folder[POLICY_FILE_NAME_MAX - 9] = '\0';
	memset(rig_complaints, 0, sizeof(rig_complaints));
	{
		FILE *errors = fmemopen(rig_complaints, sizeof(rig_complaints), "w");

		assert_int_equal(policy_load(&source, NULL, errors, &policy), EXITS_POLICY);
		fclose(errors);
	}
	assert_non_null(strstr(rig_complaints, "$.tls.ca_cert: must be the name of a file"));
	guard_free(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(all_of_it_is_read),
	        cmocka_unit_test(what_is_left_out_has_its_value),
	        cmocka_unit_test(numbers_files_and_addresses_have_their_limits),
	        cmocka_unit_test(the_resolver_is_another_machine_and_a_port),
	        cmocka_unit_test(modes_that_need_something_say_what),
	        cmocka_unit_test(what_would_not_be_enforced_is_refused),
	        cmocka_unit_test(names_of_lists_are_names_or_wildcards),
	        cmocka_unit_test(entries_of_lists_are_whole_and_stand_there_once),
	        cmocka_unit_test(rules_say_what_requests_look_like),
	        cmocka_unit_test(a_path_has_255_characters_when_normalised),
	        cmocka_unit_test(a_rule_for_a_domain_that_is_blocked_is_refused),
	        cmocka_unit_test(lists_have_their_longest),
	        cmocka_unit_test(files_are_named_from_the_folder_of_the_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
