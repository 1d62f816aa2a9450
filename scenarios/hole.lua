scenario {
	title = "data after a gap, then the gap is filled",
	source = "RFC 8684 3.3.2",
	versions = { 0, 1 },
	answers = {
		rfc = { ahead = "0 bytes", filled = "data-acked", response = "mapped" },
		linux_v1 = { release = "5.6", ahead = "0 bytes", filled = "data-acked",
			response = "mapped" },
		linux_v0 = { ahead = "0 bytes", filled = "data-acked", response = "mapped" },
	},
}

local a = subflow()
a:connect()
a:data(request)
a:expect { data_ack = #request }
a:response()
a:ack()
local n, first, second = #request, request:sub(1, 20), request:sub(21)
a:data(second, { seq = n + 21, offset = n + 20 })
a:wait({ flags = "A" }, 300)
outcome("ahead", a.data_acked - n .. " bytes")
a:data(first, { seq = n + 1, offset = n })
a:wait { data_ack = 2 * n }
outcome("filled", a.data_acked == 2 * n and "data-acked" or "not acked")
outcome("response", a:response())
