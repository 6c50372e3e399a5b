package mqtt

import "st67bench/transport/emulator/core"

// badPublication is the longest publication that succeeds with the quirk
// mqtt-1470, in bytes (a limitation that the release notes of T01 tell of).
const badPublication = 1470

// overhead is what a packet has beside topic and data, in bytes: fixed header,
// length of the topic, packet identifier.
const overhead = 9

var (
	okText     = []byte("\r\nOK\r\n")
	promptText = []byte("\r\n>")
	sendOK     = []byte("\r\nSEND OK\r\n")
	sendFail   = []byte("\r\nSEND FAIL\r\n")
)

// publication is a message to a topic.
type publication struct {
	topic, data string
	qos         byte
	retain      bool
}

// publish is AT+MQTTPUB=0,"<topic>","<data>",<qos>,<retain>.
func (f *Family) publish(c *core.Call) error {
	most := core.PayloadSize // what a line holds is less
	if f.m.Quirks.Has(core.MQTTLimits) {
		most = topicSize - 1
	}
	p, err := f.publicationOf(c)
	if err != nil {
		return err
	}
	p.data = string(c.Args.Text(2, most))
	if err := c.Args.Err(); err != nil {
		return err
	}
	if f.current() == nil {
		return core.NotAllowed
	}
	if !f.send(p) {
		return core.Failed
	}
	return nil
}

// publicationOf reads what MQTTPUB and MQTTPUBRAW share.
func (f *Family) publicationOf(c *core.Call) (publication, error) {
	if err := linkID(c); err != nil {
		return publication{}, err
	}
	p := publication{topic: string(c.Args.Text(1, f.textSize()))}
	p.qos = byte(c.Args.Int(3, 0, 2))
	p.retain = c.Args.Int(4, 0, 1) == 1
	return p, c.Args.Err()
}

// publishRaw is AT+MQTTPUBRAW=0,"<topic>",<length>,<qos>,<retain>.
func (f *Family) publishRaw(c *core.Call) error {
	p, err := f.publicationOf(c)
	if err != nil {
		return err
	}
	n := c.Args.Int(2, 1, 1<<31-1)
	if err := c.Args.Err(); err != nil {
		return err
	}
	switch {
	case n > bufferSize:
		return core.NoResource
	case f.current() == nil:
		return core.NotAllowed
	}
	f.publication = p
	c.Say(okText, promptText)
	c.Collect(int(n))
	return nil
}

// published takes the data of MQTTPUBRAW.
func (f *Family) published(c *core.Call, data []byte) error {
	p := f.publication
	p.data = string(data)
	return f.taken(c, len(data), f.send(p))
}

// taken ends a data phase of n bytes: Recv, then SEND OK or SEND FAIL.
func (f *Family) taken(c *core.Call, n int, ok bool) error {
	if f.m.Quirks.Has(core.RecvLine) {
		c.Line("Recv %d bytes", n)
	}
	if ok {
		c.Say(sendOK)
	} else {
		c.Say(sendFail)
	}
	return core.Silent
}

// send queues a publication; false when the client does not take it. One that is
// queued when the connection ends is lost.
func (f *Family) send(p publication) bool {
	s := f.current()
	if s == nil {
		return false
	}
	f.m.Faults.Publish()
	size := len(p.topic) + len(p.data) + overhead
	switch {
	case f.m.Quirks.Has(core.MQTT1470) && len(p.data) > badPublication, !s.room(size):
		return false
	case f.current() == s:
		retain := p.retain && !f.m.Quirks.Has(core.MQTTNoRetain)
		s.wait(s.client.Publish(p.topic, p.qos, retain, p.data), size)
	}
	return true
}
