/* SPDX-License-Identifier: ISC */
/* pcapng.c: see pcapng.h. Section numbers are those of draft-ietf-opsawg-pcapng.
 *
 * Every block is: type, total length, a fixed head, for packets the frame, options, total length
 * again (section 3.1). All parts are padded to 32 bits.
 */
#include "harness/pcapng.h"

#include <stdbool.h>
#include <string.h>

#define BLOCK_SECTION   0x0a0d0d0au /* section 4.1 */
#define BLOCK_INTERFACE 1u          /* section 4.2 */
#define BLOCK_PACKET    6u          /* section 4.3 */
#define BYTE_ORDER_MARK 0x1a2b3c4du

#define LINKTYPE_ETHERNET 1u

enum {
	OPT_END = 0,
	OPT_COMMENT = 1,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_TSRESOL = 9,
	EPB_FLAGS = 2,
};

#define FLAGS_INBOUND  1u /* section 4.3.1, bits 0-1 */
#define FLAGS_OUTBOUND 2u
#define TSRESOL_NS     9 /* 10^-9 s */

#define OPTION_MAX 65532u /* the largest multiple of four that a 16-bit length can say */

struct option {
	uint16_t code;
	const void *value; /* NULL: the option is left out */
	size_t len;
};

static size_t padded(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

static void le16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void le32(uint8_t *p, uint32_t v)
{
	le16(p, v & 0xffff);
	le16(p + 2, v >> 16);
}

static void put_u32(FILE *f, uint32_t v)
{
	uint8_t b[4];

	le32(b, v);
	fwrite(b, 1, sizeof(b), f);
}

static void put_padded(FILE *f, const void *p, size_t n)
{
	static const uint8_t zeros[4];

	if (n)
		fwrite(p, 1, n, f);
	fwrite(zeros, 1, padded(n) - n, f);
}

static struct option text_option(uint16_t code, const char *text)
{
	size_t len = text ? strlen(text) : 0;

	if (len > OPTION_MAX) {
		len = OPTION_MAX;
		while (((unsigned char)text[len] & 0xc0) == 0x80) /* not within a UTF-8 character */
			len--;
	}
	return (struct option){.code = code, .value = text, .len = len};
}

static int put_block(FILE *f, uint32_t type, const void *head, size_t head_len, const void *data,
                     size_t data_len, const struct option *options, size_t option_count)
{
	size_t total = 12 + head_len + padded(data_len) + 4;

	for (size_t i = 0; i < option_count; i++)
		total += options[i].value ? 4 + padded(options[i].len) : 0;
	put_u32(f, type);
	put_u32(f, (uint32_t)total);
	put_padded(f, head, head_len);
	put_padded(f, data, data_len);
	for (size_t i = 0; i < option_count; i++) {
		if (!options[i].value)
			continue;
		put_u32(f, (uint32_t)options[i].len << 16 | options[i].code);
		put_padded(f, options[i].value, options[i].len);
	}
	put_u32(f, OPT_END);
	put_u32(f, (uint32_t)total);
	return ferror(f) ? -1 : 0;
}

int pcapng_write_header(FILE *f, const char *application)
{
	const struct option options[] = {text_option(SHB_USERAPPL, application)};
	uint8_t head[16];

	le32(head, BYTE_ORDER_MARK);
	le16(head + 4, 1); /* version 1.0 */
	le16(head + 6, 0);
	memset(head + 8, 0xff, 8); /* the section's length is not known beforehand */
	return put_block(f, BLOCK_SECTION, head, sizeof(head), NULL, 0, options, 1);
}

int pcapng_write_interface(FILE *f, const char *name, const char *description)
{
	const uint8_t resolution = TSRESOL_NS;
	const struct option options[] = {
	        text_option(IF_NAME, name),
	        text_option(IF_DESCRIPTION, description),
	        {.code = IF_TSRESOL, .value = &resolution, .len = 1},
	};
	uint8_t head[8];

	le32(head, LINKTYPE_ETHERNET); /* 16 bits, then 16 reserved */
	le32(head + 4, 0);             /* snapshot length: no limit */
	return put_block(f, BLOCK_INTERFACE, head, sizeof(head), NULL, 0, options, 3);
}

int pcapng_write_packet(FILE *f, uint32_t interface, uint64_t t_unix_ns, int outbound,
                        const void *frame, size_t len, const char *comment)
{
	uint8_t head[20], flags[4];
	const struct option options[] = {
	        {.code = EPB_FLAGS, .value = flags, .len = sizeof(flags)},
	        text_option(OPT_COMMENT, comment),
	};

	le32(flags, outbound ? FLAGS_OUTBOUND : FLAGS_INBOUND);
	le32(head, interface);
	le32(head + 4, (uint32_t)(t_unix_ns >> 32));
	le32(head + 8, (uint32_t)t_unix_ns);
	le32(head + 12, (uint32_t)len); /* captured, and on the wire */
	le32(head + 16, (uint32_t)len);
	return put_block(f, BLOCK_PACKET, head, sizeof(head), frame, len, options, 2);
}
