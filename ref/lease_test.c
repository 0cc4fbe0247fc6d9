/* SPDX-License-Identifier: ISC */
/* lease_test.c: the DHCP server's decisions, RFC 2131 section 4.3. */
#include "ref/lease.h"

#include "ref/examples.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define VM      0xc0a86402u
#define GATEWAY 0xc0a86401u

static struct dhcp message_of(uint8_t type)
{
	return (struct dhcp){
	        .type = type,
	        .xid = 42,
	        .chaddr = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
	};
}

static enum reason decide(const struct dhcp *message, struct dhcp_reply *reply)
{
	const struct policy policy = example_policy();

	memset(reply, 0, sizeof(*reply));
	return lease_decide(&policy, message, reply);
}

static void a_discover_gets_an_offer_of_the_policys_address(void **state)
{
	struct dhcp message = message_of(DHCP_DISCOVER);
	struct dhcp_reply reply;

	(void)state;
	message.requested_ip = 0x01020304; /* a wish, not a claim */
	assert_int_equal(decide(&message, &reply), REASON_NONE);
	assert_int_equal(reply.type, DHCP_OFFER);
	assert_int_equal(reply.xid, 42);
	assert_int_equal(reply.yiaddr, VM);
	assert_int_equal(reply.mask, 0xffffff00);
	assert_int_equal(reply.router, GATEWAY);
	assert_int_equal(reply.server_id, GATEWAY);
	assert_int_equal(reply.lease_s, LEASE_S);
	assert_int_equal(reply.mtu, 1500);
	assert_false(reply.broadcast);
	assert_int_equal(reply.to_ip, VM);
}

static void the_mtu_is_the_policys(void **state)
{
	struct dhcp message = message_of(DHCP_DISCOVER);
	struct policy policy = example_policy();
	struct dhcp_reply reply;

	(void)state;
	policy.mtu = 9000;
	assert_int_equal(lease_decide(&policy, &message, &reply), REASON_NONE);
	assert_int_equal(reply.mtu, 9000);
}

static void the_gateway_resolves_names_where_the_policy_answers_them(void **state)
{
	const struct dhcp message = message_of(DHCP_DISCOVER);
	struct policy policy = example_policy();
	struct dhcp_reply reply;

	(void)state;
	assert_int_equal(lease_decide(&policy, &message, &reply), REASON_NONE);
	assert_int_equal(reply.dns, 0);
	policy.web.dns = POLICY_DNS_SYNTHETIC;
	assert_int_equal(lease_decide(&policy, &message, &reply), REASON_NONE);
	assert_int_equal(reply.dns, GATEWAY);
	policy.web.dns = POLICY_DNS_FORWARD;
	assert_int_equal(lease_decide(&policy, &message, &reply), REASON_NONE);
	assert_int_equal(reply.dns, GATEWAY);
}

static void the_broadcast_flag_is_honoured(void **state)
{
	struct dhcp message = message_of(DHCP_DISCOVER);
	struct dhcp_reply reply;

	(void)state;
	message.flags = DHCP_FLAG_BROADCAST;
	assert_int_equal(decide(&message, &reply), REASON_NONE);
	assert_true(reply.broadcast);
	assert_int_equal(reply.to_ip, 0xffffffff);
	assert_int_equal(reply.flags, DHCP_FLAG_BROADCAST);
	message.flags = 0xffff; /* the others are reserved */
	assert_int_equal(decide(&message, &reply), REASON_NONE);
	assert_int_equal(reply.flags, DHCP_FLAG_BROADCAST);
	message.flags = 0x7fff;
	assert_int_equal(decide(&message, &reply), REASON_NONE);
	assert_int_equal(reply.flags, 0);
	assert_false(reply.broadcast);
}

static void an_offer_does_not_repeat_the_address_a_client_claims(void **state)
{
	struct dhcp message = message_of(DHCP_DISCOVER);
	struct dhcp_reply reply;

	(void)state;
	message.ciaddr = 0x01020304;
	assert_int_equal(decide(&message, &reply), REASON_NONE);
	assert_int_equal(reply.ciaddr, 0);
}

static void a_request_for_the_address_gets_an_ack(void **state)
{
	struct dhcp message = message_of(DHCP_REQUEST);
	struct dhcp_reply reply;

	(void)state;
	message.requested_ip = VM; /* rebooting */
	assert_int_equal(decide(&message, &reply), REASON_NONE);
	assert_int_equal(reply.type, DHCP_ACK);
	message.server_id = GATEWAY; /* selecting */
	assert_int_equal(decide(&message, &reply), REASON_NONE);
	assert_int_equal(reply.type, DHCP_ACK);
	assert_int_equal(reply.yiaddr, VM);
	message = message_of(DHCP_REQUEST); /* renewing: unicast whatever the flag says */
	message.ciaddr = VM;
	message.flags = DHCP_FLAG_BROADCAST;
	assert_int_equal(decide(&message, &reply), REASON_NONE);
	assert_int_equal(reply.type, DHCP_ACK);
	assert_int_equal(reply.ciaddr, VM);
	assert_false(reply.broadcast);
}

static void a_request_for_another_address_gets_a_broadcast_nak(void **state)
{
	struct dhcp messages[8];

	(void)state;
	for (size_t i = 0; i < 8; i++)
		messages[i] = message_of(DHCP_REQUEST);
	messages[0].requested_ip = VM + 1;
	messages[1].ciaddr = VM + 1;
	messages[2].requested_ip = VM;
	messages[2].ciaddr = VM + 1;
	messages[3].requested_ip = VM + 1;
	messages[3].ciaddr = VM;
	messages[4].requested_ip = VM - 1;
	messages[4].ciaddr = VM;
	messages[5].requested_ip = VM;
	messages[5].ciaddr = VM - 1;
	messages[6].requested_ip = VM & 0xffff0000; /* neither is, but both together */
	messages[6].ciaddr = VM & 0xffff;
	/* messages[7] asks for nothing at all */
	for (size_t i = 0; i < 8; i++) {
		struct dhcp_reply reply;

		assert_int_equal(decide(&messages[i], &reply), REASON_NONE);
		assert_int_equal(reply.type, DHCP_NAK);
		assert_true(reply.broadcast);
		assert_int_equal(reply.yiaddr, 0);
		assert_int_equal(reply.lease_s, 0);
		assert_int_equal(reply.router, 0);
		assert_int_equal(reply.dns, 0);
		assert_int_equal(reply.server_id, GATEWAY);
	}
}

static void another_servers_client_is_left_alone(void **state)
{
	struct dhcp message = message_of(DHCP_REQUEST);
	struct dhcp_reply reply;

	(void)state;
	message.requested_ip = VM + 9;
	message.server_id = GATEWAY + 9;
	assert_int_equal(decide(&message, &reply), REASON_BENIGN);
	message.server_id = GATEWAY - 1;
	assert_int_equal(decide(&message, &reply), REASON_BENIGN);
}

static void an_inform_gets_an_ack_without_a_lease(void **state)
{
	struct dhcp message = message_of(DHCP_INFORM);
	struct dhcp_reply reply;

	(void)state;
	message.ciaddr = VM;
	assert_int_equal(decide(&message, &reply), REASON_NONE);
	assert_int_equal(reply.type, DHCP_ACK);
	assert_int_equal(reply.yiaddr, 0);
	assert_int_equal(reply.lease_s, 0);
	assert_int_equal(reply.router, GATEWAY);
	assert_int_equal(reply.to_ip, VM);
	message.ciaddr = VM + 1;
	assert_int_equal(decide(&message, &reply), REASON_DHCP_IGNORED);
	message.ciaddr = VM - 1;
	assert_int_equal(decide(&message, &reply), REASON_DHCP_IGNORED);
}

static void release_and_decline_need_no_answer(void **state)
{
	struct dhcp message = message_of(DHCP_RELEASE);
	struct dhcp_reply reply;

	(void)state;
	assert_int_equal(decide(&message, &reply), REASON_BENIGN);
	message.type = DHCP_DECLINE;
	assert_int_equal(decide(&message, &reply), REASON_BENIGN);
}

static void what_only_servers_send_is_ignored(void **state)
{
	static const uint8_t types[] = {DHCP_OFFER, DHCP_ACK, DHCP_NAK, 9, 255};

	(void)state;
	for (size_t i = 0; i < sizeof(types); i++) {
		struct dhcp message = message_of(types[i]);
		struct dhcp_reply reply;

		assert_int_equal(decide(&message, &reply), REASON_DHCP_IGNORED);
	}
}

static void another_hardware_address_or_a_relay_is_refused(void **state)
{
	struct dhcp message = message_of(DHCP_DISCOVER);
	struct dhcp_reply reply;

	(void)state;
	message.chaddr[5]++;
	assert_int_equal(decide(&message, &reply), REASON_DHCP_WRONG_CLIENT);
	message = message_of(DHCP_DISCOVER);
	message.giaddr = 0xcb007132;
	assert_int_equal(decide(&message, &reply), REASON_DHCP_WRONG_CLIENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_discover_gets_an_offer_of_the_policys_address),
	        cmocka_unit_test(the_mtu_is_the_policys),
	        cmocka_unit_test(the_gateway_resolves_names_where_the_policy_answers_them),
	        cmocka_unit_test(the_broadcast_flag_is_honoured),
	        cmocka_unit_test(an_offer_does_not_repeat_the_address_a_client_claims),
	        cmocka_unit_test(a_request_for_the_address_gets_an_ack),
	        cmocka_unit_test(a_request_for_another_address_gets_a_broadcast_nak),
	        cmocka_unit_test(another_servers_client_is_left_alone),
	        cmocka_unit_test(an_inform_gets_an_ack_without_a_lease),
	        cmocka_unit_test(release_and_decline_need_no_answer),
	        cmocka_unit_test(what_only_servers_send_is_ignored),
	        cmocka_unit_test(another_hardware_address_or_a_relay_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
