scenario {
	title = "the client says MP_FAIL: the server goes on with infinite mapping",
	about = "Linux 6.18 falls silent if the answer is longer than one mapping.",
	source = "RFC 8684 3.7",
	versions = { 0, 1 },
	answers = {
		rfc = { data = { "infinite", "plain" } },
		linux_v1 = { release = "5.18", data = { "infinite", "none" } },
		linux_v0 = { data = "infinite" },
	},
}

local a = subflow { checksum = true }
a:connect()
check(hold(a) == "data-acked", "the first data is acknowledged (DATA_ACK)")
waits(a)
a:ack { options = { dss {}, mp_fail {} } }
a:data(rest)
outcome("data", response(a))
