/* SPDX-License-Identifier: ISC */
/* doctor_test.c: the doctor finds nothing wrong with a backend that keeps the contract, and each probe has been seen
 * to find what it looks for. The patient is toy.h, in this very binary. */
#include "harness/doctor.h"

#include "harness/run.h"
#include "harness/scratch.h"
#include "harness/toy.h"

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

/* What the doctor says about a toy with this bug, "" for none; free() it. A process of its own, because the laboratory
 * is entered once. */
static char *examine(struct scratch *dir, const char *bug, int wanted)
{
	char self[PATH_MAX] = "", doctor[] = "doctor", *argv[] = {doctor, self, NULL};
	int wstatus;
	pid_t child;

	if (access("/dev/net/tun", R_OK | W_OK))
		skip();
	assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		setenv("TOY_BUG", bug, 1);
		setenv("TOY_FILTERS", "", 1);
		scratch_capture(dir, STDOUT_FILENO, "said");
		optind = 1;
		exit(doctor_main(2, argv));
	}
	assert_int_equal(waitpid(child, &wstatus, 0), child);
	assert_true(WIFEXITED(wstatus));
	if (WEXITSTATUS(wstatus) == EXIT_ENV)
		skip();
	assert_int_equal(WEXITSTATUS(wstatus), wanted);
	return scratch_read(dir, "said");
}

/* Exactly these probes fail, each in these words. */
static void expect_found(void **state, const char *bug, const char *const *lines)
{
	char *said = examine(*state, bug, EXIT_NOTHING), tail[48];
	size_t n = 0;

	for (; lines[n]; n++)
		if (!strstr(said, lines[n]))
			fail_msg("%s: no '%s' in\n%s", bug, lines[n], said);
	snprintf(tail, sizeof(tail), ", %zu failed, 2 skipped\n", n);
	if (!strstr(said, tail))
		fail_msg("%s: not %zu failures\n%s", bug, n, said);
	free(said);
}

#define EXPECT_FOUND(state, bug, ...)                                                              \
	expect_found(state, bug, (const char *const[]){__VA_ARGS__, NULL})

static void a_sound_backend_passes_every_probe(void **state)
{
	static const char *const probes[] = {
	        "mode filtered reaches",
	        "mode conntrack reaches",
	        "over fd a frame",
	        "over fd-dgram a frame",
	        "over fd-seqpacket a frame",
	        "over stream-listen a frame",
	        "over stream-connect a frame",
	        "over dgram a frame",
	        "over seqpacket a frame",
	        "over tap a frame",
	        "`sync` on --ctl is answered",
	        "`stats` on --ctl counts",
	        "`clock` on --ctl is answered",
	        "an unknown command on --ctl is refused",
	        "a policy with an unknown key is refused on --ctl",
	        "and the policy before it stays in force",
	        "a policy that allows more is accepted, and in force at once",
	        "with --ctl it ends as without",
	        "40 passed, 0 failed, 2 skipped"};
	char *said = examine(*state, "", 0);

	for (size_t i = 0; i < sizeof(probes) / sizeof(*probes); i++)
		if (!strstr(said, probes[i]))
			fail_msg("no '%s' in\n%s", probes[i], said);
	free(said);
}

static void keys_that_nobody_knows_are_found_to_be_accepted(void **state)
{
	EXPECT_FOUND(state, "accepts-unknown-keys",
	             "FAIL an unknown policy key is refused with 91: key \"",
	             "FAIL a policy with an unknown key is refused on --ctl: it was accepted",
	             "FAIL and the policy before it stays in force: a datagram crossed");
}

static void modes_that_nobody_knows_are_found_to_be_accepted(void **state)
{
	EXPECT_FOUND(state, "accepts-unknown-modes",
	             "FAIL an unknown mode is refused with 91: mode \"");
}

static void a_frame_that_is_not_answered_is_found_on_its_transport(void **state)
{
	EXPECT_FOUND(state, "no-arp-over-tap",
	             "FAIL over tap a frame is answered, and its end is noticed: the gateway's ARP "
	             "answer");
}

static void an_end_that_is_not_noticed_is_found(void **state)
{
	EXPECT_FOUND(state, "never-looks",
	             "FAIL over fd-dgram a frame is answered, and its end is noticed: it did not "
	             "end within 2 s",
	             "FAIL over dgram a frame is answered, and its end is noticed: it did not end "
	             "within 2 s");
}

static void a_path_that_is_left_behind_is_found(void **state)
{
	EXPECT_FOUND(state, "leaves-its-path",
	             "FAIL over stream-listen a frame is answered, and its end is noticed: it left",
	             "FAIL over dgram a frame is answered, and its end is noticed: it left",
	             "FAIL over seqpacket a frame is answered, and its end is noticed: it left");
}

static void a_command_that_nobody_knows_is_found_to_be_accepted(void **state)
{
	EXPECT_FOUND(state, "ctl-accepts-anything",
	             "FAIL an unknown command on --ctl is refused: `");
}

static void a_refused_policy_that_is_enforced_is_found(void **state)
{
	EXPECT_FOUND(state, "enforces-what-it-refused",
	             "FAIL and the policy before it stays in force: a datagram crossed that only "
	             "the refused one");
}

static void an_accepted_policy_that_is_not_enforced_is_found(void **state)
{
	EXPECT_FOUND(state, "ignores-policies",
	             "FAIL a policy that allows more is accepted, and in force at once: what it "
	             "allows did not");
}

static void silence_on_ctl_is_found(void **state)
{
	static const char why[] = "no answer to `sync` on --ctl within 2 s";
	char *said = examine(*state, "ctl-is-silent", EXIT_NOTHING);

	assert_non_null(strstr(said, "FAIL `sync` on --ctl is answered: "));
	assert_non_null(strstr(said, why));
	assert_non_null(strstr(said, "FAIL with --ctl it ends as without: "));
	free(said);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_sound_backend_passes_every_probe),
	        cmocka_unit_test(keys_that_nobody_knows_are_found_to_be_accepted),
	        cmocka_unit_test(modes_that_nobody_knows_are_found_to_be_accepted),
	        cmocka_unit_test(a_frame_that_is_not_answered_is_found_on_its_transport),
	        cmocka_unit_test(an_end_that_is_not_noticed_is_found),
	        cmocka_unit_test(a_path_that_is_left_behind_is_found),
	        cmocka_unit_test(a_command_that_nobody_knows_is_found_to_be_accepted),
	        cmocka_unit_test(a_refused_policy_that_is_enforced_is_found),
	        cmocka_unit_test(an_accepted_policy_that_is_not_enforced_is_found),
	        cmocka_unit_test(silence_on_ctl_is_found),
	};
	int toy = toy_main(argc, argv);

	return toy >= 0 ? toy : cmocka_run_group_tests(tests, enter, leave);
}
