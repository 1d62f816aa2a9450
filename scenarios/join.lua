scenario {
	title = "three-way MP_JOIN, fourth ACK, data on the second subflow",
	source = "RFC 8684 3.2, 3.3",
	versions = { 0, 1 },
	answers = {
		rfc = { join = "accepted", data = "data-acked" },
		linux_v1 = { release = "5.7", join = "accepted", data = "data-acked" },
		linux_v0 = { join = "accepted", data = "data-acked" },
	},
}

local a = subflow { checksum = true }
a:connect()
check(hold(a) == "data-acked", "the first data is acknowledged (DATA_ACK)")

local b = a:join()
b:syn()
outcome("join", joined(a, b))
outcome("data", hold_more(b))
