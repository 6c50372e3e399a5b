package results

import (
	"os"
	"path/filepath"
	"runtime"
)

// Files of a run directory.
const (
	runFile     = "run.json"
	journalFile = "results.jsonl"
	samplesDir  = "samples"
	eventsFile  = "events.jsonl"
	logFile     = "at.log"
	benchFile   = "bench.txt"
	tempSuffix  = ".tmp"
)

// replaceFile makes path hold data, or leaves it as it was: a reader, and a
// power cut, find the old or the new file and never a part.
func replaceFile(path string, data []byte) error {
	f, err := os.OpenFile(path+tempSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		_ = f.Close() // the write error is the cause
		return err
	}
	return publish(f, path)
}

// publish makes a finished temporary file durable and gives it its name.
func publish(f *os.File, path string) error {
	if err := f.Sync(); err != nil {
		_ = f.Close() // the sync error is the cause
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the names in a directory durable. Windows has no such call and
// needs none: NTFS journals names.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if cerr := d.Close(); err == nil {
		err = cerr
	}
	return err
}
