scenario {
	title = "data is not acknowledged on one subflow: the server takes another",
	about = "Linux 6.18 does after its RTO, 200 ms at least.",
	source = "RFC 8684 3.3.6",
	versions = { 1 },
	answers = {
		rfc = { takeover = { "same DSN", "none" }, original = "again" },
		linux_v1 = { release = "5.7", takeover = "same DSN", original = "again" },
	},
}

local a = subflow()
a:connect()
check(hold(a) == "data-acked", "the first data is acknowledged (DATA_ACK)")
local b, first = a:join(), a.server_idsn + 1
b:syn()
check(joined(a, b) == "accepted", "the second subflow is accepted")
waits(a)
local function begins(s) return #s.payload > 0 and s.dss and s.dss.dsn == first end
local function counts(s) return #s.payload > 0 or s.flags:find "R" end
a:data(rest)
local sent, silent = either(a, b, { where = begins })
if not sent then outcome("answer", response(a)) return end
local other, k = silent == a and b or a
repeat
	k = other:wait { where = counts }
	needs(not k or #k.payload > 0, "the server resets behind its answer")
	if k then other:ack { options = { dss { data_ack = first } } } end
until not k or begins(k)
outcome("takeover", k and "same DSN" or "none")
outcome("after", k and k.ms - sent.ms .. " ms, on subflow " .. other.id or "never")
outcome("original", silent:wait({ payload = true }, 4000) and "again" or "not again")
