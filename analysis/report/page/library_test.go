package page

import (
	"compress/gzip"
	"encoding/base64"
	"io"
	"strings"
	"testing"
)

func TestCompress(t *testing.T) {
	const script = "const a = 1 + 2; // </script>"
	text, err := compress([]byte(script))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	if back, err := io.ReadAll(z); err != nil || string(back) != script {
		t.Errorf("%q, %v", back, err)
	}
}
