package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/fleet"
)

// unreachable answers no request.
type unreachable struct{}

func (unreachable) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, syscall.ECONNREFUSED
}

// noKey has no access key.
type noKey struct{}

func (noKey) Credential(context.Context) (apiclient.Credential, error) {
	return apiclient.Credential{}, fmt.Errorf("%w: no key is configured", wire.ErrNoCredentials)
}

// TestServedRunsSayWhatIsOutOfReach makes runs whose state or service cannot be reached,
// which are made again soon, and others that end with the same code, which are not.
func TestServedRunsSayWhatIsOutOfReach(t *testing.T) {
	t.Parallel()
	here(t, "plan", "--dir", t.TempDir(), "--endpoint", "https://domain.example") // the process listens for signals outside of the bubbles
	for name, test := range map[string]struct {
		files, state string
		transport    http.RoundTripper // nil: that of a simulated account
		keyless      bool
		want         bool
	}{
		"the service":      {accountFiles, "", unreachable{}, false, true},
		"the state":        {accountFiles, "postgres://domainsync@127.0.0.1:1/domainsync", nil, false, true},
		"no key":           {accountFiles, "", nil, true, false},
		"a mistake":        {"domain \"alpha.com\" {", "", nil, false, false},
		"no such database": {accountFiles, "postgres://domainsync@127.0.0.1:1/domainsync?sslmode=no", nil, false, false},
	} {
		run := func(t *testing.T) {
			dir := t.TempDir()
			writeText(t, filepath.Join(dir, "main.hcl"), "account {\n  id = \"42\"\n}\n"+test.files)
			s := server(t, cmp.Or[http.RoundTripper](test.transport, simulatedAlpha().Transport()))
			if test.keyless {
				s.app.credentials = func(string) apiclient.Credentials { return noKey{} }
			}
			o := s.perform(t.Context(), fleet.Work{
				Job:  fleet.Job{Name: "corp", Dir: dir, State: cmp.Or(test.state, filepath.Join(dir, ".domainsync")), Action: fleet.Apply},
				Turn: fleet.Turn{Job: "corp", Run: 1, Holder: "test@machine"}, Stop: make(chan struct{}), Record: func([]byte) {}, Log: s.app.log,
			})
			if o.ExitCode != exitError || o.OutOfReach != test.want || o.Held || o.Unfinished {
				t.Errorf("the run ends with %+v", o)
			}
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if test.transport == nil {
				run(t)
				return
			}
			synctest.Test(t, run) // for the client's waits between its tries
		})
	}
}
