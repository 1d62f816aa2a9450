scenario {
	title = "MP_PRIO makes a second subflow a backup",
	source = "RFC 8684 3.3.8",
	versions = { 0, 1 },
	answers = {
		rfc = { join = "accepted", data = "data-acked" },
		linux_v1 = { release = "5.12", join = "accepted", data = "data-acked" },
		linux_v0 = { join = "accepted", data = "data-acked" },
	},
}

local a = subflow()
a:connect()
check(hold(a) == "data-acked", "the first data is acknowledged (DATA_ACK)")
local b = a:join()
b:syn()
outcome("join", joined(a, b))
b:ack { options = { dss {}, mp_prio { backup = true } } }
outcome("data", hold_more(a))
