scenario {
	title = "the same request without MPTCP, for comparison",
	source = "RFC 8684 3.1",
	versions = { 0, 1 },
	answers = {
		rfc = { syn_ack = "plain", data = "fallback", response = "plain" },
		linux_v1 = { release = "5.6", syn_ack = "plain", data = "fallback",
			response = "plain" },
		linux_v0 = { syn_ack = "plain", data = "fallback", response = "plain" },
	},
}

local a = subflow { plain = true }
a:syn()
local reply = a:expect { flags = "SA" }
outcome("syn_ack", reply.mp_capable and "MP_CAPABLE" or "plain")
a:ack()
a:data(request)
outcome("data", a:data_answer())
outcome("response", response(a))
a:ack()
