/* SPDX-License-Identifier: ISC */
/* vm_command.c: QEMU's argument list, and a look at the kernel it is to boot. */
#include "harness/vm_command.h"

#include "vm-images/agent_proto.h"

#include <stdarg.h>
#include <stdio.h>

/* The kernel command line. Every word was measured, interleaved boots under TCG on two shared cores,
 * READY at 1.3 s when nothing else runs:
 *   earlyprintk=ttyS0 before quiet: the early console prints what has been said when it is set up,
 *       from "Linux version" to the memory map, then quiet silences the rest. The true time of the
 *       first kernel line and a useful head of boot.log for some 35 ms, as each character costs an
 *       exit. All of the log (loglevel=7) costs 120 ms; --append has it when it is wanted.
 *   quiet loglevel=1: a panic is printed all the same; with 0 it would not be.
 *   cryptomgr.notests: the self-tests of the crypto drivers are not ours to run.
 *   reboot=t panic=-1, with -no-reboot: whatever goes wrong ends QEMU at once.
 *   tsc_early_khz: microvm has neither HPET nor PM timer, and on a loaded host the calibration
 *       against the PIT never converges: without it 0 of 8 boots came up under load, with it 8 of 8.
 * Made no difference beyond noise: lsm=, audit=0, mitigations=off, rodata=off, nokaslr,
 * no_timer_check, initcall_blacklist=, rcu_expedited; memory of 96, 128 or 256 MB; tb-size and
 * thread of TCG; core2duo, kvm64, EPYC. Worse: -cpu max by 0.2 s, rtc=off by 2 s.
 * +rdrand: costs nothing, and the first key or handshake of a guest does not wait a second for
 * randomness (wg genkey: 0.02 s instead of 1.1).
 * Never: nolapic_timer, which saves 0.2 s by leaving the guest without any tick, so that the first
 * sleep in it does not end. */
#define APPEND_BASE                                                                                \
	"console=ttyS0 earlyprintk=ttyS0 quiet loglevel=1 reboot=t panic=-1 cryptomgr.notests"

bool vm_parse_accel(const char *word, enum vm_accel *out)
{
	static const char *const names[] = {"auto", "tcg", "kvm"};

	for (int i = 0; i < 3; i++)
		if (!strcmp(word, names[i])) {
			*out = (enum vm_accel)i;
			return true;
		}
	fprintf(stderr, "gauntlet: unknown accelerator '%s'; there are auto, kvm and tcg\n", word);
	return false;
}

/* Appends a formatted argument. */
__attribute__((format(printf, 2, 3))) static bool arg(struct vm_command *c, const char *fmt, ...)
{
	size_t room = sizeof(c->args) - c->args_len;
	va_list ap;
	int n;

	if (c->argc + 1 >= VM_ARGV_MAX)
		return false;
	va_start(ap, fmt);
	n = vsnprintf(c->args + c->args_len, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		return false;
	c->argv[c->argc++] = c->args + c->args_len;
	c->argv[c->argc] = NULL;
	c->args_len += (size_t)n + 1;
	return true;
}

static bool add_append(struct vm_command *c)
{
	char text[VM_APPEND_MAX], tsc[40] = "";
	int n;

	if (c->tsc_khz && !c->kvm)
		snprintf(tsc, sizeof(tsc), " tsc_early_khz=%u", c->tsc_khz);
	n = snprintf(text, sizeof(text), APPEND_BASE "%s gauntlet.net=%s%s%s%s%s%s%s", tsc,
	             c->dhcp ? "dhcp" : "none", c->setup ? " gauntlet.setup=" AGENT_SEED : "",
	             c->attack ? " gauntlet.attack=" VM_ATTACK_PATH : "",
	             c->without ? " gauntlet.without=" : "", c->without ? c->without : "",
	             c->append ? " " : "", c->append ? c->append : "");
	return n > 0 && (size_t)n < sizeof(text) && arg(c, "-append") && arg(c, "%s", text);
}

/* guest_announce=off: a restored guest is not to announce itself, which announce-rounds=0 has QEMU's
 * side of. With the feature and no rounds, QEMU 7.2 frees a timer that it stops when the card is
 * reset, so that a power-off of a restored guest is a segmentation fault. */
static bool add_network(struct vm_command *c)
{
	const char *mac = c->mac ? c->mac : VM_GUEST_MAC;

	if (c->frame_fd < 0)
		return true;
	return !strchr(mac, ',') && arg(c, "-netdev") &&
	       arg(c, "stream,id=n0,server=off,addr.type=fd,addr.str=%d", c->frame_fd) &&
	       arg(c, "-device") &&
	       arg(c, "virtio-net-device,netdev=n0,guest_announce=off,mac=%s", mac);
}

static bool add_channel(struct vm_command *c, const char *name, int fd)
{
	return arg(c, "-chardev") && arg(c, "socket,id=%s,fd=%d", name, fd);
}

static bool add_seed(struct vm_command *c)
{
	return !c->seed || (!strchr(c->seed, ',') && arg(c, "-drive") &&
	                    arg(c, "if=none,id=seed,format=raw,readonly=on,file=%s", c->seed) &&
	                    arg(c, "-device") && arg(c, "virtio-blk-device,drive=seed"));
}

/* For snapshots. The memory is a file: the one who makes a snapshot shares it, those who are
 * restored map it copy-on-write, so that nothing is read before it is needed. No announcement: QEMU
 * would send RARP in the guest's name. The state of the source is not in the stream, so that what
 * was stopped for the snapshot runs at once when it has come in. */
static bool add_snapshot(struct vm_command *c, unsigned memory_mb)
{
	return !c->ram || (!strchr(c->ram, ',') && arg(c, "-object") &&
	                   arg(c, "memory-backend-file,id=ram,size=%uM,mem-path=%s,share=%s",
	                       memory_mb, c->ram, c->ram_shared ? "on" : "off") &&
	                   arg(c, "-global") && arg(c, "migration.announce-rounds=0") &&
	                   arg(c, "-global") && arg(c, "migration.store-global-state=off") &&
	                   (!c->incoming || (arg(c, "-incoming") && arg(c, "defer"))));
}

bool vm_command_build(struct vm_command *c)
{
	unsigned memory_mb = c->memory_mb ? c->memory_mb : VM_MEMORY_MB;

	c->argc = c->args_len = 0;
	return arg(c, VM_QEMU) && arg(c, "-M") &&
	       arg(c,
	           "microvm,x-option-roms=off,isa-serial=on,rtc=on,pit=on,pic=on,pcie=off,"
	           "acpi=on,usb=off%s",
	           c->ram ? ",memory-backend=ram" : "") &&
	       arg(c, "-accel") && arg(c, c->kvm ? "kvm" : "tcg") && arg(c, "-cpu") &&
	       arg(c, c->kvm ? "host" : "qemu64,+rdrand") && arg(c, "-m") &&
	       arg(c, "%u", memory_mb) && arg(c, "-nodefaults") && arg(c, "-no-user-config") &&
	       arg(c, "-display") && arg(c, "none") && (c->reboot || arg(c, "-no-reboot")) &&
	       arg(c, "-sandbox") &&
	       arg(c, "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny") &&
	       arg(c, "-kernel") && arg(c, "%s", c->vmlinux) && arg(c, "-initrd") &&
	       arg(c, "%s", c->initramfs) && add_append(c) &&
	       add_channel(c, "console", c->console_fd) && arg(c, "-serial") &&
	       arg(c, "chardev:console") && add_channel(c, "agent", c->agent_fd) &&
	       arg(c, "-device") && arg(c, "virtio-serial-device") && arg(c, "-device") &&
	       arg(c, "virtserialport,chardev=agent,name=gauntlet.agent.0") &&
	       add_channel(c, "qmp", c->qmp_fd) && arg(c, "-mon") &&
	       arg(c, "chardev=qmp,mode=control") && add_network(c) && add_seed(c) &&
	       add_snapshot(c, memory_mb);
}

char *vm_command_text(const struct vm_command *c, char out[VM_COMMAND_TEXT])
{
	size_t len = 0;

	out[0] = 0;
	for (size_t i = 0; i < c->argc && len < VM_COMMAND_TEXT; i++) {
		const char *quote = strpbrk(c->argv[i], " $;&|<>()*?'\"\\") ? "'" : "";
		int n = snprintf(out + len, VM_COMMAND_TEXT - len, "%s%s%s%s", i ? " " : "", quote,
		                 c->argv[i], quote);

		len += n > 0 ? (size_t)n : 0;
	}
	return out;
}

/* ELF is little-endian here; the project's reader is not. */
static bool le16(struct rd *r, uint16_t *out)
{
	uint8_t b[2];

	if (!rd_copy(r, b, sizeof(b)))
		return false;
	*out = (uint16_t)(b[1] << 8 | b[0]);
	return true;
}

static bool le32(struct rd *r, uint32_t *out)
{
	uint8_t b[4];

	if (!rd_copy(r, b, sizeof(b)))
		return false;
	*out = (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
	return true;
}

static bool le64(struct rd *r, uint64_t *out)
{
	uint32_t low, high;

	if (r->n < 8 || !le32(r, &low) || !le32(r, &high))
		return false;
	*out = (uint64_t)high << 32 | low;
	return true;
}

/* A window of the file by offset and length, both unbelieved. */
static bool window(struct rd file, uint64_t offset, uint64_t len, struct rd *out)
{
	return offset <= file.n && len <= file.n && rd_skip(&file, (size_t)offset) &&
	       rd_sub(&file, (size_t)len, out);
}

static bool has_pvh_note(struct rd notes)
{
	uint32_t name_len, desc_len, type;
	struct rd name, desc;

	while (le32(&notes, &name_len) && le32(&notes, &desc_len) && le32(&notes, &type)) {
		if (name_len > notes.n || !rd_sub(&notes, (name_len + 3) & ~(size_t)3, &name) ||
		    desc_len > notes.n || !rd_sub(&notes, (desc_len + 3) & ~(size_t)3, &desc))
			return false;
		if (type == 18 && name_len == 4 && !memcmp(name.p, "Xen", 4))
			return true;
	}
	return false;
}

const char *vm_command_check_kernel(struct rd file)
{
	struct rd r, table, notes;
	uint16_t machine, entry_size, count;
	bool has_entry = false;
	uint64_t at;

	if (file.n >= 4 && !memcmp(file.p, "MZ", 2))
		return "is a bzImage; an uncompressed vmlinux is needed";
	if (!window(file, 0, 64, &r) || memcmp(file.p, "\177ELF\2\1", 6))
		return "is not a little-endian 64-bit ELF file";
	if (!rd_skip(&r, 18) || !le16(&r, &machine) || machine != 62)
		return "is not for x86-64";
	if (!rd_skip(&r, 12) || !le64(&r, &at) || !rd_skip(&r, 14) || !le16(&r, &entry_size) ||
	    !le16(&r, &count) || entry_size != 56 ||
	    !window(file, at, (uint64_t)entry_size * count, &table))
		return "has no program headers";
	for (; count; count--) {
		uint32_t type, flags;
		uint64_t offset, ignored, size;

		if (!rd_sub(&table, entry_size, &r) || !le32(&r, &type) || !le32(&r, &flags) ||
		    !le64(&r, &offset) || !le64(&r, &ignored) || !le64(&r, &ignored) ||
		    !le64(&r, &size))
			break;
		if (type == 1 && !window(file, offset, size, &notes))
			return "is cut short: a segment ends behind the end of the file";
		if (type == 4 && window(file, offset, size, &notes))
			has_entry |= has_pvh_note(notes);
	}
	return has_entry ? NULL : "has no PVH entry point (a kernel with CONFIG_PVH=y is needed)";
}

const char *vm_command_check_initramfs(struct rd file)
{
	static const char trailer[] = "TRAILER!!!";
	size_t tail = file.n < 1024 ? file.n : 1024;

	if (!file.n)
		return "is empty";
	if (file.n >= 6 && !memcmp(file.p, "070701", 6) &&
	    !memmem(file.p + file.n - tail, tail, trailer, sizeof(trailer)))
		return "is cut short: the cpio archive has no end";
	return NULL;
}
