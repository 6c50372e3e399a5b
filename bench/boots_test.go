package bench

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"st67bench/results"
	"st67bench/transport/emulator"
)

const adaptive = `
name: adaptive
workload: {kind: cipsend, sends: 20}
sweep: {length: [1460, 8000]}
repeats: {boots: 5..30, min: 1, until: {goodput: 2%}}
warmup: 0
`

// bootsUntil runs the cases once in each boot, the second one, which the firmware refuses, in the first only; another is told how many
// boots were begun.
func bootsUntil(ctx context.Context, t *testing.T, another func(begun int) bool) []results.Outcome {
	r, _ := rig(t, emulator.Config{})
	j := &memory{samples: map[int]*kept{}}
	run := runner(t, r, j, adaptive)
	begun := 0
	run.Another = func() bool {
		if !another(begun) {
			return false
		}
		begun++
		return true
	}
	run.Next = func(boot []results.Result) (int, bool) {
		if begun == 1 {
			return len(boot), len(boot) < 2
		}
		return 0, len(boot) < 1
	}
	if err := run.Run(ctx); err != nil && ctx.Err() == nil {
		t.Error(err)
	}
	all, _ := outcomes(j)
	return all
}

// sevenBoots are those of a case that passes and of one that is refused.
func sevenBoots() []results.Outcome {
	return append([]results.Outcome{results.Pass, results.Refused}, slices.Repeat([]results.Outcome{results.Pass}, 6)...)
}

// A run that ends because there are boots enough lacks nothing; a case that was refused in the first boot does not either.
func TestBootsEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := bootsUntil(t.Context(), t, func(begun int) bool { return begun < 7 })
		if want := sevenBoots(); !slices.Equal(got, want) {
			t.Errorf("outcomes %v, want %v", got, want)
		}
	})
}

// One that is stopped lacks what the boot that was begun lacks, however many were made before.
func TestBootsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		got := bootsUntil(ctx, t, func(begun int) bool {
			if begun == 7 {
				cancel(errors.New("enough"))
			}
			return true
		})
		if want := append(sevenBoots(), results.Aborted); !slices.Equal(got, want) {
			t.Errorf("outcomes %v, want %v", got, want)
		}
	})
}
