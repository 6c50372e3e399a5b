package peer

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// In virtual time the figures are those of the closed form: blocks that arrive
// every interval make a goodput of 8 * block / interval.
func TestGoodputInVirtualTime(t *testing.T) {
	for _, size := range []int{1, 20, MinFramed, 2920} {
		synctest.Test(t, func(t *testing.T) {
			const interval, blocks = 1370 * time.Microsecond, 50
			s := Stream{Seed: 3, Block: size}
			m := newMemory()
			k := open(t, m.listen, s)
			c := m.dial()
			start := time.Now()
			for n := range int64(blocks) {
				p := bytesOf(s, n*int64(size), int64(size))
				time.Sleep(interval / 2)
				send(t, c, p[:size/2])
				time.Sleep(interval / 2)
				send(t, c, p[size/2:])
			}
			_ = c.Close()
			if err := k.Wait(t.Context(), int64(blocks*size)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			got, ok := k.Report().Goodput()
			if want := 8 * float64(size) / interval.Seconds(); !ok || math.Abs(got/want-1) > 1e-12 {
				t.Errorf("blocks of %d bytes: goodput %v, %v, want %v", size, got, ok, want)
			}
			times := make([]time.Time, blocks)
			k.Arrived(0, times)
			for i, at := range times {
				if want := time.Duration(i+1) * interval; at.Sub(start) != want {
					t.Errorf("block %d arrived after %v, want %v", i, at.Sub(start), want)
				}
			}
		})
	}
}

// Reads that bring one and a half blocks: what came with the first of them is no more a part of the rate than its time is.
func TestGoodputOfReadsThatSplitBlocks(t *testing.T) {
	const size, interval, reads = 1000, time.Millisecond, 21
	k := NewChecker(Stream{Seed: 3, Block: size})
	begin := time.Now()
	for n := range int64(reads) {
		k.Feed(bytesOf(Stream{Seed: 3, Block: size}, n*size*3/2, size*3/2), begin.Add(time.Duration(n)*interval))
	}
	want := 8 * 1.5 * size / interval.Seconds()
	if got, ok := k.Report().Goodput(); !ok || math.Abs(got/want-1) > 1e-12 {
		t.Errorf("goodput %v, %v, want %v", got, ok, want)
	}
}

// Goodput is undefined where nothing was measured.
func TestGoodputUndefined(t *testing.T) {
	now := time.Now()
	for _, r := range []Report{
		{},
		{Blocks: 1, First: now, Last: now, FirstBlock: 10, LastBlock: 10},
		{Blocks: 2, First: now, Last: now, FirstBlock: 10, LastBlock: 20},
	} {
		if v, ok := r.Goodput(); ok || v != 0 {
			t.Errorf("%+v has a goodput of %v", r, v)
		}
	}
	r := Report{Blocks: 3, First: now, Last: now.Add(2 * time.Second), FirstBlock: 1000, LastBlock: 3000}
	if v, ok := r.Goodput(); !ok || v != 8000 {
		t.Errorf("goodput %v, %v; 2000 bytes in 2 s are 8000 bit/s", v, ok)
	}
}

// A Wait that is cut off says how far the stream came.
func TestWaitEndsWithContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := Stream{Seed: 3, Block: 100}
		m := newMemory()
		k := open(t, m.listen, s)
		c := m.dial()
		defer c.Close()
		send(t, c, bytesOf(s, 0, 150))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		err := k.Wait(ctx, 1000)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "150 of 1000 bytes") || time.Since(start) != time.Minute {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// What is undecided is counted when somebody asks, and decided when more comes.
func TestReportOfUndecidedBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := Stream{Seed: 3, Block: 100}
		m := newMemory()
		k := open(t, m.listen, s)
		c := m.dial()
		defer c.Close()
		p := bytesOf(s, 0, 300)
		p[99] ^= 1
		send(t, c, p[:100])
		synctest.Wait()
		var times [3]time.Time
		if r := k.Report(); r.Corrupt != 1 || r.Good != 99 || r.Blocks != 1 || r.FirstBad != 99 || k.Arrived(0, times[:]) != 1 {
			t.Errorf("%+v, first block at %v", r, times[0])
		}
		send(t, c, p[100:])
		synctest.Wait()
		if r := k.Report(); r.Corrupt != 1 || r.Good != 299 || r.Blocks != 3 || r.FirstBad != 99 || k.Arrived(0, times[:]) != 3 {
			t.Errorf("%+v, blocks at %v", r, times)
		}
	})
}
