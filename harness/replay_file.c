/* SPDX-License-Identifier: ISC */
/* replay_file.c: capture files, frame by frame. */
#include "harness/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

long replay_read(FILE *f, bool (*each)(void *arg, const struct replay_frame *frame), void *arg,
                 char *why)
{
	char error[PCAP_ERRBUF_SIZE] = "";
	struct replay_frame frame = {.number = 0};
	struct pcap_pkthdr *header;
	const u_char *data;
	pcap_t *p;
	int status;

	p = pcap_fopen_offline_with_tstamp_precision(f, PCAP_TSTAMP_PRECISION_NANO, error);
	if (!p) {
		snprintf(why, REPLAY_WHY_MAX, "%s", error);
		fclose(f);
		return -1;
	}
	if (pcap_datalink(p) != DLT_EN10MB) {
		snprintf(why, REPLAY_WHY_MAX, "its link type is not Ethernet (%d)",
		         pcap_datalink(p));
		pcap_close(p);
		return -1;
	}
	while ((status = pcap_next_ex(p, &header, &data)) == 1) {
		frame.number++;
		frame.t_unix_ns = (uint64_t)header->ts.tv_sec * 1000000000u +
		                  (uint64_t)header->ts.tv_usec; /* nanoseconds, as asked for */
		frame.data = data;
		frame.len = header->caplen;
		frame.wire_len = header->len;
		if (!each(arg, &frame))
			break;
	}
	if (status == PCAP_ERROR)
		snprintf(why, REPLAY_WHY_MAX, "after frame %" PRIu32 ": %s", frame.number,
		         pcap_geterr(p));
	pcap_close(p);
	return status == PCAP_ERROR ? -1 : (long)frame.number;
}

long replay_load(const char *path, bool (*each)(void *arg, const struct replay_frame *frame),
                 void *arg, char *why)
{
	FILE *f = fopen(path, "rbe");

	if (f)
		return replay_read(f, each, arg, why);
	snprintf(why, REPLAY_WHY_MAX, "%s", strerror(errno));
	return -1;
}
