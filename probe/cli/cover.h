/* SPDX-License-Identifier: GPL-3.0-or-later
 * --anonymize of what is said of this host and of downloads, which is no
 * matter of frames: pseudonyms in the text itself.
 */
#ifndef PROBE_CLI_COVER_H
#define PROBE_CLI_COVER_H

#include <stddef.h>

struct anonymous;
struct cover;

/* Knows the names of this host and of its interfaces, and `named`: the HOST or
 * URL of the user (NULL: none). NULL where `a` is. To be called before
 * privileges are dropped. */
struct cover *cover_new(struct anonymous *a, const char *named);
void cover_free(struct cover *c); /* NULL is fine */

/* The text, behind which stands a NUL, with pseudonyms in place of these names,
 * and of all IP and link addresses; to be freed. Of a prefix (10.0.0.0/8) it is
 * that of the prefix. */
char *cover_text(struct cover *c, const char *text, size_t length,
		 size_t *covered);

#endif
