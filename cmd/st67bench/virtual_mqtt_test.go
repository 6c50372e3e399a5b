package main

import (
	"errors"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"

	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator/memnet"
)

// virtualBroker is a broker of MQTT 3.1.1 in virtual time: it takes no time, keeps nothing, and passes a publication of
// quality 2 on when it is released.
type virtualBroker struct {
	addr netip.AddrPort
	l    net.Listener
	busy sync.WaitGroup

	mu      sync.Mutex
	clients map[*virtualClient]bool
}

// virtualClient is one connection to it.
type virtualClient struct {
	net.Conn
	topics map[string]byte // its subscriptions, with their quality
	held   map[uint16]*packets.PublishPacket
	id     uint16 // of the latest message to it
	out    sync.Mutex
}

func serveMQTT(t *testing.T, n *memnet.Network) *virtualBroker {
	t.Helper()
	l, err := n.Listen("tcp", "127.0.0.1:1883")
	if err != nil {
		t.Fatal(err)
	}
	b := &virtualBroker{addr: netip.MustParseAddrPort("127.0.0.1:1883"), l: l, clients: map[*virtualClient]bool{}}
	b.busy.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			b.busy.Go(func() {
				b.serve(&virtualClient{Conn: conn, topics: map[string]byte{}, held: map[uint16]*packets.PublishPacket{}})
			})
		}
	})
	return b
}

func (b *virtualBroker) close() {
	err := b.l.Close()
	b.mu.Lock()
	for c := range b.clients {
		err = errors.Join(err, c.Close())
	}
	b.mu.Unlock()
	b.busy.Wait()
}

func (b *virtualBroker) serve(c *virtualClient) {
	b.mu.Lock()
	b.clients[c] = true
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		delete(b.clients, c)
		b.mu.Unlock()
		_ = c.Close()
	}()
	for {
		p, err := packets.ReadPacket(c)
		if err != nil {
			return
		}
		switch p := p.(type) {
		case *packets.ConnectPacket:
			c.send(packets.NewControlPacket(packets.Connack))
		case *packets.PingreqPacket:
			c.send(packets.NewControlPacket(packets.Pingresp))
		case *packets.SubscribePacket:
			a := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
			a.MessageID, a.ReturnCodes = p.MessageID, p.Qoss
			b.mu.Lock()
			for i, topic := range p.Topics {
				c.topics[topic] = p.Qoss[i]
			}
			b.mu.Unlock()
			c.send(a)
		case *packets.PublishPacket:
			b.take(c, p)
		case *packets.PubrelPacket:
			a := packets.NewControlPacket(packets.Pubcomp).(*packets.PubcompPacket)
			a.MessageID = p.MessageID
			c.send(a)
			b.pass(c.held[p.MessageID])
			delete(c.held, p.MessageID)
		case *packets.PubrecPacket:
			a := packets.NewControlPacket(packets.Pubrel).(*packets.PubrelPacket)
			a.MessageID = p.MessageID
			c.send(a)
		}
	}
}

func (c *virtualClient) send(p packets.ControlPacket) {
	c.out.Lock()
	defer c.out.Unlock()
	_ = p.Write(c) // a client that is gone
}

// take acknowledges a publication, and passes it on or keeps it.
func (b *virtualBroker) take(c *virtualClient, p *packets.PublishPacket) {
	switch p.Qos {
	case 0:
		b.pass(p)
	case 1:
		a := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
		a.MessageID = p.MessageID
		c.send(a)
		b.pass(p)
	case 2:
		a := packets.NewControlPacket(packets.Pubrec).(*packets.PubrecPacket)
		a.MessageID = p.MessageID
		c.held[p.MessageID] = p
		c.send(a)
	}
}

// pass gives a publication to everybody who has subscribed to its topic.
func (b *virtualBroker) pass(p *packets.PublishPacket) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.clients {
		qos, ok := c.topics[p.TopicName]
		if !ok {
			continue
		}
		c.id++
		m := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
		m.TopicName, m.Payload, m.Qos, m.MessageID = p.TopicName, p.Payload, min(qos, p.Qos), c.id
		c.send(m)
	}
}

// topicLength is that of the workload's topics: st67/, the unit's eight digits, /, and the seed's.
func topicLength(r results.Result) int {
	return len("st67/12345678/") + len(strconv.FormatInt(67+int64(r.Seq), 16))
}

// checkMQTT holds publications that are due one at a time against the line at 10 bit times a byte, the radio at its rate and
// latency, and the packets of MQTT 3.1.1: a publication has 2 bytes, the topic behind its length, an identifier above
// quality 0, and the payload; the acknowledgements have 4 bytes.
//
// Up: the command, the module's latency, the prompt and the payload on the line; then the packet on the air. The broker passes
// quality 2 on when it is released, after one acknowledgement down and one up.
// Down: the packet on the air, and the module's line with it.
func checkMQTT(t *testing.T, r results.Result, w scenarios.Workload) {
	t.Helper()
	topic, digits := topicLength(r), strconv.Itoa(w.Length)
	line := func(bytes int) float64 { return float64(bytes) * 10 / virtualBaud }
	air := func(bytes int) float64 { return float64(bytes)*8/virtualRadio + virtualTrip.Seconds() }
	packet := 2 + 2 + topic + w.Length
	if w.QoS > 0 {
		packet += 2
	}
	if w.Direction == "rx" {
		given := len("+MQTT:SUBRECV:0,") + len(strconv.Itoa(topic)) + len(",") + len(digits) + len(`,""`) + topic + len(",") + w.Length + len("\r\n")
		near(t, r, "ceiling", 8*float64(w.Length)/line(given))
		within(t, r, "delay_down_p50", air(packet)+line(given), 1e-3)
	} else {
		command := len(`AT+MQTTPUBRAW=0,"",`) + topic + len(digits) + len(",0,0\r\n")
		asked, answered := command+len("\r\nOK\r\n\r\n>")+w.Length, len("Recv "+digits+" bytes\r\n")+len("\r\nSEND OK\r\n")
		delay := line(asked) + virtualLatency.Seconds() + air(packet)
		if w.QoS == 2 {
			delay += 2 * air(4)
		}
		near(t, r, "ceiling", 8*float64(w.Length)/line(asked+answered))
		near(t, r, "send_latency_p50", line(asked+answered)+virtualLatency.Seconds())
		within(t, r, "delay_up_p50", delay, 1e-3)
	}
	within(t, r, "rate", 1/w.Every.Seconds(), 1e-3)
	near(t, r, "sends", (w.Duration/w.Every).Seconds()*float64(time.Second))
	for _, name := range []string{"loss", "duplicate", "corrupt", "reordered", "foreign", "late", "dropped", "retries"} {
		near(t, r, name, 0)
	}
}
