//go:build unix

package peer

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// imposter puts a script in the place of a program for the rest of the test.
func imposter(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	text := "#!/bin/sh\n[ \"$1\" = -v ] && { echo 'iperf version 2.1.8 (12 August 2022) pthreads' >&2; exit 1; }\n" + script + "\n"
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// What may become of the program iperf, and what is said of it. Each ends long before its script would.
var children = map[string]struct {
	script string
	want   string
	is     error
}{
	"crashes":           {`echo '[  1] 0.0000-1.0000 sec  100 Bytes  800 bits/sec'; kill -SEGV $$`, "crashed (signal: segmentation fault", nil},
	"hangs":             {`sleep 1000`, "did not end within", errLate},
	"ignores SIGTERM":   {`trap '' TERM; while :; do sleep 0.1; done`, "was killed", errLate},
	"floods":            {`trap '' TERM; yes '[  1] 0.0000-1.0000 sec  100 Bytes  800 bits/sec'`, "printed more than", errFlood},
	"lies":              {`echo 'tcp connect failed: No route to host' >&2; exit 0`, "No route to host; the module has to be in a network", nil},
	"says nothing":      {`exit 0`, "ended without a result", nil},
	"counts no bytes":   {`echo '20261122185556,10.0.0.2,1,10.0.0.1,5001,1,0.0-1.0,0,0'`, "ended without a result", nil},
	"prints nonsense":   {`head -c 10000 /dev/zero; echo; echo done`, "ended without a result", nil},
	"warns and is fine": {`echo 'WARNING: did not receive ack' >&2; echo '20261122185556,10.0.0.2,1,10.0.0.1,5001,1,0.0-1.0,1000,8000'`, "", nil},
}

func TestIperfChildren(t *testing.T) {
	for name, c := range children {
		t.Run(name, func(t *testing.T) {
			imposter(t, iperfTool, c.script)
			test := &toolTest{o: IperfOptions{Protocol: TCP, Row: func(IperfRow) {}}, tool: "iperf 2.1.8", by: IperfSender}
			start, limit := time.Now(), 500*time.Millisecond
			if c.is == errFlood {
				limit = time.Minute
			}
			r, err := test.run(t.Context(), []string{"-c", "10.0.0.1"}, limit)
			judge(t, err, c.want, c.is, start)
			if err == nil && (r.Bytes != 1000 || r.Duration != time.Second) {
				t.Errorf("%+v", r)
			}
		})
	}
}

// judge holds how a child ended against what is expected.
func judge(t *testing.T, err error, want string, is error, start time.Time) {
	t.Helper()
	if d := time.Since(start); d > prompt {
		t.Errorf("it took %v", d)
	}
	if want == "" {
		if err != nil {
			t.Error(err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), want) || is != nil && !errors.Is(err, is) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v; want %q", err, want)
	}
}

// The same of iperf3, whose one document comes at its end.
func TestIperf3Children(t *testing.T) {
	document := func(text string) string { return "cat <<'EOF'\n" + text + "\nEOF\n" }
	for name, c := range map[string]struct {
		script string
		want   string
		is     error
	}{
		"is fine":             {document(iperf3TCP), "", nil},
		"crashes":             {document(iperf3TCP) + `kill -SEGV $$`, "crashed (signal: segmentation fault", nil},
		"hangs":               {document(iperf3TCP) + `sleep 1000`, "did not end within", errLate},
		"ignores SIGTERM":     {`trap '' TERM; while :; do sleep 0.1; done`, "was killed", errLate},
		"floods":              {`while :; do cat /dev/zero; done`, "printed more than", errFlood},
		"lies":                {document(iperf3Lie) + `exit 0`, "Connection refused; start iperf3 -s there", nil},
		"says nothing":        {`exit 0`, "nothing that can be read", nil},
		"is cut off":          {`printf '{"start":{"version":'`, "nothing that can be read", nil},
		"counts nothing":      {document(`{"start":{},"end":{}}`), "", nil},
		"fails without words": {`exit 3`, "exit code 3", nil},
	} {
		t.Run(name, func(t *testing.T) {
			imposter(t, iperf3Tool, c.script)
			start, limit := time.Now(), 500*time.Millisecond
			if c.is == errFlood {
				limit = time.Minute
			}
			r, err := iperf3(t.Context(), []string{"-c", "10.0.0.1", "-J"}, limit)
			judge(t, err, c.want, c.is, start)
			if rate, ok := r.Rate(); ok != (name == "is fine") && err == nil {
				t.Errorf("rate %v: %+v", rate, r)
			}
		})
	}
	imposter(t, iperf3Tool, document(`{"start":{},"end":{}}`))
	if _, err := Iperf3(t.Context(), Iperf3Options{Host: "10.0.0.1", Time: time.Second}); err == nil || !strings.Contains(err.Error(), "without a figure of the receiver") {
		t.Errorf("nothing was counted: %v", err)
	}
}

// A server that does not come to listen is given up.
func TestIperfServerThatNeverListens(t *testing.T) {
	for name, script := range map[string]string{
		"ends": `echo 'bind failed: Address already in use' >&2`, "crashes": `kill -SEGV $$`, "is mute": `sleep 1000`,
	} {
		t.Run(name, func(t *testing.T) {
			imposter(t, iperfTool, script)
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			start := time.Now()
			_, err := IperfServer(ctx, IperfOptions{Address: loopback, Time: time.Second})
			if err == nil || time.Since(start) > prompt {
				t.Errorf("%v after %v", err, time.Since(start))
			}
		})
	}
}

func TestIperfMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for name, err := range map[string]error{
		"iperf": func() error {
			_, err := IperfServer(t.Context(), IperfOptions{Address: loopback, Time: 1})
			return err
		}(),
		"iperf3": func() error {
			_, err := Iperf3(t.Context(), Iperf3Options{Host: "10.0.0.1", Time: 1})
			return err
		}(),
	} {
		if err == nil || !strings.Contains(err.Error(), "sudo apt-get install "+name+")") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
