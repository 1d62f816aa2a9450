/* SPDX-License-Identifier: GPL-3.0-or-later
 * TXT records, and what those of the usual zones say of an address: the
 * autonomous system that announces it, and its name.
 */
#ifndef PROBE_NET_DNS_TXT_H
#define PROBE_NET_DNS_TXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

#define DNS_NAME_MAX 256
#define DNS_TEXT_MAX 256

/* The first TXT record of a response (RFC 1035 3.3.14, 4.1), its first string;
 * what is no printable ASCII in it becomes '?'. False: it has none, or is no
 * response. */
bool dns_txt_read(const uint8_t *bytes, size_t length, char text[DNS_TEXT_MAX]);

/* The name to ask for the origin of an address:
 * "9.113.0.203.origin.asn.cymru.com". */
void dns_origin_name(const struct address *a, char name[DNS_NAME_MAX]);

/* The first number of "64500 64501 | 203.0.113.0/24 | DE | ripencc |
 * 2010-07-14" ; 0: there is none. */
uint32_t dns_origin_number(const char *text);

/* The name behind the last bar of "64500 | DE | ripencc | 2010-07-14 | EXAMPLE
 * Example Carrier, DE"; empty: there is none. */
void dns_origin_title(const char *text, char *title, size_t size);

#endif
