package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Keep copies what comparisons need of a run, run.json, results.jsonl and bench.txt, to the directory dir, over an older run
// there: a reader finds the old one or the new one as a whole. Samples, traces and the log stay where they are.
func Keep(run *Run, dir string) error {
	next, last := dir+tempSuffix, dir+".old"
	if err := errors.Join(os.RemoveAll(next), os.RemoveAll(last), os.MkdirAll(next, 0o755)); err != nil {
		return fmt.Errorf("baseline %s: %w", dir, err)
	}
	for _, name := range []string{runFile, journalFile, benchFile} {
		text, err := os.ReadFile(filepath.Join(run.Dir, name))
		if err == nil {
			err = replaceFile(filepath.Join(next, name), text)
		}
		if err != nil {
			return fmt.Errorf("baseline %s: %w", dir, errors.Join(err, os.RemoveAll(next)))
		}
	}
	err := os.Rename(dir, last)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("baseline %s: %w", dir, err)
	}
	if err := os.Rename(next, dir); err != nil {
		return fmt.Errorf("baseline %s: %w", dir, errors.Join(err, os.Rename(last, dir)))
	}
	return errors.Join(os.RemoveAll(last), syncDir(filepath.Dir(dir)))
}
