scenario {
	title = "DSS without the checksum that was asked for",
	source = "RFC 8684 3.3.1",
	versions = { 0, 1 },
	answers = {
		rfc = { data = "reset*" },
		linux_v1 = { release = "5.14", data = "fallback", response = "plain",
			join = { "ack-reset*", "reset*" } },
		linux_v0 = { data = "reset", response = "none", join = "accepted" },
	},
}

local a = subflow { checksum = true }
a:connect()
a:data(request, { options = { dss { checksum = false } } })
outcome("data", a:data_answer())
outcome("response", version == 1 and response(a) or a:response())
a:ack()

local b = a:join()
b:syn()
outcome("join", b:join_answer())
