package queue

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/domainsync/domainsync/internal/clock"
)

// riverLog passes on what River warns of. What it does all day interests nobody.
type riverLog struct{ slog.Handler }

// Enabled is [slog.Handler.Enabled].
func (h riverLog) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// Handle is [slog.Handler.Handle].
func (h riverLog) Handle(ctx context.Context, r slog.Record) error {
	r.Message = "River: " + r.Message
	return h.Handler.Handle(ctx, r)
}

// WithAttrs is [slog.Handler.WithAttrs].
func (h riverLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return riverLog{h.Handler.WithAttrs(attrs)}
}

// WithGroup is [slog.Handler.WithGroup].
func (h riverLog) WithGroup(name string) slog.Handler { return riverLog{h.Handler.WithGroup(name)} }

// sparing passes on the same message once in a while: River says each second what is
// wrong with a database.
type sparing struct {
	slog.Handler
	said *said
}

// said is when messages were passed on last.
type said struct {
	clock clock.Clock
	mu    sync.Mutex
	at    map[string]time.Time
}

// while is how long the same message is not passed on again.
const while = time.Minute

func newSparing(h slog.Handler, c clock.Clock) sparing {
	return sparing{h, &said{clock: c, at: make(map[string]time.Time)}}
}

// Handle is [slog.Handler.Handle].
func (h sparing) Handle(ctx context.Context, r slog.Record) error {
	if h.said.again(r.Message) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// again reports whether a message was passed on a moment ago.
func (s *said) again(message string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if before, was := s.at[message]; was && now.Sub(before) < while {
		return true
	}
	s.at[message] = now
	return false
}

// WithAttrs is [slog.Handler.WithAttrs].
func (h sparing) WithAttrs(attrs []slog.Attr) slog.Handler {
	return sparing{h.Handler.WithAttrs(attrs), h.said}
}

// WithGroup is [slog.Handler.WithGroup].
func (h sparing) WithGroup(name string) slog.Handler {
	return sparing{h.Handler.WithGroup(name), h.said}
}

// errorHandler tells of what went wrong with the program where River called it: runs catch
// what goes wrong in them.
type errorHandler struct{ log *slog.Logger }

var _ river.ErrorHandler = (*errorHandler)(nil)

// HandleError is [river.ErrorHandler.HandleError].
func (h *errorHandler) HandleError(_ context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	h.log.Error("what River brought could not be used, and the job is brought again", "ticket", job.ID, "args", string(job.EncodedArgs), "error", err)
	return nil
}

// HandlePanic is [river.ErrorHandler.HandlePanic].
func (h *errorHandler) HandlePanic(_ context.Context, job *rivertype.JobRow, cause any, trace string) *river.ErrorHandlerResult {
	h.log.Error("the program failed where River had brought a job: this is a fault of the program", "ticket", job.ID, "args", string(job.EncodedArgs), "panic", fmt.Sprint(cause), "stack", trace)
	return nil
}
