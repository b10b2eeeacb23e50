package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/planner"
)

// reportVersion is the version of the report's JSON form.
const reportVersion = 1

// savedReport is a report as a file has it.
type savedReport struct {
	FormatVersion int    `json:"format_version"`
	Version       string `json:"version"`
	Endpoint      string `json:"endpoint"`
	Account       string `json:"account"`
	ExitCode      int    `json:"exit_code"`
	*executor.Report
	Stale []planner.Stale `json:"stale"`
}

// conclude prints and saves what became of a run, and ends the command.
func (s *session) conclude(r *executor.Report, stale []planner.Stale, codes []int, file string, cause error) error {
	if err := writeReport(s.app.stdout, r); err != nil {
		return err
	}
	if cause != nil {
		codes = append(codes, codeOf(s.end(cause)))
	}
	if file != "" {
		saved := savedReport{
			FormatVersion: reportVersion, Version: programVersion(), Endpoint: s.endpoint, Account: s.account,
			ExitCode: exitCode(codes...), Report: r, Stale: append([]planner.Stale{}, stale...),
		}
		if err := s.app.saveReport(file, saved); err != nil {
			cause = errors.Join(cause, err)
			codes = append(codes, exitError)
		}
	}
	if cause != nil {
		return &exit{code: exitCode(codes...), err: s.end(cause)}
	}
	return ended(codes...)
}

func (a *app) saveReport(file string, r savedReport) error {
	err := a.writeFile(file, 0o600, func(w io.Writer) error {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	})
	if err != nil {
		return fmt.Errorf("the report cannot be saved: %w", err)
	}
	return nil
}

// good are the standings that need no further word.
var good = []executor.Standing{executor.Verified, executor.Done}

// writeReport prints a report for people: every change that did not come out
// as planned by name, the others by number.
func writeReport(out io.Writer, r *executor.Report) error {
	return buffered(out, func(w io.Writer) error {
		writeOutcomes(w, r)
		for _, list := range []struct {
			title string
			items []string
		}{
			{"Left unlocked: the update lock of these names was opened and not closed", r.Unlocked},
			{"Tasks without all their results", r.OpenTasks},
			{"Trouble", r.Trouble},
		} {
			writeList(w, list.title, list.items)
		}
		writeSummary(w, r)
		return nil
	})
}

func writeOutcomes(w io.Writer, r *executor.Report) {
	for i := range r.Changes {
		if o := &r.Changes[i]; !slices.Contains(good, o.Standing) {
			fmt.Fprintf(w, "%s: %s %s%s\n", o.Standing, o.Domain, o.Attribute, reasonOf(o))
		}
	}
}

// reasonOf is why a change did not come out as planned, with what the
// service's support asks for.
func reasonOf(o *executor.Outcome) string {
	text := strings.TrimPrefix(o.Code+": "+o.Message, ": ")
	text = strings.TrimSuffix(text, ": ")
	var ids []string
	if o.Task != "" {
		ids = append(ids, "task "+o.Task)
	}
	if o.RequestID != "" && !strings.Contains(text, o.RequestID) {
		ids = append(ids, "request "+o.RequestID)
	}
	if len(ids) > 0 {
		text += " (" + strings.Join(ids, ", ") + ")"
	}
	return because(text, "")
}

func writeList(w io.Writer, title string, items []string) {
	if len(items) == 0 {
		return
	}
	fmt.Fprintf(w, "%s:\n", title)
	for _, item := range items {
		fmt.Fprintf(w, "  %s\n", item)
	}
}

// writeSummary counts what a run did.
func writeSummary(w io.Writer, r *executor.Report) {
	if r.Run == 0 {
		return
	}
	var counts []string
	for _, standing := range []executor.Standing{
		executor.Verified, executor.Done, executor.Waiting, executor.Differs, executor.Failed,
		executor.NotSent, executor.Stale, executor.InDoubt,
	} {
		if n := r.Counts[string(standing)]; n > 0 {
			counts = append(counts, thousands(n)+" "+string(standing))
		}
	}
	end := "ended"
	if r.Interrupted {
		end = "interrupted"
	}
	fmt.Fprintf(w, "Run %d %s: %s (%s), %s in %s, %s.\n", r.Run, end, counted(len(r.Changes), "change"),
		strings.Join(counts, ", "), counted(r.Steps, "step"), counted(r.Tasks, "task"),
		time.Duration(r.Seconds*float64(time.Second)).Round(100*time.Millisecond))
	if r.ExitCode() == exitOpen {
		fmt.Fprintf(w, "Something of it is open: domainsync resume finishes it, the next apply settles it and plans again.\n")
	}
}
