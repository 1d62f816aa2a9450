scenario {
	title = "the third ACK echoes a wrong server key",
	about = [[The receiver's key is for servers that keep no state: under SYN
cookies version 1 believes it. Else neither kernel looks at it.]],
	source = "RFC 8684 3.1",
	versions = { 0, 1 },
	answers = {
		rfc = { data = { "data-acked", "fallback" } },
		linux_v1 = { release = "5.7", data = "data-acked",
			response = { "mapped", "wrong-mapping" },
			join = { "accepted", "reset 1", "silent" } },
		linux_v0 = { data = "data-acked", response = "mapped", join = "accepted" },
	},
}

local a = subflow { checksum = true }
a:syn()
a:expect { flags = "SA", option = "MP_CAPABLE" }
local wrong = a.server_key ~ 0xff00000000000000
a:ack { options = { mp_capable { receiver_key = wrong } } }
-- A server may close behind its answer; version 0 as published.
if version == 0 then a:data(request) end
outcome("data", version == 1 and hold(a) or a:data_answer())
if version == 0 then outcome("response", a:response()) a:ack() end
local b = a:join()
b:syn()
outcome("join", joined(a, b))
if version == 1 then a:data(rest) outcome("response", response(a)) end
