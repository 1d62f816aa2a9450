scenario {
	title = "an experimental option (kind 253) beside MPTCP",
	source = "RFC 6994, RFC 8684 3.1",
	versions = { 0, 1 },
	answers = {
		rfc = { data = "data-acked", response = "mapped" },
		linux_v1 = { release = "5.6", data = "data-acked", response = "mapped" },
		linux_v0 = { data = "data-acked", response = "mapped" },
	},
}

local a = subflow()
a:syn { options = { mss(), mp_capable {}, raw "fd04f989" } }
a:expect { flags = "SA", option = "MP_CAPABLE" }
a:ack { options = { mp_capable {}, raw "fd04f989" } }
a:data(request)
outcome("data", a:data_answer())
outcome("response", response(a))
