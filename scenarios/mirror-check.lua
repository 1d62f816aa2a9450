scenario {
	title = "the MP_CAPABLE of the SYN/ACK is an answer, not an echo",
	source = "RFC 8684 3.1",
	versions = { 0, 1 },
	answers = {
		rfc = { option = "answered", kind_253 = "not echoed" },
		linux_v1 = { release = "5.6", option = "answered", kind_253 = "not echoed" },
		linux_v0 = { option = "answered", kind_253 = "not echoed" },
	},
}

local a = subflow()
a:syn { options = { mss(), mp_capable {}, raw "fd04f989" } }
local reply = a:expect { flags = "SA", option = "MP_CAPABLE" }
local key = reply.mp_capable.sender_key
outcome("option", key and key ~= a.key and "answered" or "echoed")
local echo = reply.options:find("253", 1, true)
outcome("kind_253", echo and "echoed" or "not echoed")
