/* SPDX-License-Identifier: ISC */
/* vm_snapshot.c: makes, finds and checks snapshots. */
#include "harness/vm_snapshot.h"

#include "harness/vm_image.h"
#include "harness/vm_part.h"
#include "harness/vm_qemu.h"
#include "harness/vm_qmp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER     "snapshots"
#define SUFFIX     ".snapshot"
#define MAGIC      "gauntlet snap 1\n"
#define QMP_MS     10000
#define TSC_SPREAD 200 /* a TSC that differs by less than a part in so many is the same */

/* The tail. */

static bool put_u64(struct wr *w, uint64_t v)
{
	return wr_u32(w, (uint32_t)(v >> 32)) && wr_u32(w, (uint32_t)v);
}

static bool take_u64(struct rd *r, uint64_t *out)
{
	uint32_t high, low;

	if (!rd_u32(r, &high) || !rd_u32(r, &low))
		return false;
	*out = (uint64_t)high << 32 | low;
	return true;
}

bool vm_tail_write(struct wr *w, const struct vm_tail *t)
{
	size_t start = w->len;

	return wr_bytes(w, MAGIC, strlen(MAGIC)) && put_u64(w, t->ram) && put_u64(w, t->state) &&
	       wr_u32(w, t->key) && wr_u32(w, t->tsc_khz) && put_u64(w, t->sum) &&
	       wr_fill(w, 0, VM_TAIL_SIZE - (w->len - start));
}

bool vm_tail_read(struct rd r, uint64_t file_size, struct vm_tail *t)
{
	struct rd magic;

	return r.n == VM_TAIL_SIZE && rd_sub(&r, strlen(MAGIC), &magic) &&
	       !memcmp(magic.p, MAGIC, magic.n) && take_u64(&r, &t->ram) &&
	       take_u64(&r, &t->state) && rd_u32(&r, &t->key) && rd_u32(&r, &t->tsc_khz) &&
	       take_u64(&r, &t->sum) && t->ram && t->ram <= file_size && t->state &&
	       t->state <= VM_STATE_MAX && t->key && t->key < VM_SNAPSHOT_KEY &&
	       t->ram + t->state + t->key + VM_TAIL_SIZE == file_size;
}

uint64_t vm_tail_sum(uint64_t sum, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ b[i]) * 1099511628211u;
	return sum;
}

/* The key. */

static unsigned memory_of(const struct vm_options *o)
{
	return o->memory_mb ? o->memory_mb : vm_image_memory_mb(o->image);
}

static void add(char key[VM_SNAPSHOT_KEY], const char *name, const char *text)
{
	size_t len = strlen(key);

	snprintf(key + len, VM_SNAPSHOT_KEY - len, "%s %s\n", name, text);
}

static void add_file(char key[VM_SNAPSHOT_KEY], const char *image, const char *name)
{
	char path[PATH_MAX], text[80];
	struct stat st = {0};

	snprintf(path, sizeof(path), "%s/%s", image, name);
	(void)!stat(path, &st);
	snprintf(text, sizeof(text), "%lld %lld.%09ld", (long long)st.st_size,
	         (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
	add(key, name, text);
}

/* Under KVM the guest has seen the processor. */
static void add_processor(char key[VM_SNAPSHOT_KEY])
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[4096], text[32];
	uint64_t sum = VM_TAIL_SUM;

	while (f && fgets(line, sizeof(line), f) && line[0] != '\n')
		if (!strncmp(line, "model name", 10) || !strncmp(line, "flags", 5))
			sum = vm_tail_sum(sum, line, strlen(line));
	if (f)
		fclose(f);
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)sum);
	add(key, "processor", text);
}

bool vm_snapshot_key(const struct vm_options *o, bool kvm, char key[VM_SNAPSHOT_KEY],
                     char why[VM_WHY_MAX])
{
	struct vm_command c = {.vmlinux = "vmlinux",
	                       .initramfs = "initramfs",
	                       .memory_mb = memory_of(o),
	                       .mac = o->mac,
	                       .append = o->append,
	                       .without = o->without,
	                       .ram = "ram",
	                       .kvm = kvm,
	                       .console_fd = 1,
	                       .agent_fd = 2,
	                       .qmp_fd = 3,
	                       .frame_fd = 4};
	char qemu[PATH_MAX], version[VM_QEMU_VERSION], text[VM_COMMAND_TEXT];

	key[0] = 0;
	if (!vm_qemu_find(qemu, sizeof(qemu), version, why, VM_WHY_MAX))
		return false;
	if (!vm_command_build(&c)) {
		snprintf(why, VM_WHY_MAX, "QEMU's arguments are too long, or a MAC holds a comma");
		return false;
	}
	add(key, "qemu", version);
	add_file(key, o->image, "vmlinux");
	add_file(key, o->image, "initramfs.cpio");
	if (kvm)
		add_processor(key);
	add(key, "command", vm_command_text(&c, text));
	if (strlen(key) < VM_SNAPSHOT_KEY - 1)
		return true;
	snprintf(why, VM_WHY_MAX, "QEMU's arguments are too long for a snapshot");
	return false;
}

/* Reading. */

static bool same_speed(uint32_t a, uint32_t b)
{
	uint32_t difference = a > b ? a - b : b - a;

	return !a || !b || difference < a / TSC_SPREAD;
}

/* NULL, or what is wrong with the open file. */
static const char *check(int fd, const char *key, bool kvm, struct vm_tail *t)
{
	uint8_t tail[VM_TAIL_SIZE], *bytes;
	const char *fault = NULL;
	struct stat st;
	size_t n;

	if (fstat(fd, &st) || st.st_size < (off_t)VM_TAIL_SIZE ||
	    pread(fd, tail, sizeof(tail), st.st_size - (off_t)VM_TAIL_SIZE) != VM_TAIL_SIZE ||
	    !vm_tail_read(rd_of(tail, sizeof(tail)), (uint64_t)st.st_size, t))
		return "is truncated, or no snapshot";
	n = (size_t)t->state + t->key;
	bytes = malloc(n);
	if (!bytes || pread(fd, bytes, n, (off_t)t->ram) != (ssize_t)n)
		fault = "cannot be read";
	else if (vm_tail_sum(VM_TAIL_SUM, bytes, n) != t->sum)
		fault = "has been changed";
	else if (t->key != strlen(key) || memcmp(bytes + t->state, key, t->key))
		fault = "was made of something else";
	else if (!kvm && !same_speed(t->tsc_khz, vm_tsc_khz()))
		fault = "was made on a machine whose TSC runs at another speed";
	free(bytes);
	return fault;
}

bool vm_snapshot_open(const struct vm_options *o, bool kvm, int *ram_fd, int *state_fd,
                      char why[VM_WHY_MAX])
{
	char key[VM_SNAPSHOT_KEY];
	const char *fault = NULL;
	struct vm_tail t = {0};

	if (!vm_snapshot_key(o, kvm, key, why))
		return false;
	*ram_fd = open(o->restore, O_RDWR | O_CLOEXEC); /* as QEMU will; it writes nothing */
	*state_fd = open(o->restore, O_RDONLY | O_CLOEXEC);
	if (*ram_fd < 0 || *state_fd < 0)
		fault = strerror(errno);
	else
		fault = check(*state_fd, key, kvm, &t);
	if (!fault && lseek(*state_fd, (off_t)t.ram, SEEK_SET) < 0)
		fault = strerror(errno);
	if (!fault)
		return true;
	snprintf(why, VM_WHY_MAX, "snapshot %.300s %s", o->restore, fault);
	vm_close_fd(ram_fd);
	vm_close_fd(state_fd);
	return false;
}

void vm_snapshot_forget(const char *path)
{
	unlink(path);
}

/* Making. */

static bool migrate(struct vm *vm, int state_fd)
{
	int64_t deadline = vm_now_ns() + QMP_MS * 1000000LL;

	if (!vm_qmp_ask(vm, "{\"execute\":\"stop\"}\n", -1, QMP_MS) ||
	    !vm_qmp_ask(vm,
	                "{\"execute\":\"migrate-set-capabilities\",\"arguments\":{"
	                "\"capabilities\":[{\"capability\":\"x-ignore-shared\",\"state\":true},"
	                "{\"capability\":\"events\",\"state\":true}]}}\n",
	                -1, QMP_MS) ||
	    !vm_qmp_ask(vm, "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"state\"}}\n",
	                state_fd, QMP_MS) ||
	    !vm_qmp_ask(vm, "{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"fd:state\"}}\n", -1,
	                QMP_MS))
		return false;
	while (!vm->qmp.migrated)
		if (vm->qmp.migration_failed || vm->state == VM_GONE ||
		    !vm_serve(vm, deadline, NULL)) {
			if (vm->state != VM_GONE)
				vm_fail(vm, "QEMU's migration to a file failed");
			return false;
		}
	return true;
}

/* Boots a guest into the file `fd`, which then holds its memory, and behind it QEMU's stream. */
static bool record(const struct vm_options *o, bool kvm, int fd, int state_fd, struct vm *vm)
{
	struct vm_options mine = {.image = o->image,
	                          .accel = kvm ? VM_ACCEL_KVM : VM_ACCEL_TCG,
	                          .memory_mb = o->memory_mb,
	                          .mac = o->mac,
	                          .append = o->append,
	                          .without = o->without,
	                          .ram_fd = fd};
	int pair[2];
	bool ok;

	/* The card's other end is never read: with eth0 down the guest sends nothing. */
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		vm_fail(vm, "socketpair: %s", strerror(errno));
		return false;
	}
	mine.frame_fd = pair[1];
	ok = !vm_start(vm, &mine) && vm_wait_ready(vm, VM_READY_MS, NULL) && migrate(vm, state_fd);
	vm_stop(vm);
	close(pair[0]);
	close(pair[1]);
	return ok;
}

/* Whether a guest wakes up from it. */
static bool try(const struct vm_options *o, bool kvm, int fd, struct vm *vm)
{
	char path[64];
	struct vm_options mine = {.image = o->image,
	                          .accel = kvm ? VM_ACCEL_KVM : VM_ACCEL_TCG,
	                          .memory_mb = o->memory_mb,
	                          .mac = o->mac,
	                          .append = o->append,
	                          .without = o->without,
	                          .restore = path};
	int pair[2];
	bool ok;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		vm_fail(vm, "socketpair: %s", strerror(errno));
		return false;
	}
	mine.frame_fd = pair[1];
	ok = !vm_start(vm, &mine) && vm_wait_ready(vm, VM_RESTORE_MS, NULL);
	vm_kill(vm);
	close(pair[0]);
	close(pair[1]);
	return ok;
}

static bool append_tail(int fd, const char *key, uint64_t ram, bool kvm)
{
	uint8_t tail[VM_TAIL_SIZE], *state = NULL;
	struct vm_tail t = {.ram = ram, .key = (uint32_t)strlen(key)};
	struct wr w = wr_of(tail, sizeof(tail));
	struct stat st;
	bool ok = false;

	if (!fstat(fd, &st) && (uint64_t)st.st_size > ram &&
	    (uint64_t)st.st_size - ram <= VM_STATE_MAX) {
		t.state = (uint64_t)st.st_size - ram;
		state = malloc((size_t)t.state);
	}
	if (state && pread(fd, state, (size_t)t.state, (off_t)ram) == (ssize_t)t.state) {
		t.tsc_khz = kvm ? 0 : vm_tsc_khz();
		t.sum = vm_tail_sum(VM_TAIL_SUM, state, (size_t)t.state);
		t.sum = vm_tail_sum(t.sum, key, t.key);
		ok = vm_tail_write(&w, &t) &&
		     pwrite(fd, key, t.key, st.st_size) == (ssize_t)t.key &&
		     pwrite(fd, tail, sizeof(tail), st.st_size + (off_t)t.key) == VM_TAIL_SIZE;
	}
	free(state);
	return ok;
}

/* Removes all but the newest. Others may do the same at the same time. */
static void prune(int folder)
{
	for (;;) {
		char oldest[256] = "";
		struct timespec least = {0};
		struct dirent *e;
		size_t count = 0;
		int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		DIR *d = fd < 0 ? NULL : fdopendir(fd);

		while (d && (e = readdir(d))) {
			size_t len = strlen(e->d_name);
			struct stat st;

			if (len < strlen(SUFFIX) || len >= sizeof(oldest) ||
			    strcmp(e->d_name + len - strlen(SUFFIX), SUFFIX) ||
			    fstatat(folder, e->d_name, &st, AT_SYMLINK_NOFOLLOW))
				continue;
			if (!count++ || st.st_mtim.tv_sec < least.tv_sec ||
			    (st.st_mtim.tv_sec == least.tv_sec &&
			     st.st_mtim.tv_nsec < least.tv_nsec)) {
				least = st.st_mtim;
				memcpy(oldest, e->d_name, len + 1);
			}
		}
		if (d)
			closedir(d);
		if (count <= VM_SNAPSHOTS_MAX || unlinkat(folder, oldest, 0))
			return;
	}
}

/* Gives the file without a name its own, in place of what had it before. */
static bool publish(int fd, int folder, const char *name)
{
	char from[64], temporary[64];
	bool ok;

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	snprintf(temporary, sizeof(temporary), ".new-%d", (int)getpid());
	unlinkat(folder, temporary, 0);
	ok = !linkat(AT_FDCWD, from, folder, temporary, AT_SYMLINK_FOLLOW) &&
	     !renameat(folder, temporary, folder, name);
	if (!ok)
		unlinkat(folder, temporary, 0);
	return ok;
}

static bool make(const struct vm_options *o, bool kvm, const char *key, int folder,
                 const char *name, char why[VM_WHY_MAX])
{
	uint64_t ram = (uint64_t)memory_of(o) << 20;
	/* Without a name nothing is left of it whatever happens to us. */
	int fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600), state_fd = -1;
	struct vm *vm = calloc(1, sizeof(*vm));
	char path[64];
	bool ok = false;

	snprintf(why, VM_WHY_MAX, "no snapshot can be made in the image's folder: %s",
	         strerror(fd < 0 ? errno : ENOMEM));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd >= 0 && vm && !ftruncate(fd, (off_t)ram))
		state_fd = open(path, O_RDWR | O_CLOEXEC);
	if (state_fd >= 0 && lseek(state_fd, (off_t)ram, SEEK_SET) >= 0) {
		ok = record(o, kvm, fd, state_fd, vm);
		if (ok && !append_tail(fd, key, ram, kvm))
			ok = !vm_fail(vm, "its file cannot be written: %s", strerror(errno));
		ok = ok && try(o, kvm, fd, vm);
		if (!ok)
			snprintf(why, VM_WHY_MAX, "no snapshot: %.400s", vm->why);
		else if (!(ok = publish(fd, folder, name)))
			snprintf(why, VM_WHY_MAX, "the snapshot cannot be named: %s",
			         strerror(errno));
	}
	free(vm);
	vm_close_fd(&state_fd);
	vm_close_fd(&fd);
	return ok;
}

static bool find_or_make(const struct vm_options *o, bool kvm, const char *key, const char *path,
                         char why[VM_WHY_MAX])
{
	struct vm_options mine = *o;
	int64_t start = vm_now_ns();
	char folder_path[PATH_MAX], stale[VM_WHY_MAX] = "";
	int folder, ram_fd, state_fd;
	bool ok;

	mine.restore = path;
	if (!access(path, F_OK)) {
		if (vm_snapshot_open(&mine, kvm, &ram_fd, &state_fd, stale)) {
			close(ram_fd);
			close(state_fd);
			snprintf(why, VM_WHY_MAX, "found");
			return true;
		}
	}
	snprintf(folder_path, sizeof(folder_path), "%s/" FOLDER, o->image);
	mkdir(folder_path, 0755);
	folder = open(folder_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0) {
		snprintf(why, VM_WHY_MAX, "%.400s: %s", folder_path, strerror(errno));
		return false;
	}
	ok = make(o, kvm, key, folder, strrchr(path, '/') + 1, why);
	if (ok) {
		prune(folder);
		snprintf(why, VM_WHY_MAX, "made in %.1f s%s%.400s",
		         (double)(vm_now_ns() - start) / 1e9, *stale ? ": " : "", stale);
	}
	close(folder);
	return ok;
}

bool vm_snapshot_get(const struct vm_options *o, char path[PATH_MAX], char why[VM_WHY_MAX])
{
	enum vm_accel accel = o->accel;
	char key[VM_SNAPSHOT_KEY];
	bool kvm;
	int n;

	if (accel == VM_ACCEL_AUTO)
		accel = vm_probe_accel(o->image, why);
	kvm = accel == VM_ACCEL_KVM;
	if (!vm_snapshot_key(o, kvm, key, why))
		return false;
	n = snprintf(path, PATH_MAX, "%s/" FOLDER "/%016llx" SUFFIX, o->image,
	             (unsigned long long)vm_tail_sum(VM_TAIL_SUM, key, strlen(key)));
	if (n < PATH_MAX)
		return find_or_make(o, kvm, key, path, why);
	snprintf(why, VM_WHY_MAX, "the name of the image's folder is too long");
	return false;
}
