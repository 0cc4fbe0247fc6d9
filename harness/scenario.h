/* SPDX-License-Identifier: ISC */
/* scenario.h: a .scn file as a tree. The grammar, with examples, is docs/scenarios.md.
 *
 *   suite    egress-core
 *   policy   policies/one-udp-endpoint.json
 *   planes   wire kernel vm
 *   needs    allow.udp4 nat.udp4
 *   sentinel udp $VM:40000 > $CONSUMER
 *
 *   case reply-returns-to-the-asker    req NAT-001
 *     inject udp $VM:40001 > $CONSUMER payload "one-$NONCE"
 *     wire   udp $PROVIDER:* > $CONSUMER payload "one-$NONCE" count 1 within 2s
 *     guest  udp $CONSUMER > $VM:40001 payload "one-$NONCE" count 1
 *     none   guest udp $CONSUMER > $VM:40002
 *
 *   case rule-is-taken-away            req NAT-006
 *     inject udp $VM:40001 > $CONSUMER payload "one-$NONCE"
 *     wire   udp $PROVIDER:* > $CONSUMER payload "one-$NONCE" count 1
 *     policy policies/empty.json
 *     inject udp $VM:40001 > $CONSUMER payload "two-$NONCE"
 *     event  drop src $VM:40001 reason not-allowed count 1
 *
 *   attack arch                        req MODE-001
 *   | id           | recipe                         | verdict | why                    | flags |
 *   | internet-dns | udp $VM:4000 > $T:53 dns A x-$NONCE.test | drop | names leak data | EXFIL |
 *
 * Statements of a case run in order. `wire`, `guest` and `event` wait until the pattern was seen (or
 * `within`, default 2 s, is over: a failure) and, with `count`, the number is judged over the whole
 * case at its end. In every case, anything on the wire that no `wire` statement allows fails the
 * case.
 */
#ifndef HARNESS_SCENARIO_H
#define HARNESS_SCENARIO_H

#include "harness/diag.h"
#include "harness/event_pattern.h"
#include "harness/impair.h"
#include "harness/recipe.h"
#include "harness/talk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCN_NAME_MAX    64 /* suite, case and row names: [a-z0-9][a-z0-9.-]* */
#define SCN_REQ_MAX     8  /* requirement ids per case or row */
#define SCN_NEEDS_MAX   16
#define SCN_ORIGINS_MAX 16
#define SCN_LINE_MAX    4096
#define SCN_FILE_MAX    (4u << 20)
#define SCN_CASES_MAX   1024 /* per suite, as the next two */
#define SCN_ROWS_MAX    4096
#define SCN_STEPS_MAX   4096

#define SCN_WITHIN_MS     2000  /* when a statement names no `within` */
#define SCN_WITHIN_MS_MAX 10000 /* `within` is the bound of a failure, never a wait */
#define SCN_TERMINATE_MS  1000  /* the same for the end of a VM by policy: TERM-001 */
#define SCN_FLOOD_MS      10000 /* the same for `flood` */
#define SCN_FLOOD_MS_MAX  120000
#define SCN_FLOOD_MAX     10000000
#define SCN_RUN_MS        10000 /* the same for a program */
#define SCN_RUN_MS_MAX    120000
#define SCN_PEER_MS       10000 /* the same for what a peer says and sends */
#define SCN_OFF_MS        20000 /* the same for a guest that ends by itself, or starts again */
#define SCN_OFF_MS_MAX    120000

enum scn_plane { PLANE_WIRE = 1, PLANE_VM = 2, PLANE_KERNEL = 4 };
#define PLANES_ALL   (PLANE_WIRE | PLANE_VM | PLANE_KERNEL)
#define PLANES_GUEST (PLANE_VM | PLANE_KERNEL) /* where programs can run on the VM's side */

enum step_kind {
	STEP_INJECT, /* the VM sends this frame */
	STEP_WORLD,  /* the world sends this frame towards the provider */
	STEP_WIRE,   /* this crosses the wire to the world */
	STEP_GUEST,  /* this reaches the VM */
	STEP_RUN,    /* `run "COMMAND" [exit N] [output "TEXT"] [within TIME]` in the guest */
	STEP_SERVE,  /* `serve "COMMAND" tcp|udp PORT` in the world, until the case ends */
	STEP_PEER,   /* `peer "COMMAND"` in the world: it attacks, until the case ends */
	STEP_IMPAIR, /* kernel plane: `impair loss P% reorder P% duplicate P% seed N` */
	STEP_BOOT, /* vm plane: the case has a backend and a guest of its own; see struct scn_boot */

	/* on the vm plane only in cases with `boot`: else a backend lives for the whole suite */
	STEP_FLOOD,   /* the VM sends many such frames */
	STEP_CHANNEL, /* bytes on the frame channel that are no frames, or its end */
	STEP_EVENT,   /* the backend says this */
	STEP_SYNC,    /* waits until the backend has decided about all that was sent */
	STEP_CLOCK,   /* the backend's clock jumps forward */
	STEP_STATS,   /* what the backend counts */
	STEP_MEMORY,  /* the backend's processes are no larger than this */
	STEP_UPLINK,  /* the backend's uplink is pulled out, or put back */
	STEP_STOP,    /* the backend's processes are stopped (SIGSTOP) ... */
	STEP_CONT,    /* ... and go on */
	STEP_AUDIT,   /* the reader of the events stops reading, or is gone */
	STEP_KILL,    /* its processes, or one of them, are killed (SIGKILL) */
	STEP_LIMIT,   /* they get no more descriptors, or memory, than this */
	STEP_CYCLE,   /* it is started and stopped many times before the case begins */
	STEP_EARLY,   /* the VM has sent this frame before the backend is started */
	STEP_SAYS,    /* the guest says this, see talk.h */
	STEP_HEARS,   /* and hears this */
	STEP_ENDS,    /* the backend ends by itself; the last statement of a case */

	/* share their first word with another statement */
	STEP_POLICY,     /* another policy, while the backend runs; not on the vm plane */
	STEP_NONE_EVENT, /* the backend does not say this, judged over the whole case; as above */
	STEP_MAY_WIRE,   /* this may cross the wire, or not: `may wire PATTERN` */
	STEP_BESIDE_POLICY, /* a second VM is there, with a backend of its own under this policy */
	STEP_BESIDE_INJECT, /* it sends this frame */
	STEP_BESIDE_GUEST,  /* this reaches it */
	STEP_BESIDE_ENDS,   /* its backend ends it by policy */
	STEP_NONE_BESIDE,   /* this does not reach it, judged over the whole case */
	STEP_NONE_GUEST,    /* this does not reach the VM, judged over the whole case */
	STEP_PEER_SAYS,     /* a peer has printed this: `peer says "TEXT" [within TIME]` */
	STEP_PEER_SENDS, /* this came from the world: `peer sends PATTERN [count N] [within TIME]` */
	STEP_GUEST_SENDS, /* this came from the guest: `guest sends PATTERN [count N] [within TIME]` */
	STEP_NONE_SENDS, /* this did not, judged over the whole case: `none guest sends PATTERN` */
	STEP_GUEST_OFF,  /* the guest of `boot` ends by itself: `guest off [within TIME]` */
	STEP_GUEST_REBOOT, /* it is made to start again: `guest reboot [within TIME]` */
	STEP_TALK,         /* the guest begins a conversation: `talk to tcp A:P` */
	STEP_KIND_COUNT
};

/* Which field of a flood's frames differs from one to the next. */
enum flood_vary { VARY_NOTHING, VARY_SPORT, VARY_DPORT, VARY_DST, VARY_SEQ };

enum channel_act {
	ACT_BYTES, /* as they are, no length in front */
	ACT_SPLIT, /* a frame behind its length, each byte read before the next is written */
	ACT_CUT,   /* a frame behind its length, half of it, and then the end */
	ACT_CLOSE, /* the end */
};

enum audit_act { ACT_STALL_AUDIT, ACT_CLOSE_AUDIT };

/* What `stats` may name: in the order of the members of struct ctl_stats. */
enum stats_field {
	STATS_FRAMES,
	STATS_FORWARDED,
	STATS_ANSWERED,
	STATS_DROPPED,
	STATS_REPLIES,
	STATS_REPLIES_DROPPED,
	STATS_FLOWS,
	STATS_FLOWS_LIVE,
	STATS_TCP_LIVE,
	STATS_SUPPRESSED,
	STATS_FIELD_COUNT
};

enum limit_what { LIMIT_FILES, LIMIT_MEMORY };

enum ends_how {
	ENDS_CLEAN,     /* exit code 0 */
	ENDS_VIOLATION, /* by policy: `violation` and `terminate` are said, exit code 90 */
	ENDS_FAILED, /* it gave up, and said so by its exit code: neither of the two above, and no signal */
	ENDS_KILLED, /* by `kill` */
};

#define SCN_BOOT_TABLES_MAX 64

/* `boot [cold|restored] [setup "OPTIONS"] [without "PATHS"] [attack NAME...] [image NAME] [append "WORDS"]` */
struct scn_boot {
	bool restored; /* from a snapshot, else from QEMU's start */
	char *setup;   /* options of `gauntlet guest-config`, or NULL: no set-up */
	char *without; /* files that the guest is to miss, separated by commas, or NULL */
	char image[SCN_NAME_MAX]; /* a recipe of vm-images/recipes, or "": what --image says */
	char *append;             /* more words for the guest's kernel, or NULL */
	bool attacked;            /* the case's rows are the first that the guest sends */
};

/* How often: N, N..M, N.. or ..M */
struct scn_range {
	uint64_t least, most; /* UINT64_MAX: open */
};

struct step {
	enum step_kind kind;
	unsigned line;
	char *text;           /* the statement as written, for reports */
	struct recipe recipe; /* of a statement about frames: recipe or pattern */
	struct event_pattern event;
	bool has_count;
	struct scn_range count; /* with has_count; STATS: the wanted values */
	unsigned within_ms;
	char *command;   /* RUN, SERVE, PEER: shell command */
	int exit_code;   /* RUN: expected, default 0 */
	char *output;    /* RUN: a text its output must contain, or NULL; PEER_SAYS */
	char *policy;    /* POLICY, BESIDE_POLICY: path of the file */
	bool refused;    /* POLICY: the backend must refuse it, and keep the old one */
	uint64_t number; /* FLOOD: how many; CLOCK: milliseconds; MEMORY: megabytes (2^20); KILL:
	                    which, 0: all; LIMIT; CYCLE: times */
	enum limit_what limit;
	enum flood_vary vary;
	enum channel_act channel;
	char *hex; /* CHANNEL, ACT_BYTES: digits */
	bool up;   /* UPLINK */
	enum audit_act audit;
	enum stats_field stats;
	enum ends_how ends;
	char reason[EVENT_WORD_MAX]; /* ENDS: of `violation`, of `bye`; "": any */
	bool tcp;                    /* SERVE: else udp */
	uint16_t port;               /* SERVE */
	struct impair_rates impair;
	struct scn_boot *boot; /* BOOT */
	struct talk *talk;     /* TALK: to whom; SAYS, HEARS: what */
};

enum row_verdict {
	ROW_DROP,      /* nothing crosses the wire and nobody answers (recipe_answer) */
	ROW_PASS,      /* crosses once, from the provider's address, payload byte for byte */
	ROW_ANSWER,    /* nothing crosses, the backend itself answers the guest (recipe_answer) */
	ROW_TERMINATE, /* nothing of it nor of what is queued behind it crosses; the backend ends */
	ROW_REFUSE,    /* `start`: exit code 91 before "ready", and a message that names the file */
	ROW_READY,     /* `start`: it gets ready, and ends cleanly */
	ROW_ASK,       /* of a talk: as ROW_DROP, but a resolver of the suite may be asked */
};

enum start_what {
	START_NOTHING,   /* no such file */
	START_DIRECTORY, /* a folder in its place */
	START_DEVICE,    /* /dev/zero */
	START_FIFO,      /* that nobody writes to */
	START_FILE,
};

/* `start FILE [size N]`: the policy that the backend is started with. */
struct scn_start {
	enum start_what what;
	char *policy;       /* FILE: its path */
	char *organisation; /* the organisation's that is laid over it, or NULL: the suite's */
	bool has_size;
	unsigned size; /* cut to this many bytes, or filled up with blanks */
};

struct req_list {
	unsigned count;
	char id[SCN_REQ_MAX][16];
};

struct row {
	char id[SCN_NAME_MAX];
	unsigned line;
	char *text; /* the recipe as written */
	struct recipe recipe;
	struct scn_start *start; /* the row is no frame, but this; else NULL */
	struct talk *talk;       /* the same */
	enum row_verdict verdict;
	char *why;
	char *flags;         /* space-separated bug classes, each known to scenarios/flags.txt */
	uint32_t target;     /* what $T was for this row */
	struct req_list req; /* requirements of this row beside those of its case; often none */
};

struct scn_case {
	char name[SCN_NAME_MAX];
	unsigned line;
	struct req_list req;
	unsigned planes; /* mask of enum scn_plane, within the suite's */
	bool attack;     /* rows, else steps */
	bool talk;       /* with `attack`: its rows are conversations */
	struct talk_to
	        *to;   /* of a talk: whom the rows talk to that do not say so themselves, or NULL */
	char *to_text; /* as written */
	uint32_t target; /* what $T was in the steps; 0 for an attack, whose rows have their own */
	struct step *steps;
	size_t step_count;
	struct row *
	        rows; /* of an attack; of a case with `boot attack NAME`: copies of that table's, called
	                     NAME.ROW, whose recipes and texts are the table's own */
	size_t row_count;
};

struct suite {
	char name[SCN_NAME_MAX];
	char *path;         /* of the file */
	char *dir;          /* the file's folder */
	char *policy;       /* path of the policy; the file names it relative to its own folder */
	char *organisation; /* of the organisation's, likewise; or NULL */
	char *pcap_dir; /* where `replay` finds captures: folder `pcaps` beside the file's folder */
	unsigned planes;
	char needs[SCN_NEEDS_MAX][SCN_NAME_MAX];
	unsigned needs_count;
	bool has_sentinel;
	struct recipe sentinel;
	char *sentinel_text;
	struct scn_case *cases;
	size_t case_count;
	struct step *serves; /* `serve` above the first case: programs in the world of each batch */
	size_t serve_count;
	struct endpoint
	        origins[SCN_ORIGINS_MAX]; /* where the conversations that pass may lead to */
	unsigned origin_count;
	struct endpoint resolvers[SCN_ORIGINS_MAX]; /* who may be asked for names */
	unsigned resolver_count;
	struct scn_case
	        *tables; /* attacks that only `boot attack` plays: `import SUITE for boot` */
	size_t table_count;
};

/* Reads and checks one file. All errors are collected in `diag` (whose source the suite's caller
 * may print only while *source lives). Besides the grammar it checks: names unique, the suite's the
 * same as the file's; at least one requirement per case, each of the form AREA-NNN; flags known to
 * flags.txt, which stands beside the file or one folder up; the policy file exists; a sentinel
 * wherever a case could pass although nothing works (it has a `drop` row, or no `wire` and no
 * `guest` statement); and the verdict of every row that has a frame, and the sentinel, against the
 * oracle (oracle.h); and that the suite needs the capabilities without which
 * a statement could not work. `import OTHER-SUITE` takes over the attack tables of OTHER-SUITE.scn beside
 * it, unchanged, with their own $T addresses. $T depends on the position in the suite alone: the
 * same file gives the same addresses, no two rows share one, and none ends in .0 or .255.
 *
 * Returns NULL when there was an error. The caller frees with scenario_free(). *source (malloc'ed
 * text of the file, for diag_print; NULL when it could not be read) is the caller's in both cases.
 */
struct suite *scenario_load(const char *path, struct diag *diag, char **source);
/* The same for a text in memory, `len` bytes; `path` names it and is where policy, flags, captures
 * and imports are looked for. `diag` keeps pointers to `path` and `text`. */
struct suite *scenario_parse(const char *path, const char *text, size_t len, struct diag *diag);
void scenario_free(struct suite *s);

/* Whether a step looks for something, rather than doing something. */
bool step_expects(enum step_kind kind);
/* The step that says how the backend ends, or NULL: then it lives until its channel is closed. */
const struct step *case_ends(const struct scn_case *c);

/* The `boot` the case begins with, behind what is started in the world, or NULL. */
const struct scn_boot *case_boot(const struct scn_case *c);

/* The words of enum stats_field; ends with NULL. */
extern const char *const stats_words[];

const char *row_verdict_name(enum row_verdict v);
const char *plane_name(enum scn_plane p);

/* The folder of the scenario files: `option` (the argument of --scenarios) when it is not NULL,
 * else $GAUNTLET_SCENARIOS, else "scenarios". */
const char *scenario_dir(const char *option);
/* The names of all suites in `dir`, sorted, in a malloc'ed array that ends with NULL; the caller
 * frees with scenario_names_free(). NULL with a message on stderr when the folder is unreadable. */
char **scenario_names(const char *dir);
void scenario_names_free(char **names);
/* The file of suite `name`: DIR/NAME.scn, or `name` itself when it has a slash or ends in .scn.
 * 0, or -1 with a message on stderr that suggests a name or lists those there are. */
int scenario_find(const char *dir, const char *name, char *out, size_t size);

#endif
