package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
)

var changeLogColumns = []column[wire.ChangeLog]{
	{"time", func(e *wire.ChangeLog) any { return e.Time }},
	{"domain", func(e *wire.ChangeLog) any { return wire.UnicodeName(e.DomainName) }},
	{"operation", func(e *wire.ChangeLog) any { return e.Operation }},
	{"details", func(e *wire.ChangeLog) any { return e.Details }},
	{"result", func(e *wire.ChangeLog) any { return e.Result }},
	{"address", func(e *wire.ChangeLog) any { return e.OperationIPAddress }},
}

func newLog(a *app) *cobra.Command {
	var name, format string
	var p period
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Show what was done to the names of the account, by anyone",
		Long: `Shows the service's change log: what was done to the names of the account, by
whatever program or person. A query of the service sees 1,000 entries; where
there are more, the time is divided until all are seen. Without --until the log
ends at the time at which it is asked for, by the clock of this machine.`,
		Args: noArgs,
		RunE: a.withAccount(func(ctx context.Context, s *service, _ []string) error {
			now := a.clock.Now()
			since, until, err := p.times(now)
			if err != nil {
				return err
			}
			if until.IsZero() {
				until = now // what comes meanwhile would move entries to the next page, and show them twice
			}
			r := &wire.QueryChangeLogListRequest{StartDate: since, EndDate: until}
			if name != "" {
				if r.DomainName, err = wire.CanonicalName(name); err != nil {
					return err
				}
			}
			return list(a, format, changeLogColumns, s.QueryChangeLogListAll(ctx, r))
		}),
	}
	cmd.Flags().StringVar(&name, "domain", "", "only what was done to this `name`")
	p.addFlags(cmd)
	addFormat(cmd, &format)
	return cmd
}
