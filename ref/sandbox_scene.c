/* SPDX-License-Identifier: ISC */
/* sandbox_scene.c: what the processes of refnat have open when they enter the sandbox. */
#include "ref/sandbox_acts.h"

#include "ref/policy_load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RULES         100 /* of the policy: more than qsort() sorts on the stack */
#define RULE_TEXT_MAX 80

/* A socket of the loopback interface, and the address that the kernel gave it. */
static int open_inet(int type, struct sockaddr_in *address)
{
	socklen_t len = sizeof(*address);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	*address = (struct sockaddr_in){.sin_family = AF_INET,
	                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0)
		return -1;
	if (bind(fd, (const struct sockaddr *)address, len) == 0 &&
	    getsockname(fd, (struct sockaddr *)address, &len) == 0)
		return fd;
	close(fd);
	return -1;
}

static void open_unix_listener(struct sandbox_scene *scene)
{
	struct sockaddr *address = (struct sockaddr *)&scene->unix_address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	scene->unix_listener = fd;
	scene->unix_address.sun_family = AF_UNIX;
	scene->unix_address_len = sizeof(scene->unix_address);
	/* The kernel chooses an abstract name when there is only the family. */
	if (bind(fd, address, sizeof(sa_family_t)) == 0 && listen(fd, 4) == 0 &&
	    getsockname(fd, address, &scene->unix_address_len) == 0)
		(void)connect(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), address,
		              scene->unix_address_len);
}

/* Sends the descriptor along with a byte. */
static void send_descriptor(int pair, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control = {
	        .header = {.cmsg_level = SOL_SOCKET,
	                   .cmsg_type = SCM_RIGHTS,
	                   .cmsg_len = CMSG_LEN(sizeof(int))},
	};
	struct iovec iov = {.iov_base = "d", .iov_len = 1};
	struct msghdr message = {.msg_iov = &iov,
	                         .msg_iovlen = 1,
	                         .msg_control = control.bytes,
	                         .msg_controllen = sizeof(control.bytes)};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	sendmsg(pair, &message, MSG_NOSIGNAL);
}

static const char *write_policy(void)
{
	const size_t room = RULES * RULE_TEXT_MAX + 200;
	char *text = malloc(room);
	size_t len;

	if (!text)
		abort();
	len = (size_t)snprintf(text, room,
	                       "{\"version\":1,\"mode\":\"filtered\",\"vm\":{\"mac\":"
	                       "\"52:54:00:12:34:56\",\"ip\":\"192.168.100.2/24\",\"gateway\":"
	                       "\"192.168.100.1\"},\"allow\":[");
	for (unsigned i = 0; i < RULES; i++)
		len += (size_t)snprintf(
		        text + len, room - len,
		        "%s{\"id\":\"r%u\",\"proto\":\"udp\",\"ip\":\"203.0.113.9\","
		        "\"port\":%u}",
		        i ? "," : "", i, 60000 - i);
	snprintf(text + len, room - len, "]}");
	return text;
}

bool sandbox_scene_load_policy(const struct sandbox_scene *scene)
{
	const char *text = scene->policy_text;
	struct rd bytes = rd_of((const uint8_t *)text, strlen(text));
	struct policy policy;

	if (policy_load_text("policy", bytes, stderr, &policy))
		return false;
	policy_free(&policy);
	return true;
}

static bool has_capability(unsigned cap)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	return syscall(SYS_capget, &header, data) == 0 && data[0].effective >> cap & 1;
}

void sandbox_scene_set(struct sandbox_scene *scene, const char *path)
{
	struct sockaddr_in *udp = &scene->udp_address;

	*scene = (struct sandbox_scene){.path = path, .pair = {-1, -1}};
	scene->udp = open_inet(SOCK_DGRAM, udp);
	(void)connect(scene->udp, (const struct sockaddr *)udp, sizeof(*udp));
	scene->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	scene->tcp_listener = open_inet(SOCK_STREAM, &scene->tcp_address);
	listen(scene->tcp_listener, 4);
	open_unix_listener(scene);
	scene->unix_stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, scene->pair) == 0)
		send_descriptor(scene->pair[0], scene->udp);
	scene->complaints = fdopen(dup(scene->pair[1]), "w");
	if (!scene->complaints)
		abort();
	setbuf(scene->complaints, NULL);
	scene->epoll = epoll_create1(EPOLL_CLOEXEC);
	scene->child = fork();
	if (!scene->child)
		_exit(0);
	/* Of the heap, and mapped by itself. */
	scene->blocks[0] = malloc(100000);
	scene->blocks[1] = malloc(1000000);
	scene->policy_text = write_policy();
	sandbox_scene_load_policy(scene);
	scene->may_drop_bounding = has_capability(CAP_SETPCAP);
}
