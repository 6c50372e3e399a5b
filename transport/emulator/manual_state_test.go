package emulator

import (
	"io"
	"time"
)

// States that examples begin in. Each opens a module, with SYSLOG off.
var states = map[string]func(r *rig){
	"fresh":     func(*rig) {},
	"joined":    func(r *rig) { r.join() },
	"linked":    func(r *rig) { keepReading(r.connect()) },
	"single":    single,
	"listening": listening,
	"mux":       func(r *rig) { r.ok("AT+CIPMUX=1") },
	"station":   func(r *rig) { r.ok("AT+CWMODE=1,0") },
	"softap":    func(r *rig) { r.ok("AT+CWMODE=2") },
	"antennas": func(r *rig) {
		r.ok("AT+CWANTENABLE=0,1,0")
		r.do("AT+RST", "\r\nOK\r\n\r\nready\r\n")
	},
	"joined-mux": joinedMux,
	"server": func(r *rig) {
		joinedMux(r)
		r.ok("AT+CIPSERVER=1,1001")
	},
	"datagram": func(r *rig) {
		joinedMux(r)
		r.do(`AT+CIPSTART=0,"UDP","192.168.67.9",5001`, "+CIP:0,CONNECTED\r\n\r\nOK\r\n")
	},
	"ota":  func(r *rig) { r.ok("AT+OTASTART=1") },
	"mqtt": func(r *rig) { r.ok(`AT+MQTTUSERCFG=0,0,"ST67W611M","user","123456789"`) },
	"twt": func(r *rig) {
		r.join()
		r.ok("AT+PWR=2", "AT+TWT_PARAM=1,1,13,128,1000")
		time.Sleep(20 * time.Second)
	},
	"passive": func(r *rig) {
		r.ok("AT+CIPRECVMODE=1")
		peer := r.connect()
		io.WriteString(peer, "hello")
		r.expect("+IPD:0,5\r\n")
	},
	"ble-server": func(r *rig) { r.ok("AT+BLEINIT=2") },
	"ble-client": func(r *rig) { r.ok("AT+BLEINIT=1") },
	"ble-gatt":   func(r *rig) { r.ok(service...) },
	"ble-bas":    func(r *rig) { r.ok("AT+BLEINIT=2", "AT+BLEBASINIT") },
	"ble-link": func(r *rig) {
		r.meet(append(service, "AT+BLEADVSTART")...)
		r.promptly("AT+BLEINIT=1")
		r.promptly(`AT+BLECONN=0,"` + bleServer + `"`)
	},
	"ble-serving": func(r *rig) {
		r.ok(append(service, "AT+BLEBASINIT", "AT+BLEADVSTART")...)
		r.meet("AT+BLEINIT=1", `AT+BLECONN=0,"`+bleClient+`"`)
		r.promptly("AT")
	},
	"ble-dis": func(r *rig) { r.ok("AT+BLEINIT=2", "AT+BLEDISINIT=100,101,102,103") },
}

// service is a BLE server as in the manual's examples, that notifies and indicates too.
var service = []string{"AT+BLEINIT=2", `AT+BLEGATTSSRVCRE=0,"` + bleService + `",1,2`,
	`AT+BLEGATTSCHARCRE=0,0,"` + bleFirst + `",58,3,2`, "AT+BLEGATTSREGISTER=1"}

// meet lets a second module on the air of r carry out lines.
func (r *rig) meet(lines ...string) {
	c := r.m.config
	c.Unit = 2
	peer := open(r.t, c)
	r.t.Cleanup(peer.close)
	for _, l := range lines {
		peer.promptly(l)
	}
}

// listening is a joined module and a peer that takes connections.
func listening(r *rig) {
	l, err := r.net.Listen("tcp", peerAddress)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { l.Close() })
	go func() {
		for peer, err := l.Accept(); err == nil; peer, err = l.Accept() {
			keepReading(peer)
		}
	}()
	r.join()
}

func joinedMux(r *rig) {
	r.join()
	r.ok("AT+CIPMUX=1")
}

// single is a joined module with one TCP connection and CIPMUX=0.
func single(r *rig) {
	l, err := r.net.Listen("tcp", peerAddress)
	if err != nil {
		r.t.Fatal(err)
	}
	defer l.Close()
	r.join()
	r.do(`AT+CIPSTART="TCP","192.168.67.9",5001`, "+CIP:CONNECTED\r\n\r\nOK\r\n")
	peer, err := l.Accept()
	if err != nil {
		r.t.Fatal(err)
	}
	keepReading(peer)
}

// keepReading takes what the module sends until the peer's end closes.
func keepReading(peer io.ReadCloser) {
	go func() {
		io.Copy(io.Discard, peer)
		peer.Close()
	}()
}
