package inet

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"strconv"

	"st67bench/transport/emulator/core"
)

// secure does the TLS handshake of a client. It takes two radio round trips, or
// one with TLS 1.3.
func (l *link) secure(ctx context.Context) error {
	s := &l.f.ssl[l.id]
	c, err := l.f.clientTLS(s)
	if err == nil {
		t := tls.Client(l.raw, c)
		if err = t.HandshakeContext(ctx); err == nil {
			l.conn = t
			l.trips += 2
			if t.ConnectionState().Version >= tls.VersionTLS13 {
				l.trips--
			}
			return nil
		}
	}
	l.raw.Close()
	l.f.m.Print("TLS: link " + strconv.Itoa(l.id) + ": " + err.Error() + "\n")
	if timedOut(err) {
		return err
	}
	return core.Failed
}

// clientTLS is the configuration of a client.
func (f *Family) clientTLS(s *secureSettings) (*tls.Config, error) {
	if len(s.psk) > 0 {
		return nil, errors.New("the pre-shared key of AT+CIPSSLCPSK cannot be used: the emulator's TLS library (crypto/tls) has no cipher suites with pre-shared keys")
	}
	secure := core.Secure{ServerName: s.sni, ALPN: s.alpn}
	if s.auth&clientAuth != 0 {
		secure.Cert, secure.Key = s.files.Cert, s.files.Key
	}
	if s.auth&serverAuth != 0 {
		secure.CA, secure.Verify = s.files.CA, true
	}
	c, err := f.m.TLS(secure)
	if err != nil || !secure.Verify {
		return c, err
	}
	roots := c.RootCAs
	c.InsecureSkipVerify = true // verifyPeer does it as the firmware's library does
	c.VerifyConnection = func(state tls.ConnectionState) error { return verifyPeer(state, roots, s.sni) }
	return c, nil
}

// verifyPeer checks the peer's certificate against the roots, and against the name
// if there is one: the alternative names, or the common name of a certificate that
// has none of these, as the firmware's library (mbedTLS) does.
func verifyPeer(state tls.ConnectionState, roots *x509.CertPool, name string) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("the server has sent no certificate")
	}
	cert := state.PeerCertificates[0]
	between := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		between.AddCert(c)
	}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between}); err != nil {
		return err
	}
	named := len(cert.DNSNames) > 0 || len(cert.IPAddresses) > 0
	if name == "" || !named && cert.Subject.CommonName == name {
		return nil
	}
	return cert.VerifyHostname(name)
}

// accept does the TLS handshake of a server's client; false when it fails.
func (l *link) accept(s *server) bool {
	ctx, cancel := context.WithTimeout(l.f.ctx, handshakeLimit)
	defer cancel()
	t := tls.Server(l.raw, s.secure)
	if err := t.HandshakeContext(ctx); err != nil {
		l.f.m.Print("TLS: server: " + err.Error() + "\n")
		return false
	}
	l.conn = t
	return true
}

// serverTLS is the configuration of the server. Without files of
// AT+CIPSSLSCONF it has a certificate of its own. With CA enabled a client has to
// show a certificate, which is checked against the CA file if there is one.
func (f *Family) serverTLS(verify bool) (*tls.Config, error) {
	files := f.serverFiles
	secure := core.Secure{Cert: files.Cert, Key: files.Key, CA: files.CA, Verify: verify && files.CA != ""}
	c, err := f.m.TLS(secure)
	if err != nil {
		return nil, err
	}
	switch {
	case secure.Verify:
		c.ClientAuth, c.ClientCAs = tls.RequireAndVerifyClientCert, c.RootCAs
	case verify:
		c.ClientAuth = tls.RequireAnyClientCert
		f.m.Print("TLS: server: CA is enabled and AT+CIPSSLSCONF names no CA file: clients' certificates are not checked\n")
	}
	if len(c.Certificates) == 0 {
		own, err := f.ownCertificate()
		if err != nil {
			return nil, err
		}
		c.Certificates = []tls.Certificate{own}
	}
	return c, nil
}

// ownCertificate is the certificate that the server has without files: the real
// firmware has one built in, this one is made when it is first needed.
func (f *Family) ownCertificate() (tls.Certificate, error) {
	if f.own.Certificate != nil {
		return f.own, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	now := f.m.Clock.Now()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(67),
		Subject:      pkix.Name{CommonName: "server.local"},
		NotBefore:    now.AddDate(-1, 0, 0),
		NotAfter:     now.AddDate(30, 0, 0),
	}, &x509.Certificate{Subject: pkix.Name{CommonName: "server.local"}}, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	f.own = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return f.own, nil
}
