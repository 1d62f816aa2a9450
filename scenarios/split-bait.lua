scenario {
	title = "one mapping over two segments, the option on the first only",
	source = "RFC 8684 3.3.1",
	versions = { 0, 1 },
	answers = {
		rfc = { data = "data-acked", response = "mapped" },
		linux_v1 = { release = "5.6", data = "data-acked", response = "mapped" },
		linux_v0 = { data = "data-acked", response = "mapped" },
	},
}

local a = subflow { checksum = true }
a:connect()
a:data(request:sub(1, 20), { options = { dss { covers = request } } })
a:data(request:sub(21), { options = {} })
local answer = a:data_answer()
if answer == "fallback" then accepts_early() end
outcome("data", answer)
outcome("response", response(a))
