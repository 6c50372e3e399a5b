package inet

import (
	"time"

	"st67bench/transport/emulator/core"
)

// modes is the state of the data modes and of names and time. The AT task alone
// touches it, except where it says otherwise.
type modes struct {
	reportSize, blockSize int // AT+CIPSENDLCFG
	intake                intake
	data                  []byte // of a CIPSENDEX

	reconnect int64 // AT+CIPRECONNINTV, in 100 ms

	lost chan struct{} // says that connection 0 has ended; under Family.mu

	dns  servers
	sntp sntp
}

// modeCommands are the commands of the data modes and of names and time.
func (f *Family) modeCommands() []core.Command {
	return []core.Command{
		{Name: "+CIPSENDL", Set: f.sendLong, Min: 1, Max: 4},
		{Name: "+CIPSENDLCFG", Query: f.querySendConfig, Set: f.setSendConfig, Min: 1, Max: 2},
		{Name: "+CIPSENDEX", Set: f.sendEx, Min: 1, Max: 4},
		{Name: "+SAVETRANSLINK", Set: f.saveLink, Min: 1, Max: 5},
		{Name: "+CIPRECONNINTV", Query: f.queryReconnect, Set: f.setReconnect, Min: 1, Max: 1},
		{Name: "+CIPDOMAIN", Set: f.domain, Min: 1, Max: 2},
		{Name: "+CIPDNS", Query: f.queryDNS, Set: f.setDNS, Min: 1, Max: 4},
		{Name: "+CIPSNTPCFG", Query: f.querySNTP, Set: f.setSNTP, Min: 1, Max: 5},
		{Name: "+CIPSNTPTIME", Query: f.queryTime},
		{Name: "+CIPSNTPINTV", Query: f.queryInterval, Set: f.setInterval, Min: 1, Max: 1},
		{Name: "+CIPEVT", Query: f.queryEvents, Set: f.setEvents, Min: 1, Max: 1},
		{Name: "+PING", Set: f.setPing, Min: 1, Max: 5},
	}
}

// bootModes puts the data modes back to what they are after a reset.
func (f *Family) bootModes(at time.Time) {
	f.reportSize, f.blockSize = defaultReport, maxBlock
	f.data = make([]byte, 0, core.PayloadSize)
	f.reconnect = 1
	f.m.Flash.Recall(reconnectKey, &f.reconnect)
	f.dns = servers{List: defaultServers}
	f.m.Flash.Recall(dnsKey, &f.dns)
	f.sntp = sntp{interval: defaultInterval, booted: at}
}

func (f *Family) queryEvents(c *core.Call) error {
	c.Line("+CIPEVT:%d", bit(f.events.Load()))
	return nil
}

func (f *Family) setEvents(c *core.Call) error {
	on, err := toggle(c)
	if err != nil {
		return err
	}
	f.events.Store(on)
	if f.m.Quirks.Has(core.BufBare) {
		c.Line("+CIPEVT")
	}
	return nil
}
