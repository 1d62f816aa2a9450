scenario {
	title = "the third ACK echoes a wrong server key",
	about = [[The receiver's key in the third ACK exists for servers that keep no
state; both kernels have state, and do not compare it. Under SYN cookies
version 1 believes the wrong key, and numbers its data by that.]],
	source = "RFC 8684 3.1",
	versions = { 0, 1 },
	answers = {
		rfc = { data = { "data-acked", "fallback" } },
		linux_v1 = { release = "5.7", data = "data-acked",
			response = { "mapped", "wrong-mapping" },
			join = { "accepted", "reset 1", "silent" } },
		linux_v0 = { data = "data-acked", response = "mapped", join = "accepted" },
	},
}

local a = subflow { checksum = true }
a:syn()
a:expect { flags = "SA", option = "MP_CAPABLE" }
local wrong = a.server_key ~ 0xff00000000000000
a:ack { options = { mp_capable { receiver_key = wrong } } }
a:data(request)
outcome("data", a:data_answer())
outcome("response", a:response())
a:ack()

local b = a:join()
b:syn()
outcome("join", b:join_answer())
