package journaltest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// victim tells a process of the test where to write until it is killed.
const victim = "DOMAINSYNC_JOURNALTEST_VICTIM"

// Victim reports whether this process is one that a test has started to stop or
// to kill it. It needs no place of its own.
func Victim() bool { return os.Getenv(victim) != "" }

// groupOf is how many records the victim writes at once.
const groupOf = 7

// die writes records, and says of each write when it is durable, until somebody
// kills the process or it loses the account.
func (k Kind) die(t *testing.T, place string) {
	s, err := k.Open(t.Context(), place, options(store.Options{LockTimeout: time.Minute}))
	check(t, err)
	parent := os.NewFile(3, "parent") // the first of start's extra files
	for n := int64(1); ; n++ {
		records := make([]store.Record, groupOf)
		for i := range records {
			records[i] = store.Record{Kind: "written", Batch: n, Data: []byte(strings.Repeat("x", i*100))}
		}
		if err := s.Append(context.Background(), records); err != nil {
			fmt.Fprintln(parent, "lost", err)
			t.FailNow()
		}
		fmt.Fprintln(parent, "durable", n)
	}
}

// A process is one that writes to a store until it ends.
type process struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
	said  int    // the last write that it said was durable
	lost  string // what it said when it lost the account
}

// start starts a process that writes to a place, and waits until it has made some
// writes.
func start(t *testing.T, place string, writes int) *process {
	t.Helper()
	p := &process{cmd: exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+strings.Split(t.Name(), "/")[0]+"$")}
	p.cmd.Env = append(os.Environ(), victim+"="+place)
	out, in, err := os.Pipe()
	check(t, err)
	t.Cleanup(func() { check(t, out.Close()) })
	p.cmd.ExtraFiles = []*os.File{in}
	p.lines = bufio.NewScanner(out)
	check(t, p.cmd.Start())
	check(t, in.Close())
	for p.said < writes && p.hear() {
		continue
	}
	if p.said < writes {
		t.Fatalf("the process ended: %v", p.cmd.Wait())
	}
	return p
}

// hear reads a line, and reports whether there was one.
func (p *process) hear() bool {
	if !p.lines.Scan() {
		return false
	}
	if lost, ok := strings.CutPrefix(p.lines.Text(), "lost "); ok {
		p.lost = lost
	} else if n := 0; true {
		if _, err := fmt.Sscanf(p.lines.Text(), "durable %d", &n); err == nil {
			p.said = n
		}
	}
	return true
}

// end hears what a process said until it ended.
func (p *process) end(t *testing.T) {
	t.Helper()
	for p.hear() {
		continue
	}
	if err := p.cmd.Wait(); err == nil {
		t.Fatal("the process ended by itself")
	}
}

// testKilled kills processes while they write: what they said was durable is
// there, each write whole or not at all, and the account is free again.
func testKilled(t *testing.T, k Kind) {
	if testing.Short() || k.OfProcess {
		t.Skip("it starts processes, which share the place")
	}
	place := k.New(t)
	var before int
	for _, writes := range []int{1, 5, 20} {
		p := start(t, place, writes)
		check(t, p.cmd.Process.Kill())
		p.end(t)
		s := k.open(t, place, store.Options{LockTimeout: time.Minute})
		all := load(t, s, store.Query{})
		check(t, s.Close())
		if got := len(all) - before; got%groupOf != 0 || got < p.said*groupOf || got > (p.said+1)*groupOf {
			t.Errorf("it said that %d writes of %d are durable, and left %d records", p.said, groupOf, got)
		}
		before = len(all)
	}
}

// testStopped stops a process for longer than its lease, somewhere between two
// writes or in one. Another one takes the account meanwhile; when the first goes on
// it writes nothing more.
func testStopped(t *testing.T, k Kind) {
	if testing.Short() || !k.Leases {
		t.Skip("it starts processes, and is about leases")
	}
	for _, writes := range []int{1, 7} {
		place := k.New(t)
		p := start(t, place, writes)
		check(t, p.cmd.Process.Signal(syscall.SIGSTOP))
		s := k.open(t, place, store.Options{LockTimeout: time.Minute})
		check(t, s.Append(t.Context(), []store.Record{{Kind: "of the second"}}))
		before := load(t, s, store.Query{})
		check(t, p.cmd.Process.Signal(syscall.SIGCONT))
		p.end(t)
		if !strings.Contains(p.lost, "has lost the account") {
			t.Errorf("it ended with %q", p.lost)
		}
		after := load(t, s, store.Query{})
		if len(after) != len(before) || after[len(after)-1].Kind != "of the second" || len(after) < p.said*groupOf+1 {
			t.Errorf("%d records became %d, and it said that %d writes are durable", len(before), len(after), p.said)
		}
		check(t, s.Close())
	}
}
