package transport

import (
	"errors"
	"fmt"
)

// Wired is a Conn that drives wires of the module. A wire that stays high while the module's supply is off feeds the module
// through the protection diodes of its inputs: it is then neither off, nor does a meter in its supply see what it draws.
type Wired interface {
	// Unpower takes every wire that it drives to 0 V; the supply is to go off right after. Until Repower, each Write fails
	// with ErrUnpowered and a Read waits. An error that matches errors.ErrUnsupported names what this link cannot take
	// low; everything else of it is low all the same. A second call does nothing.
	Unpower() error
	// Repower takes the wires to where a running module has them; the supply is to be on. Without an Unpower before it does nothing.
	Repower() error
}

// ErrUnpowered is what a Write gets between Unpower and Repower.
var ErrUnpowered = errors.New("the module's wires are held low, because its supply is off")

// Unpower calls that of a Conn; the error of one that is not Wired matches errors.ErrUnsupported.
func Unpower(c Conn) error {
	if w, ok := c.(Wired); ok {
		return w.Unpower()
	}
	return fmt.Errorf("%w: a link by %s has no hold on the module's wires", errors.ErrUnsupported, c)
}

// Repower calls that of a Conn that is Wired.
func Repower(c Conn) error {
	if w, ok := c.(Wired); ok {
		return w.Repower()
	}
	return nil
}

// tracedWires is the traced Conn of one that is Wired; what is done to the wires is a remark.
type tracedWires struct {
	*traced
	wires Wired
}

func (c *tracedWires) Unpower() error {
	c.log.add(record{kind: remark, note: "the wires go low, before the supply goes off"}, nil)
	return c.wires.Unpower()
}

func (c *tracedWires) Repower() error {
	err := c.wires.Repower()
	c.log.add(record{kind: remark, note: "the wires are back, after the supply came on"}, nil)
	return err
}
