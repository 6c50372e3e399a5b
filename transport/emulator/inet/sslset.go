package inet

import (
	"encoding/hex"
	"strconv"
	"strings"

	"st67bench/transport/emulator/core"
)

// Bits of the authentication mode of AT+CIPSSLCCONF (manual 4.1.32.3).
const (
	clientAuth = 1 // the module shows its certificate
	serverAuth = 2 // the module checks the server's
)

// Lengths of the TLS settings, in bytes.
const (
	maxFileName = 31
	maxSNI      = 64
	maxKey      = 32
	maxALPN     = 5
)

// secureKey is where flash has the files of AT+CIPSSLCCONF.
const secureKey = "inet/ssl"

// files are names in the module's file system, empty for none.
type files struct{ Cert, Key, CA string }

// secureSettings are the TLS settings of one connection as a client.
type secureSettings struct {
	files files
	auth  int64 // bits
	sni   string
	alpn  []string
	psk   []byte
	hint  string
}

// bootSecure brings back what flash holds.
func (f *Family) bootSecure() {
	f.ssl = [maxLinks]secureSettings{}
	f.serverFiles = files{}
	var kept [maxLinks]files
	f.m.Flash.Recall(secureKey, &kept)
	for id := range f.ssl {
		f.ssl[id].files, f.ssl[id].auth = kept[id], kept[id].mode()
	}
}

// mode is the authentication mode that these files are for.
func (n files) mode() (mode int64) {
	if n.CA != "" {
		mode |= serverAuth
	}
	if n.Cert != "" && n.Key != "" {
		mode |= clientAuth
	}
	return mode
}

// secureCommands are the settings of TLS.
func (f *Family) secureCommands() []core.Command {
	return []core.Command{
		{Name: "+CIPSSLCCONF", Query: f.each(f.tellFiles), Ask: f.one(f.tellFiles), Set: f.setFiles, Min: 1, Max: 5},
		{Name: "+CIPSSLSCONF", Query: f.queryServerFiles, Set: f.setServerFiles, Min: 1, Max: 4},
		{Name: "+CIPSSLCSNI", Query: f.each(f.tellSNI), Ask: f.one(f.tellSNI), Set: f.setSNI, Min: 1, Max: 2},
		{Name: "+CIPSSLCALPN", Query: f.each(f.tellALPN), Ask: f.one(f.tellALPN), Set: f.setALPN, Min: 1, Max: 8},
		{Name: "+CIPSSLCPSK", Query: f.each(f.tellPSK), Ask: f.one(f.tellPSK), Set: f.setPSK, Min: 1, Max: 3},
		{Name: "+CIPSSLCPSKHEX", Query: f.each(f.tellPSKHex), Ask: f.one(f.tellPSKHex), Set: f.setPSKHex, Min: 1, Max: 3},
	}
}

// each answers a query with a line for every connection that there may be.
func (f *Family) each(tell func(c *core.Call, id int)) func(*core.Call) error {
	return func(c *core.Call) error {
		links := maxLinks
		if !f.mux {
			links = 1
		}
		for id := range links {
			tell(c, id)
		}
		return nil
	}
}

// one answers AT+X=<id>?, with CIPMUX=1.
func (f *Family) one(tell func(c *core.Call, id int)) func(*core.Call) error {
	return func(c *core.Call) error {
		id, next := f.linkID(c, maxLinks-1)
		switch {
		case !f.mux:
			return core.BadHandle
		case c.Args.Err() != nil:
			return c.Args.Err()
		case c.Args.Len() > next:
			return core.BadCount
		}
		tell(c, id)
		return nil
	}
}

// idText begins an answer: `<id>,`, or by quirk nothing with CIPMUX=0.
func (f *Family) idText(id int) string {
	if !f.mux && f.m.Quirks.Has(core.SSLBare) {
		return ""
	}
	return strconv.Itoa(id) + ","
}

func (f *Family) tellFiles(c *core.Call, id int) {
	s := &f.ssl[id]
	c.Line(`+CIPSSLCCONF:%s%d,"%s","%s","%s"`, f.idText(id), s.auth, s.files.Cert, s.files.Key, s.files.CA)
}

// setFiles is AT+CIPSSLCCONF=[id,]<mode>[,"cert"][,"key"][,"CA"]. By quirk the
// files that the mode needs have to be there, and the others are forgotten.
func (f *Family) setFiles(c *core.Call) error {
	id, i := f.linkID(c, maxLinks-1)
	mode, n, err := f.readFiles(&c.Args, i, clientAuth, serverAuth)
	if err != nil {
		return err
	}
	f.ssl[id].files, f.ssl[id].auth = n, mode
	var kept [maxLinks]files
	for id := range f.ssl {
		kept[id] = f.ssl[id].files
	}
	f.m.Save(secureKey, kept)
	return nil
}

// readFiles reads mode and names from parameter i on. pair and ca are the bits of
// the mode that need certificate and key, and the CA.
func (f *Family) readFiles(a *core.Args, i int, pair, ca int64) (mode int64, n files, err error) {
	mode = a.Int(i, 0, clientAuth|serverAuth)
	n.Cert = a.TextOr(i+1, "", maxFileName)
	n.Key = a.TextOr(i+2, "", maxFileName)
	n.CA = a.TextOr(i+3, "", maxFileName)
	switch {
	case a.Err() != nil:
		return 0, n, a.Err()
	case a.Len() > i+4:
		return 0, n, core.BadCount
	case !f.m.Quirks.Has(core.SSLFiles):
		return mode, n, nil
	case mode&pair != 0 && !(a.Has(i+1) && a.Has(i+2)) || mode&ca != 0 && !a.Has(i+3):
		return 0, n, core.NotAllowed
	}
	if mode&pair == 0 {
		n.Cert, n.Key = "", ""
	}
	if mode&ca == 0 {
		n.CA = ""
	}
	if mode&pair != 0 && !(f.isFile(n.Cert) && f.isFile(n.Key)) || mode&ca != 0 && !f.isFile(n.CA) {
		return 0, n, core.BadAddress
	}
	return mode, n, nil
}

func (f *Family) isFile(name string) bool {
	_, ok := f.m.Files().Read(name)
	return ok
}

func (f *Family) queryServerFiles(c *core.Call) error {
	n, mode := f.serverFiles, int64(0)
	if n.CA != "" {
		mode |= clientAuth
	}
	if n.Cert != "" && n.Key != "" {
		mode |= serverAuth
	}
	c.Line(`+CIPSSLSCONF:%d,"%s","%s","%s"`, mode, n.Cert, n.Key, n.CA)
	return nil
}

// setServerFiles is AT+CIPSSLSCONF=<mode>[,"cert"][,"key"][,"CA"], which the
// public firmware source has and the manual does not: the files of the server. In
// its mode, bit 0 checks the client's certificate and bit 1 shows the module's.
func (f *Family) setServerFiles(c *core.Call) error {
	if !f.mux {
		return core.NotAllowed
	}
	_, n, err := f.readFiles(&c.Args, 0, serverAuth, clientAuth)
	if err == nil {
		f.serverFiles = n
	}
	return err
}

func (f *Family) tellSNI(c *core.Call, id int) {
	if f.m.Quirks.Has(core.SSLBare) {
		c.Line("+CIPSSLCSNI:%s%s", f.idText(id), f.ssl[id].sni)
	} else {
		c.Line(`+CIPSSLCSNI:%s"%s"`, f.idText(id), f.ssl[id].sni)
	}
}

func (f *Family) setSNI(c *core.Call) error {
	id, i := f.linkID(c, maxLinks-1)
	name := string(c.Args.Text(i, maxSNI))
	if err := c.Args.Err(); err != nil {
		return err
	}
	if c.Args.Len() > i+1 {
		return core.BadCount
	}
	f.ssl[id].sni = name
	return nil
}

func (f *Family) tellALPN(c *core.Call, id int) {
	var list strings.Builder
	for _, p := range f.ssl[id].alpn {
		list.WriteString(`,"` + p + `"`)
	}
	c.Line("+CIPSSLCALPN:%s%s", strings.TrimSuffix(f.idText(id), ","), list.String())
}

// setALPN is AT+CIPSSLCALPN=[id,]<count>[,"protocol"...].
func (f *Family) setALPN(c *core.Call) error {
	id, i := f.linkID(c, maxLinks-1)
	count := int(c.Args.Int(i, 0, maxALPN))
	if err := c.Args.Err(); err != nil {
		return err
	}
	if c.Args.Len() != i+1+count {
		return core.BadCount
	}
	var list []string
	for k := range count {
		p := string(c.Args.Text(i+1+k, 255))
		if c.Args.Err() == nil && p == "" {
			return core.BadValue
		}
		list = append(list, p)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	f.ssl[id].alpn = list
	return nil
}

func (f *Family) tellPSK(c *core.Call, id int) {
	c.Line(`+CIPSSLCPSK:%s"%s","%s"`, f.idText(id), f.ssl[id].psk, f.ssl[id].hint)
}

func (f *Family) tellPSKHex(c *core.Call, id int) {
	c.Line(`+CIPSSLCPSKHEX:%s"%x","%s"`, f.idText(id), f.ssl[id].psk, f.ssl[id].hint)
}

// setPSK is AT+CIPSSLCPSK=[id,]"key","identity". An empty key takes it away.
func (f *Family) setPSK(c *core.Call) error {
	id, key, hint, err := f.readPSK(c, maxKey)
	if err == nil {
		f.ssl[id].psk, f.ssl[id].hint = key, hint
	}
	return err
}

// setPSKHex is setPSK with the key in hexadecimal.
func (f *Family) setPSKHex(c *core.Call) error {
	id, text, hint, err := f.readPSK(c, 2*maxKey)
	if err != nil {
		return err
	}
	key, err := hex.DecodeString(string(text))
	if err != nil {
		return core.BadValue
	}
	f.ssl[id].psk, f.ssl[id].hint = key, hint
	return nil
}

func (f *Family) readPSK(c *core.Call, most int) (id int, key []byte, hint string, err error) {
	id, i := f.linkID(c, maxLinks-1)
	key = append(key, c.Args.Text(i, most)...)
	hint = string(c.Args.Text(i+1, maxKey))
	if err := c.Args.Err(); err != nil {
		return 0, nil, "", err
	}
	if c.Args.Len() > i+2 {
		return 0, nil, "", core.BadCount
	}
	return id, key, hint, nil
}
