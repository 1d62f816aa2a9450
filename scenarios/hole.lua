scenario {
	title = "data after a gap, then the gap is filled",
	about = "A receiver may throw away what is ahead; then it is sent again.",
	source = "RFC 8684 3.3.2",
	versions = { 0, 1 },
	answers = {
		rfc = { ahead = "0 bytes", data = "data-acked", response = "mapped" },
		linux_v1 = { release = "5.6", ahead = "0 bytes", kept = "yes",
			data = "data-acked", response = "mapped" },
		linux_v0 = { ahead = "0 bytes", data = "data-acked", response = "mapped" },
	},
}

local a = subflow()
a:connect()
check(hold(a) == "data-acked", "the first data is acknowledged (DATA_ACK)")
local n, first, second = #opening, rest:sub(1, 20), rest:sub(21)
a:data(second, { seq = n + 21, offset = n + 20 })
a:wait({ flags = "A" }, 300)
outcome("ahead", a.data_acked - n .. " bytes")
a:data(first, { seq = n + 1, offset = n })
local kept = a:wait({ data_ack = #request }, 300)
outcome("kept", kept and "yes" or "no")
if not kept then a:data(second, { seq = n + 21, offset = n + 20 }) end
outcome("data", kept and "data-acked" or a:data_answer())
outcome("response", response(a))
