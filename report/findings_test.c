/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/findings.h"

/* All findings, in the order of the catalogue: users, scripts and tests
 * rely on these names. */
static const struct {
	const char *id;
	enum effect effect;
} designed[] = {
	{"mp_capable.removed", EFFECT_BLOCKS},
	{"mp_capable.modified", EFFECT_BLOCKS},
	{"mp_capable.mirrored", EFFECT_BLOCKS},
	{"mp_capable.dropped", EFFECT_BLOCKS},
	{"mp_capable.reset", EFFECT_BLOCKS},
	{"dss.removed", EFFECT_BLOCKS},
	{"dss.modified", EFFECT_BLOCKS},
	{"dss.dropped", EFFECT_BLOCKS},
	{"dss.reset", EFFECT_BLOCKS},
	{"mp_join.removed", EFFECT_IMPAIRS},
	{"mp_join.modified", EFFECT_IMPAIRS},
	{"mp_join.dropped", EFFECT_IMPAIRS},
	{"mp_join.reset", EFFECT_IMPAIRS},
	{"mp_join.refused", EFFECT_IMPAIRS},
	{"path.join_refused", EFFECT_IMPAIRS},
	{"add_addr.removed", EFFECT_IMPAIRS},
	{"add_addr.modified", EFFECT_IMPAIRS},
	{"add_addr.dropped", EFFECT_IMPAIRS},
	{"payload.modified", EFFECT_IMPAIRS},
	{"data.rewritten", EFFECT_IMPAIRS},
	{"data.split", EFFECT_IMPAIRS},
	{"data.coalesced", EFFECT_IMPAIRS},
	{"data.acked_early", EFFECT_IMPAIRS},
	{"data.hole_blocked", EFFECT_IMPAIRS},
	{"data.retransmission_dropped", EFFECT_IMPAIRS},
	{"data.injected", EFFECT_BLOCKS},
	{"tcp.idle_forgotten", EFFECT_IMPAIRS},
	{"tcp.terminated", EFFECT_BLOCKS},
	{"tcp.reset_injected", EFFECT_BLOCKS},
	{"tcp.sequence_rewritten", EFFECT_HARMLESS},
	{"tcp.mss_changed", EFFECT_HARMLESS},
	{"tcp.option_removed", EFFECT_HARMLESS},
	{"tcp.option_added", EFFECT_HARMLESS},
	{"tcp.option_modified", EFFECT_HARMLESS},
	{"tcp.option_mirrored", EFFECT_HARMLESS},
	{"tcp.window_changed", EFFECT_HARMLESS},
	{"tcp.ecn_cleared", EFFECT_HARMLESS},
	{"tcp.urgent_cleared", EFFECT_HARMLESS},
	{"ip.translated", EFFECT_HARMLESS},
	{"ip.dscp_rewritten", EFFECT_HARMLESS},
	{"ip.ecn_cleared", EFFECT_HARMLESS},
	{"ip.id_rewritten", EFFECT_HARMLESS},
	{"ip.ttl_rewritten", EFFECT_HARMLESS},
	{"ip.too_big_dropped", EFFECT_HARMLESS},
	{"ip.fragment_dropped", EFFECT_HARMLESS},
};

static void test_as_designed(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(finding_kind_count,
			 sizeof(designed) / sizeof(designed[0]));
	for (i = 0; i < finding_kind_count; i++) {
		assert_string_equal(finding_kinds[i].id, designed[i].id);
		assert_int_equal(finding_kinds[i].effect, designed[i].effect);
	}
}

/* Each id is found as itself, so none is there twice. */
static void test_lookup(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < finding_kind_count; i++)
		assert_ptr_equal(finding_kind(finding_kinds[i].id),
				 &finding_kinds[i]);
	assert_null(finding_kind(""));
	assert_null(finding_kind("mp_capable"));
	assert_null(finding_kind("mp_capable.removed "));
}

static size_t object_length(const char *id)
{
	return strcspn(id, ".");
}

/* What happens to one object stands together. */
static void test_grouped(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 1; i < finding_kind_count; i++) {
		const char *id = finding_kinds[i].id;
		size_t length = object_length(id) + 1;

		if (strncmp(id, finding_kinds[i - 1].id, length) == 0)
			continue;
		for (k = 0; k < i; k++)
			assert_int_not_equal(
				strncmp(id, finding_kinds[k].id, length), 0);
	}
}

/* One paragraph of printable ASCII, words one space apart. */
static void check_prose(const char *id, const char *text)
{
	size_t i;

	if (text == NULL || *text == '\0')
		fail_msg("%s: a field is missing", id);
	for (i = 0; text[i] != '\0'; i++)
		if (text[i] < ' ' || text[i] > '~' ||
		    (text[i] == ' ' &&
		     (i == 0 || text[i + 1] == ' ' || text[i + 1] == '\0')))
			fail_msg("%s: odd character at %zu: %s", id, i, text);
}

static void check_sentences(const char *id, const char *text)
{
	check_prose(id, text);
	if (text[0] < 'A' || text[0] > 'Z' || text[strlen(text) - 1] != '.')
		fail_msg("%s: not a sentence: %s", id, text);
}

static void test_texts(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < finding_kind_count; i++) {
		const struct finding_kind *k = &finding_kinds[i];

		check_prose(k->id, k->title);
		assert_int_not_equal(k->title[strlen(k->title) - 1], '.');
		check_sentences(k->id, k->meaning);
		check_sentences(k->id, k->proof);
		if (k->culprits != NULL)
			check_sentences(k->id, k->culprits);
		check_sentences(k->id, k->advice);
		check_prose(k->id, k->rfc);
		assert_memory_equal(k->rfc, "RFC ", 4);
	}
}

static void test_effects(void **state)
{
	(void)state;
	assert_string_equal(effect_name(EFFECT_BLOCKS), "blocks");
	assert_string_equal(effect_name(EFFECT_IMPAIRS), "impairs");
	assert_string_equal(effect_name(EFFECT_HARMLESS), "harmless");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_designed),
		cmocka_unit_test(test_lookup),
		cmocka_unit_test(test_grouped),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_effects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
