package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/agext/levenshtein"
	"github.com/spf13/cobra"
)

// exactly wants one argument for each name.
func exactly(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(names) {
			return nil
		}
		return usageError(cmd, fmt.Errorf("%s takes %s", cmd.CommandPath(), strings.Join(names, " ")))
	}
}

// atLeastOne wants one argument or more.
func atLeastOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return nil
		}
		return usageError(cmd, fmt.Errorf("%s takes one %s or more", cmd.CommandPath(), name))
	}
}

// didYouMean names what is spelled like a name, or holds it.
func didYouMean(name string, candidates []string) string {
	type near struct {
		name     string
		distance int
	}
	var found []near
	low := strings.ToLower(name)
	for _, c := range candidates {
		other := strings.ToLower(c)
		distance := levenshtein.Distance(low, other, nil)
		if distance <= 1+len(c)/4 || len(low) >= 4 && strings.Contains(other, low) {
			found = append(found, near{c, distance})
		}
	}
	slices.SortStableFunc(found, func(x, y near) int { return cmp.Compare(x.distance, y.distance) })
	var names []string
	for _, f := range found[:min(len(found), 3)] {
		if f.distance <= 2*found[0].distance+1 {
			names = append(names, f.name)
		}
	}
	if len(names) == 0 {
		return "."
	}
	return ". Did you mean " + strings.Join(names, " or ") + "?"
}
