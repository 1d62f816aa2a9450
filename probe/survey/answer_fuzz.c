/* SPDX-License-Identifier: GPL-3.0-or-later
 * What comes in while a survey runs. The first byte says what the rest is: a
 * packet; the options of a segment that fits; what becomes of our SYN before it
 * is quoted; a journal.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "probe/survey/journal.h"
#include "report/survey/answer.h"
#include "report/survey/class.h"
#include "report/survey/identity.h"
#include "report/survey/line.h"
#include "tests/frames.h"
#include "tests/fuzz.h"

static struct survey_identity us;

static void make_identity(void)
{
	if (us.sources[0].family)
		return;
	us.sources[0] = address_of("10.0.1.1");
	us.sources[1] = address_of("fd00:1::1");
	for (unsigned i = 0; i < SYN_KINDS * SURVEY_PORTS; i++)
		us.ports[i / SURVEY_PORTS][i % SURVEY_PORTS] =
			(uint16_t)(40000 + i);
	FUZZ_REQUIRE(survey_identity_make(&us) == 0);
}

/* Whatever it says, its line is JSON. */
static void print(const struct survey_answer *a)
{
	char text[ANSWER_TEXT], line_text[LINE_TEXT];
	struct survey_line line = {
		.address = a->target, .port = a->port, .asked = 1U << a->kind};
	json_t *json;

	FUZZ_REQUIRE(a->what != ANSWER_NONE && a->kind < SYN_KINDS);
	survey_see(&line.seen, a->kind, a->what, a->mptcp);
	survey_answer_text(a, 1000, text, sizeof(text));
	line.answers[a->kind] = text;
	survey_line_text(&line, line_text, sizeof(line_text));
	json = json_loads(line_text, 0, NULL);
	FUZZ_REQUIRE(json);
	json_decref(json);
}

static enum answer_fit take(const uint8_t *bytes, size_t size)
{
	struct survey_answer a;
	enum answer_fit fit = survey_answer_read(&us, bytes, size, &a);

	FUZZ_REQUIRE(fit < FITS && *answer_fit_name(fit));
	if (fit == FIT_ANSWER)
		print(&a);
	return fit;
}

static void take_options(const uint8_t *data, size_t size)
{
	struct envelope e = {.from = address_of("10.128.0.1"),
			     .to = us.sources[0],
			     .protocol = 6,
			     .ttl = 60};
	enum syn_kind kind = (enum syn_kind)(size % SYN_KINDS);
	struct tcp_segment s = {.source_port = 80,
				.flags = size & 4 ? 0x14 : 0x12,
				.options = data,
				.options_length = size < 40 ? size : 40,
				.data_offset = SEGMENT_AUTO,
				.checksum = SEGMENT_AUTO};
	struct syn_numbers n;
	struct wire w;

	survey_numbers(&us, &e.from, 80, kind, &n);
	s.destination_port = n.source_port;
	s.acknowledgment = n.isn + 1;
	w = wire_tcp(&e, &s);
	FUZZ_REQUIRE(take(w.bytes, w.length) == FIT_ANSWER);
}

/* Our SYN, with the bytes of the input added behind its first 8 of TCP. */
static void take_quote(const uint8_t *data, size_t size)
{
	struct envelope e = {.from = address_of("10.0.2.2"),
			     .to = us.sources[0],
			     .protocol = 1,
			     .ttl = 60};
	struct address to = address_of("10.128.0.1");
	const struct syn_template *t =
		survey_template(&us, &to, (enum syn_kind)(size % SYN_KINDS));
	struct wire w = {.length = t->length}, quoted;
	struct syn_numbers n;

	survey_numbers(&us, &to, 80, t->kind, &n);
	syn_template_fill(t, &n, w.bytes);
	for (size_t i = 0; i < size && 28 + i < w.length; i++)
		w.bytes[28 + i] ^= data[i];
	quoted = wire_icmp(&e, TIME_EXCEEDED, &w, 28 + size % 60);
	FUZZ_REQUIRE(take(quoted.bytes, quoted.length) == FIT_ANSWER);
}

static void take_journal(const uint8_t *data, size_t size)
{
	FILE *file = size ? fmemopen((void *)(uintptr_t)data, size, "r") : NULL;
	struct journal_state s;

	if (!file)
		return;
	journal_load(file, us.secret, &s);
	FUZZ_REQUIRE(s.length <= size);
	FUZZ_REQUIRE(s.position.closed <= s.position.sent);
	journal_state_free(&s);
	fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	make_identity();
	if (!size)
		return 0;
	switch (data[0] % 4) {
	case 0:
		take(data + 1, size - 1);
		break;
	case 1:
		take_options(data + 1, size - 1);
		break;
	case 2:
		take_quote(data + 1, size - 1);
		break;
	default:
		take_journal(data + 1, size - 1);
	}
	return 0;
}
