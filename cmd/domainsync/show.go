package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/planstore"
	"github.com/domainsync/domainsync/planner"
)

func newShow(a *app) *cobra.Command {
	var format, hash string
	var details bool
	cmd := &cobra.Command{
		Use:   "show [PLAN]",
		Short: "Print a saved or stored plan",
		Long: `Prints a plan that plan --out saved, or with --reviewed one that plan --store has kept
in the state, as plan printed it, in any of its forms. No account is asked: what has
changed since is apply's to find out.`,
		Args: atMostOne("PLAN"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("--format", format, planFormats...); err != nil {
				return err
			}
			p, err := a.planToShow(cmd.Context(), args, hash)
			if err != nil {
				return err
			}
			if !p.IsMasked {
				p = p.Masked(a.masker)
			}
			return a.print(p, format, details)
		},
	}
	cmd.Flags().StringVar(&hash, "reviewed", "", "print the plan that plan --store has kept under a `hash`, instead of a PLAN")
	addPlanFormat(cmd, &format, &details)
	return cmd
}

// planToShow reads a saved plan, or a stored one.
func (a *app) planToShow(ctx context.Context, args []string, hash string) (p *planner.Plan, err error) {
	switch {
	case (len(args) > 0) == (hash != ""):
		return nil, errors.New("say which plan is shown: a PLAN that plan --out saved, or --reviewed with the hash of one that plan --store has kept")
	case hash == "":
		return readPlanFile(args[0])
	}
	if err := planstore.CheckHash(hash); err != nil {
		return nil, fmt.Errorf("--reviewed: %w", err)
	}
	var endpoint, account string
	err = a.readJournal(ctx, func(j *journal.Journal) (err error) {
		endpoint, account, err = j.Binding(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.storedPlan(ctx, hash, endpoint, account)
}
