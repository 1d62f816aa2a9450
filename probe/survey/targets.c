// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/survey/targets.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe/net/signals.h"
#include "probe/survey/blocklist.h"
#include "probe/survey/permutation.h"
#include "report/arena.h"

#define READ_SIZE 65536	 /* of a list at a time */
#define READS_AT_ONCE 16 /* then others have their turn, and Ctrl-C */

/* A prefix with the ports that it is asked on: `before` targets of its space
 * come before it. */
struct piece {
	struct prefix prefix;
	uint16_t port; /* 0: those of the config */
	uint64_t before, count;
	bool named;
};

struct list {
	int fd;
	char bytes[READ_SIZE];
	size_t at, have;
	uint64_t line; /* number of the latest */
	bool over;
	int error;	/* that made it so, of errno; 0: its end */
	bool waits;	/* its next line is not there yet */
	bool in_rest;	/* of a line that was too long */
	unsigned reads; /* since somebody asked for a target */
};

struct targets {
	struct targets_config config;
	struct piece *pieces; /* of the command line */
	size_t piece_count;
	int *lists; /* descriptors */
	size_t list_count, next_list;
	struct list *list; /* that is being read */
	bool begun;
	const struct piece *now; /* whose order is being walked */
	size_t now_count;
	struct piece of_line;	  /* the latest */
	struct permutation order; /* of `now` */
	uint64_t in_turn;	  /* of a single address: its next port */
	uint64_t singles;	  /* targets of single addresses so far */
	uint64_t spaces;	  /* begun so far */
	uint64_t number;
	uint64_t bad_lines, first_bad, other_family;
	int read_error; /* errno of the first; 0: none */
};

struct targets *targets_new(const struct targets_config *config)
{
	struct targets *t = must_have(calloc(1, sizeof(*t)));

	t->config = *config;
	return t;
}

void targets_free(struct targets *t)
{
	if (!t)
		return;
	for (size_t i = t->next_list; i < t->list_count; i++)
		close(t->lists[i]);
	if (t->list)
		close(t->list->fd);
	free(t->list);
	free(t->lists);
	free(t->pieces);
	free(t);
}

/* --- adding -------------------------------------------------------------- */

static bool make_piece(const struct targets *t, const struct prefix *prefix,
		       uint16_t port, struct piece *out)
{
	uint64_t size = prefix_size(prefix);
	uint64_t ports = port ? 1 : t->config.port_count;

	*out = (struct piece){.prefix = *prefix,
			      .port = port,
			      .count = size * ports,
			      .named = prefix_is_private(prefix)};
	return size && size <= PERMUTATION_MAX / ports;
}

bool targets_add(struct targets *t, const struct prefix *prefix, uint16_t port)
{
	struct piece piece, *last;

	if (!make_piece(t, prefix, port, &piece))
		return false;
	if (t->piece_count) {
		last = &t->pieces[t->piece_count - 1];
		piece.before = last->before + last->count;
	}
	if (piece.before > PERMUTATION_MAX - piece.count)
		return false;
	t->pieces = must_have(
		realloc(t->pieces, (t->piece_count + 1) * sizeof(*t->pieces)));
	t->pieces[t->piece_count++] = piece;
	return true;
}

void targets_add_list(struct targets *t, int fd)
{
	t->lists = must_have(
		realloc(t->lists, (t->list_count + 1) * sizeof(*t->lists)));
	t->lists[t->list_count++] = fd;
}

bool targets_are_private(const struct targets *t)
{
	for (size_t i = 0; i < t->piece_count; i++)
		if (!t->pieces[i].named)
			return false;
	return t->piece_count && !t->list_count;
}

/* --- lists --------------------------------------------------------------- */

/* Moves what is left to the front, and reads on. */
static void refill(struct list *l)
{
	ssize_t n;

	l->have -= l->at;
	memmove(l->bytes, l->bytes + l->at, l->have);
	l->at = 0;
	do
		n = read(l->fd, l->bytes + l->have, READ_SIZE - l->have);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		l->error = errno;
	if (n > 0)
		l->have += (size_t)n;
	else
		l->over = true;
}

/* Whether that can be done within a time; -1: some day. */
static bool is_readable(const struct list *l, int wait_ms)
{
	struct pollfd p = {.fd = l->fd, .events = POLLIN};

	return poll(&p, 1, wait_ms) > 0;
}

static bool has_room(const struct list *l)
{
	return l->have - l->at < READ_SIZE;
}

static const char *line_end(const struct list *l)
{
	return memchr(l->bytes + l->at, '\n', l->have - l->at);
}

/* What is left of a line that was too long, as far as it is there. */
static void drop_rest(struct list *l)
{
	const char *end = line_end(l);

	if (!l->in_rest)
		return;
	l->at = end ? (size_t)(end + 1 - l->bytes) : l->have;
	l->in_rest = !end;
}

/* Of a line that is longer than what is read at a time its beginning counts, if
 * a comment begins there, and else it is none. */
static void take_beginning(struct list *l, const char **line, size_t *length)
{
	static const char none[] = "too long";

	l->in_rest = true;
	if (memchr(*line, '#', *length))
		return;
	*line = none;
	*length = strlen(none);
}

/* The next line, which stays until the next call; false: there is none, or it
 * waits. */
static bool next_line(struct list *l, const char **line, size_t *length)
{
	const char *end;

	drop_rest(l);
	l->waits = false;
	while (!(end = line_end(l)) && !l->over && has_room(l)) {
		/* mutant: how many is for others to have their turn */
		l->waits = l->reads++ >= READS_AT_ONCE || !is_readable(l, 0);
		if (l->waits)
			return false;
		refill(l);
		drop_rest(l);
	}
	*line = l->bytes + l->at;
	*length = end ? (size_t)(end - *line) : l->have - l->at;
	l->at += *length + (end != NULL);
	l->line++;
	if (!end && !l->over)
		take_beginning(l, line, length);
	return end || *length;
}

static bool open_list(struct targets *t)
{
	if (t->next_list == t->list_count)
		return false;
	if (!t->list)
		t->list = must_have(malloc(sizeof(*t->list)));
	t->list->fd = t->lists[t->next_list++];
	t->list->at = t->list->have = 0;
	t->list->line = 0;
	t->list->over = t->list->waits = t->list->in_rest = false;
	t->list->error = 0;
	t->list->reads = 0;
	return true;
}

static void close_list(struct targets *t)
{
	if (!t->read_error)
		t->read_error = t->list->error;
	close(t->list->fd);
	free(t->list);
	t->list = NULL;
}

static void count_bad(struct targets *t)
{
	if (!t->bad_lines++)
		t->first_bad = t->list->line;
}

int targets_read_error(const struct targets *t)
{
	return t->read_error;
}

uint64_t targets_bad_lines(const struct targets *t, uint64_t *first)
{
	*first = t->first_bad;
	return t->bad_lines;
}

/* The first address may be one that no host has, as 0.0.0.0. */
static struct address middle_of(const struct prefix *p)
{
	return prefix_address(p, prefix_size(p) / 2);
}

/* Looks at the lines that are there without taking them. */
static bool peek_list(const struct list *l, unsigned family,
		      struct address *out)
{
	const char *line = l->bytes + l->at, *over = l->bytes + l->have, *end;
	struct prefix prefix;
	uint16_t port;

	for (; line < over; line = end + 1) {
		end = memchr(line, '\n', (size_t)(over - line));
		/* mutant: what begins with a target is one, of any length */
		if (!end && !l->over && over - line < READ_SIZE)
			return false;
		if (!end)
			end = over;
		if (target_line_read(line, (size_t)(end - line), &prefix,
				     &port) == LINE_TARGET &&
		    prefix.first.family == family) {
			*out = middle_of(&prefix);
			return true;
		}
	}
	return false;
}

bool targets_peek(const struct targets *t, unsigned family, struct address *out)
{
	for (size_t i = 0; i < t->piece_count; i++)
		if (t->pieces[i].prefix.first.family == family) {
			*out = middle_of(&t->pieces[i].prefix);
			return true;
		}
	return t->list && peek_list(t->list, family, out);
}

/* What can be had at once, of the next line on. */
static void fill_up(struct list *l)
{
	drop_rest(l);
	for (unsigned i = 0;
	     i < READS_AT_ONCE && !l->over && has_room(l) && is_readable(l, 0);
	     i++) {
		refill(l);
		drop_rest(l);
	}
}

static bool has_line(const struct list *l)
{
	return l->over || line_end(l);
}

/* None of those that are there is a target. */
static void leave_out_lines(struct targets *t)
{
	struct prefix prefix;
	const char *line;
	uint16_t port;
	size_t length;

	t->list->reads = 0;
	do {
		if (!next_line(t->list, &line, &length)) {
			if (!t->list->waits)
				close_list(t);
			return;
		}
		if (target_line_read(line, length, &prefix, &port) == LINE_BAD)
			count_bad(t);
	} while (has_line(t->list));
}

bool targets_await(struct targets *t)
{
	struct address a;

	while (!signals_interrupted()) {
		if (!t->list && !open_list(t))
			return t->piece_count;
		fill_up(t->list);
		if (targets_peek(t, 4, &a) || targets_peek(t, 6, &a))
			return true;
		if (t->list->over || !has_room(t->list))
			leave_out_lines(t);
		else
			is_readable(t->list, 1000);
	}
	return false;
}

bool targets_are_unread(const struct targets *t)
{
	return t->next_list < t->list_count || (t->list && !t->list->over);
}

int targets_wait_for(const struct targets *t)
{
	return t->list && t->list->waits ? t->list->fd : -1;
}

void targets_want(struct targets *t, bool ipv4, bool ipv6)
{
	t->config.ipv4 = ipv4;
	t->config.ipv6 = ipv6;
}

uint64_t targets_other_family(const struct targets *t)
{
	return t->other_family;
}

/* A whole piece is left out at once: it may be larger than anybody can count.
 */
static bool is_wanted(struct targets *t, const struct piece *p)
{
	bool wanted =
		p->prefix.first.family == 4 ? t->config.ipv4 : t->config.ipv6;

	if (!wanted)
		t->other_family += p->count;
	return wanted;
}

/* The next line that is a target, of this list or the next; false: there is
 * none, or it waits. */
static bool next_piece(struct targets *t)
{
	struct prefix prefix;
	const char *line;
	uint16_t port;
	size_t length;

	while (t->list || open_list(t)) {
		enum target_line what;

		if (!next_line(t->list, &line, &length)) {
			if (t->list->waits)
				return false;
			close_list(t);
			continue;
		}
		what = target_line_read(line, length, &prefix, &port);
		if (what == LINE_EMPTY)
			continue;
		if (what == LINE_BAD ||
		    !make_piece(t, &prefix, port, &t->of_line))
			count_bad(t);
		else if (is_wanted(t, &t->of_line))
			return true;
	}
	return false;
}

/* --- the order ----------------------------------------------------------- */

static bool is_single(const struct targets *t)
{
	return t->now == &t->of_line && prefix_size(&t->now->prefix) == 1;
}

/* The shards of lists of addresses take their lines in turn. */
static bool next_single(struct targets *t, uint64_t *out)
{
	while (t->in_turn < t->now->count) {
		*out = t->in_turn++;
		if (t->singles++ % t->config.shards == t->config.shard)
			return true;
	}
	return false;
}

static bool begin(struct targets *t, const struct piece *pieces, size_t count)
{
	const struct piece *last = &pieces[count - 1];

	t->now = pieces;
	t->now_count = count;
	t->in_turn = 0;
	if (!is_single(t))
		permutation_begin(&t->order, last->before + last->count,
				  t->config.seed + t->spaces++, t->config.shard,
				  t->config.shards);
	return true;
}

static void leave_out_others(struct targets *t)
{
	uint64_t before = 0;
	size_t kept = 0;

	for (size_t i = 0; i < t->piece_count; i++) {
		if (!is_wanted(t, &t->pieces[i]))
			continue;
		t->pieces[kept] = t->pieces[i];
		t->pieces[kept].before = before;
		before += t->pieces[kept++].count;
	}
	t->piece_count = kept;
}

static bool begin_next(struct targets *t)
{
	if (!t->begun) {
		t->begun = true;
		leave_out_others(t);
		if (t->piece_count)
			return begin(t, t->pieces, t->piece_count);
	}
	return next_piece(t) && begin(t, &t->of_line, 1);
}

/* Which piece holds number `n` of the space. */
static const struct piece *piece_of(const struct targets *t, uint64_t n)
{
	size_t low = 0, high = t->now_count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (t->now[middle].before <= n)
			low = middle;
		else
			high = middle;
	}
	return &t->now[low];
}

static void fill(struct targets *t, uint64_t n, struct survey_target *out)
{
	const struct piece *p = piece_of(t, n);
	unsigned ports = p->port ? 1 : t->config.port_count;

	n -= p->before;
	out->address = prefix_address(&p->prefix, n / ports);
	out->port = p->port ? p->port : t->config.ports[n % ports];
	out->named = p->named;
}

bool targets_next(struct targets *t, struct survey_target *out)
{
	uint64_t n;

	if (t->list)
		t->list->reads = 0;
	while (t->now || begin_next(t)) {
		if (is_single(t) ? next_single(t, &n)
				 : permutation_next(&t->order, &n)) {
			fill(t, n, out);
			out->number = t->number++;
			return true;
		}
		t->now = NULL; /* lines that are none are read to where it is */
	}
	return false;
}
