package main

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestScreenPrintsLinesAtIntervals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b strings.Builder
		s := newScreen(&b)
		for i := range 2501 {
			s.progress("reading", i, 2500)
			time.Sleep(10 * time.Millisecond)
		}
		want := "reading: 1,000 of 2,500\nreading: 2,000 of 2,500\n"
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestScreenKeepsTheStatusBelowTheLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b strings.Builder
		s := newScreen(&b)
		s.terminal = true
		s.progress("reading", 1, 3) // too early to be shown
		time.Sleep(redrawEvery)
		s.progress("reading", 2, 3)
		fmt.Fprintln(s, "a line of the log")
		s.progress("reading", 3, 3)
		s.rest()
		want := clearLine + "reading: 2 of 3" + clearLine + "a line of the log\n" + clearLine + "reading: 3 of 3" + clearLine
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestScreenIsQuiet(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	s := newScreen(&b)
	s.terminal, s.quiet = true, true
	s.progress("reading", 3, 3)
	s.rest()
	if b.Len() > 0 {
		t.Errorf("quiet, and yet %q", b.String())
	}
}
