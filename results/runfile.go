package results

import (
	"fmt"
	"os"
	"path/filepath"
)

// Path is where a file of the run is that a result names, such as its current trace. The name comes
// out of a file that may have been made by anyone: it is an error when it leads out of the run's
// directory, itself or by a link, and when there is no such file.
func (r *Run) Path(name string) (string, error) {
	dir, err := os.OpenRoot(r.Dir)
	if err != nil {
		return "", err
	}
	defer dir.Close()
	if _, err := dir.Stat(filepath.FromSlash(name)); err != nil {
		return "", fmt.Errorf("in the run's directory: %w", err)
	}
	return filepath.Join(r.Dir, filepath.FromSlash(name)), nil
}
