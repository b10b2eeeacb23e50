package main

import (
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/lmittmann/tint"
	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/internal/inert"
)

// start checks the flags of every command, and makes the log that they ask for.
func (a *app) start(cmd *cobra.Command) error {
	a.began = a.clock.Now()
	if err := requireFlags(cmd); err != nil {
		return err
	}
	if err := a.checkReport(cmd); err != nil {
		return err
	}
	if q := a.flags.qps; q < 0 || math.IsNaN(q) {
		return fmt.Errorf("--qps %v: give calls a second, or 0 for the files' limits", q)
	}
	if n := a.flags.fileLimits; n <= 0 || math.IsNaN(n) {
		return fmt.Errorf("--file-limits %v: give a number above 0; 1 is what holds without it", n)
	}
	if a.flags.showPersonal {
		a.masker = nil
	}
	a.beQuiet(cmd)
	return a.startLog()
}

// startLog makes the log that the flags ask for.
func (a *app) startLog() error {
	a.stderr.quiet = a.flags.quiet
	level, err := a.level()
	if err != nil {
		return err
	}
	switch a.flags.logFormat {
	case "text":
		a.log = slog.New(maskedLog{tint.NewTextHandler(a.stderr, &tint.Options{
			Level: level, TimeFormat: time.TimeOnly, NoColor: !a.colors(a.stderr),
		}), a.masker})
	case "json":
		a.log = slog.New(maskedLog{slog.NewJSONHandler(inert.JSON(a.stderr), &slog.HandlerOptions{Level: level, ReplaceAttr: timesAsText}), a.masker})
	default:
		return fmt.Errorf("--log-format %q: choose text or json", a.flags.logFormat)
	}
	return nil
}

// timesAsText has a time that something took read as 1m4s: nobody counts nanoseconds.
func timesAsText(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindDuration {
		return slog.String(a.Key, a.Value.Duration().String())
	}
	return a
}

func (a *app) level() (slog.Level, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.flags.logLevel)); err != nil {
		return 0, fmt.Errorf("--log-level %q: choose debug, info, warn or error", a.flags.logLevel)
	}
	if a.flags.quiet {
		level = max(level, slog.LevelWarn)
	}
	return level, nil
}
