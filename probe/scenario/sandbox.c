// SPDX-License-Identifier: GPL-3.0-or-later
#include "probe/scenario/sandbox.h"

#include <lauxlib.h>
#include <limits.h>
#include <lualib.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "probe/net/clock.h"
#include "probe/net/complain.h"
#include "report/arena.h"

#ifndef LESS
#define LESS 1 /* fuzz targets are built with a hundredth of all that */
#endif
#define HOOK_EVERY 200		      /* instructions */
#define PATTERN_STEPS (5e7 / LESS)    /* that one pattern may take at worst */
#define STRING_MAX ((1 << 20) / LESS) /* bytes that string.rep makes */
#define TABLE_MAX (100000 / LESS)     /* elements that table.* walk over */
#define SORT_BYTES (1e9 / LESS)	      /* that one sort may compare */
#ifdef __SANITIZE_ADDRESS__
#define GRACE_MS 10000
#else
#define GRACE_MS 200 /* for a hook to say it, beyond the cap of time */
#endif

struct sandbox {
	lua_State *lua;
	void *context;
	size_t memory; /* in use */
	long instructions;
	int64_t cpu_start_ms;
	bool ended;   /* nothing of the script may run any more */
	bool stopped; /* by sandbox_stop */
	unsigned memory_line;
	char name[64];
	char error[512];
};

static struct sandbox *sandbox_of(lua_State *L)
{
	return *(struct sandbox **)lua_getextraspace(L);
}

void *sandbox_context(lua_State *L)
{
	return sandbox_of(L)->context;
}

lua_State *sandbox_lua(struct sandbox *s)
{
	return s->lua;
}

bool sandbox_stopped(const struct sandbox *s)
{
	return s->stopped;
}

const char *sandbox_error(const struct sandbox *s)
{
	return s->error;
}

unsigned sandbox_line(lua_State *L)
{
	lua_Debug frame;

	for (int level = 0; lua_getstack(L, level, &frame); level++)
		if (lua_getinfo(L, "Sl", &frame) && frame.currentline > 0)
			return (unsigned)frame.currentline;
	return 0;
}

/* --- the caps ------------------------------------------------------------ */

static int64_t cpu_ms(void)
{
	return clock_us(CLOCK_THREAD_CPUTIME_ID) / 1000;
}

static void *allocate(void *user, void *old, size_t old_size, size_t size)
{
	struct sandbox *s = user;

	if (!old)
		old_size = 0; /* Lua says what it is for */
	if (!size) {
		free(old);
		s->memory -= old_size;
		return NULL;
	}
	if (size > old_size && s->memory + size - old_size > SANDBOX_MEMORY) {
		/* What grows may be the stack that the line is read from; of
		 * that the hook knows. */
		if (s->lua && !old)
			s->memory_line = sandbox_line(s->lua);
		return NULL;
	}
	s->memory += size - old_size;
	return must_have(realloc(old, size));
}

static void on_hook(lua_State *L, lua_Debug *frame);

/* From now on every instruction fails, so that no pcall saves the script. */
static void end_script(struct sandbox *s)
{
	s->ended = true;
	lua_sethook(s->lua, on_hook, LUA_MASKCOUNT, 1);
}

static void keep_error(struct sandbox *s, const char *text)
{
	size_t length = strlen(text);

	if (length >= sizeof(s->error))
		length = sizeof(s->error) - 1;
	memcpy(s->error, text, length);
	s->error[length] = '\0';
	s->error[strcspn(s->error, "\n")] = '\0';
}

static void end_with(struct sandbox *s, const char *what)
{
	char text[512];

	snprintf(text, sizeof(text), "%s:%u: %s", s->name, sandbox_line(s->lua),
		 what);
	keep_error(s, text);
	end_script(s);
}

/* Raises the error if the script may not go on. */
static void check_caps(lua_State *L)
{
	struct sandbox *s = sandbox_of(L);

	if (!s->ended && s->instructions > SANDBOX_INSTRUCTIONS / LESS)
		end_with(s, "the script took more than 20 million "
			    "instructions: stopped");
	if (!s->ended && cpu_ms() - s->cpu_start_ms > SANDBOX_CPU_MS)
		end_with(s, "the script took too much processor time: stopped");
	if (!s->ended)
		return;
	lua_pushstring(L, s->error);
	lua_error(L);
}

/* For a call of C that no hook reaches and that takes too long: only the whole
 * program can be ended. */
static char last_words[160];

static void out_of_time(int number)
{
	ssize_t written;

	(void)number;
	written = write(STDERR_FILENO, last_words, strlen(last_words));
	(void)written;
	_exit(EXIT_INPUT);
}

/* By the kernel, in processor time; 0: no more. */
static void set_end(const struct sandbox *s, long ms)
{
	const struct sigaction act = {.sa_handler = out_of_time};
	const struct itimerval end = {
		.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000}};

	snprintf(last_words, sizeof(last_words),
		 "mpprobe: %s: one call took too much processor time: "
		 "stopped\n",
		 s->name);
	sigaction(SIGPROF, &act, NULL);
	setitimer(ITIMER_PROF, &end, NULL);
}

static void on_hook(lua_State *L, lua_Debug *frame)
{
	(void)frame;
	sandbox_of(L)->instructions += HOOK_EVERY;
	sandbox_of(L)->memory_line = sandbox_line(L);
	check_caps(L);
}

int sandbox_stop(lua_State *L, const char *format, ...)
{
	struct sandbox *s = sandbox_of(L);
	char what[400];
	va_list list;

	va_start(list, format);
	vsnprintf(what, sizeof(what), format, list);
	va_end(list);
	if (!s->ended) {
		s->stopped = true;
		end_with(s, what);
	}
	lua_pushstring(L, s->error);
	lua_error(L);
	abort();
}

/* --- what would keep C busy, where no hook reaches ----------------------- */

/* The library's own function, by which a wrapper does its work. */
static int call_original(lua_State *L)
{
	int count = lua_gettop(L);

	check_caps(L);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, count, LUA_MULTRET);
	return lua_gettop(L);
}

/* Each repetition may be tried at each place: with n bytes and k repetitions
 * a match takes n^(k+1) steps at worst; each question mark doubles them. */
static double pattern_steps(size_t n, const char *pattern, size_t length)
{
	double steps = (double)n + 1;

	for (size_t i = 0; i < length; i++) {
		if (pattern[i] == '%' && i + 1 < length) {
			i++;
			if (pattern[i] == 'b' || pattern[i] == 'f' ||
			    (pattern[i] >= '0' && pattern[i] <= '9'))
				steps *= (double)n + 1;
		} else if (pattern[i] && strchr("*+-", pattern[i])) {
			steps *= (double)n + 1;
		} else if (pattern[i] == '?') {
			steps *= 2;
		} else {
			steps += (double)n / 100;
		}
	}
	return steps;
}

static int safe_pattern(lua_State *L)
{
	size_t n, length;
	const char *pattern;

	luaL_checklstring(L, 1, &n);
	pattern = luaL_checklstring(L, 2, &length);
	if (pattern_steps(n, pattern, length) > PATTERN_STEPS)
		return luaL_error(L,
				  "this pattern could take too long on a "
				  "text of %d bytes",
				  (int)n);
	return call_original(L);
}

static int safe_rep(lua_State *L)
{
	size_t length, separator = 0;
	lua_Integer n;

	luaL_checklstring(L, 1, &length);
	n = luaL_checkinteger(L, 2);
	luaL_optlstring(L, 3, "", &separator);
	if (n > STRING_MAX ||
	    (n > 0 && (length + separator) > (size_t)(STRING_MAX / n)))
		return luaL_error(L, "string.rep: more than 1 MiB");
	return call_original(L);
}

/* Tables whose length or elements are functions of the script's can be of
 * any size. */
static void check_table(lua_State *L, int index)
{
	luaL_checktype(L, index, LUA_TTABLE);
	if (lua_getmetatable(L, index))
		luaL_error(L, "table functions take no table with a metatable");
	if (lua_rawlen(L, index) > TABLE_MAX)
		luaL_error(L, "the table has more than %d elements", TABLE_MAX);
}

static int safe_table(lua_State *L)
{
	check_table(L, 1);
	return call_original(L);
}

/* Each element is compared about log2(n) times, whole if all are equal. */
static double bytes_compared(lua_State *L, size_t n)
{
	double bytes = 0;

	for (size_t i = 1; i <= n; i++) {
		if (lua_rawgeti(L, 1, (lua_Integer)i) == LUA_TSTRING)
			bytes += (double)lua_rawlen(L, -1);
		lua_pop(L, 1);
	}
	return bytes * (log2((double)n + 1) + 1);
}

static int safe_sort(lua_State *L)
{
	check_table(L, 1);
	if (lua_isnoneornil(L, 2) &&
	    bytes_compared(L, lua_rawlen(L, 1)) > SORT_BYTES)
		return luaL_error(L, "table.sort: too much text to compare");
	return call_original(L);
}

static bool wide(lua_Integer first, lua_Integer last)
{
	return last > first &&
	       (lua_Unsigned)last - (lua_Unsigned)first > TABLE_MAX;
}

/* concat(t, separator, i, j) and unpack(t, i, j) */
static int safe_range(lua_State *L, int first)
{
	check_table(L, 1);
	if (wide(luaL_optinteger(L, first, 1),
		 luaL_optinteger(L, first + 1, 1)))
		return luaL_error(L, "more than %d elements", TABLE_MAX);
	return call_original(L);
}

static int safe_concat(lua_State *L)
{
	return safe_range(L, 3);
}

static int safe_unpack(lua_State *L)
{
	return safe_range(L, 2);
}

static int safe_move(lua_State *L)
{
	check_table(L, 1);
	if (!lua_isnoneornil(L, 5))
		check_table(L, 5);
	if (wide(luaL_checkinteger(L, 2), luaL_checkinteger(L, 3)))
		return luaL_error(L, "more than %d elements", TABLE_MAX);
	return call_original(L);
}

/* Finalizers run without hooks. */
static int safe_setmetatable(lua_State *L)
{
	if (lua_istable(L, 2)) {
		lua_pushliteral(L, "__gc");
		if (lua_rawget(L, 2) != LUA_TNIL)
			return luaL_error(L, "no __gc in a scenario");
		lua_pop(L, 1);
	}
	return call_original(L);
}

static const struct {
	const char *library, *name;
	lua_CFunction wrapper; /* NULL: it does not exist here */
} changed[] = {
	{"_G", "collectgarbage", NULL},
	{"_G", "dofile", NULL},
	{"_G", "load", NULL},
	{"_G", "loadfile", NULL},
	{"_G", "print", NULL},
	{"_G", "warn", NULL},
	{"_G", "xpcall", NULL}, /* its handler runs without hooks, too */
	{"_G", "setmetatable", safe_setmetatable},
	{"math", "random", NULL},
	{"math", "randomseed", NULL},
	{"string", "dump", NULL},
	{"string", "find", safe_pattern},
	{"string", "gmatch", safe_pattern},
	{"string", "gsub", safe_pattern},
	{"string", "match", safe_pattern},
	{"string", "rep", safe_rep},
	{"table", "concat", safe_concat},
	{"table", "insert", safe_table},
	{"table", "move", safe_move},
	{"table", "remove", safe_table},
	{"table", "sort", safe_sort},
	{"table", "unpack", safe_unpack},
};

static void change_libraries(lua_State *L)
{
	for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++) {
		lua_getglobal(L, changed[i].library);
		if (changed[i].wrapper) {
			lua_getfield(L, -1, changed[i].name);
			lua_pushcclosure(L, changed[i].wrapper, 1);
		} else {
			lua_pushnil(L);
		}
		lua_setfield(L, -2, changed[i].name);
		lua_pop(L, 1);
	}
}

/* getmetatable("") shows only that there is one. */
static void lock_strings(lua_State *L)
{
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_pushliteral(L, "locked");
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 2);
}

static int open_libraries(lua_State *L)
{
	static const luaL_Reg libraries[] = {
		{LUA_GNAME, luaopen_base},  {"table", luaopen_table},
		{"string", luaopen_string}, {"math", luaopen_math},
		{"utf8", luaopen_utf8},
	};

	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
		lua_pop(L, 1);
	}
	change_libraries(L);
	lock_strings(L);
	/* luaL_requiref keeps what it loaded where only C looks. */
	return 0;
}

/* --- life ---------------------------------------------------------------- */

struct sandbox *sandbox_new(void *context)
{
	struct sandbox *s = must_have(calloc(1, sizeof(*s)));
	lua_State *L;

	s->context = context;
	L = lua_newstate(allocate, s);
	if (!L) {
		free(s);
		return NULL;
	}
	s->lua = L;
	*(struct sandbox **)lua_getextraspace(L) = s;
	lua_pushcfunction(L, open_libraries);
	if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
		sandbox_free(s);
		return NULL;
	}
	return s;
}

void sandbox_free(struct sandbox *s)
{
	if (!s)
		return;
	lua_close(s->lua);
	free(s);
}

/* Names the place of an error that carries none. */
static void take_error(struct sandbox *s, int status)
{
	const char *text;

	if (s->ended) /* said already */
		return;
	if (status == LUA_ERRMEM) {
		snprintf(s->error, sizeof(s->error),
			 "%s:%u: the script needs more than %d MiB of "
			 "memory: stopped",
			 s->name, s->memory_line, SANDBOX_MEMORY >> 20);
		return;
	}
	text = lua_type(s->lua, -1) == LUA_TSTRING ? lua_tostring(s->lua, -1)
						   : NULL;
	keep_error(s, text ? text : "an error that is not text");
}

/* Runs where the error was raised: puts the script's line in front of what
 * has none. */
static int add_place(lua_State *L)
{
	const char *name = sandbox_of(L)->name;
	const char *text = lua_type(L, 1) == LUA_TSTRING
				   ? lua_tostring(L, 1)
				   : "an error that is not text";
	size_t length = strlen(name);

	if (strncmp(text, name, length) != 0 || text[length] != ':')
		lua_pushfstring(L, "%s:%d: %s", name, (int)sandbox_line(L),
				text);
	return 1;
}

int sandbox_call(struct sandbox *s, int arguments, int results)
{
	int handler = lua_gettop(s->lua) - arguments, status;

	if (s->ended) {
		lua_settop(s->lua, 0);
		return -1;
	}
	s->cpu_start_ms = cpu_ms();
	lua_sethook(s->lua, on_hook, LUA_MASKCOUNT, HOOK_EVERY);
	lua_pushcfunction(s->lua, add_place);
	lua_insert(s->lua, handler);
	set_end(s, SANDBOX_CPU_MS + GRACE_MS);
	status = lua_pcall(s->lua, arguments, results, handler);
	set_end(s, 0);
	lua_remove(s->lua, handler);
	if (status == LUA_OK && !s->ended)
		return 0;
	take_error(s, status);
	lua_settop(s->lua, 0);
	return -1;
}

int sandbox_run(struct sandbox *s, const char *name, const char *text,
		size_t length)
{
	char chunk[80];
	int status;

	snprintf(s->name, sizeof(s->name), "%s", name);
	snprintf(chunk, sizeof(chunk), "@%s", s->name);
	status = luaL_loadbufferx(s->lua, text, length, chunk, "t");
	if (status != LUA_OK) {
		take_error(s, status);
		lua_settop(s->lua, 0);
		return -1;
	}
	return sandbox_call(s, 0, 0);
}
