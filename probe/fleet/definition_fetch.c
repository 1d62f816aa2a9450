// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/definition_fetch.h"

#include "probe/fleet/bus.h"
#include "probe/fleet/definition.h"
#include "probe/fleet/names.h"
#include "probe/net/complain.h"

natsStatus definition_fetch(struct bus *l, const char *name,
			    struct definition *out)
{
	struct survey_names names;
	natsStatus s;
	json_t *all;

	survey_names_of(name, &names);
	all = bus_latest(l, names.state, names.definition, &s);
	*out = (struct definition){0};
	if (!all || definition_read(all, out))
		return s;
	json_decref(all);
	*out = (struct definition){0};
	return NATS_PROTOCOL_ERROR;
}

int definition_must_be(struct bus *l, const char *name, struct definition *out)
{
	natsStatus s = definition_fetch(l, name, out);

	if (s == NATS_OK)
		return 0;
	if (s == NATS_NOT_FOUND)
		return failure(EXIT_INPUT,
			       "there is no survey %s on that server: "
			       "mpprobe-fleet serve %s TARGETS makes one",
			       name, name);
	return failure(EXIT_INTERFACE, "survey %s: %s", name, bus_why(l, s));
}
