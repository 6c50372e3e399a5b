package inet

import (
	"fmt"
	"time"

	"st67bench/transport/emulator/core"
)

// defaultInterval is that of CIPSNTPINTV, in seconds (firmware source).
const defaultInterval = 300

// defaultNTP are the servers of a module that was told none (manual 4.1.22.4).
var defaultNTP = []string{"cn.ntp.org.cn", "ntp.sjtu.edu.cn", "us.pool.ntp.org"}

// sntp is the module's time. No server is asked: the time is this machine's, from
// the first exchange with a server on; before, a clock that began at 1970 with
// the reset.
type sntp struct {
	enabled  bool
	zone     int64 // hours, or hours and minutes as hhmm
	servers  []string
	interval int64

	booted time.Time
	synced bool
	due    time.Time // when the answer to the first request comes
}

func (f *Family) querySNTP(c *core.Call) error {
	s := &f.sntp
	if !s.enabled {
		c.Line("+CIPSNTPCFG:0")
		return nil
	}
	f.text = fmt.Appendf(f.text[:0], "+CIPSNTPCFG:1,%d", s.hours())
	for _, name := range s.servers {
		f.text = fmt.Appendf(f.text, `,"%s"`, name)
	}
	c.Say(append(f.text, '\r', '\n'))
	return nil
}

// setSNTP is AT+CIPSNTPCFG=<enable>,<timezone>[,"server"]...
func (f *Family) setSNTP(c *core.Call) error {
	a := &c.Args
	enable := a.Int(0, 0, 1) == 1
	zone := a.IntOr(1, 0, -1259, 1459)
	var names []string
	for i := 2; i < a.Len(); i++ {
		if a.Has(i) {
			names = append(names, string(a.Text(i, 63)))
		}
	}
	if err := a.Err(); err != nil {
		return err
	}
	if enable && a.Len() < 2 {
		return core.BadValue
	}
	if len(names) == 0 {
		names = defaultNTP
	}
	s := &f.sntp
	s.enabled, s.zone, s.servers = enable, zone, names
	s.due = c.At().Add(2 * f.m.Radio.Latency)
	return nil
}

// hours is the time zone as the query gives it: hhmm cut to hours.
func (s *sntp) hours() int64 {
	if s.zone < -12 || s.zone > 14 {
		return s.zone / 100
	}
	return s.zone
}

// offset is the time zone.
func (s *sntp) offset() time.Duration {
	if s.zone < -12 || s.zone > 14 {
		return time.Duration(s.zone/100)*time.Hour + time.Duration(s.zone%100)*time.Minute
	}
	return time.Duration(s.zone) * time.Hour
}

// queryTime is AT+CIPSNTPTIME?, as asctime prints it.
func (f *Family) queryTime(c *core.Call) error {
	s := &f.sntp
	if s.enabled && !c.At().Before(s.due) && f.Online() {
		s.synced = true
	}
	now := time.Unix(0, 0).Add(c.At().Sub(s.booted))
	if s.synced {
		now = c.At()
	}
	c.Line("+CIPSNTPTIME:%s", now.Add(s.offset()).UTC().Format(time.ANSIC))
	return nil
}

func (f *Family) queryInterval(c *core.Call) error {
	c.Line("+CIPSNTPINTV:%d", f.sntp.interval)
	return nil
}

// setInterval is kept without an effect: this machine's time needs no correction.
func (f *Family) setInterval(c *core.Call) error {
	n := c.Args.Int(0, 15, 4294967)
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.sntp.interval = n
	return nil
}
