/* SPDX-License-Identifier: GPL-3.0-or-later
 * What comes in while a survey runs, and what becomes of it.
 */
#ifndef PROBE_SURVEY_TAKING_H
#define PROBE_SURVEY_TAKING_H

#include <stddef.h>
#include <stdint.h>

/* For air_receive(); the context is the survey. */
void taking_packet(void *survey, const uint8_t *ip, size_t length,
		   int64_t time_us);

#endif
