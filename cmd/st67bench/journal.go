package main

import (
	"st67bench/bench"
	"st67bench/results"
	"st67bench/transport"
)

// journal stores a run's results in its run directory, and its trace with them.
type journal struct {
	*results.Writer
	trace *transport.Log
}

// Append stores one result; what of the dialog led to it is on disk with it.
func (j *journal) Append(r results.Result) error {
	if err := j.trace.Flush(); err != nil {
		return err
	}
	return j.Writer.Append(r)
}

// Samples opens the file for the raw samples of one result.
func (j *journal) Samples(seq int) (bench.SampleWriter, error) { return j.Writer.Samples(seq) }
