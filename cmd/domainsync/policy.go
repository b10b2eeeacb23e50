package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/internal/words"
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
		return nil, &exit{code: exitError, said: fmt.Sprintf("the operator's policy has %s: %s", words.Count(len(diags.Errs()), "error"), firstError(diags))}
	}
	return o, nil
}

// firstError returns what the first error is, and where.
func firstError(diags config.Diagnostics) string {
	for _, d := range diags.Diagnostics {
		if d.Severity == hcl.DiagError {
			return d.Summary
		}
	}
	return ""
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
