scenario {
	title = "two adjacent small segments, each with a mapping of its own",
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
a:data(request:sub(1, 20))
a:data(request:sub(21))
outcome("data", a:data_answer())
outcome("response", response(a))
