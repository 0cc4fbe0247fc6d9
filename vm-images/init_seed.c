/* SPDX-License-Identifier: ISC */
/* init_seed.c: finds the guest's set-up script and runs it.
 *
 * PID 1 takes no side: a script that fails is named in READY, and it is the script's own duty to
 * power the machine off when it should not go on. */
#include "vm-images/init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SETUP_PATIENCE_MS 300000
#define DISK_PATIENCE_MS  5000 /* for the disk to appear after its driver was loaded */
#define LOAD_PATIENCE_MS  20000

#define LABEL "cidata" /* what cloud-init's NoCloud looks for, in either case */

/* The primary volume descriptor of ISO 9660 (ECMA-119 section 8.4) stands in sector 16; the label
 * is padded with spaces. */
static bool is_seed(const char *device)
{
	char d[40 + 32];
	int fd = open(device, O_RDONLY | O_CLOEXEC);
	bool yes = fd >= 0 && pread(fd, d, sizeof(d), 16 * 2048L) == (ssize_t)sizeof(d) &&
	           !memcmp(d, "\1CD001", 6) && !strncasecmp(d + 40, LABEL, strlen(LABEL)) &&
	           d[40 + strlen(LABEL)] == ' ';

	if (fd >= 0)
		close(fd);
	return yes;
}

static bool find_seed(char device[64])
{
	DIR *dir = opendir("/sys/block");
	struct dirent *e;
	bool found = false;

	while (dir && !found && (e = readdir(dir))) {
		if (e->d_name[0] == '.' || strlen(e->d_name) > 32)
			continue;
		snprintf(device, 64, "/dev/%.32s", e->d_name);
		found = is_seed(device);
	}
	if (dir)
		closedir(dir);
	return found;
}

static void load(struct boot *b, const char *module)
{
	const char *const argv[] = {"/bin/modprobe", module, NULL};
	int pid = boot_spawn(argv, false);

	if (pid < 0 || boot_wait(pid, LOAD_PATIENCE_MS))
		boot_fail(b, "modprobe %s failed", module);
}

static bool mount_seed(struct boot *b, const char *dir)
{
	char device[64];

	load(b, "virtio_blk");
	load(b, "isofs");
	for (uint64_t end = boot_now_us() + DISK_PATIENCE_MS * 1000ull; boot_now_us() < end;) {
		if (find_seed(device)) {
			mkdir(dir, 0755);
			if (!mount(device, dir, "iso9660", MS_RDONLY | MS_NOSUID | MS_NODEV, NULL))
				return true;
			boot_fail(b, "mount %s on %s: %s", device, dir, strerror(errno));
			return false;
		}
		usleep(1000);
	}
	boot_fail(b, "no %s/setup.sh and no disk labelled " LABEL, dir);
	return false;
}

void boot_setup(struct boot *b, const char *dir)
{
	char script[256];
	const char *const argv[] = {"/bin/sh", script, NULL};
	int pid, status;

	snprintf(script, sizeof(script), "%s/setup.sh", dir);
	if (access(script, R_OK) && !mount_seed(b, dir))
		return;
	boot_step(b, AGENT_STEP_SETUP);
	pid = boot_spawn(argv, true);
	status = pid > 0 ? boot_wait(pid, SETUP_PATIENCE_MS) : -1;
	if (status == 0)
		boot_step(b, AGENT_STEP_SETUP_DONE);
	else if (status == -1)
		boot_fail(b, "%s: not done within %d s", script, SETUP_PATIENCE_MS / 1000);
	else if (WIFEXITED(status))
		boot_fail(b, "%s: exit code %d", script, WEXITSTATUS(status));
	else
		boot_fail(b, "%s: ended by signal %d", script, WTERMSIG(status));
}
