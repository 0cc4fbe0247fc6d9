/* SPDX-License-Identifier: ISC */
/* recipe_test.h: for tests only. From words to a recipe, a frame, a match, in one call. */
#ifndef HARNESS_RECIPE_TEST_H
#define HARNESS_RECIPE_TEST_H

#include "harness/frame.h"
#include "harness/match.h"
#include "harness/recipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define TEST_TARGET IP4(198, 18, 0, 7) /* $T in tests */

static const struct frame_link test_link = {{0x52, 0x54, 0x00, 0x12, 0x34, 0x56},
                                            {0x02, 0x00, 0x00, 0x00, 0x00, 0x01}};
static const struct recipe_vars test_vars = {.nonce = "5f1c",
                                             .has_nat = true,
                                             .nat_ip = LAB_PROVIDER_IP,
                                             .nat_port = 43211,
                                             .has_tcp = true,
                                             .tcp_seq = 5000,
                                             .tcp_ack = 0xfffffffe,
                                             .pcap_dir = "pcaps"};

static inline bool test_parse_into(const char *words, bool pattern, struct diag *diag,
                                   struct recipe *out)
{
	struct lex lx;

	diag_init(diag, "test.scn", words, strlen(words));
	lex_init(&lx, words, strlen(words), 1, diag);
	return recipe_parse(&lx, pattern, TEST_TARGET, NULL, diag, out);
}

/* The caller frees with recipe_free(). */
static inline struct recipe test_parse(const char *words, bool pattern)
{
	struct diag diag;
	struct recipe r;

	if (!test_parse_into(words, pattern, &diag, &r))
		fail_msg("%s: %u: %s", words, diag.errors[0].column, diag.errors[0].text);
	return r;
}

/* Builds the frame of `words`; its length. */
static inline size_t test_build(const char *words, uint8_t *frame)
{
	struct recipe r = test_parse(words, false);
	char why[160] = "";
	size_t len = frame_build(&r, &test_vars, &test_link, frame, why);

	if (!len)
		fail_msg("%s: %s", words, why);
	recipe_free(&r);
	return len;
}

static inline bool test_match(const char *words, const void *frame, size_t len)
{
	struct recipe r = test_parse(words, true);
	struct seen s;
	bool matches;

	decode(frame, len, &s);
	matches = match(&r, &test_vars, &s);
	recipe_free(&r);
	return matches;
}

#endif
