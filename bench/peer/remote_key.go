package peer

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// Key is the secret that a harness and a remote peer share: 256 random bits. A pass phrase will not do, for a stranger
// who connects is shown a certificate that is made of the key, and could guess at it at leisure. It prints as ***.
type Key struct{ secret [32]byte }

// NewKey is a new random key.
func NewKey() Key {
	var k Key
	_, _ = rand.Read(k.secret[:]) // it never fails
	return k
}

// ParseKey reads the text of a key; space round it does not matter.
func ParseKey(text string) (Key, error) {
	var k Key
	b, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != len(k.secret) { // the text itself is a secret, and stays out of the message
		return k, errors.New("peer: this is not a key of a remote peer, which has 43 letters, digits, - and _; make one with st67bench peer --new-key")
	}
	copy(k.secret[:], b)
	return k, nil
}

// Text is the key as ParseKey reads it.
func (k Key) Text() string { return base64.RawURLEncoding.EncodeToString(k.secret[:]) }

func (Key) String() string   { return "***" }
func (Key) GoString() string { return "***" }

// The two roles have keys of their own, so that neither side can be answered with its own words.
const (
	roleServer = "st67bench remote peer: server"
	roleClient = "st67bench remote peer: client"
)

// identity is the Ed25519 key of a role, made of the shared key by HKDF (RFC 5869).
func (k Key) identity(role string) (ed25519.PrivateKey, error) {
	seed, err := hkdf.Key(sha256.New, k.secret[:], nil, role, ed25519.SeedSize)
	if err != nil {
		return nil, fmt.Errorf("peer: cannot derive from the key: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// errOtherKey says that the other side has another key, or none.
var errOtherKey = errors.New("it does not have the same key")

// config is TLS 1.3 in which this side is own, and the other one has to prove that it is other.
func (k Key) config(own, other string) (*tls.Config, error) {
	mine, err := k.identity(own)
	if err != nil {
		return nil, err
	}
	theirs, err := k.identity(other)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "st67bench remote peer"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, mine.Public(), mine)
	if err != nil {
		return nil, fmt.Errorf("peer: cannot make a certificate: %w", err)
	}
	pinned := theirs.Public().(ed25519.PublicKey)
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: mine}},
		// Names, dates and issuers mean nothing here: the public key alone counts. That the other side has its private
		// half, TLS checks itself.
		ClientAuth:             tls.RequireAnyClientCert,
		InsecureSkipVerify:     true,
		SessionTicketsDisabled: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			if len(s.PeerCertificates) > 0 {
				if public, ok := s.PeerCertificates[0].PublicKey.(ed25519.PublicKey); ok && bytes.Equal(public, pinned) {
					return nil
				}
			}
			return errOtherKey
		},
	}, nil
}
