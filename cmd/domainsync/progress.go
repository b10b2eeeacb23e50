package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	runclock "github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// How often progress is shown: a status line on a terminal, plain lines
// elsewhere, where each of them stays.
const (
	redrawEvery = 100 * time.Millisecond
	lineEvery   = 10 * time.Second
)

// clearLine goes to the begin of the terminal's line and empties it.
const clearLine = "\r\x1b[K"

// screen is standard error with a status line below what is written to it, so
// that the log and the progress do not run into each other.
type screen struct {
	mu       sync.Mutex
	w        io.Writer // for what drives the terminal
	text     io.Writer // for all else
	terminal bool
	quiet    bool
	status   string // the line that stands there
	shown    time.Time
	clock    runclock.Clock // the system's, whatever a run's is: people look at the screen
}

func newScreen(w io.Writer) *screen {
	_, ok := terminal(w)
	s := &screen{w: w, text: inert.NewWriter(w, ok), terminal: ok}
	s.shown = s.clock.Now()
	return s
}

// Write writes text above the status line.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
	return s.text.Write(p)
}

// progress shows how many of a kind of things are done.
func (s *screen) progress(what string, done, all int) {
	s.show(fmt.Sprintf("%s: %s of %s", what, words.Number(done), words.Number(all)), done == all)
}

// show shows how far something is. The last text of all is shown at once.
func (s *screen) show(text string, last bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.quiet {
		return
	}
	switch now := s.clock.Now(); {
	case s.terminal && (now.Sub(s.shown) >= redrawEvery || last):
		fmt.Fprint(s.w, clearLine)
		fmt.Fprint(s.text, text)
		s.status, s.shown = text, now
	case !s.terminal && now.Sub(s.shown) >= lineEvery:
		fmt.Fprintln(s.text, text)
		s.shown = now
	}
}

// rest takes the status line away.
func (s *screen) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clear()
}

func (s *screen) clear() {
	if s.status != "" {
		fmt.Fprint(s.w, clearLine)
		s.status = ""
	}
}
