package st67

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/at"
	"st67bench/transport/emulator"
	"st67bench/transport/emulator/memnet"
)

// onEmulator runs a test in virtual time on an emulated module with a sink for its data.
func onEmulator(t *testing.T, c emulator.Config, test func(t *testing.T, m *Module, sink *sink)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := memnet.New()
		sink := newSink(t, network)
		c.Dial, c.Listen = network.Dial, network.Listen
		module, err := emulator.New(c)
		if err != nil {
			t.Fatal(err)
		}
		conn, err := module.Open()
		if err != nil {
			t.Fatal(err)
		}
		s := at.New(conn, Grammar())
		defer func() {
			_ = s.Close()
			_ = module.Close()
			sink.close()
		}()
		wifi := Wifi{SSID: emulator.DefaultSSID, Password: emulator.DefaultPassword}
		m, err := Open(t.Context(), s, Options{Wifi: wifi})
		if err != nil {
			t.Fatal(err)
		}
		defer m.limit.release()
		if _, err := m.Join(t.Context(), wifi); err != nil {
			t.Fatal(err)
		}
		test(t, m, sink)
	})
}

// sink takes what the module sends over one connection after the other.
type sink struct {
	l    net.Listener
	at   netip.AddrPort
	got  bytes.Buffer
	done chan struct{}
}

func newSink(t *testing.T, network *memnet.Network) *sink {
	t.Helper()
	l, err := network.Listen("tcp", "192.168.67.1:5001")
	if err != nil {
		t.Fatal(err)
	}
	s := &sink{l: l, at: netip.MustParseAddrPort("192.168.67.1:5001"), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(&s.got, c) // a connection that is cut off is part of the tests
			_ = c.Close()
		}
	}()
	return s
}

func (s *sink) close() {
	_ = s.l.Close()
	<-s.done
}

func TestEmulatedModule(t *testing.T) {
	for _, build := range []string{emulator.BuildUART, emulator.BuildSPI} {
		t.Run(build, func(t *testing.T) {
			onEmulator(t, emulator.Config{Build: build}, testWholeRun)
		})
	}
}

// testWholeRun is what one run does, from the association to putting back.
func testWholeRun(t *testing.T, m *Module, sink *sink) {
	if err := m.Boot(t.Context()); err != nil {
		t.Fatal(err)
	}
	if id := m.Identity(); id["firmware"] != "2.0.106" || len(m.Unit()) != 8 {
		t.Errorf("identity %v, unit %q", id, m.Unit())
	}
	c, err := m.Conditions(t.Context())
	if err != nil || c["rssi"] != "-48" || c["channel"] != "6" || c["state"] != "connected" || c["vbat"] == "" || c["heap"] == "" {
		t.Errorf("conditions %v, %v", c, err)
	}
	if trips, err := m.Ping(t.Context(), "192.168.67.1", 2); err != nil {
		t.Errorf("ping: %v, %v", trips, err)
	}
	if err := m.Connect(t.Context(), 2, "tcp", sink.at); err != nil {
		t.Fatal(err)
	}
	var sent []byte
	for _, n := range []int{1, 64, 1460, 6144} {
		payload := bytes.Repeat([]byte("\r\nOK\r\n>+CIP:2,DISCONNECTED\r\n"), 300)[:n]
		for _, o := range []SendOptions{{}, {UntilRecv: true}} {
			if _, err := m.Send(t.Context(), 2, payload, o); err != nil {
				t.Fatalf("%d bytes: %v", n, err)
			}
			sent = append(sent, payload...)
		}
	}
	_, err = m.Send(t.Context(), 2, make([]byte, 8192), SendOptions{})
	if text, refused := Refusal(err); !refused {
		t.Errorf("8192 bytes: %q, %v", text, err)
	}
	if err := errors.Join(m.CloseLink(t.Context(), 2), m.CloseLink(t.Context(), 2), m.Restore(t.Context())); err != nil {
		t.Error(err)
	}
	time.Sleep(time.Second) // for what is on its way
	sink.close()
	if !bytes.Equal(sink.got.Bytes(), sent) {
		t.Errorf("%d bytes arrived, %d were sent", sink.got.Len(), len(sent))
	}
	if m.UnaskedReady() != 0 {
		t.Error("the reset was taken for a brown-out")
	}
}

// TestEmulatedFaults: each fault ends as an error of its kind within the send's limit, and a boot makes the module usable again.
func TestEmulatedFaults(t *testing.T) {
	for fault, want := range map[string]func(error) bool{
		"silence":   func(err error) bool { return errors.Is(err, context.DeadlineExceeded) && DialogBroken(err) },
		"reboot":    func(err error) bool { return errors.Is(err, at.ErrReset) && DialogBroken(err) },
		"close":     func(err error) bool { return errors.As(err, new(*LinkError)) },
		"refuse":    func(err error) bool { return errors.As(err, new(*LinkError)) },
		"send-fail": func(err error) bool { return errors.As(err, new(*at.CommandError)) },
		"urc:line":  func(err error) bool { return err == nil },
		// Within the Recv line the acknowledgement cannot be read: an error, or an engine that puts it together again.
		"urc:split": func(err error) bool { return err == nil || DialogBroken(err) },
	} {
		t.Run(fault, func(t *testing.T) {
			onEmulator(t, emulator.Config{Faults: []string{fault}}, func(t *testing.T, m *Module, sink *sink) {
				begin := time.Now()
				err := m.Connect(t.Context(), 0, "tcp", sink.at)
				if err == nil {
					_, err = m.Send(t.Context(), 0, make([]byte, 1000), SendOptions{})
				}
				if took := time.Since(begin); !want(err) || took > sendLimit+time.Second {
					t.Errorf("after %v: %v", took, err)
				}
				if _, refused := Refusal(err); refused {
					t.Errorf("a refusal: %v", err)
				}
				if err := m.CloseLink(t.Context(), 0); err != nil {
					t.Errorf("close: %v", err)
				}
				if DialogBroken(err) {
					if err := m.Boot(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if err := m.Connect(t.Context(), 0, "tcp", sink.at); err != nil {
					t.Fatal(err)
				}
				if _, err := m.Send(t.Context(), 0, make([]byte, 1000), SendOptions{}); err != nil {
					t.Errorf("next send: %v", err)
				}
			})
		})
	}
}

func TestEmulatedJoinFails(t *testing.T) {
	onEmulator(t, emulator.Config{}, func(t *testing.T, m *Module, _ *sink) {
		for _, w := range []Wifi{{SSID: emulator.DefaultSSID, Password: "wrong"}, {SSID: "nowhere", Password: "wrong"}} {
			_, err := m.Join(t.Context(), w)
			var join *JoinError
			if !errors.As(err, &join) || join.Code == 0 {
				t.Errorf("%s: %v", w.SSID, err)
			} else {
				t.Log(err)
			}
		}
	})
}

// TestEmulatedQuirks: forms of the manual instead of the firmware's.
func TestEmulatedQuirks(t *testing.T) {
	c := emulator.Config{Quirks: []string{"-joined-prompt", "-bare-dinfo", "-status-prefix", "buf-bare"}}
	onEmulator(t, c, testWholeRun)
}
