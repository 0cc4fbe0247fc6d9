/* SPDX-License-Identifier: ISC */
/* tls_fault.h: the closed list of reasons why a ClientHello is refused, and their words.
 *
 * The words that tls_fault_name() gives are for the audit: they are added to and retired, never
 * renamed. Of several faults the one that comes first in the stream is reported; what is missing
 * (name-absent, version-old by supported_versions) comes last.
 */
#ifndef REF_TLS_FAULT_H
#define REF_TLS_FAULT_H

enum tls_fault {
	TLS_FAULT_NONE, /* nothing wrong */

	/* Records, RFC 8446 section 5.1 */
	TLS_FAULT_SSL2,        /* ssl2: the first byte is 0x80 or more, as of SSLv2 hellos */
	TLS_FAULT_RECORD_TYPE, /* record-type: not handshake (22): no TLS, or not its beginning */
	TLS_FAULT_RECORD_VERSION, /* record-version: other than 0x0301, 0x0302, 0x0303 */
	TLS_FAULT_RECORD_EMPTY,   /* record-empty: of zero bytes */
	TLS_FAULT_RECORD_LENGTH,  /* record-length: above 2^14 bytes */
	TLS_FAULT_TOO_BIG, /* too-big: the hello and its record headers exceed TLS_HELLO_MAX */

	/* The message, section 4 */
	TLS_FAULT_NOT_HELLO, /* not-hello: a handshake message other than client_hello (1) */
	TLS_FAULT_TRAILING,  /* trailing: bytes behind the hello in its record, or behind its
	                        extensions */

	/* ClientHello, section 4.1.2 */
	TLS_FAULT_HELLO_LENGTH,    /* hello-length: a field before the extensions is cut, or of a
	                              size that it cannot have */
	TLS_FAULT_VERSION_OLD,     /* version-old: legacy_version below TLS 1.2, or neither TLS 1.2
	                              nor 1.3 in supported_versions */
	TLS_FAULT_VERSION_UNKNOWN, /* version-unknown: legacy_version above TLS 1.2 */

	/* Extensions, section 4.2 */
	TLS_FAULT_EXTENSION_LENGTH, /* extension-length: their list or one of them is cut, or of a
	                               size that it cannot have */
	TLS_FAULT_EXTENSION_TWICE,  /* extension-twice: a type other than server_name, repeated */
	TLS_FAULT_EXTENSIONS_MANY,  /* extensions-many: more than TLS_HELLO_EXTENSIONS_MAX */
	TLS_FAULT_PSK_NOT_LAST,     /* psk-not-last: something stands behind pre_shared_key */
	TLS_FAULT_VERSIONS,         /* versions-malformed: lengths in supported_versions */
	TLS_FAULT_ALPN,             /* alpn-malformed: lengths in the list of protocols, or an empty
	                               one */

	/* server_name, RFC 6066 section 3 */
	TLS_FAULT_NAME_ABSENT,    /* name-absent: no such extension */
	TLS_FAULT_NAME_TWICE,     /* name-twice: two such extensions */
	TLS_FAULT_NAME_EMPTY,     /* name-empty: the extension, its list, or the name is empty */
	TLS_FAULT_NAME_MALFORMED, /* name-malformed: the length of the list or of the name lies */
	TLS_FAULT_NAME_TYPE,      /* name-type: other than host_name (0) */
	TLS_FAULT_NAME_SECOND,    /* name-second: anything behind the first name of the list */

	/* The name itself: tls_name.h */
	TLS_FAULT_NAME_LONG,       /* name-long: above TLS_NAME_MAX bytes */
	TLS_FAULT_NAME_NUL,        /* name-nul: a zero byte */
	TLS_FAULT_NAME_SPACE,      /* name-space: a space */
	TLS_FAULT_NAME_SLASH,      /* name-slash: '/' */
	TLS_FAULT_NAME_PERCENT,    /* name-percent: '%' */
	TLS_FAULT_NAME_UNDERSCORE, /* name-underscore: '_' */
	TLS_FAULT_NAME_NOT_ASCII,  /* name-not-ascii: a byte of 0x80 or more */
	TLS_FAULT_NAME_CHARACTER,  /* name-character: another that no host name has */
	TLS_FAULT_NAME_ADDRESS,    /* name-address: an IP address in any spelling */
	TLS_FAULT_LABEL_EMPTY,  /* label-empty: two dots in a row, a dot in front, or only dots */
	TLS_FAULT_LABEL_LONG,   /* label-long: above 63 bytes */
	TLS_FAULT_LABEL_HYPHEN, /* label-hyphen: begins or ends with one */
	TLS_FAULTS,             /* how many there are */
};

/* The word as above; "none" for TLS_FAULT_NONE, "unknown" for what is no fault. */
const char *tls_fault_name(enum tls_fault fault);

#endif
