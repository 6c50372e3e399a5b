package spi

import (
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"

	"st67bench/transport"
)

// wiretap notes what is done to the wires of a slave.
type wiretap struct {
	*slave
	did  []string
	noEN bool // the rig names no line for CHIP_EN
}

func (w *wiretap) SetCS(active bool) error {
	w.did = append(w.did, "CS "+level(active))
	return w.slave.SetCS(active)
}

func (w *wiretap) SetEnable(on bool) error {
	if w.noEN && !on {
		return errNoEnable
	}
	w.did = append(w.did, "CHIP_EN "+level(on))
	return w.slave.SetEnable(on)
}

func (w *wiretap) Transfer(tx, rx []byte) error {
	if !slices.Equal(tx, []byte{0}) {
		w.did = append(w.did, "frame")
	} else {
		w.did = append(w.did, "MOSI low")
	}
	return w.slave.Transfer(tx, rx)
}

// Before the supply goes off every wire is low, CHIP_EN last so that nothing else is taken for a command; after it came on
// the module is switched on, and a Write meanwhile is refused without touching a wire.
func TestUnpower(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wiretap{slave: newSlave()}
		l, err := New(w, w, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		synctest.Wait()
		w.did = nil
		if err := l.Unpower(); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Write([]byte("AT\r\n")); !errors.Is(err, transport.ErrUnpowered) {
			t.Errorf("Write gives %v", err)
		}
		if err := l.Reset(t.Context()); !errors.Is(err, transport.ErrUnpowered) {
			t.Errorf("Reset gives %v", err)
		}
		synctest.Wait()
		if want := []string{"CS low", "MOSI low", "CHIP_EN low"}; !slices.Equal(w.did, want) {
			t.Errorf("the wires saw %q, want %q", w.did, want)
		}
		w.did = nil
		if err := l.Repower(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		want := []string{"CS low", "CHIP_EN high", "CS high"} // then the module's `ready` is fetched
		if len(w.did) < len(want) || !slices.Equal(w.did[:len(want)], want) {
			t.Errorf("the wires saw %q, want %q first", w.did, want)
		}
	})
}

// A CHIP_EN that is tied to the supply falls with it.
func TestUnpowerWithoutEnable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wiretap{slave: newSlave(), noEN: true}
		l, err := New(w, w, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if err := l.Unpower(); err != nil {
			t.Error(err)
		}
		if err := l.Repower(); err != nil {
			t.Error(err)
		}
	})
}

// The same at the pin level, as the package comment has its records.
func TestUnpowerAtPinLevel(t *testing.T) {
	host, module := net.Pipe()
	defer module.Close()
	records := make(chan []byte)
	go func() {
		defer close(records)
		for {
			b := make([]byte, 16)
			n, err := module.Read(b)
			if err != nil {
				return
			}
			records <- b[:n]
			if b[0] == 'X' {
				if _, err := module.Write([]byte{'X', 1, 0, 0}); err != nil {
					return
				}
			}
		}
	}()
	opened := make(chan *Link)
	go func() {
		l, err := OpenStream(host, Options{})
		if err != nil {
			t.Error(err)
		}
		opened <- l
	}()
	for _, want := range []string{"C\x00", "E\x00", "C\x00", "E\x01"} { // what Open does
		if got := <-records; string(got) != want {
			t.Errorf("record %q, want %q", got, want)
		}
	}
	l := <-opened
	low := make(chan error, 1)
	go func() { low <- l.Unpower() }()
	for _, want := range []string{"C\x00", "X\x01\x00\x00", "E\x00"} {
		if got := <-records; string(got) != want {
			t.Errorf("record %q, want %q", got, want)
		}
	}
	if err := <-low; err != nil {
		t.Error(err)
	}
	go func() {
		for range records {
		}
	}()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
