/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crafting/siphash.h"

/* Of the paper's appendix A, and of its authors' vectors.h: the key 00 to 0f,
 * messages 00, 01, 02, ... */
static void test_vectors(void **state)
{
	static const struct {
		size_t length;
		uint64_t hash;
	} rows[] = {
		{0, 0x726fdb47dd0e0e31u},  {1, 0x74f839c593dc67fdu},
		{7, 0xab0200f58b01d137u},  {8, 0x93f5f5799a932462u},
		{15, 0xa129ca6149be45e5u}, {63, 0x958a324ceb064572u},
	};
	uint8_t key[SIPHASH_KEY], message[64];

	(void)state;
	for (unsigned i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (unsigned i = 0; i < sizeof(message); i++)
		message[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(siphash(key, message, rows[i].length),
				 rows[i].hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
