/* SPDX-License-Identifier: ISC */
/* doctor_smoke_test.c: each question of the doctor's about traffic has been seen to be answered with yes by a sound
 * backend, and with no by one that is broken in just that way. The patient is patient.h, in this very binary. */
#include "harness/doctor.h"

#include "harness/patient.h"
#include "harness/run.h"
#include "harness/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>

#include <cmocka.h>

static int enter(void **state)
{
	static struct scratch dir;

	scratch_make(&dir);
	*state = &dir;
	return 0;
}

static int leave(void **state)
{
	scratch_remove(*state);
	return 0;
}

/* What the doctor says about a patient with this bug; free() it. A process of its own, because the laboratory is entered
 * once. */
static char *examine(struct scratch *dir, const char *bug, int wanted)
{
	char self[PATH_MAX] = "", doctor[] = "doctor", *argv[] = {doctor, self, NULL};
	int wstatus;
	pid_t child;

	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setenv("PATIENT_BUG", bug, 1);
		scratch_capture(dir, STDOUT_FILENO, "said");
		optind = 1;
		exit(doctor_main(2, argv));
	}
	assert_int_equal(waitpid(child, &wstatus, 0), child);
	assert_true(WIFEXITED(wstatus));
	if (WEXITSTATUS(wstatus) == EXIT_ENV)
		skip();
	if (WEXITSTATUS(wstatus) != wanted)
		fail_msg("%s: exit %d\n%s", bug, WEXITSTATUS(wstatus), scratch_read(dir, "said"));
	return scratch_read(dir, "said");
}

/* Exactly one probe fails, in these words, with a hint below it; `not_asked` others rest on it. */
static void expect_no(void **state, const char *bug, const char *line, const char *hint,
                      unsigned not_asked)
{
	char *said = examine(*state, bug, EXIT_NOTHING), tail[64];

	snprintf(tail, sizeof(tail), not_asked ? ", 1 failed, %u skipped\n" : ", 1 failed\n",
	         not_asked);
	if (!strstr(said, line) || !strstr(said, hint) || !strstr(said, tail))
		fail_msg("%s: no '%s', '%s' or '%s' in\n%s", bug, line, hint, tail, said);
	free(said);
}

static void a_sound_backend_is_asked_everything_and_passes(void **state)
{
	char *said = examine(*state, "", 0);

	assert_null(strstr(said, "not asked"));
	assert_non_null(strstr(said, "ok   stopped under traffic it ends as well"));
	assert_non_null(strstr(said, "26 passed, 0 failed\n"));
	free(said);
}

static void a_policy_with_an_entry_that_is_not_taken_is_found(void **state)
{
	expect_no(state, "knows-no-lists",
	          "FAIL with a policy that allows one endpoint it gets ready: the backend exited "
	          "with 69",
	          "how entries of `allow` are read", 13);
}

static void a_gateway_that_does_not_answer_is_found(void **state)
{
	/* the transport's own probe sees it, too */
	char *said = examine(*state, "no-arp", EXIT_NOTHING);

	assert_non_null(strstr(said, "FAIL the gateway answers ARP: no answer to \"who has "
	                             "192.168.100.1\" within 2000 ms"));
	assert_non_null(strstr(said, "       look at the way back: "));
	assert_non_null(strstr(
	        said, "an allowed datagram crosses: not asked: what it rests on failed above"));
	free(said);
}

static void an_offer_of_another_address_is_found(void **state)
{
	expect_no(state, "dhcp-gives-another-address",
	          "FAIL DHCP offers the VM the policy's address: the offer is not sound, or not "
	          "for 192.168.100.2: ",
	          "look at `vm.ip` and", 0);
}

static void datagrams_that_do_not_cross_are_found(void **state)
{
	expect_no(state, "forwards-nothing-but-dhcp",
	          "FAIL an allowed datagram crosses: nothing on `up0` within 2000 ms",
	          "look at the way out", 9);
}

static void a_payload_that_is_changed_is_found(void **state)
{
	expect_no(
	        state, "spoils-the-payload",
	        "FAIL its payload is intact: 18 bytes were sent, this crossed: udp 192.168.1.100:",
	        "look at where the payload begins", 0);
}

static void a_source_that_is_the_vms_own_is_found(void **state)
{
	char *said = examine(*state, "keeps-the-source", EXIT_NOTHING);

	assert_non_null(strstr(said, "FAIL its source is the provider's address: this crossed: udp "
	                             "192.168.100.2:41001 > "));
	assert_non_null(strstr(said, "on `up0` the source is 192.168.1.100"));
	/* and so nobody can answer */
	assert_non_null(strstr(said, "FAIL each reply comes back to the port that asked: the "
	                             "consumer's answer to port 41001"));
	assert_non_null(strstr(said, ", 2 failed\n"));
	free(said);
}

static void a_reply_to_another_port_is_found(void **state)
{
	expect_no(state, "replies-to-who-asked-first",
	          "FAIL each reply comes back to the port that asked: port 41002 asked, and this "
	          "came: udp "
	          "203.0.113.50:51900 > 192.168.100.2:41001",
	          "look at what is kept for each flow", 0);
}

static void a_filter_that_only_translates_is_found(void **state)
{
	expect_no(state, "forwards-everything",
	          "FAIL a datagram that the policy does not allow does not cross: only "
	          "203.0.113.50:51900 is allowed, and "
	          "this crossed: udp 192.168.1.100:",
	          "one that only translates must not describe this mode", 1);
}

static void a_reader_that_forgets_the_second_frame_is_found(void **state)
{
	char *said = examine(*state, "one-frame-a-read", EXIT_NOTHING);

	assert_non_null(
	        strstr(said, "FAIL two frames in one write both cross: the second did not cross"));
	assert_non_null(strstr(said, "one read may bring several frames"));
	free(said);
}

static void a_reader_that_cannot_wait_for_the_rest_is_found(void **state)
{
	expect_no(state, "whole-frames-a-read",
	          "FAIL a frame that comes byte by byte crosses: it did not cross",
	          "keep what came and wait for the rest", 1);
}

static void buffers_that_are_too_small_are_found(void **state)
{
	expect_no(state, "small-buffers",
	          "FAIL a full frame of 1514 bytes crosses whole: it did not cross",
	          "1472 bytes of payload fit", 0);
}

static void an_end_that_waits_for_flows_is_found(void **state)
{
	expect_no(state, "waits-for-its-flows",
	          "FAIL with flows open the end of the channel ends it: \"bye\", exit 0, in 2 s: "
	          "it did not end within 2 s",
	          "nothing may be waited for", 1);
}

static void what_crosses_before_ready_is_found(void **state)
{
	expect_no(state, "reads-before-it-enforces",
	          "FAIL nothing crosses that came before \"ready\" and is not allowed: this "
	          "crossed: udp 192.168.1.100:",
	          "\"ready\" comes last", 0);
}

static void an_end_that_goes_wrong_under_traffic_is_found(void **state)
{
	expect_no(state, "gives-up-under-load",
	          "FAIL stopped under traffic it ends as well: it exited with 1",
	          "the end of file must be seen", 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_sound_backend_is_asked_everything_and_passes),
	        cmocka_unit_test(a_policy_with_an_entry_that_is_not_taken_is_found),
	        cmocka_unit_test(a_gateway_that_does_not_answer_is_found),
	        cmocka_unit_test(an_offer_of_another_address_is_found),
	        cmocka_unit_test(datagrams_that_do_not_cross_are_found),
	        cmocka_unit_test(a_payload_that_is_changed_is_found),
	        cmocka_unit_test(a_source_that_is_the_vms_own_is_found),
	        cmocka_unit_test(a_reply_to_another_port_is_found),
	        cmocka_unit_test(a_filter_that_only_translates_is_found),
	        cmocka_unit_test(a_reader_that_forgets_the_second_frame_is_found),
	        cmocka_unit_test(a_reader_that_cannot_wait_for_the_rest_is_found),
	        cmocka_unit_test(buffers_that_are_too_small_are_found),
	        cmocka_unit_test(an_end_that_waits_for_flows_is_found),
	        cmocka_unit_test(what_crosses_before_ready_is_found),
	        cmocka_unit_test(an_end_that_goes_wrong_under_traffic_is_found),
	};
	int patient = patient_main(argc, argv);

	return patient >= 0 ? patient : cmocka_run_group_tests(tests, enter, leave);
}
