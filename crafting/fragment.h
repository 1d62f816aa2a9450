/* SPDX-License-Identifier: GPL-3.0-or-later
 * IP fragments, cut from whole packets (RFC 791 3.2, RFC 8200 4.5).
 */
#ifndef CRAFTING_FRAGMENT_H
#define CRAFTING_FRAGMENT_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Writes the fragment with `size` bytes of what `packet` carries, from
 * `offset` on: a multiple of 8, as `size` is unless nothing follows. `packet`
 * is whole and its header without options (IPv4) or extensions (IPv6); its
 * fragments share `id`, of which IPv4 has the low 16 bits. Returns the
 * fragment's length, or -1: not so, or it does not fit in `capacity`. */
ssize_t fragment_write(const uint8_t *packet, size_t length, uint32_t id,
		       size_t offset, size_t size, uint8_t *out,
		       size_t capacity);

#endif
