/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "report/print/text.h"
#include "tests/expect.h"
#include "tests/page.h"

const struct expected innocent = {.status = STATUS_CLEAR};

void show_report(const struct report *r)
{
	struct page page = page_on(fdopen(dup(STDERR_FILENO), "w"));

	page.verbose = true;
	text_report(&page, r);
	page_done(&page);
}

bool is_at(const struct place *p, int ttl)
{
	return ttl == NOWHERE ? !p->known : p->known && (int)p->ttl == ttl;
}

void check_report(const struct report *r, const struct expected *e)
{
	const struct finding *f = r->findings;

	CHECK(r, r->status == e->status);
	CHECK(r, r->finding_count == (e->finding ? 1 : 0));
	if (!e->finding)
		return;
	CHECK(r, strcmp(f->kind->id, e->finding) == 0);
	CHECK(r, f->effect == e->effect);
	CHECK(r, f->direction == e->direction);
	CHECK(r, f->segment == e->segment);
	CHECK(r, is_at(&f->after, e->after));
	CHECK(r, is_at(&f->at, e->at));
	CHECK(r, f->confidence == e->confidence);
	CHECK(r, f->evidence_count > 0 && f->text);
	if (e->how)
		CHECK(r, f->how && strcmp(f->how, e->how) == 0);
}

void expect(struct scene s, struct expected e)
{
	struct report *r;

	for (int i = 0; i < 2; i++) {
		struct scene run = s;

		run.ip6 = i;
		scene_begin(&run);
		run_probe(&run);
		r = judge_scene(&run);
		check_report(r, &e);
		report_free(r);
		scene_end(&run);
	}
}

struct scene with_box(unsigned at, box_fn *box)
{
	struct scene s = scene();

	s.box_at = at;
	s.box = box;
	return s;
}

struct scene with_back(box_fn *back)
{
	struct scene s = scene();

	s.back = back;
	return s;
}

struct expected removal(const char *how, int at)
{
	return (struct expected){.status = STATUS_BLOCKED,
				 .finding = "mp_capable.removed",
				 .effect = EFFECT_BLOCKS,
				 .direction = DIRECTION_FORWARD,
				 .segment = SEGMENT_SYN,
				 .after = at,
				 .at = at + 1,
				 .how = how};
}

struct expected impairment(const char *id)
{
	return (struct expected){.status = STATUS_IMPAIRED,
				 .finding = id,
				 .effect = EFFECT_IMPAIRS,
				 .direction = DIRECTION_FORWARD,
				 .segment = SEGMENT_JOIN_SYN,
				 .after = 2,
				 .at = 3};
}
