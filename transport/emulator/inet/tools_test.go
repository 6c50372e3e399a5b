package inet_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"st67bench/transport/emulator/core"
	"st67bench/transport/emulator/inet"
)

var (
	four = netip.MustParseAddr("192.0.2.7")
	six  = netip.MustParseAddr("2001:db8::7")
)

// world is a network with two names in the table and one that is looked up.
func world() inet.Options {
	return inet.Options{
		Hosts: map[string][]netip.Addr{"both.test": {six, four}, "six.test": {six}},
		Lookup: func(_ context.Context, network, host string) ([]netip.Addr, error) {
			if host == "asked.test" && network == "ip4" {
				return []netip.Addr{four}, nil
			}
			return nil, errors.New("no such host")
		},
	}
}

func TestDomain(t *testing.T) {
	with(t, setup{Options: world()}, func(t *testing.T, m *module) {
		m.do(`AT+CIPDOMAIN="Both.test"`, "+CIPDOMAIN:\"192.0.2.7\"\r\n"+okay)
		m.do(`AT+CIPDOMAIN="asked.test",2`, "+CIPDOMAIN:\"192.0.2.7\"\r\n"+okay)
		m.do(`AT+CIPDOMAIN="192.0.2.8"`, "+CIPDOMAIN:\"192.0.2.8\"\r\n"+okay)
		for _, line := range []string{`AT+CIPDOMAIN="six.test"`, `AT+CIPDOMAIN="six.test",3`, `AT+CIPDOMAIN="unknown.test"`, `AT+CIPDOMAIN=""`, `AT+CIPDOMAIN="both.test",4`, `AT+CIPDOMAIN`} {
			m.do(line, failed)
		}
		m.do("AT+CIPV6=1", okay)
		m.do(`AT+CIPDOMAIN="six.test"`, "+CIPDOMAIN:\"2001:db8::7\"\r\n"+okay)
		m.do(`AT+CIPDOMAIN="both.test",3`, "+CIPDOMAIN:\"2001:db8::7\"\r\n"+okay)
		m.do(`AT+CIPDOMAIN="six.test",2`, failed)
	})
}

func TestServersOfNames(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		const defaults = `"208.67.222.222","8.8.8.8","0.0.0.0"`
		m.do("AT+CIPDNS?", "+CIPDNS:0,"+defaults+"\r\n"+okay)
		m.do(`AT+CIPDNS=1,"114.114.114.114"`, okay)
		m.do("AT+CIPDNS?", "+CIPDNS:1,\"114.114.114.114\",\"0.0.0.0\",\"0.0.0.0\"\r\n"+okay)
		for _, line := range []string{`AT+CIPDNS=1,"1.1.1.1","1.1.1.1"`, `AT+CIPDNS=1,"1.1.1"`, `AT+CIPDNS=1,"0.0.0.0"`, `AT+CIPDNS=0,"1.1.1.1"`, "AT+CIPDNS=2", "AT+CIPDNS=1,1"} {
			m.do(line, failed)
		}
		m.do("AT+RST", okay+"\r\nready\r\n")
		m.do("AT+CIPDNS?", "+CIPDNS:1,\"114.114.114.114\",\"0.0.0.0\",\"0.0.0.0\"\r\n"+okay)
		m.do("AT+CIPDNS=1", okay)
		m.do("AT+CIPDNS?", "+CIPDNS:1,"+defaults+"\r\n"+okay)
		m.do("AT+CIPDNS=0", okay)
		m.do("AT+CIPDNS?", "+CIPDNS:0,"+defaults+"\r\n"+okay)
	})
}

// Virtual time begins at midnight UTC of 1 January 2000. The module's own clock
// begins at 1970 with its reset.
func TestTime(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		m.do("AT+CIPSNTPCFG?", "+CIPSNTPCFG:0\r\n"+okay)
		m.do("AT+CIPSNTPTIME?", "+CIPSNTPTIME:Thu Jan  1 00:00:00 1970\r\n"+okay)
		time.Sleep(10 * time.Second)
		m.do("AT+CIPSNTPTIME?", "+CIPSNTPTIME:Thu Jan  1 00:00:10 1970\r\n"+okay)
		for _, line := range []string{"AT+CIPSNTPCFG=1", "AT+CIPSNTPCFG=1,1500", "AT+CIPSNTPCFG=2,0", `AT+CIPSNTPCFG=1,8,9`, "AT+CIPSNTPINTV=14", "AT+CIPSNTPINTV=4294968"} {
			m.do(line, failed)
		}
		for _, c := range [][3]string{
			{"-5", "-5", "Fri Dec 31 19:00:10 1999"}, {"-500", "-5", "Fri Dec 31 19:00:10 1999"},
			{"1245", "12", "Sat Jan  1 12:45:10 2000"}, {"015", "0", "Sat Jan  1 00:15:10 2000"},
			{"530", "5", "Sat Jan  1 05:30:10 2000"},
		} {
			m.do("AT+CIPSNTPCFG=1,"+c[0]+`,"0.pool.ntp.org","time.google.com"`, okay)
			m.do("AT+CIPSNTPCFG?", "+CIPSNTPCFG:1,"+c[1]+",\"0.pool.ntp.org\",\"time.google.com\"\r\n"+okay)
			time.Sleep(2 * air)
			m.do("AT+CIPSNTPTIME?", "+CIPSNTPTIME:"+c[2]+"\r\n"+okay)
		}
		m.do("AT+CIPSNTPCFG=1,8", okay)
		m.do("AT+CIPSNTPCFG?", "+CIPSNTPCFG:1,8,\"cn.ntp.org.cn\",\"ntp.sjtu.edu.cn\",\"us.pool.ntp.org\"\r\n"+okay)
		m.do("AT+CIPSNTPINTV?", "+CIPSNTPINTV:300\r\n"+okay)
		m.do("AT+CIPSNTPINTV=3600", okay)
		m.do("AT+CIPSNTPINTV?", "+CIPSNTPINTV:3600\r\n"+okay)
	})
}

// Without a network for echoes every host answers after a radio round trip.
func TestPing(t *testing.T) {
	with(t, setup{Options: world()}, func(t *testing.T, m *module) {
		start := time.Now()
		m.do(`AT+PING="both.test",1000,2,300`, okay)
		m.expect("+PING:2ms\r\n")
		same(t, "the first echo", time.Since(start), 32*byteTime+latency+2*air+2*1000*airByte+11*byteTime)
		m.expect("+PING:2ms\r\n")
		same(t, "the second", time.Since(start), 32*byteTime+latency+2*air+2*1000*airByte+11*byteTime+300*time.Millisecond)
		m.quiet(time.Minute)
		for _, line := range []string{`AT+PING="six.test"`, `AT+PING="2001:db8::7"`, `AT+PING="unknown.test"`, `AT+PING=""`, `AT+PING="both.test",0`, `AT+PING="both.test",65535`, `AT+PING="both.test",64,0`} {
			m.do(line, failed)
		}
		m.do("AT+CIPV6=1", okay)
		m.do(`AT+PING="six.test",64,1`, okay+"+PING:2ms\r\n")
		m.do(`AT+PING="both.test",64,3,200,500`, okay+"+PING:2ms\r\n+PING:2ms\r\n+PING:2ms\r\n")
	})
}

func TestPingAsTheManualSays(t *testing.T) {
	with(t, setup{Options: world(), Quirks: core.ManualQuirks()}, func(t *testing.T, m *module) {
		start := time.Now()
		m.do(`AT+PING="both.test",64,3,500`, "+PING:2\r\n"+okay)
		same(t, "OK", time.Since(start), 30*byteTime+latency+2*500*time.Millisecond+2*air+2*64*airByte+15*byteTime)
		m.do(`AT+PING="unknown.test"`, "+PING:TIMEOUT\r\n"+failed)
	})
}

// The time that the network's echo takes adds to the radio's; an answer after the
// time-out, and none, are both TIMEOUT.
func TestPingOfANetwork(t *testing.T) {
	o := world()
	takes := []time.Duration{30 * time.Millisecond, 3 * time.Second, 0, 0}
	n := 0
	o.Echo = func(_ context.Context, to netip.Addr, size int) (time.Duration, error) {
		n++
		switch {
		case to != four || size != 64:
			t.Errorf("an echo of %d bytes went to %v", size, to)
		case n == 3:
			return 0, errors.New("unreachable")
		case n == 4:
			return 0, inet.ErrNoEcho
		}
		return takes[n-1], nil
	}
	with(t, setup{Options: o}, func(t *testing.T, m *module) {
		m.do(`AT+PING="both.test"`, okay)
		m.expect("+PING:32ms\r\n+PING:TIMEOUT\r\n+PING:TIMEOUT\r\n+PING:2ms\r\n")
		time.Sleep(time.Second)
		if !strings.Contains(m.log.String(), "the echo of 192.0.2.7 is a model") {
			t.Errorf("the log port says %q, not that the echo is a model", m.log)
		}
	})
}

func TestQuirksOfPing(t *testing.T) {
	on := core.DefaultQuirks(core.V2_0_75)
	for _, q := range []string{"ping-four", "ping-zero"} {
		var err error
		if on, err = on.With(q); err != nil {
			t.Fatal(err)
		}
	}
	with(t, setup{Options: world(), Quirks: on}, func(t *testing.T, m *module) {
		m.do(`AT+PING="both.test",64,4,1000,1000`, failed)
		m.do(`AT+PING="both.test",64,1`, okay+"+PING:2ms\r\n")
	})
}

func TestEventSwitch(t *testing.T) {
	with(t, setup{}, func(t *testing.T, m *module) {
		m.do("AT+CIPEVT?", "+CIPEVT:1\r\n"+okay)
		m.do("AT+CIPEVT=2", failed)
		m.do("AT+CIPEVT=0", okay)
		m.do("AT+CIPEVT?", "+CIPEVT:0\r\n"+okay)
	})
	with(t, setup{Quirks: core.ManualQuirks()}, func(t *testing.T, m *module) {
		m.do("AT+CIPEVT=0", "+CIPEVT\r\n"+okay)
	})
}

// This machine's echo, where it is permitted.
func TestSystemEcho(t *testing.T) {
	for _, to := range []string{"127.0.0.1", "::1"} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		took, err := inet.SystemEcho(ctx, netip.MustParseAddr(to), 64)
		cancel()
		switch {
		case errors.Is(err, inet.ErrNoEcho):
			t.Skipf("this machine permits no ICMP echo to %s: %v", to, err)
		case err != nil:
			t.Errorf("%s: %v", to, err)
		case took <= 0 || took > 5*time.Second:
			t.Errorf("the echo of %s took %v", to, took)
		}
	}
}
