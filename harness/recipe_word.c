/* SPDX-License-Identifier: ISC */
/* recipe_word.c: the words that stand for numbers in recipes. */
#include "harness/recipe_word.h"

#include "harness/diag.h"

#include <stddef.h>
#include <string.h>

#define WORDS_MAX 32 /* entries of the longest list, its end included */

/* RFC 792, RFC 950, RFC 1256 */
const struct recipe_word recipe_icmp_words[] = {
        {"echo-reply", 0},          {"unreachable", 3},
        {"source-quench", 4},       {"redirect", 5},
        {"echo-request", 8},        {"router-advert", 9},
        {"router-solicit", 10},     {"time-exceeded", 11},
        {"parameter-problem", 12},  {"timestamp", 13},
        {"timestamp-reply", 14},    {"address-mask", 17},
        {"address-mask-reply", 18}, {NULL, 0},
};

/* RFC 4443, RFC 4861, RFC 3810 (`mld` is a version 2 report, what Linux sends) */
const struct recipe_word recipe_icmp6_words[] = {
        {"unreachable", 1},
        {"too-big", 2},
        {"time-exceeded", 3},
        {"parameter-problem", 4},
        {"echo-request", 128},
        {"echo-reply", 129},
        {"rs", 133},
        {"ra", 134},
        {"ns", 135},
        {"na", 136},
        {"redirect", 137},
        {"mld", 143},
        {NULL, 0},
};

/* RFC 2132 section 9.6 */
const struct recipe_word recipe_dhcp_words[] = {
        {"discover", 1}, {"offer", 2},   {"request", 3}, {"decline", 4}, {"ack", 5},
        {"nak", 6},      {"release", 7}, {"inform", 8},  {NULL, 0},
};

/* RFC 1035, RFC 3596, RFC 2782, RFC 9460; NULL is a record type that carries arbitrary bytes */
const struct recipe_word recipe_dns_words[] = {
        {"A", 1},     {"NS", 2},     {"CNAME", 5},  {"SOA", 6},   {"NULL", 10},
        {"PTR", 12},  {"MX", 15},    {"TXT", 16},   {"AAAA", 28}, {"SRV", 33},
        {"SVCB", 64}, {"HTTPS", 65}, {"AXFR", 252}, {"ANY", 255}, {NULL, 0},
};

const struct recipe_word *recipe_word_find(const struct recipe_word *list, const char *word)
{
	for (; list->word; list++)
		if (strcmp(list->word, word) == 0)
			return list;
	return NULL;
}

const char *recipe_word_name(const struct recipe_word *list, unsigned number)
{
	for (; list->word; list++)
		if (list->number == number)
			return list->word;
	return NULL;
}

const char *recipe_word_nearest(const struct recipe_word *list, const char *word)
{
	const char *words[WORDS_MAX] = {NULL};

	for (size_t i = 0; list[i].word && i + 1 < WORDS_MAX; i++)
		words[i] = list[i].word;
	return diag_nearest(word, words);
}
