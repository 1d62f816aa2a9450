// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/fleet/blocklist_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/net/complain.h"
#include "probe/survey/blocklist.h"
#include "report/arena.h"

static int check(const char *name, FILE *file)
{
	struct blocklist b;
	int code;

	blocklist_begin(&b, false);
	code = blocklist_load(&b, file, name);
	blocklist_free(&b);
	rewind(file);
	return code;
}

/* The first words alone: who asked how is nobody else's business. */
static char *bare_text(FILE *file)
{
	char *line = NULL, *text = NULL;
	size_t capacity = 0, size;
	FILE *out = must_have(open_memstream(&text, &size));

	while (must_getline(&line, &capacity, file) != -1) {
		char *word = line + strspn(line, " \t\r\n");

		word[strcspn(word, " \t\r\n#")] = '\0';
		if (*word)
			fprintf(out, "%s\n", word);
	}
	free(line);
	fclose(out);
	return must_have(text);
}

char *blocklist_text(const char *name, int *code)
{
	char *text = NULL;
	FILE *file;

	*code = 0;
	if (!name || !strcmp(name, "none"))
		return must_have(strdup(""));
	file = fopen(name, "re");
	if (!file) {
		*code = failure(EXIT_INPUT, "%s: %s", name, strerror(errno));
		return NULL;
	}
	*code = check(name, file);
	if (!*code)
		text = bare_text(file);
	fclose(file);
	return text;
}
