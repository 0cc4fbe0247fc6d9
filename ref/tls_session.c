/* SPDX-License-Identifier: ISC */
/* tls_session.c: sessions of verified servers. */
#include "ref/tls_session.h"

#include "ref/cert.h"

#include <string.h>

static struct tls_session *find(struct tls_sessions *sessions, const char *name)
{
	for (size_t i = 0; i < TLS_SESSIONS_MAX; i++)
		if (strcmp(sessions->entries[i].name, name) == 0)
			return &sessions->entries[i];
	return NULL;
}

static void clear(struct tls_session *entry)
{
	SSL_SESSION_free(entry->session);
	*entry = (struct tls_session){.name = ""};
}

/* Its own, a free one, or the oldest: a free one has number 0. */
static struct tls_session *place_for(struct tls_sessions *sessions, const char *name)
{
	struct tls_session *place = find(sessions, name);

	for (size_t i = 0; !place && i < TLS_SESSIONS_MAX; i++)
		if (!sessions->entries[i].number)
			place = &sessions->entries[i];
	if (place)
		return place;
	place = &sessions->entries[0];
	for (size_t i = 1; i < TLS_SESSIONS_MAX; i++)
		if (sessions->entries[i].number < place->number)
			place = &sessions->entries[i];
	return place;
}

void tls_session_put(struct tls_sessions *sessions, const char *name, SSL_SESSION *session,
                     int64_t now_s)
{
	struct tls_session *place = place_for(sessions, name);

	clear(place);
	memcpy(place->name, name, strlen(name) + 1);
	place->session = session;
	place->stored_s = now_s;
	place->number = ++sessions->number;
}

static bool is_good(const struct tls_session *entry, int64_t now_s)
{
	const X509 *cert = SSL_SESSION_get0_peer(entry->session);
	int64_t end_s;

	return now_s >= entry->stored_s && now_s - entry->stored_s < TLS_SESSION_LIFE_S && cert &&
	       cert_time(X509_get0_notAfter(cert), &end_s) && now_s < end_s &&
	       SSL_SESSION_is_resumable(entry->session);
}

SSL_SESSION *tls_session_get(struct tls_sessions *sessions, const char *name, int64_t now_s)
{
	struct tls_session *entry = *name ? find(sessions, name) : NULL;

	if (!entry)
		return NULL;
	if (is_good(entry, now_s))
		return entry->session;
	clear(entry);
	return NULL;
}

void tls_session_drop(struct tls_sessions *sessions, const char *name)
{
	struct tls_session *entry = *name ? find(sessions, name) : NULL;

	if (entry)
		clear(entry);
}

void tls_sessions_free(struct tls_sessions *sessions)
{
	for (size_t i = 0; i < TLS_SESSIONS_MAX; i++)
		clear(&sessions->entries[i]);
}
