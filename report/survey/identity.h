/* SPDX-License-Identifier: GPL-3.0-or-later
 * What a survey asks each target, told by a secret: numbers that nobody who has
 * not seen the SYN can have, so that an answer shows by itself what it answers.
 */
#ifndef REPORT_SURVEY_IDENTITY_H
#define REPORT_SURVEY_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "crafting/siphash.h"
#include "crafting/syn_template.h"

#define SURVEY_PORTS 8 /* source ports of a kind of SYN; a power of two */

struct survey_identity {
	uint8_t secret[SIPHASH_KEY];
	struct address sources[2]; /* of IPv4 and of IPv6; family 0: none */
	uint16_t ports[SYN_KINDS][SURVEY_PORTS];
	struct syn_template templates[2][SYN_KINDS]; /* of each source */
	struct syn_template resets[2];
};

/* Crafts the templates, when the rest stands. 0, or -1: libnet failed. */
int survey_identity_make(struct survey_identity *s);

/* The numbers of a SYN to this target, which are always the same. */
void survey_numbers(const struct survey_identity *s, const struct address *to,
		    uint16_t port, enum syn_kind kind, struct syn_numbers *out);

/* The template of a SYN to this address. */
const struct syn_template *survey_template(const struct survey_identity *s,
					   const struct address *to,
					   enum syn_kind kind);

/* Which kind of SYN leaves from this port; false: none does. */
bool survey_kind_of_port(const struct survey_identity *s, uint16_t port,
			 enum syn_kind *out);

/* Whether this target is one of the sample, one in `every`. */
bool survey_is_sample(const struct survey_identity *s, const struct address *to,
		      uint16_t port, unsigned every);

#endif
