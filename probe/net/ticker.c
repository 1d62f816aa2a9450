// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/net/ticker.h"
#include "probe/net/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define AGAIN_US 200000
#define LINE_MAX 200

/* There is one terminal, and one line on it. */
static struct {
	bool on;
	int64_t next_us;
	ticker_text_fn *text;
	const void *context;
	size_t drawn; /* columns of what stands there; 0: nothing does */
} line;

void ticker_begin(bool wanted)
{
	const char *term = getenv("TERM");

	line.on = wanted && term && strcmp(term, "dumb") != 0 &&
		  isatty(STDERR_FILENO);
	line.next_us = clock_us(CLOCK_MONOTONIC) + TICKER_FIRST_US;
}

/* The terminal may have been resized meanwhile. */
static size_t columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == -1 || !size.ws_col)
		return 80;
	return size.ws_col;
}

static void put(const char *text, size_t length)
{
	if (write(STDERR_FILENO, text, length) < 0)
		line.on = false;
}

/* A line that became wider than the terminal stands on several now. */
void ticker_wipe(void)
{
	char up[48];

	if (!line.drawn)
		return;
	for (size_t rows = (line.drawn - 1) / columns(); rows > 0; rows--)
		put("\033[A", 3);
	put(up, (size_t)snprintf(up, sizeof(up), "\r\033[J"));
	line.drawn = 0;
}

void ticker_source(ticker_text_fn *text, const void *context)
{
	line.text = text;
	line.context = context;
	if (!text)
		ticker_wipe();
}

static void draw(void)
{
	char text[LINE_MAX] = "";
	size_t width = columns(), length;

	line.text(line.context, text,
		  width < sizeof(text) ? width : sizeof(text));
	ticker_wipe();
	length = strlen(text);
	if (!length)
		return;
	put(text, length);
	line.drawn = length;
}

int64_t ticker_tick(void)
{
	int64_t now;

	if (!line.on || !line.text)
		return INT64_MAX;
	now = clock_us(CLOCK_MONOTONIC);
	if (now >= line.next_us) {
		draw();
		line.next_us = now + AGAIN_US;
	}
	return line.next_us;
}

void ticker_seconds(int64_t us, char *text, size_t size)
{
	long long s = us <= 0 ? 0 : (us + 999999) / 1000000;

	if (s < 120)
		snprintf(text, size, "%lld s", s);
	else
		snprintf(text, size, "%lld min %lld s", s / 60, s % 60);
}
