/* SPDX-License-Identifier: ISC */
/* fleet_judge_test.c: cables that are shared, answers that go astray, frames that leak: each is noticed. */
#include "harness/fleet_judge.h"

#include "harness/addr.h"
#include "harness/doctor_smoke.h"
#include "harness/fleet.h"
#include "harness/frame.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define RUN 0xabcd1234

static const uint8_t gateway[6] = {2, 0, 0, 0, 0, 1};

struct stage {
	struct tape tape;
	struct fleet_cable vm;
	char why[FLEET_WHY_MAX];
};

static void set_up_vm(struct stage *s, unsigned number)
{
	tape_init(&s->tape);
	s->vm = (struct fleet_cable){.number = number, .ip = LAB_VM_IP, .tape = &s->tape};
	memcpy(s->vm.mac, LAB_VM_MAC, 6);
	s->why[0] = 0;
}

/* Appends the frame that the words describe. */
static void add(struct stage *s, enum tape_kind kind, const char *recipe)
{
	static uint8_t frame[FRAME_MAX];
	size_t len = smoke_build(gateway, recipe, "", frame);

	assert_true(len > 0);
	tape_add(&s->tape, kind, frame, len, TAPE_NO_ROW);
}

#define TO_VM "eth.src=02:00:00:00:00:01 eth.dst=52:54:00:12:34:56"

static bool arrives(struct stage *s, const char *recipe)
{
	add(s, TAPE_GUEST_IN, recipe);
	return fleet_judge_arrivals(&s->vm, RUN, s->why);
}

static void what_the_vm_asked_for_is_explained(void **state)
{
	struct stage s;

	(void)state;
	set_up_vm(&s, 1);
	assert_true(arrives(&s, "arp reply 192.168.100.1 is-at 02:00:00:00:00:01 tell "
	                        "192.168.100.2 " TO_VM));
	assert_true(arrives(&s, "udp $CONSUMER > 192.168.100.2:4101 payload "
	                        "\"fleet-abcd1234-vm1-talk-1\" " TO_VM));
	tape_free(&s.tape);
}

static void what_it_did_not_ask_for_is_not(void **state)
{
	static const char *const strange[] = {
	        /* a cable that is shared: what another VM is sent, or sends */
	        "udp $CONSUMER > 192.168.100.2:4101 payload \"fleet-abcd1234-vm2-talk-1\" " TO_VM,
	        "udp $CONSUMER > 192.168.100.3:4101 payload \"fleet-abcd1234-vm1-talk-1\" " TO_VM,
	        "udp 192.168.100.3:4101 > 192.168.100.2:4101 payload "
	        "\"fleet-abcd1234-vm1-talk-1\" " TO_VM,
	        "udp $CONSUMER > 192.168.100.2:4101 payload \"fleet-abcd1234-vm1-talk-1\" "
	        "eth.src=02:00:00:00:00:01 eth.dst=52:54:00:12:34:57",
	        "udp 192.168.100.3:5007 > 255.255.255.255:5008 payload "
	        "\"fleet-abcd1234-vm2-try-1-5\"",
	        "arp who-has 192.168.100.2 tell 192.168.100.3 eth.src=52:54:00:12:34:57",
	        "arp reply 192.168.100.3 is-at 52:54:00:12:34:57 tell 192.168.100.2 " TO_VM,
	        "arp reply 192.168.100.1 is-at 52:54:00:12:34:57 tell 192.168.100.3 " TO_VM,
	        /* of another run, or of nobody */
	        "udp $CONSUMER > 192.168.100.2:4101 payload \"fleet-abcd1235-vm1-talk-1\" " TO_VM,
	        "udp $CONSUMER > 192.168.100.2:4101 payload \"hello\" " TO_VM,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		struct stage s;

		set_up_vm(&s, 1);
		if (arrives(&s, strange[i]))
			fail_msg("explained: %s", strange[i]);
		assert_non_null(strstr(s.why, "reached VM 1, which had not asked for it"));
		tape_free(&s.tape);
	}
}

static void each_answer_comes_once(void **state)
{
	static const char one[] = "udp $CONSUMER > 192.168.100.2:4101 payload "
	                          "\"fleet-abcd1234-vm1-talk-1\" " TO_VM;
	struct stage s;

	(void)state;
	set_up_vm(&s, 1);
	assert_false(fleet_judge_answers(&s.vm, RUN, 1, s.why));
	assert_string_equal(s.why, "the answer to fleet-abcd1234-vm1-talk-1 came 0 times to VM 1");
	add(&s, TAPE_GUEST_IN, one);
	assert_true(fleet_judge_answers(&s.vm, RUN, 1, s.why));
	assert_false(fleet_judge_answers(&s.vm, RUN, 2, s.why));
	add(&s, TAPE_GUEST_IN, one);
	assert_false(fleet_judge_answers(&s.vm, RUN, 1, s.why));
	tape_free(&s.tape);
}

static void an_answer_is_not_a_longer_one(void **state)
{
	struct stage s;

	(void)state;
	set_up_vm(&s, 1);
	add(&s, TAPE_GUEST_IN,
	    "udp $CONSUMER > 192.168.100.2:4101 payload \"fleet-abcd1234-vm1-talk-10\" " TO_VM);
	assert_false(fleet_judge_answers(&s.vm, RUN, 1, s.why));
	tape_free(&s.tape);
}

static bool crosses(enum tape_kind kind, const char *recipe, char why[FLEET_WHY_MAX])
{
	struct stage s;
	bool ok;

	set_up_vm(&s, 1);
	add(&s, kind, recipe);
	ok = fleet_judge_wire(&s.tape, RUN, why);
	tape_free(&s.tape);
	return ok;
}

static void on_the_wire_there_are_talks_with_the_consumer_only(void **state)
{
	char why[FLEET_WHY_MAX];

	(void)state;
	assert_true(crosses(TAPE_WIRE_OUT,
	                    "udp 192.168.1.100:4101 > $CONSUMER payload "
	                    "\"fleet-abcd1234-vm4-talk-8\"",
	                    why));
	assert_false(crosses(TAPE_WIRE_OUT,
	                     "udp 192.168.1.100:4101 > $CONSUMER payload "
	                     "\"fleet-abcd1234-vm4-try-2-9\"",
	                     why));
	assert_non_null(strstr(why, "crossed the wire: udp 192.168.1.100:4101 > "));
	assert_false(crosses(TAPE_WIRE_OUT,
	                     "udp 192.168.100.2:4101 > $CONSUMER payload "
	                     "\"fleet-abcd1234-vm4-talk-8\"",
	                     why));
	assert_false(crosses(TAPE_WIRE_OUT,
	                     "udp 192.168.1.100:4101 > 203.0.113.60:51900 payload "
	                     "\"fleet-abcd1234-vm4-talk-8\"",
	                     why));
	assert_false(crosses(TAPE_WIRE_OUT, "arp who-has 192.168.100.3 tell 192.168.1.100", why));
	assert_false(crosses(TAPE_HOST,
	                     "udp 192.168.1.100:4101 > 192.168.1.100:4102 payload "
	                     "\"fleet-abcd1234-vm4-try-2-3\"",
	                     why));
	assert_non_null(strstr(why, "reached the provider host itself"));
}

static void tries_are_counted_where_they_arrive(void **state)
{
	struct stage s;

	(void)state;
	set_up_vm(&s, 2);
	add(&s, TAPE_GUEST_IN,
	    "udp 192.168.100.2:1 > 192.168.100.3:2 payload \"fleet-abcd1234-vm1-try-2-0\"");
	add(&s, TAPE_GUEST_OUT,
	    "udp 192.168.100.2:1 > 192.168.100.3:2 payload \"fleet-abcd1234-vm1-try-2-1\"");
	assert_int_equal(fleet_judge_reached(&s.tape, RUN, 1, 2), 1);
	assert_int_equal(fleet_judge_reached(&s.tape, RUN, 1, 3), 0);
	assert_int_equal(fleet_judge_reached(&s.tape, RUN, 3, 2), 0);
	tape_free(&s.tape);
}

static void an_attack_that_was_not_made_is_not_taken_for_one(void **state)
{
	uint8_t frame[60] = {1, 2, 3};
	struct stage s;

	(void)state;
	set_up_vm(&s, 1);
	assert_false(fleet_judge_sent(&s.tape, 0, frame, sizeof(frame)));
	tape_add(&s.tape, TAPE_GUEST_IN, frame, sizeof(frame), TAPE_NO_ROW);
	assert_false(fleet_judge_sent(&s.tape, 0, frame, sizeof(frame)));
	tape_add(&s.tape, TAPE_GUEST_OUT, frame, sizeof(frame), TAPE_NO_ROW);
	assert_true(fleet_judge_sent(&s.tape, 0, frame, sizeof(frame)));
	assert_true(fleet_judge_sent(&s.tape, 1, frame, 42)); /* padded on its way */
	assert_false(fleet_judge_sent(&s.tape, 2, frame, sizeof(frame)));
	frame[3] = 4;
	assert_false(fleet_judge_sent(&s.tape, 0, frame, sizeof(frame)));
	tape_free(&s.tape);
}

static void the_providers_port_is_that_of_the_own_talk(void **state)
{
	struct stage s;

	(void)state;
	set_up_vm(&s, 1);
	add(&s, TAPE_WIRE_OUT,
	    "udp 192.168.1.100:7001 > $CONSUMER payload \"fleet-abcd1234-vm2-talk-1\"");
	add(&s, TAPE_WIRE_OUT,
	    "udp 192.168.1.100:7002 > $CONSUMER payload \"fleet-abcd1234-vm1-talk-1\"");
	assert_int_equal(fleet_judge_port(&s.tape, "fleet-abcd1234-vm1-talk-1"), 7002);
	assert_int_equal(fleet_judge_port(&s.tape, "fleet-abcd1234-vm3-talk-1"), 0);
	tape_free(&s.tape);
}

static void shares_are_the_largest_through_the_smallest(void **state)
{
	static const double fair[] = {100, 125, 110, 101}, unfair[] = {100, 100, 126, 100},
	                    none[] = {100, 0};

	(void)state;
	assert_true(fleet_judge_factor(fair, 4) <= FLEET_SHARE_FACTOR);
	assert_true(fleet_judge_factor(unfair, 4) > FLEET_SHARE_FACTOR);
	assert_true(isinf(fleet_judge_factor(none, 2)));
	assert_true(fleet_judge_factor(none + 1, 1) == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_the_vm_asked_for_is_explained),
	        cmocka_unit_test(what_it_did_not_ask_for_is_not),
	        cmocka_unit_test(each_answer_comes_once),
	        cmocka_unit_test(an_answer_is_not_a_longer_one),
	        cmocka_unit_test(on_the_wire_there_are_talks_with_the_consumer_only),
	        cmocka_unit_test(tries_are_counted_where_they_arrive),
	        cmocka_unit_test(an_attack_that_was_not_made_is_not_taken_for_one),
	        cmocka_unit_test(the_providers_port_is_that_of_the_own_talk),
	        cmocka_unit_test(shares_are_the_largest_through_the_smallest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
