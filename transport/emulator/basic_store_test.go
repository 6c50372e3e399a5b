package emulator

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func recv(n int) string     { return fmt.Sprintf("Recv %d bytes\r\n\r\nSEND OK\r\n", n) }
func recvFail(n int) string { return fmt.Sprintf("Recv %d bytes\r\n\r\nSEND FAIL\r\n", n) }

// The first part is the manual's example (2.2.13.5, 2.2.14.2); 0x61 and 0x12 give
// 0x73 because a burnt bit stays.
func TestFuses(t *testing.T) {
	const read, reload = `AT+EFUSE-R=4,"0x1c"`, `AT+EFUSE-R=4,"0x1c",1`
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.do(`AT+EFUSE-W=4,"0x1c"`, okAnswer)
		r.fill("aaaa", recv(4))
		r.do(read, "+EFUSE-R:4,aaaa\r\n"+okAnswer)
		r.do(reload, "+EFUSE-R:4,\x00\x00\x00\x00\r\n"+okAnswer)
		r.ok("AT+EFUSE-CFM")
		r.do(reload, "+EFUSE-R:4,aaaa\r\n"+okAnswer)
		r.do(`AT+EFUSE-W=3,"0x1c"`, okAnswer)
		r.fill("\x12\x00\x61", recv(3))
		r.do("AT+RST", okAnswer+"\r\nready\r\n")
		r.do(read, "+EFUSE-R:4,aaaa\r\n"+okAnswer) // not burnt, and gone
		r.do(`AT+EFUSE-W=3,"0x1c"`, okAnswer)
		r.fill("\x12\x00\x61", recv(3))
		r.ok("AT+EFUSE-CFM")
		r.do("AT+RESTORE", okAnswer+"\r\nready\r\n")
		r.do(reload, "+EFUSE-R:4,saaa\r\n"+okAnswer)
		r.do(`AT+EFUSE-R=13,"0x100",1`, "+EFUSE-R:13,CP90-79196-2\x03\r\n"+okAnswer)
		r.do(`AT+EFUSE-R=2,"0x1ffff"`, "+EFUSE-R:2,\x00\x00\r\n"+okAnswer)
		r.do(`AT+EFUSE-W=4,"0xfffffffe"`, okAnswer)
		r.fill("zzzz", recv(4))
		r.ok("AT+EFUSE-CFM")
	})
}

func TestFlashChip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.do(`AT+FLASH-R=4,"0x210000"`, "+FLASH-R:4,\xff\xff\xff\xff\r\n"+okAnswer)
		r.do(`AT+FLASH-W=6,"210ffd"`, okAnswer) // over the end of a page
		r.fill("abcdef", recv(6))
		r.do(`AT+FLASH-R=8,"0x210ffc"`, "+FLASH-R:8,\xffabcdef\xff\r\n"+okAnswer)
		r.do(`AT+FLASH-W=1,"0x210ffd"`, okAnswer) // bits are only cleared: 0x61 & 0x52
		r.fill("\x52", recv(1))
		r.do(`AT+FLASH-R=2,"0x210ffd"`, "+FLASH-R:2,@b\r\n"+okAnswer)
		r.do("AT+RESTORE", okAnswer+"\r\nready\r\n")
		r.ok(`AT+FLASH-E=4096,"0x210000"`)
		r.do(`AT+FLASH-R=6,"0x210ffd"`, "+FLASH-R:6,\xff\xff\xffdef\r\n"+okAnswer)
		r.ok(`AT+FLASH-E=1,"0x211fff"`) // the whole page
		r.do(`AT+FLASH-R=1,"0x211000"`, "+FLASH-R:1,\xff\r\n"+okAnswer)
		r.do(`AT+FLASH-W=2,"0x3fffff"`, okAnswer) // beyond the chip
		r.fill("ab", recvFail(2))
		r.do(`AT+FLASH-R=2,"0x3fffff"`, errorAnswer)
		r.do(`AT+FLASH-E=4096,"0xffffffff"`, errorAnswer)
		r.do(`AT+FLASH-W=0,"0x0"`, errorAnswer)
		r.quiet(time.Minute)
	})
}

// image is a firmware image and its header.
func image(body, kind string) string {
	header := make([]byte, 512)
	copy(header, "BL60X_OTA_Ver1.0")
	copy(header[16:], kind)
	binary.LittleEndian.PutUint32(header[20:], uint32(len(body)))
	sum := sha256.Sum256([]byte(body))
	copy(header[64:], sum[:])
	return string(header) + body
}

// send gives an image in pieces.
func (r *rig) sendImage(text string, piece int) {
	r.t.Helper()
	for len(text) > 0 {
		n := min(piece, len(text))
		r.do(fmt.Sprintf("AT+OTASEND=%d", n), promptAnswer)
		r.fill(text[:n], recv(n))
		text = text[n:]
	}
}

func TestUpdate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		body := payload(9000)
		r.do("AT+OTASTART?", "+OTASTART:0\r\n"+okAnswer)
		r.ok("AT+OTASTART=1")
		r.do("AT+OTASTART?", "+OTASTART:1\r\n"+okAnswer)
		r.do("AT+OTASEND=511", errorAnswer) // no header
		r.sendImage(image(body, "XZ"), 2048)
		r.do(`AT+FLASH-R=40,"0x210000"`, "+FLASH-R:40,"+body[:40]+"\r\n"+okAnswer)
		r.do("AT+OTAFIN", okAnswer+"\r\nready\r\n")
		r.do("AT+OTASTART?", "+OTASTART:0\r\n"+okAnswer)
		r.do("AT+PART?", "+PART=0,0,\"   Boot2\",0x00000000,0x00000000,57344,0\r\n"+
			"+PART=1,1,\"      FW\",0x00010000,0x00210000,2097152,1474560\r\n")
		r.expect("+PART=0,0,\"     mfg\",0x00210000,0x00000000,1474560,0\r\n" +
			"+PART=0,0,\"   media\",0x00378000,0x00000000,462848,0\r\n" +
			"+PART=0,0,\"     PSM\",0x003e9000,0x00000000,32768,0\r\n" + okAnswer)
		r.ok("AT+OTASTART=1") // and back again, into the first place
		r.sendImage(image(body, "XZ"), 8192)
		r.do("AT+OTAFIN", okAnswer+"\r\nready\r\n")
		r.do(`AT+FLASH-R=40,"0x10000"`, "+FLASH-R:40,"+body[:40]+"\r\n"+okAnswer)
	})
}

// An image that is not as its header says changes nothing. The firmware says OK
// all the same.
func TestBadUpdate(t *testing.T) {
	good := image(payload(1000), "XZ")
	for name, text := range map[string]string{
		"hash":   good[:1500] + "x" + good[1501:],
		"short":  good[:1000],
		"packed": image(payload(1000), "RAW"),
		"size":   good[:20] + "\xff\xff\xff\xff" + good[24:],
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := open(t, Config{})
				defer r.close()
				r.ok("AT+OTASTART=1")
				r.sendImage(text, 4096)
				if name == "hash" || name == "short" {
					r.ok("AT+OTAFIN")
				}
				r.do("AT+OTAFIN", errorAnswer)
				r.ok("AT+OTASTART=0")
				r.do("AT+OTASEND=512", errorAnswer)
				r.do("AT+PART?", "+PART=0,0,\"   Boot2\",0x00000000,0x00000000,57344,0\r\n+PART=0,0,\"      FW\"")
			})
		})
	}
}

func TestFileSystem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		defer r.close()
		r.do(`AT+FS=0,5,"."`, "+FS:LIST\r\n.\r\n..\r\n"+okAnswer)
		r.ok(`AT+FS=0,1,"ca_1.crt"`, `AT+FS=0,1,"b"`, `AT+FS=0,1,"a"`)
		r.do(`AT+FS=0,2,"a",0,5`, promptAnswer)
		r.fill("hello", recv(5))
		r.do(`AT+FS=0,2,"a",3,6`, promptAnswer)
		r.fill("p me\x00!", recv(6))
		r.do(`AT+FS=0,4,"a"`, "+FS:SIZE,9\r\n"+okAnswer)
		r.do(`AT+FS=0,3,"a",0,7`, "+FS:READ,7,help me\r\n"+okAnswer)
		r.do(`AT+FS=0,3,"a",3,100`, "+FS:READ,6,p me\r\n"+okAnswer) // up to the zero byte
		r.do(`AT+FS=0,3,"a",100,5`, "+FS:READ,0,\r\n"+okAnswer)
		r.do(`AT+FS=0,2,"b",2,1`, promptAnswer) // beyond its end
		r.fill("z", recv(1))
		r.ok(`AT+FS=0,1,"a"`) // leaves it as it is
		r.do(`AT+FS=0,4,"a"`, "+FS:SIZE,9\r\n"+okAnswer)
		r.do(`AT+FS=0,4,"b"`, "+FS:SIZE,3\r\n"+okAnswer)
		r.do("AT+RESTORE", okAnswer+"\r\nready\r\n")
		r.do(`AT+FS=0,5,"."`, "+FS:LIST\r\n.\r\n..\r\na\r\nb\r\nca_1.crt\r\n"+okAnswer)
		r.ok(`AT+FS=0,0,"b"`)
		r.do(`AT+FS=0,0,"b"`, errorAnswer)
		r.do(`AT+FS=0,2,"b",0,4`, promptAnswer) // it takes the data before it looks for the file
		r.fill("lost", "Recv 4 bytes\r\n"+errorAnswer)
		for _, bad := range []string{`0,1,""`, `0,1,"x/y"`, `0,5,"sub"`, `0,6,"a"`, `0,2,"a"`, `0,2,"a",0`, `0,2,"a",0,0`,
			`0,2,"a",-1,4`, `0,2,"a",0,8193`, `0,3,"none",0,4`, `0,3,"a",0,999999`, `1,4,"a"`, `0,4,a`, `0,4,"` + strings.Repeat("n", 128) + `"`} {
			r.do("AT+FS="+bad, errorAnswer)
		}
		r.quiet(time.Minute)
	})
}

// The file system takes no more than its partition holds.
func TestFileSystemFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Baud: Unpaced})
		defer r.close()
		for i := range 111 { // 462848 / 4096 - 2 blocks
			r.ok(fmt.Sprintf(`AT+FS=0,1,"f%d"`, i))
		}
		r.do(`AT+FS=0,1,"more"`, errorAnswer)
		r.do(`AT+FS=0,2,"f1",0,4096`, promptAnswer)
		r.fill(payload(4096), recv(4096))
		r.do(`AT+FS=0,2,"f1",4096,1`, promptAnswer)
		r.fill("x", "Recv 1 bytes\r\n"+errorAnswer)
		r.do(`AT+FS=0,2,"f1",2147483647,1`, promptAnswer)
		r.fill("x", "Recv 1 bytes\r\n"+errorAnswer)
	})
}
