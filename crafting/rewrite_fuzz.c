/* SPDX-License-Identifier: GPL-3.0-or-later
 * Frames of any link type, with pseudonyms: what is a packet stays one of the
 * same form, with a checksum that is as right as it was. The first byte chooses
 * the link type.
 */
#include <stdlib.h>

#include "crafting/link.h"
#include "crafting/packet.h"
#include "crafting/pseudonym.h"
#include "crafting/rewrite.h"
#include "tests/fuzz.h"

static bool hmac(void *context, const struct packet *p,
		 const struct mptcp_option *option, const struct address *other,
		 uint64_t *out)
{
	(void)context;
	(void)p;
	(void)other;
	*out = option->add_addr.hmac + 1;
	return option->add_addr.hmac & 1;
}

static bool summed(void *context, const struct packet *p)
{
	(void)context;
	return p->tcp.window & 1;
}

static bool plain(const uint8_t *payload, size_t length)
{
	return length && payload[0] == 'm';
}

static const struct rewrite_facts facts = {hmac, summed, plain};

static void compare(const uint8_t *before, const uint8_t *after, size_t length)
{
	struct packet a, b;

	FUZZ_REQUIRE(packet_parse(before, length, &a));
	FUZZ_REQUIRE(packet_parse(after, length, &b));
	FUZZ_REQUIRE(a.transport == b.transport);
	FUZZ_REQUIRE(a.available == b.available);
	FUZZ_REQUIRE(a.ip.checksum_valid == b.ip.checksum_valid);
	FUZZ_REQUIRE(packet_tcp_checksum(&a) == packet_tcp_checksum(&b));
}

static void check(int link, const uint8_t *frame, const uint8_t *out,
		  size_t length)
{
	const uint8_t *ip, *shown;
	size_t available, left;
	struct packet p;

	if (!link_find_ip(link, frame, length, &ip, &available) ||
	    !packet_parse(ip, available, &p))
		return;
	FUZZ_REQUIRE(link_find_ip(link, out, length, &shown, &left));
	FUZZ_REQUIRE(shown - out == ip - frame && left == available);
	compare(ip, shown, available);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int links[] = {1,	 0,   9,   12,	14,  101,
				    108, 113, 228, 229, 276, 1000};
	static const uint8_t key[PSEUDONYM_KEY] = {1};
	static struct pseudonyms *pseudonyms;
	static struct rewrite_sum sums[REWRITE_SUMS];
	struct rewriter r = {.facts = &facts, .sums = sums};
	uint8_t *out;
	int link;

	if (!size)
		return 0;
	if (!pseudonyms)
		pseudonyms = pseudonyms_new(key);
	r.pseudonyms = pseudonyms;
	link = links[data[0] % (sizeof(links) / sizeof(links[0]))];
	out = malloc(size);
	FUZZ_REQUIRE(out);
	rewrite_frame(&r, link, data + 1, size - 1, out);
	check(link, data + 1, out, size - 1);
	free(out);
	return 0;
}
