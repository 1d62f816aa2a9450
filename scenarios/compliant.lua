scenario {
	title = "a connection, a request and an MP_JOIN, all right",
	source = "RFC 8684 3.1 to 3.3",
	versions = { 0, 1 },
	answers = {
		rfc = { data = "data-acked", response = "mapped", join = "accepted" },
		linux_v1 = { release = "5.7", data = "data-acked",
			response = "mapped", join = "accepted" },
		linux_v0 = { data = "data-acked", response = "mapped", join = "accepted" },
	},
}

local a = subflow { checksum = true }
a:connect()
-- A server may close behind its answer; version 0 as published.
if version == 0 then a:data(request) end
outcome("data", version == 1 and hold(a) or a:data_answer())
if version == 0 then outcome("response", a:response()) a:ack() end
local b = a:join()
b:syn()
outcome("join", joined(a, b))
if version == 1 then a:data(rest) outcome("response", response(a)) end
