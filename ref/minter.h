/* SPDX-License-Identifier: ISC */
/* minter.h: the process that owns the key of the project's CA, and signs leaves with it.
 *
 * The gate talks TLS with the guest and must not be able to pretend to be anybody: what it may ask
 * for is a certificate for one name at a time, and the minter, forked before the gate read a
 * byte, looks whether the policy allows that name. All leaves have one key, the gate's; the minter
 * gets its public half as the first message and then never another. The CA's key is read in the
 * minter after the fork, so no other process has ever had it.
 *
 * A leaf: X.509 v3, ECDSA P-256 with SHA-256, a random serial of 127 bits, not before an hour ago,
 * for MINTER_DAYS or as long as the CA lives if that is less, subjectAltName DNS:name (critical,
 * with an empty subject), keyUsage digitalSignature, extendedKeyUsage serverAuth, basicConstraints
 * CA:FALSE, subject and authority key identifiers.
 *
 * A SOCK_SEQPACKET pair:
 *	first	gate: the public key, DER of SubjectPublicKeyInfo. No answer
 *	then	gate: a name, 1..253 bytes. Minter: u8 enum minter_status, u8 length and name, and the
 *		certificate in DER when it is MINTER_OK. Answers come in the order of the names
 * What does not look like this ends the minter. It ends when the gate's end is closed.
 */
#ifndef REF_MINTER_H
#define REF_MINTER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define MINTER_DAYS       90
#define MINTER_BACK_S     3600
#define MINTER_KEY_MAX    512
#define MINTER_DER_MAX    2048
#define MINTER_ANSWER_MAX (2 + 253 + MINTER_DER_MAX)
#define MINTER_START_MS   5000

enum minter_status {
	MINTER_OK,
	MINTER_REFUSED, /* no name, or not allowed by the policy in force */
	MINTER_FAILED,  /* the CA has expired, or OpenSSL failed */
};

/* `allows`: whether the policy in force allows a name; called in the minter's process. `prepare`:
 * as in dialer.h, once the CA is loaded: the sandbox's place. */
struct minter_setup {
	const char *ca_cert, *ca_key;
	bool (*allows)(void *arg, const char *name);
	bool (*prepare)(void *arg);
	void *arg;
};

struct minter {
	int fd; /* for leaf_cache_new() in the gate; every other process closes it */
	pid_t pid;
};

/* Forks the minter and waits until it has loaded the CA and entered its sandbox. The child does not
 * return. False, with the reason printed, when it cannot: files missing, the key readable by
 * others, or not the certificate's, the CA expired (ca.h). */
bool minter_start(struct minter *minter, const struct minter_setup *setup);

/* Closes the end, if it is open, and waits a little for the process to end. */
void minter_stop(struct minter *minter);

#endif
