/* SPDX-License-Identifier: ISC */
/* vm_qmp.c: asks QEMU over QMP. */
#include "harness/vm_qmp.h"
#include "harness/vm_part.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>
#include <sys/socket.h>

static void take_event(struct vm_qmp *q, const char *event, const json_t *o)
{
	const char *status;

	q->resets += !strcmp(event, "RESET");
	if (strcmp(event, "MIGRATION"))
		return;
	status = json_string_value(json_object_get(json_object_get(o, "data"), "status"));
	if (status && !strcmp(status, "completed"))
		q->migrated = true;
	else if (status && !strcmp(status, "failed"))
		q->migration_failed = true;
}

void vm_qmp_take(struct vm_qmp *q, const char *line)
{
	json_t *o = json_loads(line, 0, NULL);
	const char *event = json_string_value(json_object_get(o, "event"));
	const json_t *error = json_object_get(o, "error");

	if (event) {
		take_event(q, event, o);
	} else if (error) {
		const char *desc = json_string_value(json_object_get(error, "desc"));

		snprintf(q->error, sizeof(q->error), "%.199s", desc ? desc : "an error");
		q->answers++;
	} else if (json_object_get(o, "return")) {
		q->answers++;
	}
	json_decref(o);
}

static bool send_with(int sock, const char *text, int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = (char *)(uintptr_t)text, .iov_len = strlen(text)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fd >= 0) {
		struct cmsghdr *c;

		m.msg_control = control.bytes;
		m.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	}
	return sendmsg(sock, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)iov.iov_len;
}

bool vm_qmp_ask(struct vm *vm, const char *command, int fd, int timeout_ms)
{
	int64_t deadline = vm_now_ns() + (int64_t)timeout_ms * 1000000;
	unsigned before;

	while (!vm->qmp.answers) /* to qmp_capabilities, which was asked at the greeting */
		if (vm->qmp_fd < 0 || !vm_serve(vm, deadline, NULL))
			goto silent;
	before = vm->qmp.answers;
	vm->qmp.error[0] = 0;
	if (!send_with(vm->qmp_fd, command, fd))
		goto silent;
	while (vm->qmp.answers == before)
		if (vm->qmp_fd < 0 || !vm_serve(vm, deadline, NULL))
			goto silent;
	if (!vm->qmp.error[0])
		return true;
	vm_fail(vm, "QEMU refuses %.100s: %s", command, vm->qmp.error);
	vm->why[strcspn(vm->why, "\n")] = ' ';
	return false;
silent:
	if (vm->state != VM_GONE)
		vm_fail(vm, "QEMU does not answer on QMP");
	return false;
}
