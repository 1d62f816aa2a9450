scenario {
	title = "the third ACK of an MP_JOIN has a wrong HMAC",
	source = "RFC 8684 3.2",
	versions = { 0, 1 },
	answers = {
		rfc = { syn_ack = "MP_JOIN", ack = "reset*" },
		linux_v1 = { release = "5.7", syn_ack = "MP_JOIN",
			-- a reason since 5.13; of Linux 6.16, 3
			ack = { "reset 1", "reset", "reset 3" } },
		linux_v0 = { syn_ack = "MP_JOIN", ack = "reset" },
	},
}

local a = subflow()
a:connect()
check(hold(a) == "data-acked", "the first data is acknowledged (DATA_ACK)")

local b = a:join()
b:syn()
local reply = b:wait()
if reply and reply.mp_tcprst then same_server(a) end
check(reply and reply.flags == "SA", "the MP_JOIN SYN is answered")
outcome("syn_ack", reply.mp_join and "MP_JOIN" or "plain")
b:ack { options = { mp_join { wrong_hmac = true } } }
local answer = b:reset_answer()
if answer == "silent" then accepts_early() end
outcome("ack", answer)
