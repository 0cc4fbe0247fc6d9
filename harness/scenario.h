/* SPDX-License-Identifier: ISC */
/* scenario.h: a .scn file as a tree. The grammar, with examples, is docs/scenarios.md.
 *
 *   suite    egress-core
 *   policy   policies/one-udp-endpoint.json
 *   planes   wire vm
 *   needs    allow.udp4 nat.udp4
 *   sentinel udp $VM:40000 > $CONSUMER
 *
 *   case reply-returns-to-the-asker    req NAT-001
 *     inject udp $VM:40001 > $CONSUMER payload "one-$NONCE"
 *     wire   udp $PROVIDER:* > $CONSUMER payload "one-$NONCE" count 1 within 2s
 *     guest  udp $CONSUMER > $VM:40001 payload "one-$NONCE" count 1
 *     none   guest udp $CONSUMER > $VM:40002
 *
 *   attack arch                        req MODE-001
 *   | id           | recipe                         | verdict | why                    | flags |
 *   | internet-dns | udp $VM:4000 > $T:53 dns A x-$NONCE.test | drop | names leak data | EXFIL |
 *
 * Statements of a case run in order. `wire` and `guest` wait until the pattern was seen (or
 * `within`, default 2 s, is over: a failure) and, with `count`, the number is judged over the whole
 * case at its end. In every case, anything on the wire that no `wire` statement allows fails the
 * case.
 */
#ifndef HARNESS_SCENARIO_H
#define HARNESS_SCENARIO_H

#include "harness/diag.h"
#include "harness/recipe.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCN_NAME_MAX  64 /* suite, case and row names: [a-z0-9][a-z0-9.-]* */
#define SCN_REQ_MAX   8  /* requirement ids per case or row */
#define SCN_NEEDS_MAX 16
#define SCN_LINE_MAX  4096
#define SCN_FILE_MAX  (4u << 20)
#define SCN_CASES_MAX 1024 /* per suite, as the next two */
#define SCN_ROWS_MAX  4096
#define SCN_STEPS_MAX 4096

#define SCN_WITHIN_MS     2000  /* when a statement names no `within` */
#define SCN_WITHIN_MS_MAX 10000 /* `within` is the bound of a failure, never a wait */

enum scn_plane { PLANE_WIRE = 1, PLANE_VM = 2 };

enum step_kind {
	STEP_INJECT,     /* the VM sends this frame */
	STEP_WORLD,      /* the world sends this frame towards the provider */
	STEP_WIRE,       /* this crosses the wire to the world */
	STEP_GUEST,      /* this reaches the VM */
	STEP_MAY_WIRE,   /* this may cross the wire, or not: `may wire PATTERN` */
	STEP_NONE_GUEST, /* this does not reach the VM, judged over the whole case */
	STEP_RUN,        /* vm plane: `run "COMMAND" [exit N] [output "TEXT"]` in the guest */
};

struct step {
	enum step_kind kind;
	unsigned line;
	char *text;           /* the statement as written, for reports */
	struct recipe recipe; /* recipe or pattern; unused for STEP_RUN */
	bool has_count;
	unsigned count; /* at least 1 */
	unsigned within_ms;
	char *command; /* STEP_RUN: shell command */
	int exit_code; /* STEP_RUN: expected, default 0 */
	char *output;  /* STEP_RUN: a text its output must contain, or NULL */
};

enum row_verdict {
	ROW_DROP,   /* nothing crosses the wire and nobody answers (recipe_answer) */
	ROW_PASS,   /* crosses once, from the provider's address, payload byte for byte */
	ROW_ANSWER, /* nothing crosses, the backend itself answers the guest (recipe_answer) */
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
	uint32_t target; /* what $T was in the steps; 0 for an attack, whose rows have their own */
	struct step *steps;
	size_t step_count;
	struct row *rows;
	size_t row_count;
};

struct suite {
	char name[SCN_NAME_MAX];
	char *path;     /* of the file */
	char *policy;   /* path of the policy; the file names it relative to its own folder */
	char *pcap_dir; /* where `replay` finds captures: folder `pcaps` beside the file's folder */
	unsigned planes;
	char needs[SCN_NEEDS_MAX][SCN_NAME_MAX];
	unsigned needs_count;
	bool has_sentinel;
	struct recipe sentinel;
	char *sentinel_text;
	struct scn_case *cases;
	size_t case_count;
};

/* Reads and checks one file. All errors are collected in `diag` (whose source the suite's caller
 * may print only while *source lives). Besides the grammar it checks: names unique, the suite's the
 * same as the file's; at least one requirement per case, each of the form AREA-NNN; flags known to
 * flags.txt, which stands beside the file or one folder up; the policy file exists; a sentinel
 * wherever a case could pass although nothing works (it has a `drop` row, or no `wire` and no
 * `guest` statement); and the verdict of every row that has a frame, and the sentinel, against the
 * oracle (oracle.h). `import OTHER-SUITE` takes over the attack tables of OTHER-SUITE.scn beside
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
