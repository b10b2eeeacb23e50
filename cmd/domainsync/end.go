package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/job"
	runrender "github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/internal/inert"
)

// The reasons of an exit code that no condition of a run gives: an error ended the
// command. Those of conditions are their kinds.
const (
	becauseError       = "error"
	becauseStopped     = "stopped"      // interrupted before anything was sent
	becauseInterrupted = "interrupted"  // while something is open: also a condition
	becauseJournal     = "journal"      // it could not be written
	becauseTakenOver   = "taken_over"   // another run took the account over
	becauseAccountHeld = "account_held" // another run holds it
)

// errorReason is such a reason with its code.
type errorReason struct {
	code   int
	reason string
}

// errorReasons are these reasons with their codes.
var errorReasons = []errorReason{
	{exitError, becauseError},
	{exitError, becauseStopped},
	{exitOpen, becauseInterrupted},
	{exitOpen, becauseJournal},
	{exitOpen, becauseTakenOver},
	{exitHeld, becauseAccountHeld},
}

// saysEnd makes a command say in its last line with which exit code it ends, and
// why, unless it ends well.
func saysEnd(cmd *cobra.Command) *cobra.Command {
	if cmd.Annotations == nil {
		cmd.Annotations = make(map[string]string)
	}
	cmd.Annotations[endAnnotation], cmd.Annotations[quietAnnotation] = "true", "true"
	return cmd
}

const endAnnotation = "domainsync_says_end"

// end tells how a command ended, wherever that is to be read, and returns its exit
// code.
func (a *app) end(ctx context.Context, cmd *cobra.Command, args []string, err error) int {
	err = a.endQuiet(err)
	report := a.reportFile(cmd, args)
	err = a.saveReport(report, err)
	saved := codeOf(err)
	err = a.saveMetrics(cmd, err)
	if a.lines != nil || wantsLines(cmd, args) {
		err = a.endLines(err)
	}
	if closeErr := a.stdout.Close(); err == nil {
		err = closeErr
	}
	if codeOf(err) != saved { // it was not known yet that standard output cannot be written
		err = a.saveReport(report, err)
	}
	a.heartbeat(ctx, cmd)
	a.stderr.rest()
	a.sayEnd(cmd, err)
	return codeOf(err)
}

// sayEnd prints what remains to be said of an error, and the last line.
func (a *app) sayEnd(cmd *cobra.Command, err error) {
	text, last := a.masker.Text(message(err)), ""
	if cmd.Annotations[endAnnotation] != "" {
		last = a.endOf(err).Line
	}
	if text != "" && !strings.HasSuffix(last, inert.Text(text)) {
		fmt.Fprintf(a.stderr, "Error: %s\n", inert.Lines(text))
	}
	if last != "" {
		fmt.Fprintln(a.stderr, last)
	}
}

// endOf returns how a command ended with an error, nil for none.
func (a *app) endOf(err error) runrender.End {
	end := runrender.End{ExitCode: codeOf(err), Message: a.masker.Text(cmp.Or(message(err), saidBefore(err))), At: a.clock.Now()}
	if end.ExitCode == exitDone {
		return end
	}
	all := conditionsFor(a.ended, end.ExitCode)
	end.Reason = becauseOf(err)
	if len(all) > 0 {
		end.Reason = all[0].ID
	}
	end.Line = runrender.LastLine(end, all)
	return end
}

// conditionsFor are those that give a run its exit code; a run that is nil has none.
func conditionsFor(r *job.Result, code int) (all []job.Condition) {
	if r == nil {
		return nil
	}
	for _, c := range r.Conditions {
		if c.Makes != "" && codeByReason(c.Makes) == code {
			all = append(all, c)
		}
	}
	return all
}

// codeByReason is the exit code for a reason where everything makes one.
func codeByReason(r job.Reason) int {
	if r == job.Pending {
		return exitPending
	}
	return job.ExitCodeFor(r)
}

// becauseOf returns the reason of an error that ended a command.
func becauseOf(err error) string {
	for e, ok := errors.AsType[*exit](err); ok; e, ok = errors.AsType[*exit](e.err) {
		if e.reason != "" {
			return e.reason
		}
	}
	return becauseError
}
