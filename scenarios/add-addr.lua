scenario {
	title = "ADD_ADDR with a right HMAC is echoed",
	source = "RFC 8684 3.4.1",
	versions = { 1 },
	answers = {
		rfc = { echo = "yes" },
		linux_v1 = { release = "5.10", echo = { "yes", "no before 5.13" } },
	},
}

local a = subflow()
a:connect()
check(hold(a) == "data-acked", "the first data is acknowledged (DATA_ACK)")
a:ack { options = { add_addr { address_id = 7 } } }
local reply = a:wait { where = function(s)
	return s.add_addr and s.add_addr.echo and s.add_addr.address_id == 7
end }
outcome("echo", reply and "yes" or dated "no")
