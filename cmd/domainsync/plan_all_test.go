package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/executor/journal/buckettest"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// interruptedBy is standard output that interrupts once it has a text.
type interruptedBy struct {
	bytes.Buffer
	text      string
	interrupt context.CancelFunc
}

func (w *interruptedBy) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if strings.Contains(w.String(), w.text) {
		w.interrupt()
	}
	return n, err
}

// manyAccounts returns a root with files of two accounts, and the account that is behind
// both in a test.
func manyAccounts(t *testing.T) (root string, sim *simulator.Simulator) {
	t.Helper()
	root = t.TempDir()
	live := &snapshot.Account{FormatVersion: snapshot.FormatVersion, ID: "42"}
	for account, name := range map[string]string{"one": "example.com", "two": "example.net"} {
		live.Domains = append(live.Domains, snapshot.Domain{Name: name, Nameservers: []string{"ns1.example.org"}, DSRecords: []snapshot.DSRecord{}})
		if err := os.MkdirAll(filepath.Join(root, account), 0o700); err != nil {
			t.Fatal(err)
		}
		writeText(t, filepath.Join(root, account, "main.hcl"), "account {\n  id = \"42\"\n}\n\ndomain \""+name+"\" {\n  nameservers = [\"ns2.example.org\"]\n}\n")
	}
	live.Sort()
	return root, simulator.New(simulator.Options{Seed: 1, Account: live})
}

// TestPlanAllInterruptedBetweenAccounts: what was planned is printed whole, and the last
// line counts the directories that are left.
func TestPlanAllInterruptedBetweenAccounts(t *testing.T) {
	t.Parallel()
	root, sim := manyAccounts(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	stdout := &interruptedBy{text: "Plan: 1 name changes", interrupt: interrupt}
	var stderr strings.Builder
	a := newApp(strings.NewReader(""), stdout, &stderr)
	a.getenv, a.credentials, a.transport = func(string) string { return "" }, simulatorKey, sim.Transport()
	code := a.execute(ctx, []string{"plan", "--all", "--root", root, "--endpoint", "https://domain.example"})
	if code != exitError || strings.Count(stdout.String(), "=== ") != 1 || !strings.Contains(stdout.String(), "example.com (main.hcl") ||
		!strings.Contains(stderr.String(), "interrupted: 1 directory is left") {
		t.Errorf("exit code %d\n%s\n%s", code, stdout.String(), stderr.String())
	}
}

// TestPlanAllWithSharedState plans the accounts of a root with one state for all of them.
func TestPlanAllWithSharedState(t *testing.T) {
	t.Parallel()
	for kind, state := range map[string]func(*testing.T) string{
		"database": func(t *testing.T) string { return pgtest.Start(t).Database(t) },
		"bucket":   func(t *testing.T) string { return buckettest.Start(t, "oss").URL("states") },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			root, sim := manyAccounts(t)
			connect := []string{"--endpoint", "https://domain.example", "--state", state(t)}
			for _, want := range []string{"example.com", "example.net"} {
				all := hereOver(t, sim.Transport(), append([]string{"plan", "--all", "--root", root, "--detailed-exitcode"}, connect...)...).want(t, exitPending)
				if !strings.Contains(all.stdout, want) || strings.Contains(all.stderr, "state is new") != (want == "example.com") {
					t.Errorf("before the apply of %s:\n%s\n%s", want, all.stdout, all.stderr)
				}
				if want == "example.com" {
					hereOver(t, sim.Transport(), append([]string{"apply", "--dir", filepath.Join(root, "one"), "--auto-approve"}, connect...)...).want(t, exitDone)
				}
			}
		})
	}
}
