package bench

import (
	"testing"
	"time"

	"st67bench/bench/st67"
)

// Two sends with 3 ms between them. In a closed loop all of it is the host's; in an open loop whose second send is due 1 ms before it
// begins, the 2 ms before that are nobody's, and its latency begins when it is due.
func TestHostTimeBetweenSends(t *testing.T) {
	ms := func(n int) time.Time { return time.Unix(0, 0).Add(time.Duration(n) * time.Millisecond) }
	response := func(at int) (r st67.Response) {
		r.Sent, r.Accepted, r.Prompt, r.Payload = ms(at), ms(at+1), ms(at+2), ms(at+2)
		r.Written, r.Recv, r.End = ms(at+3), ms(at+4), ms(at+5)
		return r
	}
	for _, tt := range []struct {
		due           time.Time // zero: a closed loop
		host, latency time.Duration
	}{{time.Time{}, 3 * time.Millisecond, 5 * time.Millisecond}, {ms(7), time.Millisecond, 6 * time.Millisecond}} {
		rec := NewRecorder(ms(0), nil, nil)
		st := newStages(noLine{}, 100)
		st.add(rec, response(0))
		if tt.due.IsZero() {
			st.add(rec, response(8))
		} else {
			st.addDue(rec, response(8), tt.due)
		}
		if st.host != tt.host || rec.Kept("send_latency")[1] != tt.latency.Seconds() {
			t.Errorf("due %v: host %v, latency %v; want %v, %v", tt.due, st.host, rec.Kept("send_latency")[1], tt.host, tt.latency)
		}
	}
}

// noLine is a link of which nothing is known.
type noLine struct{}

func (noLine) Identity() map[string]string               { return nil }
func (noLine) Counters() map[string]uint64               { return nil }
func (noLine) Drain(func(string, time.Time, float64))    {}
func (noLine) LineTime(_, _ []int) (time.Duration, bool) { return 0, false }
