package st67

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// What the length of a passive +IPD is: of what has come since the last one, as the firmware's source has it, or of all
// that waits, with no further +IPD before it is read, as the manual has it (4.1.26.4).
const (
	ipdIncrement = "increment"
	ipdTotal     = "total"
)

const ipdKey = "ipd"

// Lengths of the two receipts that tell the meanings apart.
const (
	ipdFirst  = 100
	ipdSecond = 64
)

// DetermineIPD finds out what the length of a passive +IPD means, once a boot, and keeps it in the Identity as "ipd":
// "increment" or "total". It needs a link that is open in passive mode with nothing waiting; write has its peer send n
// bytes in one piece. They are read and thrown away.
func (m *Module) DetermineIPD(ctx context.Context, link int, write func(n int) error) (string, error) {
	if known := m.identity[ipdKey]; known != "" && m.ipdBoot {
		return known, nil
	}
	if !m.mode.passive {
		return "", fmt.Errorf("link %d: the meaning of +IPD shows in passive mode only: set ReceiveMode first", link)
	}
	meaning, note, err := m.meaningOfIPD(ctx, link, write)
	if err != nil {
		return "", fmt.Errorf("find out what +IPD means: %w", err)
	}
	if meaning == "" {
		return "", fmt.Errorf("find out what +IPD means: %s is neither the increment nor the total", note)
	}
	m.identity[ipdKey], m.ipdBoot = meaning, true
	return meaning, nil
}

// meaningOfIPD has the peer send twice without a read in between: the second +IPD has the second length, or the sum, or
// does not come.
func (m *Module) meaningOfIPD(ctx context.Context, link int, write func(n int) error) (meaning, note string, err error) {
	events := m.seen.listen(noticeHead)
	defer events.stop()
	last := ""
	for i, n := range []int{ipdFirst, ipdSecond} {
		if err := write(n); err != nil {
			return "", "", err
		}
		wait, cancel := context.WithTimeout(ctx, settled)
		line, err := events.next(wait)
		cancel()
		switch {
		case ctx.Err() != nil:
			return "", "", context.Cause(ctx)
		case err != nil && i == 0:
			return "", "", fmt.Errorf("no +IPD: for %d bytes: %w", n, err)
		case err != nil:
			return ipdTotal, "no second +IPD before the first bytes were read", m.discard(ctx, link)
		}
		last = line
	}
	length := fields(strings.TrimPrefix(last, noticeHead))
	note = fmt.Sprintf("%q after %d bytes and %d more", last, ipdFirst, ipdSecond)
	switch {
	case slices.Contains(length[1:], strconv.Itoa(ipdSecond)):
		meaning = ipdIncrement
	case slices.Contains(length[1:], strconv.Itoa(ipdFirst+ipdSecond)):
		meaning = ipdTotal
	}
	return meaning, note, m.discard(ctx, link)
}

// discard reads what a link holds after the two receipts.
func (m *Module) discard(ctx context.Context, link int) error {
	for left := ipdFirst + ipdSecond; left > 0; {
		r, err := m.Read(ctx, link, ipdFirst+ipdSecond)
		if err != nil {
			return err
		}
		if left -= len(r.Data); len(r.Data) == 0 {
			return nil
		}
	}
	return nil
}
