package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner"
)

// ramPolicy is a policy of RAM, the service's access control.
type ramPolicy struct {
	Version   string         `json:"Version"`
	Statement []ramStatement `json:"Statement"`
}

type ramStatement struct {
	Effect   string   `json:"Effect"`
	Action   []string `json:"Action"`
	Resource string   `json:"Resource"`
}

func newAPIPolicy(a *app) *cobra.Command {
	var readOnly bool
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Print the least permissions that the files need",
		Long: `Prints a policy of RAM, the service's access control, that permits what plans and
applies of these files call, and nothing else: of the attributes that they declare,
of what is read beside them to be safe, and of following tasks. With --read-only it
permits what a plan needs, and no change. docs/permissions.md says more.`,
		Example: `  domainsync api policy --dir accounts/corp
  domainsync api policy --read-only`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return a.policy(readOnly) },
	}
	cmd.Flags().BoolVar(&readOnly, "read-only", false, "only what plans need")
	return cmd
}

func (a *app) policy(readOnly bool) error {
	p, err := a.loadAnd(noWarnings)
	if err != nil {
		return err
	}
	var actions, unstated []string
	for _, name := range planner.Operations(p, readOnly) {
		of, stated := wire.RAMActions(name)
		if actions = append(actions, of...); !stated {
			unstated = append(unstated, name)
		}
	}
	slices.Sort(actions)
	if len(unstated) > 0 {
		a.log.Info("the service does not say which actions permit some operations: their own names stand in the policy", "operations", join(unstated))
	}
	return a.printJSON(ramPolicy{"1", []ramStatement{{
		Effect: "Allow", Action: slices.Compact(actions), Resource: fmt.Sprintf("acs:domain:*:%s:*", cmp.Or(p.Account.ID, "*")),
	}}})
}
