/* SPDX-License-Identifier: ISC */
/* serve_files.c: the guest's agent takes and gives files, reports, and wakes up after a restore. */
#include "vm-images/serve_part.h"

#include "bytes/wr.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#define LOG_READ_ALL 3 /* syslog(2): SYSLOG_ACTION_READ_ALL */

static void make_folders(const char *path)
{
	char part[AGENT_PATH_MAX + 1];

	for (const char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
		mkdir(part, 0755);
	}
}

/* Returns the errno. */
static int write_file(const char *path, int flags, mode_t mode, struct rd data)
{
	int fd, error = 0;

	make_folders(path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode);
	if (fd < 0)
		return errno;
	if (fchmod(fd, mode)) /* past the umask, and of a file that was there */
		error = errno;
	while (!error && data.n) {
		ssize_t n = write(fd, data.p, data.n);

		if (n > 0 && rd_skip(&data, (size_t)n))
			continue;
		error = n < 0 ? errno : EIO;
	}
	close(fd);
	return error;
}

void serve_put(struct serve *s, const struct serve_request *q)
{
	char path[AGENT_PATH_MAX + 1];

	serve_request_text(q, path);
	serve_answer_u32(
	        s, AGENT_DONE, q->id,
	        (uint32_t)write_file(path, q->append ? O_APPEND : O_TRUNC, q->mode, q->data));
}

void serve_get(struct serve *s, const struct serve_request *q)
{
	static uint8_t data[AGENT_CHUNK_MAX];
	char path[AGENT_PATH_MAX + 1];
	struct stat st = {0};
	uint8_t head[8];
	struct wr w = wr_of(head, sizeof(head));
	int fd, error = 0;
	ssize_t n = 0;

	serve_request_text(q, path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st))
		error = errno;
	else if ((n = pread(fd, data, sizeof(data), q->number)) < 0 && errno == ESPIPE)
		n = q->number ? 0 : read(fd, data, sizeof(data));
	if (fd >= 0 && n < 0)
		error = errno;
	if (fd >= 0)
		close(fd);
	if (wr_u32(&w, (uint32_t)error) &&
	    wr_u32(&w, st.st_size > UINT32_MAX ? UINT32_MAX : (uint32_t)st.st_size))
		serve_answer(s, AGENT_DATA, q->id, head, sizeof(head), data, n > 0 ? (size_t)n : 0);
}

/* Of memory the kernel knows best what could be had; sysinfo() does not say. */
static uint32_t available_kb(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	unsigned long kb = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "MemAvailable:", 13))
			kb = strtoul(line + 13, NULL, 10);
	if (f)
		fclose(f);
	return (uint32_t)kb;
}

void serve_report(struct serve *s, uint32_t id)
{
	static char log[1 << 18];
	struct sysinfo info = {0};
	uint8_t head[12];
	struct wr w = wr_of(head, sizeof(head));
	int len = klogctl(LOG_READ_ALL, log, sizeof(log));
	size_t n = len > 0 ? (size_t)len : 0, cut = n > AGENT_CHUNK_MAX ? n - AGENT_CHUNK_MAX : 0;

	sysinfo(&info);
	if (wr_u32(&w, (uint32_t)(boot_now_us() / 1000)) &&
	    wr_u32(&w, (uint32_t)(info.totalram * info.mem_unit / 1024)) &&
	    wr_u32(&w, available_kb()))
		serve_answer(s, AGENT_REPORTED, id, head, sizeof(head), log + cut, n - cut);
}

/* All guests of one snapshot wake up with the same state of the random number generator; the
 * harness's bytes part them. They are credited, and the generator is seeded anew at once. */
static int add_entropy(struct rd bytes)
{
	/* struct rand_pool_info: bits credited, length in bytes, the bytes */
	uint32_t pool[2 + AGENT_ENTROPY_MAX / 4] = {(uint32_t)bytes.n * 8, (uint32_t)bytes.n};
	int fd = open("/dev/urandom", O_WRONLY | O_CLOEXEC), error = 0;

	memcpy(pool + 2, bytes.p, bytes.n);
	if (fd < 0 || ioctl(fd, RNDADDENTROPY, pool) || ioctl(fd, RNDRESEEDCRNG))
		error = errno;
	if (fd >= 0)
		close(fd);
	return error;
}

void serve_restored(struct serve *s, const struct serve_request *q)
{
	const struct timespec t = {.tv_sec = q->number, .tv_nsec = (long)q->nanoseconds};
	int error = add_entropy(q->data);

	if (clock_settime(CLOCK_REALTIME, &t))
		error = errno;
	serve_answer_u32(s, AGENT_DONE, q->id, (uint32_t)error);
}
