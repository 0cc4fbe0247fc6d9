/* SPDX-License-Identifier: ISC */
/* vm_launch.c: makes QEMU's process: its image, its channels, its namespace. */
#include "harness/vm_part.h"

#include "harness/vm_qemu.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int check_file(struct vm *vm, const char *what, const char *path,
                      const char *(*check)(struct rd file))
{
	const char *fault = "cannot be read";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size == 0) {
		fault = "is empty";
	} else if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode)) {
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map != MAP_FAILED) {
			fault = check(rd_of(map, (size_t)st.st_size));
			munmap(map, (size_t)st.st_size);
		}
	}
	vm_close_fd(&fd);
	return fault ? vm_fail(vm, "%s %s %s: run vm-images/build (make vm-images)", what, path,
	                       fault)
	             : 0;
}

int vm_launch_check(struct vm *vm, struct vm_launch *l, const char *image)
{
	char version[VM_QEMU_VERSION];

	if (snprintf(l->vmlinux, sizeof(l->vmlinux), "%s/vmlinux", image) >= PATH_MAX ||
	    snprintf(l->initramfs, sizeof(l->initramfs), "%s/initramfs.cpio", image) >= PATH_MAX)
		return vm_fail(vm, "image path too long");
	if (!vm_qemu_find(l->qemu, sizeof(l->qemu), version, vm->why, sizeof(vm->why)))
		return -1;
	if (check_file(vm, "kernel", l->vmlinux, vm_command_check_kernel) ||
	    check_file(vm, "initramfs", l->initramfs, vm_command_check_initramfs))
		return -1;
	return 0;
}

/* The image's initramfs, then the files, in memory. */
static int append_files(struct vm *vm, struct vm_launch *l, const struct cpio_file *files,
                        size_t count)
{
	int from = open(l->initramfs, O_RDONLY | O_CLOEXEC);
	size_t bad = 0, size = cpio_size(files, count, &bad), start;
	struct stat st;
	off_t at = 0;
	void *map;
	struct wr w;

	if (!size) {
		vm_close_fd(&from);
		return vm_fail(vm,
		               "file %.300s for the guest: a path such as /etc/x, a mode and at "
		               "most 1 GiB are needed",
		               files[bad].path);
	}
	l->initrd_fd = memfd_create("initramfs", MFD_CLOEXEC);
	if (from < 0 || l->initrd_fd < 0 || fstat(from, &st))
		goto failed;
	start = ((size_t)st.st_size + 3) & ~(size_t)3; /* where the kernel looks for the next */
	if (ftruncate(l->initrd_fd, (off_t)(start + size)))
		goto failed;
	while (at < st.st_size)
		if (sendfile(l->initrd_fd, from, &at, (size_t)(st.st_size - at)) <= 0)
			goto failed;
	map = mmap(NULL, start + size, PROT_READ | PROT_WRITE, MAP_SHARED, l->initrd_fd, 0);
	if (map == MAP_FAILED)
		goto failed;
	w = wr_of((uint8_t *)map + start, size);
	if (!cpio_write(&w, files, count))
		errno = EFBIG;
	else
		size = 0;
	munmap(map, start + w.size);
	if (size)
		goto failed;
	vm_close_fd(&from);
	snprintf(l->initramfs, sizeof(l->initramfs), "/proc/self/fd/%d", l->initrd_fd);
	return 0;
failed:
	vm_close_fd(&from);
	return vm_fail(vm, "files for the guest: %s", strerror(errno));
}

int vm_launch_files(struct vm *vm, struct vm_launch *l, const struct vm_options *o)
{
	size_t count = o->file_count + (o->attack.n > 0);
	struct cpio_file *all;
	int result;

	if (!count)
		return 0;
	all = calloc(count, sizeof(*all));
	if (!all)
		return vm_fail(vm, "no memory");
	for (size_t i = 0; i < o->file_count; i++)
		all[i] = o->files[i];
	if (o->attack.n)
		all[o->file_count] = (struct cpio_file){VM_ATTACK_PATH, 0600, o->attack.p,
		                                        o->attack.n};
	result = append_files(vm, l, all, count);
	free(all);
	return result;
}

/* In QEMU's process, between fork and exec. What it says goes to stderr_fd and so to vm->why. */
__attribute__((noreturn)) static void become_qemu(const struct vm_launch *l, pid_t parent)
{
	const int keep[] = {l->c.console_fd, l->c.agent_fd, l->c.qmp_fd, l->c.frame_fd,
	                    l->initrd_fd,    l->seed_fd,    l->ram_fd,   l->state_fd};
	const struct rlimit no_core = {0, 0};
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);

	dup2(null, 0);
	dup2(l->err, 1);
	dup2(l->err, 2);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_IGN); /* the terminal's Ctrl-C is the harness's to handle */
	setrlimit(RLIMIT_CORE, &no_core);
	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET)) {
		dprintf(2,
		        "no network namespace for QEMU: %s; run as root or allow user "
		        "namespaces\n",
		        strerror(errno));
		_exit(127);
	}
	/* Descriptors of the harness, sockets into the lab above all, must not come along. */
	if (syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */)) {
		dprintf(2, "close_range: %s\n", strerror(errno));
		_exit(127);
	}
	for (size_t i = 0; i < sizeof(keep) / sizeof(keep[0]); i++)
		if (keep[i] >= 0)
			fcntl(keep[i], F_SETFD, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* after unshare, which would clear it */
	if (getppid() == parent)
		execv(l->qemu, (char *const *)(uintptr_t)l->c.argv);
	dprintf(2, "%s: %s\n", l->qemu, strerror(errno));
	_exit(127);
}

/* Makes the channels: ours in `vm`, QEMU's in `l`. */
static int make_channels(struct vm *vm, struct vm_launch *l)
{
	int *ours[] = {&vm->console_fd, &vm->agent_fd, &vm->qmp_fd, &vm->stderr_fd};
	int *theirs[] = {&l->c.console_fd, &l->c.agent_fd, &l->c.qmp_fd, &l->err};

	for (size_t i = 0; i < 4; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
			return vm_fail(vm, "socketpair: %s", strerror(errno));
		*ours[i] = pair[0];
		*theirs[i] = pair[1];
	}
	return 0;
}

int vm_launch_go(struct vm *vm, struct vm_launch *l)
{
	char text[VM_COMMAND_TEXT];
	pid_t parent = getpid();

	if (make_channels(vm, l))
		return -1;
	if (!vm_command_build(&l->c))
		return vm_fail(vm, "QEMU's arguments are too long, or a MAC or path holds a comma");
	vm->times.exec_ns = vm_now_ns();
	if (vm->log) {
		fprintf(vm->log, "# %s\n", vm_command_text(&l->c, text));
		fflush(vm->log);
	}
	vm->pid = fork();
	if (vm->pid == 0)
		become_qemu(l, parent);
	if (vm->pid < 0)
		return vm_fail(vm, "fork: %s", strerror(errno));
	vm->pidfd = (int)syscall(SYS_pidfd_open, vm->pid, 0);
	if (vm->pidfd >= 0)
		return 0;
	vm_fail(vm, "pidfd_open: %s; Linux 5.3 or later is needed", strerror(errno));
	kill(vm->pid, SIGKILL);
	waitpid(vm->pid, NULL, 0);
	vm->pid = 0;
	return -1;
}

void vm_launch_end(struct vm_launch *l)
{
	vm_close_fd(&l->c.console_fd);
	vm_close_fd(&l->c.agent_fd);
	vm_close_fd(&l->c.qmp_fd);
	vm_close_fd(&l->err);
	vm_close_fd(&l->initrd_fd);
	vm_close_fd(&l->seed_fd);
	vm_close_fd(&l->ram_fd);
	vm_close_fd(&l->state_fd);
}
