/* SPDX-License-Identifier: ISC */
/* closed_test.c: open_test.c without its hole. */
#define CLOSED
#include "ci/mutator/sample/open_test.c"
