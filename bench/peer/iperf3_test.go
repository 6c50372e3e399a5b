package peer

import (
	"math"
	"strings"
	"testing"
	"time"
)

// What iperf3 3.12 has printed, cut to the keys that are used; figures are made up so that each is found in one place only.
const (
	iperf3TCP = `WARNING:  Size of data read does not correspond to offered length
{"start":{"version":"iperf 3.12"},"intervals":[],
"end":{"streams":[{"sender":{"mean_rtt":1234,"sender":true},"receiver":{"sender":true}}],
"sum_sent":{"seconds":3,"bytes":5000000,"bits_per_second":13333333.3,"retransmits":7,"sender":true},
"sum_received":{"seconds":4,"bytes":4000000,"bits_per_second":8000000,"sender":true},
"sender_tcp_congestion":"cubic"}}
trailing text`
	iperf3UDP = `{"start":{"version":"iperf 3.12"},
"end":{"streams":[{"udp":{"sender":true}}],
"sum":{"seconds":2,"bytes":999,"jitter_ms":0.25,"lost_packets":30,"packets":1500,"lost_percent":2},
"sum_sent":{"bits_per_second":9000000},"sum_received":{"seconds":2,"bytes":2000000}}}`
	iperf3Lie = `{"start":{"version":"iperf 3.12"},"intervals":[{}],"end":{},"error":"error - unable to connect to server: Connection refused"}`
)

func TestParseIperf3(t *testing.T) {
	r, err := parseIperf3([]byte(iperf3TCP))
	want := Iperf3Result{
		Version: "3.12", Bytes: 4000000, Duration: 4 * time.Second, SentRate: 13333333.3, Retransmits: 7,
		RTT: 1234 * time.Microsecond, Congestion: "cubic",
	}
	if err != nil || r != want {
		t.Errorf("%+v, %v", r, err)
	}
	if rate, ok := r.Rate(); !ok || rate != 8e6 {
		t.Errorf("rate %v, %v: it is the receiver's, 8 x 4 MB in 4 s", rate, ok)
	}
	r, err = parseIperf3([]byte(iperf3UDP))
	if loss, ok := r.Loss(); err != nil || !ok || math.Abs(loss-0.02) > 1e-12 || r.Jitter != 250*time.Microsecond || r.Retransmits != -1 {
		t.Errorf("%+v, %v", r, err)
	}
	for text, c := range map[string]struct{ retransmits int64 }{
		`{"end":{"sum_sent":{"retransmits":18446744073709551615}}}`: {-1},
		`{"end":{"sum_sent":{"retransmits":-1}}}`:                   {-1},
		`{"end":{"sum":{"lost_percent":-nan,"jitter_ms":nan}}}`:     {-1},
		`{"end":{"sum_sent":{"retransmits":0}}}`:                    {0},
	} {
		r, err := parseIperf3([]byte(text))
		if _, ok := r.Rate(); err != nil || ok || r.Retransmits != c.retransmits {
			t.Errorf("%s: %+v, %v", text, r, err)
		}
		if _, ok := r.Loss(); ok {
			t.Errorf("%s has a loss", text)
		}
	}
	for _, text := range []string{"", "iperf3: error", "{", `{"start":`} {
		if r, err := parseIperf3([]byte(text)); err == nil {
			t.Errorf("%q: %+v", text, r)
		}
	}
}

func TestIperf3Options(t *testing.T) {
	for want, o := range map[string]Iperf3Options{
		"the host":              {Time: time.Second},
		"the host \"-c\"":       {Host: "-c", Time: time.Second},
		"more than 0":           {Host: "h"},
		"speaks tcp and udp":    {Host: "h", Time: 1, Protocol: "tls"},
		"needs a rate over udp": {Host: "h", Time: 1, Protocol: UDP},
	} {
		if _, err := Iperf3(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", o, err, want)
		}
	}
	args, err := Iperf3Options{Host: "h", Time: 1500 * time.Millisecond, Protocol: UDP, Rate: 8e6, Reverse: true}.args()
	if got := strings.Join(args, " "); err != nil || got != "-c h -p 5201 -t 2 -i 1 -J --connect-timeout 3000 -u -l 1448 -b 8000000 -R" {
		t.Errorf("%s, %v", got, err)
	}
}
