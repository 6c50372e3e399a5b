package meter

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// ask writes a query and is the line that answers it.
func (h *host) ask(query string) string {
	h.t.Helper()
	h.write(query + "\n")
	var line []byte
	for {
		b := h.read(1)
		if b[0] == '\n' {
			return string(line)
		}
		line = append(line, b[0])
	}
}

// noError fails when the error queue has an entry.
func (h *host) noError() {
	h.t.Helper()
	if got := h.ask("SYST:ERR?"); got != `+0,"No error"` {
		h.t.Errorf("the instrument says %s", got)
	}
}

// records fetches a definite-length block of float32 numbers.
func (h *host) records(order binary.ByteOrder, most int) (all []float32) {
	h.t.Helper()
	h.write(fmt.Sprintf("FETC:ELOG? %d,(@1)\n", most))
	if b := h.read(1); b[0] != '#' {
		h.t.Fatalf("the block begins with %q", b)
	}
	var size int
	fmt.Sscan(string(h.read(int(h.read(1)[0]-'0'))), &size)
	for data := h.read(size); len(data) > 0; data = data[4:] {
		all = append(all, math.Float32frombits(order.Uint32(data)))
	}
	if b := h.read(1); b[0] != '\n' {
		h.t.Fatalf("the block ends with %q", b)
	}
	return all
}

// elogSettings are the documented sequence for current alone.
const elogSettings = "*RST\nFORM REAL\nSENS:ELOG:FUNC:CURR ON,(@1)\nSENS:ELOG:CURR:RANG:AUTO ON,(@1)\nSENS:SWE:TINT:RES RES20\n" +
	"SENS:ELOG:PER 0.0001024,(@1)\nVOLT 3.3,(@1);OUTP ON,(@1)\nTRIG:ELOG:SOUR BUS\n"

func TestElog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := plug(t, Config{Kind: "keysight-elog", Source: constant(0.0123)})
		if got := h.ask("*IDN?"); !strings.HasPrefix(got, "Keysight Technologies,N6705C,") {
			t.Errorf("identity %q", got)
		}
		h.write(elogSettings + "INIT:ELOG (@1)\n")
		h.noError()
		if got := h.records(binary.BigEndian, 1000); len(got) != 0 {
			t.Errorf("before the trigger: %d records", len(got))
		}
		h.write("TRIG:ELOG (@1)\n")
		time.Sleep(time.Second)
		var all []float32
		for {
			r := h.records(binary.BigEndian, 1000)
			if all = append(all, r...); len(r) == 0 {
				break
			}
		}
		// The last batch ends with the period that is over 3 ms before: (1 s - 3 ms)/102.4 us.
		if len(all) != 9736 || all[0] != 0.0123 || all[9735] != 0.0123 {
			t.Errorf("%d records", len(all))
		}
		h.write("ABOR:ELOG (@1)\n")
		h.noError()
		h.unplug()
	})
}

func TestElogVoltageAndExtremes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// 30 mA in every fifth part of 20.48 us, of parts that begin with the log: the mean is 6 mA.
		source := &steady{}
		source.amps = func(at time.Duration) float64 {
			if int64((at.Seconds()+1e-9)/20.48e-6)%5 == 0 {
				return 30e-3
			}
			return 0
		}
		h := plug(t, Config{Kind: "keysight-elog", Source: source, Faults: []string{"split:7"}})
		h.write("FORM REAL;:FORM:BORD SWAP;:SENSe:ELOG:FUNCtion:VOLTage ON;:SENS:ELOG:FUNC:CURR:MINM ON\nSENS:ELOG:PER 0.0004096\nTRIG:ELOG:SOUR IMM\nVOLT 3.1\n")
		h.noError()
		source.begin(time.Now())
		h.write("INIT:ELOG\n")
		time.Sleep(100 * time.Millisecond)
		got := h.records(binary.LittleEndian, 100)
		if len(got) != 400 || got[1] != 0 || got[2] != 30e-3 || got[3] != 3.1 {
			t.Errorf("%d numbers: %v", len(got), got[:min(8, len(got))])
		}
		h.write("FORM ASC\n")
		if got := h.ask("FETC:ELOG? 1,(@1)"); strings.Count(got, ",") != 3 || !strings.HasSuffix(got, ",+0.00000000E+00,+2.99999993E-02,+3.09999990E+00") {
			t.Errorf("as text: %q", got)
		}
		h.unplug()
	})
}

func TestElogErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := plug(t, Config{Kind: "keysight-elog", Source: constant(1), Faults: []string{"refuse:RES20"}})
		for line, want := range map[string]string{
			"SENS:ELOG:PER 0.0001,(@1)":                       `-222,"Data out of range"`,
			"SENS:ELOG:FUNC:VOLT ON;:SENS:ELOG:PER 0.0001024": `-222,"Data out of range"`,
			"SENS:ELOG:PER fast":                              `-102,"Syntax error"`,
			"SENS:ELOG:PER":                                   `-109,"Missing parameter"`,
			"MEAS:POW?":                                       `-113,"Undefined header"`,
			"FETC:ELOG? 10":                                   `-230,"Data corrupt or stale"`,
			"TRIG:ELOG (@1)":                                  `-221,"Settings conflict"`,
			"SENS:SWE:TINT:RES RES20":                         `-113,"Undefined header"`,
			"OUTP MAYBE":                                      `-109,"Missing parameter"`,
			"SENS:ELOG:FUNC:CURR OFF;:SENS:ELOG:FUNC:VOLT OFF;:INIT:ELOG": `-221,"Settings conflict"`,
		} {
			h.write("*CLS;*RST\n" + line + "\n")
			if got := h.ask("SYST:ERR?"); got != want {
				t.Errorf("%s: %s, want %s", line, got, want)
			}
			h.noError()
		}
		h.unplug()
	})
}

// The log holds 20 s: who comes later has lost the oldest.
func TestElogOverflow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &steady{amps: func(at time.Duration) float64 { return at.Seconds() }}
		h := plug(t, Config{Kind: "keysight-elog", Source: source})
		h.write("FORM REAL\nSENS:ELOG:PER 0.0102400\nTRIG:ELOG:SOUR IMM\nINIT:ELOG\n")
		h.noError()
		time.Sleep(30 * time.Second)
		got := h.records(binary.BigEndian, 10_000)
		if len(got) != 1953 || math.Abs(float64(got[0])-10) > 0.05 { // 20 s / 10.24 ms
			t.Errorf("%d records, the first of %v s", len(got), got[0])
		}
		h.unplug()
	})
}

func TestPSU(t *testing.T) {
	for dialect, lines := range map[string][]string{
		"siglent": {"CH1:VOLT 3.3", "OUTP CH1,ON", "MEAS:VOLT? CH1", "3.300", "MEAS:CURR? CH1", "0.012", "SYST:ERR?", "0  No Error"},
		"rigol": {":INST:NSEL 1", ":SOUR:VOLT 3.3", ":SOUR:CURR 0.6", ":OUTP ON", ":MEAS:VOLT?", "3.3000", ":MEAS:CURR?", "0.0123",
			"SYST:ERR?", `0,"No error"`},
	} {
		synctest.Test(t, func(t *testing.T) {
			source := constant(0.0123)
			source.off = true
			h := plug(t, Config{Kind: "psu-poll", Source: source, Model: Model{Dialect: dialect}, Faults: []string{"supply-drop@10s", "unplug@20s"}})
			time.Sleep(time.Second)
			for len(lines) > 0 {
				if !strings.Contains(lines[0], "?") {
					h.write(lines[0] + "\n")
					lines = lines[1:]
					continue
				}
				if got := h.ask(lines[0]); got != lines[1] {
					t.Errorf("%s: %q, want %q", lines[0], got, lines[1])
				}
				lines = lines[2:]
			}
			if got := source.switched(); got != "[true]" {
				t.Errorf("switched %s", got)
			}
			time.Sleep(10 * time.Second)
			if got := h.ask("MEAS:CURR?"); strings.Trim(got, "0.") != "" {
				t.Errorf("after the drop: %s", got)
			}
			h.hear(time.Minute)
			if err := <-h.ended; err != ErrUnplugged {
				t.Errorf("Serve: %v", err)
			}
			h.Close()
		})
	}
}
