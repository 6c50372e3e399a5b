package core

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
)

// Secure is what a TLS client of the module is told: names of files in its file
// system, empty for none.
type Secure struct {
	CA, Cert, Key string
	ServerName    string   // SNI, and the name that the certificate is checked against
	ALPN          []string // protocols offered (RFC 7301)
	Verify        bool     // check the server's certificate against CA
}

// TLS returns the configuration for crypto/tls. It fails when a file is missing
// or holds no certificate or key.
func (m *Machine) TLS(s Secure) (*tls.Config, error) {
	c := &tls.Config{ServerName: s.ServerName, NextProtos: s.ALPN, InsecureSkipVerify: !s.Verify}
	if s.Verify {
		pem, ok := m.Files().Read(s.CA)
		if !ok {
			return nil, fmt.Errorf("no file %q for the CA", s.CA)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("file %q holds no PEM certificate", s.CA)
		}
	}
	if s.Cert == "" {
		return c, nil
	}
	cert, ok := m.Files().Read(s.Cert)
	key, ok2 := m.Files().Read(s.Key)
	if !ok || !ok2 {
		return nil, fmt.Errorf("no files %q and %q for certificate and key", s.Cert, s.Key)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("files %q and %q: %w", s.Cert, s.Key, err)
	}
	c.Certificates = []tls.Certificate{pair}
	return c, nil
}
