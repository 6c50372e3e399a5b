package energy

import (
	"strings"
	"testing"
	"time"
)

// 1500 mAh x 0.85 = 1275 mAh; 1.5 % a year of 1500 mAh are 22.5 mAh in 8766 h: 2.567 µA. At 154 µA: 1275/0.156567 = 8143.5 h.
func TestBattery(t *testing.T) {
	life, ok := Battery(154e-6, Cells()[0])
	if !ok {
		t.Fatal("no life")
	}
	near(t, "hours", life.Time.Hours(), 8143.5, 1e-4)
	if text := strings.Join(life.Assumptions, "; "); !strings.Contains(text, "1500 mAh, of which 85 % can be used") || !strings.Contains(text, "2.57 µA") {
		t.Error(text)
	}
	if _, ok := Battery(0, Cells()[0]); ok {
		t.Error("a battery that gives nothing has a life")
	}
	if life, _ := Battery(1e-12, Cell{Capacity: 100, Usable: 1}); life.Time <= 0 || life.Time > 250*year {
		t.Errorf("a very long life is %v", life.Time)
	}
	for _, c := range Cells() {
		if life, _ := Battery(1e-3, c); life.Time < 20*24*time.Hour || life.Time > 120*24*time.Hour {
			t.Errorf("%s: %v at 1 mA", c.Name, life.Time)
		}
	}
}
