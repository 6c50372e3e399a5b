package analysis

import (
	"fmt"

	"st67bench/results"
)

const (
	warnLate      = 0.01 // of the events; fewer are the host's own scheduling
	warnClockPart = 0.10 // of the delay that the clock's uncertainty blurs
	pingStep      = 1e-3 // s: AT+PING answers in whole ms (manual 4.1.29)
	warnPingPart  = 0.10 // of the round trip that one step is
)

// warnOpen tells of an open loop that the module, or what is offered to it, overloads.
func warnOpen(s *Summary, _ []results.Result) []Warning {
	mend := "ask less often (every), or measure with schedule: closed"
	if s.Primary() == "goodput" {
		mend = "offer less (rate)"
	}
	out := collected(s, "dropped", func(c Case) bool { v, _ := c.median("dropped"); return v > 0 },
		fmt.Sprintf("%ss were dropped, the module could not keep the schedule: the latency of the others is too good; %s", s.Event, mend))
	return append(out, collected(s, "late", func(c Case) bool {
		late, ok := c.median("late")
		sends, counted := c.median("sends")
		return ok && late > 0 && (!counted || late >= warnLate*sends)
	}, fmt.Sprintf("%ss began late, because the one before had not ended: latency counts from when each was due; to see the module without its queue, %s", s.Event, mend))...)
}

// warnUnanswered tells of events that had no answer, which have no time either.
func warnUnanswered(s *Summary, _ []results.Result) []Warning {
	_, high := extremes(s.Cases, "datagram_loss")
	if high == nil || s.Primary() != "rtt_p50" {
		return nil
	}
	return collected(s, "unanswered", func(c Case) bool { v, _ := c.median("datagram_loss"); return v > 0 },
		fmt.Sprintf("%ss were not answered, at worst %s of them (%s): the times are of those that were", s.Event, share(high.Metrics["datagram_loss"].Median), high.Key))
}

// warnClock tells of one-way delays that the clocks of the two ends cannot tell.
func warnClock(s *Summary, _ []results.Result) []Warning {
	general, _ := number(s.Conditions["clock_uncertainty"])
	return collected(s, "clock", func(c Case) bool {
		uncertain, ok := c.median("clock_uncertainty")
		if !ok {
			uncertain = general
		}
		for _, way := range []string{"delay_up_p50", "delay_down_p50"} {
			if delay, ok := c.median(way); ok && uncertain > 0 && uncertain >= warnClockPart*delay {
				return true
			}
		}
		return false
	}, "the peer's clock is known no better than "+share(warnClockPart)+" of the one-way delays: trust their sum, and measure with the peer on the harness's own machine to split it")
}

// warnPing tells of a ping that its own resolution limits.
func warnPing(s *Summary, _ []results.Result) []Warning {
	if s.Workload != "ping" {
		return nil
	}
	return collected(s, "resolution", func(c Case) bool {
		rtt, ok := c.median("rtt_p50")
		return ok && rtt*warnPingPart < pingStep
	}, seconds(pingStep)+", the step of the module's own figure, is "+share(warnPingPart)+" of a ping or more: a smaller difference is none; request-response tells more")
}

// warnFaster tells of round trips that no line can carry.
func warnFaster(s *Summary, _ []results.Result) []Warning {
	return collected(s, "bound", func(c Case) bool {
		rtt, ok := c.median("rtt_p50")
		bound, known := c.median("bound")
		return ok && known && rtt*warnCeiling < bound
	}, "round trip below its bound: the line is not what the rig file says, or the clock is wrong")
}
