/* SPDX-License-Identifier: ISC */
/* ca_main.h: `refnat ca init|show`.
 *
 *	refnat ca init --cert FILE --key FILE [--name TEXT] [--days N]
 *	refnat ca show FILE
 *
 * init makes a new key and a certificate for it. Neither file may be there; the key's has mode 0600
 * from its first moment; when the certificate cannot be written, the key's file is removed again.
 * show prints what guests and people compare: subject, time, fingerprint, key.
 */
#ifndef REF_CA_MAIN_H
#define REF_CA_MAIN_H

/* argv[0] is "ca". Returns the exit code: 0, EXITS_USAGE, or EXITS_ENVIRONMENT when a file cannot
 * be made or read, or is no certificate. */
int ca_main(int argc, char *argv[]);

#endif
