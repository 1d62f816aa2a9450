scenario {
	title = "the first mapping has data-level length 0: infinite",
	source = "RFC 8684 3.7",
	versions = { 0, 1 },
	answers = {
		rfc = { data = { "fallback", "data-acked" },
			response = { "plain", "infinite" } },
		linux_v1 = { release = "5.18", data = "fallback", response = "plain",
			join = { "ack-reset*", "reset*" } },
		linux_v0 = { data = "data-acked", response = "infinite", join = "reset" },
	},
}

local a = subflow { checksum = true }
a:connect()
a:data(request, { options = { dss { length = 0, checksum = 0 } } })
outcome("data", a:data_answer())
outcome("response", version == 1 and response(a) or a:response())
a:ack()

local b = a:join()
b:syn()
outcome("join", b:join_answer())
