/* SPDX-License-Identifier: ISC */
/* recipe_word.h: the words that stand for numbers in recipes, for reading and for printing. */
#ifndef HARNESS_RECIPE_WORD_H
#define HARNESS_RECIPE_WORD_H

#include <stdint.h>

/* Each list ends with an entry whose word is NULL. */
struct recipe_word {
	const char *word;
	uint16_t number;
};

extern const struct recipe_word recipe_icmp_words[];  /* type */
extern const struct recipe_word recipe_icmp6_words[]; /* type */
extern const struct recipe_word recipe_dhcp_words[];  /* option 53 */
extern const struct recipe_word recipe_dns_words[];   /* query type */

/* The entry for `word`, or NULL. */
const struct recipe_word *recipe_word_find(const struct recipe_word *list, const char *word);
/* The first word for `number`, or NULL. */
const char *recipe_word_name(const struct recipe_word *list, unsigned number);
/* As diag_nearest(). */
const char *recipe_word_nearest(const struct recipe_word *list, const char *word);

#endif
