scenario {
	title = "an MP_JOIN whose token no connection has",
	about = "Under SYN cookies Linux says nothing.",
	source = "RFC 8684 3.2",
	versions = { 0, 1 },
	answers = {
		rfc = { data = "data-acked", response = "mapped", join = "reset*" },
		linux_v1 = { release = "5.13", data = "data-acked",
			response = "mapped", join = { "reset 1", "silent" } },
		linux_v0 = { data = "data-acked", response = "mapped", join = "reset" },
	},
}

local a = subflow { checksum = true }
a:connect()
a:data(request)
outcome("data", a:data_answer())
outcome("response", response(a))
a:ack()

local b = a:join()
b:syn { options = { mss(), mp_join { token = a.token ~ 0xff000000 } } }
outcome("join", b:join_answer())
