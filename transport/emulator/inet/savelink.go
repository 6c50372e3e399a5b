package inet

import (
	"st67bench/transport/emulator/core"
)

// linkKey is where AT+SAVETRANSLINK is stored.
const linkKey = "inet/translink"

// saved is what AT+SAVETRANSLINK stores.
type saved struct {
	Type, Host string
	Port       uint16
	KeepAlive  int64
	Local      uint16
}

// saveLink is AT+SAVETRANSLINK=0 and AT+SAVETRANSLINK=1,"host",port[,"type"[,
// keep-alive or local port]]. It is stored whatever AT+SYSSTORE says.
func (f *Family) saveLink(c *core.Call) error {
	a := &c.Args
	on := a.Int(0, 0, 1) == 1
	if err := a.Err(); err != nil {
		return err
	}
	if !on {
		if a.Len() > 1 {
			return core.BadCount
		}
		f.m.Flash.Delete(linkKey)
		return nil
	}
	k, known := parseKind([]byte(a.TextOr(3, protoTCP, 8)))
	v := saved{Type: k.String(), Host: string(a.Text(1, 64)), Port: uint16(a.Int(2, 1, 65535))}
	if k.udp() {
		v.Local = uint16(a.IntOr(4, 0, 0, 65535))
	} else {
		v.KeepAlive = a.IntOr(4, 0, 0, maxKeepAlive)
	}
	if err := a.Err(); err != nil {
		return err
	}
	if v.Host == "" || !known {
		return core.BadValue
	}
	f.m.Flash.Keep(linkKey, v)
	return nil
}

// Ready implements core.Starter: passthrough on power-up. The connection is
// opened as soon as the station has an address.
func (f *Family) Ready(c *core.Call) {
	var v saved
	if !f.m.Flash.Recall(linkKey, &v) {
		return
	}
	if k, ok := parseKind([]byte(v.Type)); ok {
		f.through(c, spec{kind: k, host: v.Host, port: v.Port, local: v.Local, keepAlive: v.KeepAlive, timeout: reconnectTimeout})
	}
}
