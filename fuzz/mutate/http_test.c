/* SPDX-License-Identifier: ISC */
/* http_test.c: the mutator's formats with HTTP/1.1. */
#include "fuzz/mutate/mutate_rig.h"

static const uint8_t request[] = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                                 "02\r\nab\r\n3\r\ncde\r\n0\r\nX: y\r\n\r\n"
                                 "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody";
static const uint8_t talk[] = "\1POST / HTTP/1.1\r\nContent-Length:  4\r\n\r\nbo\xf8"
                              "dy\xf9HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\xfb\xfa";

static void any_bytes_are_kept(void **state)
{
	(void)state;
	rig_is_kept(&mutate_http, request, sizeof(request) - 1);
	rig_is_kept(&mutate_http_talk, talk, sizeof(talk) - 1);
	rig_is_kept(&mutate_http_talk, request, sizeof(request) - 1);
}

/* Makes the field that is these bytes longer. */
static void lengthen(const char *bytes, const char *longer)
{
	for (uint16_t i = 0; i < tree.count; i++)
		if (tree.nodes[i].bytes.n == strlen(bytes) &&
		    !memcmp(tree.nodes[i].bytes.p, bytes, strlen(bytes)))
			tree.nodes[i].bytes = rd_of(longer, strlen(longer));
}

static void sizes_and_lengths_follow_what_they_measure(void **state)
{
	static const char expected[] = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	                               "02\r\nab\r\nb\r\nlonger than\r\n0\r\nX: y\r\n\r\n"
	                               "POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\nlonger body";
	uint8_t out[RIG_LEN];
	size_t n;

	(void)state;
	mutate_parse(&mutate_http, &tree, rd_of(request, sizeof(request) - 1), 1);
	lengthen("cde", "longer than");
	lengthen("body", "longer body");
	n = mutate_write(&mutate_http, &tree, out, sizeof(out));
	assert_int_equal(n, sizeof(expected) - 1);
	assert_memory_equal(out, expected, n);
}

static void a_body_that_is_cut_off_is_a_lie_until_it_is_repaired(void **state)
{
	uint8_t out[RIG_LEN];

	(void)state;
	mutate_parse(&mutate_http_talk, &tree, rd_of(talk, sizeof(talk) - 1), 1);
	assert_int_equal(mutate_write(&mutate_http_talk, &tree, out, sizeof(out)),
	                 sizeof(talk) - 1);
	assert_memory_equal(out, talk, sizeof(talk) - 1);
	mutate_repair(&tree);
	assert_int_equal(mutate_write(&mutate_http_talk, &tree, out, sizeof(out)),
	                 sizeof(talk) - 1);
	assert_memory_equal(out + 18, "Content-Length:  2\r\n\r\nbo", 24);
}

static void the_same_seed_does_the_same(void **state)
{
	(void)state;
	rig_is_deterministic(&mutate_http, request, sizeof(request) - 1);
	rig_is_deterministic(&mutate_http_talk, talk, sizeof(talk) - 1);
}

static void what_comes_of_it_is_sound(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++) {
		rig_stays_sound(&mutate_http, request, sizeof(request) - 1, seed * 1000, 300);
		rig_stays_sound(&mutate_http_talk, talk, sizeof(talk) - 1, seed * 1000, 300);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(any_bytes_are_kept),
	        cmocka_unit_test(sizes_and_lengths_follow_what_they_measure),
	        cmocka_unit_test(a_body_that_is_cut_off_is_a_lie_until_it_is_repaired),
	        cmocka_unit_test(the_same_seed_does_the_same),
	        cmocka_unit_test(what_comes_of_it_is_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
