// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/stacks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crafting/cursor.h"
#include "crafting/mptcp.h"
#include "report/arena.h"
#include "report/survey/answer.h"

/* --- answers, in the words of scenarios ---------------------------------- */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* Its option of MPTCP; false: it has none that can be read. */
static bool option_of(const json_t *answer, struct mptcp_option *out)
{
	uint8_t bytes[ANSWER_OPTION_MAX];
	long length = hex_bytes(text_of(answer, "mptcp"), bytes, sizeof(bytes));

	return length > 0 && mptcp_decode(bytes, (size_t)length, out);
}

static bool has_option(const json_t *answer)
{
	return json_is_string(json_object_get(answer, "mptcp"));
}

static bool is(const json_t *answer, const char *what)
{
	return !strcmp(text_of(answer, "answer"), what);
}

/* random-token-join */
static void join_words(const json_t *answer, char *out, size_t size)
{
	struct mptcp_option o;
	bool read = option_of(answer, &o);

	if (is(answer, "syn_ack"))
		snprintf(out, size, "%s",
			 read && o.subtype == MP_JOIN ? "SYN/ACK with MP_JOIN"
						      : "SYN/ACK");
	else if (read && o.subtype == MP_TCPRST)
		snprintf(out, size, "reset %u", o.tcprst.reason);
	else
		snprintf(out, size, "reset");
}

/* v0-syn-to-v1 */
static void version_words(const json_t *answer, char *out, size_t size)
{
	struct mptcp_option o;

	if (!is(answer, "syn_ack"))
		snprintf(out, size, "reset");
	else if (!has_option(answer))
		snprintf(out, size, "plain");
	else if (option_of(answer, &o) && o.subtype == MP_CAPABLE)
		snprintf(out, size, "version %u", o.capable.version);
	else
		snprintf(out, size, "another option");
}

/* Which SYN of a survey is that of which scenario, for whom. */
static const struct asked {
	const char *scenario, *outcome, *kind;
	unsigned versions; /* bit 0: version 0 */
	void (*words)(const json_t *answer, char *out, size_t size);
} all_asked[] = {
	{"random-token-join", "syn", "join", 3, join_words},
	{"v0-syn-to-v1", "syn_ack", "capable_v0", 2, version_words},
};

#define ASKED (sizeof(all_asked) / sizeof(all_asked[0]))

/* --- counting ------------------------------------------------------------- */

static void count(struct survey_stacks *s, const struct asked *a,
		  unsigned version, const char *answer)
{
	struct stack_row *r;

	for (size_t i = 0; i < s->count; i++) {
		r = &s->rows[i];
		if (!strcmp(r->scenario, a->scenario) &&
		    r->version == version && !strcmp(r->answer, answer)) {
			r->targets++;
			return;
		}
	}
	s->rows = must_have(realloc(s->rows, (s->count + 1) * sizeof(*r)));
	r = &s->rows[s->count++];
	*r = (struct stack_row){.scenario = a->scenario,
				.outcome = a->outcome,
				.version = version,
				.targets = 1};
	snprintf(r->answer, sizeof(r->answer), "%s", answer);
}

static bool was_asked(const json_t *line, const char *kind)
{
	const json_t *one;
	size_t i;

	json_array_foreach(json_object_get(line, "asked"), i, one)
	{
		const char *name = json_string_value(one);

		if (name && !strcmp(name, kind))
			return true;
	}
	return false;
}

static void add(struct survey_stacks *s, const json_t *line,
		const struct asked *a, unsigned version)
{
	const json_t *answer =
		json_object_get(json_object_get(line, "answers"), a->kind);
	char words[sizeof(s->rows->answer)] = "silent";

	if (is(answer, "icmp"))
		snprintf(words, sizeof(words), "ICMP error");
	else if (answer)
		a->words(answer, words, sizeof(words));
	count(s, a, version, words);
}

/* Then what it answers, or does not, may be the path's doing. */
static bool is_interfered_with(const json_t *line)
{
	const json_t *probe = json_object_get(line, "probe"), *finding;
	size_t i;

	json_array_foreach(json_object_get(probe, "findings"), i,
			   finding) if (strcmp(text_of(finding, "effect"),
					       "harmless") != 0) return true;
	return false;
}

void stacks_add(struct survey_stacks *s, const json_t *line,
		enum survey_class class)
{
	unsigned version = class == CLASS_V1;

	if ((class != CLASS_V1 && class != CLASS_V0) ||
	    is_interfered_with(line))
		return;
	for (size_t i = 0; i < ASKED; i++)
		if (all_asked[i].versions >> version & 1 &&
		    was_asked(line, all_asked[i].kind))
			add(s, line, &all_asked[i], version);
}

static int compare_rows(const void *a, const void *b)
{
	const struct stack_row *x = a, *y = b;
	int order = strcmp(x->scenario, y->scenario);

	if (!order)
		order = (int)y->version - (int)x->version;
	if (!order && x->targets != y->targets)
		order = x->targets < y->targets ? 1 : -1;
	return order ? order : strcmp(x->answer, y->answer);
}

void stacks_sort(struct survey_stacks *s)
{
	if (s->count)
		qsort(s->rows, s->count, sizeof(*s->rows), compare_rows);
}

bool stacks_same_table(const struct stack_row *a, const struct stack_row *b)
{
	return !strcmp(a->scenario, b->scenario) && a->version == b->version;
}

uint64_t stacks_total(const struct survey_stacks *s, const struct stack_row *r)
{
	uint64_t total = 0;

	for (size_t i = 0; i < s->count; i++)
		if (stacks_same_table(&s->rows[i], r))
			total += s->rows[i].targets;
	return total;
}

void stacks_free(struct survey_stacks *s)
{
	free(s->rows);
	*s = (struct survey_stacks){0};
}
