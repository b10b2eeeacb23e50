package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// policyVariable names the operator's policy where no flag does.
const policyVariable = "DOMAINSYNC_POLICY"

// operatorPolicy reads what the operator permits at most; nil: nobody has said. A policy
// that cannot be read permits nothing, so that the command ends.
func (a *app) operatorPolicy() (*config.OperatorPolicy, error) {
	variable, err := a.named(policyVariable)
	if err != nil && a.flags.policy == "" {
		return nil, err
	}
	path := cmp.Or(a.flags.policy, variable)
	if path == "" {
		return nil, nil
	}
	o, diags := config.LoadOperatorPolicy(path)
	if err := diags.WriteText(a.stderr, width(a.stderr), a.colors(a.stderr)); err != nil {
		return nil, err
	}
	if o == nil {
		return nil, &exit{code: exitError, said: shortly("the operator's policy has", diags)}
	}
	return o, nil
}

// named returns what a variable of the environment says; "": it is not set. One that is
// set and empty is what a script leaves of another one that is not set, and an error.
func (a *app) named(variable string) (string, error) {
	value := a.getenv(variable)
	if value == "" && slices.Contains(a.environ(), variable+"=") {
		return "", fmt.Errorf("%s is set and empty, so that nobody knows what is meant: give it a value, or unset it", variable)
	}
	return value, nil
}

// permits says of operations that a command calls by itself whether the operator's policy
// lets it; nil: all may be called.
func (a *app) permits(o *config.OperatorPolicy) func(operation string) error {
	if o == nil {
		return nil
	}
	_, person := terminal(a.stdin)
	return func(operation string) error {
		known := wire.Lookup(operation)
		if known != nil && known.Access == wire.Read && !known.Asks() {
			return nil
		}
		why := ""
		switch {
		case known == nil && (o.Hazards != nil || o.AutoApprove != nil || o.StatesMoney()):
			why = "nobody knows what the operation does"
		case known != nil && known.Spends && o.StatesMoney():
			why = "what is ordered past an apply cannot be counted against its budget and prices"
		case known != nil:
			for _, h := range attr.HazardsOf(known) {
				why = cmp.Or(why, o.WhyForbidden(h))
				if !person && len(o.Unasked([]attr.Hazard{h})) == 0 {
					why = cmp.Or(why, fmt.Sprintf("it leaves the hazard %s to a person (%s)", h, o.Place("approval.auto_approve")))
				}
			}
		}
		if why == "" {
			return nil
		}
		return fmt.Errorf("%s is not called under the operator's policy: %s", operation, why)
	}
}
