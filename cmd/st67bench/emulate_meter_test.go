package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Flags of a meter that do not go together say what to give instead.
func TestEmulateMeterFlags(t *testing.T) {
	for flags, want := range map[string]string{
		"--meter ppk2":                                         "needs --meter-pty LINK or --meter-tcp ADDR",
		"--meter psu-poll":                                     "needs --meter-tcp ADDR, such as 127.0.0.1:5025",
		"--meter psu-poll --meter-pty /tmp/x":                  "in place of --meter-pty",
		"--meter ppk2 --meter-pty /tmp/x --meter-tcp :0":       "not both",
		"--meter-pty /tmp/x":                                   "need --meter, one of ppk2",
		"--meter-fault gap":                                    "need --meter, one of ppk2",
		"--meter otii --meter-tcp 127.0.0.1:0":                 `there is no meter "otii"; there are ppk2`,
		"--meter ppk2 --meter-tcp 127.0.0.1:0 --meter-set x":   "is not key=value",
		"--meter ppk2 --meter-tcp 127.0.0.1:0 --meter-set x=1": `no parameter "x"; there are noise`,
		"--meter ppk2 --meter-tcp 127.0.0.1:0 --meter-fault x": `unknown fault "x"`,
	} {
		code, _, errOut := cli(t, append([]string{"emulate", "--tcp", "127.0.0.1:0"}, strings.Fields(flags)...)...)
		if code != exitUsage || !strings.Contains(errOut, want) {
			t.Errorf("%s: exit %d, %q, want %q", flags, code, errOut, want)
		}
	}
}

// A module and a meter in its supply, both offered by one process: the meter measures what the module draws.
func TestEmulateMeter(t *testing.T) {
	link := filepath.Join(t.TempDir(), "ppk2")
	place := []string{"--meter-pty", link}
	if runtime.GOOS != "linux" {
		place = []string{"--meter-tcp", "127.0.0.1:0"}
	}
	cmd, out, errOut := start(t, append([]string{"emulate", "--tcp", "127.0.0.1:0", "--meter", "ppk2", "--meter-set", "noise=1"}, place...)...)
	var meter io.ReadWriteCloser
	for meter == nil && out.Scan() {
		if _, where, ok := strings.Cut(out.Text(), "emulated ppk2 on "); ok {
			var err error
			if address, tcp := strings.CutPrefix(where, "tcp:"); tcp {
				meter, err = net.Dial("tcp", address)
			} else {
				meter, err = os.OpenFile(link, os.O_RDWR, 0)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if meter == nil {
		t.Fatal(errOut)
	}
	alarm := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() }) // ends what is read
	defer alarm.Stop()
	if _, err := meter.Write([]byte{0x19}); err != nil {
		t.Fatal(err)
	}
	var text []byte
	for b := make([]byte, 1); !bytes.HasSuffix(text, []byte("END\n")); text = append(text, b...) {
		if _, err := meter.Read(b); err != nil {
			t.Fatalf("%v after %q", err, text)
		}
	}
	if !bytes.HasPrefix(text, []byte("Calibrated: ")) {
		t.Errorf("metadata %q", text)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	meter.Close()
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, errOut)
	}
	if _, err := os.Lstat(link); err == nil {
		t.Error("the link is left behind")
	}
}
