package emulator

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// The commands that need a role, with parameters that would do: without BLEINIT each is
// refused with 0x11, in the wrong role too.
var bleInRole = map[string]string{
	"client": `AT+BLESCANPARAM?|AT+BLESCANPARAM=1,0,0,40,40|AT+BLESCAN=1|AT+BLECONN=0,"11:22:33:44:55:66",0,10|` +
		`AT+BLEGATTCWR=0,1,1,1|AT+BLEGATTCSUBSCRIBE=0,15,14,1|AT+BLEGATTCUNSUBSCRIBE=0,14`,
	"server": `AT+BLESCANRSPDATA="020106"|AT+BLEADVPARAM?|AT+BLEADVPARAM=160,320,0,7|AT+BLEADVDATA="020106"|AT+BLEADVSTART|AT+BLEADVSTOP|` +
		`AT+BLEGATTSSRV?|AT+BLEGATTSSRVCRE=0,"180f",1,0|AT+BLEGATTSSRVDEL=0|AT+BLEGATTSREGISTER=1|AT+BLEGATTSCHAR?|` +
		`AT+BLEGATTSCHARCRE=0,0,"2a19",2,1,0|AT+BLEGATTSNTFY=0,0,1|AT+BLEGATTSIND=0,0,1|AT+BLEGATTSRD=0,0,1|` +
		`AT+BLEBASINIT|AT+BLEBASDEINIT|AT+BLEBASLVLGET?|AT+BLEBASLVLSET=0,100|AT+BLEIASINIT|AT+BLEIASDEINIT|` +
		`AT+BLEDISINIT=100,101,102,103|AT+BLEDISDEINIT|AT+BLEDISSET="manuf","ST67W611M",6`,
	"either": `AT+BLEADDR?|AT+BLEADDR="11:22:33:44:55:66"|AT+BLENAME="a"|AT+BLECONNPARAM?|AT+BLECONNPARAM=0,12,14,1,500|AT+BLEDISCONN=0|` +
		`AT+BLEDATALEN=0,251,2120|AT+BLEEXCHANGEMTU=0|AT+BLETXPWR?|AT+BLETXPWR=10|AT+BLESECPARAM?|AT+BLESECPARAM=4|AT+BLESECCANNEL=0|` +
		`AT+BLESECPASSKEYCONFIRM=0|AT+BLESECPAIRINGCONFIRM=0|AT+BLESECPASSKEY=0,123456|AT+BLESECGETLTKLIST?|` +
		`AT+BLESECUNPAIR="12:34:56:78:00:12",0|AT+BLESECSTART=0,4`,
}

func refusal(code int) string { return fmt.Sprintf("ERR CODE:0x01%02x0000\r\n\r\nERROR\r\n", code) }

func TestBLENeedsARole(t *testing.T) {
	for init, roles := range map[string][]string{
		"AT+BLEINIT=0": {"client", "server", "either"}, "AT+BLEINIT=1": {"server"}, "AT+BLEINIT=2": {"client"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := open(t, Config{})
			defer r.close()
			r.ok("AT+SYSLOG=1", init)
			for _, role := range roles {
				for line := range strings.SplitSeq(bleInRole[role], "|") {
					t.Log(init, line)
					r.do(line, refusal(0x11))
				}
			}
			r.quiet(time.Minute)
		})
	}
}

// Settings, their defaults, and what is refused with which code.
func TestBLEDialogs(t *testing.T) {
	for name, lines := range map[string][][2]string{
		"init": {
			{"AT+BLEINIT?", "+BLEINIT:0\r\n" + bleOK}, {"AT+BLEINIT=0", bleOK}, {"AT+BLEINIT=3", bleOK}, {"AT+BLEINIT?", "+BLEINIT:3\r\n" + bleOK},
			{"AT+BLEINIT=1", refusal(0x0A)}, {"AT+BLEINIT=4", refusal(7)}, {"AT+BLEINIT", refusal(0x0C)}, {"AT+BLEINIT=1,2", refusal(6)},
			{`AT+BLEINIT="1"`, refusal(5)}, {"AT+BLEADVSTART", bleOK}, {"AT+BLESCAN=1", bleOK}, {"AT+BLEINIT=0", bleOK}, {"AT+BLEINIT?", "+BLEINIT:0\r\n" + bleOK},
		},
		"address and name": {
			{"AT+BLENAME?", "+BLENAME:BFLB-AT\r\n" + bleOK}, {"AT+BLEINIT=2", bleOK}, {"AT+BLEADDR?", `+BLEADDR:"` + bleClient + `"` + "\r\n" + bleOK},
			{`AT+BLEADDR="AA:bb:CC:01:02:03"`, bleOK}, {"AT+BLEADDR?", `+BLEADDR:"aa:bb:cc:01:02:03"` + "\r\n" + bleOK},
			{`AT+BLEADDR="AA:bb:CC:01:02"`, refusal(7)}, {`AT+BLEADDR="AA-bb:CC:01:02:03"`, refusal(7)}, {`AT+BLEADDR="AA:bb:CC:01:02:0g"`, refusal(7)},
			{"AT+BLEADDR=1", refusal(5)}, {`AT+BLENAME="` + strings.Repeat("n", 29) + `"`, bleOK}, {`AT+BLENAME="` + strings.Repeat("n", 30) + `"`, refusal(4)},
			{`AT+BLENAME=""`, refusal(7)}, {`AT+BLENAME="stored"`, bleOK},
			{"AT+RST", "\r\nOK\r\n\r\nready\r\n"}, {"AT+BLENAME?", "+BLENAME:stored\r\n" + bleOK}, {"AT+SYSSTORE=0", bleOK},
			{"AT+BLEINIT=1", bleOK}, {"AT+BLEADDR?", `+BLEADDR:"` + bleClient + `"` + "\r\n" + bleOK}, {`AT+BLENAME="not stored"`, bleOK},
			{"AT+RST", "\r\nOK\r\n\r\nready\r\n"}, {"AT+BLENAME?", "+BLENAME:stored\r\n" + bleOK},
			{"AT+BLEINIT=1", bleOK}, {"AT+BLEINIT=0", bleOK}, {"AT+BLENAME?", "+BLENAME:BFLB-AT\r\n" + bleOK},
		},
		"scan": {
			{"AT+BLEINIT=1", bleOK}, {"AT+BLESCANPARAM?", "+BLESCANPARAM:1,0,0,40,40\r\n" + bleOK}, {"AT+BLESCANPARAM=0,3,3,16384,4", bleOK},
			{"AT+BLESCANPARAM?", "+BLESCANPARAM:0,3,3,16384,4\r\n" + bleOK}, {"AT+BLESCANPARAM=2,0,0,40,40", refusal(7)}, {"AT+BLESCANPARAM=1,4,0,40,40", refusal(7)},
			{"AT+BLESCANPARAM=1,0,4,40,40", refusal(7)}, {"AT+BLESCANPARAM=1,0,0,40,41", refusal(7)}, {"AT+BLESCANPARAM=1,0,0,3,3", refusal(7)},
			{"AT+BLESCANPARAM=1,0,0,16385,40", refusal(7)}, {"AT+BLESCANPARAM=1,0,0,40", refusal(6)},
			{"AT+BLESCAN=0", refusal(0x0A)}, {"AT+BLESCAN=1", bleOK}, {"AT+BLESCAN=1", refusal(0x0A)}, {"AT+BLESCAN=0", bleOK}, {"AT+BLESCAN=2", refusal(7)},
		},
		"advertising": {
			{"AT+BLEINIT=2", bleOK}, {"AT+BLEADVPARAM?", "+BLEADVPARAM:160,208,0,7\r\n" + bleOK}, {"AT+BLEADVPARAM=160,320,0,7", bleOK},
			{"AT+BLEADVPARAM?", "+BLEADVPARAM:160,320,0,7\r\n" + bleOK}, {"AT+BLEADVPARAM=31,320,0,7", refusal(7)}, {"AT+BLEADVPARAM=321,320,0,7", refusal(7)},
			{"AT+BLEADVPARAM=160,320,3,7", refusal(7)}, {"AT+BLEADVPARAM=160,320,0,3", refusal(7)}, {`AT+BLEADVDATA="02010606095757575757"`, bleOK},
			{`AT+BLEADVDATA="0201060"`, refusal(7)}, {`AT+BLEADVDATA=""`, refusal(7)}, {`AT+BLEADVDATA="0x01"`, refusal(7)},
			{`AT+BLEADVDATA="` + strings.Repeat("00", 31) + `"`, bleOK}, {`AT+BLEADVDATA="` + strings.Repeat("00", 32) + `"`, refusal(4)},
			{"AT+BLEADVSTOP", bleOK}, {"AT+BLEADVSTART", bleOK}, {"AT+BLEADVSTART", refusal(0x10)}, {"AT+BLEADVSTOP", bleOK},
			{`AT+BLESCANRSPDATA="0401"`, bleOK}, {"AT+BLEADVSTART", refusal(0x10)},
		},
		"power and security": {
			{"AT+BLEINIT=1", bleOK}, {"AT+BLETXPWR?", "+BLETXPWR:10\r\n" + bleOK}, {"AT+BLETXPWR=20", bleOK}, {"AT+BLETXPWR?", "+BLETXPWR:20\r\n" + bleOK}, {"AT+BLETXPWR=21", refusal(7)},
			{"AT+BLESECPARAM?", "+BLESECPARAM:3,1\r\n" + bleOK}, {"AT+BLESECPARAM=4,3", bleOK}, {"AT+BLESECPARAM?", "+BLESECPARAM:4,3\r\n" + bleOK},
			{"AT+BLESECPARAM=5", refusal(7)}, {"AT+BLESECPARAM=3,3", refusal(7)}, {"AT+BLESECSTART=0,2", refusal(7)}, {"AT+BLESECUNPAIR=1,0", refusal(5)},
		},
		"no connection": {
			{"AT+BLEINIT=3", bleOK}, {"AT+BLECONN?", "+BLECONN:\r\n" + bleOK}, {"AT+BLECONNPARAM?", refusal(7)}, {"AT+BLECONNPARAM=0,12,14,1,500", refusal(7)},
			{"AT+BLEDISCONN=0", refusal(7)}, {"AT+BLEDISCONN=2", refusal(7)}, {"AT+BLEDATALEN=0,251,2120", refusal(7)}, {"AT+BLEEXCHANGEMTU=1", refusal(7)},
			{"AT+BLEGATTCSRVDIS=0", refusal(7)}, {"AT+BLEGATTCCHARDIS=0,1", refusal(7)}, {"AT+BLEGATTCRD=0,1,1", refusal(7)}, {"AT+BLEGATTCWR=0,1,1,1", refusal(7)},
			{"AT+BLEGATTSNTFY=0,0,4", refusal(7)}, {"AT+BLEGATTCSUBSCRIBE=0,15,14,3", refusal(7)}, {`AT+BLECONN=2,"11:22:33:44:55:66"`, refusal(7)},
			{`AT+BLECONN=0,"11:22:33:44:55:66",2`, refusal(7)}, {`AT+BLECONN=0,"11:22:33:44:55:66",0,31`, refusal(7)}, {`AT+BLECONN=0,"11:22:33:44:55:66",0,3`, refusal(0x0F)},
		},
		"services": {
			{"AT+BLEINIT=2", bleOK}, {"AT+BLEGATTSSRV?", bleOK}, {`AT+BLEGATTSSRVCRE=0,"` + bleService + `",1,2`, bleOK}, {`AT+BLEGATTSSRVCRE=0,"180a",1,0`, refusal(0x0A)},
			{`AT+BLEGATTSSRVCRE=2,"ABCD",0,0`, bleOK}, {"AT+BLEGATTSSRV?", `+BLEGATTSSRV:0,"` + bleService + `",1,2` + "\r\n" + `+BLEGATTSSRV:2,"abcd",0,0` + "\r\n" + bleOK},
			{`AT+BLEGATTSSRVCRE=1,"abcd",1,2`, refusal(7)}, {`AT+BLEGATTSSRVCRE=1,"abc",1,0`, refusal(7)}, {`AT+BLEGATTSSRVCRE=3,"abcd",1,0`, refusal(7)}, {`AT+BLEGATTSSRVCRE=1,"abcd",1,1`, refusal(7)},
			{`AT+BLEGATTSCHARCRE=0,4,"2a19",62,3,0`, bleOK}, {`AT+BLEGATTSCHARCRE=0,4,"2a19",2,1,0`, refusal(0x0A)}, {`AT+BLEGATTSCHARCRE=1,0,"2a19",2,1,0`, refusal(0x0A)},
			{`AT+BLEGATTSCHARCRE=0,5,"2a19",2,1,0`, refusal(7)}, {`AT+BLEGATTSCHARCRE=0,0,"2a19",3,1,0`, refusal(7)}, {`AT+BLEGATTSCHARCRE=0,0,"2a19",2,4,0`, refusal(7)},
			{`AT+BLEGATTSCHARCRE=0,0,"2a19",8,2`, refusal(6)}, {"AT+BLEGATTSCHAR?", `+BLEGATTSCHAR:0,4,"2a19",62,3,0` + "\r\n" + bleOK},
			{"AT+BLEGATTSREGISTER=1", bleOK}, {"AT+BLEGATTSREGISTER=0", bleOK}, {"AT+BLEGATTSREGISTER=2", refusal(7)},
			{"AT+BLEGATTSSRVDEL=0", bleOK}, {"AT+BLEGATTSSRVDEL=0", refusal(0x0A)}, {"AT+BLEGATTSCHAR?", bleOK}, {"AT+BLEGATTSRD=0,0,0", "\r\nSEND FAIL\r\n"}, {"AT+BLEGATTSRD=0,0,245", refusal(7)},
		},
		"profiles": {
			{"AT+BLEINIT=2", bleOK}, {"AT+BLEBASLVLGET?", refusal(0x11)}, {"AT+BLEBASINIT", bleOK}, {"AT+BLEBASINIT", refusal(0x0A)}, {"AT+BLEBASLVLGET?", "+BLE:BASLEVEL:100\r\n" + bleOK},
			{"AT+BLEBASLVLSET=0,50", refusal(7)}, {"AT+BLEBASDEINIT", bleOK}, {"AT+BLEBASDEINIT", refusal(0x11)}, {"AT+BLEIASINIT", bleOK}, {"AT+BLEIASINIT", refusal(0x0A)},
			{"AT+BLEIASDEINIT", bleOK}, {"AT+BLEIASDEINIT", refusal(0x11)}, {`AT+BLEDISSET="manuf","x",1`, refusal(0x0A)}, {"AT+BLEDISINIT=256,101,102,103", refusal(7)},
			{"AT+BLEDISINIT=100,101,102,103", bleOK}, {`AT+BLEDISSET="manuf","ST67W611M",6`, bleOK}, {`AT+BLEDISSET="manuf","ST67W611M",10`, refusal(7)}, {`AT+BLEDISSET="none","x",1`, refusal(7)},
			{`AT+BLEDISSET="sw","` + strings.Repeat("x", 22) + `",1`, refusal(4)}, {"AT+BLEDISDEINIT", bleOK}, {"AT+BLEDISDEINIT", refusal(0x11)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, Config{})
				defer r.close()
				r.ok("AT+SYSLOG=1")
				for _, l := range lines {
					r.do(l[0], l[1])
					if strings.HasPrefix(l[0], "AT+RST") {
						r.ok("AT+SYSLOG=1")
					}
				}
				r.quiet(time.Minute)
			})
		})
	}
}

// The profiles are services that the other module finds, reads and writes.
func TestBLEProfiles(t *testing.T) {
	inEther(t, Config{}, func(client, server *rig) {
		server.ok("AT+BLEBASINIT", "AT+BLEIASINIT", "AT+BLEDISINIT=1,258,772,1286", `AT+BLEDISSET="manuf","ST67W611M",6`)
		bleDial(client, server)
		client.do("AT+BLEGATTCSRVDIS=0", "+BLE:SRV:0,1,1801,1,1,4\r\n+BLE:SRV:0,2,1800,1,5,11\r\n+BLE:SRV:0,3,180f,1,12,15\r\n"+
			"+BLE:SRV:0,4,1802,1,16,18\r\n+BLE:SRV:0,5,180a,1,19,33\r\n"+bleOK)
		client.do("AT+BLEGATTCRD=0,3,1", "+BLE:GATTREAD:0,3,1,1,d\r\n"+bleOK) // 100
		client.ok("AT+BLEGATTCSUBSCRIBE=0,15,14,1")
		time.Sleep(time.Second)
		server.ok("AT+BLEBASLVLSET=0,65")
		client.expect("+BLE:NOTIDATA:0,14,1,A\r\n")
		server.do("AT+BLEBASLVLGET?", "+BLE:BASLEVEL:65\r\n"+bleOK)
		client.bleSend("AT+BLEGATTCWR=0,4,1,1", "\r\n>", "\x02", bleAccepted("1"))
		server.expect("+BLE:IAS:02\r\n")
		client.do("AT+BLEGATTCRD=0,5,2", "+BLE:GATTREAD:0,5,2,6,ST67W6\r\n"+bleOK)
		client.do("AT+BLEGATTCRD=0,5,7", "+BLE:GATTREAD:0,5,7,7,\x01\x02\x01\x04\x03\x06\x05\r\n"+bleOK)
		client.do("AT+BLEGATTCRD=0,2,1", "+BLE:GATTREAD:0,2,1,7,BFLB-AT\r\n"+bleOK)
		server.ok("AT+BLEBASDEINIT")
		client.do("AT+BLEGATTCRD=0,3,1", "+BLE:GATTREAD:0,3,1,0,\r\n"+bleOK)
	})
}
