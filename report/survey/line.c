// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/line.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
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

/* What a billion lines have is put without a format: a third of the time. */
static void put_bytes(struct text *t, const char *words, size_t length)
{
	size_t room = t->size - t->length - 1;

	if (length > room)
		length = room;
	memcpy(t->start + t->length, words, length);
	t->length += length;
	t->start[t->length] = '\0';
}

/* Of words that are known the compiler knows the length. */
static inline void put(struct text *t, const char *words)
{
	put_bytes(t, words, strlen(words));
}

/* With zeros before it, if it has fewer digits. */
static void put_number(struct text *t, uint64_t number, unsigned digits)
{
	char reversed[24], *end = reversed + sizeof(reversed), *at = end;

	for (; number || digits; number /= 10) {
		*--at = (char)('0' + number % 10);
		digits -= digits > 0;
	}
	put_bytes(t, at, (size_t)(end - at));
}

static void put_hex(struct text *t, uint8_t byte)
{
	static const char digits[] = "0123456789abcdef";
	const char text[] = {digits[byte >> 4], digits[byte & 15]};

	put_bytes(t, text, sizeof(text));
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
		put(t, "\"mptcp\":null");
		return;
	}
	put(t, "\"mptcp\":\"");
	for (unsigned i = 0; i < a->option_length; i++)
		put_hex(t, a->option[i]);
	put(t, "\"");
}

static void add_icmp(struct text *t, const struct survey_answer *a)
{
	char from[ADDRESS_TEXT];

	add(t, "\"from\":\"%s\",\"type\":%u,\"code\":%u,\"changes\":[%s]",
	    address_text(&a->from, from), a->icmp_type, a->icmp_code,
	    a->changes);
}

static void put_round_trip(struct text *t, int64_t us)
{
	if (us < 0) {
		put(t, "null");
		return;
	}
	put_number(t, (uint64_t)us / 1000, 1);
	put(t, ".");
	put_number(t, (uint64_t)us % 1000, 3);
}

size_t survey_answer_text(const struct survey_answer *a, int64_t rtt_us,
			  char *text, size_t size)
{
	struct text t = {text, 0, size};

	put(&t, "\"");
	put(&t, survey_kind_name(a->kind));
	put(&t, "\":{\"answer\":\"");
	put(&t, what_name(a->what));
	put(&t, "\",");
	if (a->what == ANSWER_ICMP)
		add_icmp(&t, a);
	else
		add_option(&t, a);
	if (!a->timestamp && a->what == ANSWER_SYN_ACK)
		put(&t, ",\"timestamp\":\"other\"");
	put(&t, ",\"ttl\":");
	put_number(&t, a->ttl, 1);
	put(&t, ",\"rtt_ms\":");
	put_round_trip(&t, rtt_us);
	put(&t, "}");
	return t.length;
}

/* Very many have the same second. */
static const char *date_of(int64_t seconds)
{
	static int64_t of = -1;
	static char date[32];
	const time_t at = (time_t)seconds;
	struct tm parts;

	if (of != seconds) {
		gmtime_r(&at, &parts);
		strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts);
		of = seconds;
	}
	return date;
}

static void put_time(struct text *t, int64_t us)
{
	put(t, "\"");
	put(t, date_of(us / 1000000));
	put(t, ".");
	put_number(t, (uint64_t)(us / 1000 % 1000), 3);
	put(t, "Z\"");
}

static void put_asked(struct text *t, unsigned asked)
{
	const char *before = "\"";

	put(t, "\"asked\":[");
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++) {
		if (!(asked >> kind & 1))
			continue;
		put(t, before);
		put(t, survey_kind_name(kind));
		put(t, "\"");
		before = ",\"";
	}
	put(t, "],");
}

static void put_answers(struct text *t, const struct survey_line *line)
{
	const char *comma = "";

	put(t, "\"answers\":{");
	for (enum syn_kind kind = 0; kind < SYN_KINDS; kind++) {
		if (!line->answers[kind])
			continue;
		put(t, comma);
		put(t, line->answers[kind]);
		comma = ",";
	}
	put(t, "},");
}

size_t survey_line_text(const struct survey_line *line, char *text, size_t size)
{
	enum survey_class class = survey_classify(&line->seen);
	struct text t = {text, 0, size};
	char address[ADDRESS_TEXT];

	put(&t, "{\"schema\":\"" SURVEY_LINE_SCHEMA
		"\",\"target\":{\"address\":\"");
	put(&t, address_text(&line->address, address));
	put(&t, "\",\"port\":");
	put_number(&t, line->port, 1);
	put(&t, "},\"class\":\"");
	put(&t, survey_class_name(class));
	put(&t, "\",");
	if (class == CLASS_MIRROR)
		add(&t, "\"mirror\":\"%s\",",
		    survey_mirror_is_exact(&line->seen) ? "exact" : "other");
	put(&t, "\"sent\":");
	put_time(&t, line->sent_us);
	put(&t, ",");
	put_asked(&t, line->asked);
	put_answers(&t, line);
	put(&t, "\"copies\":");
	put_number(&t, line->copies, 1);
	put(&t, ",\"unfit\":");
	put_number(&t, line->unfit, 1);
	if (line->probe) {
		put(&t, ",\"probe\":");
		put(&t, line->probe);
	}
	put(&t, "}\n");
	return t.length;
}
