scenario {
	title = "a version 0 SYN to a server that speaks version 1",
	source = "RFC 8684 3.1",
	versions = { 1 },
	answers = {
		rfc = { syn_ack = { "plain", "version 1" } },
		linux_v1 = { release = "5.6", syn_ack = "plain" },
	},
}

local a = subflow { version = 0 }
a:syn()
local reply = a:expect { flags = "SA" }
local o = reply.mp_capable
outcome("syn_ack", o and "version " .. o.version or "plain")
