package emulator

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	mqttUp   = "+MQTT:CONNECTED,0\r\n"
	mqttDown = "+MQTT:DISCONNECTED,0\r\n"
)

// connectTo opens the MQTT connection without reconnection.
func (r *rig) connectTo(b *broker) {
	r.t.Helper()
	r.do(fmt.Sprintf(`AT+MQTTCONN=0,"127.0.0.1",%d,0`, b.port), mqttUp+okAnswer)
}

func TestMQTTPublish(t *testing.T) {
	b := startBroker(t, "allow_anonymous true").run()
	next := b.watch()
	r := online(t, Config{})
	defer r.close()
	r.ok(`AT+MQTTUSERCFG=0,0,"module","",""`)
	r.do(`AT+MQTTPUB=0,"a","x",0,0`, errorAnswer) // not connected
	r.connectTo(b)
	for qos := range 3 {
		r.ok(fmt.Sprintf(`AT+MQTTPUB=0,"line/%d","say \"%d\"",%d,0`, qos, qos, qos))
		if got, want := next(), fmt.Sprintf(`line/%d %d 0 say "%d"`, qos, qos, qos); got != want {
			t.Errorf("the broker has %q, want %q", got, want)
		}
		data := strings.Repeat("raw+>", 290+qos)
		r.do(fmt.Sprintf(`AT+MQTTPUBRAW=0,"raw/%d",%d,%d,0`, qos, len(data), qos), promptAnswer)
		r.fill(data, recv(len(data)))
		if got, want := next(), fmt.Sprintf("raw/%d %d 0 %s", qos, qos, data); got != want {
			t.Errorf("the broker has %q, want %q", got, want)
		}
	}
	r.ok(`AT+MQTTPUB=0,"kept","there",1,1`)
	if got := next(); got != "kept 1 0 there" {
		t.Errorf("the broker has %q", got)
	}
	if got := b.kept("kept"); got != "1 there" {
		t.Errorf("the broker keeps %q", got)
	}
	// A long publication fails with the quirk of T01.
	r.do(`AT+MQTTPUBRAW=0,"long",1471,0,0`, promptAnswer)
	r.fill(payload(1471), recvFail(1471))
	for _, bad := range []string{`PUBRAW=0,"a",3073,0,0`, `PUBRAW=0,"a",0,0,0`, `PUB=1,"a","b",0,0`, `PUB=0,"a","b",3,0`, `PUB=0,"a","b",0`,
		`PUB=0,"` + strings.Repeat("t", 128) + `","b",0,0`, `PUB=0,"a","` + strings.Repeat("d", 128) + `",0,0`} {
		r.do("AT+MQTT"+bad, errorAnswer)
	}
	r.do("AT+MQTTCLEAN=0", mqttDown+okAnswer)
	r.do("AT+MQTTCLEAN=0", errorAnswer)
}

func TestMQTTSubscribe(t *testing.T) {
	b := startBroker(t, "allow_anonymous true").run()
	r := online(t, Config{})
	defer r.close()
	r.do("AT+MQTTCONN?", "+MQTTCONN:0,0,0,\"\",,0\r\n"+okAnswer)
	r.do("AT+MQTTUSERCFG?", "+MQTTUSERCFG:0,0,\"\",\"\",\"\",\"\",\"\",\"\"\r\n"+okAnswer)
	r.ok(`AT+MQTTUSERCFG=0,0,"module","",""`)
	r.do("AT+MQTTCONN?", "+MQTTCONN:0,1,0,\"\",,0\r\n"+okAnswer)
	r.ok(`AT+MQTTCONNCFG=0,60,0,"","",0,0`)
	r.do("AT+MQTTCONN?", "+MQTTCONN:0,2,0,\"\",,0\r\n"+okAnswer)
	r.do(`AT+MQTTSUB=0,"in/#",1`, errorAnswer)
	r.do("AT+SYSRAM?", "+SYSRAM:148408,84044\r\n"+okAnswer)
	r.connectTo(b)
	r.do("AT+SYSRAM?", "+SYSRAM:138168,83020\r\n"+okAnswer)
	r.do("AT+MQTTCONN?", fmt.Sprintf("+MQTTCONN:0,4,0,\"127.0.0.1\",%d,0\r\n", b.port)+okAnswer)
	r.ok(`AT+MQTTSUB=0,"in/#",2`, `AT+MQTTSUB=0,"other",0`)
	r.do(`AT+MQTTSUB=0,"other",1`, "+MQTTSUB:ALREADY_SUBSCRIBE\r\n"+okAnswer)
	r.do("AT+MQTTSUB?", "+MQTTSUB:0,6,\"in/#\",2\r\n+MQTTSUB:0,6,\"other\",0\r\n"+okAnswer)
	// The module's own message comes behind its subscription.
	r.do(`AT+MQTTPUB=0,"in/own","loop",2,0`, okAnswer+"+MQTT:SUBRECV:0,6,4,\"in/own\",loop\r\n")
	for qos := range 3 {
		data := fmt.Sprintf("qos %d\r\nOK\r\n\x00\"", qos)
		b.publish("in/x", data, qos)
		r.expect(fmt.Sprintf("+MQTT:SUBRECV:0,4,%d,\"in/x\",%s\r\n", len(data), data))
	}
	long := payload(3000)
	b.publish("in/y", long, 1)
	r.expect("+MQTT:SUBRECV:0,4,3000,\"in/y\"," + long + "\r\n")
	r.ok(`AT+MQTTUNSUB=0,"in/#"`)
	r.do(`AT+MQTTUNSUB=0,"in/#"`, "+MQTTUNSUB:NO_UNSUBSCRIBE\r\n"+okAnswer)
	r.ok(`AT+MQTTUNSUB=0,"other"`)
	r.do("AT+MQTTCONN?", fmt.Sprintf("+MQTTCONN:0,5,0,\"127.0.0.1\",%d,0\r\n", b.port)+okAnswer)
	r.ok(`AT+MQTTSUB=0,"in/#",1`)
	r.do(`AT+MQTTPUB=0,"in/own","holds",0,0`, okAnswer+"+MQTT:SUBRECV:0,6,5,\"in/own\",holds\r\n")
	b.publish("in/y", payload(3100), 1) // more than the buffer holds
	r.expect(mqttDown)
	r.do("AT+MQTTCONN?", fmt.Sprintf("+MQTTCONN:0,3,0,\"127.0.0.1\",%d,0\r\n", b.port)+okAnswer)
}

// The broker publishes the last will when the module restarts, and not when it
// takes leave.
func TestMQTTLastWill(t *testing.T) {
	b := startBroker(t, "allow_anonymous true").run()
	next := b.watch()
	r := online(t, Config{})
	defer r.close()
	r.ok(`AT+MQTTCONNCFG=0,30,0,"gone","\"bye\"",2,0`)
	r.do("AT+MQTTCONNCFG?", "+MQTTCONNCFG:0,30,1,\"gone\",\"\"bye\"\",2,0\r\n"+okAnswer)
	r.do("AT+MQTTCONNCFG=0,0,0,\"\",\"\",0,0", errorAnswer)
	r.connectTo(b)
	r.do("AT+MQTTCLEAN=0", mqttDown+okAnswer)
	r.connectTo(b)
	r.ok(`AT+MQTTPUB=0,"here","x",0,0`)
	if got := next(); got != "here 0 0 x" {
		t.Errorf("after a leave the broker has %q", got)
	}
	r.do("AT+RST", okAnswer+"\r\nready\r\n")
	if got := next(); got != `gone 2 0 "bye"` {
		t.Errorf("after a restart the broker has %q", got)
	}
	r.expect("+CW:CONNECTING\r\n+CW:CONNECTED\r\n+CW:GOTIP\r\n")
	r.do("AT+MQTTCONN?", "+MQTTCONN:0,0,0,\"\",,0\r\n"+okAnswer)
}

func TestMQTTPassword(t *testing.T) {
	b := startBroker(t, "allow_anonymous false", "password_file %s/passwords")
	if err := os.WriteFile(filepath.Join(b.dir, "passwords"), []byte("user:secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	hashPasswords(t, filepath.Join(b.dir, "passwords"))
	b.run()
	r := online(t, Config{})
	defer r.close()
	r.ok(`AT+MQTTUSERCFG=0,0,"c","user","wrong"`)
	conn := fmt.Sprintf(`AT+MQTTCONN=0,"127.0.0.1",%d,0`, b.port)
	r.do(conn, mqttUp+okAnswer+mqttDown) // the firmware does not wait for the broker's word
	r.do("AT+MQTTPASSWORD=0,6", promptAnswer)
	r.fill("secret", recv(6))
	r.do("AT+MQTTPASSWORD?", "+MQTTPASSWORD:0,\"secret\"\r\n"+okAnswer)
	r.do("AT+MQTTCLIENTID=0,4", promptAnswer)
	r.fill("name", recv(4))
	r.do("AT+MQTTUSERCFG?", "+MQTTUSERCFG:0,0,\"name\",\"user\",\"secret\",\"\",\"\",\"\"\r\n"+okAnswer)
	r.do("AT+MQTTCLIENTID=0,24", errorAnswer)
	r.do("AT+MQTTUSERNAME=0,129", errorAnswer)
	r.connectTo(b)
	r.ok(`AT+MQTTPUB=0,"a","x",1,0`)
	r.do(conn, errorAnswer) // there is a connection
	r.quiet(100 * time.Millisecond)
}

func TestMQTTNoBroker(t *testing.T) {
	port := brokerPort(t)
	r := online(t, Config{})
	defer r.close()
	r.do(fmt.Sprintf(`AT+MQTTCONN=0,"127.0.0.1",%d,0`, port), errorAnswer)
	r.do("AT+MQTTCLEAN=0", errorAnswer)
	r.ok(fmt.Sprintf(`AT+MQTTCONN=0,"127.0.0.1",%d,1`, port)) // tries on
	r.do(fmt.Sprintf(`AT+MQTTCONN=0,"127.0.0.1",%d,0`, port), errorAnswer)
	r.ok("AT+MQTTCLEAN=0")
	for _, bad := range []string{`0,"h",0,0`, `0,"h",65536,0`, `0,"h",1,2`, `1,"h",1,0`, `0,"h",1`} {
		r.do("AT+MQTTCONN="+bad, errorAnswer)
	}
	r.do("AT+CWQAP", "+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n"+okAnswer)
	r.do(fmt.Sprintf(`AT+MQTTCONN=0,"127.0.0.1",%d,0`, port), errorAnswer)
}

func TestMQTTByTheManual(t *testing.T) {
	b := startBroker(t, "allow_anonymous true").run()
	r := online(t, Config{Profile: "manual", RadioRate: math.Inf(1)})
	defer r.close()
	conn := fmt.Sprintf(`AT+MQTTCONN=0,"127.0.0.1",%d,0`, b.port)
	r.do("AT+MQTTCLIENTID=0,4", promptAnswer)
	r.fill("name", okAnswer)
	r.ok(`AT+MQTTCONNCFG=0,0,1,"","",0,0`, `AT+MQTTSNI=0,"a.b"`, `AT+MQTTALPN=0,2,"p","q"`)
	r.do("AT+MQTTCONNCFG?", "+MQTTCONNCFG:0,120,1,\"\",\"\",0,0\r\n"+okAnswer)
	r.do("AT+MQTTSNI?", "+MQTTSNI:0,\"a.b\"\r\n"+okAnswer)
	r.do("AT+MQTTALPN?", "+MQTTALPN:0,\"p\",\"q\"\r\n"+okAnswer)
	r.do(conn, okAnswer+mqttUp)
	r.ok(`AT+MQTTSUB=0,"in",0`)
	r.do(`AT+MQTTSUB=0,"in",0`, "+MQTTSUB,ALREADY_SUBSCRIBE\r\n"+okAnswer)
	r.do(`AT+MQTTPUB=0,"in","loop",0,0`, okAnswer+"+MQTT:SUBRECV,0,2,4,\"in\",loop\r\n")
	b.stop()
	r.expect(mqttDown)
	r.do(conn, errorAnswer) // MQTTCLEAN has to come first
	r.ok("AT+MQTTCLEAN=0")
	r.do(conn, okAnswer+mqttDown)
}
