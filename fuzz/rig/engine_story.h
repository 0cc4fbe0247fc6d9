/* SPDX-License-Identifier: ISC */
/* engine_story.h: with ENGINE_STORY in the environment a replayed program says what happens. */
#ifndef FUZZ_RIG_ENGINE_STORY_H
#define FUZZ_RIG_ENGINE_STORY_H

#include <stdbool.h>
#include <stdio.h>

extern bool engine_story;

/* Unbuffered in effect: the next line may be the last before a crash. */
#define STORY(...) (engine_story ? (void)(printf(__VA_ARGS__), fflush(stdout)) : (void)0)

#endif
