package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"st67bench/analysis/compare"
	"st67bench/results"
)

// defaultBaselines is where accepted runs are kept, in a folder for each name with a run directory for each scenario.
const defaultBaselines = "results/baselines"

// openSide opens the runs of one side of a comparison: a run directory, its name below the default folder, "last", the name
// of a baseline, or a folder whose run directories all count.
func openSide(name string) (compare.Side, error) {
	dirs, err := sideDirs(name)
	if err != nil {
		return compare.Side{}, usage(err)
	}
	side := compare.Side{Name: name}
	for _, dir := range dirs {
		run, err := results.Open(dir)
		if err != nil {
			return side, err
		}
		side.Runs = append(side.Runs, run)
	}
	return side, nil
}

// sideDirs resolves a name to run directories, the oldest first.
func sideDirs(name string) ([]string, error) {
	if dir, err := findRun(name); err == nil || name == "last" {
		return []string{dir}, err
	}
	for _, folder := range []string{filepath.Join(defaultBaselines, name), name} {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			continue
		}
		runs, err := results.List(folder)
		if err != nil {
			return nil, err
		}
		slices.Reverse(runs)
		var dirs []string
		for _, r := range runs {
			dirs = append(dirs, r.Dir)
		}
		if len(dirs) > 0 {
			return dirs, nil
		}
	}
	return nil, fmt.Errorf("%s is no run, no baseline and no folder with run directories; st67bench list runs and st67bench baseline list show what there is", name)
}

// nameSides calls the sides what tells them apart: their variants or releases, or else what the user called them.
func nameSides(base, new *compare.Side) {
	for _, of := range []func(*results.Run) string{
		func(r *results.Run) string { return r.Variant },
		func(r *results.Run) string { return r.ReleaseName() },
	} {
		a, b := of(base.Runs[0]), of(new.Runs[0])
		if a != "" && b != "" && a != b {
			base.Name, new.Name = a, b
			return
		}
	}
	base.Name, new.Name = filepath.Base(base.Name), filepath.Base(new.Name)
	if base.Name == new.Name {
		base.Name, new.Name = cmp.Or(base.Runs[0].ID, base.Name), cmp.Or(new.Runs[0].ID, new.Name)
	}
	if base.Name == new.Name { // copies of one run, or one run twice
		new.Name += " (2)"
	}
}
