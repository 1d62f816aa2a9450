/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/fixture.h"

struct scene s;

int fixture_begin(void **state)
{
	(void)state;
	s = scene();
	scene_begin(&s);
	return 0;
}

int fixture_begin6(void **state)
{
	(void)state;
	s = scene();
	s.ip6 = true;
	scene_begin(&s);
	return 0;
}

int fixture_end(void **state)
{
	(void)state;
	scene_end(&s);
	return 0;
}
