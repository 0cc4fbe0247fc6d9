/* SPDX-License-Identifier: ISC */
/* version.h: the one place that says which version this is. */
#ifndef HARNESS_VERSION_H
#define HARNESS_VERSION_H

#define GAUNTLET_VERSION "0.1.0"

#endif
