/* SPDX-License-Identifier: ISC */
/* version.h: name and version, as `describe`, `--version` and the ready event say them. */
#ifndef REF_VERSION_H
#define REF_VERSION_H

#define VERSION_NAME   "refnat"
#define VERSION_NUMBER "0.1.0"

#endif
