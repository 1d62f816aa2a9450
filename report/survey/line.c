// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/line.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

struct text {
	char *start;
	size_t length, size;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t,
						      const char *format, ...)
{
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(t->start + t->length, t->size - t->length, format, list);
	va_end(list);
	if (n > 0)
		t->length += (size_t)n < t->size - t->length
				     ? (size_t)n
				     : t->size - t->length - 1;
}

const char *survey_kind_name(enum syn_kind kind)
{
	static const char *const names[SYN_KINDS] = {
		[SYN_CAPABLE] = "capable",
		[SYN_JOIN] = "join",
		[SYN_PLAIN] = "plain",
		[SYN_CAPABLE_V0] = "capable_v0",
	};

	return names[kind];
}

static const char *what_name(enum answer_what what)
{
	static const char *const names[] = {
		[ANSWER_NONE] = "none",
		[ANSWER_SYN_ACK] = "syn_ack",
		[ANSWER_RESET] = "reset",
		[ANSWER_ICMP] = "icmp",
	};

	return names[what];
}

static void add_option(struct text *t, const struct survey_answer *a)
{
	if (!a->option_length) {
		add(t, "\"mptcp\":null");
		return;
	}
	add(t, "\"mptcp\":\"");
	for (unsigned i = 0; i < a->option_length; i++)
		add(t, "%02x", a->option[i]);
	add(t, "\"");
}

static void add_icmp(struct text *t, const struct survey_answer *a)
{
	char from[ADDRESS_TEXT];

	add(t, "\"from\":\"%s\",\"type\":%u,\"code\":%u,\"changes\":[%s]",
	    address_text(&a->from, from), a->icmp_type, a->icmp_code,
	    a->changes);
}

size_t survey_answer_text(const struct survey_answer *a, int64_t rtt_us,
			  char *text, size_t size)
{
	struct text t = {text, 0, size};

	add(&t, "\"%s\":{\"answer\":\"%s\",", survey_kind_name(a->kind),
	    what_name(a->what));
	if (a->what == ANSWER_ICMP)
		add_icmp(&t, a);
	else
		add_option(&t, a);
	if (!a->timestamp && a->what == ANSWER_SYN_ACK)
		add(&t, ",\"timestamp\":\"other\"");
	add(&t, ",\"ttl\":%u,\"rtt_ms\":", a->ttl);
	if (rtt_us < 0)
		add(&t, "null}");
	else
		add(&t, "%" PRId64 ".%03u}", rtt_us / 1000,
		    (unsigned)(rtt_us % 1000));
	return t.length;
}

static void add_time(struct text *t, int64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	struct tm parts;
	char date[32];

	gmtime_r(&seconds, &parts);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
	add(t, "\"%s.%03uZ\"", date, (unsigned)(us / 1000 % 1000));
}

static void add_asked(struct text *t, unsigned asked)
{
	const char *comma = "";

	add(t, "\"asked\":[");
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++) {
		if (!(asked >> kind & 1))
			continue;
		add(t, "%s\"%s\"", comma, survey_kind_name(kind));
		comma = ",";
	}
	add(t, "],");
}

static void add_answers(struct text *t, const struct survey_line *line)
{
	const char *comma = "";

	add(t, "\"answers\":{");
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++) {
		if (!line->answers[kind])
			continue;
		add(t, "%s%s", comma, line->answers[kind]);
		comma = ",";
	}
	add(t, "},");
}

size_t survey_line_text(const struct survey_line *line, char *text, size_t size)
{
	enum survey_class class = survey_classify(&line->seen);
	struct text t = {text, 0, size};
	char address[ADDRESS_TEXT];

	add(&t,
	    "{\"schema\":\"mpprobe-survey/1\",\"target\":{\"address\":\"%s\","
	    "\"port\":%u},\"class\":\"%s\",",
	    address_text(&line->address, address), line->port,
	    survey_class_name(class));
	if (class == CLASS_MIRROR)
		add(&t, "\"mirror\":\"%s\",",
		    survey_mirror_is_exact(&line->seen) ? "exact" : "other");
	add(&t, "\"sent\":");
	add_time(&t, line->sent_us);
	add(&t, ",");
	add_asked(&t, line->asked);
	add_answers(&t, line);
	add(&t, "\"copies\":%u,\"unfit\":%u}\n", line->copies, line->unfit);
	return t.length;
}
