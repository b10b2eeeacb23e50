package pages

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// DefaultStreams is how many pages of one process show progress at a time.
const DefaultStreams = 200

const (
	// looksEvery is how often a stream looks for new lines. They lie in the table: it does
	// not matter which process makes the run.
	looksEvery = time.Second
	// beatsEvery is how often a stream without news shows that it is alive, so that no
	// proxy closes it.
	beatsEvery = 15 * time.Second
	// streamEnds is for how long a stream goes on. Then the browser asks for the next one,
	// and whoever may look no more gets none.
	streamEnds = 2 * time.Minute
)

// events answers with the progress of a run as server-sent events, until the run has
// ended. They go on behind the last one that the browser has seen.
func (s *Site) events(w http.ResponseWriter, r *http.Request) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many pages show progress: load the page again", http.StatusServiceUnavailable)
		return
	}
	run, err := s.runOf(r)
	if err != nil {
		p := s.begin(r)
		http.Error(w, "the progress cannot be shown", p.fail(err))
		return
	}
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("X-Accel-Buffering", "no") // a proxy that collects answers shows no progress
	t := &stream{site: s, run: run.ID, after: afterIn(r), to: w, control: http.NewResponseController(w)}
	if err := t.follow(r.Context()); err != nil && r.Context().Err() == nil {
		s.Log.Debug("a page got no more progress", "run", run.ID, "error", err)
	}
}

// afterIn is the number of the last line that a browser has.
func afterIn(r *http.Request) int64 {
	for _, text := range []string{r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")} {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil && n >= 0 {
			return n
		}
	}
	return 0
}

// A stream tells one browser of one run.
type stream struct {
	site    *Site
	run     int64
	after   int64 // the last line that was sent
	to      http.ResponseWriter
	control *http.ResponseController
	sent    time.Time // when something was
}

// follow sends what happens until the run has ended, or the stream has.
func (t *stream) follow(ctx context.Context) error {
	began := t.site.Clock.Now()
	if err := t.send([]byte("retry: 1000\n\n")); err != nil {
		return err
	}
	for t.site.Clock.Since(began) < streamEnds {
		ended, err := t.news(ctx)
		if err != nil || ended {
			return err
		}
		fired, release := t.site.Clock.NewTimer(looksEvery)
		select {
		case <-fired:
		case <-ctx.Done():
			release()
			return nil
		case <-t.site.Stopping:
			release()
			return nil
		}
	}
	return nil
}

// news sends what is new; ended says that there is nothing to come.
func (t *stream) news(ctx context.Context) (ended bool, err error) {
	// Whether the run has ended is asked first: its lines are all there by then.
	runs, err := t.site.Table.Runs(ctx, fleet.RunQuery{ID: t.run})
	if err != nil {
		return false, err
	}
	lines, err := t.site.Table.Lines(ctx, t.run, t.after)
	if err != nil {
		return false, err
	}
	ended = len(runs) == 0 || !runs[0].Ended.IsZero()
	text, err := eventsOf(lines)
	switch {
	case err != nil:
		return false, err
	case ended:
		text = append(text, "event: end\ndata: {}\n\n"...)
	case len(text) == 0 && t.site.Clock.Since(t.sent) >= beatsEvery:
		text = []byte(": still at work\n\n")
	case len(text) == 0:
		return false, nil
	}
	if len(lines) > 0 {
		t.after = lines[len(lines)-1].Number
	}
	return ended, t.send(text)
}

// eventsOf writes lines as events: each step, and how far the run is.
func eventsOf(lines []fleet.Line) ([]byte, error) {
	var text bytes.Buffer
	write := func(id int64, kind string, data any) error {
		form, err := json.Marshal(data)
		if err == nil {
			fmt.Fprintf(&text, "id: %d\nevent: %s\ndata: %s\n\n", id, kind, form)
		}
		return err
	}
	for i := range lines {
		var t told
		t.read(lines[i : i+1])
		for _, s := range t.Steps {
			if err := write(t.Last, "step", s); err != nil {
				return nil, err
			}
		}
		if t.Far != nil {
			if err := write(t.Last, "far", t.Far); err != nil {
				return nil, err
			}
		}
	}
	return text.Bytes(), nil
}

// send sends a text at once. How long a browser may take is for whoever serves the site to
// say.
func (t *stream) send(text []byte) error {
	t.sent = t.site.Clock.Now()
	if _, err := t.to.Write(text); err != nil {
		return err
	}
	return t.control.Flush()
}
