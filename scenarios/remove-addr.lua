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
a:data(request)
a:expect { data_ack = #request }
a:response()
a:ack { options = { dss {}, remove_addr(9) } }
outcome("reply", a:wait({}, 300) and "some" or "none")
a:data(request)
outcome("data", a:data_answer())
