package main

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
)

func newEmails(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "emails",
		Short: "List, verify and delete the e-mail addresses of contacts",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newEmailsList(a), newEmailsVerify(a), newEmailsResend(a), newEmailsDelete(a))
	return cmd
}

var emailColumns = []column[wire.EmailVerification]{
	{"email", func(e *wire.EmailVerification) any { return e.Email }},
	{"verified", func(e *wire.EmailVerification) any { return e.VerificationStatus == wire.EmailVerified }},
	{"mail_sent", func(e *wire.EmailVerification) any { return e.TokenSendTime }},
	{"verified_at", func(e *wire.EmailVerification) any { return e.VerificationTime }},
	{"created", func(e *wire.EmailVerification) any { return e.GmtCreate }},
}

func newEmailsList(a *app) *cobra.Command {
	var format string
	var unverified bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the e-mail addresses, verified or not",
		Args:  noArgs,
		RunE: a.withAccount(func(ctx context.Context, s *service, _ []string) error {
			r := &wire.ListEmailVerificationRequest{}
			if status := wire.EmailUnverified; unverified {
				r.VerificationStatus = &status
			}
			return list(a, format, emailColumns, s.ListEmailVerificationAll(ctx, r))
		}),
	}
	cmd.Flags().BoolVar(&unverified, "unverified", false, "only addresses that are not verified")
	addFormat(cmd, &format)
	return cmd
}

// emailOutcome is what became of one address.
type emailOutcome struct {
	wire.EmailResult
	outcome string
	ok      bool
}

var emailOutcomeColumns = []column[emailOutcome]{
	{"email", func(e *emailOutcome) any { return e.Email }},
	{"outcome", func(e *emailOutcome) any { return e.outcome }},
	{"code", func(e *emailOutcome) any { return e.Code }},
	{"message", func(e *emailOutcome) any { return e.Message }},
}

// outcomes are the addresses of one of an answer's lists.
func outcomes(results []wire.EmailResult, outcome string, ok bool) []emailOutcome {
	var all []emailOutcome
	for _, r := range results {
		all = append(all, emailOutcome{r, outcome, ok})
	}
	return all
}

// listOutcomes shows what became of addresses, and ends the command by it.
func (a *app) listOutcomes(format string, all []emailOutcome) error {
	var t tally
	for _, o := range all {
		if o.ok {
			t.done++
		} else {
			t.failed++
		}
	}
	if err := list(a, format, emailOutcomeColumns, each(all)); err != nil {
		return err
	}
	return t.end()
}

func newEmailsVerify(a *app) *cobra.Command {
	var format, token string
	cmd := &cobra.Command{
		Use:   "verify {ADDRESS… | --token TOKEN}",
		Short: "Send verification mails, or verify an address by the token of its mail",
		Long: `Sends a verification mail to each address: the service sends 500 a day, and the
link in a mail lives three days. With --token an address is verified by the
token of its mail, as following the link does; --token - reads it from standard
input.`,
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			if (token != "") == (len(args) > 0) {
				return errors.New("name the addresses that get a mail, or use --token")
			}
			if token != "" {
				return s.verifyEmail(ctx, token)
			}
			answer, err := s.SubmitEmailVerification(ctx, &wire.SubmitEmailVerificationRequest{Email: args})
			if err != nil {
				return err
			}
			return a.listOutcomes(format, append(append(
				outcomes(answer.SuccessList, "mail sent", true),
				outcomes(answer.ExistList, "mail is out already", true)...),
				outcomes(answer.FailList, "failed", false)...))
		}),
	}
	cmd.Flags().StringVar(&token, "token", "", "`token` of a mail")
	addFormat(cmd, &format)
	return cmd
}

// verifyEmail verifies an address by a token, which "-" reads from standard
// input.
func (s *service) verifyEmail(ctx context.Context, token string) error {
	if token == "-" {
		text, err := io.ReadAll(s.app.stdin)
		if err != nil {
			return err
		}
		token = strings.TrimSpace(string(text))
	}
	_, err := s.VerifyEmail(ctx, &wire.VerifyEmailRequest{Token: token})
	return err
}

func newEmailsResend(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "resend ADDRESS…",
		Short: "Send verification mails again",
		Args:  atLeastOne("ADDRESS"),
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			answer, err := s.ResendEmailVerification(ctx, &wire.ResendEmailVerificationRequest{Email: args})
			if err != nil {
				return err
			}
			return a.listOutcomes(format, append(
				outcomes(answer.SuccessList, "mail sent", true), outcomes(answer.FailList, "failed", false)...))
		}),
	}
	addFormat(cmd, &format)
	return cmd
}

func newEmailsDelete(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "delete ADDRESS…",
		Short: "Delete verified e-mail addresses",
		Long: `Deletes verified e-mail addresses. An address that is needed again must be
verified again.`,
		Args: atLeastOne("ADDRESS"),
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			answer, err := s.DeleteEmailVerification(ctx, &wire.DeleteEmailVerificationRequest{Email: args})
			if err != nil {
				return err
			}
			return a.listOutcomes(format, append(
				outcomes(answer.SuccessList, "deleted", true), outcomes(answer.FailList, "failed", false)...))
		}),
	}
	addFormat(cmd, &format)
	return cmd
}
