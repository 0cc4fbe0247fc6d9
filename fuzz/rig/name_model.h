/* SPDX-License-Identifier: ISC */
/* name_model.h: what a name is, once more: ref/host_name.h, ref/tls_name.h and what ref/dns_name.h says of
 * hosts, written from their manuals in another way. */
#ifndef FUZZ_RIG_NAME_MODEL_H
#define FUZZ_RIG_NAME_MODEL_H

#include "ref/host_name.h"
#include "ref/tls_fault.h"

/* As host_name_normalise(). `out` is only written when the name, or but for its last label, is one. */
enum host_name_fault name_model(struct rd name, bool underscores, char out[HOST_NAME_LEN_MAX + 1],
                                uint8_t *bad);

/* As tls_name_normalise(). */
enum tls_fault name_model_tls(struct rd name, char out[HOST_NAME_LEN_MAX + 1]);

/* Whether inet_aton() and its like read the label as a number. */
bool name_model_is_number(const char *label);

#endif
