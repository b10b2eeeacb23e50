package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
)

// An accepted pattern says of what is blocked or missing that it is known. It is
// shown, and is no reason for an exit code.
type accepted struct {
	pattern   string
	names     planner.Selection
	attribute string // "": all
}

func addAccept(cmd *cobra.Command, a *app, patterns *[]string) {
	cmd.Flags().StringArrayVar(patterns, "accept", nil,
		"no exit code 4 for what is blocked or missing of the names that match the `pattern`, as in example.com or *.gov/ds_records (repeatable)")
	must(cmd.RegisterFlagCompletionFunc("accept", a.completeNames))
}

// parseAccept reads the values of --accept: a pattern of names, and an attribute
// where only that is meant.
func parseAccept(patterns []string) ([]accepted, error) {
	var all []accepted
	for _, pattern := range patterns {
		name, attribute, part := strings.Cut(pattern, "/")
		names, err := planner.Select([]string{name})
		if err != nil {
			return nil, fmt.Errorf("--accept: %w", err)
		}
		if part && attr.Lookup(attribute) == nil {
			return nil, fmt.Errorf("--accept %s: no attribute is called %q%s", pattern, attribute, perhaps(attribute, attributeNames()))
		}
		all = append(all, accepted{pattern, names, attribute})
	}
	return all, nil
}

// idleAccept finds the patterns that accept nothing because the files declare no
// name of that kind: what they were meant for would stay red.
func idleAccept(all []accepted, p *config.Portfolio) error {
	for _, x := range all {
		if err := x.names.Idle(p); err != nil {
			return fmt.Errorf("--accept %w", err)
		}
	}
	return nil
}

func (x accepted) has(name, attribute string) bool {
	return x.names.Has(name) && (x.attribute == "" || x.attribute == attribute)
}

// known returns what tells of the blocked changes and missing names of a plan
// that they are accepted.
func known(all []accepted) func(name, attribute string) bool {
	return func(name, attribute string) bool {
		for _, x := range all {
			if x.has(name, attribute) {
				return true
			}
		}
		return false
	}
}

// remind names the accepted names that are neither blocked nor missing any
// more: their patterns can be removed, before they accept something new.
func (a *app) remind(all []accepted, p *planner.Plan) {
	for _, x := range all {
		if x.names.Exact() && !p.Troubled(func(name, attribute string) bool { return !x.has(name, attribute) }) {
			a.log.Warn("nothing of what is accepted is blocked or missing", "accept", x.pattern)
		}
	}
}

// acceptedView reminds of what is accepted and no longer there.
type acceptedView struct {
	app    *app
	accept []accepted
}

func (v *acceptedView) failure() error { return nil }

func (v *acceptedView) show(e job.Event) {
	if d, ok := e.Details.(job.Planned); ok {
		v.app.remind(v.accept, d.Plan)
	}
}
