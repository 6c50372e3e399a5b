package trace

import "fmt"

// SetClock puts another clock into the side file of a trace.
func SetClock(path string, clock Clock) error {
	s, ok, err := readSide(path)
	if err == nil && !ok {
		err = fmt.Errorf("%s has no side file", path)
	}
	if err != nil {
		return err
	}
	s.Clock = clock
	return s.write(path)
}
