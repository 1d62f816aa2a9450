scenario {
	title = "DATA_FIN is acknowledged at the MPTCP level (DATA_ACK)",
	source = "RFC 8684 3.3.3",
	versions = { 0, 1 },
	answers = {
		rfc = { data_fin = "acked" },
		linux_v1 = { release = "5.6", data_fin = "acked" },
		linux_v0 = { data_fin = "acked" },
	},
}

local a = subflow()
a:connect()
check(hold(a) == "data-acked", "the first data is acknowledged (DATA_ACK)")
local reply
for _ = 1, 4 do -- as any client does; Linux 5.10 may miss the first
	a:ack { data_fin = true }
	reply = a:wait({ data_ack = #opening + 1 }, 400)
	if reply then break end
end
outcome("data_fin", reply and "acked" or "not acked")
