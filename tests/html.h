/* SPDX-License-Identifier: GPL-3.0-or-later
 * Whether a page of HTML is what it must be: well-formed, and without anything
 * that runs or loads.
 */
#ifndef TESTS_HTML_H
#define TESTS_HTML_H

#include <stddef.h>

/* Fails the test if elements do not nest, an attribute has no quotes, or what
 * would run, load or lead elsewhere is there. */
void check_html(const char *text);

/* How often that stands in the text. */
size_t count(const char *text, const char *what);

#endif
