package peer

import (
	"strings"
	"testing"
	"time"
)

// Rows as the module and as iperf 2.1.8 print them.
func TestParseIperfLine(t *testing.T) {
	const ms, tenth = time.Millisecond, 100 * time.Millisecond
	for line, want := range map[string]IperfRow{
		"[  0]  0.0- 1.0 sec  1.22 MByte  10.2 Mbits/sec":                                                {End: 10 * tenth, Bytes: 1279263, Rate: 10.2e6},
		"[  0]  9.0-10.0 sec   117 KByte   958 Kbits/sec\r":                                              {Start: 90 * tenth, End: 100 * tenth, Bytes: 119808, Rate: 958e3},
		"[  0]  0.0- 1.0 sec  0.00 Byte  0.00 bits/sec":                                                  {End: 10 * tenth},
		"[  0]  0.0- 1.0 sec  1.25 MByte  10.5 Mbits/sec  0.812 ms   3/893 (0.3%)":                       {End: 10 * tenth, Bytes: 1310720, Rate: 10.5e6, Jitter: 812 * time.Microsecond, Lost: 3, Datagrams: 893},
		"require an ACK back to the client[  0]  1.0- 2.1 sec  1.00 GByte  1.00 Gbits/sec":               {Start: 10 * tenth, End: 21 * tenth, Bytes: 1 << 30, Rate: 1e9},
		"[  1] 0.0000-1.0000 sec  1022 MBytes  8.57 Gbits/sec":                                           {End: time.Second, Bytes: 1022 << 20, Rate: 8.57e9},
		"[ *1] 0.00-2.00 sec  1.20 MBytes  5.01 Mbits/sec   0.004 ms 0/853 (0%)":                         {End: 2 * time.Second, Bytes: 1258291, Rate: 5.01e6, Jitter: 4 * time.Microsecond, Datagrams: 853},
		"[  1] 0.0000-1.0026 sec  1005480 Bytes  1002858 Bytes/sec   0.000 ms 0/684 (0%)":                {End: 10026 * ms / 10, Bytes: 1005480, Rate: 8 * 1002858, Datagrams: 684},
		"[  1] 0.0000-3.0013 sec  3.75 MBytes  10.5 Mbits/sec   0.002 ms 1/ 2678 (0.04%)":                {End: 30013 * ms / 10, Bytes: 3932160, Rate: 10.5e6, Jitter: 2 * time.Microsecond, Lost: 1, Datagrams: 2678},
		"[  1] 0.0000-3.0013 sec  3.75 MBytes  10.5 Mbits/sec   0.002 ms -1/2678 (-0.04%) and some more": {End: 30013 * ms / 10, Bytes: 3932160, Rate: 10.5e6, Jitter: 2 * time.Microsecond, Lost: -1, Datagrams: 2678},
	} {
		if got, ok := ParseIperfLine(line); !ok || got != want {
			t.Errorf("%q: %+v, %v", line, got, ok)
		}
	}
	for _, line := range []string{
		"", "OK", "rssi: -45dB", "[ ID] Interval       Transfer     Bandwidth", "Server report:", "[  1] Sent 2679 datagrams",
		"[  1] 0.00-1.00 sec  1 datagrams received out-of-order", "[  1] local 10.67.0.2 port 47356 connected with 10.67.0.1 port 5001",
		"[  0]  2.0- 1.0 sec  1.22 MByte  10.2 Mbits/sec", "+IPD,0,1460:",
	} {
		if got, ok := ParseIperfLine(line); ok {
			t.Errorf("%q: %+v", line, got)
		}
	}
}

func TestParseIperfCSV(t *testing.T) {
	for line, want := range map[string]IperfRow{
		"20261122185556,10.67.0.2,44616,10.67.0.1,5001,1,0.0-1.0,1509294140,12074353120":                  {End: time.Second, Bytes: 1509294140, Rate: 12074353120},
		"20261122185556,10.67.0.2,44616,10.67.0.1,5001,1,1.0-2.0,1312710,10501680,0.002,3,893,0.336,0":    {Start: time.Second, End: 2 * time.Second, Bytes: 1312710, Rate: 10501680, Jitter: 2 * time.Microsecond, Lost: 3, Datagrams: 893},
		"20261122185556,10.67.0.2,44616,10.67.0.1,5001,1,0.0-1.0,1312710,10501680,0.000,0,-1,-0.000,0":    {End: time.Second, Bytes: 1312710, Rate: 10501680},
		"20261122185556,fe80::1,44616,fe80::2,5001,1,0.0-1.0,1312710,10501680,0.000,0,-1,-nan,0\n":        {End: time.Second, Bytes: 1312710, Rate: 10501680},
		"19700101000000,10.67.0.2,44616,10.67.0.1,5001,1,0.0-0.0,0,0":                                     {},
		"+0000:20261122193211.290678,10.67.0.2,44616,10.67.0.1,5001,1,0.0-1.0,1312710,10501680,1,2,3,4,5": {End: time.Second, Bytes: 1312710, Rate: 10501680, Jitter: time.Millisecond, Lost: 2, Datagrams: 3},
	} {
		if got, ok := parseIperfCSV(line); !ok || got != want {
			t.Errorf("%q: %+v, %v", line, got, ok)
		}
	}
	for _, line := range []string{
		"", ",,,,,,,,", "time,srcaddress,srcport,dstaddr,dstport,transferid,istart,iend,bytes", "2026,a,1,b,2,1,0.0-1.0,12",
		"2026,a,1,b,2,1,1.0-0.0,12,13", "2026,a,1,b,2,1,0.0,12,13", "2026,a,1,b,2,1,x-1.0,12,13",
	} {
		if got, ok := parseIperfCSV(line); ok {
			t.Errorf("%q: %+v", line, got)
		}
	}
}

// totals gives the lines of a text to a finder, and returns which of them it took for totals.
func totals(text string) (l IperfLines, finals []string) {
	for line := range strings.Lines(text) {
		if _, final, _ := l.Add(line); final {
			finals = append(finals, strings.TrimSpace(line))
		}
	}
	return l, finals
}

// The total is found by order: the first row begins at 0 too.
func TestIperfLines(t *testing.T) {
	const head = "rssi: -48dB\r\n------\n------\n[ ID] Interval       Transfer     Bandwidth\n"
	for name, c := range map[string]struct {
		text   string
		finals int
		bytes  int64
		report int64
	}{
		"rows and total":     {head + "[  0]  0.0- 1.0 sec  1.00 MByte  8.39 Mbits/sec\n[  0]  1.0- 2.0 sec  1.00 MByte  8.39 Mbits/sec\n[  0]  0.0- 2.0 sec  2.00 MByte  8.39 Mbits/sec\n", 1, 2 << 20, 0},
		"one row and total":  {head + "[  0]  0.0- 1.0 sec  1.00 MByte  8.39 Mbits/sec\n[  0]  0.0- 1.0 sec  1.00 MByte  8.39 Mbits/sec\n", 1, 1 << 20, 0},
		"total alone":        {head + "[  0]  0.0- 0.5 sec  1.00 MByte  16.8 Mbits/sec\n", 0, 1 << 20, 0},
		"a stalled first":    {head + "[  0]  0.0- 3.4 sec  1.00 MByte  2.47 Mbits/sec\n[  0]  3.4- 4.0 sec  1.00 MByte  14.0 Mbits/sec\n", 0, 1 << 20, 0},
		"with server report": {head + "[  0]  0.0- 1.0 sec  1.00 MByte  8.39 Mbits/sec\n[  0]  0.0- 1.0 sec  2.00 MByte  8.39 Mbits/sec\nServer report:\n[  0]  0.0- 1.0 sec  1.00 KByte  8.39 Mbits/sec  0.000 ms   0/893 (0.0%)\n", 2, 2 << 20, 1024},
		"of iperf 2.1":       {"[  1] 0.0000-1.0000 sec  100 Bytes  100 Bytes/sec\n[  1] 0.0000-1.0027 sec  105 Bytes  105 Bytes/sec\n[  1] Sent 685 datagrams\n[  1] Server Report:\n[ ID] Interval\n[  1] 0.0000-1.0026 sec  104 Bytes  104 Bytes/sec   0.000 ms 0/684 (0%)\n", 2, 105, 104},
		"CSV":                {"2026,a,1,b,2,1,0.0-1.0,10,80\n2026,a,1,b,2,1,1.0-2.0,10,80\n2026,a,1,b,2,1,0.0-2.0,20,80\n", 1, 20, 0},
	} {
		l, finals := totals(c.text)
		total, ok := l.Total()
		report, has := l.ServerReport()
		if len(finals) != c.finals || !ok || total.Bytes != c.bytes || has != (c.report != 0) || report.Bytes != c.report {
			t.Errorf("%s: finals %q, total %+v, %v, report %+v, %v", name, finals, total, ok, report, has)
		}
	}
	if l, finals := totals("Abort TCP (error -13)\n"); len(finals) != 0 || l.hasTotal {
		t.Errorf("%+v", l)
	}
}

// Whatever a line holds, a row of it is one.
func FuzzIperfLine(f *testing.F) {
	f.Add("[  0]  0.0- 1.0 sec  1.25 MByte  10.5 Mbits/sec  0.812 ms   3/893 (0.3%)")
	f.Add("2026,a,1,b,2,1,0.0-2.0,20,80,0.1,2,3,0.1,0")
	f.Fuzz(func(t *testing.T, line string) {
		var l IperfLines
		if r, _, ok := l.Add(line); ok && (r.End < r.Start || r.Rate != r.Rate) {
			t.Errorf("%q: %+v", line, r)
		}
	})
}
