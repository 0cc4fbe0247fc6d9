/* SPDX-License-Identifier: ISC */
/* janitor.c: unlinks one path at the end. */
#include "ref/janitor.h"

#include "ref/exits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Keeps standard error and the pipe only: were another descriptor open here, its peer would not see
 * the worker's end. */
static bool keep_only(int *fd)
{
	if (dup2(*fd, 0) < 0 || close_range(1, 1, 0) < 0 || close_range(3, ~0U, 0) < 0)
		return false;
	*fd = 0;
	return true;
}

static int clean_up(int fd, const char *path, enum sandbox_want want)
{
	struct sandbox_report report;
	char byte;
	ssize_t n;

	if (!keep_only(&fd) || !sandbox_enter(SANDBOX_JANITOR, want, 0, &report))
		return EXITS_ENVIRONMENT;
	do {
		n = read(fd, &byte, 1); /* nobody writes */
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (unlink(path) == 0)
		return EXITS_OK;
	fprintf(stderr, "refnat: cannot remove %s: %s\n", path, strerror(errno));
	return EXITS_ENVIRONMENT;
}

bool janitor_start(struct janitor *janitor, const char *path, enum sandbox_want want)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		fprintf(stderr, "refnat: janitor: %s\n", strerror(errno));
		return false;
	}
	fflush(NULL);
	*janitor = (struct janitor){.fd = ends[1], .pid = fork()};
	if (!janitor->pid)
		_exit(clean_up(ends[0], path, want));
	close(ends[0]);
	if (janitor->pid > 0)
		return true;
	fprintf(stderr, "refnat: janitor: %s\n", strerror(errno));
	close(ends[1]);
	return false;
}

void janitor_stop(struct janitor *janitor)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	close(janitor->fd);
	for (int i = 0; i < JANITOR_PATIENCE_MS && waitpid(janitor->pid, NULL, WNOHANG) == 0; i++)
		nanosleep(&pause, NULL);
}
