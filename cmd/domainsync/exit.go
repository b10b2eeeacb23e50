package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/domainsync/domainsync/executor/job"
)

// The exit codes of the process.
const (
	exitDone    = job.ExitDone
	exitError   = job.ExitError
	exitPending = job.ExitPending
	exitGuard   = job.ExitGuard
	exitFailed  = job.ExitFailed
	exitOpen    = job.ExitOpen
	exitHeld    = job.ExitHeld
)

// exit ends a command with a code. Without an error everything has been said.
type exit struct {
	code   int
	err    error
	reason string // one word; "": [becauseError]
	said   string // without an error: in short, what was said, for who reads standard output alone
}

func (e *exit) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exit) Unwrap() error { return e.err }

// ended returns the end of a command that has said all there is to say.
func ended(codes ...int) error {
	if c := job.ExitCode(codes...); c != exitDone {
		return &exit{code: c}
	}
	return nil
}

// failed returns the end of a command with a code and its reason.
func failed(code int, format string, args ...any) error {
	return &exit{code: code, err: fmt.Errorf(format, args...)}
}

// failedFor is failed for a reason of its own, which has a code in [errorReasons].
func failedFor(reason, format string, args ...any) error {
	at := slices.IndexFunc(errorReasons, func(r errorReason) bool { return r.reason == reason })
	return &exit{code: errorReasons[at].code, reason: reason, err: fmt.Errorf(format, args...)}
}

// codeOf returns the exit code of a command's error.
func codeOf(err error) int {
	if err == nil {
		return exitDone
	}
	if e, ok := errors.AsType[*exit](err); ok {
		return e.code
	}
	return exitError
}

// saidBefore returns in short what was said of a command's error already.
func saidBefore(err error) string {
	if e, ok := errors.AsType[*exit](err); ok {
		return e.said
	}
	return ""
}

// message returns what remains to be said of a command's error.
func message(err error) string {
	if e, ok := errors.AsType[*exit](err); err == nil || ok && e.err == nil {
		return ""
	}
	return err.Error()
}
