package peer

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// IperfRow is one row of a test: an interval of it, or all of it.
type IperfRow struct {
	Start, End time.Duration // since the test's start
	Bytes      int64         // of a printed row as exact as its digits
	Rate       float64       // bit/s
	// Of rows that have them, which are those of a UDP receiver; Datagrams is 0 in others.
	Datagrams, Lost int64
	Jitter          time.Duration
}

// iperfText is a row as the module and iperf 2 print it. What stands before it may be glued to it, for the module does
// not end all of its lines.
var iperfText = regexp.MustCompile(`\[[ *]*\d+\] +(\d+\.\d+)- *(\d+\.\d+) sec +([\d.]+) ([KMGT]?)Bytes? +([\d.]+) ([KMGT]?)(bits?|Bytes?)/sec(?: +([\d.]+) ms +(-?\d+)/ *(-?\d+) \()?`)

// ParseIperfLine reads a row that the module, or iperf 2, prints:
//
//	[  0]  0.0- 1.0 sec  1.25 MByte  10.5 Mbits/sec  0.812 ms   3/893 (0.3%)
//
// Prefixes of bytes are powers of 1024, those of bits powers of 1000.
func ParseIperfLine(line string) (IperfRow, bool) {
	m := iperfText.FindStringSubmatch(line)
	if m == nil {
		return IperfRow{}, false
	}
	r := IperfRow{
		Start: seconds(m[1]), End: seconds(m[2]),
		Bytes: int64(math.Round(number(m[3]) * prefix(m[4], 1024))),
		Rate:  number(m[5]) * prefix(m[6], 1000),
	}
	if strings.HasPrefix(m[7], "Byte") {
		r.Rate = 8 * number(m[5]) * prefix(m[6], 1024)
	}
	if m[8] != "" {
		r.Jitter = seconds(m[8]) / 1000
		r.Lost, r.Datagrams = integer(m[9]), integer(m[10])
	}
	return r, r.End >= r.Start
}

// parseIperfCSV reads a row of iperf -y C, in which the totals of a sender of datagrams are negative.
func parseIperfCSV(line string) (IperfRow, bool) {
	f := strings.Split(strings.TrimSpace(line), ",")
	if len(f) < 9 {
		return IperfRow{}, false
	}
	from, to, ok := strings.Cut(f[6], "-")
	start, err1 := strconv.ParseFloat(from, 64)
	end, err2 := strconv.ParseFloat(to, 64)
	bytes, err3 := strconv.ParseInt(f[7], 10, 64)
	rate, err4 := strconv.ParseFloat(f[8], 64)
	if !ok || err1 != nil || err2 != nil || err3 != nil || err4 != nil || end < start {
		return IperfRow{}, false
	}
	r := IperfRow{Start: seconds(from), End: seconds(to), Bytes: bytes, Rate: rate}
	if len(f) >= 12 && integer(f[11]) > 0 {
		r.Jitter, r.Lost, r.Datagrams = seconds(f[9])/1000, integer(f[10]), integer(f[11])
	}
	return r, true
}

// number reads what a pattern took for a number; others are 0.
func number(s string) float64 {
	v, _ := strconv.ParseFloat(s, 64)
	return v
}

func integer(s string) int64 {
	v, _ := strconv.ParseInt(s, 10, 64)
	return v
}

func seconds(s string) time.Duration { return time.Duration(math.Round(number(s) * 1e9)) }

// prefix is the value of a letter before a unit.
func prefix(letter string, base float64) float64 {
	return math.Pow(base, float64(strings.Index("KMGT", letter)+1)*float64(len(letter)))
}

// IperfLines finds the totals among the lines that the module or iperf prints. A row comes when there is traffic, so
// nothing but the order tells which one is the total: it begins at 0 although another row was before it. The
// zero value is ready.
type IperfLines struct {
	rows          int
	total, report IperfRow
	hasTotal      bool
	hasReport     bool
	asks          bool // the server's report follows
}

// Add takes a line, and says which row it is, if one. final is true for the total; a test shorter than its first
// row has that row alone, which Total gives.
func (l *IperfLines) Add(line string) (row IperfRow, final, ok bool) {
	row, ok = ParseIperfLine(line)
	if !ok {
		row, ok = parseIperfCSV(line)
	}
	if !ok {
		if lower := strings.ToLower(line); strings.Contains(lower, "server report:") {
			l.asks = true
		}
		return row, false, false
	}
	l.rows++
	switch {
	case l.asks && row.Start == 0:
		l.report, l.hasReport = row, true
		return row, true, true
	case row.Start == 0:
		final = l.rows > 1
		l.total, l.hasTotal = row, true
	}
	return row, final, true
}

// Total is the row of the whole test: the last one that began at 0. After a test has ended it is always right.
func (l *IperfLines) Total() (IperfRow, bool) { return l.total, l.hasTotal }

// ServerReport is the row in which a sender of datagrams prints what the other end received.
func (l *IperfLines) ServerReport() (IperfRow, bool) { return l.report, l.hasReport }
