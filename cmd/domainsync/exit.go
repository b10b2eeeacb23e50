package main

import (
	"errors"
	"fmt"
	"slices"
)

// The exit codes of the process.
const (
	exitDone    = 0 // done, nothing to do, or only what waits for something else
	exitError   = 1 // wrong input, or the command could not be carried out
	exitPending = 2 // changes are unapproved, or pending with --detailed-exitcode
	exitGuard   = 3 // a guard refuses the plan
	exitFailed  = 4 // something failed, is unknown, stale, missing, blocked or differs
	exitOpen    = 5 // interrupted or in doubt: resume
	exitHeld    = 6 // another run holds the account
)

// precedence lists the codes from the one that says most: what is open may
// cost money, what failed needs a person, what is refused was not begun.
var precedence = []int{exitHeld, exitOpen, exitFailed, exitGuard, exitError, exitPending}

// exitCode returns the one code for all that happened.
func exitCode(codes ...int) int {
	for _, c := range precedence {
		if slices.Contains(codes, c) {
			return c
		}
	}
	return exitDone
}

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
	if c := exitCode(codes...); c != exitDone {
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
