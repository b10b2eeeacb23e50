package access

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/sourcegraph/conc"
)

// How long callers may take. A stream may take longer, as long as it is read.
const (
	headerTime = 10 * time.Second
	readTime   = time.Minute
	writeTime  = time.Minute
	idleTime   = 2 * time.Minute
	headerSize = 32 << 10
)

// NewServer returns a server that no slow caller and no large request holds up.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime, MaxHeaderBytes: headerSize,
		// What is said here is of connections that came to nothing: whoever looks for
		// open ports would fill the log.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// streamCheck is how often it is looked whether somebody who looks on still may.
const streamCheck = 15 * time.Second

// mostStreams is how many streams a person has at a time.
const mostStreams = 20

// stream serves what goes on for as long as somebody looks on who may.
func (g *Guard) stream(route *Route, w http.ResponseWriter, r *http.Request, who *identity) {
	name := who.person.Name
	if !g.beginStream(name) {
		g.refuse(route, w, r, &refusal{status: http.StatusTooManyRequests, code: "too_many", headline: "Too many pages", text: "You look on at too many runs at once: close some of the pages.", wait: streamCheck, why: "too many streams", who: who})
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	var group conc.WaitGroup
	defer func() {
		cancel()
		group.Wait()
		g.endStream(name)
	}()
	request := r.Clone(ctx)
	group.Go(func() {
		for g.Clock.Sleep(ctx, streamCheck) == nil {
			now, err := g.identify(request)
			if err != nil || now.person.Name != name || !now.person.Role.Permits(route.Least) {
				cancel()
			}
		}
	})
	out := &streamWriter{w, http.NewResponseController(w), g}
	out.unlimited(out.control.SetReadDeadline)
	out.unlimited(out.control.SetWriteDeadline)
	route.Handler.ServeHTTP(out, request)
}

func (g *Guard) beginStream(person string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.streams[person] >= mostStreams {
		return false
	}
	g.streams[person]++
	return true
}

func (g *Guard) endStream(person string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.streams[person]--; g.streams[person] == 0 {
		delete(g.streams, person)
	}
}

// streamWriter gives each write its own time, and none between two of them.
type streamWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	guard   *Guard
}

// unlimited has no deadline hold, of reading or of writing.
func (s *streamWriter) unlimited(set func(time.Time) error) { s.deadline(set, time.Time{}) }

func (s *streamWriter) deadline(set func(time.Time) error, at time.Time) {
	if err := set(at); err != nil {
		s.guard.Log.Debug("a stream has no deadline of its own", "error", err)
	}
}

// Write is that of [http.ResponseWriter].
func (s *streamWriter) Write(p []byte) (int, error) {
	s.deadline(s.control.SetWriteDeadline, s.guard.Clock.Now().Add(writeTime))
	defer s.unlimited(s.control.SetWriteDeadline)
	return s.ResponseWriter.Write(p)
}

// FlushError is for [http.ResponseController].
func (s *streamWriter) FlushError() error {
	s.deadline(s.control.SetWriteDeadline, s.guard.Clock.Now().Add(writeTime))
	defer s.unlimited(s.control.SetWriteDeadline)
	return s.control.Flush()
}

// Flush is that of [http.Flusher].
func (s *streamWriter) Flush() { s.FlushError() } //nolint:errcheck // the next write says so
