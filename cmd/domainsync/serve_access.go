package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/spf13/pflag"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/access"
	"github.com/domainsync/domainsync/executor/fleet/api"
	"github.com/domainsync/domainsync/executor/fleet/decide"
	"github.com/domainsync/domainsync/executor/fleet/pages"
	"github.com/domainsync/domainsync/executor/journal"
)

// routes are everything that the process answers to. Stopping is closed when runs are to
// end.
func (s *fleetServer) routes(stopping <-chan struct{}, site *pages.Site) []access.Route {
	return slices.Concat(s.healthRoutes(stopping), api.Routes(s.table, s.deskOfPersons(), s.app.log), pageRoutes(site.Routes()))
}

// deskOfPersons is where persons decide over HTTP.
func (s *fleetServer) deskOfPersons() *api.Desk {
	return &api.Desk{Now: s.desk}
}

// desk is where persons decide on changes, as the file is now. It waits as long as a run
// does for an account that a command holds for a moment.
func (s *fleetServer) desk() *decide.Desk {
	d := s.app.desk(s.table, s.runner.File())
	d.Journal = func(ctx context.Context, j *fleet.Job, readOnly bool) (*journal.Journal, error) {
		return s.app.ofAccount(j).journalOfAccount(ctx, readOnly, heldPatience)
	}
	return d
}

// guarded answers to those who may have what they ask for.
func (s *fleetServer) guarded(stopping <-chan struct{}) (*access.Guard, error) {
	site, err := s.site(stopping)
	if err != nil {
		return nil, err
	}
	return access.New(access.Options{
		File: s.runner.File, Sessions: s.table, Record: s.table.Do, View: siteView{site}, Clock: s.app.clock, Log: s.app.log,
	}, s.routes(stopping, site))
}

// tlsFlags name the files that a process serves HTTPS with.
type tlsFlags struct{ cert, key string }

func (f *tlsFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.cert, "tls-cert", "", "`file` with the certificate, and those above it, to serve HTTPS with")
	flags.StringVar(&f.key, "tls-key", "", "`file` with the key of the certificate")
}

// certificate is what a process serves HTTPS with. It can be read anew.
type certificate struct {
	tlsFlags
	read atomic.Pointer[tls.Certificate]
}

// loadCertificate reads a certificate; nil: there is none, and HTTP is served.
func loadCertificate(f tlsFlags) (*certificate, error) {
	switch {
	case f == tlsFlags{}:
		return nil, nil
	case f.cert == "" || f.key == "":
		return nil, errors.New("--tls-cert and --tls-key go together: give both, or none")
	}
	c := &certificate{tlsFlags: f}
	return c, c.reload()
}

// reload reads the certificate anew. One that cannot be used leaves the former one.
func (c *certificate) reload() error {
	read, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("--tls-cert %s with --tls-key %s: %w", c.cert, c.key, err)
	}
	c.read.Store(&read)
	return nil
}

// over has a listener speak TLS.
func (c *certificate) over(listener net.Listener) net.Listener {
	return tls.NewListener(listener, &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.read.Load(), nil },
	})
}

// renewCertificate reads the certificate anew, when the process is asked to.
func (s *fleetServer) renewCertificate() {
	if s.certificate == nil {
		return
	}
	if err := s.certificate.reload(); err != nil {
		s.app.log.Error("the certificate is refused, and the former one stays in use", "error", err)
		return
	}
	s.app.log.Info("the certificate was read anew", "file", s.certificate.cert)
}

// warnOfPlainHTTP says that nobody can sign in where others could read what they send.
func (s *fleetServer) warnOfPlainHTTP(at net.Addr) {
	f := s.runner.File()
	address, err := netip.ParseAddrPort(at.String())
	if err != nil || address.Addr().IsLoopback() || s.certificate != nil || f.Pages.Proxy != nil || len(f.People) == 0 {
		return
	}
	s.app.log.Warn("nobody signs in from other machines: tokens are not taken over http; give --tls-cert and --tls-key, or name the proxy that ends TLS in the pages block of the file of the fleet", "address", at)
}

// serveGuarded answers at a listener until the context ends.
func (s *fleetServer) serveGuarded(ctx context.Context, listener net.Listener, h http.Handler) error {
	return serveBy(ctx, access.NewServer(h, s.app.log), listener)
}

// leastForMetrics is the role that the file has metrics take.
func leastForMetrics(f *fleet.File) fleet.Role {
	if f.Pages.Metrics == "" {
		return access.Anyone
	}
	return f.Pages.Metrics
}
