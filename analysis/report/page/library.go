package page

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/base64"
	"errors"
	"sync"
)

//go:embed all:asset
var asset embed.FS

const libraryFile = "asset/echarts.min.js"

// ErrNoECharts says that this binary cannot draw.
var ErrNoECharts = errors.New("this build has no ECharts, so it draws no charts: install npm (Debian: sudo apt-get install npm), then run make build")

// HaveECharts tells whether this binary was built with ECharts, which HTML and SVG need.
func HaveECharts() bool {
	_, err := asset.Open(libraryFile)
	return err == nil
}

// ECharts is the library's source, or ErrNoECharts.
func ECharts() ([]byte, error) {
	script, err := asset.ReadFile(libraryFile)
	if err != nil {
		return nil, ErrNoECharts
	}
	return script, nil
}

// packed is the library as base64 of gzip, made once.
var packed = sync.OnceValues(func() (string, error) {
	script, err := ECharts()
	if err != nil {
		return "", err
	}
	return compress(script)
})

func compress(script []byte) (string, error) {
	var b bytes.Buffer
	text := base64.NewEncoder(base64.StdEncoding, &b)
	z, err := gzip.NewWriterLevel(text, gzip.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(script); err != nil {
		return "", err
	}
	if err := errors.Join(z.Close(), text.Close()); err != nil {
		return "", err
	}
	return b.String(), nil
}
