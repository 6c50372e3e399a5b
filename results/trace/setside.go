package trace

import "fmt"

// SetSide puts another side beside the samples of a trace: a clock that was found, or the run that it belongs to.
func SetSide(path string, s Side) error {
	if err := s.write(path); err != nil {
		return fmt.Errorf("trace %s: %w", path, err)
	}
	return nil
}
