package ble

import (
	"encoding/hex"
	"fmt"
	"strings"

	"st67bench/transport/emulator/core"
)

// address is a device address, most significant byte first as it is written.
type address [6]byte

func (a address) String() string {
	return fmt.Sprintf("%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4], a[5])
}

// typed is the address as the pairing lines have it.
func (a address) typed() string { return strings.ToUpper(a.String()) + " (public)" }

// addressArg is parameter i, an address such as "11:22:33:44:55:66".
func addressArg(c *core.Call, i int) (address, error) {
	text := c.Args.Text(i, 17)
	if err := c.Args.Err(); err != nil {
		return address{}, err
	}
	var a address
	if len(text) != 17 {
		return a, core.BadValue
	}
	for k := range a {
		if k > 0 && text[3*k-1] != ':' {
			return a, core.BadValue
		}
		if _, err := hex.Decode(a[k:k+1], text[3*k:3*k+2]); err != nil {
			return a, core.BadValue
		}
	}
	return a, nil
}

// hexArg is parameter i, hexadecimal digits for 1 to most bytes.
func hexArg(c *core.Call, i, most int) ([]byte, error) {
	text := c.Args.Text(i, 2*most)
	if err := c.Args.Err(); err != nil {
		return nil, err
	}
	p := make([]byte, len(text)/2)
	if _, err := hex.Decode(p, text); err != nil || len(p) == 0 {
		return nil, core.BadValue
	}
	return p, nil
}

// uuid is 2 or 16 bytes, most significant first.
type uuid string

func short(v uint16) uuid { return uuid([]byte{byte(v >> 8), byte(v)}) }

// kind is the manual's uuid_type: 0 for 16 bits, 2 for 128.
func (u uuid) kind() int {
	if len(u) == 2 {
		return 0
	}
	return 2
}

// digits is the UUID as the host has set it.
func (u uuid) digits() string { return hex.EncodeToString([]byte(u)) }

// String is the UUID as a discovery reports it: with dashes when it is long.
func (u uuid) String() string {
	d := u.digits()
	if len(u) == 2 {
		return d
	}
	return d[:8] + "-" + d[8:12] + "-" + d[12:16] + "-" + d[16:20] + "-" + d[20:]
}

// uuidArg is the UUID in parameter i, whose type is in parameter t.
func uuidArg(c *core.Call, i, t int) (uuid, error) {
	p, err := hexArg(c, i, 16)
	if err != nil {
		return "", err
	}
	kind := int(c.Args.Int(t, 0, 2))
	if err := c.Args.Err(); err != nil {
		return "", err
	}
	u := uuid(p)
	if len(u) != 2 && len(u) != 16 || u.kind() != kind {
		return "", core.BadValue
	}
	return u, nil
}
