// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/journal.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/net/outfile.h"
#include "report/arena.h"

#define FORGET_AFTER 10000 /* answers of closed targets */

/* --- writing ------------------------------------------------------------- */

/* mutant: what it begins with is none of the journal's */
#define BLOCK_FIRST 65536
/* mutant: more than the longest format takes is as well */
#define PRINTED_MAX 128 /* by one format */

struct journal {
	int fd;
	uint8_t secret[SIPHASH_KEY];
	char *bytes; /* since the last position */
	size_t length, capacity;
};

/* A place for so many more bytes. */
static char *more(struct journal *j, size_t length)
{
	while (j->capacity - j->length < length) {
		j->capacity = j->capacity ? 2 * j->capacity : BLOCK_FIRST;
		j->bytes = must_have(realloc(j->bytes, j->capacity));
	}
	return j->bytes + j->length;
}

static void put(struct journal *j, const char *words, size_t length)
{
	memcpy(more(j, length), words, length);
	j->length += length;
}

__attribute__((format(printf, 2, 3))) static void print(struct journal *j,
							const char *format, ...)
{
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(more(j, PRINTED_MAX), PRINTED_MAX, format, list);
	va_end(list);
	j->length += n > 0 ? (size_t)n : 0;
}

struct journal *journal_new(int fd, const uint8_t secret[SIPHASH_KEY])
{
	struct journal *j = must_have(calloc(1, sizeof(*j)));

	j->fd = fd;
	memcpy(j->secret, secret, SIPHASH_KEY);
	return j;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	free(j->bytes);
	free(j);
}

/* "A NUMBER ", backwards, without a format: there is one of each answer. */
static void put_number(struct journal *j, uint64_t number)
{
	char text[24], *at = text + sizeof(text);

	*--at = ' ';
	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	*--at = ' ';
	*--at = 'A';
	put(j, at, (size_t)(text + sizeof(text) - at));
}

void journal_add(struct journal *j, const struct journal_answer *a)
{
	const char words[] = {(char)('0' + a->kind),  ' ',
			      (char)('0' + a->what),  ' ',
			      (char)('0' + a->mptcp), ' '};

	if (!j)
		return;
	put_number(j, a->number);
	put(j, words, sizeof(words));
	put(j, a->text, strlen(a->text));
	put(j, "\n", 1);
}

_Static_assert(SYN_KINDS <= 10 && ANSWER_OTHER < 10, "of one digit each");

void journal_probing(struct journal *j, uint64_t number)
{
	if (j)
		print(j, "Q %" PRIu64 "\n", number);
}

void journal_probed(struct journal *j, uint64_t number)
{
	if (j)
		print(j, "D %" PRIu64 "\n", number);
}

void journal_twin(struct journal *j, uint64_t number)
{
	if (j)
		print(j, "T %" PRIu64 "\n", number);
}

int journal_commit(struct journal *j, const struct journal_position *p)
{
	int result;

	print(j, "P %" PRIu64 " %" PRIu64 " %" PRIu64, p->closed, p->sent,
	      p->results_bytes);
	for (unsigned i = 0; i < COUNTS; i++)
		print(j, " %" PRIu64, p->counts[i]);
	print(j, " %016" PRIx64 "\n", siphash(j->secret, j->bytes, j->length));
	result = write_all(j->fd, j->bytes, j->length);
	j->length = 0;
	return result ? result : fsync(j->fd);
}

/* --- reading ------------------------------------------------------------- */

/* A number and the blank or end behind it. */
static bool take_number(const char **at, uint64_t *out)
{
	char *end;

	if (!isdigit((unsigned char)**at))
		return false;
	errno = 0;
	*out = strtoull(*at, &end, 10);
	if (errno || (*end && *end != ' '))
		return false;
	*at = end + (*end == ' ');
	return true;
}

static bool take_small(const char **at, unsigned limit, unsigned *out)
{
	uint64_t value;

	if (!take_number(at, &value) || value >= limit)
		return false;
	*out = (unsigned)value;
	return true;
}

static bool read_answer(const char *at, struct journal_answer *out)
{
	unsigned kind, what, mptcp;

	if (!take_number(&at, &out->number) ||
	    !take_small(&at, SYN_KINDS, &kind) ||
	    !take_small(&at, ANSWER_ICMP + 1, &what) ||
	    !take_small(&at, ANSWER_OTHER + 1, &mptcp) || !*at)
		return false;
	out->kind = (enum syn_kind)kind;
	out->what = (enum answer_what)what;
	out->mptcp = (enum answer_mptcp)mptcp;
	out->text = must_have(strdup(at));
	return true;
}

/* Counts that a later version added may be missing. */
static bool read_position(const char *at, struct journal_position *out)
{
	*out = (struct journal_position){0};
	if (!take_number(&at, &out->closed) || !take_number(&at, &out->sent) ||
	    !take_number(&at, &out->results_bytes))
		return false;
	for (unsigned i = 0; i < COUNTS && *at; i++)
		if (!take_number(&at, &out->counts[i]))
			return false;
	return out->closed <= out->sent;
}

static void keep(struct journal_state *s, const struct journal_answer *a)
{
	if (s->count == s->capacity) {
		s->capacity = s->capacity ? 2 * s->capacity : 256;
		s->answers = must_have(
			realloc(s->answers, s->capacity * sizeof(*s->answers)));
	}
	s->answers[s->count++] = *a;
}

static void cut(struct journal_state *s, size_t count)
{
	while (s->count > count)
		free(s->answers[--s->count].text);
}

/* Where it stands among them, or would. */
static size_t find_number(const struct number_set *set, uint64_t number)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->numbers[middle] < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has_number(const struct number_set *set, uint64_t number)
{
	size_t at = find_number(set, number);

	return at < set->count && set->numbers[at] == number;
}

bool journal_is_closed(const struct journal_state *s, uint64_t number)
{
	return number < s->position.closed ? !has_number(&s->probing, number)
					   : has_number(&s->twins, number);
}

static void add_number(struct number_set *set, uint64_t number)
{
	size_t at = find_number(set, number);

	if (has_number(set, number))
		return;
	if (set->count == set->capacity) {
		set->capacity = set->capacity ? 2 * set->capacity : 64;
		set->numbers = must_have(realloc(
			set->numbers, set->capacity * sizeof(*set->numbers)));
	}
	memmove(set->numbers + at + 1, set->numbers + at,
		(set->count++ - at) * sizeof(*set->numbers));
	set->numbers[at] = number;
}

static void remove_number(struct number_set *set, uint64_t number)
{
	size_t at = find_number(set, number);

	if (!has_number(set, number))
		return;
	memmove(set->numbers + at, set->numbers + at + 1,
		(--set->count - at) * sizeof(*set->numbers));
}

static void remove_below(struct number_set *set, uint64_t number)
{
	size_t at = find_number(set, number);

	if (!at)
		return; /* mutant: none would move, and none may be there */
	set->count -= at;
	memmove(set->numbers, set->numbers + at,
		set->count * sizeof(*set->numbers));
}

static void forget_closed(struct journal_state *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (journal_is_closed(s, s->answers[i].number))
			free(s->answers[i].text);
		else
			s->answers[kept++] = s->answers[i];
	}
	s->count = kept;
}

/* Of a target: it is to be probed (Q), has been (D), or is asked already under
 * another number (T). */
struct event {
	uint64_t number;
	char what;
};

/* A block as it is read, up to its position. */
struct block {
	char *bytes;
	size_t length, capacity;
	size_t answers; /* of the state before it */
	size_t left;	/* answers when closed ones were forgotten last */
	struct event *events;
	size_t event_count, event_capacity;
};

static void keep_event(struct block *b, uint64_t number, char what)
{
	if (b->event_count == b->event_capacity) {
		b->event_capacity =
			b->event_capacity ? 2 * b->event_capacity : 64;
		b->events = must_have(realloc(
			b->events, b->event_capacity * sizeof(*b->events)));
	}
	b->events[b->event_count++] = (struct event){number, what};
}

static void apply(struct journal_state *s, const struct event *e)
{
	if (e->what == 'T')
		add_number(&s->twins, e->number);
	else if (e->what == 'Q')
		add_number(&s->probing, e->number);
	else
		remove_number(&s->probing, e->number);
}

static void apply_events(struct journal_state *s, struct block *b)
{
	for (size_t i = 0; i < b->event_count; i++)
		apply(s, &b->events[i]);
	b->event_count = 0;
	remove_below(&s->twins, s->position.closed);
}

static void extend(struct block *b, const char *line, size_t length)
{
	while (b->length + length > b->capacity) {
		b->capacity = b->capacity ? 2 * b->capacity : 4096;
		b->bytes = must_have(realloc(b->bytes, b->capacity));
	}
	/* Of one byte at least: NOLINTNEXTLINE(*-core.NonNullParamChecker) */
	memcpy(b->bytes + b->length, line, length);
	b->length += length;
}

/* The hash is the last word of the line, of which there are two or more, and of
 * all before it. */
static bool is_whole(struct block *b, char *line, size_t length,
		     const uint8_t secret[SIPHASH_KEY])
{
	char *word = strrchr(line, ' '), *end;
	uint64_t hash;

	if (strlen(line) != length || strlen(word + 1) != 16)
		return false;
	hash = strtoull(word + 1, &end, 16);
	*word = '\0';
	extend(b, line, (size_t)(word - line));
	return !*end && hash == siphash(secret, b->bytes, b->length);
}

/* One that is no position. */
static bool take_item(struct journal_state *s, struct block *b,
		      const char *line)
{
	struct journal_answer answer;
	const char *at = line + 2;
	uint64_t number;

	if (*line == 'A') {
		if (!read_answer(at, &answer))
			return false;
		keep(s, &answer);
		return true;
	}
	if (!take_number(&at, &number) || *at)
		return false;
	keep_event(b, number, *line);
	return true;
}

static bool is_item(const char *line)
{
	return *line && strchr("AQDT", *line) && line[1] == ' ';
}

/* A line without its newline. False: it, and what is behind it, is torn. */
static bool take_line(struct journal_state *s, struct block *b, char *line,
		      size_t length, const uint8_t secret[SIPHASH_KEY])
{
	struct journal_position position;

	if (is_item(line)) {
		if (!take_item(s, b, line))
			return false;
		extend(b, line, length);
		extend(b, "\n", 1);
		return true;
	}
	if (strncmp(line, "P ", 2) != 0 || !is_whole(b, line, length, secret) ||
	    !read_position(line + 2, &position))
		return false;
	s->position = position;
	apply_events(s, b);
	s->length += b->length + 18; /* blank, hash, newline */
	b->length = 0;
	if (s->count > 2 * b->left + FORGET_AFTER) {
		forget_closed(s);
		b->left = s->count;
	}
	b->answers = s->count;
	return true;
}

static int compare_numbers(const void *a, const void *b)
{
	const struct journal_answer *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

void journal_load(FILE *file, const uint8_t secret[SIPHASH_KEY],
		  struct journal_state *out)
{
	struct block block = {0};
	size_t capacity = 0;
	char *line = NULL;
	ssize_t length;
	bool whole = true;

	*out = (struct journal_state){0};
	while (whole && (length = must_getline(&line, &capacity, file)) > 0) {
		whole = line[length - 1] == '\n';
		line[length - 1] = '\0';
		whole = whole && take_line(out, &block, line,
					   (size_t)length - 1, secret);
	}
	cut(out, block.answers);
	forget_closed(out);
	if (out->count)
		qsort(out->answers, out->count, sizeof(*out->answers),
		      compare_numbers);
	free(block.bytes);
	free(block.events);
	free(line);
}

void journal_state_free(struct journal_state *s)
{
	cut(s, 0);
	free(s->answers);
	free(s->probing.numbers);
	free(s->twins.numbers);
	*s = (struct journal_state){0};
}
