/* SPDX-License-Identifier: ISC */
/* question_check.h: what must be true of a question to the resolver, and of what an answer to it means. */
#ifndef FUZZ_RIG_QUESTION_CHECK_H
#define FUZZ_RIG_QUESTION_CHECK_H

#include "ref/names_question.h"

/* The question that is the query of these bytes: its random bits are found in them. */
void question_check_make(struct names_question *question, const uint8_t *query, size_t n);

/* A question that is none: nothing that comes is believed. */
void question_check_none(struct rd message);

/* What a sound answer means. */
void question_check_result(const struct names_result *result, const struct dns_answer *answer,
                           uint32_t ttl_max);

#endif
