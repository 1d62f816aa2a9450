/* SPDX-License-Identifier: GPL-3.0-or-later
 * SipHash-2-4 (Aumasson, Bernstein 2012): a keyed hash of short messages, which
 * nobody foretells without the key.
 */
#ifndef CRAFTING_SIPHASH_H
#define CRAFTING_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY 16

uint64_t siphash(const uint8_t key[SIPHASH_KEY], const void *bytes,
		 size_t length);

#endif
