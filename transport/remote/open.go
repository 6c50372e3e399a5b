package remote

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"
)

// How long Open waits for what must be answered, and for what need not be.
const (
	answerLimit  = 3 * time.Second
	optionalWait = 300 * time.Millisecond
)

// names are for errors.
var names = map[byte]string{cmdBaud: "SET-BAUDRATE", cmdDataSize: "SET-DATASIZE", cmdParity: "SET-PARITY",
	cmdStopSize: "SET-STOPSIZE", cmdControl: "SET-CONTROL"}

// openPort agrees on COM-PORT-OPTION and sets the line up.
func openPort(conn net.Conn, c Config) (*comPort, error) {
	s := newPort(conn)
	o := opening{comPort: s, config: c}
	for _, step := range []func() error{o.agree, o.setUp, o.check, o.settle} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return s, errors.Join(conn.SetReadDeadline(time.Time{}), conn.SetWriteDeadline(time.Time{}))
}

// opening is a comPort while it is being opened.
type opening struct {
	*comPort
	config Config
	heard  bool   // something of telnet came
	said   []byte // the first text that the server sent
}

// exchange sends a request and takes what comes until done, or for limit. Text
// is dropped: it is older than the line's settings.
func (o *opening) exchange(request []byte, limit time.Duration, done func() bool) error {
	end := time.Now().Add(limit)
	if err := errors.Join(o.SetReadDeadline(end), o.SetWriteDeadline(end)); err != nil {
		return err
	}
	buf := make([]byte, 4096)
	for {
		if request = append(request, o.head()...); len(request) > 0 {
			if _, err := o.Conn.Write(request); err != nil {
				return o.ended(err)
			}
			request = nil
		}
		if done() {
			return nil
		}
		n, err := o.Conn.Read(buf)
		text := o.parser.strip(buf[:n])
		o.heard = o.heard || text < n
		o.said = append(o.said, buf[:min(text, 80-min(80, len(o.said)))]...)
		if err != nil {
			return o.ended(err)
		}
	}
}

// ended describes why an exchange did not come to its end; a deadline is the
// caller's to explain.
func (o *opening) ended(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	said := ""
	if text := bytes.TrimSpace(o.said); len(text) > 0 {
		said = fmt.Sprintf(", after it said %q", text)
	}
	return fmt.Errorf("the server ended the connection%s: %w; does another client have this port?", said, cause(err))
}

// agree switches the options on.
func (o *opening) agree() error {
	err := o.exchange(o.options.offer(), answerLimit, o.options.decided)
	raw := fmt.Sprintf("use tcp:%s for a raw port", o.config.Target)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded) && !o.heard:
		return fmt.Errorf("no answer to telnet's negotiation within %v: this is no RFC 2217 server; %s", answerLimit, raw)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("no answer to COM-PORT-OPTION or BINARY within %v: this is no RFC 2217 server; %s", answerLimit, raw)
	case err != nil:
		return err
	case o.options.mine[optComPort] != agreed:
		return fmt.Errorf("the server refuses COM-PORT-OPTION, so it is no RFC 2217 server (ser2net: telnet(rfc2217)); %s", raw)
	case o.options.mine[optBinary] != agreed || o.options.theirs[optBinary] != agreed:
		return fmt.Errorf("the server refuses binary transmission (RFC 856), it would change bytes; %s", raw)
	}
	return nil
}

// request builds one command; the value is escaped.
func request(command byte, value ...byte) []byte {
	b := []byte{iac, sb, optComPort, command}
	for _, v := range value {
		if v == iac {
			b = append(b, iac)
		}
		b = append(b, v)
	}
	return append(b, iac, se)
}

// flow is the value of cmdControl for the asked flow control.
func (o *opening) flow() byte {
	if o.config.Flow == FlowRTSCTS {
		return controlFlowHW
	}
	return controlFlowNone
}

// setUp asks for everything at once, and waits for what must be answered. DTR
// and RTS are asked on, as opening a local line leaves them; with RTS/CTS the
// server's driver has RTS.
func (o *opening) setUp() error {
	all := [][]byte{
		request(cmdBaud, binary.BigEndian.AppendUint32(nil, uint32(o.config.Baud))...),
		request(cmdDataSize, 8), request(cmdParity, 1), request(cmdStopSize, 1), request(cmdControl, o.flow()),
		request(cmdControl, controlDTROn),
	}
	if o.config.Flow == FlowNone {
		all = append(all, request(cmdControl, controlRTSOn))
	}
	all = append(all, request(cmdLineMask, lineErrorMask), request(cmdSignature), request(cmdPurge, 1))
	err := o.exchange(bytes.Join(all, nil), answerLimit, func() bool { return len(o.missing()) == 0 })
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("the server did not answer %s within %v, so the line is not known", strings.Join(o.missing(), ", "), answerLimit)
	}
	return err
}

// missing names what must still be answered.
func (o *opening) missing() []string {
	var m []string
	for _, c := range []byte{cmdBaud, cmdDataSize, cmdParity, cmdStopSize} {
		if o.answers.value[c] == nil {
			m = append(m, names[c])
		}
	}
	if o.answers.flow == 0 {
		m = append(m, names[cmdControl])
	}
	return m
}

// check compares what the server set with what was asked.
func (o *opening) check() error {
	for _, asked := range [][2]byte{{cmdDataSize, 8}, {cmdParity, 1}, {cmdStopSize, 1}} {
		command, want := asked[0], asked[1]
		if got := o.answers.value[command]; !bytes.Equal(got, []byte{want}) {
			return fmt.Errorf("the server does not take 8 data bits, no parity, 1 stop bit: it answers %s %d with % x", names[command], want, got)
		}
	}
	if o.answers.flow != o.flow() {
		return fmt.Errorf("the server does not take flow control %s: it answers SET-CONTROL %d with %d", o.config.Flow, o.flow(), o.answers.flow)
	}
	rate := o.answers.value[cmdBaud]
	if len(rate) != 4 {
		return fmt.Errorf("the server answers SET-BAUDRATE with % x, want four bytes", rate)
	}
	o.baud = int(binary.BigEndian.Uint32(rate))
	if d := o.baud - o.config.Baud; d > o.config.Baud/50 || -d > o.config.Baud/50 {
		return fmt.Errorf("asked for %d bit/s, the server runs the line at %d, more than 2 %% off; choose a rate that its line can make", o.config.Baud, o.baud)
	}
	return nil
}

// settle waits for what a server need not answer.
func (o *opening) settle() error {
	rts := o.config.Flow == FlowRTSCTS
	err := o.exchange(nil, optionalWait, func() bool {
		a := &o.answers
		return a.dtr && (a.rts || rts) && a.lineStates && a.value[cmdSignature] != nil && a.value[cmdPurge] != nil
	})
	o.modemLines = o.answers.dtr && (o.answers.rts || rts)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return err
}
