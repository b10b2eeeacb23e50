package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// An accepted pattern says of what is blocked or missing that it is known. It is
// shown, and is no reason for an exit code. A threat to a name is known only where
// its ID is given: what begins to threaten a name is another matter than what was
// accepted of it.
type accepted struct {
	pattern   string
	names     planner.Selection
	attribute string // or the ID of a threat; "": all attributes
	look      string // only what looks so ([job.Look]); "": what was accepted, or is new
}

func addAccept(cmd *cobra.Command, a *app, patterns *[]string) {
	cmd.Flags().StringArrayVar(patterns, "accept", nil,
		"no exit code 4 for what is blocked or missing of the names that match the `pattern`, as in example.com or *.gov/ds_records, or for a threat to them, as in example.com/transfer_out; what looks different than when it was accepted is not accepted any more (repeatable)")
	must(cmd.RegisterFlagCompletionFunc("accept", a.completeNames))
}

// lookForm is the form of what tells how something looked that is accepted.
var lookForm = regexp.MustCompile(`^[0-9a-f]{8}$`)

// parseAccept reads the values of --accept: a pattern of names, an attribute where
// only that is meant, and how it looks where nothing else is.
func parseAccept(patterns []string) ([]accepted, error) {
	var all []accepted
	for _, pattern := range patterns {
		of, look, exact := strings.Cut(pattern, "=")
		if exact && !lookForm.MatchString(look) {
			return nil, fmt.Errorf("--accept %s: %q does not say how something looks: copy it from what a run proposes, as in example.com/nameservers=1a2b3c4d", pattern, look)
		}
		name, attribute, part := strings.Cut(of, "/")
		names, err := planner.Select([]string{name})
		if err != nil {
			return nil, fmt.Errorf("--accept: %w", err)
		}
		if part && attr.Lookup(attribute) == nil && !planner.IsThreat(attribute) {
			return nil, fmt.Errorf("--accept %s: no attribute and no threat is called %q%s", pattern, attribute, perhaps(attribute, append(attributeNames(), threatIDs()...)))
		}
		if !planner.CanBeAccepted(attribute) {
			return nil, fmt.Errorf("--accept %s: that nothing keeps a name cannot be accepted. Where it may end, the files say so: lapse in its block, a released block, or expiry_alarm_days = 0 where somebody else looks after it", pattern)
		}
		all = append(all, accepted{pattern, names, attribute, look})
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

func threatIDs() []string {
	var ids []string
	for _, k := range planner.ThreatKinds() {
		if planner.CanBeAccepted(k.ID) {
			ids = append(ids, k.ID)
		}
	}
	return ids
}

func (x accepted) has(name, attribute string) bool {
	return x.names.Has(name) && (x.attribute == attribute || x.attribute == "" && !planner.IsThreat(attribute))
}

// known returns what tells of the blocked changes and missing names of a plan
// that they are accepted, however they look.
func known(all []accepted) func(name, attribute string) bool {
	return func(name, attribute string) bool {
		return slices.ContainsFunc(all, func(x accepted) bool { return x.look == "" && x.has(name, attribute) })
	}
}

// acceptanceOf is what the flags of a run say of its conditions.
func acceptanceOf(all []accepted, failOn []job.Severity) job.Acceptance {
	return job.Acceptance{
		Known: known(all),
		KnownAs: func(name, attribute, look string) bool {
			return slices.ContainsFunc(all, func(x accepted) bool { return x.look == look && x.has(name, attribute) })
		},
		FailOn: failOn,
	}
}

// sayNothingRemembers says that a plan without a state accepts whatever matches.
func (a *app) sayNothingRemembers(all []accepted) {
	if slices.ContainsFunc(all, func(x accepted) bool { return x.look == "" }) {
		a.log.Info("a plan against a snapshot has no state, so what is accepted is not compared with what it looked like before")
	}
}

// remind names the accepted names that are neither blocked, missing nor threatened
// any more: their patterns can be removed, before they accept something new.
func (a *app) remind(all []accepted, p *planner.Plan) {
	for _, x := range all {
		threatened := slices.ContainsFunc(p.Threats, func(t planner.Threat) bool { return x.has(t.Domain, t.ID) })
		if x.names.Exact() && !threatened && !p.Troubled(func(name, attribute string) bool { return !x.has(name, attribute) }) {
			a.log.Warn("nothing of what is accepted is blocked, missing or threatened", "accept", x.pattern)
		}
	}
}

// propose says how to accept what is blocked or missing: where it is known, it is no
// reason for an exit code.
func (a *app) propose(all []accepted, p *planner.Plan) {
	var patterns []string
	p.Troubled(func(name, attribute string) bool {
		if !slices.ContainsFunc(all, func(x accepted) bool { return x.has(name, attribute) }) {
			patterns = append(patterns, "--accept "+strings.TrimSuffix(name+"/"+attribute, "/"))
		}
		return true // and the next one
	})
	slices.Sort(patterns)
	if patterns = slices.Compact(patterns); len(patterns) > 0 {
		shown := min(len(patterns), proposed)
		a.log.Info("what is blocked or missing makes the exit code 4; what is known can be accepted", "flags", words.List(patterns[:shown], len(patterns)-shown))
	}
}

// proposed is how many flags are proposed at once.
const proposed = 3

// acceptedView reminds of what is accepted and no longer there, and of what can be.
type acceptedView struct {
	app    *app
	accept []accepted
}

func (v *acceptedView) failure() error { return nil }

func (v *acceptedView) show(e job.Event) {
	if d, ok := e.Details.(job.Planned); ok {
		v.app.remind(v.accept, d.Plan)
		v.app.propose(v.accept, d.Plan)
	}
}
