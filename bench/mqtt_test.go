package bench

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/bench/peer"
	"st67bench/results"
	"st67bench/transport/emulator"
)

// Without a broker the case is skipped; one that does not answer is an error in a sentence, and an interrupted wait for it ends.
func TestMQTTWithoutBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := rig(t, emulator.Config{})
		silent, err := w.network.Listen("tcp", "127.0.0.1:1883")
		if err != nil {
			t.Fatal(err)
		}
		defer silent.Close()
		res := once(t, r, "kind: mqtt")
		if res.Outcome != results.Skipped || !strings.Contains(res.Err, "mqtt: in the rig file") {
			t.Errorf("%s %q", res.Outcome, res.Err)
		}
		r.Broker = &peer.Broker{Network: peer.Network{Dial: w.network.Dial}, Address: "127.0.0.1:1883"}
		res = once(t, r, "kind: mqtt")
		if res.Outcome != results.Error || !strings.Contains(res.Err, "the MQTT broker at 127.0.0.1:1883") {
			t.Errorf("%s %q", res.Outcome, res.Err)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errEnough) })
		res, _ = outcomeOf(ctx, t, r, "kind: mqtt")
		if res.Outcome != results.Aborted || !strings.Contains(res.Err, "enough") {
			t.Errorf("%s %q", res.Outcome, res.Err)
		}
	})
}
