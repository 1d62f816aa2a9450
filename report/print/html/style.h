/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef REPORT_PRINT_HTML_STYLE_H
#define REPORT_PRINT_HTML_STYLE_H

/* The style sheet of a page. Colours have a contrast of 4.5 or more on what
 * they stand on, thin lines of 3, in light and dark (WCAG 2.2, AA). */
extern const char html_style[];

/* The part of it that a picture needs which stands alone. */
extern const char svg_style[];

#endif
