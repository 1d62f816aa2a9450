/* SPDX-License-Identifier: GPL-3.0-or-later
 * Filters of captures, as tcpdump has them: pcap-filter(7).
 */
#ifndef REPORT_FILTER_H
#define REPORT_FILTER_H

#include <pcap/pcap.h>

/* pcap_compile(3PCAP), optimized, for any netmask: 0, and the caller frees
 * `out` by pcap_freecode(); or below 0, and pcap_geterr() says why. Where
 * libpcap would end the program, for want of memory, it ends with 71, not
 * with 2. */
int filter_compile(pcap_t *pcap, const char *text, struct bpf_program *out);

#endif
