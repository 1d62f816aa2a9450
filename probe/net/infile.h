/* SPDX-License-Identifier: GPL-3.0-or-later
 * A file that is read.
 */
#ifndef PROBE_NET_INFILE_H
#define PROBE_NET_INFILE_H

#include <stdio.h>

/* Opens `name` to read, as fopen() does: NULL, and errno, if it cannot be, nor
 * can a directory. That memory runs out ends the program (71). */
FILE *infile_open(const char *name);

#endif
