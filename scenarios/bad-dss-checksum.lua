scenario {
	title = "the first mapping has a wrong checksum",
	source = "RFC 8684 3.3, 3.7",
	versions = { 0, 1 },
	answers = {
		rfc = { data = { "mp-fail", "fallback" } },
		linux_v1 = { release = "5.14", data = "fallback", response = "plain",
			join = { "ack-reset*", "reset*" } },
		linux_v0 = { data = "mp-fail", response = "none", join = "reset" },
	},
}

local a = subflow { checksum = true }
a:connect()
a:data(request, { options = { dss { wrong_checksum = true } } })
outcome("data", a:data_answer())
outcome("response", version == 1 and response(a) or a:response())
a:ack()

local b = a:join()
b:syn()
outcome("join", b:join_answer())
