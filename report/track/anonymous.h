/* SPDX-License-Identifier: GPL-3.0-or-later
 * --anonymize: frames, addresses and names as others may see them. A frame is
 * rewritten (crafting/rewrite.h) before it is tracked, so that nothing of what
 * is said of it can tell whose it was. Where `a` is NULL all stays as it is.
 */
#ifndef REPORT_TRACK_ANONYMOUS_H
#define REPORT_TRACK_ANONYMOUS_H

#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"
#include "crafting/pseudonym.h"

struct anonymous;
struct arena;
struct observer;

struct anonymous *anonymous_new(const uint8_t key[PSEUDONYM_KEY]);
void anonymous_free(struct anonymous *a); /* NULL is fine */

/* The frame as it may be shown, of the same length; until the next. `o` has
 * seen those before it, as they may be shown (NULL: none did). */
const uint8_t *anonymous_frame(struct anonymous *a, struct observer *o,
			       int link_type, const uint8_t *frame,
			       size_t captured);

struct address anonymous_address(struct anonymous *a,
				 const struct address *address);

/* Whose pseudonym it is. */
struct address anonymous_original(struct anonymous *a,
				  const struct address *address);

/* "host-1f2e3d4c.example" (RFC 2606), or of a numeric address its pseudonym. */
const char *anonymous_host(struct anonymous *a, struct arena *arena,
			   const char *name);

/* "if-1f2e": of an interface; in `text`, or `name` itself. */
#define ANONYMOUS_INTERFACE 16
const char *anonymous_interface(struct anonymous *a, const char *name,
				char text[ANONYMOUS_INTERFACE]);

/* "0a:1b:2c:3d:4e:5f": of a link address. */
const char *anonymous_link(struct anonymous *a, struct arena *arena,
			   const uint8_t address[6]);

/* An autonomous system, as none has it (RFC 6996), and its name. */
uint32_t anonymous_origin(struct anonymous *a, uint32_t number);
const char *anonymous_title(struct anonymous *a, struct arena *arena,
			    const char *title);

#endif
