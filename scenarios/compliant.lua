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
a:data(request)
outcome("data", a:data_answer())
outcome("response", a:response())
a:ack()

local b = a:join()
b:syn()
outcome("join", b:join_answer())
