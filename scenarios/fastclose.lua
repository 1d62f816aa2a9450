scenario {
	title = "MP_FASTCLOSE with a wrong key, then with the right one",
	source = "RFC 8684 3.5",
	versions = { 0, 1 },
	answers = {
		rfc = { wrong_key = "silent", right_key = "reset*" },
		linux_v1 = { release = "5.10", wrong_key = "silent",
			right_key = { "reset 0", "reset", -- a reason since 5.18
				"silent before 5.13" } },
		linux_v0 = { wrong_key = "silent", right_key = "reset" },
	},
}

local a = subflow()
a:connect()
check(hold(a) == "data-acked", "the first data is acknowledged (DATA_ACK)")

a:ack { options = { mp_fastclose { receiver_key = a.server_key ~ 1 } } }
outcome("wrong_key", a:reset_answer(200))
a:ack { options = { mp_fastclose {} } }
local answer = a:reset_answer()
outcome("right_key", answer == "silent" and dated(answer) or answer)
