package emulator

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// hostile makes command lines of random commands and parameters, many of which
// begin data phases.
type hostile struct {
	rng   *rand.Rand
	names []string
}

func (h *hostile) line() string {
	name := h.names[h.rng.IntN(len(h.names))]
	switch h.rng.IntN(8) {
	case 0:
		return "AT" + name
	case 1:
		return "AT" + name + "?"
	}
	var args []string
	for range h.rng.IntN(9) {
		args = append(args, h.arg())
	}
	return "AT" + name + "=" + strings.Join(args, ",")
}

func (h *hostile) arg() string {
	switch h.rng.IntN(10) {
	case 0:
		return ""
	case 1:
		return fmt.Sprint(h.rng.Int64() - h.rng.Int64())
	case 2:
		return fmt.Sprintf(`"0x%x"`, h.rng.Uint32()>>h.rng.IntN(32))
	case 3:
		return `"` + strings.Repeat("t", h.rng.IntN(140)) + `"`
	case 4:
		return fmt.Sprint(h.rng.IntN(9000))
	case 5:
		return `"` + string(rune('a'+h.rng.IntN(20))) + `"`
	}
	return fmt.Sprint(h.rng.IntN(4))
}

// Whatever a host says to these commands, it gets an answer in the end, and what
// the module holds stays within its bounds.
func TestHostileBasicAndMQTT(t *testing.T) {
	h := &hostile{rng: rand.New(rand.NewPCG(1, 2)), names: []string{
		"+SYSMSG", "+SYSLOG", "+SYSRAM", "+EFUSE-W", "+EFUSE-R", "+EFUSE-CFM", "+FLASH-W", "+FLASH-R", "+FLASH-E", "+IOPUPD", "+IOOUT",
		"+IOIN", "+IORST", "+PART", "+OTASTART", "+OTASEND", "+OTAFIN", "+FS", "+FS", "+FS", "+GMAC", "+PN", "+MQTTUSERCFG",
		"+MQTTCLIENTID", "+MQTTUSERNAME", "+MQTTPASSWORD", "+MQTTCONNCFG", "+MQTTCONN", "+MQTTALPN", "+MQTTSNI", "+MQTTPUB",
		"+MQTTPUBRAW", "+MQTTSUB", "+MQTTUNSUB", "+MQTTCLEAN",
	}}
	lines := 100_000
	if testing.Short() {
		lines = 10_000
	}
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Baud: Unpaced, Boot: None, CommandLatency: None})
		defer r.close()
		r.join()
		r.SetReadDeadline(time.Time{})
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = io.Copy(io.Discard, r.conn)
		}()
		filler := strings.Repeat("x", 8190) + "\r\n"
		for range lines {
			if _, err := io.WriteString(r, h.line()+"\r\n"); err != nil {
				t.Fatal(err)
			}
			// Time enough for the answer, and for a restart; then what ends a data phase.
			time.Sleep(time.Millisecond)
			if h.rng.IntN(4) == 0 {
				if _, err := io.WriteString(r, filler); err != nil {
					t.Fatal(err)
				}
			}
		}
		if n := len(r.m.flash.Keys("")); n > 1024+111+10 {
			t.Errorf("flash has %d values", n)
		}
		r.conn.Close()
		<-done
	})
}
