package energy

import (
	"fmt"
	"math"
	"testing"

	"st67bench/results"
)

// Currents in A that makers publish for DTIM 1, 3 and 10 (bouffalo_sdk examples/pmu/wl_ble_lp; esp-idf documentation of
// light sleep), and the floor in µA, charge per wake in µC and R² that least squares give.
func TestRegressionOfPublishedTables(t *testing.T) {
	for _, c := range []struct {
		name             string
		amps             [3]float64
		floor, charge    float64 // µA, µC
		r2               float64
		within, r2within float64 // of the table's rounding
	}{
		{"BL616", [3]float64{810e-6, 319e-6, 154e-6}, 78.6, 74.8, 0.99993, 0.05, 5e-6},
		{"ESP32-C6", [3]float64{919e-6, 368e-6, 172e-6}, 90.1, 84.9, 0.99999, 0.05, 5e-6},
		{"ESP32-C3", [3]float64{1.40e-3, 0.62e-3, 0.31e-3}, 202, 123, 0.9993, 0.5, 5e-5},
		{"ESP32", [3]float64{3.34e-3, 2.33e-3, 2.19e-3}, 1985, 136, 0.980, 0.6, 5e-4},
	} {
		var points []Point
		for i, n := range []float64{1, 3, 10} {
			points = append(points, Point{1 / (n * beacon), c.amps[i]})
		}
		l, ok := Regression(points)
		if !ok || math.Abs(l.Base*1e6-c.floor) > c.within || math.Abs(l.Slope*1e6-c.charge) > c.within || math.Abs(l.R2-c.r2) > c.r2within {
			t.Errorf("%s: %+v", c.name, l)
		}
	}
}

// Anscombe's first set (American Statistician 27, 1973): y = 3.00 + 0.500 x, R² 0.667, standard errors 1.125 and 0.118;
// with 9 degrees of freedom Student's 97.5 % point is 2.262.
func TestRegressionIntervals(t *testing.T) {
	x := []float64{10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5}
	y := []float64{8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68}
	var points []Point
	for i := range x {
		points = append(points, Point{x[i], y[i]})
	}
	l, ok := Regression(points)
	if !ok {
		t.Fatal("no line")
	}
	near(t, "base", l.Base, 3.00, 0.001)
	near(t, "slope", l.Slope, 0.500, 0.001)
	near(t, "R2", l.R2, 0.667, 0.001)
	near(t, "base interval", (l.BaseInterval.High-l.BaseInterval.Low)/2, 2.262*1.125, 0.002)
	near(t, "slope interval", (l.SlopeInterval.High-l.SlopeInterval.Low)/2, 2.262*0.118, 0.005)
	if l, ok := Regression(points[:2]); !ok || l.SlopeInterval != nil {
		t.Errorf("two points: %+v", l)
	}
	if _, ok := Regression([]Point{{1, 2}, {1, 3}}); ok {
		t.Error("one x makes a line")
	}
}

func TestWakeFits(t *testing.T) {
	run := idleRun("idle", "dtim", nil, nil)
	run.Factors = []string{"dtim", "clock"}
	for i, clock := range []string{"2", "1"} {
		direct := 74.8e-6 * []float64{1.08, 1.2}[i]
		for _, n := range []float64{1, 3, 10} {
			run.Results = append(run.Results, results.Result{
				Outcome: results.Pass, Factors: map[string]string{"dtim": fmt.Sprint(n), "clock": clock},
				Metrics: map[string]float64{"current": 78.6e-6 + 74.8e-6/(n*beacon), "wake_interval": n * beacon, "wake_charge": direct},
			})
		}
	}
	run.Results = append(run.Results, results.Result{Outcome: results.Error, Factors: map[string]string{"dtim": "5", "clock": "2"}})
	fits := WakeFits(run)
	if len(fits) != 2 || fits[0].Group != "clock=2" || fits[1].Group != "clock=1" {
		t.Fatalf("%+v", fits)
	}
	near(t, "floor", fits[0].Base, 78.6e-6, 1e-9)
	near(t, "charge", fits[0].Slope, 74.8e-6, 1e-9)
	if fits[0].Problem != nil { // 8 % apart
		t.Error(fits[0].Problem)
	}
	if p := fits[1].Problem; p == nil || p.Text != "charge per wake is 74.8 µC by the line over DTIM, and 89.8 µC by the wakes themselves" {
		t.Errorf("%+v", p)
	}
}

// TWT agreements of one service period are on a line over their interval; what has none, and another period, are not on it.
func TestWakeFitsOfTWT(t *testing.T) {
	run := idleRun("idle", "twt", []string{"off", "9:128:1000", "13:128:1000", "12:64:1000"}, func(i int) map[string]float64 {
		every, charge := []float64{0.1024, 0.512, 8.192, 4.096}[i], []float64{74.8e-6, 1.86e-3, 1.86e-3, 0.93e-3}[i]
		m := map[string]float64{"current": 78.6e-6 + charge/every, "wake_interval": every, "wake_charge": charge}
		if i > 0 {
			m["service_period"] = 32.768e-3 / []float64{1, 1, 1, 2}[i]
		}
		return m
	})
	fits := WakeFits(run)
	if len(fits) != 1 || fits[0].Over != "TWT" || fits[0].Group != "service=32.8 ms" || fits[0].Points != 2 || fits[0].Problem != nil {
		t.Fatalf("%+v", fits)
	}
	near(t, "floor", fits[0].Base, 78.6e-6, 1e-9)
	near(t, "charge", fits[0].Slope, 1.86e-3, 1e-9)
	near(t, "shortest", fits[0].Shortest, 0.512, 1e-9)
	near(t, "longest", fits[0].Longest, 8.192, 1e-9)
	if got := fits[0].Fit(); got != "2 repeats, which any line fits" {
		t.Error(got)
	}
}

// P = 190 mW + 15 nJ/bit x R.
func TestLoadFits(t *testing.T) {
	run := &results.Run{Factors: []string{"rate"}}
	for _, r := range []float64{1e6, 2e6, 5e6, 9e6} {
		run.Results = append(run.Results, results.Result{
			Outcome: results.Pass, Factors: map[string]string{"rate": fmt.Sprint(r)},
			Metrics: map[string]float64{"power": 0.19 + 15e-9*r, "goodput": r},
		})
	}
	fits := LoadFits(run)
	if len(fits) != 1 || fits[0].Group != "" {
		t.Fatalf("%+v", fits)
	}
	near(t, "power without load", fits[0].Base, 0.19, 1e-9)
	near(t, "energy per bit", fits[0].Slope, 15e-9, 1e-9)
}
