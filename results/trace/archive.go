package trace

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
)

// What an archive of others may be. Samples of an instrument have noise, which does not shrink to a hundredth.
const (
	mostEntries = 1 << 20
	mostText    = 1 << 20 // bytes of an entry that is text
	mostPacked  = 100     // how much larger an archive may get,
	freely      = 1 << 30 // beyond this many bytes
)

// checkArchive refuses an archive that is made to fill a disk.
func checkArchive(archive *zip.Reader, file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if n := len(archive.File); n > mostEntries {
		return fmt.Errorf("%d entries; more than %d are refused", n, mostEntries)
	}
	packed, size := uint64(0), uint64(0)
	for _, e := range archive.File {
		if packed+e.CompressedSize64 < packed || size+e.UncompressedSize64 < size {
			return fmt.Errorf("entry %q has an impossible size", e.Name)
		}
		packed += e.CompressedSize64
		size += e.UncompressedSize64
		if e.Method == zip.Store && e.CompressedSize64 != e.UncompressedSize64 {
			return fmt.Errorf("entry %q is stored, and has two sizes", e.Name)
		}
	}
	if packed > uint64(info.Size()) {
		return fmt.Errorf("its entries have %d bytes, the file has %d: they overlap, or it is cut off", packed, info.Size())
	}
	if size > freely && size/mostPacked > packed {
		return fmt.Errorf("it would unpack to %d times its size, %d bytes: no measurement does; refused", size/max(packed, 1), size)
	}
	return nil
}

// find is the entry of this name, or nil.
func find(archive *zip.Reader, name string) *zip.File {
	for _, e := range archive.File {
		if e.Name == name {
			return e
		}
	}
	return nil
}

// small reads an entry that is text.
func small(archive *zip.Reader, name string) ([]byte, error) {
	e := find(archive, name)
	if e == nil {
		return nil, fmt.Errorf("no entry %s", name)
	}
	r, err := e.Open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, mostText+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > mostText {
		return nil, fmt.Errorf("%s has more than %d bytes", name, mostText)
	}
	return text, nil
}
