/* SPDX-License-Identifier: ISC */
/* leaf.h: the certificates that the gate shows to the guest, one for each name, minted once.
 *
 * The gate's end of minter.h. Of LEAF_CACHE_MAX names the certificate is kept; the one that was
 * asked for longest ago makes room for a new one. One mint of a name is under way at a time,
 * however many ask for it: they wait together. Nothing blocks.
 *
 * A leaf is minted anew LEAF_RENEW_S before it expires. A name that the minter refused is refused
 * without asking again for LEAF_REFUSED_S.
 *
 * `now_s` is the time of certificates: seconds since 1970 of CLOCK_REALTIME.
 */
#ifndef REF_LEAF_H
#define REF_LEAF_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEAF_CACHE_MAX 1024
#define LEAF_RENEW_S   INT64_C(86400)
#define LEAF_REFUSED_S 1

struct leaf_cache;

enum leaf_result {
	LEAF_READY,
	LEAF_WAIT,   /* ask again when leaf_serve() has told the name */
	LEAF_FAILED, /* the minter refuses, is gone, or LEAF_CACHE_MAX mints are under way */
};

/* Takes the minter's end of the pair, and tells it the key that it shall sign for: the context's.
 * NULL, with the reason printed and `minter` closed, when that fails. */
struct leaf_cache *leaf_cache_new(int minter, EVP_PKEY *key);
void leaf_cache_free(struct leaf_cache *cache);

/* The certificate for `name`, which is of the form of tls_name_normalise(). *out is the cache's,
 * good until the next call; tls_end_server() takes a reference. */
enum leaf_result leaf_get(struct leaf_cache *cache, const char *name, int64_t now_s, X509 **out);

/* Wait for POLLIN on it, then call leaf_serve(). */
int leaf_fd(const struct leaf_cache *cache);

/* Takes all answers of the minter that are there; `told` is called for each name that has one,
 * READY or FAILED, and may call leaf_get(). False: the minter has ended or does not talk as ours
 * does, and the gate must end. */
bool leaf_serve(struct leaf_cache *cache, int64_t now_s, void (*told)(void *arg, const char *name),
                void *arg);

struct leaf_stats {
	uint64_t hits, mints, evicted, refused;
	size_t entries;
};
struct leaf_stats leaf_stats(const struct leaf_cache *cache);

#endif
