package main

import (
	"fmt"

	"github.com/domainsync/domainsync/internal/words"
	"github.com/spf13/cobra"
)

func newValidate(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "validate",
		Short: "Check the configuration",
		Long:  "Reads the configuration and reports every mistake. No account is asked, and no credentials are needed.",
		Args:  noArgs,
		RunE:  func(*cobra.Command, []string) error { return a.validate() },
	}
}

func (a *app) validate() error {
	p, err := a.load()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "The configuration is valid: %s.\n", words.Count(len(p.Domains), "name"))
	return err
}
