package emulator

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// fill writes the data of a data phase and expects an answer.
func (h host) fill(data, want string) {
	h.t.Helper()
	if _, err := io.WriteString(h, data); err != nil {
		h.t.Fatalf("%d bytes of data: %v", len(data), err)
	}
	h.expect(want)
}

const (
	okAnswer     = "\r\nOK\r\n"
	errorAnswer  = "\r\nERROR\r\n"
	promptAnswer = "\r\nOK\r\n\r\n>"
)

// The answers are those of the manual's examples.
func TestBasicDialogs(t *testing.T) {
	for name, lines := range map[string][][2]string{
		"system messages": {
			{"AT+SYSMSG?", "+SYSMSG:0\r\n" + okAnswer}, {"AT+SYSMSG=2", okAnswer}, {"AT+SYSMSG?", "+SYSMSG:2\r\n" + okAnswer},
			{"AT+SYSMSG=7", okAnswer}, {"AT+SYSMSG=8", errorAnswer}, {"AT+SYSMSG=-1", errorAnswer}, {"AT+SYSMSG?", "+SYSMSG:7\r\n" + okAnswer},
		},
		"partitions": {{"AT+PART?", "+PART=0,0,\"   Boot2\",0x00000000,0x00000000,57344,0\r\n" +
			"+PART=0,0,\"      FW\",0x00010000,0x00210000,2097152,1474560\r\n" +
			"+PART=0,0,\"     mfg\",0x00210000,0x00000000,1474560,0\r\n" +
			"+PART=0,0,\"   media\",0x00378000,0x00000000,462848,0\r\n" +
			"+PART=0,0,\"     PSM\",0x003e9000,0x00000000,32768,0\r\n" + okAnswer}},
		"unit": {
			{"AT+PN?", "+PN:CP90-79196-2\r\n" + okAnswer},
			{"AT+GMAC?", "+GMACSLOT0:02:67:57:61:10:01\r\n+GMACSLOT1:00:00:00:00:00:00\r\n+GMACSLOT2:00:00:00:00:00:00\r\n" + okAnswer},
		},
		"pins": {
			{"AT+IOIN=15?", "+IOIN=15:0\r\n" + okAnswer}, {"AT+IOIN=15,1", okAnswer}, {"AT+IOIN=15?", "+IOIN=15:1\r\n" + okAnswer},
			{"AT+IOIN=15,2", okAnswer}, {"AT+IOIN=15?", "+IOIN=15:0\r\n" + okAnswer}, {"AT+IOIN=15", errorAnswer},
			{"AT+IOPUPD=15,1", okAnswer}, {"AT+IOOUT=15,1", okAnswer}, {"AT+IOIN=15?", "+IOIN=15:1\r\n" + okAnswer},
			{"AT+IOOUT=15,0", okAnswer}, {"AT+IOIN=15?", "+IOIN=15:0\r\n" + okAnswer}, {"AT+IORST=15", okAnswer},
			{"AT+IOOUT=15,1", okAnswer}, {"AT+IOIN=15?", "+IOIN=15:0\r\n" + okAnswer}, {"AT+IOOUT=15,2", errorAnswer},
			{"AT+IOPUPD=15,3", errorAnswer}, {"AT+IOIN=5,1", errorAnswer}, {"AT+IOIN=99?", errorAnswer}, {"AT+IOIN=15,1?", errorAnswer},
		},
		"sub-codes": {
			{"AT+SYSLOG=1", okAnswer}, {"AT+IOIN=5?", "ERR CODE:0x01120000\r\n" + errorAnswer},
			{"AT+OTASEND=512", "ERR CODE:0x01110000\r\n" + errorAnswer}, {"AT+OTAFIN", "ERR CODE:0x01110000\r\n" + errorAnswer},
			{`AT+FLASH-R=4,"xyz"`, "ERR CODE:0x01070000\r\n" + errorAnswer}, {"AT+FLASH-R=4,16", "ERR CODE:0x01050000\r\n" + errorAnswer},
			{`AT+FS=0,4,"none"`, "ERR CODE:0x01120000\r\n" + errorAnswer}, {`AT+FS=1,4,"none"`, "ERR CODE:0x01070000\r\n" + errorAnswer},
			{`AT+EFUSE-R=8193,"0x0"`, "ERR CODE:0x01070000\r\n" + errorAnswer}, {"AT+PART=1", "ERR CODE:0x010c0000\r\n" + errorAnswer},
			{"AT+RST=1", "ERR CODE:0x010c0000\r\n" + errorAnswer},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, Config{})
				defer r.close()
				for _, l := range lines {
					r.do(l[0], l[1])
				}
				r.quiet(time.Minute)
			})
		})
	}
}

// SYSMSG and SYSLOG outlive a reset when SYSSTORE is 1, and not RESTORE.
func TestBasicSettingsPersist(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.ok("AT+SYSMSG=3", "AT+SYSLOG=1", "AT+SYSSTORE=0", "AT+SYSMSG=4")
		r.do("AT+RST", okAnswer+"\r\nready\r\n")
		r.do("AT+SYSSTORE?", "+SYSSTORE:1\r\n"+okAnswer)
		r.do("AT+SYSMSG?", "+SYSMSG:3\r\n"+okAnswer)
		r.do("AT+FAKE", "ERR CODE:0x01090000\r\n"+errorAnswer)
		r.ok(`AT+FS=0,1,"kept"`)
		r.do("AT+RESTORE", okAnswer+"\r\nready\r\n")
		r.do("AT+SYSMSG?", "+SYSMSG:0\r\n"+okAnswer)
		r.do("AT+FAKE", errorAnswer)
		r.do(`AT+FS=0,4,"kept"`, "+FS:SIZE,0\r\n"+okAnswer)
	})
}

// The list names every command once, numbered, with the forms that it has. The
// samples are the manual's example (2.2.5.3) and forms of its chapters.
func TestCommandList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		if _, err := io.WriteString(r, "AT+CMD?\r\n"); err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		b := make([]byte, 4096)
		for !strings.HasSuffix(text.String(), "\r\n"+okAnswer) {
			r.SetReadDeadline(time.Now().Add(patience))
			n, err := r.Read(b)
			if err != nil {
				t.Fatalf("after %q: %v", text.String(), err)
			}
			text.Write(b[:n])
		}
		lines := strings.Split(strings.TrimSuffix(text.String(), "\r\n"+okAnswer), "\r\n")
		shape := regexp.MustCompile(`^\+CMD:(\d+),"AT([^"]*)",0,([01]),([01]),([01])$`)
		forms := make(map[string]string)
		for i, l := range lines {
			m := shape.FindStringSubmatch(l)
			if m == nil || m[1] != fmt.Sprint(i) {
				t.Fatalf("line %d is %q", i, l)
			}
			if _, twice := forms[m[2]]; twice {
				t.Errorf("AT%s is listed twice", m[2])
			}
			forms[m[2]] = m[3] + m[4] + m[5]
		}
		for name, want := range map[string]string{
			"": "001", "+RST": "001", "+GMR": "001", "+CMD": "100", "E0": "001", "E1": "001", "+RESTORE": "001",
			"+SYSRAM": "100", "+SYSMSG": "110", "+EFUSE-W": "010", "+EFUSE-CFM": "001", "+IOIN": "110", "+FS": "010",
			"+OTAFIN": "001", "+MQTTCONN": "110", "+MQTTPUB": "010", "+CIPMUX": "110",
		} {
			if forms[name] != want {
				t.Errorf("AT%s has the forms %q (query, set, execute), want %q", name, forms[name], want)
			}
		}
		if lines[0] != `+CMD:0,"AT",0,0,0,1` || lines[1] != `+CMD:1,"AT+RST",0,0,0,1` || lines[2] != `+CMD:2,"AT+GMR",0,0,0,1` {
			t.Errorf("the list begins with %q", lines[:3])
		}
	})
}

// With the manual's profile the points differ in which manual and firmware do.
func TestBasicByTheManual(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Profile: "manual"})
		defer r.close()
		r.ok("AT+IOIN=15")
		r.do("AT+IOIN=15?", "+IOIN=15:1\r\n"+okAnswer)
		r.do(`AT+FLASH-R=4,"0x210000"`, "+FLASH-R:\xff\xff\xff\xff\r\n"+okAnswer)
		r.do(`AT+FLASH-W=4,"0x210000"`, promptAnswer)
		r.fill("abcd", "\r\nSEND OK\r\n")
		r.do(`AT+FLASH-R=4,"0x210000"`, "+FLASH-R:abcd\r\n"+okAnswer)
		r.do(`AT+EFUSE-W=4,"0x1c"`, promptAnswer)
		r.fill("aaaa", "\r\nSEND OK\r\n")
		r.ok("AT+OTASTART=1")
		r.do("AT+OTASEND=512", promptAnswer)
		r.fill(strings.Repeat("RAW\x00", 128), "\r\nSEND FAIL\r\n")
		r.quiet(time.Minute)
	})
}
