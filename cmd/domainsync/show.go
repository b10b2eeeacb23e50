package main

import (
	"github.com/spf13/cobra"
)

func newShow(a *app) *cobra.Command {
	var format string
	var details bool
	cmd := &cobra.Command{
		Use:   "show PLAN",
		Short: "Print a saved plan",
		Long: `Prints a plan that plan --out saved, as plan printed it, in any of its forms. No
account is asked: what has changed since is apply's to find out.`,
		Args: exactly("PLAN"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("--format", format, planFormats...); err != nil {
				return err
			}
			p, err := readPlanFile(args[0])
			if err != nil {
				return err
			}
			if !p.IsMasked {
				p = p.Masked(a.masker)
			}
			return a.print(p, format, details)
		},
	}
	addPlanFormat(cmd, &format, &details)
	return cmd
}
