/* SPDX-License-Identifier: GPL-3.0-or-later
 * The captures of targets with findings, a file each. A process of its own
 * makes these files, without any other right: the survey has lost that to make
 * files before it reads what strangers send.
 */
#ifndef PROBE_SURVEY_EVIDENCE_H
#define PROBE_SURVEY_EVIDENCE_H

#include <stddef.h>

struct address;
struct evidence;

/* The name of a target's file, "192.0.2.1.443.pcap". Returns `text`. */
#define EVIDENCE_NAME 80
const char *evidence_name(const struct address *a, unsigned port,
			  char text[EVIDENCE_NAME]);

/* What results call it: this, a '/' and its name. */
#define EVIDENCE_DIRECTORY "evidence"

/* Removes files of such names that no line of results names: a kill came before
 * their line was written. Both are open; the results are read from their
 * beginning. 0, or -1 with errno. */
int evidence_tidy(int directory, int results);

/* Starts the process, which has none of this one's rights and files but the
 * directory. NULL with errno. */
struct evidence *evidence_new(int directory);

/* Writes a file of this name (of less than EVIDENCE_NAME bytes, no '/') there,
 * and waits until it is. 0, or -1 with errno. */
int evidence_write(struct evidence *e, const char *name, const void *bytes,
		   size_t length);

/* Ends the process and waits for it. NULL is fine. */
void evidence_free(struct evidence *e);

#endif
