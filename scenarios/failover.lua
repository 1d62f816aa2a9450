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
a:data(request)
a:expect { data_ack = #request }
a:response()
a:ack()
local b = a:join()
b:syn()
outcome("join", b:join_answer())
a:data(request, { ttl = 1 })
b:data(request, { offset = #request })
outcome("data", b:data_answer())
