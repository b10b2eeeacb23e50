package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// writeCertificate makes a new certificate of this machine, and returns whom clients have
// to trust.
func writeCertificate(t *testing.T, dir string) (f tlsFlags, roots *x509.CertPool) {
	t.Helper()
	pair, trusted, err := selfSigned("127.0.0.1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalECPrivateKey(pair.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		t.Fatal(err)
	}
	f = tlsFlags{filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")}
	writeText(t, f.cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})))
	writeText(t, f.key, string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: key})))
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(trusted)
	return f, roots
}

// TestCertificateIsReadAnew: new connections get the new one, and one that is broken
// leaves the former in use.
func TestCertificateIsReadAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files, first := writeCertificate(t, dir)
	var log strings.Builder
	s := server(t, nil)
	s.app.log = slog.New(slog.NewTextHandler(&log, nil))
	var err error
	if s.certificate, err = loadCertificate(files); err != nil {
		t.Fatal(err)
	}
	plain, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.serveGuarded(ctx, s.certificate.over(plain), guarded(t, s, nil)) }()
	ask := func(roots *x509.CertPool) error {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true, DisableKeepAlives: true}
		defer transport.CloseIdleConnections()
		answer, err := (&http.Client{Transport: transport}).Get(fmt.Sprintf("https://%s/healthz", plain.Addr()))
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if text, err := io.ReadAll(answer.Body); err != nil || string(text) != "ok\n" || answer.ProtoMajor != 2 || answer.Header.Get("Strict-Transport-Security") == "" {
			t.Errorf("the answer is %q by %s: %v, %v", text, answer.Proto, answer.Header, err)
		}
		return nil
	}
	if err := ask(first); err != nil {
		t.Fatal(err)
	}
	_, second := writeCertificate(t, dir)
	s.renewCertificate()
	if err := ask(second); err != nil {
		t.Errorf("with the new one: %v", err)
	}
	if ask(first) == nil {
		t.Error("the former one is still in use")
	}
	writeText(t, files.key, "no key\n")
	s.renewCertificate()
	if err := ask(second); err != nil || !strings.Contains(log.String(), "the certificate is refused") {
		t.Errorf("with a broken one: %v; the log has %s", err, log.String())
	}
	end()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestFlagsOfTLS(t *testing.T) {
	t.Parallel()
	files, _ := writeCertificate(t, t.TempDir())
	for _, test := range []struct {
		flags tlsFlags
		want  string
	}{
		{tlsFlags{}, ""},
		{files, ""},
		{tlsFlags{cert: files.cert}, "give both"},
		{tlsFlags{key: files.key}, "give both"},
		{tlsFlags{files.cert, files.cert}, "--tls-cert"},
		{tlsFlags{files.cert, filepath.Join(t.TempDir(), "none.pem")}, "none.pem: open "},
	} {
		c, err := loadCertificate(test.flags)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) || (c != nil) != (test.flags == files) && err == nil {
			t.Errorf("%+v: %v, %v", test.flags, c, err)
		}
	}
}

// TestAddressesThatAreNotServed are refused before anything runs, with what to write.
func TestAddressesThatAreNotServed(t *testing.T) {
	t.Parallel()
	files, _ := writeCertificate(t, t.TempDir())
	for want, f := range map[string]serveFlags{
		"for what --listen serves":                       {tls: files},
		"--listen 9480: it is no address with a port":    {listen: "9480"},
		"--listen localhost: it is no address with a po": {listen: "localhost"},
	} {
		s := server(t, nil)
		if listener, err := s.listen(t.Context(), f); listener != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, %v, want %q", f, listener, err, want)
		}
	}
}

// TestPlainHTTPIsWarnedOf, where somebody would sign in over it.
func TestPlainHTTPIsWarnedOf(t *testing.T) {
	t.Parallel()
	people := []fleet.Person{{Name: "ada", Role: fleet.Admin}}
	for name, test := range map[string]struct {
		address     string
		file        fleet.File
		certificate *certificate
		warned      bool
	}{
		"from everywhere":         {"0.0.0.0:80", fleet.File{People: people}, nil, true},
		"from everywhere by IPv6": {"[::]:80", fleet.File{People: people}, nil, true},
		"from here":               {"127.0.0.1:80", fleet.File{People: people}, nil, false},
		"behind a proxy":          {"0.0.0.0:80", fleet.File{People: people, Pages: fleet.Pages{Proxy: new(fleet.Proxy)}}, nil, false},
		"over HTTPS":              {"0.0.0.0:443", fleet.File{People: people}, new(certificate), false},
		"nobody signs in":         {"0.0.0.0:80", fleet.File{}, nil, false},
	} {
		var log strings.Builder
		s := server(t, nil)
		s.app.log, s.certificate = slog.New(slog.NewTextHandler(&log, nil)), test.certificate
		s.runner = fleet.NewRunner(&test.file)
		address, err := net.ResolveTCPAddr("tcp", test.address)
		if err != nil {
			t.Fatal(err)
		}
		s.warnOfPlainHTTP(address)
		if strings.Contains(log.String(), "tokens are not taken over http") != test.warned {
			t.Errorf("%s: the log has %q", name, log.String())
		}
	}
}
