package emulator

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// hashPasswords makes the file one that mosquitto reads.
func hashPasswords(t *testing.T, file string) {
	t.Helper()
	if out, err := exec.Command("mosquitto_passwd", "-U", file).CombinedOutput(); err != nil {
		t.Skipf("mosquitto_passwd: %v, %s", err, out)
	}
}

func TestMQTTReconnects(t *testing.T) {
	for name, quirk := range map[string]string{"forgets": "mqtt-forget", "subscribes again": "-mqtt-forget"} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, "allow_anonymous true")
			r := online(t, Config{Quirks: []string{quirk}})
			defer r.close()
			r.ok(`AT+MQTTUSERCFG=0,0,"module","",""`, fmt.Sprintf(`AT+MQTTCONN=0,"127.0.0.1",%d,1`, b.port))
			r.quiet(300 * time.Millisecond)
			b.run()
			r.expect(mqttUp)
			r.ok(`AT+MQTTSUB=0,"in",0`)
			r.do(`AT+MQTTPUB=0,"in","1",0,0`, okAnswer+"+MQTT:SUBRECV:0,2,1,\"in\",1\r\n")
			b.stop()
			r.expect(mqttDown)
			r.do(`AT+MQTTPUB=0,"in","2",0,0`, errorAnswer)
			b.run()
			r.expect(mqttUp)
			r.ok(`AT+MQTTPUB=0,"in","3",0,0`)
			if quirk == "mqtt-forget" {
				r.do("AT+MQTTSUB?", "+MQTTSUB:0,4,\"in\",0\r\n"+okAnswer)
				r.quiet(200 * time.Millisecond)
			} else {
				r.expect("+MQTT:SUBRECV:0,2,1,\"in\",3\r\n")
				r.do("AT+MQTTSUB?", "+MQTTSUB:0,6,\"in\",0\r\n"+okAnswer)
			}
			r.do("AT+MQTTCLEAN=0", mqttDown+okAnswer)
			r.quiet(300 * time.Millisecond)
		})
	}
}

// A broker that is gone, by the fault or because the association is, ends the
// connection; the publication that met it is lost.
func TestMQTTBrokerGone(t *testing.T) {
	b := startBroker(t, "allow_anonymous true").run()
	r := online(t, Config{Faults: []string{"broker-gone@2"}})
	defer r.close()
	r.connectTo(b)
	r.ok(`AT+MQTTPUB=0,"a","1",0,0`)
	r.do(`AT+MQTTPUB=0,"a","2",0,0`, okAnswer+mqttDown)
	r.connectTo(b) // the firmware needs no MQTTCLEAN
	r.do("AT+CWQAP", "+CW:DISCONNECTED\r\n+CW:ERROR,19\r\n"+okAnswer+mqttDown)
	r.do(`AT+MQTTPUB=0,"a","3",0,0`, errorAnswer)
}

func TestMQTTOverTLS(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	serverCert, serverKey := ca.issue("broker.test")
	clientCert, clientKey := ca.issue("module")
	b := startBroker(t, "allow_anonymous true", "cafile %s/ca", "certfile %s/cert", "keyfile %s/key", "require_certificate true")
	for name, p := range map[string][]byte{"ca": ca.pem, "cert": serverCert, "key": serverKey} {
		if err := os.WriteFile(filepath.Join(b.dir, name), p, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.run()
	r := online(t, Config{})
	defer r.close()
	for name, p := range map[string][]byte{"ca.crt": ca.pem, "wrong.crt": stranger.pem, "client.crt": clientCert, "client.key": clientKey} {
		r.upload(name, p)
	}
	conn := fmt.Sprintf(`AT+MQTTCONN=0,"127.0.0.1",%d,0`, b.port)
	const good = `"client.crt","client.key","ca.crt"`
	for _, c := range []struct{ user, sni, want string }{
		{`4,"m","","",` + good, "broker.test", mqttUp + okAnswer},
		{`4,"m","","",` + good, "", mqttUp + okAnswer}, // the name is not checked
		{`3,"m","","",` + good, "other.test", mqttUp + okAnswer},
		{`4,"m","","",` + good, "other.test", errorAnswer},
		{`4,"m","","","client.crt","client.key","wrong.crt"`, "broker.test", errorAnswer},
		{`4,"m","","","none.crt","client.key","ca.crt"`, "broker.test", errorAnswer},
		{`3,"m","","","ca.crt","client.key",""`, "", errorAnswer},
		{`1,"m","",""`, "", mqttUp + okAnswer + mqttDown},                // TLS 1.3: the server asks for a certificate later
		{`2,"m","","","","","ca.crt"`, "", mqttUp + okAnswer + mqttDown}, // the same
		{`0,"m","",""`, "", mqttUp + okAnswer + mqttDown},                // plain MQTT to a TLS port
	} {
		r.ok("AT+MQTTUSERCFG=0,"+c.user, fmt.Sprintf(`AT+MQTTSNI=0,"%s"`, c.sni))
		r.do(conn, c.want)
		if c.want == mqttUp+okAnswer {
			r.ok(`AT+MQTTSUB=0,"in",1`)
			r.do(`AT+MQTTPUB=0,"in","loop",1,0`, okAnswer+"+MQTT:SUBRECV:0,2,4,\"in\",loop\r\n")
			r.do("AT+MQTTCLEAN=0", mqttDown+okAnswer)
		}
	}
	for _, bad := range []string{`4,"m","","","client.crt","client.key"`, `2,"m","",""`, `3,"m","","","client.crt"`, `5,"m","",""`,
		`1,"` + "a23456789012345678901234" + `","",""`} {
		r.do("AT+MQTTUSERCFG=0,"+bad, errorAnswer)
	}
}
