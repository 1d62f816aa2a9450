// SPDX-License-Identifier: GPL-3.0-or-later
/* Scripts of strangers that try to get out, or never to end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/net/complain.h"
#include "probe/scenario/sandbox.h"

#define ENOUGH_MS 8000 /* of processor time, with sanitizers */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A script, and what its error must contain; NULL: it runs to its end. */
struct attempt {
	const char *script, *error;
};

static void attempt(const struct attempt *a)
{
	struct sandbox *s = sandbox_new(NULL);
	int64_t begin = now_ms();
	int result;

	assert_non_null(s);
	result = sandbox_run(s, "x.lua", a->script, strlen(a->script));
	if (now_ms() - begin > ENOUGH_MS)
		fail_msg("took too long: %s", a->script);
	if (a->error && result == 0)
		fail_msg("not stopped: %s", a->script);
	if (!a->error && result != 0)
		fail_msg("%s: %s", a->script, sandbox_error(s));
	if (a->error && !strstr(sandbox_error(s), a->error))
		fail_msg("%s\n  says    %s\n  wanted  %s", a->script,
			 sandbox_error(s), a->error);
	sandbox_free(s);
}

#define ATTEMPT_ALL(list)                                                      \
	for (size_t i = 0; i < sizeof(list) / sizeof((list)[0]); i++)          \
	attempt(&(list)[i])

/* No hook is called in between: the kernel ends it, with all around it. */
static void test_single_call(void **state)
{
	static const char script[] =
		"local s = string.rep('x', 1 << 20) local a = {}\n"
		"for i = 1, 100000 do a[i] = s end\n"
		"pcall(table.sort, a, string.upper)";
	struct rusage used;
	int status;
	pid_t child;

	(void)state;
	fflush(NULL);
	child = fork();
	assert_true(child != -1);
	if (!child) {
		attempt(&(const struct attempt){script, NULL});
		_exit(0);
	}
	assert_int_equal(wait4(child, &status, 0, &used), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_INPUT);
	assert_true(used.ru_utime.tv_sec + used.ru_stime.tv_sec < 15);
}

static void test_harmless(void **state)
{
	static const struct attempt list[] = {
		{"local t = {} for i = 1, 100 do t[i] = i end\n"
		 "assert(#table.concat(t, ',') == 291)",
		 NULL},
		{"assert(('HTTP/1.1 200 OK'):match('^HTTP/1%.1 (%d+)') == "
		 "'200')",
		 NULL},
		{"assert(('ab'):rep(3, '-') == 'ab-ab-ab')", NULL},
		{"local ok = pcall(error, 'x') assert(not ok)", NULL},
		{"local t = setmetatable({}, { __index = function() return 7 "
		 "end }) assert(t.x == 7)",
		 NULL},
		{"local t = { 3, 1, 2 } table.sort(t) assert(t[1] == 1)", NULL},
		{"assert(utf8.char(228) == '\\u{e4}' and math.max(1, 2) == 2)",
		 NULL},
	};

	(void)state;
	ATTEMPT_ALL(list);
}

static void test_endless(void **state)
{
	static const struct attempt list[] = {
		{"\n\nwhile true do end", "x.lua:3: the script took more"},
		{"while true do pcall(function() while true do end end) end",
		 "the script took more"},
		{"local function f() return f() end f()",
		 "the script took more"},
		{"xpcall(function() while true do end end, function() while "
		 "true do end end)",
		 "global 'xpcall'"},
		{"local t <close> = setmetatable({}, { __close = function() "
		 "while true do end end })\nerror('x')",
		 "x.lua:"},
		{"local t = setmetatable({}, { __index = function(t, k) "
		 "while true do end end }) return t.x",
		 "the script took more"},
		{"local s, t = ('x'):rep(1 << 20), {}\n"
		 "for i = 1, 1000 do t[i] = s end table.sort(t)",
		 "too much text"},
		{"table.sort({ 3, 2, 1 }, function() while true do end end)",
		 "the script took more"},
		{"local function f(n) f(n + 1) return n end f(1)",
		 "x.lua:1: the script"},
	};

	(void)state;
	ATTEMPT_ALL(list);
}

/* Where no count hook reaches: in C. */
static void test_endless_in_c(void **state)
{
	static const struct attempt list[] = {
		{"string.rep('x', 1 << 40)", "x.lua:1: string.rep"},
		{"string.rep('', 1 << 60)", "x.lua:1: string.rep"},
		{"string.rep('', 1 << 60, '')", "x.lua:1: string.rep"},
		{"string.rep('x', 10, ('y'):rep(1 << 20))", "string.rep"},
		{"('a'):rep(1 << 62)", "string.rep"},
		{"('a'):rep(1000):find('.-.-.-.-.-b')",
		 "x.lua:1: this pattern"},
		{"('a'):rep(10000):match('(.*)*(.*)*b')", "this pattern"},
		{"('a'):rep(5000):gsub('.-.-.-b', '')", "this pattern"},
		{"('a'):rep(50):find(('a?'):rep(50) .. ('a'):rep(50))",
		 "this pattern"},
		{"for w in ('a'):rep(5000):gmatch('.-.-.-b') do end",
		 "this pattern"},
		{"string.find(('('):rep(10000), ('%b()'):rep(9))",
		 "this pattern"},
		{"while true do ('a'):rep(3000):find('.-.-b') end",
		 "x.lua:1: "},
		{"table.move({}, 1, math.maxinteger - 1, 2)", "elements"},
		{"table.concat({}, '', 1, math.maxinteger)", "elements"},
		{"table.unpack({}, 1, 1 << 30)", "elements"},
		{"table.insert(setmetatable({}, { __len = function() return "
		 "1 << 60 end }), 1, 1)",
		 "metatable"},
		{"table.concat(setmetatable({}, { __index = function() return "
		 "'' end, __len = function() return 1 << 60 end }))",
		 "metatable"},
		{"table.sort(setmetatable({}, { __len = function() return "
		 "1 << 30 end }))",
		 "metatable"},
		{"setmetatable({}, { __gc = function() while true do end "
		 "end })",
		 "__gc"},
	};

	(void)state;
	ATTEMPT_ALL(list);
}

static void test_memory(void **state)
{
	static const struct attempt list[] = {
		{"local t = {}\nfor i = 1, 1e9 do\nt[i] = i end",
		 "x.lua:3: the script needs more than 8 MiB"},
		{"local s = 'x'\nwhile true do s = s .. s end",
		 "x.lua:2: the script needs more than 8 MiB"},
		{"local t = {} while true do t[#t + 1] = ('x'):rep(1 << 20) "
		 "end",
		 "the script needs more than 8 MiB"},
		{"while true do pcall(function() local t = {} for i = 1, 1e9 "
		 "do t[i] = {} end end) end",
		 "x.lua:1: "},
		{"local t = {} for i = 1, 1e9 do t = { t } end",
		 "x.lua:1: the script"},
	};

	(void)state;
	ATTEMPT_ALL(list);
}

static void test_nothing_to_reach(void **state)
{
	static const struct attempt list[] = {
		{"os.execute('id')", "x.lua:1: attempt to index a nil value "
				     "(global 'os')"},
		{"io.open('/etc/passwd')", "global 'io'"},
		{"require 'os'", "global 'require'"},
		{"package.loadlib('x', 'y')", "global 'package'"},
		{"debug.sethook()", "global 'debug'"},
		{"coroutine.wrap(function() end)", "global 'coroutine'"},
		{"load('return 1')", "global 'load'"},
		{"loadstring('return 1')", "global 'loadstring'"},
		{"loadfile('/etc/passwd')", "global 'loadfile'"},
		{"dofile('/etc/passwd')", "global 'dofile'"},
		{"collectgarbage('stop')", "global 'collectgarbage'"},
		{"print 'x'", "global 'print'"},
		{"warn '@on'", "global 'warn'"},
		{"string.dump(function() end)", "field 'dump'"},
		{"math.random()", "field 'random'"},
		{"_G._ENV = nil; os.exit()", "x.lua:1: "},
		{"getmetatable('').__index.rep = nil", "x.lua:1: "},
		{"setmetatable('', {})", "x.lua:1: bad argument"},
		{"assert(getmetatable('') == 'locked')", NULL},
		{"for k, v in pairs(_G) do assert(type(v) ~= 'userdata') end",
		 NULL},
	};

	(void)state;
	ATTEMPT_ALL(list);
}

static void test_messages(void **state)
{
	static const struct attempt list[] = {
		{"this is not lua", "x.lua:1: syntax error near 'is'"},
		{"\n\nlocal x = nil + 1", "x.lua:3: attempt to perform"},
		{"error 'boom'", "x.lua:1: boom"},
		{"error({})", "an error that is not text"},
		{"error()", "an error that is not text"},
		{"error('two\\nlines')", "x.lua:1: two"},
		{"\nstring.rep()", "x.lua:2: bad argument"},
		{("error(('x'):rep(100000))"), "x.lua:1: xxx"},
		{"", NULL},
	};

	(void)state;
	ATTEMPT_ALL(list);
}

static void test_binary_chunk(void **state)
{
	struct sandbox *s = sandbox_new(NULL);
	static const char chunk[] = "\x1bLuaS\0\x19\x93\r\n\x1a\n";

	(void)state;
	assert_int_equal(sandbox_run(s, "x.lua", chunk, sizeof(chunk) - 1), -1);
	assert_non_null(strstr(sandbox_error(s), "binary"));
	assert_null(strchr(sandbox_error(s), '\n'));
	sandbox_free(s);
}

static int stop(lua_State *L)
{
	return sandbox_stop(L, "expected %s, got %s", "this", "that");
}

/* No pcall of the script's own saves it. */
static void test_stop(void **state)
{
	static const char script[] = "\npcall(stop)\nreached = true\n"
				     "while true do pcall(stop) end";
	struct sandbox *s = sandbox_new(NULL);
	lua_State *L = sandbox_lua(s);

	(void)state;
	lua_pushcfunction(L, stop);
	lua_setglobal(L, "stop");
	assert_int_equal(sandbox_run(s, "x.lua", script, strlen(script)), -1);
	assert_string_equal(sandbox_error(s),
			    "x.lua:2: expected this, got that");
	assert_true(sandbox_stopped(s));
	lua_getglobal(L, "reached");
	assert_true(lua_isnil(L, -1));
	sandbox_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_harmless),
		cmocka_unit_test(test_single_call),
		cmocka_unit_test(test_endless),
		cmocka_unit_test(test_endless_in_c),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_nothing_to_reach),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_binary_chunk),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
