package basic

import (
	"bytes"
	"strconv"
	"strings"

	"st67bench/transport/emulator/core"
)

// Operations of AT+FS (manual 2.2.26.2).
const (
	deleteFile = iota
	createFile
	writeFile
	readFile
	sizeOfFile
	listFiles
)

// Bounds of the file system: the partition "media" in blocks, two of which hold
// the directory. A file takes whole blocks, at least one.
const (
	block      = 4096 // B
	mostBlocks = 462848/block - 2
	nameSize   = 127 // B; the firmware's buffer
)

// fileSpan is where AT+FS writes the data that it has asked for.
type fileSpan struct {
	name   string
	offset int
}

// files is AT+FS=<type>,<operation>,"<name>"[,<offset>][,<length>].
func (f *Family) files(c *core.Call) error {
	a := &c.Args
	a.Int(0, 0, 0)
	operation := a.Int(1, deleteFile, listFiles)
	name := string(a.Text(2, nameSize))
	at := fileSpan{name, int(a.IntOr(3, 0, 0, 1<<31-1))}
	n := int(a.IntOr(4, 0, 0, 1<<31-1))
	if err := a.Err(); err != nil {
		return err
	}
	if (operation == writeFile || operation == readFile) && (!a.Has(3) || n == 0) {
		return core.BadValue
	}
	switch operation {
	case writeFile:
		return f.askForFile(c, at, n)
	case readFile:
		return f.readFile(c, at, n)
	case listFiles:
		return f.listFiles(c, name)
	}
	return f.oneFile(c, operation, name)
}

// oneFile deletes, creates or measures a file. Creating one that is there leaves
// it as it is.
func (f *Family) oneFile(c *core.Call, operation int64, name string) error {
	content, there := f.m.Files().Read(name)
	switch {
	case !valid(name) || !there && operation != createFile:
		return core.IOError
	case operation == deleteFile:
		f.m.Files().Remove(name)
	case operation == sizeOfFile:
		c.Line("+FS:SIZE,%d", len(content))
	case !there:
		if f.blocks()+1 > mostBlocks {
			return core.IOError
		}
		f.m.Files().Write(name, nil)
	}
	return nil
}

// valid says whether the root directory may have such a file.
func valid(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\x00")
}

// askForFile gives OK and prompt, whether the file is there or not.
func (f *Family) askForFile(c *core.Call, at fileSpan, n int) error {
	if n > core.PayloadSize {
		return core.NoMemory
	}
	f.file = at
	c.Say(okText, promptText)
	c.Collect(n)
	return nil
}

// fileWritten writes into a file that is there; bytes between its end and the
// offset become zero.
func (f *Family) fileWritten(c *core.Call, p []byte) error {
	old, there := f.m.Files().Read(f.file.name)
	end := f.file.offset + len(p)
	if !there || f.file.offset > chipSize || f.blocks()-blocks(len(old))+blocks(max(len(old), end)) > mostBlocks {
		if f.m.Quirks.Has(core.RecvLine) {
			c.Line("Recv %d bytes", len(p))
		}
		return core.IOError
	}
	content := make([]byte, max(len(old), end))
	copy(content, old)
	copy(content[f.file.offset:], p)
	f.m.Files().Write(f.file.name, content)
	return f.taken(c, len(p), true)
}

// readFile answers with what the file has from the offset on, up to n bytes.
func (f *Family) readFile(c *core.Call, at fileSpan, n int) error {
	content, there := f.m.Files().Read(at.name)
	if !there {
		return core.IOError
	}
	if n > heap {
		return core.NoMemory
	}
	content = content[min(at.offset, len(content)):]
	content = content[:min(n, len(content))]
	head := append(strconv.AppendInt([]byte("+FS:READ,"), int64(len(content)), 10), ',')
	if f.m.Quirks.Has(core.ReadText) {
		content, _, _ = bytes.Cut(content, []byte{0})
	}
	c.Say(append(append(head, content...), '\r', '\n'))
	return nil
}

// listFiles lists the root directory, the only one that there is.
func (f *Family) listFiles(c *core.Call, directory string) error {
	if directory != "." && directory != "/" && directory != "" {
		return core.IOError
	}
	c.Line("+FS:LIST")
	c.Line(".")
	c.Line("..")
	for _, name := range f.m.Files().Names() {
		c.Line("%s", name)
	}
	return nil
}

// blocks is how many blocks all files take.
func (f *Family) blocks() int {
	total := 0
	for _, name := range f.m.Files().Names() {
		content, _ := f.m.Files().Read(name)
		total += blocks(len(content))
	}
	return total
}

// blocks is how many blocks a file of n bytes takes.
func blocks(n int) int { return max((n+block-1)/block, 1) }
