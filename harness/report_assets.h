/* SPDX-License-Identifier: ISC */
/* report_assets.h: the style sheet and the script of the report, put into the program when it is built
 * (harness/report/embed). */
#ifndef HARNESS_REPORT_ASSETS_H
#define HARNESS_REPORT_ASSETS_H

#include <stddef.h>

struct report_asset {
	const char *text;
	size_t len;
	const char *sha256; /* base64, as a Content-Security-Policy wants it */
};

extern const struct report_asset report_css, report_js;

#endif
