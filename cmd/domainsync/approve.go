package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

// allHazards is what --auto-approve stands for without a list.
const allHazards = "all"

// hazardNames are the values of --auto-approve.
func hazardNames() []string {
	names := []string{allHazards}
	for _, h := range attr.Hazards() {
		names = append(names, string(h))
	}
	return names
}

// parseApproval reads the values of --auto-approve: which changes may be made
// without a question. Nil approves all of them.
func parseApproval(values []string) (*planner.Approval, error) {
	all, v := len(values) == 0, &planner.Approval{}
	for _, value := range values {
		hazard := attr.Hazard(strings.TrimSpace(value))
		switch {
		case string(hazard) == allHazards:
			all = true
		case slices.Contains(attr.Hazards(), hazard):
			v.Hazards = append(v.Hazards, hazard)
		default:
			return nil, fmt.Errorf("--auto-approve=%s: no hazard is called %q; choose %s", strings.Join(values, ","), value, alternatives(attr.Hazards()))
		}
	}
	if all {
		return nil, nil
	}
	return v, nil
}

// hazardsOf returns the hazards of what an apply of the plan would do, from
// the least. A temporary unlock needs no word of its own.
func hazardsOf(p *planner.Plan) []attr.Hazard {
	present := make(map[attr.Hazard]bool)
	for _, c := range slices.Concat(p.Executed(), p.Follows()) {
		present[c.Hazard] = present[c.Hazard] || !c.Temporary()
	}
	if len(p.OwedRelocks) > 0 {
		present[attr.LockHazard] = true
	}
	present[attr.PolicyHazard] = p.LoosensPolicy()
	return slices.DeleteFunc(attr.Hazards(), func(h attr.Hazard) bool { return !present[h] })
}

// asks has a job ask whoever is at the terminal.
func (a *app) asks(j *job.Job) {
	if j.Approve = a.approve; a.isAsked() {
		j.Person = a.person()
	}
}

// isAsked reports whether there is somebody to ask.
func (a *app) isAsked() bool {
	_, ok := terminal(a.stdin)
	return ok
}

// addBreakGlass adds the flag that makes changes without the persons of a fleet.
func addBreakGlass(cmd *cobra.Command, f *runFlags) {
	cmd.Flags().Var((*reasonValue)(&f.breakGlass), "break-glass", "make what the account's fleet has persons approve without them, for a `reason` that is recorded and told to everybody")
}

// reasonValue is the value of a flag that says why.
type reasonValue string

// Set refuses to say nothing.
func (v *reasonValue) Set(text string) error {
	if *v = reasonValue(strings.TrimSpace(text)); *v == "" {
		return errors.New("say why, for those who are told")
	}
	return nil
}

// String returns the reason.
func (v *reasonValue) String() string { return string(*v) }

// Type is what its value is.
func (v *reasonValue) Type() string { return "string" }

// approve asks whether a plan may be applied. Where there is nobody to ask, it may
// if persons have approved all of it before.
func (a *app) approve(ctx context.Context, p *planner.Plan) (by string, err error) {
	if a.isAsked() {
		return a.person(), a.ask(ctx, "Apply these changes?")
	}
	if len(p.Approved) > 0 && len(p.Unasked()) == 0 && !p.LoosensPolicy() {
		return "", nil
	}
	return "", failed(exitError, "the plan needs approval and standard input is no terminal: use --auto-approve=%s", join(hazardsOf(p)))
}

// approveAll lets a plan pass whatever it does, and says so.
func (a *app) approveAll(_ context.Context, p *planner.Plan) (by string, err error) {
	a.log.Info("approved by --auto-approve without a list: every hazard", "hazards", join(hazardsOf(p)))
	return "", nil
}

// person is who runs the program, as far as the system says.
func (a *app) person() string {
	return cmp.Or(a.getenv("USER"), a.getenv("LOGNAME"), a.getenv("USERNAME"), "somebody")
}

// ask asks a question and waits for "yes".
func (a *app) ask(ctx context.Context, question string) error {
	if err := a.speak(); err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "\n%s Only \"yes\" is taken as yes: ", question)
	answer := make(chan string, 1)
	// The read of a terminal cannot be called off: it ends with the process.
	go func() {
		line, err := bufio.NewReader(a.stdin).ReadString('\n')
		if err != nil && err != io.EOF {
			line = ""
		}
		answer <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		return failedFor(becauseStopped, "interrupted; nothing was changed")
	case text := <-answer:
		if text != "yes" {
			return failed(exitError, "not approved; nothing was changed")
		}
		return nil
	}
}

// join writes values for people.
func join[T ~string](values []T) string {
	text := make([]string, len(values))
	for i, v := range values {
		text[i] = string(v)
	}
	return strings.Join(text, ",")
}
