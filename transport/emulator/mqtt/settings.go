package mqtt

import (
	"strings"

	"st67bench/transport/emulator/core"
)

// Limits of texts, in bytes (manual 5.1.1.3, 5.1.5.3; file names: firmware).
const (
	clientIDSize = 23
	nameSize     = 128
	fileSize     = 31
	topicSize    = 128
	sniSize      = 254
)

const (
	maxALPN      = 5
	maxKeepAlive = 7200 // s
	keepAlive    = 120  // s, for a keep-alive of 0
)

// Schemes (manual 5.1.1.3).
const (
	overTCP = iota
	overTLS
	serverChecked
	clientCertificate
	bothChecked
)

// settings are what the commands before AT+MQTTCONN set.
type settings struct {
	scheme                       int64
	clientID, username, password string
	cert, key, ca                string // file names
	keepAlive                    int64  // s
	clean                        bool   // begin with a clean session
	will                         publication
	alpn                         []string
	sni                          string
}

// user is AT+MQTTUSERCFG?.
func (f *Family) user(c *core.Call) error {
	s := &f.set
	c.Line(`+MQTTUSERCFG:0,%d,"%s","%s","%s","%s","%s","%s"`, s.scheme, s.clientID, s.username, s.password, s.cert, s.key, s.ca)
	return nil
}

// setUser is AT+MQTTUSERCFG=0,<scheme>,"<client>","<user>","<password>"
// [,"<certificate>"][,"<key>"][,"<CA>"]. An omitted user or password stays; of
// the files, those count that the scheme needs.
func (f *Family) setUser(c *core.Call) error {
	a := &c.Args
	if err := linkID(c); err != nil {
		return err
	}
	s := f.set
	s.scheme = a.Int(1, overTCP, bothChecked)
	s.clientID = string(a.Text(2, clientIDSize))
	s.username = a.TextOr(3, s.username, nameSize)
	s.password = a.TextOr(4, s.password, nameSize)
	s.cert, s.key, s.ca = a.TextOr(5, "", fileSize), a.TextOr(6, "", fileSize), a.TextOr(7, "", fileSize)
	if err := a.Err(); err != nil {
		return err
	}
	server := s.scheme == serverChecked || s.scheme == bothChecked
	client := s.scheme == clientCertificate || s.scheme == bothChecked
	if server && !a.Has(7) || client && (!a.Has(5) || !a.Has(6)) {
		return core.NotAllowed
	}
	if s.scheme != overTCP && !server {
		s.ca = ""
	}
	if s.scheme != overTCP && !client {
		s.cert, s.key = "", ""
	}
	f.set = s
	f.setState(userSet)
	return nil
}

// textCommand is AT+MQTTCLIENTID and the like: a query, and a text that comes in
// a data phase.
func (f *Family) textCommand(name string, most int64, text *string) core.Command {
	return core.Command{
		Name: name, Min: 2, Max: 2,
		Query: func(c *core.Call) error {
			c.Line(`%s:0,"%s"`, name, *text)
			return nil
		},
		Set: func(c *core.Call) error {
			if err := linkID(c); err != nil {
				return err
			}
			n := int(c.Args.Int(1, 1, most))
			if err := c.Args.Err(); err != nil {
				return err
			}
			c.Say(okText, promptText)
			c.Collect(n)
			return nil
		},
		Data: func(c *core.Call, p []byte) error {
			*text = string(p)
			if f.m.Quirks.Has(core.MQTTSendOK) {
				return f.taken(c, len(p), true)
			}
			return nil
		},
	}
}

// connection is AT+MQTTCONNCFG?.
func (f *Family) connection(c *core.Call) error {
	s := &f.set
	session := bit(!s.clean)
	if f.m.Quirks.Has(core.MQTTClean) {
		session = 1 - session
	}
	c.Line(`+MQTTCONNCFG:0,%d,%d,"%s","%s",%d,%d`, s.keepAlive, session, s.will.topic, s.will.data, s.will.qos, bit(s.will.retain))
	return nil
}

// setConnection is AT+MQTTCONNCFG=0,<keep-alive>,<disable clean session>,
// "<will topic>","<will message>",<will QoS>,<will retain>.
func (f *Family) setConnection(c *core.Call) error {
	a := &c.Args
	if err := linkID(c); err != nil {
		return err
	}
	least := int64(0)
	if f.m.Quirks.Has(core.MQTTLimits) {
		least = 1
	}
	alive := a.Int(1, least, maxKeepAlive)
	keep := a.Int(2, 0, 1)
	will := publication{topic: string(a.Text(3, f.textSize())), data: string(a.Text(4, f.textSize()))}
	will.qos, will.retain = byte(a.Int(5, 0, 2)), a.Int(6, 0, 1) == 1
	if err := a.Err(); err != nil {
		return err
	}
	if alive == 0 {
		alive = keepAlive
	}
	f.set.keepAlive, f.set.clean, f.set.will = alive, keep == 0, will
	f.setState(connectionSet)
	return nil
}

// textSize bounds topics and wills, in bytes.
func (f *Family) textSize() int {
	if f.m.Quirks.Has(core.MQTTLimits) {
		return topicSize - 1
	}
	return topicSize
}

// protocols is AT+MQTTALPN?.
func (f *Family) protocols(c *core.Call) error {
	var names strings.Builder
	for _, p := range f.set.alpn {
		names.WriteString(`,"` + p + `"`)
	}
	c.Line("+MQTTALPN:0%s", names.String())
	return nil
}

// setProtocols is AT+MQTTALPN=0,<count>[,"<protocol>"]...
func (f *Family) setProtocols(c *core.Call) error {
	if err := linkID(c); err != nil {
		return err
	}
	n := int(c.Args.Int(1, 0, maxALPN))
	if err := c.Args.Err(); err != nil {
		return err
	}
	if c.Args.Len() != 2+n {
		return core.BadCount
	}
	var names []string
	for i := range n {
		names = append(names, string(c.Args.Text(2+i, sniSize)))
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.set.alpn = names
	return nil
}

// serverName is AT+MQTTSNI?.
func (f *Family) serverName(c *core.Call) error {
	switch {
	case !f.m.Quirks.Has(core.MQTTBare):
		c.Line(`+MQTTSNI:0,"%s"`, f.set.sni)
	case f.set.sni == "":
		c.Line("+MQTTSNI:0,(null)")
	default:
		c.Line("+MQTTSNI:0,%s", f.set.sni)
	}
	return nil
}

// setServerName is AT+MQTTSNI=0,"<name>".
func (f *Family) setServerName(c *core.Call) error {
	if err := linkID(c); err != nil {
		return err
	}
	name := string(c.Args.Text(1, sniSize))
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.set.sni = name
	return nil
}

func (f *Family) setState(state int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state = state
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
