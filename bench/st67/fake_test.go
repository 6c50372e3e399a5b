package st67

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"st67bench/transport/at"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ok   = "\r\nOK\r\n"
	fail = "\r\nERROR\r\n"
)

// fake answers commands byte for byte as the firmware does, from a table.
type fake struct {
	conn net.Conn
	in   *bufio.Reader
	wr   sync.Mutex

	mu       sync.Mutex
	got      []string          // every line that came
	settings map[string]string // answers of query forms, changed by set forms
	answers  map[string]string // whole replies by line, before anything else
	on       map[string]func() // done instead of a reply, by line prefix
	data     func(n int) string
	payload  []byte // of the last data phase
}

// newFake is a module with the settings of a fresh T01 image.
func newFake(conn net.Conn) *fake {
	f := &fake{conn: conn, in: bufio.NewReader(conn)}
	f.settings = map[string]string{
		"SYSSTORE": "1", "SYSLOG": "0", "SYSMSG": "0", "CWNETMODE": "1", "CWMODE": "3", "CWEVT": "1", "CIPEVT": "1", "CIPMUX": "0",
		"CIPRECVMODE": "0", "SYSRAM": "148408,84044", "TEMP": "34.500000", "VBAT": "3326", "CWSTATE": `2,"home",1,3`,
	}
	f.answers = map[string]string{
		"AT": ok, "ATE0": ok, "AT+CIPDINFO?": "+CIPDINFO:false" + ok, "AT+CWJAP?": ok, "AT+CWQAP": ok,
		"AT+GMR": "AT version:1.0.0.1(Apr 30 2025 11:47:03)\r\ncomponent_version_macsw_1.6.38\r\nlib_version_phyrf_00f7ad715\r\n" +
			"component_version_btble_1.8.25\r\nlib_version_btblecontroller_1.6.89\r\ncomponent_version_sdk_2.0.106\r\n" +
			"compile time:Apr 30 2025 11:46:58\r\n" + ok,
		"AT+CIFSR":   "+CIFSR:STAIP,\"192.168.1.77\"\r\n+CIFSR:STAMAC,\"40:82:7b:00:00:01\"\r\n" + ok,
		"AT+CIPSTA?": "+CIPSTA:ip:\"192.168.1.77\"\r\n+CIPSTA:gateway:\"192.168.1.1\"\r\n+CIPSTA:netmask:\"255.255.255.0\"\r\n" + ok,
	}
	f.on = map[string]func(){
		"AT+RST": func() { f.write(ok); f.later(time.Second, "\r\nready\r\n") },
	}
	f.data = func(n int) string { return fmt.Sprintf("Recv %d bytes\r\n\r\nSEND OK\r\n", n) }
	return f
}

func (f *fake) write(text string) {
	f.wr.Lock()
	defer f.wr.Unlock()
	_, _ = io.WriteString(f.conn, text) // a closed session is the end of the test
}

// later writes after a time.
func (f *fake) later(d time.Duration, text string) {
	go func() {
		time.Sleep(d)
		f.write(text)
	}()
}

// set changes one of the fake's tables while it runs.
func (f *fake) set(change func(f *fake)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

// run answers until the session is closed.
func (f *fake) run() {
	for {
		line, err := f.in.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		f.mu.Lock()
		f.got = append(f.got, line)
		do, reply := f.find(line)
		f.mu.Unlock()
		if do != nil {
			do()
		} else {
			f.write(reply)
		}
	}
}

// find is what the fake does about a line.
func (f *fake) find(line string) (do func(), reply string) {
	for prefix, do := range f.on {
		if strings.HasPrefix(line, prefix) {
			return do, ""
		}
	}
	if reply, known := f.answers[line]; known {
		return nil, reply
	}
	name, value, set := parts(line)
	now, known := f.settings[name]
	switch {
	case name == "CIPSEND" && set:
		_, n, _ := strings.Cut(value, ",")
		count, _ := strconv.Atoi(n)
		return func() { f.dataPhase(count) }, ""
	case name == "CIPSTART" || name == "CIPCLOSE" && set:
		id := strings.TrimLeft(value, `"`)[:1]
		what := map[string]string{"CIPSTART": "CONNECTED", "CIPCLOSE": "DISCONNECTED"}[name]
		return nil, "+CIP:" + id + "," + what + "\r\n" + ok
	case known && set:
		f.settings[name], _, _ = strings.Cut(value, ",")
		return nil, ok
	case known:
		return nil, "+" + name + ":" + now + "\r\n" + ok
	}
	return nil, "ERR CODE:0x01090000\r\n" + fail
}

// dataPhase takes n bytes, whatever is in them.
func (f *fake) dataPhase(n int) {
	f.write("\r\nOK\r\n\r\n>")
	if cap(f.payload) < n {
		f.payload = make([]byte, n)
	}
	f.payload = f.payload[:n]
	if _, err := io.ReadFull(f.in, f.payload); err != nil {
		return
	}
	f.mu.Lock()
	answer := f.data
	f.mu.Unlock()
	f.write(answer(n))
}

// lines is every line that came so far.
func (f *fake) lines() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.got)
}

// bench runs a test in virtual time with a session to a fake.
func bench(t *testing.T, test func(t *testing.T, f *fake, s *at.Session)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		host, module := net.Pipe()
		f := newFake(module)
		done := make(chan struct{})
		go func() { defer close(done); f.run() }()
		s := at.New(host, Grammar())
		defer func() {
			_ = s.Close()
			_ = module.Close()
			<-done
			time.Sleep(time.Minute) // for what the fake has put off
		}()
		test(t, f, s)
	})
}

// opened runs a test on a module that was opened.
func opened(t *testing.T, o Options, test func(t *testing.T, f *fake, m *Module)) {
	t.Helper()
	bench(t, func(t *testing.T, f *fake, s *at.Session) {
		m, err := Open(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		defer m.limit.release()
		test(t, f, m)
	})
}

// joins makes the fake answer CWJAP with this and, a second later, these events.
func (f *fake) joins(reply, events string) {
	f.on["AT+CWJAP="] = func() {
		f.write(reply)
		f.set(func(f *fake) { f.answers["AT+CWJAP?"] = `+CWJAP:"home","AA:BB:CC:DD:EE:01",6,-48,0` + "\r\n" + ok })
		if events != "" {
			f.later(time.Second, events)
		}
	}
}

// home is the network of the tests.
var home = Wifi{SSID: "home", Password: "correct horse"}
