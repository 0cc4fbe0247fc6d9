/* SPDX-License-Identifier: ISC */
/* runtime.c: what is linked to every test binary that ci/mutate runs.
 *
 *	MUT=N            mutant N is in force
 *	MUT_RECORD=FILE  none is; what was seen is written to FILE at exit
 *	MUT_CPU_MS=N     the process dies of SIGPROF after so much processor time: an endless loop
 *
 * Processor time and not the clock's, so that a busy machine kills no mutant. A mutant that eats memory
 * gets none above 1 GB. */
#include "ci/mutator/schemata.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>

#define MEMORY_MAX (1UL << 30)

int mut_on;
unsigned char mut_seen[MUT_MAX];
static const char *record_to;

__attribute__((constructor)) static void begin(void)
{
	const char *on = getenv("MUT"), *cpu_ms = getenv("MUT_CPU_MS");
	const struct rlimit none = {0, 0}, memory = {MEMORY_MAX, MEMORY_MAX};

	record_to = getenv("MUT_RECORD");
	mut_on = record_to ? -1 : on ? atoi(on) : 0;
	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_AS, &memory);
	if (cpu_ms) {
		const long ms = atol(cpu_ms);
		const struct itimerval limit = {.it_value = {ms / 1000, ms % 1000 * 1000}};

		setitimer(ITIMER_PROF, &limit, NULL);
	}
}

__attribute__((destructor)) static void end(void)
{
	FILE *f = record_to ? fopen(record_to, "wb") : NULL;

	if (!f)
		return;
	fwrite(mut_seen, 1, sizeof(mut_seen), f);
	fclose(f);
}
