/* SPDX-License-Identifier: ISC */
/* link_open.c: from a SPEC to an open frame channel, one function for each kind of it. */
#include "ref/exits.h"
#include "ref/link.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS 10

static_assert(LINK_PATH_MAX + 1 == sizeof(((struct sockaddr_un *)0)->sun_path), "path bound");
static_assert(IFNAMSIZ <= LINK_PATH_MAX, "an interface name fits a path");

/* ---- the text ---- */

bool link_parse_fd(const char *text, int *fd)
{
	long value;
	char *end;

	if (strncmp(text, "fd:", 3) != 0 || text[3] < '0' || text[3] > '9')
		return false;
	errno = 0;
	value = strtol(text + 3, &end, 10);
	if (errno || *end || value > 0x7fffffff)
		return false;
	*fd = (int)value;
	return true;
}

static bool take_path(const char *text, size_t len, char path[LINK_PATH_MAX + 1])
{
	if (!len || len > LINK_PATH_MAX)
		return false;
	memcpy(path, text, len);
	path[len] = '\0';
	return true;
}

/* A second comma would leave open which of them stands between the two. */
static bool take_two_paths(const char *text, struct link_spec *out)
{
	const char *comma = strchr(text, ',');

	return comma && !strchr(comma + 1, ',') &&
	       take_path(text, (size_t)(comma - text), out->path) &&
	       take_path(comma + 1, strlen(comma + 1), out->remote);
}

/* Nothing that the kernel would take for a pattern ("tap%d") or refuse. */
static bool take_interface(const char *text, struct link_spec *out)
{
	static const char legal[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                            "0123456789._-";
	const size_t len = strlen(text);

	return len < IFNAMSIZ && strspn(text, legal) == len && strcmp(text, ".") != 0 &&
	       strcmp(text, "..") != 0 && take_path(text, len, out->path);
}

static int bad_spec(const char *text, const char *why)
{
	fprintf(stderr, "refnat: --frames %s: %s\n", text, why);
	return EXITS_USAGE;
}

int link_parse_spec(const char *text, struct link_spec *out)
{
	static const struct prefix {
		const char *text;
		enum link_kind kind;
	} prefixes[] = {
	        {"fd:", LINK_FD},
	        {"stream-listen:unix:", LINK_LISTEN},
	        {"stream-connect:unix:", LINK_CONNECT},
	        {"dgram:unix:", LINK_DGRAM},
	        {"seqpacket:unix:", LINK_SEQPACKET},
	        {"tap:", LINK_TAP},
	};
	const size_t count = sizeof(prefixes) / sizeof(prefixes[0]);
	const char *rest;
	size_t i = 0;

	*out = (struct link_spec){.fd = -1, .patience_ms = LINK_PATIENCE_MS};
	while (i < count && strncmp(text, prefixes[i].text, strlen(prefixes[i].text)) != 0)
		i++;
	if (i == count)
		return bad_spec(text, "not a SPEC, see --help");
	out->kind = prefixes[i].kind;
	rest = text + strlen(prefixes[i].text);
	switch (out->kind) {
	case LINK_FD:
		return link_parse_fd(text, &out->fd) ? EXITS_OK
		                                     : bad_spec(text, "must be fd: and a number");
	case LINK_DGRAM:
		return take_two_paths(rest, out) ? EXITS_OK
		                                 : bad_spec(text, "must be two paths of 1..107 "
		                                                  "characters and one comma");
	case LINK_TAP:
		return take_interface(rest, out) ? EXITS_OK
		                                 : bad_spec(text, "not an interface name");
	case LINK_LISTEN:
	case LINK_CONNECT:
	case LINK_SEQPACKET:
	default:
		return take_path(rest, strlen(rest), out->path)
		               ? EXITS_OK
		               : bad_spec(text, "the path must have 1..107 characters");
	}
}

/* ---- opening ---- */

static bool refuse(const char *name, const char *why)
{
	fprintf(stderr, "refnat: frame channel %s: %s\n", name, why);
	return false;
}

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, path, strlen(path) + 1);
	return address;
}

static bool connect_once(int fd, const char *path)
{
	const struct sockaddr_un address = address_of(path);

	return connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

static bool bind_once(int fd, const char *path)
{
	const struct sockaddr_un address = address_of(path);

	return bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

/* Waits for a peer that is still on its way up: no file, nobody bound to it, or a full backlog. */
static bool connect_patiently(int fd, const char *path, int patience_ms)
{
	const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};

	for (int waited_ms = 0; !connect_once(fd, path); waited_ms += POLL_MS) {
		if (waited_ms >= patience_ms ||
		    (errno != ENOENT && errno != ECONNREFUSED && errno != EAGAIN))
			return refuse(path, strerror(errno));
		nanosleep(&pause, NULL);
	}
	return true;
}

/* Why what stands at `path` cannot be taken over. NULL: it can, no socket is bound to it any more.
 * Asked with a datagram socket: a bound socket of another type answers EPROTOTYPE even before it
 * listens, and no listener sees a peer. */
static const char *in_the_way(const char *path)
{
	struct stat st;
	bool stale;
	int fd;

	if (lstat(path, &st) < 0)
		return strerror(errno);
	if (!S_ISSOCK(st.st_mode))
		return "exists and is no socket; remove it or choose another path";
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return strerror(errno);
	stale = !connect_once(fd, path) && errno == ECONNREFUSED;
	close(fd);
	return stale ? NULL : "a socket in use; end its owner or choose another path";
}

/* Binds, and has the path removed when the link is closed. */
static bool bind_path(struct link *link, int fd, const char *path)
{
	bool ok = bind_once(fd, path);

	if (!ok && errno == EADDRINUSE) {
		const char *why = in_the_way(path);

		if (why)
			return refuse(path, why);
		ok = unlink(path) == 0 && bind_once(fd, path);
	}
	if (!ok)
		return refuse(path, strerror(errno));
	memcpy(link->path, path, strlen(path) + 1);
	return true;
}

/* The four kinds that begin with a unix socket of their own. */
static bool open_unix(struct link *link, const struct link_spec *spec, int type)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return refuse(spec->path, strerror(errno));
	if (spec->kind == LINK_CONNECT) {
		link->fd = fd;
		return connect_patiently(fd, spec->path, spec->patience_ms);
	}
	if (spec->kind == LINK_DGRAM) {
		/* In this order nobody but the peer ever gets a frame in: see link.h. */
		link->fd = fd;
		return connect_patiently(fd, spec->remote, spec->patience_ms) &&
		       bind_path(link, fd, spec->path);
	}
	link->listener = fd;
	return bind_path(link, fd, spec->path) &&
	       (listen(fd, 1) == 0 || refuse(spec->path, strerror(errno)));
}

/* Without offloads: with them the guest's checksums would be unfinished and its frames too big. Whether
 * a TAP has IFF_NO_PI cannot be asked: TUNGETIFF sets the same bit for a TAP without a filter. */
static bool adopt_tap(struct link *link, int fd, const char *name)
{
	struct ifreq request = {0};
	unsigned flags;

	if (ioctl(fd, TUNGETIFF, &request) < 0)
		return refuse(name, errno == EBADFD ? "a TAP without an interface"
		                                    : "neither a socket nor a TAP");
	flags = (unsigned short)request.ifr_flags;
	if ((flags & (IFF_TUN | IFF_TAP | IFF_VNET_HDR)) != IFF_TAP)
		return refuse(name, "must be IFF_TAP with IFF_NO_PI and without IFF_VNET_HDR");
	if (ioctl(fd, TUNSETOFFLOAD, 0) < 0 || fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return refuse(name, strerror(errno));
	link->carrier = LINK_OVER_TAP;
	link->fd = fd;
	return true;
}

static bool open_tap(struct link *link, const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return refuse("/dev/net/tun", strerror(errno));
	memcpy(request.ifr_name, name, strlen(name) + 1);
	if (ioctl(fd, TUNSETIFF, &request) == 0) {
		if (adopt_tap(link, fd, name))
			return true;
	} else {
		refuse(name, errno == EBUSY    ? "another program holds this TAP"
		             : errno == EINVAL ? "exists and is no TAP of one queue"
		                               : strerror(errno));
	}
	close(fd);
	return false;
}

static bool adopt_fd(struct link *link, int fd)
{
	struct sockaddr_un peer;
	int type, domain;
	socklen_t type_len = sizeof(type), domain_len = sizeof(domain), peer_len = sizeof(peer);
	char name[24];

	snprintf(name, sizeof(name), "fd:%d", fd);
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) < 0)
		return errno == ENOTSOCK ? adopt_tap(link, fd, name)
		                         : refuse(name, strerror(errno));
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_len) < 0 || domain != AF_UNIX)
		return refuse(name, "not a unix socket");
	if (getpeername(fd, (struct sockaddr *)&peer, &peer_len) < 0)
		return refuse(name, strerror(errno));
	link->carrier = type == SOCK_DGRAM       ? LINK_OVER_DGRAM
	                : type == SOCK_SEQPACKET ? LINK_OVER_SEQPACKET
	                                         : LINK_OVER_STREAM;
	link->fd = fd;
	return true;
}

static bool open_kind(struct link *link, const struct link_spec *spec)
{
	switch (spec->kind) {
	case LINK_FD:
		return adopt_fd(link, spec->fd);
	case LINK_TAP:
		return open_tap(link, spec->path);
	case LINK_DGRAM:
		link->carrier = LINK_OVER_DGRAM;
		return open_unix(link, spec, SOCK_DGRAM);
	case LINK_SEQPACKET:
		link->carrier = LINK_OVER_SEQPACKET;
		return open_unix(link, spec, SOCK_SEQPACKET);
	case LINK_LISTEN:
	case LINK_CONNECT:
	default:
		return open_unix(link, spec, SOCK_STREAM);
	}
}

int link_open(struct link *link, const struct link_spec *spec)
{
	*link = (struct link){.fd = -1, .listener = -1};
	link->in = malloc(LINK_BUFFER_SIZE);
	link->out = malloc(LINK_BUFFER_SIZE);
	if (!link->in || !link->out)
		refuse("buffers", "out of memory");
	else if (open_kind(link, spec))
		return EXITS_OK;
	link_close(link);
	return EXITS_ENVIRONMENT;
}
