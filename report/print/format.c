/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report/print/format.h"

#include <stddef.h>
#include <string.h>

#include "report/print/html/html.h"
#include "report/print/html/svg.h"
#include "report/print/json.h"
#include "report/print/letter.h"
#include "report/print/text.h"

static const struct format formats[] = {
	{
		.name = "text",
		.report = text_report,
		.paths = text_paths,
		.legs = text_legs,
		.list = text_list,
		.connection = text_connection,
		.list_rest = text_list_rest,
		.packet = text_packet,
		.compare = text_compare,
		.speed = text_speed,
		.doctor = text_doctor,
		.survey = text_survey,
		.contrast = text_contrast,
		.watch = text_watch,
	},
	{
		.name = "json",
		.report = json_report,
		.paths = json_paths,
		.legs = json_legs,
		.connection = json_connection,
		.list_rest = json_list_rest,
		.packet = json_packet,
		.compare = json_compare,
		.speed = json_speed,
		.doctor = json_doctor,
		.survey = json_survey,
		.contrast = json_contrast,
		.watch = json_watch,
	},
	{
		.name = "html",
		.tells_origin = true,
		.open = html_open,
		.close = html_close,
		.report = html_report,
		.paths = html_paths,
		.legs = html_legs,
		.list = html_list,
		.connection = html_connection,
		.list_rest = html_list_rest,
		.compare = html_compare,
		.survey = html_survey,
		.contrast = html_contrast,
	},
	{
		.name = "svg",
		.open = svg_open,
		.close = svg_close,
		.report = svg_report,
	},
	{
		.name = "letter",
		.tells_origin = true,
		.report = letter_report,
	},
};

const struct format *format_named(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}
