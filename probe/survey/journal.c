// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/net/outfile.h"
#include "report/arena.h"

#define FORGET_AFTER 10000 /* answers of closed targets */

/* --- writing ------------------------------------------------------------- */

struct journal {
	int fd;
	uint8_t secret[SIPHASH_KEY];
	FILE *block; /* since the last position, in memory */
	char *bytes;
	size_t length;
};

static void begin_block(struct journal *j)
{
	j->block = must_have(open_memstream(&j->bytes, &j->length));
}

struct journal *journal_new(int fd, const uint8_t secret[SIPHASH_KEY])
{
	struct journal *j = must_have(calloc(1, sizeof(*j)));

	j->fd = fd;
	memcpy(j->secret, secret, SIPHASH_KEY);
	begin_block(j);
	return j;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	fclose(j->block);
	free(j->bytes);
	free(j);
}

void journal_add(struct journal *j, const struct journal_answer *a)
{
	fprintf(j->block, "A %" PRIu64 " %d %d %d %s\n", a->number,
		(int)a->kind, (int)a->what, (int)a->mptcp, a->text);
}

int journal_commit(struct journal *j, const struct journal_position *p)
{
	int result;

	fprintf(j->block, "P %" PRIu64 " %" PRIu64 " %" PRIu64, p->closed,
		p->sent, p->results_bytes);
	for (unsigned i = 0; i < COUNTS; i++)
		fprintf(j->block, " %" PRIu64, p->counts[i]);
	fflush(j->block);
	fprintf(j->block, " %016" PRIx64 "\n",
		siphash(j->secret, j->bytes, j->length));
	fclose(j->block);
	result = write_all(j->fd, j->bytes, j->length);
	if (!result)
		result = fsync(j->fd);
	free(j->bytes);
	begin_block(j);
	return result;
}

/* --- reading ------------------------------------------------------------- */

/* A number and the blank or end behind it. */
static bool take_number(const char **at, uint64_t *out)
{
	char *end;

	if (**at < '0' || **at > '9')
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

static void forget_closed(struct journal_state *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (s->answers[i].number < s->position.closed)
			free(s->answers[i].text);
		else
			s->answers[kept++] = s->answers[i];
	}
	s->count = kept;
}

/* A block as it is read, up to its position. */
struct block {
	char *bytes;
	size_t length, capacity;
	size_t answers; /* of the state before it */
	size_t left;	/* answers when closed ones were forgotten last */
};

static void extend(struct block *b, const char *line, size_t length)
{
	while (b->length + length > b->capacity) {
		b->capacity = b->capacity ? 2 * b->capacity : 4096;
		b->bytes = must_have(realloc(b->bytes, b->capacity));
	}
	memcpy(b->bytes + b->length, line, length);
	b->length += length;
}

/* The hash is the last word of the line, and of all before it. */
static bool is_whole(struct block *b, char *line, size_t length,
		     const uint8_t secret[SIPHASH_KEY])
{
	char *word = strrchr(line, ' '), *end;
	uint64_t hash;

	if (!word || strlen(line) != length || strlen(word + 1) != 16)
		return false;
	hash = strtoull(word + 1, &end, 16);
	*word = '\0';
	extend(b, line, (size_t)(word - line));
	return !*end && hash == siphash(secret, b->bytes, b->length);
}

/* A line without its newline. False: it, and what is behind it, is torn. */
static bool take_line(struct journal_state *s, struct block *b, char *line,
		      size_t length, const uint8_t secret[SIPHASH_KEY])
{
	struct journal_position position;
	struct journal_answer answer;

	if (!strncmp(line, "A ", 2)) {
		if (!read_answer(line + 2, &answer))
			return false;
		keep(s, &answer);
		extend(b, line, length);
		extend(b, "\n", 1);
		return true;
	}
	if (strncmp(line, "P ", 2) != 0 || !is_whole(b, line, length, secret) ||
	    !read_position(line + 2, &position))
		return false;
	s->position = position;
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
	while (whole && (length = getline(&line, &capacity, file)) > 0) {
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
	free(line);
}

void journal_state_free(struct journal_state *s)
{
	cut(s, 0);
	free(s->answers);
	*s = (struct journal_state){0};
}
