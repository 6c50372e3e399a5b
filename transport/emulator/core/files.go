package core

import (
	"slices"
	"strings"
)

const filePrefix = unit + "file/"

// Files are the files of the module's flash file system, by name without a
// directory.
type Files struct{ flash *Flash }

// Files returns the file system.
func (m *Machine) Files() Files { return Files{m.Flash} }

// Read returns a file's content, which the caller must not change.
func (f Files) Read(name string) ([]byte, bool) { return f.flash.Get(filePrefix + name) }

// Write makes or replaces a file.
func (f Files) Write(name string, content []byte) { f.flash.Put(filePrefix+name, content) }

// Remove deletes a file; false when there is none.
func (f Files) Remove(name string) bool { return f.flash.Delete(filePrefix + name) }

// Names are the files' names, sorted.
func (f Files) Names() []string {
	names := f.flash.Keys(filePrefix)
	for i, n := range names {
		names[i] = strings.TrimPrefix(n, filePrefix)
	}
	slices.Sort(names)
	return names
}
