/* SPDX-License-Identifier: GPL-3.0-or-later
 * Members of what mpprobe wrote as JSON; anybody may have written it, so what
 * is not there, or of another type, is as if it were not known.
 */
#ifndef REPORT_SAVED_MEMBER_H
#define REPORT_SAVED_MEMBER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crafting/address.h"

struct arena;

const char *member_text(const json_t *object, const char *name); /* or "" */
/* A copy in the arena; NULL. */
const char *member_copy(struct arena *a, const json_t *object,
			const char *name);
int member_number(const json_t *object, const char *name, int otherwise);
uint64_t member_count(const json_t *object, const char *name); /* or 0 */
double member_decimal(const json_t *object, const char *name); /* or -1 */
bool member_flag(const json_t *object, const char *name);      /* or false */
int member_known(const json_t *object, const char *name);      /* or -1 */
uint8_t member_ttl(const json_t *object, const char *name);    /* or 0 */
uint16_t member_port(const json_t *object, const char *name);  /* or 0 */
/* Of family 0, if it is none. */
struct address member_address(const json_t *object, const char *name);
/* "2026-11-20T23:00:00.123Z": since 1970, in microseconds; or 0. */
int64_t member_time(const json_t *object, const char *name);

#endif
