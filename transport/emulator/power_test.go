package emulator

import (
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"st67bench/transport/emulator/core"
	"st67bench/transport/emulator/wifi"
)

// The forms are those of the manual (7.1) and of the public firmware; the refusals
// its ranges.
func TestPowerCommands(t *testing.T) {
	one := map[string]string{}
	for _, l := range []string{"AT+PWR=0", "AT+PWR=2", "AT+PWR=2,1", "AT+PWR=2,0", "AT+SLWKIO=28,0", "AT+SLWKIO=16,1", "AT+DEWKIO=28",
		"AT+SLWKTIMER=0,60000", "AT+SLWKTIMER=2,1", "AT+SLWKDTIM=10", "AT+SLWKDTIM=0", "AT+SLWKDTIM=256", "AT+SLCLDTIM", "AT+TWT_SLEEP", "AT+PWR_CLEAR"} {
		one[l] = theOK
	}
	for l, sub := range map[string]string{
		"AT+PWR": "0c", "AT+PWR?": "0c", "AT+PWR=3": "07", "AT+PWR=0,1": "06", "AT+PWR=1": "06", "AT+PWR=1,3": "07", "AT+PWR=2,2": "07",
		"AT+PWR=2,1,0": "06", `AT+PWR="2"`: "05", "AT+SLWKIO=28": "06", "AT+SLWKIO=17,0": "07", "AT+SLWKIO=28,2": "07", "AT+DEWKIO=0": "07",
		"AT+DEWKIO": "0c", "AT+SLWKTIMER=3,5": "07", "AT+SLWKTIMER=0,0": "07", "AT+SLWKTIMER=0": "06", "AT+SLWKDTIM=257": "07",
		"AT+SLWKDTIM=-1": "07", "AT+SLWKDTIM": "0c", "AT+TWT_PARAM=0,1,13,128": "06", "AT+TWT_PARAM=3,1,13,128,1000": "07",
		"AT+TWT_PARAM=0,0,13,128,1000": "07", "AT+TWT_PARAM=0,1,32,128,1000": "07", "AT+TWT_PARAM=0,1,13,256,1000": "07",
		"AT+TWT_PARAM=0,1,13,128,65536": "07", "AT+TWT_PARAM=0,1,13,128,0": "07", "AT+TWT_PARAM=0,1,13,128,1000": "10",
		"AT+TWT_TEARDOWN=1,1": "07", "AT+TWT_TEARDOWN=0,2": "07", "AT+TWT_TEARDOWN=0,0": "06", "AT+TWT_TEARDOWN=0,1": "10",
		"AT+TWT_TEARDOWN=0,0,8": "07", "AT+SET_CLOCK=0": "07", "AT+SET_CLOCK=4": "07", "AT+SET_CLOCK": "0c", "AT+GET_CLOCK?": "0c",
		"AT+GET_AP_DTIM?": "0a", "AT+GET_TWT_SUPPORTED?": "0a",
	} {
		one[l] = refused(sub)
	}
	one["AT+TWT_STATUS?"] = "+TWT:INACTIVE\r\n" + theOK
	one["AT+GET_CLOCK"] = "+GET_CLOCK:1\r\n" + theOK
	one["AT+LP_INTERVAL_GET"] = "+LP INTERVAL:0\r\n" + theOK
	for l, want := range one {
		dialog(t, Config{}, nil, [2]string{"AT+SYSLOG=1", theOK}, [2]string{l, want}, [2]string{"AT", theOK})
	}
}

// Before 2.0.97 SLWKDTIM is the DTIM itself, and two queries do not exist.
func TestPowerBefore97(t *testing.T) {
	dialog(t, Config{Profile: "t01-2.0.89"}, nil, [2]string{"AT+SYSLOG=1", theOK}, [2]string{"AT+SLWKDTIM=25", theOK},
		[2]string{"AT+SLWKDTIM=26", refused("07")}, [2]string{"AT+SLWKDTIM=0", refused("07")},
		[2]string{"AT+GET_AP_DTIM?", refused("09")}, [2]string{"AT+GET_TWT_SUPPORTED?", refused("09")})
}

// sleeper is an access point whose every third beacon is a DTIM.
var sleeper = wifi.AccessPoint{SSID: DefaultSSID, Password: DefaultPassword, Security: wifi.WPA2, DTIM: 3, TWT: true}

// asleep joins and lets the module sleep.
func (r *rig) asleep() {
	r.t.Helper()
	r.join()
	r.ok("AT+PWR=2")
}

// mean is the mean current over the next d, in A.
func (r *rig) mean(d time.Duration) float64 {
	r.t.Helper()
	from := time.Now()
	time.Sleep(d)
	q, err := r.m.Charge(from, time.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	return q / d.Seconds()
}

// The interval is the beacon's times the access point's DTIM times the factor; the
// older firmware leaves out the access point's. The closed form is I0 + q/T.
func TestPowerDTIM(t *testing.T) {
	for profile, beacons := range map[string]float64{"t01-2.0.106": 12, "t01-2.0.89": 4} {
		dialog(t, Config{Profile: profile, Air: around(sleeper)}, func(r *rig) {
			r.asleep()
			r.ok("AT+SLWKDTIM=4")
			r.do("AT+LP_INTERVAL_GET", fmt.Sprintf("+LP INTERVAL:%.0f\r\n", beacons)+theOK)
			time.Sleep(30 * time.Millisecond) // it is asleep
			period := beacons * 0.1024
			got := r.mean(time.Duration(period*1e9) * 100)
			if want := 78.6e-6 + 74.8e-6/period; math.Abs(got-want) > 1e-6*want {
				t.Errorf("%s: %v A, want %v", profile, got, want)
			}
		})
	}
	dialog(t, Config{Air: around(sleeper)}, (*rig).join, [2]string{"AT", theOK})
}

// States of a module without an access point, and of one that is awake.
func TestPowerStates(t *testing.T) {
	dialog(t, Config{}, func(r *rig) {
		for _, c := range []struct {
			line string
			amps float64
		}{{"AT+PWR=2", 90e-6}, {"AT+PWR=0", 57e-3}} {
			r.ok(c.line)
			time.Sleep(20 * time.Millisecond)
			if got := r.mean(time.Minute); math.Abs(got-c.amps) > 1e-9 {
				t.Errorf("%s: %v A, want %v", c.line, got, c.amps)
			}
		}
		r.ok("AT+PWR_CLEAR")
		time.Sleep(time.Second)
		r.do("AT+PWR_GET", "+AVERAGE PWR:57000\r\n"+theOK)
		samples := make([]float32, 100)
		if err := r.m.Current(samples, time.Now().Add(-time.Second), 1000); err != nil || samples[50] != 57e-3 {
			t.Errorf("%v, %v", samples[50], err)
		}
	})
}

// Asleep, a command takes the wake-up time more, and the next is quick.
func TestPowerWakeLatency(t *testing.T) {
	dialog(t, Config{Wake: 3 * time.Millisecond}, func(r *rig) {
		took := func() time.Duration {
			at := time.Now()
			r.ok("AT")
			return time.Since(at)
		}
		awake := took()
		r.ok("AT+PWR=2")
		time.Sleep(20 * time.Millisecond)
		if got := took() - awake; got != 3*time.Millisecond {
			t.Errorf("asleep a command takes %v more", got)
		}
		if got := took(); got != awake {
			t.Errorf("the next takes %v, want %v", got, awake)
		}
	})
}

// PING from sleep: the module starts up, and the answer finds it awake.
func TestPowerPing(t *testing.T) {
	dialog(t, Config{Air: around(sleeper)}, func(r *rig) {
		r.asleep()
		r.ok("AT+SLWKDTIM=10")
		r.do(`AT+PING="127.0.0.1",64,2,1000`, theOK+"+PING:2ms\r\n+PING:6ms\r\n")
	})
}

// TWT comes up by itself after OK, with the interval of the manual's example, and
// costs what SP + 16.25 ms of listening cost.
func TestPowerTWT(t *testing.T) {
	dialog(t, Config{Air: around(sleeper)}, func(r *rig) {
		r.join()
		r.ok("AT+TWT_PARAM=1,1,13,128,1000") // without power save nothing comes of it
		time.Sleep(time.Second)
		r.do("AT+TWT_STATUS?", "+TWT:INACTIVE\r\n"+theOK)
		r.ok("AT+PWR=2")
		r.do("AT+GET_AP_DTIM?", "+DTIM:3\r\n"+theOK)
		r.do("AT+GET_TWT_SUPPORTED?", "+TWT_SUPPORT:1\r\n"+theOK)
		r.ok("AT+TWT_PARAM=1,1,13,128,1000")
		time.Sleep(100 * time.Millisecond)
		r.do("AT+TWT_STATUS?", "+TWT:ACTIVE:0,1,UNANNOUNCED,13,128,1000\r\n"+theOK)
		time.Sleep(20 * time.Millisecond)
		got, want := r.mean(100*8192*time.Millisecond), 78.6e-6+(38e-3-78.6e-6)*0.049018/8.192
		if math.Abs(got-want) > 1e-6*want {
			t.Errorf("%v A, want %v", got, want)
		}
		for range 7 {
			r.ok("AT+TWT_PARAM=0,1,10,10,30000")
		}
		time.Sleep(time.Minute)
		r.do("AT+TWT_PARAM=0,1,10,10,30000", "\r\nERROR\r\n")
		r.ok("AT+TWT_TEARDOWN=0,0,7")
		r.do("AT+TWT_TEARDOWN=0,0,7", "\r\nERROR\r\n")
		r.ok("AT+TWT_TEARDOWN=0,1")
		r.do("AT+TWT_STATUS?", "+TWT:INACTIVE\r\n"+theOK)
		r.do("AT+TWT_TEARDOWN=0,1", "\r\nERROR\r\n")
	})
}

func TestPowerTWTQuirks(t *testing.T) {
	deaf := sleeper
	deaf.TWT = false
	dialog(t, Config{Air: around(deaf)}, func(r *rig) {
		r.asleep()
		r.ok("AT+TWT_PARAM=1,1,13,128,1000")
		time.Sleep(time.Second)
		r.do("AT+TWT_STATUS?", "+TWT:INACTIVE\r\n"+theOK)
		r.do("AT+GET_TWT_SUPPORTED?", "+TWT_SUPPORT:0\r\n"+theOK)
	})
	dialog(t, Config{Profile: "t01-2.0.97", Quirks: []string{"twt-wiki"}, Air: around(sleeper)}, func(r *rig) {
		r.asleep()
		r.do("AT+TWT_PARAM=0,1,13,128,1000", "\r\nERROR\r\n")
		r.ok("AT+TWT_PARAM=3,1,13,128,1000", "AT+TWT_PARAM=3,1,13,128,1000")
		time.Sleep(time.Second)
		r.do("AT+TWT_TEARDOWN=0,0,1", "\r\nERROR\r\n")
		r.do("AT+TWT_TEARDOWN=0,1", "\r\nERROR\r\n")
		r.ok("AT+TWT_TEARDOWN=0,1,0")
		r.do("AT+TWT_STATUS?", "+TWT:INACTIVE\r\n"+theOK)
	})
}

// An hour of TWT with a ping each minute is simulated in seconds.
func TestPowerHourOfTWT(t *testing.T) {
	began := time.Now()
	dialog(t, Config{Air: around(sleeper)}, func(r *rig) {
		r.asleep()
		r.ok("AT+TWT_PARAM=1,1,13,128,1000")
		start := time.Now()
		for range 60 {
			r.do(`AT+PING="127.0.0.1",64,1`, theOK+"+PING:2ms\r\n")
			time.Sleep(time.Minute)
		}
		samples := make([]float32, 3600*1000)
		if err := r.m.Current(samples, start, 1000); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, v := range samples {
			sum += float64(v)
		}
		q, err := r.m.Charge(start, start.Add(time.Hour))
		if err != nil || math.Abs(sum/1000-q) > 1e-3*q {
			t.Errorf("%v C by samples, %v C by the model, %v", sum/1000, q, err)
		}
	})
	if d := time.Since(began); d > patience {
		t.Errorf("it took %v", d)
	}
}

// SET_CLOCK restarts without a word; what it set outlasts that, not RESTORE.
func TestPowerClock(t *testing.T) {
	dialog(t, Config{}, nil, [2]string{"AT+SET_CLOCK=2", "\r\nready\r\n"}, [2]string{"AT+GET_CLOCK", "+GET_CLOCK:2\r\n" + theOK},
		[2]string{"AT+RST", theOK + "\r\nready\r\n"}, [2]string{"AT+GET_CLOCK", "+GET_CLOCK:2\r\n" + theOK})
	dialog(t, Config{Quirks: []string{"-clock-silent"}}, nil, [2]string{"AT+SET_CLOCK=3", theOK + "\r\nready\r\n"})
}

// Hibernation ends by its timer or by the pin, and everything starts anew.
func TestPowerHibernation(t *testing.T) {
	const boot = 500 * time.Millisecond
	dialog(t, Config{}, func(r *rig) {
		r.join()
		r.ok("AT+CWAUTOCONN=0", "AT+SLWKTIMER=1,5000")
		fmt.Fprint(r, "AT+PWR=1,2\r\n")
		at := time.Now()
		time.Sleep(time.Second)
		fmt.Fprint(r, "AT\r\n")
		if got := r.mean(3 * time.Second); got != 2.5e-6 {
			t.Errorf("hibernation takes %v A", got)
		}
		r.expect("\r\nready\r\n")
		if got := time.Since(at); got < 5*time.Second+boot || got > 5*time.Second+boot+time.Millisecond {
			t.Errorf("it is back after %v", got)
		}
		r.do("AT+CWJAP?", theOK)
		fmt.Fprint(r, "AT+PWR=1,0\r\n")
		r.quiet(24 * time.Hour)
		fmt.Fprint(r, payload(200_000)) // lost, and holds nobody up
		r.m.RaisePin()
		r.expect("\r\nready\r\n")
		r.ok("AT")
	})
	dialog(t, Config{Quirks: []string{"-hibernate-silent"}}, nil, [2]string{"AT+PWR=1,1", theOK})
}

// The timer of standby wakes the module once, for good.
func TestPowerTimer(t *testing.T) {
	dialog(t, Config{}, func(r *rig) {
		r.ok("AT+SLWKTIMER=0,5000", "AT+PWR=2")
		time.Sleep(100 * time.Millisecond)
		if got := r.mean(4 * time.Second); math.Abs(got-90e-6) > 1e-9 {
			t.Errorf("before it takes %v A", got)
		}
		time.Sleep(time.Second)
		if got := r.mean(time.Minute); math.Abs(got-57e-3) > 1e-9 {
			t.Errorf("then it takes %v A", got)
		}
		r.ok("AT+SLWKTIMER=0,5000")
		time.Sleep(100 * time.Millisecond)
		if got := r.mean(4 * time.Second); math.Abs(got-90e-6) > 1e-9 {
			t.Errorf("set again it takes %v A", got)
		}
	})
}

// Over SPI, CHIP_EN ends hibernation and is what switches the supply's load.
func TestPowerSPI(t *testing.T) {
	inBubble(t, Config{}, func(w *wires) {
		w.send("AT+PWR=1,0\r\n")
		w.quiet(time.Minute)
		w.enable(false)
		from := time.Now()
		time.Sleep(time.Minute)
		if q, err := w.m.Charge(from, time.Now()); err != nil || math.Abs(q-60*0.2e-6) > 1e-12 {
			t.Errorf("shut down it takes %v C, %v", q, err)
		}
		w.enable(true)
		w.expect("\r\nready\r\n")
		w.do("AT", theOK)
		w.do("AT+SLWKTIMER=0,2000", theOK)
		w.do("AT+PWR=2", theOK)
		time.Sleep(time.Second)
		for _, want := range []time.Duration{4 * time.Millisecond, 0} {
			at := time.Now()
			w.SetCS(true)
			w.await(true, patience)
			if got := time.Since(at); got != want {
				t.Errorf("CS to RDY takes %v, want %v", got, want)
			}
			w.exchange("")
			time.Sleep(2 * time.Second) // the timer has run out
		}
	})
}

// Same seed, same current, to the last bit; another seed misses other beacons.
func TestPowerRepeats(t *testing.T) {
	run := func(seed uint64) (q float64) {
		synctest.Test(t, func(t *testing.T) {
			r := open(t, Config{Seed: seed, BeaconLoss: 0.1, Drift: 100, Air: around(sleeper)})
			defer r.close()
			r.asleep()
			q = r.mean(time.Hour)
		})
		return q
	}
	if a, b, c := run(1), run(1), run(2); a != b || a == c {
		t.Errorf("%v, %v with the same seed, %v with another", a, b, c)
	}
}

// The keys of the link URL that the model of power has.
func TestPowerKeys(t *testing.T) {
	c, err := Parse(mustQuery(t, "drift=-20ppm&beacon-loss=5%25&current=sleep:80uA&current=beacon-charge:0.1mC&current=transmit-ax:0.3A"))
	if err != nil || c.Drift != -20 || c.BeaconLoss != 0.05 ||
		math.Abs(c.Currents.Sleep-80e-6) > 1e-12 || math.Abs(c.Currents.BeaconCharge-100e-6) > 1e-12 || c.Currents.TransmitAX != 0.3 {
		t.Errorf("%+v, %v", c, err)
	}
	for _, s := range []string{"drift=x", "drift=20000", "drift=NaN", "beacon-loss=1", "current=sleep", "current=sleep:0uA",
		"current=nap:1uA", "current=sleep:1A", "current=idle:11A"} {
		if _, err := Parse(mustQuery(t, s)); err == nil {
			t.Errorf("%s is taken", s)
		}
	}
}

// In real time the charge of a module that is awake is that of its time.
func TestPowerRealTime(t *testing.T) {
	r := open(t, Config{Boot: None, Currents: core.Currents{Idle: 0.1}})
	defer r.close()
	from := time.Now()
	time.Sleep(20 * time.Millisecond)
	to := time.Now()
	q, err := r.m.Charge(from, to)
	if want := 0.1 * to.Sub(from).Seconds(); err != nil || math.Abs(q-want) > 1e-9 {
		t.Errorf("%v C in %v, want %v (%v)", q, to.Sub(from), want, err)
	}
	if _, err := r.m.States(to, from); err == nil {
		t.Error("a time that ends before it begins has states")
	}
}
