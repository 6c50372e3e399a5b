package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"st67bench/bench/peer"
	"st67bench/results"
	"st67bench/scenarios"
	"st67bench/transport/emulator"
)

// virtualMQTT measures a workload of kind mqtt, in virtual time.
func virtualMQTT(t *testing.T, workload string, change func(*emulator.Config)) *results.Run {
	t.Helper()
	s, err := scenarios.Parse("mqtt.yaml", []byte("name: mqtt\nworkload: {kind: mqtt, "+workload+"}\nrepeats: {min: 2, max: 2}\nwarmup: 0\n"))
	if err != nil {
		t.Fatal(err)
	}
	run, _, err := virtualRun(t, s, change)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// The firmware looks after its connection every 200 ms: what it takes until it notices that the broker has gone is lost, and
// counted, and so is the one before, which takes 1.05 ms to the broker while the next is taken 1.01 ms later. Then it is an error that names the broker, and the next repeat connects anew.
func TestBrokerGoesAway(t *testing.T) {
	short := virtualMQTT(t, "sends: 40", func(c *emulator.Config) { c.Faults = []string{"broker-gone@30"} })
	if m := short.Results[0].Metrics; m["loss"] != 12*64 || m["received"] != 28*64 {
		t.Errorf("of 40 publications 12 are lost: %v", m)
	}
	run := virtualMQTT(t, "sends: 400", func(c *emulator.Config) { c.Faults = []string{"broker-gone@30"} })
	first, second := run.Results[0], run.Results[1]
	if first.Outcome != results.Error || !strings.Contains(first.Err, "MQTT broker 127.0.0.1:1883") {
		t.Errorf("%s %q", first.Outcome, first.Err)
	}
	if second.Outcome != results.Pass || second.Metrics["received"] != 400*64 {
		t.Errorf("%s %q %v", second.Outcome, second.Err, second.Metrics)
	}
}

// What the firmware cannot publish is its own refusal, tried once; a message of that length to the module is none.
func TestLongPublications(t *testing.T) {
	for workload, text := range map[string]string{
		"length: 1470, sends: 20":                "",
		"length: 1471, sends: 20":                "SEND FAIL: T01 firmware publishes at most 1470 B",
		"length: 3073, sends: 20":                "ERR CODE:",
		"length: 2000, sends: 20, direction: rx": "",
	} {
		run := virtualMQTT(t, workload, nil)
		r := run.Results[0]
		want := results.Pass
		if text != "" {
			want = results.Refused
		}
		if r.Outcome != want || !strings.Contains(r.Err, text) || text != "" && len(run.Results) != 1 {
			t.Errorf("%s: %s %q, %d results", workload, r.Outcome, r.Err, len(run.Results))
		}
	}
}

// A radio that is slower than the line fills the module's client: publications are tried again, none is lost, and the wait is
// told apart from the host's time. Two of 1400 bytes wait for their acknowledgement at a time.
func TestPublicationsWaitForRoom(t *testing.T) {
	run := virtualMQTT(t, "length: 1400, qos: 1, sends: 50", func(c *emulator.Config) { c.RadioRate = 200e3 })
	for _, r := range run.Results {
		m := r.Metrics
		if r.Outcome != results.Pass || m["loss"] != 0 || m["duplicate"] != 0 || m["retries"] == 0 || m["stage_wait"] < 10*m["stage_host"] {
			t.Errorf("%s %q %v", r.Outcome, r.Err, m)
		}
		packet := 2 + 1 + 2 + float64(topicLength(r)) + 2 + 1400 // the length of a packet above 127 bytes has two
		if most := 200e3 / (8 * packet); m["rate"] > most*1.001 || m["rate"] < 0.5*most {
			t.Errorf("rate %v; the radio carries %v", m["rate"], most)
		}
	}
}

// An open loop that asks for more than the line can do begins late, and what could not begin before the end is dropped: events
// are due every 200 µs for a second, a publication takes over a millisecond.
func TestPublicationsThatAreLate(t *testing.T) {
	run := virtualMQTT(t, "schedule: fixed, every: 200us, duration: 1s", nil)
	m := run.Results[0].Metrics
	if total := m["sends"] + m["dropped"]; total != 5000 || m["late"] < 0.9*m["sends"] || m["dropped"] < 3000 {
		t.Errorf("%v events, %v", total, m)
	}
	// Latency counts from when they were due: they waited behind the thousand that may, and no more.
	if m["delay_up_p50"] < 0.2 || m["delay_up_p50"] > 0.21 || m["send_latency_p50"] > 0.01 {
		t.Errorf("%v", m)
	}
}

// Through a real broker both directions work at each quality of service, and nothing of it is left.
func TestThroughMosquitto(t *testing.T) {
	if _, err := mosquitto(); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	file := write(t, "mqtt.yaml", "name: mqtt\nworkload: {kind: mqtt, length: 300, sends: 30}\nsweep: {direction: [tx, rx], qos: [0, 1, 2]}\n"+
		"repeats: {min: 1, max: 1}\nwarmup: 0\n")
	for _, rig := range []string{"", "mqtt: local\n"} {
		rigFile := write(t, "rig.yaml", "name: air\nmodule: emulated?link=memory\n"+rig)
		code, out, errOut := cli(t, "run", "-q", "--json", "--rig", rigFile, "--out", t.TempDir(), file)
		if code != 0 || strings.Count(out, `"outcome":"PASS"`) != 6 || strings.Count(out, `"loss":0`) != 6 || strings.Count(out, `"received":9000`) != 6 {
			t.Errorf("exit %d: %s %s", code, out, errOut)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "st67bench-mqtt*")); len(left) > 0 {
		t.Errorf("%q is left", left)
	}
	if out, err := exec.Command("pgrep", "-f", dir).Output(); err == nil {
		t.Errorf("mosquitto is left: %s", out)
	}
}

// A broker that is not there is one sentence.
func TestNoSuchBroker(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := l.Addr().String()
	l.Close()
	file := write(t, "mqtt.yaml", "name: mqtt\nworkload: {kind: mqtt}\nrepeats: {min: 1, max: 1}\nwarmup: 0\n")
	rig := write(t, "rig.yaml", "name: air\nmodule: emulated?link=memory\nmqtt: mqtt://"+free+"\n")
	code, out, errOut := cli(t, "run", "-q", "--json", "--rig", rig, "--out", t.TempDir(), file)
	if code != exitError || !strings.Contains(out, "cannot connect at the MQTT broker at "+free) {
		t.Errorf("exit %d: %s %s", code, out, errOut)
	}
}

// What neither rig nor machine has is named with what to do about it.
func TestLacking(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	rig, err := scenarios.ParseRig("r.yaml", []byte("name: r\nmodule: uart:/dev/ttyUSB0\n"), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	m := &measurement{rig: rig, scenario: &scenarios.Scenario{Needs: []string{"iperf", "mqtt", "ble-peer", "log"}}}
	got := fmt.Sprintf("%q", m.lacking(&session{}))
	if want := fmt.Sprintf("%q", []string{"iperf: sudo apt-get install iperf", "second module: neighbour: in the rig file", "log", brokerTodo}); got != want {
		t.Errorf("lacks %s, want %s", got, want)
	}
	if got := m.lacking(&session{broker: &peer.Broker{}}); len(got) != 3 {
		t.Errorf("with a broker it lacks %q", got)
	}
}

// A broker's URL may hold any password.
func TestBrokerOf(t *testing.T) {
	for text, want := range map[string]string{
		"mqtt://broker.example":                           "broker.example:1883   false",
		"mqtts://broker.example":                          "broker.example:8883   true",
		"mqtt://10.0.0.2:1884":                            "10.0.0.2:1884   false",
		"mqtts://lab:c0rrect h@rse:/?#@broker.example:88": "broker.example:88 lab c0rrect h@rse:/?# true",
	} {
		b := brokerOf(text)
		if got := fmt.Sprintln(b.Address, b.Username, b.Password, b.TLS); got != want+"\n" {
			t.Errorf("%s is read as %s, want %s", text, got, want)
		}
	}
	if brokerOf("") != nil {
		t.Error("no URL is a broker")
	}
}
