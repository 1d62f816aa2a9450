scenario {
	title = "the second mapping has a wrong checksum: MP_FAIL",
	source = "RFC 8684 3.7",
	versions = { 0, 1 },
	answers = {
		rfc = { data = "mp-fail", dsn = "of the mapping" },
		linux_v1 = { release = "5.18", data = "mp-fail", dsn = "of the mapping" },
		linux_v0 = { data = "mp-fail", dsn = "of the mapping" },
	},
}

local a = subflow { checksum = true }
a:connect()
check(hold(a) == "data-acked", "the first data is acknowledged (DATA_ACK)")

a:data(more, { wrong_checksum = true, dsn = a.idsn + 1 + #opening })
local reply = a:wait { option = "MP_FAIL" }
outcome("data", reply and "mp-fail" or "no MP_FAIL")
local right = reply and reply.mp_fail.dsn == a.idsn + 1 + #opening
outcome("dsn", right and "of the mapping" or "another")
