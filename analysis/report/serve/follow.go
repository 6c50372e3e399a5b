package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// chunk is how much of a file is looked at once, and the longest line that is passed on.
const chunk = 256 << 10

// place is where a follower is: in events.jsonl, or, after that has reached its limit, in results.jsonl.
type place struct {
	results bool
	offset  int64
}

// String is the place as the id of an event.
func (p place) String() string {
	if p.results {
		return "results-" + strconv.FormatInt(p.offset, 10)
	}
	return "events-" + strconv.FormatInt(p.offset, 10)
}

// placeOf reads an id; what is none is the begin.
func placeOf(id string) place {
	file, offset, _ := strings.Cut(id, "-")
	n, err := strconv.ParseInt(offset, 10, 64)
	if err != nil || n < 0 || file != "events" && file != "results" {
		return place{}
	}
	return place{file == "results", n}
}

// follower reads what a run writes. It holds no file open, so that it minds neither one that is not there yet nor one that is
// replaced.
type follower struct {
	dir      *os.Root
	at       place
	skipping bool // the rest of a line that is too long
}

// next is what has been written since, as server-sent events: whole lines only. It is empty when there is nothing new.
func (f *follower) next() (string, error) {
	text, size, err := f.read()
	if err != nil {
		return "", err
	}
	if size < f.at.offset { // it was cut off: what was seen of it counts no more
		f.at.offset, f.skipping = 0, false
		return eventText("reset", f.at.String(), []byte("{}")), nil
	}
	var out strings.Builder
	for {
		end := bytes.IndexByte(text, '\n')
		if end < 0 {
			break
		}
		line := text[:end]
		text = text[end+1:]
		f.at.offset += int64(end) + 1
		if f.skipping {
			f.skipping = false
			continue
		}
		if f.pass(line, &out) {
			return out.String(), nil
		}
	}
	if len(text) == chunk {
		f.at.offset += chunk
		f.skipping = true
	}
	return out.String(), nil
}

// read is what stands behind the present place, and how long the file is.
func (f *follower) read() (text []byte, size int64, err error) {
	name := eventsFile
	if f.at.results {
		name = journalFile
	}
	file, err := openRegular(f.dir, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, f.at.offset, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", name, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() <= f.at.offset {
		return nil, info.Size(), err
	}
	text = make([]byte, min(chunk, info.Size()-f.at.offset))
	n, err := file.ReadAt(text, f.at.offset)
	if err == io.EOF {
		err = nil
	}
	return text[:n], info.Size(), err
}

// pass writes a line as an event. It is made compact, so that no white space of its own ends it early, and what is no JSON
// object is passed over. capped says that results.jsonl goes on from here.
func (f *follower) pass(line []byte, out *strings.Builder) (capped bool) {
	var data bytes.Buffer
	if f.at.results {
		line = append(append([]byte(`{"event":"result","result":`), line...), '}')
	}
	var head struct{ Event string }
	if json.Compact(&data, line) != nil || json.Unmarshal(line, &head) != nil {
		return false
	}
	if head.Event == "capped" && !f.at.results {
		f.at, capped = place{results: true}, true
	}
	out.WriteString(eventText("", f.at.String(), data.Bytes()))
	return capped
}
