package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/buckettest"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// TestSharedState: what one machine did is what another one knows, and one of them
// is at work at a time.
func TestSharedState(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	sharedState(t, c.Database(t), "postgres://127.0.0.1:")
}

// TestSharedStateInABucket: the same of a bucket, which is reached with the
// credentials of the account.
func TestSharedStateInABucket(t *testing.T) {
	t.Parallel()
	sharedState(t, buckettest.Start(t, "oss").URL("prefix"), "oss://bucket/prefix")
}

// sharedState holds that a state is one that machines share.
func sharedState(t *testing.T, state, where string) {
	t.Helper()
	live := filepath.Join(t.TempDir(), "live.json")
	writeText(t, live, `{"format_version": 1, "account": "42", "read_at": "2026-01-02T03:04:05Z", "domains": [{"name": "alpha.com", "transfer_lock": "CLOSE"}]}`)
	sim := simulate(t, "--live", live)
	machine := func(args ...string) outcome {
		t.Helper()
		dir := t.TempDir()
		writeText(t, filepath.Join(dir, "main.hcl"), `domain "alpha.com" { transfer_lock = true }`)
		writeText(t, filepath.Join(dir, "state"), state+"\n")
		return runProgram(t, append([]string{"--dir", dir, "--endpoint", sim.endpoint, "--state", "@" + filepath.Join(dir, "state")}, args...)...)
	}
	for _, command := range []string{"runs list", "plan", "resume"} {
		machine(strings.Fields(command)...).want(t, exitDone) // nothing is there yet
	}
	held, err := journal.Open(t.Context(), state, journal.Options{
		Endpoint: sim.endpoint, Account: "42",
		Credential: func(context.Context) (id, secret, token string, err error) { return "id", "secret", "", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	o := machine("apply", "--auto-approve").want(t, exitHeld)
	for _, part := range []string{"another run holds the account: process ", where, " until 20"} {
		if !strings.Contains(o.stderr, part) {
			t.Errorf("it does not say %q:\n%s", part, o.stderr)
		}
	}
	if err := held.Close(); err != nil {
		t.Fatal(err)
	}
	machine("apply", "--auto-approve").want(t, exitDone)
	if o := machine("runs", "list").want(t, exitDone); !strings.Contains(o.stdout, "1\t") {
		t.Errorf("the other machine knows no run:\n%s", o.stdout)
	}
	if o := machine("apply", "--auto-approve").want(t, exitDone); !strings.Contains(o.stdout, "Nothing to do") {
		t.Errorf("the other machine has something to do:\n%s", o.stdout)
	}
	machine("resume", "--abandon").want(t, exitDone)
	stateMoves(t, machine, where)
}

// stateMoves moves a state to a directory, and all accounts of it back.
func stateMoves(t *testing.T, machine func(args ...string) outcome, where string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "moved")
	if o := machine("state", "check", "--against-account").want(t, exitDone); !strings.Contains(o.stdout, "They are the same") || !strings.Contains(o.stdout, where) {
		t.Errorf("state check says\n%s", o.stdout)
	}
	machine("state", "backup", "--out", dir+".saved").want(t, exitDone)
	if o := machine("state", "move", dir).want(t, exitDone); !strings.Contains(o.stdout, where) || !strings.Contains(o.stdout, dir) {
		t.Errorf("state move says\n%s", o.stdout)
	}
	for _, command := range []string{"apply --auto-approve", "plan", "runs list", "resume --abandon", "state restore " + dir + ".saved"} {
		if o := machine(strings.Fields(command)...).want(t, exitError); !strings.Contains(o.stderr, "was moved to "+dir) {
			t.Errorf("%s: %s", command, o.stderr)
		}
	}
	if o := machine("--state", dir, "runs", "list").want(t, exitDone); !strings.Contains(o.stdout, "1\t") {
		t.Errorf("what was moved knows no run:\n%s", o.stdout)
	}
}

// secretStates have a password, and cannot be used.
var secretStates = []string{
	"postgres://user:hunter2@127.0.0.1:1/db", "postgres://user:hunter2@127.0.0.1:1/db?password=hunter2&connect_timeout=1",
	"postgres://user:hunter2@127.0.0.1:port/db", "postgres://user:hunter2@%zz/db", "postgres://user:hunter2@[::1/db",
	"postgres://127.0.0.1:1/db?password=hunter2&sslmode=none", "oss://hunter2@bucket/prefix", "redis://:hunter2@host",
	"postgres:/user:hunter2@127.0.0.1:1/db", "oss:/hunter2@bucket/prefix",
}

// TestStateFileThatIsEmpty: a file that was to say where the state lies and says nothing
// is an error for whoever reads the journal as well: no run of another one is known.
func TestStateFileThatIsEmpty(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), lockedFile)
	file := filepath.Join(dir, "state")
	writeText(t, file, " \n")
	sim := simulator.New(simulator.Options{Seed: 1, Account: way{}.live()})
	for _, command := range []string{"plan", "apply --auto-approve", "resume", "resume --relock-only", "runs list", "state check"} {
		out := hereOver(t, sim.Transport(), append(strings.Fields(command), "--dir", dir, "--endpoint", "https://domain.example", "--state", "@"+file)...).want(t, exitError)
		if want := "the state @" + file + ": the file " + file + " is empty"; !strings.Contains(out.stderr, want) {
			t.Errorf("%s: %q is not in %s", command, want, out.stderr)
		}
	}
	if len(sim.Stats()) > 0 {
		t.Errorf("the account was asked: %v", sim.Stats())
	}
}

// TestMoveTellsNoSecret: nor does the password of the state to which another one is
// moved, whether or not it is known whose that is.
func TestMoveTellsNoSecret(t *testing.T) {
	t.Parallel()
	for _, state := range secretStates {
		for _, files := range []string{`account { id = "42" }`, ""} {
			dir := t.TempDir()
			writeText(t, filepath.Join(dir, "main.hcl"), files)
			runProgram(t, "--dir", dir, "pause", "--reason", "audit").want(t, exitDone)
			o := runProgram(t, "--dir", dir, "state", "move", state, "--log-level", "debug").want(t, exitError)
			if said := o.stdout + o.stderr; strings.Contains(said, "hunter2") || !strings.Contains(said, "state") {
				t.Errorf("a move to %s says\n%s", state, said)
			}
			runProgram(t, "--dir", dir, "unpause").want(t, exitDone) // the state counts as before
		}
	}
}

// TestStateTellsNoSecret: the password of a database reaches neither messages nor
// the log, also where its URL cannot be used or is none.
func TestStateTellsNoSecret(t *testing.T) {
	t.Parallel()
	for _, state := range secretStates {
		for _, command := range []string{
			"runs list", "plan", "runs prune --yes", "resume --abandon", "pause --reason audit", "state check", "state backup --out -",
			"state move elsewhere", "state forget example.com --yes",
		} {
			dir := t.TempDir()
			writeText(t, filepath.Join(dir, "main.hcl"), `account { id = "42" }`)
			var out bytes.Buffer
			args := append([]string{"--dir", dir, "--endpoint", "http://127.0.0.1:1", "--state", state, "--log-level", "debug"}, strings.Fields(command)...)
			if code := run(args, strings.NewReader(""), &out, &out); code != exitError || strings.Contains(out.String(), "hunter2") || !strings.Contains(out.String(), "state") {
				t.Errorf("%s with %s: exit code %d\n%s", command, state, code, out.String())
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
				t.Errorf("%s with %s left %v (%v)", command, state, left, err)
			}
		}
	}
}

// TestAllAccountsMove: the journals of all accounts that share a state move to another
// one that is shared, whatever both are, each with what it had, and go on where a move
// of some of them ended. A directory takes one alone, and then none moves.
func TestAllAccountsMove(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	states := []string{c.Database(t), buckettest.Start(t, "oss").URL("all"), c.NewDatabase(t), buckettest.Start(t, "oss").URL("others")}
	accounts := []journal.Account{
		{Endpoint: "https://domain-intl.aliyuncs.com", Account: "1"},
		{Endpoint: "https://domain-intl.aliyuncs.com", Account: "2"},
		{Endpoint: "https://domain.aliyuncs.com", Account: "1"},
	}
	for i, account := range accounts {
		inState(t, states[0], account, false, func(j *journal.Journal) error {
			l, err := j.Begin(t.Context(), journal.Run{Kind: journal.Apply, Began: j.Now(), PlanID: "plan", ConfigHash: account.String()})
			for range i { // as many pauses as there are accounts before
				_, pauseErr := j.Pause(t.Context(), journal.Pause{Reason: account.String(), By: "ada", At: j.Now()})
				err = errors.Join(err, pauseErr)
			}
			return errors.Join(err, l.Mark(t.Context(), journal.Mark{Name: journal.Ended, At: j.Now()}))
		})
	}
	machine := func(args ...string) outcome {
		t.Helper()
		return runProgram(t, append([]string{"--dir", t.TempDir()}, args...)...)
	}
	directory := filepath.Join(t.TempDir(), "one")
	if o := machine("--state", states[0], "state", "move", directory, "--all").want(t, exitError); !strings.Contains(o.stderr, "3 accounts") {
		t.Errorf("all into a directory: %s", o.stderr)
	}
	if o := machine("--state", states[0], "state", "move", states[1]).want(t, exitError); !strings.Contains(o.stderr, "or move all of them with --all") {
		t.Errorf("without --all: %s", o.stderr)
	}
	credential := journal.Options{Credential: func(context.Context) (id, secret, token string, err error) { return "testid", "testsecret", "", nil }}
	for i, to := range states[1:] {
		from := states[i]
		if i == 1 { // one of them is there already: a move of all was interrupted
			o := credential
			o.Endpoint, o.Account = accounts[0].Endpoint, accounts[0].Account
			if _, err := journal.Move(t.Context(), from, to, o); err != nil {
				t.Fatal(err)
			}
		}
		machine("--state", from, "state", "move", to, "--all").want(t, exitDone)
		for n, account := range accounts {
			inState(t, to, account, true, func(j *journal.Journal) error {
				runs, err := j.Runs(t.Context())
				held, heldErr := j.Pauses(t.Context(), j.Now())
				if len(runs) != 1 || runs[0].ConfigHash != account.String() || len(held) != n {
					t.Errorf("move %d: %s has the runs %+v and the pauses %+v", i+1, account, runs, held)
				}
				return errors.Join(err, heldErr)
			})
			o := credential
			o.Endpoint, o.Account = account.Endpoint, account.Account
			j, err := journal.Open(t.Context(), from, o)
			if moved, ok := errors.AsType[*journal.MovedError](err); !ok || moved.To != journal.Where(to) {
				t.Errorf("move %d: the old state of %s says %v", i+1, account, err)
			}
			if j != nil {
				t.Error(j.Close())
			}
		}
		if o := machine("--state", from, "state", "move", to, "--all").want(t, exitDone); strings.Count(o.stdout, "was moved there before") != len(accounts) {
			t.Errorf("move %d again: %s", i+1, o.stdout)
		}
	}
}

// inState opens the journal of an account in a shared state for the time of a function.
func inState(t *testing.T, state string, a journal.Account, readOnly bool, use func(j *journal.Journal) error) {
	t.Helper()
	j, err := journal.Open(t.Context(), state, journal.Options{
		Endpoint: a.Endpoint, Account: a.Account, ReadOnly: readOnly,
		Credential: func(context.Context) (id, secret, token string, err error) { return "testid", "testsecret", "", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if !readOnly {
		err = j.Bind(t.Context(), a.Endpoint, a.Account)
	}
	if err == nil {
		err = use(j)
	}
	if err := errors.Join(err, j.Close()); err != nil {
		t.Fatal(err)
	}
}
