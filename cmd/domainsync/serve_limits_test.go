package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/executor/fleet"
)

// throttlings counts the answers that say that a call came too early.
type throttlings struct {
	http.RoundTripper
	mu           sync.Mutex
	calls, early int
}

func (c *throttlings) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.calls++; bytes.Contains(body, []byte("Throttling")) {
		c.early++
	}
	return resp, err
}

// TestJobsOfOneKeyShareItsLimit runs jobs of two directories with one access key side by
// side: together they make no more calls than the service takes, which is a little more
// than they are told, as the machine of a test is busy at times.
func TestJobsOfOneKeyShareItsLimit(t *testing.T) {
	t.Parallel()
	account := &snapshot.Account{FormatVersion: snapshot.FormatVersion, ID: "42"}
	files := "limits {\n  default_qps = 20\n}\n"
	for i := range 30 {
		name := fmt.Sprintf("name%02d.com", i)
		account.Domains = append(account.Domains, snapshot.Domain{
			Name: name, Expires: time.Now().AddDate(2, 0, 0).Truncate(time.Second),
			Nameservers: []string{"ns1.example.org", "ns2.example.org"}, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{},
		})
		files += fmt.Sprintf("domain %q {\n  ds_records = []\n}\n", name)
	}
	sim := simulator.New(simulator.Options{Seed: 1, Account: account, Faults: simulator.Faults{Limits: map[string]int{"*": 23}}})
	counted := &throttlings{RoundTripper: sim.Transport()}
	s := server(t, counted)
	shared, err := s.app.shareLimits(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer shared.close()
	var group sync.WaitGroup
	for range 2 {
		dir := t.TempDir()
		writeText(t, filepath.Join(dir, "main.hcl"), files)
		group.Go(func() {
			if o := runServed(t, s, fleet.Job{Action: fleet.Plan}, dir); o.ExitCode != exitDone {
				t.Errorf("a plan ends with %d: %s", o.ExitCode, strings.TrimSpace(o.Message))
			}
		})
	}
	group.Wait()
	if counted.early > 0 || counted.calls < 60 {
		t.Errorf("of %d calls %d came too early", counted.calls, counted.early)
	}
}
