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
a:data(request)
a:expect { data_ack = #request }
a:response()
a:ack { options = { add_addr { address_id = 7, wrong_hmac = true } } }
outcome("echo", a:wait({ option = "ADD_ADDR" }, 500) and "yes" or "no")
a:ack()
a:data(request)
outcome("data", a:data_answer())
