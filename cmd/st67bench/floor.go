package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"st67bench/analysis"
	"st67bench/bench/st67"
	"st67bench/scenarios"
	"st67bench/transport/at"
)

// floorRounds is how many AT round trips measure the floor, enough for a p99,
// after floorWarmup that do not count.
const (
	floorRounds = 400
	floorWarmup = 20
)

// measureFloor measures what the harness itself adds to an AT round trip over
// this kind of link: the same exchange with an emulated module of no latency
// (over SPI, one that holds RDY for no time), less its line time. The result is in s, by the suffix of its quantile.
func measureFloor(ctx context.Context, link string) (map[string]float64, error) {
	o, err := openEmulated(scenarios.LinkURL{Scheme: "emulated", Query: url.Values{
		"link": {link}, "latency": {"0s"}, "boot": {"0s"}, "ready": {"0s"},
	}})
	if err != nil {
		return nil, err
	}
	s := at.New(o.conn, st67.Grammar())
	values, err := roundTrips(ctx, s, o)
	if err = errors.Join(err, s.Close(), o.Close()); err != nil {
		return nil, fmt.Errorf("measure the harness's own floor: %w", err)
	}
	return analysis.Quantiles(values), nil
}

// roundTrips are the times of AT and OK, in s, beyond their line time.
func roundTrips(ctx context.Context, s *at.Session, o *opened) ([]float64, error) {
	line := []byte("AT")
	wire, _ := o.link.LineTime([]int{len("AT\r\n")}, []int{len("\r\nOK\r\n")})
	values := make([]float64, 0, floorRounds)
	for i := range floorRounds + floorWarmup {
		r, err := s.Command(ctx, line)
		switch {
		case i < floorWarmup: // the module is starting, and buffers grow
		case err != nil:
			return nil, err
		default:
			values = append(values, max((r.End.Sub(r.Sent)-wire).Seconds(), 0))
		}
	}
	return values, nil
}
