package peer

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"time"
)

// Iperf3Result is what a run of iperf3 has shown.
type Iperf3Result struct {
	Version  string // of the program on this host, such as "3.12"
	Bytes    int64  // that the receiver counted, over Duration; 0 when it is not known
	Duration time.Duration
	SentRate float64 // bit/s that the sender counted, which begins with what its buffers took

	// Of UDP: Datagrams is 0 where nobody counted.
	Datagrams, Lost int64
	Jitter          time.Duration
	// Of TCP: what the sending host knows; -1 and 0 when it does not.
	Retransmits int64
	RTT         time.Duration // mean
	Congestion  string        // the sender's congestion control

	failure string // what it says went wrong
}

// Rate is what the receiver counted, by its clock, in bit/s.
func (r Iperf3Result) Rate() (bitPerSecond float64, ok bool) {
	if r.Bytes <= 0 || r.Duration <= 0 {
		return 0, false
	}
	return 8 * float64(r.Bytes) / r.Duration.Seconds(), true
}

// Loss is the fraction of datagrams that are missing.
func (r Iperf3Result) Loss() (fraction float64, ok bool) {
	if r.Datagrams <= 0 {
		return 0, false
	}
	return float64(r.Lost) / float64(r.Datagrams), true
}

// iperf3Sum is one of the sums at the end of the document.
type iperf3Sum struct {
	Seconds       float64  `json:"seconds"`
	Bytes         float64  `json:"bytes"`
	BitsPerSecond float64  `json:"bits_per_second"`
	Retransmits   *float64 `json:"retransmits"`
	Jitter        float64  `json:"jitter_ms"`
	Lost          float64  `json:"lost_packets"`
	Packets       float64  `json:"packets"`
}

// iperf3Document has what is used of iperf3 -J.
type iperf3Document struct {
	Start struct {
		Version string `json:"version"`
	} `json:"start"`
	End struct {
		Streams []struct {
			Sender struct {
				MeanRTT float64 `json:"mean_rtt"` // µs; 0 when this host does not send
			} `json:"sender"`
		} `json:"streams"`
		Sum         iperf3Sum `json:"sum"`
		SumSent     iperf3Sum `json:"sum_sent"`
		SumReceived iperf3Sum `json:"sum_received"`
		Congestion  string    `json:"sender_tcp_congestion"`
	} `json:"end"`
	Error string `json:"error"`
}

// noNumber is what old versions print for one; as the value of a key only.
var noNumber = regexp.MustCompile(`(":\s*)-?(?:nan|inf)\b`)

// parseIperf3 reads the document that iperf3 -J prints. There may be text before and behind it.
func parseIperf3(text []byte) (Iperf3Result, error) {
	start := bytes.IndexByte(text, '{')
	if start < 0 {
		return Iperf3Result{}, errors.New("no document")
	}
	var d iperf3Document
	if err := json.NewDecoder(bytes.NewReader(noNumber.ReplaceAll(text[start:], []byte("${1}null")))).Decode(&d); err != nil {
		return Iperf3Result{}, err
	}
	end := d.End
	r := Iperf3Result{
		Version: strings.TrimPrefix(d.Start.Version, "iperf "), failure: d.Error,
		// Over UDP the sum's rate is the sender's, its losses are the receiver's.
		Bytes: int64(end.SumReceived.Bytes), Duration: time.Duration(end.SumReceived.Seconds * float64(time.Second)),
		SentRate:  end.SumSent.BitsPerSecond,
		Datagrams: int64(end.Sum.Packets), Lost: int64(end.Sum.Lost), Jitter: time.Duration(end.Sum.Jitter * float64(time.Millisecond)),
		Retransmits: -1, Congestion: end.Congestion,
	}
	// An unknown number is -1, which 3.12 may print as 2^64 - 1.
	if n := end.SumSent.Retransmits; n != nil && *n >= 0 && *n < 1<<53 {
		r.Retransmits = int64(*n)
	}
	if len(end.Streams) > 0 {
		r.RTT = time.Duration(end.Streams[0].Sender.MeanRTT * float64(time.Microsecond))
	}
	return r, nil
}
