scenario {
	title = "a mapping longer than its payload",
	about = [[The rest of the mapping may still come, so the data is accepted by
TCP and waits; with a checksum nothing can be told before all of it is here.]],
	source = "RFC 8684 3.3.1",
	versions = { 0, 1 },
	answers = {
		rfc = { data = { "tcp-acked", "data-acked" } },
		linux_v1 = { release = "5.6", data = "tcp-acked" },
		linux_v0 = { data = "tcp-acked" },
	},
}

local a = subflow { checksum = true }
a:connect()
a:data(request, { length = 2 * #request })
local answer = a:data_answer()
if answer == "fallback" then accepts_early() end
if answer ~= "tcp-acked" then takes_data() end
outcome("data", answer)
