package power

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"st67bench/results/trace"
	"st67bench/transport/emulator/meter"
)

func TestReadBlock(t *testing.T) {
	long := bytes.Repeat([]byte("\n#1"), 3333)
	for _, c := range []struct {
		in, want, err string
	}{
		{"#15hello\n", "hello", ""},
		{"#3005hello\r\n", "hello", ""},
		{"#10\n", "", ""},
		{"\n #14a\n#b\n", "a\n#b", ""},
		{fmt.Sprintf("#4%d%s\n", len(long), long), string(long), ""},
		{"#0abc\n", "", "without a length"},
		{"+1.0E-3,+2.0E-3\n", "", "0x2B"},
		{"#1x\n", "", "0x78 instead of a digit"},
		{"#9999999999\n", "", "more than"},
		{"#15hel", "", "EOF after 3 of 5"},
		{"#15hello", "", "EOF instead of the newline"},
		{"#15hello;", "", "0x3B instead of the newline"},
		{"", "", "EOF"},
	} {
		for name, in := range map[string]io.Reader{"whole": strings.NewReader(c.in), "by byte": iotest.OneByteReader(strings.NewReader(c.in)), "halves": iotest.HalfReader(strings.NewReader(c.in))} {
			got, err := readBlock(bufio.NewReaderSize(in, 16), nil)
			if c.err == "" && (err != nil || string(got) != c.want) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("%.20q, %s: %.20q, %v; want %.20q, %q", c.in, name, got, err, c.want, c.err)
			}
		}
	}
}

// Whatever comes: a block is one of the answer's own bytes, as long as was said, and what follows it is left.
func FuzzReadBlock(f *testing.F) {
	f.Add([]byte("#15hello\nrest"))
	f.Add([]byte("\r\n#211hello world\r\n#10\n"))
	f.Add([]byte("#0\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		r := bufio.NewReaderSize(iotest.HalfReader(bytes.NewReader(in)), 16)
		got, err := readBlock(r, nil)
		if err != nil {
			return
		}
		rest, _ := io.ReadAll(r)
		read := in[:len(in)-len(rest)]
		if !bytes.HasSuffix(bytes.TrimRight(read, "\r\n"), bytes.TrimRight(got, "\r\n")) || read[len(read)-1] != '\n' || len(got) > len(in) {
			t.Errorf("%q of %q", got, read)
		}
	})
}

// answering is an instrument that answers each line with what answer says, and nothing with "".
func answering(t *testing.T, answer func(line string) string) net.Conn {
	near, far := net.Pipe()
	go func() {
		in := bufio.NewScanner(far)
		for in.Scan() {
			if a := answer(in.Text()); a != "" {
				go io.WriteString(far, a)
			}
		}
		far.Close()
	}()
	t.Cleanup(func() { near.Close() })
	return near
}

func TestSCPIErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queue := []string{`-113,"Undefined header"`, `-222,"Data out of range"`}
		line := answering(t, func(line string) string {
			switch line {
			case "SYST:ERR?":
				if len(queue) == 0 {
					return "+0,\"No error\"\n"
				}
				first := queue[0]
				queue = queue[1:]
				return first + "\n"
			case "*IDN?":
				return "half an answ"
			}
			return ""
		})
		c := newSCPI(line)
		err := c.do(t.Context(), "FOO 1")
		if want := `"FOO 1" was refused: "-113,\"Undefined header\"; -222,\"Data out of range\""`; err == nil || err.Error() != want || !errors.As(err, new(refusal)) {
			t.Errorf("%v, want %s", err, want)
		}
		if err := c.do(t.Context(), "BAR"); err != nil {
			t.Errorf("with an empty queue: %v", err)
		}
		begin := time.Now()
		_, err = c.query(t.Context(), "*IDN?")
		if err == nil || err.Error() != `no answer to "*IDN?" within 3s; received "half an answ"` || time.Since(begin) != scpiAnswer {
			t.Errorf("half an answer: %v after %v", err, time.Since(begin))
		}
		line.Close()
	})
}

// An answer that comes too late is not taken for that to the next question.
func TestSCPILateAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		go func() {
			in := bufio.NewScanner(far)
			for in.Scan() {
				if in.Text() == "SLOW?" {
					time.Sleep(scpiAnswer + 50*time.Millisecond)
				}
				io.WriteString(far, in.Text()+"\n")
			}
		}()
		c := newSCPI(near)
		if _, err := c.query(t.Context(), "SLOW?"); err == nil {
			t.Error("a late answer was waited for")
		}
		if got, err := c.query(t.Context(), "QUICK?"); err != nil || got != "QUICK?" {
			t.Errorf("%q, %v", got, err)
		}
		near.Close()
		far.Close()
	})
}

func TestNoError(t *testing.T) {
	for answer, want := range map[string]bool{
		`0,"No error"`: true, `+0,"No error"`: true, "0  No Error": true, "0": true, "-0,x": true,
		`-100,"Command error"`: false, `10,"x"`: false, "": false, "No error": false,
	} {
		if noError(answer) != want {
			t.Errorf("%q: %v", answer, !want)
		}
	}
}

func TestEmulatedElogFaults(t *testing.T) {
	for _, c := range []struct {
		fault string
		err   string
		check func(b *bench) bool
	}{
		{"split:3", "", func(b *bench) bool { return b.all.Meta.Samples > 38_000 && len(b.all.Meta.Events) == 0 }},
		{"stall:2000@1s", "", func(b *bench) bool { return b.all.Meta.Samples > 38_000 && len(b.all.Meta.Events) == 0 }},
		{"stall:5000@1s", "no answer to", nil},
		{"silent@1s", "no answer to", nil},
		{"unplug@1s", `"FETC:ELOG? 10000,(@1)": `, nil},
		{"supply-drop@1s", "", func(b *bench) bool { return b.all.Data[len(b.all.Data)-1].Volts[0] == 0 }},
		{"compress:10%@1s", "", func(b *bench) bool { return len(b.of(trace.Compressed)) > 0 }},
		{"refuse:FUNC:VOLT", "", func(b *bench) bool {
			h := b.Header()
			return h.VoltsFrom == "set" && math.Abs(h.Rate*102.4e-6-1) < 1e-6 && b.all.Data[0].Volts == nil
		}},
		{"refuse:RANG:AUTO", "", func(b *bench) bool { return strings.HasPrefix(b.Header().Calibration["range"], "fixed") }},
		{"refuse:FORM:BORD", "", func(b *bench) bool { return b.all.Meta.Samples > 38_000 }},
		{"refuse:FORM REAL", `"FORM REAL" was refused`, nil},
		{"refuse:FETC", "no answer", nil},
	} {
		t.Run(c.fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, err := emulated(t, meter.Config{Kind: "keysight-elog", Faults: []string{c.fault}}, beacons(), 8*time.Second, Settings{})
				switch {
				case c.err == "" && err != nil, c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
					t.Errorf("error %v, want %q", err, c.err)
				case c.check != nil && !c.check(b):
					t.Errorf("%d samples, gaps %v, events %+v", b.all.Meta.Samples, b.all.Meta.Gaps, b.all.Meta.Events)
				case err == nil && math.Abs(whole(amps(b.all), b.Header().Rate, b.source.period)/b.source.mean()-1) > 0.0005 && !strings.Contains(c.fault, "drop") && !strings.Contains(c.fault, "compress"):
					t.Errorf("mean %v, want %v", whole(amps(b.all), b.Header().Rate, b.source.period), b.source.mean())
				}
			})
		})
	}
}

// The log sends the most significant byte first, whatever the one before us had chosen; each record has its voltage.
func TestEmulatedElogByteOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := connect(t, meter.Config{Kind: "keysight-elog"}, constantly(0.123))
		defer b.disconnect()
		io.WriteString(b.line, "FORM:BORD SWAP\nFORM ASC\n")
		if err := b.open("keysight-elog", Settings{}); err != nil {
			t.Fatal(err)
		}
		if err := b.stream(time.Second); err != nil {
			t.Fatal(err)
		}
		for _, block := range b.all.Data {
			for i := range block.Amps {
				if block.Amps[i] != 0.123 || block.Volts[i] != 3.3 {
					t.Fatalf("%v A, %v V", block.Amps[i], block.Volts[i])
				}
			}
		}
		if h := b.Header(); h.VoltsFrom != "measured" || h.Kind != trace.Average || math.Abs(h.Rate*204.8e-6-1) > 1e-6 {
			t.Errorf("header %+v", h)
		}
		b.Close(context.Background())
	})
}

// When nobody reads for longer than the instrument's buffer holds, what it overwrote is a gap, and the time goes on.
func TestEmulatedElogOverflow(t *testing.T) {
	for away, lost := range map[time.Duration]float64{15 * time.Second: 0, 26 * time.Second: 6} {
		synctest.Test(t, func(t *testing.T) {
			b := connect(t, meter.Config{Kind: "keysight-elog"}, beacons())
			defer b.disconnect()
			if err := b.open("keysight-elog", Settings{}); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			begin, slept := time.Now(), false
			if err := b.Stream(ctx, begin, func(block trace.Block) error {
				b.all.Add(block)
				if time.Since(begin) > 5*time.Second && !slept {
					slept = true
					time.Sleep(away)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			rate, missing := b.Header().Rate, int64(0)
			for _, n := range lengths(b) {
				missing += n
			}
			if math.Abs(float64(missing)/rate-lost) > 0.15 || math.Abs(float64(b.all.Meta.Samples)/rate-60) > 0.2 || len(b.of(trace.Gap)) != len(b.all.Meta.Gaps) {
				t.Errorf("away for %v: %d of %d records missing, gaps %v", away, missing, b.all.Meta.Samples, b.all.Meta.Gaps)
			}
			b.Close(context.Background())
		})
	}
}

// No number is not a number.
func TestElogNoNumber(t *testing.T) {
	e := elog{scpiMeter: scpiMeter{header: trace.Header{Rate: 1 / 204.8e-6}}, volts: true}
	nan := float32(math.NaN())
	var raw []byte
	for _, v := range []float32{0.1, 3.3, 9.91e37, 3.3, nan, 3.3, 0.2, 3.2, -0.3, 3.1, nan, nan} {
		raw = binary.BigEndian.AppendUint32(raw, math.Float32bits(v))
	}
	if n, err := e.take(raw); n != 6 || err != nil {
		t.Fatal(n, err)
	}
	all := &trace.Memory{}
	e.hand(time.Now(), func(b trace.Block) error { all.Add(b); return nil })
	if got := amps(all); !slices.Equal(got, []float32{0.1, 0.2, -0.3}) || !slices.Equal(all.Meta.Gaps, []trace.Span{{From: 1, To: 3}}) || e.block.Index != 6 {
		t.Errorf("%v, gaps %v, index %d", got, all.Meta.Gaps, e.block.Index)
	}
	if last := all.Data[1]; !slices.Equal(last.Volts, []float32{3.2, 3.1}) || len(last.Events) != 2 {
		t.Errorf("second block %+v", last)
	}
	if _, err := e.take(raw[:12]); err == nil {
		t.Error("half a record was taken")
	}
}

func TestEmulatedPollFaults(t *testing.T) {
	for _, c := range []struct {
		fault string
		err   string
		check func(b *bench) bool
	}{
		{"split:1", "", func(b *bench) bool { return len(amps(b.all)) > 35 && len(b.all.Meta.Gaps) == 0 }},
		{"stall:1000@2s", "", func(b *bench) bool { return len(amps(b.all)) < 33 && len(lengths(b)) == 1 && lengths(b)[0] >= 8 }},
		{"silent@2s", "no answer to", nil},
		{"unplug@2s", `"MEAS:CURR? CH1": `, nil},
		{"refuse:OUTP", "was refused", nil},
	} {
		t.Run(c.fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, err := emulated(t, meter.Config{Kind: "psu-poll", Faults: []string{c.fault}}, constantly(0.05), 4*time.Second, Settings{})
				switch {
				case c.err == "" && err != nil, c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
					t.Errorf("error %v, want %q", err, c.err)
				case c.check != nil && !c.check(b):
					t.Errorf("%d readings, gaps %v, events %+v", len(amps(b.all)), b.all.Meta.Gaps, b.all.Meta.Events)
				}
			})
		})
	}
}

// A set-up that fails leaves no supply on.
func TestPollAbandons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		line := answering(t, func(line string) string {
			switch sent = append(sent, line); line {
			case "*IDN?":
				return "Acme,PS1,1,1\n"
			case "SYST:ERR?":
				return "0\n"
			case "MEAS:VOLT?":
				return "0.1\n"
			}
			return ""
		})
		if _, err := NewSCPI(t.Context(), line, "psu-poll", Settings{}); err == nil || !strings.Contains(err.Error(), "the output reads 0.100 V") {
			t.Errorf("%v", err)
		}
		line.Close()
		if n := len(sent); sent[n-2] != "OUTP OFF" || !slices.Contains(sent, "CURR 0.6") || !slices.Contains(sent, "VOLT 3.3") {
			t.Errorf("sent %q", sent)
		}
	})
}

// Settings that an instrument cannot follow are refused before anything is sent.
func TestSettings(t *testing.T) {
	for name, open := range map[string]func(Line) (Meter, error){
		"3.7 V is outside 1.6..3.6":      func(l Line) (Meter, error) { return NewV3PWR(t.Context(), l, Settings{Volts: 3.7}) },
		"3.6 V is outside 1.8..3.3":      func(l Line) (Meter, error) { return NewLPM01A(t.Context(), l, Settings{Volts: 3.6}) },
		"measures only what it supplies": func(l Line) (Meter, error) { return NewLPM01A(t.Context(), l, Settings{Measure: true}) },
		"not at 1000":                    func(l Line) (Meter, error) { return NewV3PWR(t.Context(), l, Settings{Rate: 1000}) },
		`dialect "rs-flog" is not known`: func(l Line) (Meter, error) { return NewSCPI(t.Context(), l, "rs-flog", Settings{}) },
	} {
		near, far := net.Pipe()
		far.Close()
		if _, err := open(near); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %q", err, name)
		}
		near.Close()
	}
}
