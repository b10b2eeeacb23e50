package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	runrender "github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// quietAnnotation marks commands that print with --quiet only what somebody has to
// read. Others were asked for a list, or to do something, and say what came of it.
const quietAnnotation = "domainsync_quiet"

// heldBytes is how much text is held at most.
const heldBytes = 4 << 20

// A hold keeps what a command prints until it is known whether somebody has to read
// it. It is for both streams, whose texts keep their order.
type hold struct {
	mu    sync.Mutex
	on    bool
	texts []heldText
	bytes int
	lost  int // bytes that were too many
}

type heldText struct {
	to   io.Writer
	text []byte
}

// heldWriter writes to a stream, unless that is held.
type heldWriter struct {
	*hold
	to      io.Writer
	results bool // what it writes was asked for, and is never held
}

// over returns a stream that can be held. That nothing is held, nil, is a hold, too.
func (h *hold) over(w io.Writer) *heldWriter { return &heldWriter{hold: h, to: w} }

func (w *heldWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !w.on || w.results:
		return w.to.Write(p)
	case w.bytes+len(p) > heldBytes:
		w.lost += len(p)
	default:
		w.bytes += len(p)
		w.texts = append(w.texts, heldText{w.to, append([]byte{}, p...)})
	}
	return len(p), nil
}

// begin holds what is written from now on.
func (h *hold) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.on = true
}

// holds reports whether something is held.
func (h *hold) holds() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.texts) > 0
}

// drop forgets what was held: nobody has to read it.
func (h *hold) drop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.on, h.texts, h.bytes, h.lost = false, nil, 0, 0
}

// release writes what was held, and holds nothing more. Lost is told on w.
func (h *hold) release(w io.Writer) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var err error
	for _, t := range h.texts {
		_, failure := t.to.Write(t.text)
		err = errors.Join(err, failure)
	}
	if h.lost > 0 {
		fmt.Fprintf(w, "… and %s more, which --quiet does not keep: the report has every name\n", words.Count(h.lost, "byte"))
	}
	h.on, h.texts, h.bytes, h.lost = false, nil, 0, 0
	return err
}

// beQuiet holds what a command prints that was told to be quiet. Forms for programs
// were asked for and go out.
func (a *app) beQuiet(cmd *cobra.Command) {
	if !a.flags.quiet || cmd.Annotations[quietAnnotation] == "" {
		return
	}
	a.stdout.results = isForProgram(cmd)
	a.held.begin()
}

// isForProgram reports whether standard output is to have what a program reads.
func isForProgram(cmd *cobra.Command) bool {
	for flag, text := range map[string]string{"format": asText, "json": "false", "out": ""} {
		f := cmd.Flags().Lookup(flag)
		if f != nil && f.Changed && f.Value.String() != text && (flag != "out" || f.Value.String() == "-") {
			return true
		}
	}
	return false
}

// speak prints what was held: somebody is there to read it, or has to.
func (a *app) speak() error { return a.held.release(a.stderr.w) }

// speaker is standard error for what somebody reads at once. It is a line of the log where
// that is JSON, as a program reads each line there.
type speaker struct{ app *app }

func (s speaker) Write(p []byte) (int, error) {
	if err := s.app.speak(); err != nil {
		return 0, err
	}
	if s.app.flags.logFormat == "json" {
		s.app.log.Warn(strings.TrimSuffix(string(p), "\n"))
		return len(p), nil
	}
	return s.app.stderr.Write(p)
}

// personShown is how much that needs a person stands above what was held.
const personShown = 20

// sayFirst prints above what was held what needs a person, where something was held.
func (a *app) sayFirst() error {
	if a.ended == nil || a.stdout.results || !a.held.holds() {
		return nil
	}
	return buffered(a.stdout.to, func(w io.Writer) error {
		return runrender.ConditionsText(inert.NewWriter(w, false), a.ended.Conditions, personShown)
	})
}

// endQuiet prints what was held where a command did not end well, and forgets it
// where nobody has to read it.
func (a *app) endQuiet(err error) error {
	if codeOf(err) == exitDone {
		a.held.drop()
		return err
	}
	a.stderr.rest()
	if failure := errors.Join(a.sayFirst(), a.speak()); failure != nil && message(err) == "" {
		return &exit{code: codeOf(err), err: failure}
	}
	return err
}
