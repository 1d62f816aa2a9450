scenario {
	title = "REMOVE_ADDR of an address that was never announced",
	source = "RFC 8684 3.4.2",
	versions = { 0, 1 },
	answers = {
		rfc = { reply = "none", data = "data-acked" },
		linux_v1 = { release = "5.10", reply = "none", data = "data-acked" },
		linux_v0 = { reply = "none", data = "data-acked" },
	},
}

local a = subflow()
a:connect()
check(hold(a) == "data-acked", "the first data is acknowledged (DATA_ACK)")
a:ack { options = { dss {}, remove_addr(9) } }
outcome("reply", a:wait({ where = function(s)
	return s.flags:find "R" or s.add_addr and s.add_addr.echo or s.remove_addr
end }, 300) and "some" or "none")
outcome("data", hold_more(a))
