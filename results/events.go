package results

import (
	"encoding/json"
	"os"
)

// maxEvents is the largest size of events.jsonl in bytes.
const maxEvents = 16 << 20

// cappedLine is the last line of an events.jsonl that reached its limit.
const cappedLine = `{"event":"capped","text":"events.jsonl ends here: it is limited to 16 MiB; results.jsonl is complete"}` + "\n"

// eventLog is events.jsonl. It is for live views, so it is not synced.
type eventLog struct {
	file   *os.File
	size   int
	capped bool
}

func (l *eventLog) append(v any) error {
	if l.capped {
		return nil
	}
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	if l.size+len(line)+len(cappedLine) > maxEvents {
		l.capped = true
		line = []byte(cappedLine)
	}
	n, err := l.file.Write(line)
	l.size += n
	return err
}
