package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
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

// approval says which hazards may pass without a question.
type approval struct {
	given   bool
	all     bool
	hazards []attr.Hazard
}

// parseApproval reads the values of --auto-approve.
func parseApproval(given bool, values []string) (approval, error) {
	v := approval{given: given}
	for _, value := range values {
		hazard := attr.Hazard(value)
		switch {
		case value == allHazards:
			v.all = true
		case slices.Contains(attr.Hazards(), hazard):
			v.hazards = append(v.hazards, hazard)
		default:
			return v, fmt.Errorf("--auto-approve=%s: no hazard is called %q; choose %s", strings.Join(values, ","), value, alternatives(attr.Hazards()))
		}
	}
	return v, nil
}

// lacking returns the hazards of a plan that the approval does not cover.
func (v approval) lacking(hazards []attr.Hazard) []attr.Hazard {
	return slices.DeleteFunc(slices.Clone(hazards), func(h attr.Hazard) bool {
		return v.all || h == attr.None || slices.Contains(v.hazards, h)
	})
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
	return slices.DeleteFunc(attr.Hazards(), func(h attr.Hazard) bool { return !present[h] })
}

// approve lets a plan pass, by the flag or by asking.
func (a *app) approve(ctx context.Context, v approval, p *planner.Plan) error {
	hazards := hazardsOf(p)
	if v.given {
		if lacking := v.lacking(hazards); len(lacking) > 0 {
			return failed(exitError, "the plan holds changes of the hazard %s, which --auto-approve=%s does not allow; nothing was changed",
				join(lacking), join(v.hazards))
		}
		if v.all {
			a.log.Info("approved by --auto-approve without a list: every hazard", "hazards", join(hazards))
		}
		return nil
	}
	if _, ok := terminal(a.stdin); !ok {
		return failed(exitError, "the plan needs approval and standard input is no terminal: use --auto-approve=%s", join(hazards))
	}
	return a.ask(ctx, "Apply these changes?")
}

// ask asks a question and waits for "yes".
func (a *app) ask(ctx context.Context, question string) error {
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
		return failed(exitOpen, "interrupted; nothing was changed")
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
