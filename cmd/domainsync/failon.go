package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/job"
)

// failingSeverities are the values of --fail-on. What is known fails no run.
var failingSeverities = []string{string(job.Page), string(job.Ticket), string(job.Notice)}

func addFailOn(cmd *cobra.Command, severities *[]string) {
	cmd.Flags().StringSliceVar(severities, "fail-on", nil,
		"exit code 4 for all conditions of these `severities` (page,ticket), and for no others; without it each kind decides, as docs/conditions.md lists")
	completeWith(cmd, "fail-on", failingSeverities...)
}

// parseFailOn reads the values of --fail-on; nil: it is not given.
func parseFailOn(values []string) ([]job.Severity, error) {
	if values != nil && len(values) == 0 {
		return nil, fmt.Errorf("--fail-on= names no severity: choose %s, or leave it out", alternatives(failingSeverities))
	}
	var all []job.Severity
	for _, value := range values {
		name := strings.TrimSpace(value)
		if !slices.Contains(failingSeverities, name) {
			return nil, fmt.Errorf("--fail-on=%s: no severity is called %q%s", strings.Join(values, ","), value, cmp.Or(perhaps(name, failingSeverities), ": choose "+alternatives(failingSeverities)))
		}
		all = append(all, job.Severity(name))
	}
	return all, nil
}
