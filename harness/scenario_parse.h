/* SPDX-License-Identifier: ISC */
/* scenario_parse.h: what the files that read scenarios share. Nobody else includes it.
 *
 *   scenario.c        the file: lines, and which statement stands in each
 *   scenario_head.c   statements at file level: suite ... attack
 *   scenario_step.c   statements of a case that are about frames
 *   scenario_control.c  those about the backend
 *   scenario_program.c  those that start programs or spoil the cable
 *   scenario_boot.c   those of a guest that is booted for its case
 *   scenario_table.c  tables of an attack
 *   scenario_start.c  rows that start the backend with a policy
 *   scenario_talk.c   tables of conversations, and what stands at the head of a file for them
 *   scenario_vary.c   rows that are written once for many values
 *   scenario_check.c  what can be judged only when it is put together: the oracle, vacuous cases
 *   scenario_words.c  names, numbers and lists
 *   scenario_find.c   where scenarios are
 *
 * Whoever reads a statement reports its errors and goes on as well as it can; what was read badly
 * is left out of the tree, and a tree with errors is thrown away at the end.
 */
#ifndef HARNESS_SCENARIO_PARSE_H
#define HARNESS_SCENARIO_PARSE_H

#include "harness/oracle.h"
#include "harness/scenario.h"

#include <limits.h>

#define SCN_COLUMNS_MAX 16 /* cells of a table line that are looked at */
#define SCN_FLAGS_MAX   64 /* flags in flags.txt */
#define SCN_FLAG_MAX    24

/* A place in the file, to report errors there later. */
struct scn_place {
	unsigned line, column, width;
};

enum scn_column {
	COLUMN_ID,
	COLUMN_RECIPE,
	COLUMN_SAYS,
	COLUMN_HEARS,
	COLUMN_VERDICT,
	COLUMN_WHY,
	COLUMN_FLAGS,
	COLUMN_REQ, /* this and all that follow may be missing */
	COLUMN_TO,
	COLUMN_ORIGIN,
	COLUMN_EVENT,
	COLUMN_COUNT,
	COLUMN_UNKNOWN, /* misspelt; its cells are not looked at */
};

struct scn_table {
	bool has_header;
	bool has_rule; /* the line of dashes below the header */
	unsigned count;
	enum scn_column columns[SCN_COLUMNS_MAX];
};

#define SCN_VARY_MAX        4 /* names that vary in an attack */
#define SCN_VARY_VALUES_MAX 1024
#define SCN_VARY_NAME_MAX   16

/* `vary NAME VALUE...` of the attack that is open. */
struct scn_vary {
	char name[SCN_VARY_NAME_MAX];
	char (*values)[SCN_NAME_MAX];
	size_t count;
	bool used; /* a row has it in its id */
	struct scn_place place;
};

/* Counted over a suite and what it imports. */
struct scn_totals {
	unsigned targets; /* $T addresses given out so far */
	unsigned rows, steps;
};

struct parse {
	struct suite *suite;
	struct diag *diag;
	struct lex lx;             /* the line that is being read */
	char dir[PATH_MAX];        /* of the file, without a slash at its end */
	bool imported;             /* read for another suite, whose policy and sentinel count */
	struct scn_totals *totals; /* an importer's own, when imported */

	/* Where these statements stand; line 0 = nowhere yet. */
	struct scn_place suite_name, policy, organisation, planes, sentinel;
	struct oracle oracle;
	bool has_oracle;
	char no_oracle[256]; /* why there is none */

	bool in_case;       /* the last case of the suite is open for statements or rows */
	bool case_is_used;  /* it has had one, good or bad */
	size_t case_errors; /* errors there were when it was opened */
	struct scn_place case_name;
	struct scn_table table;
	struct scn_vary vary[SCN_VARY_MAX];
	unsigned vary_count;
	bool told_uncertain;      /* that verdicts cannot be had under this policy */
	struct scn_place vacuous; /* the first case that needs a sentinel */
	char vacuous_name[SCN_NAME_MAX];

	void *case_names, *row_names; /* sets */

	bool has_flags; /* flags.txt was looked for */
	char flag_text[SCN_FLAGS_MAX][SCN_FLAG_MAX];
	const char *flags[SCN_FLAGS_MAX + 1];
};

/* scenario.c: reads `path` for the suite `importer` reads. As scenario_load(). */
struct suite *scn_load_import(const char *path, struct diag *diag, char **source,
                              const struct parse *importer);
void scn_free_case(struct scn_case *c);
void scn_free_row(struct row *row);
void scn_free_step(struct step *s);

/* scenario_head.c. Each reads the words behind its own. */
void scn_suite(struct parse *p);
void scn_policy(struct parse *p);
void scn_organisation(struct parse *p);
void scn_planes(struct parse *p);
void scn_needs(struct parse *p);
void scn_sentinel(struct parse *p);
void scn_import(struct parse *p);
void scn_begin_case(struct parse *p, bool attack);
/* The same for a table of conversations. */
void scn_begin_talk(struct parse *p);

/* scenario_step.c. The case is open and is not an attack. */
void scn_step(struct parse *p, enum step_kind kind);
/* `count`, `within` and `vary` behind a statement, as far as they fit its kind, up to its end. */
void scn_clauses(struct parse *p, struct step *s);
extern const char *const scn_clause_words[];

/* scenario_control.c. Reads the words behind the statement's own; false after an error that leaves
 * nothing to keep. */
bool scn_control(struct parse *p, struct step *s);

/* scenario_program.c. Each reads the words behind its own; false, after an error, when the step is of no use. */
bool scn_read_run(struct parse *p, struct step *s);
bool scn_read_serve(struct parse *p, struct step *s);
bool scn_read_peer(struct parse *p, struct step *s);
bool scn_read_impair(struct parse *p, struct step *s);
/* The word behind `peer`: a string, `says` or `sends`; the latter two are read. */
enum step_kind scn_peer_kind(struct parse *p);
/* What may follow `planes`, for messages. */
#define SCN_PLANE_WORDS "'wire', 'kernel' or 'vm', or several of them"

/* scenario_boot.c. Each reads the words behind its own. */
bool scn_read_boot(struct parse *p, struct step *s);
/* The word behind `guest`: `off`, `reboot` or `sends`, which is read, or that of a pattern; the same for `none guest`. */
enum step_kind scn_guest_kind(struct parse *p);
enum step_kind scn_none_guest_kind(struct parse *p);
/* What is wrong with `boot`, or with what needs one, at this place of its case. */
void scn_check_boot(struct parse *p, enum step_kind kind);
void scn_free_boot(struct scn_boot *b);

/* scenario_table.c. The attack is open; the line starts with a bar. */
void scn_table_line(struct parse *p, const char *line, size_t len);

/* scenario_start.c */
/* The recipe `start ...`, which is the next word; false after an error. */
bool scn_read_start(struct parse *p, struct row *row);
/* A row is complete: `start` and its verdict fit each other, and the policy. */
void scn_check_start(struct parse *p, const struct row *row, struct scn_place recipe,
                     struct scn_place verdict);
/* Rows that refuse, and none that shows that anything is ever taken. */
bool scn_refuses_only(const struct scn_case *c);

/* scenario_talk.c */
/* Statements at the head of a file; each reads the words behind its own. */
void scn_head_serve(struct parse *p);
void scn_origin(struct parse *p, bool resolver);
/* The words behind `to` in the line that begins a table; false after an error. */
bool scn_talk_to(struct parse *p);
/* The words behind `talk`, `says` and `hears` in a case; false after an error. */
bool scn_read_talk(struct parse *p, struct step *s);
/* A cell of a talk's row that is not one of an attack's. `to` stands first. */
void scn_talk_cell(struct parse *p, struct row *row, enum scn_column column);
/* A row is complete. */
void scn_check_talk(struct parse *p, const struct row *row, struct scn_place says,
                    struct scn_place hears, struct scn_place verdict);
/* A talk is complete: rows that are denied, and none that shows that anything ever gets through. */
bool scn_denies_only(const struct scn_case *c);

/* scenario_vary.c */
void scn_vary(struct parse *p);
/* An attack is complete: each name is of use. */
void scn_vary_check(struct parse *p);
void scn_vary_clear(struct parse *p);
/* Looks for {NAME} in a cell. In the id each sets its bit of *mask; elsewhere it must be set, else there is an error
 * and false. */
bool scn_vary_marks(struct parse *p, const char *line, const char *s, const char *stop, bool id,
                    unsigned *mask);
/* Calls `row` with the line of each combination of the names in `mask`, up to the first that has an error. */
void scn_vary_rows(struct parse *p, const char *line, size_t len, unsigned mask,
                   void (*row)(struct parse *p, const char *line, size_t len));

/* scenario_check.c */
/* The case that is open, if any, is complete. */
void scn_end_case(struct parse *p);
/* The row's verdict against the oracle. `what` stands in front of the messages. */
void scn_check_row(struct parse *p, const struct row *row, const char *what,
                   struct scn_place recipe, struct scn_place verdict);
/* The file is complete. */
void scn_check_suite(struct parse *p);
/* What stands at the current word cannot work without this capability: an error, once, unless the
 * suite needs it. */
void scn_require(struct parse *p, const char *what, const char *capability);
/* The variables of a recipe or pattern that are known only behind other statements of the case. */
void scn_check_variables(struct parse *p, const struct recipe *r, struct scn_place at);

/* scenario_words.c. What is read here starts with the next word of p->lx. */
struct scn_case *scn_open_case(struct parse *p);
/* Where the current word stands. */
struct scn_place scn_here(const struct parse *p);
/* The next $T; 0 with an error when there are no more. */
uint32_t scn_next_target(struct parse *p);
/* A name of [a-z0-9][a-z0-9.-]*. On failure `out` is "". */
bool scn_name(struct parse *p, const char *what, char out[SCN_NAME_MAX]);
bool scn_number(struct parse *p, const char *what, unsigned least, unsigned most, unsigned *out);
/* N, N..M, N.. or ..M */
bool scn_range(struct parse *p, const char *what, uint64_t most, struct scn_range *out);
/* 500ms or 2s: the bound of a failure */
bool scn_duration(struct parse *p, const char *what, unsigned most_ms, unsigned *out_ms);
/* The same, for a length of time that is meant, up to a year; also 5m. */
bool scn_time(struct parse *p, const char *what, uint64_t *out_ms);
/* The path of a file that stands beside the scenario or is named from there; malloc'ed. The current
 * word is its name; `what` it is stands in the message when it cannot be read. */
char *scn_file(struct parse *p, const char *what);
/* The current word as one more requirement, as one more plane. */
void scn_add_req(struct parse *p, struct req_list *list);
void scn_add_plane(struct parse *p, unsigned *planes);
/* Nothing may follow. */
bool scn_end(struct parse *p);

/* A set of names that remembers in which line each stands. Adding returns 0, or the line of the
 * name that was there before. A set starts as NULL. */
unsigned scn_set_add(void **set, const char *name, unsigned line);
void scn_set_free(void **set);

/* Memory. When there is none left the program ends. */
void *scn_alloc(size_t size); /* zeroed */
char *scn_copy(const char *p, size_t len);
/* Makes room for one item, zeroed, behind `count` items that were put there one by one. */
void *scn_grow(void *items, size_t count, size_t size);

#endif
