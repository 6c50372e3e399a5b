package trace

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDamagedForeignArchive: of a .ppk2 that another program wrote, the archive's CRC-32 is all that tells a byte that was
// changed; it is looked at before anything is made of it.
func TestDamagedForeignArchive(t *testing.T) {
	path := filepath.Join(t.TempDir(), "foreign.ppk2")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for _, e := range []struct{ name, text string }{
		{"session.raw", strings.Repeat("\x00\x00\x80\x3f\x55\x55", 1000)}, // 1 uA, all channels low
		{"metadata.json", `{"metadata":{"samplesPerSecond":100000,"startSystemTime":0},"formatVersion":2}`},
	} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: e.name, Method: zip.Store})
		if err == nil {
			_, err = w.Write([]byte(e.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	verify := func() error {
		r, err := Open(path)
		if err != nil {
			return err
		}
		defer r.Close()
		return r.Verify()
	}
	if err := verify(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text[strings.Index(string(text), "\x00\x00\x80\x3f")+602] ^= 1
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := verify(); err == nil || !strings.Contains(err.Error(), "is damaged: the CRC of its samples") {
		t.Errorf("%v", err)
	}
	if _, err := Import(t.Context(), path, filepath.Join(t.TempDir(), "out.ppk2"), Options{Format: PPK2}); err == nil {
		t.Error("imported all the same")
	}
}

// TestNoFile: what is no regular file would be waited for without an end.
func TestNoFile(t *testing.T) {
	if _, err := Import(t.Context(), t.TempDir(), filepath.Join(t.TempDir(), "out.ppk2"), Options{Format: CSV}); err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("%v", err)
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "this is a directory") {
		t.Errorf("%v", err)
	}
}

// TestPartOfASample: what is left of one at the end of a whole archive says that its samples are no samples.
func TestPartOfASample(t *testing.T) {
	path := entries(t, filepath.Join(t.TempDir(), "foreign.ppk2"), "session.raw", nordic+"\x00",
		"metadata.json", `{"metadata":{"samplesPerSecond":100000},"formatVersion":2}`)
	f, err := Open(path)
	if err == nil {
		t.Fatal(f.Close())
	}
	if !strings.Contains(err.Error(), "entry session.raw has 19 bytes, which are no whole samples of 6") {
		t.Error(err)
	}
}

// TestNoSample: the file that has none is named.
func TestNoSample(t *testing.T) {
	path := entries(t, filepath.Join(t.TempDir(), "foreign.ppk2"), "session.raw", "",
		"metadata.json", `{"metadata":{"samplesPerSecond":100000},"formatVersion":2}`)
	_, err := Import(t.Context(), path, filepath.Join(t.TempDir(), "out.ppk2"), Options{})
	if err == nil || err.Error() != path+": there is no sample in it" {
		t.Error(err)
	}
}

// TestDamagedSession: what is cut off, or lacks its key file, is still told as a session of sigrok.
func TestDamagedSession(t *testing.T) {
	path := sr(t, func(all map[string]string) { delete(all, "metadata") })
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, says string }{
		{string(text), "a.sr: no entry metadata"},
		{string(text[:len(text)-30]), "a.sr: zip: not a valid zip file; it is damaged, or no session of sigrok"},
	} {
		_, err := Import(t.Context(), file(t, "a.sr", c.text), filepath.Join(t.TempDir(), "out.ppk2"), Options{Unit: "A"})
		if err == nil || !strings.HasSuffix(err.Error(), c.says) {
			t.Errorf("%v, want %q", err, c.says)
		}
	}
}
