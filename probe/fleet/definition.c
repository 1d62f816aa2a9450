// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/definition.h"

bool definition_read(json_t *all, struct definition *out)
{
	json_int_t rate, bits, ack_wait, shards = 0;

	*out = (struct definition){.all = all};
	if (json_unpack(all, "{s:s, s:s, s:o, s:I, s:I, s:I, s:I}", "seed",
			&out->seed, "blocklist", &out->blocklist, "options",
			&out->options, "rate", &rate, "bits", &bits,
			"ack_wait_s", &ack_wait, "shards", &shards) ||
	    !json_is_array(out->options) || rate < 0 || rate > 100000000 ||
	    bits < 0 || !(rate | bits) || ack_wait < 10 || ack_wait > 86400 ||
	    shards < 0)
		return false;
	out->rate = (unsigned)rate;
	out->bits = (uint64_t)bits;
	out->ack_wait_s = (unsigned)ack_wait;
	out->shards = (uint64_t)shards;
	return true;
}
