/* SPDX-License-Identifier: ISC */
/* agent_rules.c: the messages of vm-images/agent_proto.h as a table of forms. */
#include "fuzz/rig/agent_rules.h"

#include "fuzz/fuzz.h"

#include <string.h>

/* A letter for each field, in order:
 *	w u32, p u32 above 0, v the version, h u16, f a flag, i an id that is 0
 *	m a time in ms, C how many frames to listen for, M a file's mode, N nanoseconds, D what is to be done
 *	H how an EXIT ended, S steps of READY, n the length of an interface's name and the name
 *	o u16 length of a path and the path, / a path to the end, c a command to the end
 *	F frames to the end, as many as the u16 in front said; G frames to the end, X one of them
 *	t text to the end, d a piece of a file to the end, e output to the end, r 16..256 bytes to the end
 */
static const char *const forms[256] = {
        [AGENT_HELLO] = "iv",  [AGENT_READY] = "fSt",     [AGENT_EXIT] = "Hwfe",
        [AGENT_STARTED] = "p", [AGENT_SENT] = "w",        [AGENT_KILLED] = "w",
        [AGENT_ERROR] = "t",   [AGENT_BURST_SENT] = "ww", [AGENT_SNIFFED] = "fhF",
        [AGENT_DONE] = "w",    [AGENT_DATA] = "wwd",      [AGENT_REPORTED] = "wwwd",
        [AGENT_RUN] = "mc",    [AGENT_SPAWN] = "c",       [AGENT_KILL] = "w",
        [AGENT_FRAME] = "nX",  [AGENT_POWEROFF] = "",     [AGENT_BURST] = "nG",
        [AGENT_SNIFF] = "nCm", [AGENT_PUT] = "fMod",      [AGENT_GET] = "w/",
        [AGENT_REPORT] = "",   [AGENT_RESTORED] = "wNr",  [AGENT_NETWORK] = "D",
};

static uint32_t number(const uint8_t *p, size_t n)
{
	uint32_t value = 0;

	while (n--)
		value = value * 256 + *p++;
	return value;
}

/* How many frames the bytes are; -1: none. */
static long count_frames(const uint8_t *p, size_t n)
{
	long count = 0;

	for (; n; count++) {
		const uint32_t len = n < 4 ? 0 : number(p, 4);

		if (!len || len > 65550 || len > n - 4)
			return -1;
		p += 4 + len;
		n -= 4 + len;
	}
	return count;
}

/* The bytes that READY's steps take; 0: they are none. */
static size_t steps_len(const uint8_t *p, size_t n)
{
	const size_t len = n ? 1 + p[0] * (size_t)5 : 0;
	unsigned seen = 0;

	if (!n || len > n)
		return 0;
	for (size_t at = 1; at < len; at += 5) {
		if (p[at] >= AGENT_STEP_COUNT || seen & 1U << p[at] || !number(p + at + 1, 4))
			return 0;
		seen |= 1U << p[at];
	}
	return len;
}

static bool is_text(const uint8_t *p, size_t n, size_t max)
{
	return n && n <= max && !memchr(p, 0, n);
}

/* A text of at most `max` bytes behind its length, which takes `width`. */
static size_t text_len(const uint8_t *p, size_t n, size_t width, size_t max)
{
	const size_t len = n >= width ? number(p, width) : SIZE_MAX;

	return n >= width && len <= n - width && is_text(p + width, len, max) ? width + len
	                                                                      : SIZE_MAX;
}

static size_t fixed(bool good, size_t len, size_t n)
{
	return good && len <= n ? len : SIZE_MAX;
}

/* How long the field is, of `n` bytes that are left; SIZE_MAX: it is none. `before` is what stands in
 * front of it. */
static size_t field_len(char field, const uint8_t *p, size_t n, const uint8_t *before)
{
	size_t len;

	switch (field) {
	case 'w':
		return fixed(true, 4, n);
	case 'p':
		return fixed(n >= 4 && number(p, 4), 4, n);
	case 'v':
		return fixed(n >= 4 && number(p, 4) == 2, 4, n);
	case 'h':
		return fixed(true, 2, n);
	case 'm':
		return fixed(n >= 4 && number(p, 4) - 1 < 600000, 4, n);
	case 'C':
		return fixed(n >= 2 && number(p, 2) - 1 < 1000, 2, n);
	case 'M':
		return fixed(n >= 2 && number(p, 2) < 010000, 2, n);
	case 'N':
		return fixed(n >= 4 && number(p, 4) < 1000000000, 4, n);
	case 'D':
		return fixed(n && p[0] && p[0] <= 3, 1, n);
	case 'f':
		return fixed(n && p[0] <= 1, 1, n);
	case 'i':
		return fixed(number(before - 4, 4) == 0, 0, n);
	case 'H':
		return fixed(n && p[0] <= 2, 1, n);
	case 'S':
		return fixed(steps_len(p, n) > 0, steps_len(p, n), n);
	case 'n':
		return text_len(p, n, 1, 15);
	case 'o':
		len = text_len(p, n, 2, 255);
		return len != SIZE_MAX && p[2] == '/' ? len : SIZE_MAX;
	case '/':
		return fixed(n && p[0] == '/' && is_text(p, n, 255), n, n);
	case 'c':
		return fixed(is_text(p, n, 16384), n, n);
	case 'F':
		return fixed(n <= 61440 && number(before - 2, 2) <= 1000 &&
		                     count_frames(p, n) == (long)number(before - 2, 2),
		             n, n);
	case 'G':
		return fixed(count_frames(p, n) > 0, n, n);
	case 'X':
		return fixed(n && n <= 65550, n, n);
	case 't':
		return fixed(n <= 400, n, n);
	case 'd':
		return fixed(n <= 61440, n, n);
	case 'e':
		return fixed(n <= 65536, n, n);
	case 'r':
		return fixed(n >= 16 && n <= 256, n, n);
	default:
		return SIZE_MAX;
	}
}

/* A whole message, from its type on. */
static bool has_form(const uint8_t *p, size_t n)
{
	const char *form = forms[p[0]];
	size_t at = 5;

	if (!form)
		return false;
	for (; *form; form++) {
		const size_t len = field_len(*form, p + at, n - at, p + at);

		if (len == SIZE_MAX)
			return false;
		at += len;
	}
	return at == n;
}

enum agent_status agent_rules_read(struct rd bytes, size_t *len)
{
	uint32_t rest;

	if (bytes.n < 4)
		return AGENT_MORE;
	rest = number(bytes.p, 4);
	if (rest < 5 || rest > 5 + 1 + 15 + 65550)
		return AGENT_BAD;
	if (rest > bytes.n - 4)
		return AGENT_MORE;
	*len = 4 + rest;
	return bytes.p[4] & 0x80 && has_form(bytes.p + 4, rest) ? AGENT_OK : AGENT_BAD;
}

enum serve_status agent_rules_asked(struct rd bytes, size_t *len)
{
	*len = 0;
	if (bytes.n < 4)
		return SERVE_MORE;
	*len = 4 + (size_t)number(bytes.p, 4);
	if (*len < 4 + 5 || *len > 4 + 5 + 1 + 15 + 65550)
		return SERVE_LOST;
	if (*len > bytes.n)
		return SERVE_MORE;
	return !(bytes.p[4] & 0x80) && has_form(bytes.p + 4, *len - 4) ? SERVE_TAKEN
	                                                               : SERVE_REFUSED;
}

bool agent_rules_is_request(struct rd bytes, uint8_t type, uint32_t id)
{
	return bytes.n >= 9 && number(bytes.p, 4) == bytes.n - 4 && bytes.p[4] == type &&
	       number(bytes.p + 5, 4) == id && !(type & 0x80) && has_form(bytes.p + 4, bytes.n - 4);
}

static void hold_steps(const uint8_t *p, const struct agent_message *read)
{
	unsigned listed = p[1], reached = 0;

	for (int i = 0; i < AGENT_STEP_COUNT; i++)
		reached += read->at_us[i] != 0;
	HOLDS("READY says whether it is", read->ok == p[0]);
	HOLDS("the steps of READY are those listed", reached == listed);
	for (size_t i = 0; i < listed; i++)
		HOLDS("a step was reached when READY says so",
		      read->at_us[p[2 + 5 * i]] == number(p + 3 + 5 * i, 4));
}

void agent_rules_hold(struct rd message, const struct agent_message *read)
{
	/* How many bytes of the body stand in front of its text, for those that have one. */
	static const uint8_t before[128] = {[AGENT_EXIT & 127] = 6,
	                                    [AGENT_SNIFFED & 127] = 3,
	                                    [AGENT_DATA & 127] = 8,
	                                    [AGENT_REPORTED & 127] = 12};
	const uint8_t *body = message.p + 9, type = message.p[4];
	const bool steps = type == AGENT_READY,
	           second = type == AGENT_DATA || type == AGENT_REPORTED;
	const size_t skip = steps ? 2 + body[1] * (size_t)5 : before[type & 127];

	HOLDS("a message is of the type and id that it says",
	      read->type == type && read->id == number(message.p + 5, 4));
	if (steps)
		hold_steps(body, read);
	if (steps || before[type & 127] || type == AGENT_ERROR)
		HOLDS("a text is what stands at the end",
		      read->text.n == message.n - 9 - skip &&
		              (!read->text.n || read->text.p == body + skip));
	if (type == AGENT_EXIT)
		HOLDS("an end is what EXIT says", read->how == body[0] &&
		                                          read->value == number(body + 1, 4) &&
		                                          read->truncated == body[5]);
	else if (type == AGENT_SNIFFED)
		HOLDS("frames are as many as SNIFFED says",
		      read->truncated == body[0] && read->count == number(body + 1, 2));
	else if (type == AGENT_BURST_SENT)
		HOLDS("frames and error are those of BURST_SENT",
		      read->count == number(body, 4) && read->value == number(body + 4, 4));
	else if (!steps && type != AGENT_ERROR)
		HOLDS("a number is what the message says", read->value == number(body, 4));
	if (second)
		HOLDS("the second number is what the message says",
		      (type == AGENT_DATA ? read->count : read->memory_kb) == number(body + 4, 4));
	if (type == AGENT_REPORTED)
		HOLDS("the third number is what the message says",
		      read->available_kb == number(body + 8, 4));
}
