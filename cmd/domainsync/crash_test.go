package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/sourcegraph/conc/pool"
)

// crashes are the ways in which a program can break down. Those that Go lets
// nobody recover must end by a signal.
var crashes = map[string]struct {
	crash       func()
	recoverable bool
}{
	"panic":                      {func() { panic("on purpose\x1b[31m") }, true},
	"nil":                        {func() { _ = *(*int)(nil) }, true},
	"pool":                       {panicInPool, true},
	"goroutine":                  {func() { go panic("on purpose"); select {} }, false},
	"stack":                      {func() { os.Exit(overflow(0)) }, false},
	"concurrent writes of a map": {raceOnMap, false},
	"unlock of an open lock":     {func() { new(sync.Mutex).Unlock() }, false},
}

func panicInPool() {
	p := pool.New()
	p.Go(func() { panic("on purpose") })
	p.Wait()
}

// overflow needs more stack than there is.
func overflow(n int) int {
	if n < 0 {
		return n
	}
	return overflow(n+1) + 1
}

func raceOnMap() {
	m := make(map[int]int)
	for range 8 {
		go func() {
			for i := 0; ; i++ {
				m[i%8] = i
			}
		}()
	}
	select {}
}

// crashing is a program that breaks down as its argument says.
func crashing() {
	os.Exit(reportPanics(os.Stderr, func() int {
		crashes[os.Args[1]].crash()
		return exitDone
	}))
}

// TestCrashIsNoPendingChange lets real processes break down: none may end with
// the code of pending changes, and what was recovered says what to report.
func TestCrashIsNoPendingChange(t *testing.T) {
	t.Parallel()
	binary, err := exec.LookPath("crashing")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range crashes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), binary, name)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			err := cmd.Run()
			if _, ok := errors.AsType[*exec.ExitError](err); !ok {
				t.Fatalf("it ended with %v", err)
			}
			code, said := cmd.ProcessState.ExitCode(), stderr.String()
			switch {
			case !c.recoverable && code >= 0:
				t.Errorf("exit code %d, want a signal\n%s", code, tail(said))
			case c.recoverable && code != exitError:
				t.Errorf("exit code %d, want %d\n%s", code, exitError, tail(said))
			case c.recoverable && (!strings.Contains(said, "Please report it") || strings.Contains(said, "\x1b")):
				t.Errorf("it says %q", tail(said))
			}
		})
	}
}
