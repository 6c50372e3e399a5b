package bench

import (
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/scenarios"
)

const ms = time.Millisecond

// paced runs a queue of one server in virtual time: an event takes service(k). It returns the latency of each event since it was due.
func paced(t *testing.T, p *pacer, lasts time.Duration, events int, service func(k int) time.Duration) []time.Duration {
	t.Helper()
	p.start(time.Now(), lasts)
	var latency []time.Duration
	for k := 0; events == 0 || k < events; k++ {
		due, more := p.next(time.Now())
		if !more {
			break
		}
		if err := p.wait(t.Context(), due); err != nil {
			t.Fatal(err)
		}
		p.begun(due, time.Now())
		time.Sleep(service(k))
		latency = append(latency, time.Since(due))
	}
	return latency
}

func open(schedule string, every time.Duration, seed uint64) *pacer {
	return newPacer(scenarios.Workload{Schedule: schedule, Every: every}, seed)
}

// TestOverloaded: with a service time of s > e every event waits longer than the one before. Event k, from 0, is due at k e
// and ends at (k + 1) s, both since the first was due: latency s + k (s - e). The events that were due before the end and
// had not begun are dropped.
func TestOverloaded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const s, e, lasts = 25 * ms, 10 * ms, 1000 * ms
		p := open("fixed", e, 1)
		began := time.Now()
		got := paced(t, p, lasts, 0, func(int) time.Duration { return s })
		for k, d := range got {
			if want := s + time.Duration(k)*(s-e); d != want {
				t.Fatalf("event %d took %v, the closed form gives %v", k, d, want)
			}
		}
		phase := p.due.Sub(began) % e // that of every event
		due := int((lasts-phase-1)/e) + 1
		begun := int((lasts-phase-1)/s) + 1
		if len(got) != begun || p.dropped != due-begun {
			t.Errorf("%d events begun and %d dropped of %d; want %d begun", len(got), p.dropped, due, begun)
		}
		if p.late != begun-1 {
			t.Errorf("%d events late, want all but the first", p.late)
		}
	})
}

// TestBacklog: an event that has waited for more than 1000 intervals is dropped, so that latency stays below that.
func TestBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const s, e = 20 * ms, 10 * ms
		p := open("fixed", e, 1)
		got := paced(t, p, 0, 5000, func(int) time.Duration { return s })
		// 5000 events take 100 s, in which 10000 are due: 4999 of them before the last one began, but for those that wait.
		if most := slices.Max(got); most > backlog*e+s || most < backlog*e {
			t.Errorf("the longest latency is %v", most)
		}
		if want := 9999 - 5000 - backlog; p.dropped < want-1 || p.dropped > want+1 {
			t.Errorf("%d dropped, want %d", p.dropped, want)
		}
	})
}

// TestStall: one event of 105 ms in a loop of 10 ms and 1 ms is charged to all that it holds up. The j-th after it is due at
// 10 j and ends at 105 + j, in ms since it was due: latency 105 - 9 j, until that is less than its own 1 ms.
func TestStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open("fixed", 10*ms, 7)
		got := paced(t, p, 0, 100, func(k int) time.Duration {
			if k == 20 {
				return 105 * ms
			}
			return ms
		})
		for k, d := range got {
			want := ms
			if j := k - 20; j >= 0 {
				want = max(105*ms-time.Duration(j)*9*ms, ms)
			}
			if d != want {
				t.Errorf("event %d took %v, want %v", k, d, want)
			}
		}
		if p.late != 11 || p.dropped != 0 { // j = 1 to 11 begin more than 1 ms late
			t.Errorf("%d late, %d dropped", p.late, p.dropped)
		}
	})
}

// TestPoisson is an M/D/1 queue: the mean time in the system is s + rho s / (2 (1 - rho)), rho = s/every (Pollaczek and
// Khinchine). 40 independent runs of 2000 events give a 99 % interval (t of 39 degrees of freedom, 2.708) that has to hold
// it and to be narrow enough, 5 %, to tell it from that of M/M/1, whose wait is twice as long. A run begins with an empty
// queue, which at this load is forgotten within some tens of events.
func TestPoisson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const s, e, runs, events = 6 * ms, 10 * ms, 40, 2000
		const rho = float64(s) / float64(e)
		want := s.Seconds() * (1 + rho/(2*(1-rho)))
		means := make([]float64, runs)
		for i := range means {
			for _, d := range paced(t, open("poisson", e, uint64(i)), 0, events, func(int) time.Duration { return s }) {
				means[i] += d.Seconds() / events
			}
		}
		mean, half := interval(means, 2.708)
		if math.Abs(mean-want) > half || half > 0.05*want {
			t.Errorf("mean latency %v ± %v s, the closed form gives %v", mean, half, want)
		}
	})
}

// interval is the mean of independent values and the half width of its interval, quantile standard errors.
func interval(values []float64, quantile float64) (mean, half float64) {
	n := float64(len(values))
	var square float64
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		square += (v - mean) * (v - mean)
	}
	return mean, quantile * math.Sqrt(square/(n-1)/n)
}

// TestPhase: over 2000 seeds the first event of a fixed schedule is due anywhere within the first interval, evenly: the largest
// difference from the uniform distribution is below 1.63/sqrt(n) with a probability of 99 % (Kolmogorov, Smirnov). A seed
// gives the same schedule again.
func TestPhase(t *testing.T) {
	const n = 2000
	now := time.Now()
	phases := make([]float64, n)
	for i := range phases {
		p := open("fixed", 10*ms, uint64(i))
		p.start(now, 0)
		phases[i] = p.due.Sub(now).Seconds() / 0.01
		q := open("fixed", 10*ms, uint64(i))
		if q.start(now, 0); !q.due.Equal(p.due) {
			t.Fatalf("seed %d gives %v and %v", i, p.due, q.due)
		}
	}
	if d := distance(phases, func(x float64) float64 { return x }); d > 1.63/math.Sqrt(n) {
		t.Errorf("the phases are %v from uniform", d)
	}
}

// distance is the largest between the values' distribution and another.
func distance(values []float64, cumulative func(float64) float64) float64 {
	slices.Sort(values)
	n, most := float64(len(values)), 0.0
	for i, v := range values {
		f := cumulative(v)
		most = max(most, math.Abs(f-float64(i)/n), math.Abs(f-float64(i+1)/n))
	}
	return most
}

// TestClosed: an event is due when the last one has ended, whatever that took, until the time is over.
func TestClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := open("closed", 0, 1)
		got := paced(t, p, 100*ms, 0, func(int) time.Duration { return 7 * ms })
		if len(got) != 15 || slices.Max(got) != 7*ms || p.late+p.dropped != 0 { // they begin at 0, 7, ... 98 ms
			t.Errorf("%d events of %v, %d late, %d dropped", len(got), slices.Max(got), p.late, p.dropped)
		}
	})
}

// TestWaiter: in real time an event begins when it is due: never before, and on a machine that has other things to do one in ten
// within 20 µs, which a timer never is, as the kernel lets it be 50 µs late. Nothing is allocated.
func TestWaiter(t *testing.T) {
	p := open("fixed", 3*ms, 1)
	p.start(time.Now(), 0)
	var late []time.Duration
	if n := testing.AllocsPerRun(100, func() {
		due, _ := p.next(time.Now())
		if err := p.wait(t.Context(), due); err != nil {
			t.Fatal(err)
		}
		late = append(late, time.Since(due))
	}); n > 0.5 { // late grows now and then
		t.Errorf("%v allocations an event", n)
	}
	slices.Sort(late)
	if early := late[len(late)/10]; late[0] < 0 || early > 20*time.Microsecond {
		t.Errorf("events begin %v to %v late, nine of ten more than %v", late[0], late[len(late)-1], early)
	}
}
