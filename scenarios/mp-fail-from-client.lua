scenario {
	title = "the client says MP_FAIL: the server goes on with infinite mapping",
	source = "RFC 8684 3.7",
	versions = { 0, 1 },
	answers = {
		rfc = { data = { "infinite", "plain" } },
		linux_v1 = { release = "5.18", data = "infinite" },
		linux_v0 = { data = "infinite" },
	},
}

local a = subflow { checksum = true }
a:connect()
a:data(request)
a:expect { data_ack = #request }
a:response()
a:ack { options = { dss {}, mp_fail {} } }
a:data(request)
outcome("data", a:response())
