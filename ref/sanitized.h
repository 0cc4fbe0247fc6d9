/* SPDX-License-Identifier: ISC */
/* sanitized.h: whether this is built with a sanitizer that has a runtime of its own.
 *
 * Such a runtime maps memory whenever it likes, and LeakSanitizer reads /proc, forks and traces at
 * the exit: it cannot live in the sandbox. UBSan alone can. */
#ifndef REF_SANITIZED_H
#define REF_SANITIZED_H

#include <stdbool.h>

#ifdef __has_feature
#define SANITIZED_FEATURE(name) __has_feature(name)
#else
#define SANITIZED_FEATURE(name) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
        SANITIZED_FEATURE(address_sanitizer) || SANITIZED_FEATURE(thread_sanitizer) ||             \
        SANITIZED_FEATURE(memory_sanitizer)
#define SANITIZED true
#else
#define SANITIZED false
#endif

#endif
