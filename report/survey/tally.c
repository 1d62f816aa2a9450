// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/tally.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/arena.h"

#define Z 1.959963985 /* of the normal distribution: 95 % lie within */

/* --- counting ------------------------------------------------------------ */

static struct tally_port *insert_port(struct survey_tally *t, size_t at,
				      uint16_t port)
{
	t->ports = must_have(
		realloc(t->ports, (t->count + 1) * sizeof(*t->ports)));
	memmove(t->ports + at + 1, t->ports + at,
		(t->count++ - at) * sizeof(*t->ports));
	t->ports[at] = (struct tally_port){.port = port};
	return &t->ports[at];
}

static struct tally_port *find_port(struct survey_tally *t, uint16_t port)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->ports[middle].port < port)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < t->count && t->ports[low].port == port)
		return &t->ports[low];
	return insert_port(t, low, port);
}

static void count(struct tally_port *p, enum survey_class class)
{
	p->total++;
	p->classes[class]++;
}

void tally_add(struct survey_tally *t, unsigned family, uint16_t port,
	       enum survey_class class)
{
	count(find_port(t, port), class);
	count(&t->families[family == 6 ? TALLY_IPV6 : TALLY_IPV4], class);
}

static void add_line(struct survey_tally *t, const char *line)
{
	struct survey_result r;

	if (!survey_result_read(line, &r, &t->faults))
		return;
	tally_add(t, r.address.family, r.port, r.class);
	stacks_add(&t->stacks, r.object, r.class);
	places_add(&t->places, r.object);
	json_decref(r.object);
}

void tally_read(struct survey_tally *t, FILE *file)
{
	size_t capacity = 0;
	char *line = NULL;

	while (must_getline(&line, &capacity, file) != -1)
		add_line(t, line);
	free(line);
	stacks_sort(&t->stacks);
}

void tally_rest(struct survey_tally *t, const json_t *meta)
{
	t->rest = survey_rest_of(meta, tally_sum(t).total);
}

void tally_free(struct survey_tally *t)
{
	free(t->ports);
	stacks_free(&t->stacks);
	places_free(&t->places);
	*t = (struct survey_tally){0};
}

/* --- in words ------------------------------------------------------------ */

void tally_interval(uint64_t hits, uint64_t total, double *low, double *high)
{
	double n = (double)total, p = (double)hits / n;
	double middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n);
	double half = Z / (1 + Z * Z / n) *
		      sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));

	*low = hits ? middle - half : 0;
	*high = hits < total ? middle + half : 1;
}

/* So many that the interval has two digits, and no more: the sample tells no
 * more of the share. */
#define DECIMALS_MAX 8
static int decimals(double low, double high)
{
	int n = 0;

	/* A few steps: NOLINTNEXTLINE(cert-flp30-c) */
	for (double wide = 100 * (high - low); wide < 10 && n < DECIMALS_MAX;
	     wide *= 10)
		n++;
	return n;
}

void tally_share(uint64_t hits, uint64_t total, struct tally_share *out)
{
	double low, high;
	int n;

	tally_interval(hits, total, &low, &high);
	n = total < SMALL_SAMPLE ? 0 : decimals(low, high);
	snprintf(out->interval, sizeof(out->interval), "%.*f to %.*f %%", n,
		 100 * low, n, 100 * high);
	*out->share = '\0';
	if (total < SMALL_SAMPLE) {
		snprintf(out->count, sizeof(out->count),
			 "%" PRIu64 " of %" PRIu64, hits, total);
		return;
	}
	tally_number(hits, out->count);
	snprintf(out->share, sizeof(out->share), "%.*f %%", n,
		 100 * (double)hits / (double)total);
}

struct tally_port tally_sum(const struct survey_tally *t)
{
	struct tally_port sum = {0};

	for (size_t i = 0; i < t->count; i++) {
		sum.total += t->ports[i].total;
		for (unsigned k = 0; k < SURVEY_CLASSES; k++)
			sum.classes[k] += t->ports[i].classes[k];
	}
	return sum;
}

const char *tally_number(uint64_t n, char text[TALLY_NUMBER])
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, n), used = 0;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			text[used++] = ',';
		text[used++] = digits[i];
	}
	text[used] = '\0';
	return text;
}

const char *tally_family_name(unsigned family)
{
	return family == TALLY_IPV4 ? "IPv4" : "IPv6";
}

bool tally_has_both(const struct survey_tally *t)
{
	return t->families[TALLY_IPV4].total && t->families[TALLY_IPV6].total;
}
