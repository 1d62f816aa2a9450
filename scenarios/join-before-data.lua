scenario {
	title = "an MP_JOIN right after the third ACK, before any data",
	source = "RFC 8684 3.2",
	versions = { 0, 1 },
	answers = {
		-- a server may want proof that the client has its key first
		rfc = { join = { "accepted", "reset*" } },
		linux_v1 = { release = "5.7", join = "accepted" },
		linux_v0 = { join = "accepted" },
	},
}

local a = subflow()
a:connect()
local b = a:join()
b:syn()
outcome("join", joined(a, b))
