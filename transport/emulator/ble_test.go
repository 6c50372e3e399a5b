package emulator

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Addresses of the two modules.
const (
	bleClient = "02:67:57:61:10:01"
	bleServer = "02:67:57:61:10:02"
)

const bleOK = "\r\nOK\r\n"

// bleMeet opens two modules in one air.
func bleMeet(t *testing.T, c Config) (client, server *rig) {
	t.Helper()
	c.Ether = NewEther()
	c.Unit = 1
	client = open(t, c)
	c.Unit = 2
	return client, open(t, c)
}

// inEther runs a test with two modules, of which one is client and one server.
func inEther(t *testing.T, c Config, f func(client, server *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		client, server := bleMeet(t, c)
		defer client.close()
		defer server.close()
		client.ok("AT+BLEINIT=1")
		server.ok("AT+BLEINIT=2")
		f(client, server)
		client.quiet(time.Second)
		server.quiet(time.Second)
	})
}

// bleDial connects the two with connection 0 on both sides.
func bleDial(client, server *rig) {
	client.t.Helper()
	server.ok("AT+BLEADVSTART")
	client.do(`AT+BLECONN=0,"`+bleServer+`"`, `+BLE:CONNECTED:0,"`+bleServer+`",0`+"\r\n"+bleOK)
	server.expect(`+BLE:CONNECTED:0,"` + bleClient + `",1` + "\r\n")
}

// bleSend runs a command with a data phase.
func (h host) bleSend(line, prompt, data, answer string) {
	h.t.Helper()
	h.do(line, prompt)
	if _, err := h.Write([]byte(data)); err != nil {
		h.t.Fatal(err)
	}
	h.expect(answer)
}

// bleAccepted is the firmware's answer to n bytes.
func bleAccepted(n string) string { return "Recv " + n + " bytes\r\n\r\nSEND OK\r\n" }

const (
	bleService = "01020304010203040102030401020304"
	bleFirst   = "01020304010203040102030401020305"
	bleDashed  = "01020304-0102-0304-0102-030401020305"
)

// bleServe registers a service with a characteristic of each kind.
func bleServe(server *rig) {
	server.t.Helper()
	server.ok(
		`AT+BLEGATTSSRVCRE=0,"`+bleService+`",1,2`,
		`AT+BLEGATTSCHARCRE=0,0,"`+bleFirst+`",18,1,2`, // read, notify
		`AT+BLEGATTSCHARCRE=0,1,"2aa0",32,1,0`,         // indicate
		`AT+BLEGATTSCHARCRE=0,2,"2aa1",4,2,0`,          // write without response
		`AT+BLEGATTSCHARCRE=0,3,"2aa2",10,3,0`,         // read, write
		"AT+BLEGATTSREGISTER=1")
}

// bleDiscover finds that service, number 3 behind the firmware's own two.
func bleDiscover(client *rig) {
	client.t.Helper()
	client.do("AT+BLEGATTCSRVDIS=0", "+BLE:SRV:0,1,1801,1,1,4\r\n+BLE:SRV:0,2,1800,1,5,11\r\n"+
		"+BLE:SRV:0,3,01020304-0102-0304-0102-030401020304,1,12,22\r\n"+bleOK)
	client.do("AT+BLEGATTCCHARDIS=0,3", "+BLE:SRVCHAR:0,3,1,"+bleDashed+",0x12,13,14\r\n"+
		"+BLE:SRVCHAR:0,3,2,2aa0,0x20,16,17\r\n+BLE:SRVCHAR:0,3,3,2aa1,0x04,19,20\r\n+BLE:SRVCHAR:0,3,4,2aa2,0x0a,21,22\r\n"+bleOK)
}

// Two modules find each other, connect, exchange, and part.
func TestBLELife(t *testing.T) {
	inEther(t, Config{}, func(client, server *rig) {
		server.ok(`AT+BLEADVDATA="0201060303180f"`, `AT+BLESCANRSPDATA="02010606095757575757"`)
		bleServe(server)
		server.ok("AT+BLEADVSTART")
		client.ok("AT+BLESCAN=1")
		client.expect(`+BLE:SCAN:"` + bleServer + `",-50,0201060303180f,,0` + "\r\n" +
			`+BLE:SCAN:"` + bleServer + `",-50,,02010606095757575757,0` + "\r\n")
		client.ok("AT+BLESCAN=0")
		server.do("AT+BLENAME?", "+BLENAME:WWWWW\r\n"+bleOK)
		client.do(`AT+BLECONN=0,"`+bleServer+`",0,10`, `+BLE:CONNECTED:0,"`+bleServer+`",0`+"\r\n"+bleOK)
		server.expect(`+BLE:CONNECTED:0,"` + bleClient + `",1` + "\r\n")
		client.do("AT+BLECONN?", `+BLECONN:0,"`+bleServer+`",0`+"\r\n"+bleOK)
		server.do("AT+BLECONN?", `+BLECONN:0,"`+bleClient+`",1`+"\r\n"+bleOK)
		client.do("AT+BLECONNPARAM?", "+BLECONNPARAM:0,24,40,24,0,1000\r\n"+bleOK)

		client.do("AT+BLEGATTCRD=0,3,1", "\r\nERROR\r\n") // nothing was discovered
		bleDiscover(client)
		server.bleSend("AT+BLEGATTSRD=0,0,30", "\r\n>", payload(30), bleAccepted("30"))
		client.do("AT+BLEGATTCRD=0,3,1", "+BLE:GATTREAD:0,3,1,22,"+payload(22)+"\r\n"+bleOK) // one answer of the plain MTU

		client.ok("AT+BLEEXCHANGEMTU=0")
		client.expect("+BLE:MTUSIZE:0,247\r\n")
		server.expect("+BLE:MTUSIZE:0,247\r\n")
		client.ok("AT+BLECONNPARAM=0,12,14,1,500")
		client.expect("+BLE:CONNPARAM:0,12,14,12,1,500\r\n")
		server.expect("+BLE:CONNPARAM:0,24,24,12,1,500\r\n")
		client.do("AT+BLECONNPARAM?", "+BLECONNPARAM:0,12,14,12,1,500\r\n"+bleOK)
		client.ok("AT+BLEDATALEN=0,251,2120")

		server.bleSend("AT+BLEGATTSRD=0,0,4", "\r\n>", "1234", bleAccepted("4"))
		client.do("AT+BLEGATTCRD=0,3,1", "+BLE:GATTREAD:0,3,1,4,1234\r\n"+bleOK)
		client.bleSend("AT+BLEGATTCWR=0,3,3,6", "\r\n>", "TOMCAT", bleAccepted("6"))
		server.expect("+BLE:GATTWRITE:0,0,2,6,TOMCAT\r\n")

		client.ok("AT+BLEGATTCSUBSCRIBE=0,15,14,1", "AT+BLEGATTCSUBSCRIBE=0,18,17,2")
		server.expect("+BLE:NOTIFICATION:1,0,0\r\n+BLE:INDICATION:1,0,1\r\n")
		long := payload(244)
		server.bleSend("AT+BLEGATTSNTFY=0,0,244", bleOK+"\r\n>", long, bleAccepted("244"))
		client.expect("+BLE:NOTIDATA:0,14,244," + long + "\r\n")
		server.bleSend("AT+BLEGATTSIND=0,1,4,0", "\r\n>", "abcd", bleAccepted("4"))
		client.expect("+BLE:NOTIDATA:0,17,4,abcd\r\n")
		server.expect("+BLE:INDICATION:2,0\r\n")
		client.ok("AT+BLEGATTCUNSUBSCRIBE=0,14")
		server.expect("+BLE:NOTIFICATION:0,0,0\r\n")
		server.bleSend("AT+BLEGATTSNTFY=0,0,1", bleOK+"\r\n>", "x", "Recv 1 bytes\r\n\r\nSEND FAIL\r\n")

		client.ok("AT+BLEDISCONN=0")
		client.expect(`+BLE:DISCONNECTED:0,"` + bleServer + `",0` + "\r\n")
		server.expect("+BLE:INDICATION:0,0,1\r\n" + `+BLE:DISCONNECTED:0,"` + bleClient + `",1` + "\r\n")
		client.do("AT+BLECONN?", "+BLECONN:\r\n"+bleOK)
	})
}

// What the manual's chapter 6 has, in the profile that does what it says.
func TestBLEManual(t *testing.T) {
	inEther(t, Config{Profile: "manual"}, func(client, server *rig) {
		server.ok(`AT+BLEADVDATA="02010606095757575757"`, `AT+BLESCANRSPDATA="02010606095757575757"`)
		bleServe(server)
		server.do("AT+BLEGATTSCHAR?", `+BLEGATTSCHAR:0,0,"`+bleFirst+`",18,2`+"\r\n"+`+BLEGATTSCHAR:0,1,"2aa0",32,0`+"\r\n"+
			`+BLEGATTSCHAR:0,2,"2aa1",4,0`+"\r\n"+`+BLEGATTSCHAR:0,3,"2aa2",10,0`+"\r\n"+bleOK)
		server.ok("AT+BLEADVSTART")
		client.ok("AT+BLESCANPARAM=0,0,0,40,40", "AT+BLESCAN=1")
		client.expect(`+BLESCAN:"` + bleServer + `",-50,02010606095757575757,,0` + "\r\n")
		client.ok("AT+BLESCAN=0")
		client.do(`AT+BLECONN=0,"11:22:33:44:55:66",0,3`, "+BLECONN:0,-1\r\n\r\nERROR\r\n")
		client.do(`AT+BLECONN=0,"`+bleServer+`",0,10`, `+BLECONN:0,"`+bleServer+`"`+"\r\n"+bleOK)
		server.expect(`+BLE:CONNECTED:0,"` + bleClient + `"` + "\r\n")
		client.do("AT+BLECONNPARAM=0,6,6,0,9", "+BLECONNPARAM: 0,-1\r\n\r\nERROR\r\n")
		client.do("AT+BLEGATTCSRVDIS=0", "+BLESRV=0,1,1801,1,1,4\r\n+BLESRV=0,2,1800,1,5,11\r\n"+
			"+BLESRV=0,3,01020304-0102-0304-0102-030401020304,1,12,22\r\n"+bleOK)
		client.do("AT+BLEGATTCCHARDIS=0,3", "+BLESRVCHAR=0,3,1,"+bleDashed+",9,13,14\r\n"+
			"+BLESRVCHAR=0,3,2,2aa0,16,16,17\r\n+BLESRVCHAR=0,3,3,2aa1,2,19,20\r\n+BLESRVCHAR=0,3,4,2aa2,5,21,22\r\n"+bleOK)
		server.bleSend("AT+BLEGATTSRD=0,0,4", "\r\n>", "1234", bleOK)
		client.do("AT+BLEGATTCRD=0,3,1", "+BLE:GATTREAD:0,3,1,4,1234\r\n+BLEREAD=0,3,1,4\r\n"+bleOK)
		client.bleSend("AT+BLEGATTCWR=0,3,4,2", "\r\n>", "hi", bleOK)
		server.expect("+BLE:GATTWRITE:0,0,3,2,hi\r\n")
		server.bleSend("AT+BLEGATTSNTFY=0,0,1", "\r\n>", "x", "\r\nERROR\r\n")
		server.do("AT+BLEGATTSNTFY=0,0,1,0", "\r\nERROR\r\n")
		server.do("AT+BLEINIT=3", "\r\nERROR\r\n")
		client.ok("AT+BLEDISCONN=0")
		client.expect(`+BLEDISCONN:0,"` + bleServer + `"` + "\r\n")
		server.expect(`+BLE:DISCONNECTED:0,"` + bleClient + `"` + "\r\n")
	})
}

// An instant of the air does not depend on how the goroutines run.
func TestBLEIsDeterministic(t *testing.T) {
	run := func() (said string) {
		synctest.Test(t, func(t *testing.T) {
			client, server := bleMeet(t, Config{Seed: 7})
			defer client.close()
			defer server.close()
			client.ok("AT+BLEINIT=1")
			server.ok("AT+BLEINIT=2", "AT+BLEADVPARAM=32,32,0,7", "AT+BLEADVSTART")
			client.ok("AT+BLESCAN=1")
			start := time.Now()
			var b strings.Builder
			for range 50 {
				client.expect(`+BLE:SCAN:"` + bleServer + `",-50,020106080942464c422d4154,,0` + "\r\n")
				b.WriteString(time.Since(start).String() + "\n")
				client.expect(`+BLE:SCAN:"` + bleServer + `",-50,,,0` + "\r\n")
			}
			said = b.String()
		})
		return said
	}
	first := run()
	if second := run(); first != second {
		t.Errorf("two runs of the same seed differ:\n%s\n%s", first, second)
	}
	if strings.Count(first, "\n") != 50 {
		t.Errorf("%d events", strings.Count(first, "\n"))
	}
}
