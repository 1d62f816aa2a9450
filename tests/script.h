/* SPDX-License-Identifier: GPL-3.0-or-later
 * Scenes and what is found in them, in words.
 */
#ifndef TESTS_SCRIPT_H
#define TESTS_SCRIPT_H

#include "tests/scene.h"

/* Plays the scene that the words, between blanks, describe, up to its end;
 * script.c has the list of them. One is played at a time: what devices count
 * is begun anew. The caller's to scene_end(). False, with a scene that has
 * not begun, if it does not know a word. */
bool script_play(const char *words, struct scene *s);

/* The verdict, the findings and how far MPTCP came, on one line. */
void script_tell(const struct report *r, char *text, size_t size);

#endif
