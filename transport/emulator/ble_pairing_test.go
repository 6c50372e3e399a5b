package emulator

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// next reads one line.
func (h host) nextLine() string {
	h.t.Helper()
	var line []byte
	b := make([]byte, 1)
	h.SetReadDeadline(time.Now().Add(patience))
	for !strings.HasSuffix(string(line), "\r\n") {
		if _, err := h.Read(b); err != nil {
			h.t.Fatalf("after %q: %v", line, err)
		}
		line = append(line, b[0])
	}
	return string(line)
}

// match reads a line and returns what the expression's group matches.
func (h host) match(expression string) string {
	h.t.Helper()
	line := h.nextLine()
	m := regexp.MustCompile("^" + expression + "\r\n$").FindStringSubmatch(line)
	if m == nil {
		h.t.Fatalf("the module said %q, want %s", line, expression)
	}
	return m[len(m)-1]
}

const (
	bleClientTyped = bleClient + " (public)"
	bleServerTyped = bleServer + " (public)"
)

// completed expects the good end of a pairing at both, and returns the key.
func completed(client, server *rig) string {
	client.t.Helper()
	const hex = `([0-9a-f]{32})`
	mine := client.match(`\+BLE:PAIRINGCOMPLETED: Bonded BTADDR: ` + regexp.QuoteMeta(bleServerTyped) + ` LTK: ` + hex)
	theirs := server.match(`\+BLE:PAIRINGCOMPLETED: Bonded BTADDR: ` + regexp.QuoteMeta(bleClientTyped) + ` LTK: ` + hex)
	if mine != theirs {
		client.t.Errorf("the keys differ: %s and %s", mine, theirs)
	}
	return mine
}

// The association models are those of Bluetooth Core 3.H.2.3.5.1, table 2.8, for LE
// Secure Connections: rows the initiator's IO capability, columns the responder's.
func TestBLEPairingMethods(t *testing.T) {
	const (
		just    = "just works"
		compare = "numeric comparison"
		mine    = "initiator enters"
		theirs  = "responder enters"
		both    = "both enter"
	)
	for initiator, row := range [5][5]string{
		//        display  yes/no   keyboard none  keyboard+display
		0: {just, just, theirs, just, theirs},
		1: {just, compare, theirs, just, compare},
		2: {mine, mine, both, just, mine},
		3: {just, just, just, just, just},
		4: {mine, compare, theirs, just, compare},
	} {
		for responder, method := range row {
			t.Run(fmt.Sprintf("%d-%d %s", initiator, responder, method), func(t *testing.T) {
				inEther(t, Config{}, func(client, server *rig) {
					client.ok(fmt.Sprintf("AT+BLESECPARAM=%d", initiator))
					server.ok(fmt.Sprintf("AT+BLESECPARAM=%d", responder))
					bleDial(client, server)
					client.ok("AT+BLESECSTART=0,2")
					confirm := func(r *rig, io int, peer string) {
						if io == 1 || io == 4 {
							r.expect("+BLE:PAIRINGCONFIRM:" + peer + "\r\n")
							r.ok("AT+BLESECPAIRINGCONFIRM=0")
						}
					}
					enter := func(from, to *rig, peer string) {
						key := from.match(`\+BLE:PASSKEYDISPLAY:(\d{6})`)
						to.expect("+BLE:PASSKEYENTRY:" + peer + "\r\n")
						to.ok("AT+BLESECPASSKEY=0," + key)
					}
					switch method {
					case just:
						confirm(server, responder, bleClientTyped)
						confirm(client, initiator, bleServerTyped)
					case compare:
						a := server.match(`\+BLE:PASSKEYCONFIRM:` + regexp.QuoteMeta(bleClientTyped) + `PASSKEY:(\d{6})`)
						client.expect("+BLE:PASSKEYCONFIRM:" + bleServerTyped + "PASSKEY:" + a + "\r\n")
						client.ok("AT+BLESECPASSKEYCONFIRM=0")
						server.ok("AT+BLESECPASSKEYCONFIRM=0")
					case mine:
						enter(server, client, bleServerTyped)
					case theirs:
						enter(client, server, bleClientTyped)
					case both:
						server.expect("+BLE:PASSKEYENTRY:" + bleClientTyped + "\r\n")
						client.expect("+BLE:PASSKEYENTRY:" + bleServerTyped + "\r\n")
						server.ok("AT+BLESECPASSKEY=0,123456")
						client.ok("AT+BLESECPASSKEY=0,123456")
					}
					completed(client, server)
					client.do("AT+BLESECSTART=0,2", "\r\nERROR\r\n") // it has that level now
				})
			})
		}
	}
}

// A bond outlives a reset, and makes a second pairing needless.
func TestBLEBonds(t *testing.T) {
	inEther(t, Config{}, func(client, server *rig) {
		bleDial(client, server)
		client.do("AT+BLESECGETLTKLIST?", bleOK)
		client.do("AT+BLESECSTART=0,4", "\r\nERROR\r\n") // without input and output there is no such level
		client.ok("AT+BLESECSTART=0,2")
		key := completed(client, server)
		list := "+BLESECGETLTKLIST: BONDADDR " + bleServerTyped + " LTK:" + key + "\r\n" + bleOK
		client.do("AT+BLESECGETLTKLIST?", list)
		client.do("AT+RST", "\r\nOK\r\n\r\nready\r\n")
		server.expect(`+BLE:DISCONNECTED:0,"` + bleClient + `",1` + "\r\n") // the supervision timeout
		client.ok("AT+BLEINIT=1")
		client.do("AT+BLESECGETLTKLIST?", list)
		bleDial(client, server)
		client.ok("AT+BLESECSTART=0,2")
		client.quiet(time.Second)
		client.do("AT+BLESECSTART=0,2", "\r\nERROR\r\n")

		client.ok(`AT+BLESECUNPAIR="`+bleServer+`",0`, `AT+BLESECUNPAIR="00:00:00:00:00:00",0`)
		client.expect(`+BLE:DISCONNECTED:0,"` + bleServer + `",0` + "\r\n")
		server.expect(`+BLE:DISCONNECTED:0,"` + bleClient + `",1` + "\r\n")
		client.do("AT+BLESECGETLTKLIST?", bleOK)
	})
}

func TestBLEPairingFailures(t *testing.T) {
	const failed = "+BLE:PAIRINGFAILED: "
	for name, f := range map[string]func(client, server *rig){
		"wrong key": func(client, server *rig) {
			client.match(`\+BLE:PASSKEYDISPLAY:(\d{6})`)
			server.expect("+BLE:PASSKEYENTRY:" + bleClientTyped + "\r\n")
			server.ok("AT+BLESECPASSKEY=0,0") // what is shown is 1 to 999999
			client.expect(failed + bleServerTyped + "\r\n")
			server.expect(failed + bleClientTyped + "\r\n")
		},
		"cancelled": func(client, server *rig) {
			client.match(`\+BLE:PASSKEYDISPLAY:(\d{6})`)
			server.expect("+BLE:PASSKEYENTRY:" + bleClientTyped + "\r\n")
			client.do("AT+BLESECCANNEL=0", failed+bleServerTyped+"\r\n"+bleOK)
			server.expect("+BLE:PAIRCANNELED:" + bleClientTyped + "\r\n" + failed + bleClientTyped + "\r\n")
			server.do("AT+BLESECCANNEL=0", "\r\nERROR\r\n")
		},
		"nobody enters": func(client, server *rig) {
			client.match(`\+BLE:PASSKEYDISPLAY:(\d{6})`)
			server.expect("+BLE:PASSKEYENTRY:" + bleClientTyped + "\r\n")
			start := time.Now()
			client.SetReadDeadline(start.Add(time.Minute))
			time.Sleep(29 * time.Second)
			client.quiet(0)
			client.expect(failed + bleServerTyped + "\r\n")
			server.expect(failed + bleClientTyped + "\r\n")
			if d := time.Since(start); d > 31*time.Second {
				client.t.Errorf("it took %v, want 30 s", d)
			}
		},
		"not asked": func(client, server *rig) {
			client.match(`\+BLE:PASSKEYDISPLAY:(\d{6})`)
			server.expect("+BLE:PASSKEYENTRY:" + bleClientTyped + "\r\n")
			for _, line := range []string{"AT+BLESECPASSKEY=0,1", "AT+BLESECPASSKEYCONFIRM=0", "AT+BLESECPAIRINGCONFIRM=0", "AT+BLESECSTART=0,4"} {
				client.do(line, "\r\nERROR\r\n")
			}
			server.do("AT+BLESECPASSKEY=0,1000000", "\r\nERROR\r\n")
			client.ok("AT+BLEDISCONN=0")
			client.expect(`+BLE:DISCONNECTED:0,"` + bleServer + `",0` + "\r\n")
			server.expect(`+BLE:DISCONNECTED:0,"` + bleClient + `",1` + "\r\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			inEther(t, Config{}, func(client, server *rig) {
				client.ok("AT+BLESECPARAM=0")
				server.ok("AT+BLESECPARAM=2")
				bleDial(client, server)
				client.ok("AT+BLESECSTART=0,4")
				f(client, server)
			})
		})
	}
}

// Two displays cannot authenticate: level 3 fails after the exchange of capabilities.
func TestBLELevelOutOfReach(t *testing.T) {
	inEther(t, Config{}, func(client, server *rig) {
		client.ok("AT+BLESECPARAM=0")
		server.ok("AT+BLESECPARAM=0")
		bleDial(client, server)
		client.ok("AT+BLESECSTART=0,3")
		client.expect("+BLE:PAIRINGFAILED: " + bleServerTyped + "\r\n")
		server.expect("+BLE:PAIRINGFAILED: " + bleClientTyped + "\r\n")
	})
}

// A peripheral may ask too, and its keys come from the seed.
func TestBLEPeripheralPairs(t *testing.T) {
	key := func(seed uint64) (k string) {
		synctest.Test(t, func(t *testing.T) {
			client, server := bleMeet(t, Config{Seed: seed})
			defer client.close()
			defer server.close()
			client.ok("AT+BLEINIT=1")
			server.ok("AT+BLEINIT=2")
			bleDial(client, server)
			server.ok("AT+BLESECSTART=0,2")
			k = completed(client, server)
		})
		return k
	}
	if a, b, c := key(1), key(1), key(2); a != b || a == c {
		t.Errorf("seeds 1, 1, 2 give %s, %s, %s", a, b, c)
	}
}
