package bench

import (
	"context"
	"errors"
	"fmt"

	"st67bench/bench/power"
	"st67bench/results"
	"st67bench/scenarios"
)

// Current records the module's supply current beside the repeats. What a trace means is analysis, so the figures come
// from the caller too.
type Current interface {
	// Begin starts the trace of result seq.
	Begin(ctx context.Context, seq int) error
	// End closes it and returns its path below the run directory; marks are those of the repeat.
	End(ctx context.Context, marks []results.Mark) (name string, err error)
	// Figures adds what the trace says to a result that was measured. An error voids the repeat.
	Figures(ctx context.Context, c scenarios.Case, res *results.Result) error
}

// ErrRestarted marks that the module was given its supply anew, so that nothing is left of what was set.
var ErrRestarted = errors.New("it was given its supply anew")

// radioPeak is the most that the module draws, sending 802.11b at 22 dBm, in A (datasheet DS14784).
const radioPeak = 0.377

// CarriesRadio says whether a meter in the supply lets the module use its radio; nil is none.
func CarriesRadio(m power.Meter) bool { return m == nil || m.MaxAmps() >= radioPeak }

// carries says whether the rig's meter carries what the case makes the module draw.
func (r *Rig) carries(c scenarios.Case) error {
	if CarriesRadio(r.Meter) || c.Workload.Silent() {
		return nil
	}
	return fmt.Errorf("%w supply a module whose radio is on: %s carries %.0f mA, the module draws up to %.0f mA; measure radio: off with it, or take another meter",
		ErrCannot, r.Meter, r.Meter.MaxAmps()*1e3, radioPeak*1e3)
}

// recorded is once, with the trace of its current beside it.
func (p phases) recorded(ctx context.Context, rec *Recorder) (err error) {
	current := p.runner.Current
	if current == nil {
		return p.once(ctx, "run", rec)
	}
	if err := current.Begin(ctx, p.res.Seq); err != nil {
		return err
	}
	err = p.once(ctx, "run", rec)
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*cleanupTime)
	defer cancel()
	name, endErr := current.End(after, rec.marks)
	p.res.Power = name
	return errors.Join(err, endErr)
}

// figures adds those of the current.
func (p phases) figures(ctx context.Context) error {
	if p.runner.Current == nil || p.res.Power == "" {
		return nil
	}
	return p.runner.Current.Figures(ctx, p.c, p.res)
}
