scenario {
	title = "ADD_ADDR with a wrong HMAC is ignored",
	source = "RFC 8684 3.4.1",
	versions = { 1 },
	answers = {
		rfc = { echo = "no", data = "data-acked" },
		linux_v1 = { release = "5.10", echo = "no", data = "data-acked" },
	},
}

local a = subflow()
a:connect()
check(hold(a) == "data-acked", "the first data is acknowledged (DATA_ACK)")
a:ack { options = { add_addr { address_id = 7, wrong_hmac = true } } }
local reply = a:wait({ where = function(s)
	return s.add_addr and s.add_addr.echo and s.add_addr.address_id == 7
end }, 500)
outcome("echo", reply and "yes" or "no")
a:ack()
outcome("data", hold_more(a))
