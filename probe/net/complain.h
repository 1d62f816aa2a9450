/* SPDX-License-Identifier: GPL-3.0-or-later
 * How a run that fails says so: one line on stderr, and an exit code.
 */
#ifndef PROBE_NET_COMPLAIN_H
#define PROBE_NET_COMPLAIN_H

/* Of the reports, and those of sysexits(3). */
enum exit_code {
	EXIT_CLEAR = 0,
	EXIT_INTERFERENCE = 1,
	EXIT_NO_MPTCP = 2,
	EXIT_UNKNOWN = 3,
	EXIT_USAGE = 64,
	EXIT_INPUT = 65,
	EXIT_NO_HOST = 68,
	EXIT_INTERFACE = 69,
	EXIT_SYSTEM = 71,
	EXIT_OUTPUT = 74,
	EXIT_PRIVILEGE = 77,
	EXIT_INTERRUPTED = 130,
};

/* What other programs than mpprobe begin their lines with. */
void complain_as(const char *name);

/* "mpprobe: " and one line on stderr (control characters escaped). */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same; returns `exit_code`. */
int failure(int exit_code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Of two exit codes of reports the one that a run of both ends with: 1, then
 * 3, 2, 0. */
int exit_worst(int a, int b);

#endif
