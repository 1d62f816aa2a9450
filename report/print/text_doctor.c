/* SPDX-License-Identifier: GPL-3.0-or-later
 * What keeps this host from using MPTCP: for people.
 */
#include <limits.h>
#include <string.h>

#include "report/print/doctor.h"
#include "report/print/text_page.h"

static const struct {
	enum ink ink;
	const char *sign;
} looks[] = {
	[CHECK_OK] = {INK_GOOD, "ok"},
	[CHECK_WRONG] = {INK_BAD, "!!"},
	[CHECK_UNKNOWN] = {INK_WARN, "? "},
};

static size_t id_width(const struct doctor *d)
{
	size_t width = 0;

	for (size_t i = 0; i < d->check_count; i++)
		if (strlen(d->checks[i].id) > width)
			width = strlen(d->checks[i].id);
	return width;
}

/* Each on a line of its own, however long, as it will be copied. */
static void print_commands(const struct page *p, const char *commands,
			   size_t margin)
{
	while (commands && *commands) {
		size_t length = strcspn(commands, "\n");

		fprintf(p->out, "%*s%s\n", (int)margin, "",
			page_clean(p, arena_printf(p->arena, "%.*s",
						   (int)length, commands)));
		commands += length + (commands[length] == '\n');
	}
}

static void print_check(const struct page *p, const struct doctor_check *c,
			int width)
{
	const char *rest = arena_printf(p->arena, "%*s", width + 5, "");

	page_ink(p, looks[c->state].ink);
	fputs(looks[c->state].sign, p->out);
	if (p->colour)
		page_ink(p, INK_NONE);
	text_wrap(p, arena_printf(p->arena, " %-*s  ", width, c->id), rest,
		  c->text);
	print_commands(p, c->commands, (size_t)width + 7);
}

/* What is wrong first, the worst before the rest, then what is not known. */
static void print_checks(const struct page *p, const struct doctor *d)
{
	static const enum check_state order[] = {CHECK_WRONG, CHECK_UNKNOWN,
						 CHECK_OK};
	int width = (int)id_width(d);

	fputc('\n', p->out);
	for (size_t k = 0; k < 3; k++)
		for (int effect = EFFECT_OFF; effect <= EFFECT_NONE; effect++)
			for (size_t i = 0; i < d->check_count; i++)
				if (d->checks[i].state == order[k] &&
				    (int)d->checks[i].effect == effect)
					print_check(p, &d->checks[i], width);
}

static void print_counters(const struct page *p, const struct doctor *d)
{
	const struct doctor_counter *counters =
		d->since ? d->differences : d->counters;
	size_t count = d->since ? d->difference_count : d->counter_count;
	bool some = false;

	fprintf(p->out, "\nsince %s\n",
		d->since ? page_clean(p, d->since) : "boot");
	for (size_t i = 0; i < count; i++) {
		if (!counters[i].value)
			continue;
		text_wrap(p, "  ", "    ",
			  doctor_counter_text(p->arena, &counters[i]));
		some = true;
	}
	if (!some)
		fputs("  nothing was counted\n", p->out);
}

static const char *raw_text(const struct page *p,
			    const struct doctor_setting *raw, size_t count)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++)
		text = arena_printf(p->arena, "%s, attribute %s: %s", text,
				    raw[i].name, raw[i].value);
	return text;
}

static void print_endpoint(const struct page *p,
			   const struct doctor_endpoint *e)
{
	const char *flags = "";

	for (unsigned bit = 0; bit < 32; bit++) {
		const char *name = endpoint_flag_name(bit);

		if (e->flags >> bit & 1)
			flags = arena_printf(
				p->arena, "%s %s", flags,
				name ? name
				     : arena_printf(p->arena, "flag-%u", bit));
	}
	fprintf(p->out, "  id %u  %s%s%s%s%s\n", e->id,
		page_address(p, &e->address),
		e->port ? arena_printf(p->arena, " port %u", e->port) : "",
		e->device ? arena_printf(p->arena, " dev %s",
					 page_clean(p, e->device))
			  : "",
		flags, raw_text(p, e->raw, e->raw_count));
}

static const char *place(const struct page *p, const struct address *a,
			 uint16_t port)
{
	return arena_printf(p->arena, a->family == 6 ? "[%s]:%u" : "%s:%u",
			    page_address(p, a), port);
}

static const char *fate(const struct page *p, const struct doctor_socket *s)
{
	if (s->listening)
		return "listens";
	if (s->fallback)
		return "fell back to TCP";
	return page_count(p, s->subflows + 1, "subflow");
}

static void print_socket(const struct page *p, const struct doctor_socket *s)
{
	fprintf(p->out, "  %s", place(p, &s->local, s->local_port));
	if (!s->listening)
		fprintf(p->out, " to %s", place(p, &s->remote, s->remote_port));
	fprintf(p->out, "  %s  %s\n", fate(p, s),
		s->program ? page_clean(p, s->program)
			   : arena_printf(p->arena, "user %u", s->user));
}

/* Those of MPTCP: of the others there may be many. */
static void print_sockets(const struct page *p, const struct doctor *d)
{
	size_t count = 0;

	fputs("\nMPTCP sockets\n", p->out);
	for (size_t i = 0; i < d->socket_count; i++) {
		if (!d->sockets[i].mptcp)
			continue;
		print_socket(p, &d->sockets[i]);
		count++;
	}
	if (count == 0)
		fputs("  none\n", p->out);
}

/* Under -v. */
static void print_facts(const struct page *p, const struct doctor *d)
{
	fputs("\nsettings\n", p->out);
	for (size_t i = 0; i < d->setting_count; i++)
		fprintf(p->out, "  %s = %s\n",
			page_clean(p, d->settings[i].name),
			page_clean(p, d->settings[i].value));
	print_sockets(p, d);
	fputs("\nendpoints\n", p->out);
	for (size_t i = 0; i < d->endpoint_count; i++)
		print_endpoint(p, &d->endpoints[i]);
	fprintf(p->out, "  limits: subflows %s, add_addr_accepted %s%s\n",
		page_number(p, d->subflows),
		page_number(p, d->add_addr_accepted),
		raw_text(p, d->limits_raw, d->limits_raw_count));
}

int text_doctor(const struct page *p, const struct doctor *d)
{
	const struct doctor_verdict v = doctor_verdict(p->arena, d);
	struct page line = *p;

	if (p->quiet && !p->again)
		line.width = UINT_MAX;
	text_wrap(&line, "", "", v.text);
	if (p->quiet)
		return 0;
	print_checks(p, d);
	if (p->verbose || d->since)
		print_counters(p, d);
	if (p->verbose)
		print_facts(p, d);
	return 0;
}
