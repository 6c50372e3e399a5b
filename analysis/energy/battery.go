package energy

import (
	"fmt"
	"time"

	"st67bench/results"
)

// Cell is a battery, as far as its life goes. Everything in it is an assumption: it depends on maker, temperature and age.
type Cell struct {
	Name     string
	Capacity float64 // Ah, nominal
	Usable   float64 // share of it that is left by temperature, load, and the voltage at which the module ends: a derating
	Loss     float64 // share of it that self-discharge takes in a year
	Source   string  // of capacity and loss
}

// Cells are batteries that modules are often supplied by.
func Cells() []Cell {
	return []Cell{
		{"CR123A", 1.5, 0.85, 0.015, "1500 mAh is what makers print; loss of lithium manganese dioxide by Rayovac's answer on self-discharge"},
		{"2 x AA alkaline", 2.5, 0.8, 0.03, "2500 mAh at some mA and 3 % a year are usual figures of alkaline AA cells"},
		{"LiPo 1000 mAh", 1.0, 0.8, 0.36, "nominal; 3 % a month, the upper end of 2 to 3 % that is usually given for lithium ion"},
	}
}

// Life is how long a battery lasts, with all that it rests on.
type Life struct {
	Cell        Cell
	Time        time.Duration
	Assumptions []string // sentences
}

// year is a Julian one.
const year = 8766 * time.Hour

// Battery is how long a cell lasts with a mean current in A: usable capacity / (current + self-discharge). ok is false when
// the current is not above 0.
func Battery(current float64, c Cell) (Life, bool) {
	if !(current > 0) {
		return Life{}, false
	}
	loss := c.Capacity * c.Loss / year.Hours() // A
	hours := c.Capacity * c.Usable / (current + loss)
	return Life{
		Cell: c,
		Time: time.Duration(min(hours, 200*year.Hours()) * float64(time.Hour)), // a Duration ends after 292 years
		Assumptions: []string{
			fmt.Sprintf("%.0f mAh, of which %.0f %% can be used", 1000*c.Capacity, 100*c.Usable),
			fmt.Sprintf("self-discharge %.2g %% a year, as a current of %s", 100*c.Loss, results.FormatQuantity(loss, "A")),
			"source: " + c.Source,
			"the cell gives the current that was measured: no regulator's own current, and no converter",
			"nothing but this one mean current, all the time",
		},
	}, true
}

// String is the time for people: hours, days or years.
func (l Life) String() string {
	switch hours := l.Time.Hours(); {
	case hours < 72:
		return fmt.Sprintf("%.0f hours", hours)
	case hours < 2*year.Hours():
		return fmt.Sprintf("%.0f days", hours/24)
	default:
		return fmt.Sprintf("%.1f years", hours/year.Hours())
	}
}
