package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
)

func newAudits(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "audits",
		Short: "Submit and follow operation audits, which move names to another account",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAuditsList(a), newAuditsShow(a), newAuditsSubmit(a), newAuditsCancel(a))
	return cmd
}

// auditStates says in words what the service has numbers for.
var auditStates = map[wire.AuditStatus]string{
	wire.AuditWaiting: "waits for documents", wire.AuditReview1: "in review", wire.AuditReview2: "in review", wire.AuditReview3: "in review",
	wire.AuditReview4: "in review", wire.AuditFailed: "failed", wire.AuditPassed: "passed", wire.AuditCancelled: "cancelled",
}

var auditColumns = []column[wire.OperationAuditItem]{
	{"audit", func(i *wire.OperationAuditItem) any { return i.AuditID }},
	{"type", func(i *wire.OperationAuditItem) any {
		return cmp.Or(i.BusinessName, strconv.Itoa(int(i.AuditType)))
	}},
	{"state", func(i *wire.OperationAuditItem) any {
		return valueUnlessLacking(i.Lacks, "AuditStatus", cmp.Or(auditStates[i.AuditStatus], strconv.Itoa(int(i.AuditStatus))))
	}},
	{"domains", func(i *wire.OperationAuditItem) any { return readableNames(i.DomainName) }},
	{"created", func(i *wire.OperationAuditItem) any { return i.CreateTime }},
	{"changed", func(i *wire.OperationAuditItem) any { return i.UpdateTime }},
	{"remark", func(i *wire.OperationAuditItem) any { return i.Remark }},
}

func readableNames(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = wire.UnicodeName(name)
	}
	return all
}

func newAuditsList(a *app) *cobra.Command {
	var format, name string
	var open bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the audits of the account",
		Args:  noArgs,
		RunE: a.withAccount(func(ctx context.Context, s *service, _ []string) error {
			all := s.QueryOperationAuditInfoListAll(ctx, &wire.QueryOperationAuditInfoListRequest{DomainName: canonical(name)})
			return list(a, format, auditColumns, filterRows(all, func(i *wire.OperationAuditItem) bool {
				return !open || !i.AuditStatus.Ended()
			}))
		}),
	}
	cmd.Flags().StringVar(&name, "domain", "", "only audits of this `name`")
	cmd.Flags().BoolVar(&open, "open", false, "only audits that have not ended")
	addFormat(cmd, &format)
	return cmd
}

func newAuditsShow(a *app) *cobra.Command {
	var format string
	var secrets bool
	cmd := &cobra.Command{
		Use:   "show AUDIT",
		Short: "Show one audit",
		Long: `Shows one audit. Who asks for it and why, with the numbers of identity documents,
is shown with --show-secrets only.`,
		Args: exactly("AUDIT"),
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			id, err := auditNumber(args[0])
			if err != nil {
				return err
			}
			answer, err := s.QueryOperationAuditInfoDetail(ctx, &wire.QueryOperationAuditInfoDetailRequest{AuditRecordID: id})
			if err != nil {
				return err
			}
			columns := auditColumns
			if secrets {
				columns = append(columns[:len(columns):len(columns)], column[wire.OperationAuditItem]{"info", func(i *wire.OperationAuditItem) any { return i.AuditInfo }})
			}
			return showOne(a, format, columns, &wire.OperationAuditItem{AuditID: answer.AuditID, OperationAudit: answer.OperationAudit})
		}),
	}
	addShowSecrets(cmd, &secrets)
	addFormat(cmd, &format)
	return cmd
}

func auditNumber(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, fmt.Errorf("%q is no audit: give a number of domainsync audits list", text)
	}
	return id, nil
}

// submission is what an audit is submitted with.
type submission struct {
	info, documents string // files
	audit           int64
	yes             bool
}

func newAuditsSubmit(a *app) *cobra.Command {
	var f submission
	cmd := &cobra.Command{
		Use:   "submit NAME… --info FILE [--documents FILE]",
		Short: "Open or change an audit that moves names to another account",
		Long: `Opens an audit that moves names to another account of the service, or changes the
one of --audit. Who asks and why stands in a file as JSON, for a person:

  {"regType": 1, "registrantName": "Ada Example", "registrantNo": "…",
   "telephone": "2000000000", "account": "hostmaster@example.com", "reason": 1}

for an organisation regType is 2, and operatorName, operatorNo, operatorPhone
and companyNo stand for registrantNo and telephone. Documents that were uploaded
before are handed in with --documents, as JSON:

  [{"credentialType": "SHSQB", "credentialUrl": "…"}]`,
		Args: atLeastOne("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			info, documents, err := f.read()
			if err != nil {
				return err
			}
			return a.withAccount(func(ctx context.Context, s *service, args []string) error {
				if err := a.confirm(ctx, f.yes, fmt.Sprintf("This asks for %s to be moved to the account %s", strings.Join(args, ", "), info.Account)); err != nil {
					return err
				}
				return s.submitAudit(ctx, args, f, info, documents)
			})(cmd, args)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.info, "info", "", "`file` that says who asks and why")
	flags.StringVar(&f.documents, "documents", "", "`file` that lists the uploaded documents")
	flags.Int64Var(&f.audit, "audit", 0, "`number` of the audit to change")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	must(cmd.MarkFlagRequired("info"))
	return cmd
}

// read reads and checks the files.
func (f submission) read() (info wire.TransferAuditInfo, documents []wire.Credential, err error) {
	if err := readJSONFile(f.info, &info); err != nil {
		return info, nil, err
	}
	switch {
	case info.RegType != 1 && info.RegType != 2:
		return info, nil, fmt.Errorf("%s: regType is %d, neither 1 (a person) nor 2 (an organisation)", f.info, info.RegType)
	case info.RegistrantName == "" || info.Account == "":
		return info, nil, fmt.Errorf("%s: registrantName and account must be there", f.info)
	}
	if f.documents == "" {
		return info, nil, nil
	}
	if err := readJSONFile(f.documents, &documents); err != nil {
		return info, nil, err
	}
	if len(documents) == 0 {
		return info, nil, fmt.Errorf("%s lists no document", f.documents)
	}
	return info, documents, nil
}

// readJSONFile reads a file whose members are all known. Its errors show
// nothing of what it holds.
func readJSONFile(name string, into any) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	d := json.NewDecoder(file)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if d.More() {
		return fmt.Errorf("%s: %w", name, errors.New("there is more than one value"))
	}
	return nil
}

func (s *service) submitAudit(ctx context.Context, names []string, f submission, info wire.TransferAuditInfo, documents []wire.Credential) error {
	r := &wire.SubmitOperationAuditInfoRequest{AuditID: f.audit, AuditType: wire.AuditTransfer, AuditInfo: info.Text()}
	for _, name := range names {
		r.DomainName = append(r.DomainName, canonical(name))
	}
	answer, err := s.SubmitOperationAuditInfo(ctx, r)
	if err != nil {
		return err
	}
	id := cmp.Or(answer.AuditID, f.audit)
	fmt.Fprintf(s.app.stdout, "audit %d\n", id)
	if documents == nil {
		return nil
	}
	_, err = s.SubmitOperationCredentials(ctx, &wire.SubmitOperationCredentialsRequest{
		AuditRecordID: id, AuditType: wire.AuditTransfer, RegType: wire.RegistrantType(strconv.Itoa(info.RegType)), Credentials: wire.CredentialsText(documents),
	})
	if err != nil {
		return fmt.Errorf("audit %d was submitted without its documents, so submit it again with --audit %d: %w", id, id, err)
	}
	return nil
}

func newAuditsCancel(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "cancel AUDIT…",
		Short: "Cancel audits",
		Args:  atLeastOne("AUDIT"),
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			return a.forEach(args, func(text string) error {
				id, err := auditNumber(text)
				if err != nil {
					return err
				}
				_, err = s.CancelOperationAudit(ctx, &wire.CancelOperationAuditRequest{AuditRecordID: id})
				return err
			})
		}),
	}
}
