package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/internal/personal"
)

// learnPersons makes what the files say of persons known to the masker: messages
// of the service and the log are masked by it, too.
func (a *app) learnPersons(p *config.Portfolio) {
	if a.masker != nil {
		p.EachPersonal(a.masker.Learn)
	}
}

// maskedLog masks what a log tells of persons.
type maskedLog struct {
	slog.Handler
	masker *personal.Masker
}

// Handle masks one line.
func (h maskedLog) Handle(ctx context.Context, r slog.Record) error {
	masked := slog.NewRecord(r.Time, r.Level, h.masker.Text(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		masked.AddAttrs(h.mask(a))
		return true
	})
	return h.Handler.Handle(ctx, masked)
}

// WithAttrs masks what all lines have.
func (h maskedLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	masked := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		masked[i] = h.mask(a)
	}
	return maskedLog{h.Handler.WithAttrs(masked), h.masker}
}

// WithGroup opens a group.
func (h maskedLog) WithGroup(name string) slog.Handler {
	return maskedLog{h.Handler.WithGroup(name), h.masker}
}

// mask masks texts, and what is written as one. Numbers and times tell of nobody.
func (h maskedLog) mask(a slog.Attr) slog.Attr {
	switch v := a.Value.Resolve(); v.Kind() {
	case slog.KindString:
		return slog.String(a.Key, h.masker.Text(v.String()))
	case slog.KindGroup:
		var members []any
		for _, member := range v.Group() {
			members = append(members, h.mask(member))
		}
		return slog.Group(a.Key, members...)
	case slog.KindAny:
		if text := fmt.Sprint(v.Any()); h.masker.Text(text) != text {
			return slog.String(a.Key, h.masker.Text(text))
		}
	}
	return a
}
