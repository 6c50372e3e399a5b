package core

import (
	"fmt"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// What a family is told of is told once for each event, at its instant: that of
// the AT task when an event of the AT task has brought it about.
func TestFamiliesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := faults(t, "broker-gone@3s/2s", "deauth@2", "broker-gone@2", "crash@4500ms")
		m := NewMachine(Options{Clock: NewClock(), Radio: &Radio{}, Faults: f, Boot: time.Second})
		start := time.Now()
		var told []string
		for e, name := range []string{Deauth: "deauth", BrokerGone: "broker", Crash: "crash"} {
			m.OnFault(FaultEvent(e), func(at time.Time) { told = append(told, fmt.Sprint(name, " ", at.Sub(start))) })
		}
		host, module := net.Pipe()
		if err := m.Attach(pipe{module}); err != nil {
			t.Fatal(err)
		}
		go m.Receive(pipe{module})
		go io.Copy(io.Discard, host)
		time.Sleep(1500 * time.Millisecond)
		for range 3 {
			f.Send(10)
			f.Publish()
		}
		time.Sleep(5 * time.Second)
		m.Close()
		host.Close()
		want := "[deauth 1s broker 1s broker 3s crash 4.5s broker 5s]"
		if got := fmt.Sprint(told); got != want {
			t.Errorf("told %s, want %s", got, want)
		}
		if got := fmt.Sprint(f.Injected()); got != "map[broker-gone:3 crash:1 deauth:1]" {
			t.Errorf("injected %s", got)
		}
	})
}

// The factor of a decay falls in a straight line and stays above zero.
func TestRadioFactor(t *testing.T) {
	f, at := faults(t), time.Now()
	if got := f.RadioFactor(at); got != 1 {
		t.Errorf("without a decay it is %v", got)
	}
	f.setDecay(at, 10*time.Second)
	for after, want := range map[time.Duration]float64{-time.Second: 1, 0: 1, 2500 * time.Millisecond: 0.75, 10 * time.Second: 1e-4, time.Hour: 1e-4} {
		if got := f.RadioFactor(at.Add(after)); got < want-1e-12 || got > want+1e-12 {
			t.Errorf("%v after its start it is %v, want %v", after, got, want)
		}
	}
}

// Faults that were added later begin to count then, and those that are spent
// make room for others.
func TestFaultsAddedLater(t *testing.T) {
	f := faults(t, "silence@1")
	f.Send(10)
	f.Send(10)
	again := func(s string) error {
		fault, err := ParseFault(s)
		if err != nil {
			t.Fatal(err)
		}
		return f.Add(fault)
	}
	if err := again("silence@2"); err != nil {
		t.Fatal(err)
	}
	if f.Send(10).Silence || !f.Send(10).Silence || f.Send(10).Silence {
		t.Error("the second send from then on is not the one that is hit")
	}
	for range 2 * maxFaults {
		if err := again("silence"); err != nil {
			t.Fatal(err)
		}
		f.Send(10)
	}
	for range maxFaults {
		if err := again("silence@9"); err != nil {
			t.Fatal(err)
		}
	}
	if again("silence") == nil {
		t.Error("the list is not bounded")
	}
}
