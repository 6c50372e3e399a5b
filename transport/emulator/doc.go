// Package emulator is a ST67W611M1 in software: its AT commands, its line, its
// radio, and the air that it is in. It is the rig that everything runs
// against when no hardware is at hand, and the only place where the truth is
// known in advance.
//
// # Concepts
//
// A [Module] is one emulated module. It answers byte for byte as the T01
// firmware does; where firmware and manual contradict each other, the point is
// a named quirk. Its sockets are real: AT+CIPSTART goes through Config.Dial, so
// 127.0.0.1 is this machine.
//
// A host reaches it in one of four ways. [Module.Open] gives a connection in
// this process. [Module.PTY] puts it behind a pseudo-terminal, which any program
// opens as a serial port. [Module.Serve] offers it over TCP. The first host
// switches the module on; `ready` comes when it has booted. [Module.SPI] gives the
// wires of the SPI link, and [Module.ServeSPI] offers them to other programs;
// there CHIP_EN switches the module.
//
// Over SPI the firmware reads one frame at a time: what follows the first CRLF of
// a command's frame is answered with `busy p...` and lost, a command is cut at 256
// bytes, and a data phase takes frames of any length. A frame that comes while a
// command is at work waits in one of two buffers. Each message of the module is
// a frame.
//
// The air has one access point unless Config.Air describes another. It changes while
// the module runs: [Module.AP] switches access points off and on, [Module.RSSI] sets
// how strongly they are heard, and [Module.Deauth] ends the association.
//
// [Truth] has the parameters and the closed form of an exchange. In virtual time
// (testing/synctest, with Open and package memnet) the module meets the closed
// form to the nanosecond. In real time it sleeps to 120 µs before an instant
// and spins the rest.
//
// [Module.Meter] puts a current meter into the module's supply, which speaks the
// wire protocol of a real one (package meter).
//
// The packages below share the work: core has the AT task, the line, the radio
// and the clock; basic, wifi, inet and power have one family of commands each;
// spislave is the module's end of the SPI link, memnet the network of virtual time.
//
// # Link URL
//
// emulated?key=value&… takes these keys:
//
//	link           uart (a PTY, the default), tcp, memory, spi
//	build          uart (blocking send), spi (SEND OK means queued); the default
//	               is spi with link=spi, else uart
//	profile        manual, t01-2.0.75, t01-2.0.89, t01-2.0.97, t01-2.0.106 (the default),
//	               or the path of a profile file
//	baud           line rate in bit/s, default 2000000; 0 is a line that takes no time
//	flow           none (the default) or rtscts, of the line in memory and over TCP; on a PTY
//	               the host's termios have it
//	speed          SPI clock in Hz, kHz or MHz, default 20MHz; 0 is one that takes no time
//	max            SPI: longest transfer of the host in bytes; the module takes any
//	ready          SPI: least length of an RDY pulse, default 70us
//	overhead       SPI: what each transfer costs its host beside the clocks, default 0:
//	               in real time the program that drives the wires has its own
//	wake           SPI: from CS to RDY, of a module in standby (AT+PWR=2) whose link was
//	               idle for 10 ms, default 4ms; awake it is 0
//	unit           tells modules of one process apart: the last byte of its addresses, default 1
//	seed           of losses and of faults at random places, default 0
//	latency        from a command's last byte to its effect, default 250us
//	radio          payload rate in each direction, default 20Mbit/s, or less where protocol
//	               and signal carry less; unlimited
//	radio-latency  one way between module and peer, default 1ms
//	loss           probability that a radio frame has to be sent again: 0.01 or 1%
//	drift          ppm by which the RC 32 kHz clock is fast, default 0; the manual's note
//	               gives 60 ms in 30 s, 2000. AT+SET_CLOCK=2 or 3 takes another clock
//	beacon-loss    probability that the station misses a beacon that it wakes for, default 0
//	current        NAME:VALUE of the supply, such as sleep:80uA or beacon-charge:75uC; the
//	               names and defaults are those of core.Currents; repeatable
//	outage         AFTER:FOR[/EVERY], a time without radio: 5s:200ms/10s; repeatable
//	air            FILE: the access points and stations that there are, as wifi.ParseAir
//	               reads them; default one access point
//	rssi           how strongly the module hears the default access point in dBm, default -48
//	dtim, beacon   DTIM (default 1) and beacon interval in TU (default 100) of that one
//	twt            on (the default) or off: whether that one answers TWT requests
//	boot           from switching on or reset to `ready`, default 500ms
//	quirk          a name of the list below, or -name to switch it off; repeatable
//	fault          NAME[:ARG][@N[/EVERY]]; repeatable
//
// # Quirks
//
// Each profile of a release has those on that are known of it; `manual` has those
// that make the module do what the manual says.
//
// On in the releases:
//
//	joined-prompt     CIPSEND writes OK and the prompt in one piece
//	recv-line         `Recv <n> bytes` comes before SEND OK (manual: SEND OK alone)
//	bare-dinfo        CIPDINFO? answers without the CRLF of its data line
//	status-prefix     CIPSTATE? answers +CIPSTATUS: (manual: +CIPSTATE:)
//	len-comma         CIPRECVLEN? ends in a comma (manual: example with, syntax without)
//	data-limit        CIPRECVDATA refuses more than the receive buffer holds
//	closed-data       what a passive connection has received can be read after its end
//	server-port       CIPSERVER=1 needs a port (manual: 333 by default)
//	ssl-bare          CIPSSLC* queries with CIPMUX=0 have no link ID, CIPSSLCSNI? no quotes
//	ssl-files         CIPSSLCCONF= needs the files of its mode, which have to exist
//	linger-unsigned   CIPTCPOPT takes a linger of 65535 or 4294967295 as -1
//	block-all         a full passive receive buffer holds up every link
//	quit-first        CWQAP says that it is disconnected before OK
//	clock-silent      SET_CLOCK restarts the module without OK
//	hibernate-silent  PWR=1 gives no reply
//	sendl-both        CIPSENDLCFG= needs both sizes
//	ping-after-ok     PING answers OK at once, its times follow
//	busy-drop         what follows a command before its final code is lost with busy p...
//	bare-query        CWDHCP?, CWDHCPS?, CWAUTOCONN?, CWSTAPROTO? and CWAPPROTO? answer
//	                  without the CRLF of their data line
//	scan-brackets     +CWLAP: has its fields in brackets, and no group cipher
//	scan-later        CWLAP answers OK at once, its results follow
//	ap-keeps-dhcp     CIPAP= leaves the SoftAP's DHCP server on
//	v6-colon          CIFSR has a colon before an IPv6 address
//	mqtt-1470         a publication of more than 1470 bytes fails
//	write-bare        EFUSE-W and FLASH-W ask for their data with OK alone
//	flash-len         FLASH-R gives the length before the data
//	ioin-both         IOIN= needs pin and pull
//	ota-ok            OTASEND and OTAFIN say SEND OK and OK also when the image is refused
//	fs-text           FS reads up to the first zero byte, though the length counts all
//	mqtt-send-ok      the data of MQTTCLIENTID= and the like end in Recv and SEND OK
//	mqtt-colon        +MQTT:SUBRECV:0 and +MQTTSUB:ALREADY_SUBSCRIBE (manual: a comma)
//	mqtt-clean        MQTTCONNCFG? gives 1 for a clean session (manual: 0)
//	mqtt-limits       MQTTCONNCFG= refuses keep-alive 0; MQTT texts have up to 127 bytes
//	mqtt-first        MQTTCONN= without reconnection connects before OK
//	mqtt-again        MQTTCONN= may follow a lost connection without MQTTCLEAN=
//	mqtt-forget       after a reconnection the topics are not subscribed to again
//	send-excess       before 2.0.106, over SPI: bytes beyond the length are sent too
//	ping-four         before 2.0.97: PING takes four parameters
//	dtim-absolute     before 2.0.97: SLWKDTIM sets the DTIM itself, not a factor
//	teardown-any      before 2.0.106: TWT_TEARDOWN takes only 0,1,0
//	state-long        from 2.0.97 on: CWSTATE? has mode and authentication too
//	ble-text          BLE lines and data phases are the firmware source's, not chapter 6's
//	ble-prompt-ok     before 2.0.97: BLEGATTSIND and BLEGATTSRD give OK before the prompt
//	ble-dual          from 2.0.97: BLEINIT=3, connections named with their role, and more
//
// Off in the releases:
//
//	buf-bare      CIPRECVBUF=, CIPEVT= and CWEVT= print their bare name before OK, as in the manual
//	sendl-each    CIPSENDL reports every multiple of the report size and at last the total, as in
//	              the manual; else the highest multiple once a block
//	buf-2920      a link's receive buffer is 2920 bytes by default, as in the manual
//	ipd-total     the length of a passive +IPD is all that is buffered, as in the manual
//	send-8192     CIPSEND takes up to 8192 bytes, as in the manual; else up to 6144
//	closed-text   CIPCLOSE says <id>,CLOSED, as in the manual
//	ping-zero     PING reports 0 ms as a time-out
//	join-waits    CWJAP answers when the join has ended, with an error code if badly
//	twt-wiki      TWT_PARAM counts its set-up types from 1, as ST's wiki does
//	iperf-reset   IPERF ends its TCP upload with a reset
//	iperf-report  IPERF answers the end of a UDP download with a report
//	iperf-clean   IPERF sends UDP as iperf 2.1 does
//	iperf-on-at   IPERF's report lines come on the AT port too
//	ota-4096        OTASEND takes up to 4096 bytes; else up to 8192
//	mqtt-bare       MQTTSUB? and MQTTSNI? answer without quotes
//	mqtt-no-retain  the retain flag of a publication has no effect
//
// # Faults
//
// A fault, NAME[:ARG][@N[/EVERY]], hits at the N-th of what it counts since the
// module was switched on (default the first; neither resets nor CHIP_EN start the
// count again), once; with /EVERY again at each EVERY-th after that. Where a time
// is said to be possible, N and EVERY may be times: deauth@5s, deauth@5s/10s.
// [Module.Injected] counts them; [Module.Inject] adds one while the module runs.
//
// These count sends of any kind (CIPSEND, CIPSENDL, CIPSENDEX). One at a payload
// offset waits for a send that is long enough:
//
//	drop:OFFSET       a payload byte is lost between data phase and socket
//	flip:OFFSET       the lowest bit of a payload byte is inverted there
//	duplicate:OFFSET  a payload byte is sent twice there
//	                  without OFFSET, a place drawn from the seed;
//	                  every=K in its place: every K-th payload byte from send N on
//	short:COUNT       the last COUNT bytes of the payload (default half) are taken and neither
//	                  acknowledged nor sent: Recv says fewer than were given
//	silence           after the prompt the module takes the payload, sends nothing and says
//	                  nothing; the next command works
//	reboot:OFFSET     the module restarts after OFFSET bytes of the payload (default half):
//	                  connections are gone, `ready` comes; or at a time
//	brown-out         the same when the radio begins to send, with a line on the log port; or
//	                  at a time
//	urc:line          an unsolicited line comes between OK and prompt
//	urc:split         an unsolicited line comes in the middle of the Recv line
//	close             the connection is closed in mid-send: +CIP:<id>,DISCONNECTED
//	send-fail         SEND FAIL, and nothing is sent
//	deauth            the access point ends the association before the prompt; or at a time
//	decay:TIME        from then on the radio's rate falls to a ten thousandth within TIME (default
//	                  10s), until the module restarts; or from a time on
//
// These count commands:
//
//	urc:reply         an unsolicited line comes between a command's data lines and its final code
//	urc:echo          an unsolicited line comes in the middle of a command's echo (ATE1)
//	split:BYTES       what the module says until the next command comes in pieces of BYTES
//	                  (default 1), 1 ms apart: over SPI in frames of so many
//	merge             what the module says until the next command is held back for 20 ms and
//	                  comes in one piece, over SPI in one frame
//	busy              the command is answered with `busy p...` and lost
//	no-memory         the command is not carried out: ERROR, with sub-code 0x0D
//	crash             the module restarts in mid-command: no answer, then `ready`; or at a time
//
// These count something else:
//
//	refuse            the connection of the N-th CIPSTART is refused
//	broker-gone       before the N-th publication of MQTT, or at a time, the connections to the
//	                  brokers end
//	replies           the N-th piece that comes in from the network is overwritten with text
//	                  that looks like the module's replies, of the same length
//
// These are there all the time and take no @:
//
//	lose:RATE         each byte on a serial line, both ways, is lost with this probability (0.001
//	                  or 0.1%); with flow control none is
//	overrun:BYTES     the UART's receive buffer holds BYTES: what comes on top of that before the
//	                  firmware takes it is lost, and held off with flow control
//	leak:BYTES        each connection leaves so many bytes of the heap taken until the next restart
//	drift:PPM         the RC clock is fast by so many parts in a million, or slow if negative
//
// Those of the SPI link count transactions, the first being that of `ready`, and
// lost-edge RDY's edges; there are two in each transaction.
//
//	stall:COUNT       COUNT transactions in a row (default 1) say rx_stall, and the host's
//	                  payload is thrown away; COUNT is what is counted
//	old-magic         the module's header begins with 01 55 (0x5501), as that of an image
//	                  that does not match; @1/1 for all of them
//	header:OFFSET     the lowest bit of a byte of the module's header is inverted on the wire
//	body:OFFSET       the same in the payload of a frame of the module
//	                  without OFFSET, a place drawn from the seed
//	lost-bit          the first bit that the module clocks out is lost: all after it come one early
//	lost-edge         an edge of RDY brings no event; its number is left out, the level is
//	                  right. Not at the pin level on a socket, which has nothing but events
//
// # Power
//
// [Module.Charge], [Module.Current] and [Module.States] tell what the supply gives.
// The module is shut down, hibernates, is in standby (AT+PWR=2 without an access
// point), sleeps (with one), listens for a beacon, wakes, is idle, receives, or
// transmits; each has its current, in core.Currents with its source. Asleep it
// wakes for a beacon every
//
//	T = beacon interval x DTIM of the access point x factor of SLWKDTIM
//
// and takes I0 + q/T on average, 78.6 µA + 74.8 µC/T; with a TWT agreement in place
// of the beacons
//
//	I0 + (38 mA - I0) (SP + 16.25 ms)/T,   SP = duration x 256 µs, T = mantissa x 2^exponent µs
//
// Something to send wakes it (the key wake), what comes in waits for the next beacon
// or service period, and after either it stays awake for 10 ms. A missed beacon
// keeps the next windows open longer and lets them come sooner. Hibernation over a
// serial line ends by AT+SLWKTIMER=1 or [Module.RaisePin] only.
//
// # What is a model
//
// PING adds the radio's round trip to this machine's own ICMP echo. Where that is
// not permitted, and in a network of its own (Config.Dial), every host answers at
// once behind the radio, and the log port says so. The time of SNTP is this
// machine's; no server is asked. A DNS server of CIPDNS is asked when it is on this
// machine, else this machine's resolver is. Loss never costs TCP payload, only air
// time; a lost datagram of UDP is lost. The module's servers listen at the module's
// address on this machine's loopback network, or at 127.0.0.1 where a system has
// no other, and those of IPv6 at ::1. TLS is crypto/tls, which knows no pre-shared
// keys: a connection that has one is refused, and the log port says why.
package emulator
