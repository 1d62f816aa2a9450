/* SPDX-License-Identifier: GPL-3.0-or-later
 * What other targets of the same capture tell: another port of the address,
 * and a reference server that is known to speak MPTCP.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/expect.h"

static bool goes_to(struct wire *w, uint16_t port)
{
	struct packet p = wire_parse(w);

	return p.transport == TRANSPORT_TCP && p.tcp.destination_port == port;
}

static enum act strip_80(struct scene *s, struct wire *w)
{
	return goes_to(w, 80) ? strip(s, w) : PASS;
}

static enum act proxy_80(struct scene *s, struct wire *w)
{
	return goes_to(w, 80) ? proxy(s, w) : PASS;
}

static enum act drop_80(struct scene *s, struct wire *w)
{
	return goes_to(w, 80) ? drop_capable(s, w) : PASS;
}

static enum act strip_dss_80(struct scene *s, struct wire *w)
{
	return goes_to(w, 80) ? strip_not_syn(s, w) : PASS;
}

/* ---- ports --------------------------------------------------------------- */

static void probe_port(struct scene *s, uint16_t port)
{
	s->port = port;
	run_probe(s);
}

/* Ports 80 and 443 by turns; the report on port 80. */
static struct report *probe_ports(struct scene *s)
{
	scene_begin(s);
	probe_port(s, 80);
	probe_port(s, 443);
	s->port = 80;
	return judge_scene(s);
}

/* What befalls port 80 alone is proven by 443, and both say so. */
static void test_convicted(void **state)
{
	static const struct {
		box_fn *box;
		const char *id;
		bool last; /* at the last hop: only likely without 443 */
	} cases[] = {{strip_80, "mp_capable.removed", false},
		     {proxy_80, "tcp.terminated", false},
		     {drop_80, "mp_capable.dropped", false},
		     {strip_dss_80, "dss.removed", true}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene s = with_box(cases[i].last ? 4 : 2, cases[i].box);
		const struct finding *f;
		struct report *r;

		s.ip6 = i & 1;
		r = probe_ports(&s);
		f = r->findings;
		CHECK(r, r->status == STATUS_BLOCKED && r->finding_count == 1);
		CHECK(r, strcmp(f->kind->id, cases[i].id) == 0);
		CHECK(r, f->confidence == CONFIDENCE_PROVEN);
		CHECK(r, strstr(f->text, "Port 443 of the same address is not "
					 "affected."));
		CHECK(r, strstr(r->advice, "Port 443 of the same address "
					   "passes."));
		report_free(r);
		s.port = 443;
		r = judge_scene(&s);
		check_report(r, &innocent);
		report_free(r);
		scene_end(&s);
	}
}

/* Without it, what no hop shows is likely only. */
static void test_alone(void **state)
{
	struct scene s = with_box(4, strip_dss_80);
	struct report *r;

	(void)state;
	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	CHECK(r, r->findings->confidence == CONFIDENCE_LIKELY);
	CHECK(r, !strstr(r->findings->text, "443"));
	report_free(r);
	scene_end(&s);
}

/* A device that acts on both, or a second port that is closed or without
 * MPTCP, is no contrast. */
static void test_no_contrast(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		struct scene s = with_box(4, i ? strip_dss_80 : strip_not_syn);
		struct report *r;

		scene_begin(&s);
		probe_port(&s, 80);
		s.port_closed = i == 1;
		s.version = i == 2 ? -1 : 1;
		probe_port(&s, 443);
		s.port = 80;
		r = judge_scene(&s);
		CHECK(r, r->findings->confidence == CONFIDENCE_LIKELY);
		CHECK(r, !strstr(r->findings->text, "443"));
		report_free(r);
		scene_end(&s);
	}
}

/* A clean port stays clean beside one that is not. */
static void test_clean_beside(void **state)
{
	struct scene s = scene();
	struct report *r = probe_ports(&s);

	(void)state;
	check_report(r, &innocent);
	report_free(r);
	scene_end(&s);
}

/* Port 443 does not speak MPTCP; 80 does, or not, or stands behind another last
 * hop, or the target's distance is not known. */
static struct report *probe_plain_443(struct scene *s, int version)
{
	scene_begin(s);
	s->version = version;
	probe_port(s, 80);
	s->version = -1;
	probe_port(s, 443);
	return judge_scene(s);
}

static void test_unsupported_beside(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		struct scene s = scene();
		bool beside = i / 2 == 0;
		struct report *r;

		s.ip6 = i & 1;
		s.udp_silent = i / 2 == 2;
		if (i / 2 == 3) { /* that only 443 is asked at the last hop */
			s.silent[4] = true;
			scene_begin(&s);
			probe_port(&s, 80);
			s.silent[4] = false;
			s.version = -1;
			probe_port(&s, 443);
			r = judge_scene(&s);
		} else {
			r = probe_plain_443(&s, i / 2 == 1 ? -1 : 1);
		}
		CHECK(r, r->status == STATUS_UNSUPPORTED);
		CHECK(r, r->finding_count == 0);
		CHECK(r, r->confidence == CONFIDENCE_LIKELY);
		CHECK(r, beside == (strstr(r->verdict, "port 80 of the same "
						       "address") != NULL));
		report_free(r);
		scene_end(&s);
	}
}

/* Hops that answered nothing but what was sent to another port. */
static void test_hops_beside(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	s.no_sweep = true;
	scene_begin(&s);
	probe_port(&s, 80);
	s.no_sweep = false;
	probe_port(&s, 443); /* also where no hop of its own is known */
	s.port = 80;
	r = judge_scene(&s);
	CHECK(r, r->status == STATUS_CLEAR);
	report_free(r);
	scene_end(&s);
	s = scene();
	s.silent[3] = true;
	scene_begin(&s);
	probe_port(&s, 80);
	s.silent[3] = false;
	probe_port(&s, 443);
	s.port = 80;
	r = judge_scene(&s);
	CHECK(r, r->path_length == 5 && r->path[2].responder_count == 1);
	report_free(r);
	scene_end(&s);
}

/* Who refuses is none of the hops where others expire. */
static void test_refused_beside(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	s.silent[3] = true;
	scene_begin(&s);
	probe_port(&s, 80);
	s.silent[3] = false;
	s.box = prohibit_capable;
	s.box_at = 1;
	s.port = 443;
	send_syn(&s, call(&s, PURPOSE_MP_CAPABLE, 1), 3, false);
	s.port = 80;
	r = judge_scene(&s);
	CHECK(r, r->path_length == 5 && r->path[2].responder_count == 0);
	report_free(r);
	scene_end(&s);
}

/* ---- the reference ------------------------------------------------------- */

static void make_silent(struct scene *s)
{
	for (unsigned hop = 1; hop <= s->hops; hop++)
		s->silent[hop] = true;
	s->udp_silent = true;
}

/* A plain server, then another address, which is the reference. */
static struct report *probe_reference(struct scene *s, int version)
{
	s->version = -1;
	scene_begin(s);
	run_probe(s);
	s->version = version;
	s->server_hop = 20;
	s->reference = true;
	send_control(s, 64);
	run_probe(s);
	s->server_hop = 0;
	return judge_scene(s);
}

static void test_reference_works(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct scene s = scene();
		struct report *r;

		s.ip6 = i;
		make_silent(&s);
		r = probe_reference(&s, 1);
		CHECK(r, r->status == STATUS_UNSUPPORTED);
		CHECK(r, r->confidence == CONFIDENCE_LIKELY && !r->reference);
		CHECK(r, strstr(r->verdict, "a reference server"));
		CHECK(r, r->finding_count == 0);
		report_free(r);
		s.server_hop = 20;
		r = judge_scene(&s);
		CHECK(r, r->reference && r->status == STATUS_CLEAR);
		report_free(r);
		scene_end(&s);
	}
}

/* The reference itself answers plainly: it proves nothing by that of itself. */
static void test_reference_alone(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	make_silent(&s);
	s.version = -1;
	s.reference = true;
	scene_begin(&s);
	run_probe(&s);
	r = judge_scene(&s);
	CHECK(r, r->reference && r->finding_count == 0);
	CHECK(r, r->status == STATUS_UNDETERMINED);
	report_free(r);
	scene_end(&s);
}

/* It works, and by which hop is not known: one before this server may be to
 * blame. Nor do its hops stand for those of this path that are silent. */
static void test_reference_elsewhere(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct scene s = scene();
		struct report *r;

		s.version = -1;
		s.silent[3] = true;
		scene_begin(&s);
		run_probe(&s);
		s.version = 1;
		s.server_hop = 20;
		s.port = i ? 8080 : PORT;
		s.reference = true;
		s.silent[3] = false;
		s.silent[4] = true;
		run_probe(&s);
		s.server_hop = 0;
		s.port = PORT;
		r = judge_scene(&s);
		CHECK(r, r->status == STATUS_UNSUPPORTED);
		CHECK(r, r->confidence == CONFIDENCE_LIKELY);
		CHECK(r, !strstr(r->verdict, "behind the same hop"));
		CHECK(r, r->path_length == 5);
		CHECK(r, r->path[3].responder_count == 1);
		CHECK(r, r->path[2].responder_count == 0);
		report_free(r);
		scene_end(&s);
	}
}

/* It works behind the same last hop: that is left which acts on this port. */
static void test_reference_behind(void **state)
{
	struct scene s = scene();
	struct report *r = probe_reference(&s, 1);

	(void)state;
	CHECK(r, r->status == STATUS_UNSUPPORTED);
	CHECK(r, r->confidence == CONFIDENCE_LIKELY && !r->reference);
	CHECK(r, strstr(r->verdict, "a reference server"));
	CHECK(r, strstr(r->verdict, "that acts on this port only"));
	report_free(r);
	scene_end(&s);
}

/* Neither brings the option: something removes it, likely; without the
 * reference nobody could tell. */
static void test_reference_fails(void **state)
{
	struct scene s = with_box(2, strip);
	struct report *r;

	(void)state;
	make_silent(&s);
	r = probe_reference(&s, 1);
	CHECK(r, r->status == STATUS_BLOCKED && r->finding_count == 1);
	CHECK(r, strcmp(r->findings->kind->id, "mp_capable.removed") == 0);
	CHECK(r, r->findings->confidence == CONFIDENCE_LIKELY);
	report_free(r);
	scene_end(&s);
	s = with_box(2, strip);
	s.version = -1;
	make_silent(&s);
	expect(s, (struct expected){.status = STATUS_UNDETERMINED});
}

/* A reference that does not answer decides nothing. */
static void test_reference_unclear(void **state)
{
	struct scene s = scene();
	struct report *r;

	(void)state;
	make_silent(&s);
	s.version = -1;
	scene_begin(&s);
	run_probe(&s);
	s.server_hop = 20;
	s.reference = s.port_silent = true;
	send_control(&s, 64);
	run_probe(&s);
	s.server_hop = 0;
	r = judge_scene(&s);
	CHECK(r, r->status == STATUS_UNDETERMINED && r->finding_count == 0);
	report_free(r);
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_convicted),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_no_contrast),
		cmocka_unit_test(test_clean_beside),
		cmocka_unit_test(test_unsupported_beside),
		cmocka_unit_test(test_hops_beside),
		cmocka_unit_test(test_refused_beside),
		cmocka_unit_test(test_reference_alone),
		cmocka_unit_test(test_reference_elsewhere),
		cmocka_unit_test(test_reference_behind),
		cmocka_unit_test(test_reference_works),
		cmocka_unit_test(test_reference_fails),
		cmocka_unit_test(test_reference_unclear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
