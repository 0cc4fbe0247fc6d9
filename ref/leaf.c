/* SPDX-License-Identifier: ISC */
/* leaf.c: the cache of leaves: an open hash table over a fixed array, and a list by last use.
 *
 * Theory of operation. An entry is in one chain of its bucket and in one of two lists: WAITING ones
 * in the order in which they were or will be asked for, the others by last use. What is WAITING is
 * never evicted. The socket to the minter does not block: of the waiting list the first `asked`
 * have been sent, the rest follow as answers come in.
 */
#include "ref/leaf.h"

#include "bytes/rd.h"
#include "ref/cert.h"
#include "ref/minter.h"
#include "ref/tls_name.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUCKETS   2048 /* a power of two, above LEAF_CACHE_MAX */
#define ASKED_MAX 32   /* names on their way at a time: they fit into the socket */
#define NOBODY    UINT32_MAX

enum state { FREE, WAITING, HERE, REFUSED };

struct entry {
	enum state state;
	char name[TLS_NAME_MAX + 1];
	X509 *leaf;      /* HERE */
	int64_t until_s; /* HERE: when it is minted anew; REFUSED: when it is asked again */
	uint32_t chain;  /* next of the bucket, or of the free entries */
	uint32_t newer, older;
};

/* Ends of a list. */
struct list {
	uint32_t newest, oldest;
};

struct leaf_cache {
	int fd;
	uint32_t asked; /* of the oldest in `waiting`, how many the minter has been told */
	uint32_t free;
	uint32_t buckets[BUCKETS];
	struct list waiting, used;
	struct entry entries[LEAF_CACHE_MAX];
	struct leaf_stats stats;
	uint64_t seed;
};

/* --- lists --- */

static void list_put(struct leaf_cache *cache, struct list *list, uint32_t i)
{
	struct entry *e = &cache->entries[i];

	e->newer = NOBODY;
	e->older = list->newest;
	*(list->newest == NOBODY ? &list->oldest : &cache->entries[list->newest].newer) = i;
	list->newest = i;
}

static void list_take(struct leaf_cache *cache, struct list *list, uint32_t i)
{
	const struct entry *e = &cache->entries[i];

	*(e->newer == NOBODY ? &list->newest : &cache->entries[e->newer].older) = e->older;
	*(e->older == NOBODY ? &list->oldest : &cache->entries[e->older].newer) = e->newer;
}

/* --- the table --- */

/* FNV-1a, from a random start: a guest that finds names of one bucket finds them for one run. */
static uint32_t *bucket_of(struct leaf_cache *cache, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325U ^ cache->seed;

	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 0x100000001b3U;
	return &cache->buckets[(hash ^ hash >> 32) & (BUCKETS - 1)];
}

static uint32_t find(struct leaf_cache *cache, const char *name)
{
	uint32_t i = *bucket_of(cache, name);

	while (i != NOBODY && strcmp(cache->entries[i].name, name) != 0)
		i = cache->entries[i].chain;
	return i;
}

/* Frees an entry of the list `used`. */
static void drop(struct leaf_cache *cache, uint32_t i)
{
	struct entry *e = &cache->entries[i];
	uint32_t *link = bucket_of(cache, e->name);

	while (*link != i)
		link = &cache->entries[*link].chain;
	*link = e->chain;
	list_take(cache, &cache->used, i);
	X509_free(e->leaf);
	*e = (struct entry){.state = FREE, .chain = cache->free};
	cache->free = i;
	cache->stats.entries--;
}

/* A new entry that waits, or NOBODY when all of them do. */
static uint32_t add(struct leaf_cache *cache, const char *name)
{
	uint32_t i, *bucket;
	struct entry *e;

	if (cache->free == NOBODY && cache->used.oldest != NOBODY) {
		drop(cache, cache->used.oldest);
		cache->stats.evicted++;
	}
	i = cache->free;
	if (i == NOBODY)
		return NOBODY;
	e = &cache->entries[i];
	cache->free = e->chain;
	bucket = bucket_of(cache, name);
	*e = (struct entry){.state = WAITING, .chain = *bucket};
	memcpy(e->name, name, strlen(name) + 1);
	*bucket = i;
	list_put(cache, &cache->waiting, i);
	cache->stats.entries++;
	return i;
}

/* --- the minter --- */

/* Tells the minter of those that wait and that it does not know of. */
static void ask(struct leaf_cache *cache)
{
	uint32_t i = cache->waiting.oldest;

	for (uint32_t n = 0; i != NOBODY && n < ASKED_MAX; n++, i = cache->entries[i].newer) {
		const char *name = cache->entries[i].name;

		if (n < cache->asked)
			continue;
		if (send(cache->fd, name, strlen(name), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			return; /* leaf_serve() finds out when it is gone */
		cache->asked++;
		cache->stats.mints++;
	}
}

/* When a certificate is minted anew; `now_s` when it has no sane time. One that lives shorter than
 * LEAF_RENEW_S, as those of a CA about to expire do, is good for half of what is left of it. */
static int64_t renewal(const X509 *leaf, int64_t now_s)
{
	int64_t end_s;

	if (!cert_time(X509_get0_notAfter(leaf), &end_s) || end_s <= now_s)
		return now_s;
	return end_s - now_s > 2 * LEAF_RENEW_S ? end_s - LEAF_RENEW_S
	                                        : now_s + (end_s - now_s) / 2;
}

static X509 *parse(struct rd der)
{
	const unsigned char *p = der.p;
	X509 *leaf = d2i_X509(NULL, &p, (long)der.n);

	if (leaf && p == der.p + der.n)
		return leaf;
	X509_free(leaf);
	return NULL;
}

/* An answer is for the name that was asked for longest ago. */
static bool take_answer(struct leaf_cache *cache, struct rd r, int64_t now_s, char *name)
{
	const uint32_t i = cache->asked ? cache->waiting.oldest : NOBODY;
	struct entry *e;
	uint8_t status;
	struct rd text;

	if (i == NOBODY || !rd_u8(&r, &status) || !rd_vec8(&r, &text))
		return false;
	e = &cache->entries[i];
	if (text.n != strlen(e->name) || memcmp(text.p, e->name, text.n) != 0 ||
	    status > MINTER_FAILED || (status != MINTER_OK && r.n))
		return false;
	if (status == MINTER_OK) {
		e->leaf = parse(r);
		if (!e->leaf)
			return false;
	}
	memcpy(name, e->name, sizeof(e->name));
	list_take(cache, &cache->waiting, i);
	list_put(cache, &cache->used, i);
	cache->asked--;
	cache->stats.refused += !e->leaf;
	e->state = e->leaf ? HERE : REFUSED;
	e->until_s = e->leaf ? renewal(e->leaf, now_s) : now_s + LEAF_REFUSED_S;
	return true;
}

bool leaf_serve(struct leaf_cache *cache, int64_t now_s, void (*told)(void *arg, const char *name),
                void *arg)
{
	uint8_t bytes[MINTER_ANSWER_MAX];
	char name[TLS_NAME_MAX + 1];
	ssize_t n;

	while ((n = recv(cache->fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_TRUNC)) > 0) {
		if ((size_t)n > sizeof(bytes) ||
		    !take_answer(cache, rd_of(bytes, (size_t)n), now_s, name))
			return false;
		ask(cache);
		told(arg, name);
	}
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

/* --- */

enum leaf_result leaf_get(struct leaf_cache *cache, const char *name, int64_t now_s, X509 **out)
{
	uint32_t i = strlen(name) <= TLS_NAME_MAX && *name ? find(cache, name) : NOBODY;

	*out = NULL;
	if (strlen(name) > TLS_NAME_MAX || !*name)
		return LEAF_FAILED;
	if (i != NOBODY && cache->entries[i].state == WAITING)
		return LEAF_WAIT;
	if (i != NOBODY && now_s < cache->entries[i].until_s) {
		list_take(cache, &cache->used, i);
		list_put(cache, &cache->used, i);
		*out = cache->entries[i].leaf;
		cache->stats.hits += *out != NULL;
		return *out ? LEAF_READY : LEAF_FAILED;
	}
	if (i != NOBODY)
		drop(cache, i);
	if (add(cache, name) == NOBODY)
		return LEAF_FAILED;
	ask(cache);
	return LEAF_WAIT;
}

static bool send_key(int fd, EVP_PKEY *key)
{
	unsigned char *der = NULL;
	const int n = i2d_PUBKEY(key, &der);
	const bool done = n > 0 && n <= MINTER_KEY_MAX &&
	                  send(fd, der, (size_t)n, MSG_NOSIGNAL) == n;

	OPENSSL_free(der);
	return done;
}

struct leaf_cache *leaf_cache_new(int minter, EVP_PKEY *key)
{
	struct leaf_cache *cache = calloc(1, sizeof(*cache));

	if (!cache || RAND_bytes((uint8_t *)&cache->seed, sizeof(cache->seed)) != 1 ||
	    !send_key(minter, key)) {
		fprintf(stderr, "refnat: the minter cannot be told the key: %s\n", strerror(errno));
		free(cache);
		close(minter);
		return NULL;
	}
	cache->fd = minter;
	cache->waiting = cache->used = (struct list){NOBODY, NOBODY};
	memset(cache->buckets, 0xff, sizeof(cache->buckets));
	for (uint32_t i = 0; i < LEAF_CACHE_MAX; i++)
		cache->entries[i].chain = i + 1 < LEAF_CACHE_MAX ? i + 1 : NOBODY;
	return cache;
}

void leaf_cache_free(struct leaf_cache *cache)
{
	if (!cache)
		return;
	for (uint32_t i = 0; i < LEAF_CACHE_MAX; i++)
		X509_free(cache->entries[i].leaf);
	close(cache->fd);
	free(cache);
}

int leaf_fd(const struct leaf_cache *cache)
{
	return cache->fd;
}

struct leaf_stats leaf_stats(const struct leaf_cache *cache)
{
	return cache->stats;
}
