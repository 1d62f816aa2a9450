scenario {
	title = "an MP_JOIN out of nowhere: only MPTCP listeners reset it",
	about = [[Under SYN cookies it may stay unanswered. Linux 5.10 answers with
MP_JOIN, and an HMAC of zeros.]],
	source = "RFC 8684 3.2",
	versions = { 0, 1 },
	answers = {
		rfc = { syn = "reset*" },
		linux_v1 = { release = "5.10",
			syn = { "reset 1", "silent", "SYN/ACK with MP_JOIN" } },
		linux_v0 = { syn = "reset" },
	},
}

local a = subflow()
a:syn { options = { mss(), mp_join {} } }
local reply = a:wait()
outcome("syn", not reply and "silent"
	or reply.mp_join and "SYN/ACK with MP_JOIN"
	or not reply.flags:find "R" and "SYN/ACK"
	or reply.mp_tcprst and "reset " .. reply.mp_tcprst.reason
	or "reset")
