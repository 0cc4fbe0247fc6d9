/* SPDX-License-Identifier: ISC */
/* story_json.h: DIR/stories.jsonl, every outcome that was played as a story for programs.
 *
 * One object a line, in the order in which the outcomes were settled:
 *
 *   {"name":"suite/case/row","sends":"udp $VM:4011 > $T:53","expects":"drop: nothing ...",
 *    "why":"names carry data out","flags":["EXFIL"],
 *    "lines":[{"ms":8.4,"side":"guest>backend","text":"udp ...","mark":null,"bad":false,"own":true}],
 *    "repro":"build/gauntlet scenario --backend refnat --plane wire suite/case/row"}
 *
 * `sends` and `why` are null where there are none; `expects` has a line for each statement. `side` is
 * guest>backend, backend>guest, backend>wire, wire>backend, backend (an event), harness (a note), host
 * (seen on the loopback of the backend's namespace). `mark` is what the judge says of the line, `bad`
 * that he objects to it, `own` that it was traced to this very row.
 *
 * Of a row that was played in a batch, what belongs to other rows is left out: their frames, what the world
 * answers to them, and events that name the ports of none of this row's frames. Events without ports could be anybody's; when there
 * are many of them, one line says how many. A story has STORY_LINES_MAX lines at most: a longer one loses its
 * middle, but not what is bad there as long as there is room, and says how much is missing.
 */
#ifndef HARNESS_STORY_JSON_H
#define HARNESS_STORY_JSON_H

#include "harness/evidence.h"

#include <stdio.h>

#define STORY_LINES_MAX 60

/* Removes DIR/stories.jsonl, which an earlier run may have left. 0, or -1 with a message on stderr. */
int story_json_clear(const char *dir);

/* One story with its newline. */
void story_json_write(const struct evidence *e, FILE *to);

#endif
