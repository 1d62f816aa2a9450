// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/survey/tally.h"

#include <inttypes.h>
#include <jansson.h>
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

void tally_add(struct survey_tally *t, uint16_t port, enum survey_class class)
{
	struct tally_port *p = find_port(t, port);

	p->total++;
	p->classes[class]++;
}

static bool class_named(const char *name, enum survey_class *out)
{
	for (*out = 0; *out < SURVEY_CLASSES; ++*out)
		if (!strcmp(survey_class_name(*out), name))
			return true;
	return false;
}

static bool add_line(struct survey_tally *t, const char *line)
{
	json_t *object = json_loads(line, 0, NULL);
	enum survey_class class;
	const char *name = NULL;
	int port = 0;
	bool good;

	good = object &&
	       !json_unpack(object, "{s:s, s:{s:i}}", "class", &name, "target",
			    "port", &port) &&
	       class_named(name, &class) && port > 0 && port <= UINT16_MAX;
	if (good)
		tally_add(t, (uint16_t)port, class);
	json_decref(object);
	return good;
}

void tally_read(struct survey_tally *t, FILE *file)
{
	size_t capacity = 0;
	char *line = NULL;

	while (getline(&line, &capacity, file) != -1)
		if (!add_line(t, line))
			t->bad_lines++;
	free(line);
}

void tally_free(struct survey_tally *t)
{
	free(t->ports);
	*t = (struct survey_tally){0};
}

/* --- printing ------------------------------------------------------------ */

void tally_interval(uint64_t hits, uint64_t total, double *low, double *high)
{
	double n = (double)total, p = (double)hits / n;
	double middle = (p + Z * Z / (2 * n)) / (1 + Z * Z / n);
	double half = Z / (1 + Z * Z / n) *
		      sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));

	*low = hits ? middle - half : 0;
	*high = hits < total ? middle + half : 1;
}

static struct tally_port sum_of(const struct survey_tally *t)
{
	struct tally_port sum = {0};

	for (size_t i = 0; i < t->count; i++) {
		sum.total += t->ports[i].total;
		for (unsigned k = 0; k < SURVEY_CLASSES; k++)
			sum.classes[k] += t->ports[i].classes[k];
	}
	return sum;
}

/* "1,234,567" */
static const char *grouped(uint64_t n, char text[32])
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

static void print_port(const struct tally_port *p, FILE *out)
{
	for (enum survey_class class = 0; class < SURVEY_CLASSES; class ++) {
		uint64_t hits = p->classes[class];
		double low, high;
		char text[32];

		if (!hits)
			continue;
		tally_interval(hits, p->total, &low, &high);
		fprintf(out, "  %-21s %13s  %8.4f %% (%.4f to %.4f)  %s\n",
			survey_class_name(class), grouped(hits, text),
			100.0 * (double)hits / (double)p->total, 100 * low,
			100 * high, survey_class_text(class));
	}
}

static void print_head(const char *what, uint64_t total, FILE *out)
{
	char text[32];

	fprintf(out, "%s: %s target%s\n", what, grouped(total, text),
		total == 1 ? "" : "s");
}

void tally_print(const struct survey_tally *t, FILE *out)
{
	struct tally_port sum = sum_of(t);
	char name[16];

	if (t->count != 1)
		print_head("All ports", sum.total, out);
	if (t->count > 1)
		print_port(&sum, out);
	for (size_t i = 0; i < t->count; i++) {
		snprintf(name, sizeof(name), "Port %u", t->ports[i].port);
		print_head(name, t->ports[i].total, out);
		print_port(&t->ports[i], out);
	}
}

void tally_print_csv(const struct survey_tally *t, FILE *out)
{
	fputs("port,class,targets,share,low,high\n", out);
	for (size_t i = 0; i < t->count; i++) {
		const struct tally_port *p = &t->ports[i];

		for (enum survey_class k = 0; k < SURVEY_CLASSES; k++) {
			double low, high;

			tally_interval(p->classes[k], p->total, &low, &high);
			fprintf(out, "%u,%s,%" PRIu64 ",%.8f,%.8f,%.8f\n",
				p->port, survey_class_name(k), p->classes[k],
				(double)p->classes[k] / (double)p->total, low,
				high);
		}
	}
}
