scenario {
	title = "data lost on one subflow is sent again on another",
	about = "The first copy has a TTL that ends at the first router.",
	source = "RFC 8684 3.3.6",
	versions = { 0, 1 },
	answers = {
		rfc = { join = "accepted", data = "data-acked" },
		linux_v1 = { release = "5.7", join = "accepted", data = "data-acked" },
		linux_v0 = { join = "accepted", data = "data-acked" },
	},
}

local a = subflow()
a:connect()
check(hold(a) == "data-acked", "the first data is acknowledged (DATA_ACK)")
local b = a:join()
b:syn()
outcome("join", joined(a, b))
a:data(more, { ttl = 1 })
outcome("data", hold_more(b))
