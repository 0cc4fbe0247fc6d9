/* SPDX-License-Identifier: ISC */
/* profile_test.c: what a profile may say, how it is compared with the suites, and that a backend which declares nothing
 * fails it. */
#include "harness/profile.h"

#include "harness/run.h"
#include "harness/scenario_fixture.h"
#include "harness/scratch.h"

static struct diag diag;
static struct profiles all;

static size_t parse(const char *text)
{
	profile_parse("profiles.txt", text, strlen(text), &diag, &all);
	return diag.count;
}

static void expect_error(const char *text, unsigned column, const char *words)
{
	if (parse(text) != 1 || diag.errors[0].column != column ||
	    !strstr(diag.errors[0].text, words))
		fail_msg("%s\n%zu errors, the first at %u: %s", text, diag.count,
		         diag.errors[0].column, diag.count ? diag.errors[0].text : "none");
	assert_int_equal(all.count, 0);
}

static void a_profile_names_suites_modes_and_needs(void **state)
{
	const struct profile *p;

	(void)state;
	assert_int_equal(parse("# kinds\n\nprofile nat suites plain-nat kernel-tcp modes direct "
	                       "filtered needs arp dhcp\n"
	                       "profile bare modes filtered suites a # no needs\n"),
	                 0);
	assert_int_equal(all.count, 2);
	p = profile_find(&all, "nat");
	assert_non_null(p);
	assert_int_equal(p->line, 3);
	assert_int_equal(p->suites.count, 2);
	assert_string_equal(p->suites.word[1], "kernel-tcp");
	assert_int_equal(p->suites.column[1], 30);
	assert_string_equal(p->modes.word[0], "direct");
	assert_string_equal(p->needs.word[1], "dhcp");
	assert_int_equal(profile_find(&all, "bare")->needs.count, 0);
	assert_null(profile_find(&all, "none"));
}

static void what_is_wrong_with_a_profile_is_told_with_its_place(void **state)
{
	(void)state;
	expect_error("profil x suites a modes direct", 1,
	             "unknown word 'profil'; did you mean 'profile'?");
	expect_error("profile suites a modes direct", 9, "the name of the profile is missing");
	expect_error("profile x suites a modes dirct", 26,
	             "unknown mode 'dirct'; did you mean 'direct'?");
	expect_error("profile x suites a modes direct needs apr", 39,
	             "unknown capability 'apr'; did you mean 'arp'?");
	expect_error("profile x suits a suites a modes direct", 11,
	             "unknown word 'suits'; did you mean 'suites'?");
	expect_error("profile x modes direct", 23, "names its suites");
	expect_error("profile x suites a", 19, "names its modes");
	expect_error("profile x suites a b a modes direct", 22, "suite 'a' stands here twice");
}

static void all_errors_come_at_once_and_a_name_stands_once(void **state)
{
	(void)state;
	assert_int_equal(parse("profile x suites a modes direct\nprofile y suites a modes dirct\n"
	                       "profile x suites b modes direct\nwhat\n"),
	                 3);
	assert_int_equal(all.count, 1);
	assert_non_null(strstr(diag.errors[1].text, "profile 'x' stands already in line 1"));
}

/* t needs allow.udp4 nat.udp4, a needs nothing; both are filtered. */
static int setup(void **state)
{
	if (fixture_setup(state))
		return -1;
	fixture_write(*state, "t.scn", FIXTURE_EXAMPLE);
	fixture_write(*state, "a.scn", "suite a\npolicy one.json\nplanes wire\n" FIXTURE_CASE);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char path[100];

	snprintf(path, sizeof(path), "%s/profiles.txt", f->dir);
	unlink(path);
	return fixture_teardown(state);
}

static void a_profile_names_everything_that_its_suites_need(void **state)
{
	static const char *const modes[] = {"filtered", "filtered"};
	struct fixture *f = *state;
	size_t count;
	struct selection *sel = select_load(f->dir, NULL, 0, &count);

	assert_int_equal(count, 2);
	assert_int_equal(parse("profile x suites a t modes filtered needs allow.udp4 nat.udp4"), 0);
	profile_check(&all, sel, count, modes, &diag);
	assert_int_equal(diag.count, 0);
	assert_int_equal(parse("profile x suites a t nobody modes direct needs allow.udp4"), 0);
	profile_check(&all, sel, count, modes, &diag);
	assert_int_equal(diag.count, 4);
	assert_non_null(strstr(diag.errors[0].text, "suite a is played in mode filtered, which"));
	assert_int_equal(diag.errors[0].column, 18);
	assert_non_null(strstr(diag.errors[2].text, "suite t needs nat.udp4, which"));
	assert_non_null(strstr(diag.errors[3].text, "there is no suite 'nobody'"));
	select_free(sel, count);
}

static void a_backend_that_declares_nothing_fails_a_profile(void **state)
{
	static struct backend b;
	struct results r = {.plane = "wire"};

	(void)state;
	parse("profile x suites a modes filtered direct needs arp dhcp");
	b = (struct backend){.name = "idle"};
	assert_int_equal(profile_judge(&all.list[0], &b, PLANE_WIRE, &r), 5);
	assert_int_equal(r.count, 5);
	for (size_t i = 0; i < r.count; i++) {
		assert_string_equal(r.outcomes[i].id, "profile/x");
		assert_int_equal(r.outcomes[i].result, RESULT_FAIL);
	}
	assert_string_equal(r.outcomes[1].row, "mode-filtered");
	assert_string_equal(r.outcomes[1].detail,
	                    "promises less than the profile asks: no mode filtered");
	assert_int_equal(results_exit_code(&r), 1); /* and not 3, "nothing ran" */
	results_free(&r);
}

static void a_backend_that_declares_all_is_asked_no_more(void **state)
{
	static struct backend b = {
	        .planes = {1, {"wire"}}, .modes = {1, {"filtered"}}, .caps = {2, {"arp", "dhcp"}}};
	struct results r = {.plane = "wire"};

	(void)state;
	parse("profile x suites a modes filtered needs arp dhcp");
	assert_int_equal(profile_judge(&all.list[0], &b, PLANE_WIRE, &r), 0);
	assert_int_equal(r.count, 0);
	assert_int_equal(profile_judge(&all.list[0], &b, PLANE_KERNEL, &r), 1);
	results_free(&r);
}

static void what_is_missing_fails_unless_the_case_is_of_another_plane(void **state)
{
	char why[200] = "the backend lacks capability mtu";

	(void)state;
	parse("profile x suites a modes filtered");
	assert_int_equal(profile_verdict(NULL, true, why, sizeof(why)), RESULT_SKIP);
	assert_int_equal(profile_verdict(&all.list[0], false, why, sizeof(why)), RESULT_SKIP);
	assert_string_equal(why, "the backend lacks capability mtu");
	assert_int_equal(profile_verdict(&all.list[0], true, why, sizeof(why)), RESULT_FAIL);
	assert_string_equal(why,
	                    "promises less than profile x asks: the backend lacks capability mtu");
}

static void a_run_takes_the_suites_of_its_plane(void **state)
{
	struct fixture *f = *state;
	static struct scratch dir;
	struct run r = {.plane = PLANE_WIRE, .profile_name = "x"};
	struct selection *sel;
	size_t count;
	int saved;
	char *said;

	fixture_write(
	        f, "profiles.txt",
	        "profile x suites a modes filtered\nprofile long-name suites a t modes filtered\n");
	sel = profile_select(&r, f->dir, &count);
	assert_non_null(sel);
	assert_int_equal(count, 1);
	assert_string_equal(sel[0].suite->name, "a");
	assert_false(sel[0].named);
	assert_string_equal(r.profile->name, "x");
	select_free(sel, count);
	scratch_make(&dir);
	saved = scratch_capture(&dir, 2, "said");
	r.plane = PLANE_VM;
	assert_null(profile_select(&r, f->dir, &count));
	r.profile_name = "lnog-name";
	assert_null(profile_select(&r, f->dir, &count));
	assert_int_equal(profile_lint(f->dir), 2);
	scratch_release(2, saved);
	said = scratch_read(&dir, "said");
	assert_non_null(strstr(said, "profile x has no suite for the vm plane"));
	assert_non_null(strstr(said, "there is no profile 'lnog-name'; did you mean 'long-name'?"));
	assert_non_null(strstr(said, "profiles.txt:2:28: error: suite t needs allow.udp4, which"));
	free(said);
	scratch_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_profile_names_suites_modes_and_needs),
	        cmocka_unit_test(what_is_wrong_with_a_profile_is_told_with_its_place),
	        cmocka_unit_test(all_errors_come_at_once_and_a_name_stands_once),
	        cmocka_unit_test(a_profile_names_everything_that_its_suites_need),
	        cmocka_unit_test(a_backend_that_declares_nothing_fails_a_profile),
	        cmocka_unit_test(a_backend_that_declares_all_is_asked_no_more),
	        cmocka_unit_test(what_is_missing_fails_unless_the_case_is_of_another_plane),
	        cmocka_unit_test(a_run_takes_the_suites_of_its_plane),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
