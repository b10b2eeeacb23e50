package main

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
)

func newProfiles(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "profiles",
		Short: "List the registrant profiles of the account",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newProfilesList(a))
	return cmd
}

var profileColumns = []column[wire.RegistrantProfile]{
	{"profile", func(p *wire.RegistrantProfile) any { return p.RegistrantProfileID }},
	{"default", func(p *wire.RegistrantProfile) any {
		return valueUnlessLacking(p.Lacks, "DefaultRegistrantProfile", p.DefaultRegistrantProfile)
	}},
	{"registries", func(p *wire.RegistrantProfile) any { return string(p.RegistrantProfileType) }},
	{"holder", func(p *wire.RegistrantProfile) any {
		switch p.RegistrantType {
		case wire.Organization:
			return "organisation"
		case wire.Person:
			return "person"
		}
		return nil
	}},
	{"organization", func(p *wire.RegistrantProfile) any { return p.RegistrantOrganization }},
	{"name", func(p *wire.RegistrantProfile) any { return p.RegistrantName }},
	{"country", func(p *wire.RegistrantProfile) any { return p.Country }},
	{"email", func(p *wire.RegistrantProfile) any { return p.Email }},
	{"email_verified", func(p *wire.RegistrantProfile) any {
		return valueUnlessLacking(p.Lacks, "EmailVerificationStatus", p.EmailVerificationStatus == wire.EmailVerified)
	}},
	{"real_name", func(p *wire.RegistrantProfile) any { return string(p.RealNameStatus) }},
	{"changed", func(p *wire.RegistrantProfile) any { return p.UpdateTime }},
}

func newProfilesList(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the registrant profiles of persons and organisations",
		Args:  noArgs,
		RunE: a.withAccount(func(ctx context.Context, s *service, _ []string) error {
			return list(a, format, profileColumns, s.profiles(ctx))
		}),
	}
	addFormat(cmd, &format)
	return cmd
}

// profiles lists all registrant profiles. A query shows those of persons or of
// organisations, and may show those for one kind of registries alone.
func (s *service) profiles(ctx context.Context) iter.Seq2[wire.RegistrantProfile, error] {
	return func(yield func(wire.RegistrantProfile, error) bool) {
		seen := make(map[int64]bool)
		for _, r := range wire.ProfileQueries() {
			for p, err := range s.profilesOf(ctx, r) {
				if err == nil && seen[p.RegistrantProfileID] {
					continue
				}
				seen[p.RegistrantProfileID] = true
				if !yield(p, err) || err != nil {
					return
				}
			}
		}
	}
}

// profilesOf lists the profiles that one question asks for; one that the service
// refuses for its kind of registries is asked otherwise.
func (s *service) profilesOf(ctx context.Context, r wire.QueryRegistrantProfilesRequest) iter.Seq2[wire.RegistrantProfile, error] {
	return func(yield func(wire.RegistrantProfile, error) bool) {
		for p, err := range s.QueryRegistrantProfilesAll(ctx, &r) {
			if instead, ok := r.Respelled(); ok && wire.OutcomeOf(err) == wire.Refused && !wire.StopsOperation(err) {
				s.profilesOf(ctx, instead)(yield)
				return
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}
