package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/inert"
)

func newHosts(a *app) *cobra.Command {
	return newSynchronized(a, "hosts", "the host objects (glue) of names",
		func(ctx context.Context, s *service, name string) (wire.Request, error) {
			d, err := s.QueryDomainByDomainName(ctx, &wire.QueryDomainByDomainNameRequest{DomainName: name})
			if err != nil {
				return nil, err
			}
			return &wire.SaveSingleTaskForSynchronizingDnsHostRequest{InstanceID: d.InstanceID}, nil
		})
}

func newDS(a *app) *cobra.Command {
	return newSynchronized(a, "ds", "the DS records of names",
		func(_ context.Context, _ *service, name string) (wire.Request, error) {
			return &wire.SaveSingleTaskForSynchronizingDSRecordRequest{DomainName: name}, nil
		})
}

// newSynchronized makes the command for something that the service keeps a copy
// of. Whether that is old shows nowhere, so that no plan can ask for it.
func newSynchronized(a *app, use, what string, request func(context.Context, *service, string) (wire.Request, error)) *cobra.Command {
	cmd := &cobra.Command{
		Use:   use,
		Short: "Read " + what + " from the registry anew",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var w waiting
	sync := &cobra.Command{
		Use:   "sync NAME…",
		Short: "Have the service read " + what + " from the registry",
		Long: `The service shows ` + what + ` as it read them last. Where they are
changed at the registry past the service, this has it read them again, and waits
for that. Nothing is changed at the registry, and no plan ever does it.`,
		Args: atLeastOne("NAME"),
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			return a.forEach(args, func(name string) error {
				r, err := request(ctx, s, canonical(name))
				if err != nil {
					return err
				}
				if _, err := s.perform(ctx, r, w); err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "%s: read from the registry\n", inert.Text(name))
				return nil
			})
		}),
	}
	w.addFlag(sync)
	cmd.AddCommand(sync)
	return cmd
}
