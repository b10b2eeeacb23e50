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
	o, diags, err := a.loadPolicy()
	if err != nil {
		return nil, err
	}
	if err := diags.WriteText(a.stderr, width(a.stderr), a.colors(a.stderr)); err != nil {
		return nil, err
	}
	return o, policyWrong(diags)
}

// loadPolicy reads the operator's policy as it stands, and what is wrong with it; nil
// without an error there: nobody has named one.
func (a *app) loadPolicy() (*config.OperatorPolicy, config.Diagnostics, error) {
	path := a.flags.policy
	if path == "" {
		var err error
		if path, err = a.named(policyVariable); path == "" {
			return nil, config.Diagnostics{}, err
		}
	}
	o, diags := config.LoadOperatorPolicy(path)
	return o, diags, nil
}

// policyHas begins what is said of mistakes in the operator's policy.
const policyHas = "the operator's policy has"

// policyWrong is the error of a policy with mistakes.
func policyWrong(diags config.Diagnostics) error {
	if !diags.HasErrors() {
		return nil
	}
	return &exit{code: exitError, said: shortly(policyHas, diags)}
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
