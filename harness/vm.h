/* SPDX-License-Identifier: ISC */
/* vm.h: one sandbox VM: QEMU in an empty network namespace, booted or restored, asked, ended.
 *
 *   vm_start --> VM_STARTING --> VM_BOOTING ---> VM_READY -----+
 *     (-1)       QEMU exec'd     QMP greeting    VM_UNREADY ---+--> VM_GONE  QEMU has ended
 *                      |              |          (works, but   |
 *                      +--------------+           a step of    +--> VM_BROKEN  the guest broke the
 *                      |              |           its boot failed)             protocol; end it
 *                      +--------------+--> VM_GONE, VM_BROKEN
 *
 * The caller's poll loop drives it, because frames have to be relayed while the guest boots:
 *
 *   vm_start(&vm, &options)                       fails: vm.why, an environment problem
 *   loop:  n = vm_pollfds(&vm, fds);              plus the caller's own descriptors
 *          poll(...)
 *          for each with revents: vm_on_readable(&vm, fd)
 *          while (vm_next_message(&vm, &m)) ...   answers to what was asked, if anything was
 *          look at vm.state
 *   vm_stop(&vm)                                  always, also after VM_GONE
 *
 * The same with the loop inside: vm_wait_ready() and vm_ask(), which serve other descriptors
 * through struct vm_others meanwhile.
 *
 * The namespace is made by QEMU's own process before exec and holds nothing but a `lo` that is
 * down: the frame socket is the only way out. As an ordinary user it is made inside a user
 * namespace. The kernel kills QEMU when the harness dies. No file is created but boot.log;
 * what the guest gets from the harness is in memory (files, attack) or read-only (seed, snapshot).
 * The
 * guest may flood any channel: all are drained, the log is bounded, and the console is never asked
 * what happened.
 *
 * Times are CLOCK_MONOTONIC nanoseconds of this machine unless a name says otherwise.
 */
#ifndef HARNESS_VM_H
#define HARNESS_VM_H

#include "harness/agent.h"
#include "harness/cpio.h"
#include "harness/vm_command.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define VM_WHY_MAX    512
#define VM_LOG_MAX    (1u << 20) /* bytes of boot.log; what comes later is drained and dropped */
#define VM_TALK_MAX   (1u << 17) /* more of it before READY is told: no sound boot says so much */
#define VM_STOP_MS    500        /* for QMP `quit`, then SIGKILL */
#define VM_READY_MS   60000      /* a fair bound for READY under TCG on a loaded machine */
#define VM_RESTORE_MS 10000      /* likewise for a restored guest to answer (times.hello_ns) */
#define VM_FDS        5
#define VM_OWED_MAX   256 /* requests without an answer that are remembered */

struct vm_options {
	const char *image;   /* folder made by vm-images/build: vmlinux, initramfs.cpio */
	enum vm_accel accel; /* AUTO: vm_probe_accel() */
	unsigned memory_mb;  /* 0: what the image asks for, see vm_image.h */
	int frame_fd;        /* QEMU's end of a connected AF_UNIX stream socket, or -1: no network
	                        card. Stays the caller's, who should close it after vm_start(), else
	                        the end of the VM cannot be seen at the other end */
	const char *mac;     /* NULL: VM_GUEST_MAC */
	bool dhcp;           /* the guest raises eth0 and asks for a lease before READY */
	const char *append;  /* more kernel command line, or NULL */
	const char
	        *without; /* files of the image to be removed before anything else happens, commas
	                        between them; for tests of what goes missing. NULL: none */
	const struct cpio_file *files; /* put over the image's files */
	size_t file_count;
	struct rd attack; /* frames as agent_add_frame() makes them: PID 1 sends them through eth0
	                        before anything else is done with it. No bytes: none */
	bool setup;       /* runs /seed/setup.sh, from `files` or `seed`, before eth0 is touched */
	const char *seed; /* an ISO 9660 file: a read-only disk of the guest, mounted at /seed when
	                        it is labelled cidata and `files` hold no set-up. NULL: none */
	bool reboot;      /* the guest may start again, see vm.boots; else that ends QEMU */
	const char *restore; /* a snapshot from vm_snapshot_get() for these options: no boot; the
	                        guest is woken up, sends the attack, gets the files, then goes on as
	                        after a boot. Needs frame_fd. NULL: a cold boot */
	int ram_fd;      /* for vm_snapshot.c: an open file that the guest's memory is kept in */
	const char *log; /* path of boot.log, or NULL: none */
};

enum vm_state { VM_OFF, VM_STARTING, VM_BOOTING, VM_READY, VM_UNREADY, VM_BROKEN, VM_GONE };

/* 0: has not happened. */
struct vm_times {
	int64_t exec_ns;        /* QEMU's process is made */
	int64_t qemu_ns;        /* QMP greeting */
	int64_t first_line_ns;  /* first byte on the console: "Linux version" */
	int64_t hello_ns;       /* the agent port is open; restored: the first answer */
	int64_t first_frame_ns; /* by vm_note_frame() */
	int64_t ready_ns;       /* READY, also one that says "not ok" */
	int64_t gone_ns;        /* QEMU has ended */
	uint32_t guest_us[AGENT_STEP_COUNT]; /* the guest's clock; a claim */
};

struct vm_line {
	char text[400];
	size_t len;
};

/* What QMP has said so far. */
struct vm_qmp {
	unsigned answers;
	char error[200]; /* the last one; empty: none */
	bool migrated, migration_failed;
	unsigned resets; /* of the machine */
};

struct vm {
	enum vm_state state;
	struct vm_times times;
	char why[VM_WHY_MAX]; /* one line without newline, when vm_start() failed and in UNREADY,
	                         BROKEN, GONE */
	bool kvm;             /* which accelerator it was */
	unsigned boots; /* HELLOs; a restored guest begins with 0. One more, when the guest may
	                         reboot, is VM_BOOTING again, with new times but exec_ns and qemu_ns;
	                         what was asked before gets no answer */
	struct vm_qmp qmp;

	/* For poll; -1 when closed. */
	int console_fd, agent_fd, qmp_fd, stderr_fd, pidfd;

	/* Private. */
	pid_t pid;
	FILE *log;
	size_t logged;
	struct vm_line console_line, stderr_line, qmp_line;
	char last_words[256]; /* QEMU's last line on stderr */
	char panic[160];      /* first line of the console that tells of one: a claim */
	struct agent_reader reader;
	uint32_t next_id;
	uint32_t owed[VM_OWED_MAX]; /* ids that may be answered; the newest at [owed_count - 1] */
	size_t owed_count;
	bool may_reboot;
	struct {
		uint8_t *bytes; /* requests still to be sent */
		size_t len, sent;
		uint32_t answered, bursts, total; /* ids are 1..total, answered in order */
		bool network, failed;
	} restore;
};

/* Starts QEMU. 0: running, or about to fail by itself, which shows as VM_GONE. -1: nothing runs;
 * vm->why says what is missing and what to do. `vm` is overwritten; it is 140 KB. */
int vm_start(struct vm *vm, const struct vm_options *o);

/* Fills `fds` with what to wait for, at most VM_FDS; returns how many. */
size_t vm_pollfds(const struct vm *vm, struct pollfd fds[VM_FDS]);

/* Serves one descriptor of vm_pollfds() that has revents. Never blocks. Ignores others. */
void vm_on_readable(struct vm *vm, int fd);

/* The next answer of the guest; false: none is waiting. Windows live until the next
 * vm_on_readable(). Take them all after each wake-up, else the port backs up. HELLO and READY are
 * taken by vm itself, but for the READY that answers a NETWORK. Each id of vm_next_id() may be
 * answered once; an answer that nobody asked for is a breach of the protocol. */
bool vm_next_message(struct vm *vm, struct agent_message *m);

/* To be called for frames that come from QEMU; only the first matters. */
void vm_note_frame(struct vm *vm);

/* What else to serve while waiting: after each poll `ready` gets `fds` with their revents. */
struct vm_others {
	struct pollfd *fds; /* at most VM_OTHERS_MAX */
	size_t count;
	void (*ready)(void *arg, struct pollfd *fds, size_t count);
	void *arg;
};
#define VM_OTHERS_MAX 32

/* Serves the VM (and `others`, which may be NULL) until its state is VM_READY: true. False when it
 * came to VM_UNREADY, VM_BROKEN or VM_GONE, after `timeout_ms`, or when a restored guest has not
 * answered at all within VM_RESTORE_MS: vm->why. */
bool vm_wait_ready(struct vm *vm, int timeout_ms, const struct vm_others *others);

/* The same until the first frame that `others` reports with vm_note_frame(). */
bool vm_wait_frame(struct vm *vm, int timeout_ms, const struct vm_others *others);

/* A number for the next request, never 0. The oldest of more than VM_OWED_MAX unanswered requests
 * is forgotten. */
uint32_t vm_next_id(struct vm *vm);

/* Sends one request that was made with `id` and waits for its answer. False after `timeout_ms` or
 * when the VM is gone or broken: vm->why. An ERROR is an answer. Answers to other requests are
 * thrown away: for callers that ask one thing at a time. */
bool vm_ask(struct vm *vm, const struct wr *request, uint32_t id, int timeout_ms,
            const struct vm_others *others, struct agent_message *answer);

/* vm_ask() for RUN: the guest gets `timeout_ms`, its answer a little more. */
bool vm_run(struct vm *vm, const char *command, int timeout_ms, const struct vm_others *others,
            struct agent_message *answer);

/* Writes a file of the guest, whole, in pieces; false: vm->why. */
bool vm_put(struct vm *vm, const char *path, unsigned mode, struct rd data, int timeout_ms,
            const struct vm_others *others);

/* Reads a file of the guest into `out`, at most `size` bytes; -1: vm->why. What the guest says of
 * its files is a claim. */
ssize_t vm_get(struct vm *vm, const char *path, void *out, size_t size, int timeout_ms,
               const struct vm_others *others);

/* Ends QEMU: `quit` over QMP, after VM_STOP_MS a SIGKILL. Reaps it and closes everything. Times and
 * why stay. Harmless in any state. Returns QEMU's wait status, -1 when there was none. */
int vm_stop(struct vm *vm);

/* The same at once with SIGKILL: for a violation, where no further frame may leave. */
int vm_kill(struct vm *vm);

/* KVM or TCG for this machine, found by booting `image` under KVM, at most 10 s; opening /dev/kvm
 * proves nothing. The answer is kept in image/accel until the next reboot of the machine. `why`
 * gets the reason in words. Never returns VM_ACCEL_AUTO. */
enum vm_accel vm_probe_accel(const char *image, char why[VM_WHY_MAX]);

/* The TSC frequency in kHz, measured against CLOCK_MONOTONIC_RAW over 10 ms, once per process. 0
 * where there is no TSC. */
uint32_t vm_tsc_khz(void);

#endif
