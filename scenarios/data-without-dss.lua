scenario {
	title = "the first data has no DSS, so the path may drop options",
	source = "RFC 8684 3.7",
	versions = { 0, 1 },
	answers = {
		rfc = { data = "fallback", response = "plain",
			join = { "reset*", "ack-reset*" } },
		linux_v1 = { release = "5.6", data = { "fallback", "reset before 5.13" },
			response = { "plain", "none before 5.13" },
			join = { "ack-reset*", "reset*" } },
		linux_v0 = { data = "fallback", response = "plain", join = "reset" },
	},
}

local a = subflow()
a:connect()
a:data(request, { options = {} })
local answer = a:data_answer()
local found = answer == "reset" and dated(answer) or answer
if found == "reset" then takes_data() end
outcome("data", found)
outcome("response", answer == "reset" and dated "none"
	or version == 1 and response(a) or a:response())
a:ack()

local b = a:join()
b:syn()
outcome("join", b:join_answer())
