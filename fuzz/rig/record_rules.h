/* SPDX-License-Identifier: ISC */
/* record_rules.h: what a record on the wire may hold, from the table in ref/record.h and the fields of
 * its struct, byte by byte.
 */
#ifndef FUZZ_RIG_RECORD_RULES_H
#define FUZZ_RIG_RECORD_RULES_H

#include "ref/record.h"

/* How many bytes the record at the front of the bytes has; 0: there is none, or it is cut short. */
size_t record_rules_len(const uint8_t *bytes, size_t n);

/* Whether a text is of the alphabet of a member: 'n'ame, 'm'ethod, 'p'ath, 'r'ule, 'd'etail. */
bool record_rules_text(char member, const uint8_t *text, size_t n);

/* Puts the bytes into each text of a record, and HOLDS() that it has them, or nothing. */
void record_rules_set(const uint8_t *data, size_t size);

#endif
