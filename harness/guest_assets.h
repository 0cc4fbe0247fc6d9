/* SPDX-License-Identifier: ISC */
/* guest_assets.h: the scripts of a guest's set-up (harness/guest/), put into the program when it is built
 * (harness/guest/embed). */
#ifndef HARNESS_GUEST_ASSETS_H
#define HARNESS_GUEST_ASSETS_H

#include <stddef.h>

struct guest_asset {
	const char *text;
	size_t len;
};

extern const struct guest_asset guest_setup, guest_watchdog, guest_service, guest_openrc;

#endif
