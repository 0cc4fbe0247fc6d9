/* SPDX-License-Identifier: ISC */
/* rd.c: for the prover. Where bytes/rd.h is proved, which has no source file of its own. */
#include "bytes/rd.h"
