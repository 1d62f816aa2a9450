// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/identity.h"

#include <string.h>

static int make_templates(struct survey_identity *s, unsigned i, libnet_t *net)
{
	int result = reset_template_make(&s->resets[i], net, &s->sources[i]);

	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++)
		if (!result)
			result = syn_template_make(&s->templates[i][kind], net,
						   kind, &s->sources[i]);
	return result;
}

int survey_identity_make(struct survey_identity *s)
{
	char error[LIBNET_ERRBUF_SIZE];
	libnet_t *net = libnet_init(LIBNET_NONE, NULL, error);
	int result = net ? 0 : -1;

	for (unsigned i = 0; i < 2; i++)
		if (!result && s->sources[i].family)
			result = make_templates(s, i, net);
	if (net)
		libnet_destroy(net);
	return result;
}

const struct syn_template *survey_template(const struct survey_identity *s,
					   const struct address *to,
					   enum syn_kind kind)
{
	return &s->templates[to->family == 6][kind];
}

static uint64_t hash(const struct survey_identity *s, const struct address *to,
		     uint16_t port, uint8_t what)
{
	uint8_t message[20] = {what, to->family, (uint8_t)(port >> 8),
			       (uint8_t)port};

	memcpy(message + 4, to->bytes, 16);
	return siphash(s->secret, message, sizeof(message));
}

/* Numbers that need only differ: those of splitmix64. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

void survey_numbers(const struct survey_identity *s, const struct address *to,
		    uint16_t port, enum syn_kind kind, struct syn_numbers *out)
{
	uint64_t h = hash(s, to, port, (uint8_t)kind), state = h, more;

	out->to = *to;
	out->port = port;
	out->isn = (uint32_t)h;
	out->tsval = (uint32_t)(h >> 32);
	more = next(&state);
	out->source_port = s->ports[kind][more % SURVEY_PORTS];
	out->id = (uint16_t)(more >> 8);
	out->flow_label = (uint32_t)(more >> 24) & 0xfffff;
	out->key = next(&state);
	out->token = (uint32_t)out->key;
	out->nonce = (uint32_t)(out->key >> 32);
}

bool survey_kind_of_port(const struct survey_identity *s, uint16_t port,
			 enum syn_kind *out)
{
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++)
		for (unsigned i = 0; i < SURVEY_PORTS; i++)
			if (s->ports[kind][i] == port) {
				*out = kind;
				return true;
			}
	return false;
}

bool survey_is_sample(const struct survey_identity *s, const struct address *to,
		      uint16_t port, unsigned every)
{
	return every && hash(s, to, port, 0xff) % every == 0;
}
