/* SPDX-License-Identifier: ISC */
/* tls_fault.c: the words for what may be wrong with a ClientHello. */
#include "ref/tls_fault.h"

#include <assert.h>

#define NAME_SIZE 24

/* Arrays, no pointers: the table needs no relocation and lands in read-only memory. */
static const char names[][NAME_SIZE] = {
        [TLS_FAULT_NONE] = "none",
        [TLS_FAULT_SSL2] = "ssl2",
        [TLS_FAULT_RECORD_TYPE] = "record-type",
        [TLS_FAULT_RECORD_VERSION] = "record-version",
        [TLS_FAULT_RECORD_EMPTY] = "record-empty",
        [TLS_FAULT_RECORD_LENGTH] = "record-length",
        [TLS_FAULT_TOO_BIG] = "too-big",
        [TLS_FAULT_NOT_HELLO] = "not-hello",
        [TLS_FAULT_TRAILING] = "trailing",
        [TLS_FAULT_HELLO_LENGTH] = "hello-length",
        [TLS_FAULT_VERSION_OLD] = "version-old",
        [TLS_FAULT_VERSION_UNKNOWN] = "version-unknown",
        [TLS_FAULT_EXTENSION_LENGTH] = "extension-length",
        [TLS_FAULT_EXTENSION_TWICE] = "extension-twice",
        [TLS_FAULT_EXTENSIONS_MANY] = "extensions-many",
        [TLS_FAULT_PSK_NOT_LAST] = "psk-not-last",
        [TLS_FAULT_VERSIONS] = "versions-malformed",
        [TLS_FAULT_ALPN] = "alpn-malformed",
        [TLS_FAULT_NAME_ABSENT] = "name-absent",
        [TLS_FAULT_NAME_TWICE] = "name-twice",
        [TLS_FAULT_NAME_EMPTY] = "name-empty",
        [TLS_FAULT_NAME_MALFORMED] = "name-malformed",
        [TLS_FAULT_NAME_TYPE] = "name-type",
        [TLS_FAULT_NAME_SECOND] = "name-second",
        [TLS_FAULT_NAME_LONG] = "name-long",
        [TLS_FAULT_NAME_NUL] = "name-nul",
        [TLS_FAULT_NAME_SPACE] = "name-space",
        [TLS_FAULT_NAME_SLASH] = "name-slash",
        [TLS_FAULT_NAME_PERCENT] = "name-percent",
        [TLS_FAULT_NAME_UNDERSCORE] = "name-underscore",
        [TLS_FAULT_NAME_NOT_ASCII] = "name-not-ascii",
        [TLS_FAULT_NAME_CHARACTER] = "name-character",
        [TLS_FAULT_NAME_ADDRESS] = "name-address",
        [TLS_FAULT_LABEL_EMPTY] = "label-empty",
        [TLS_FAULT_LABEL_LONG] = "label-long",
        [TLS_FAULT_LABEL_HYPHEN] = "label-hyphen",
};

static_assert(sizeof(names) / sizeof(names[0]) == TLS_FAULTS, "every fault has a word");

const char *tls_fault_name(enum tls_fault fault)
{
	return (unsigned)fault < TLS_FAULTS ? names[fault] : "unknown";
}
