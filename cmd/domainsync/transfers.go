package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/inert"
)

func newTransfers(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "transfers",
		Short: "Follow transfers of names from and to other registrars",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	in := &cobra.Command{
		Use:   "in",
		Short: "Follow transfers into the account",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	in.AddCommand(newTransfersInOrder(a), newTransfersInList(a), newTransfersInShow(a), newTransfersInResend(a), newTransfersInCode(a), newTransfersInCancel(a))
	cmd.AddCommand(in, newTransfersOut(a))
	return cmd
}

var transferInColumns = []column[wire.TransferIn]{
	{"domain", func(t *wire.TransferIn) any { return wire.UnicodeName(t.DomainName) }},
	{"instance", func(t *wire.TransferIn) any { return t.InstanceID }},
	{"state", func(t *wire.TransferIn) any { return string(t.SimpleTransferInStatus) }},
	{"number", func(t *wire.TransferIn) any { return int(t.Status) }},
	{"email", func(t *wire.TransferIn) any { return t.Email }},
	{"submitted", func(t *wire.TransferIn) any { return t.Submitted() }},
	{"changed", func(t *wire.TransferIn) any { return t.Modified() }},
	{"expires", func(t *wire.TransferIn) any { return t.Expires() }},
	{"result", func(t *wire.TransferIn) any { return string(t.ResultCode) }},
}

// oneTransferInColumns tell what a list has no room for.
var oneTransferInColumns = append(transferInColumns[:len(transferInColumns):len(transferInColumns)], []column[wire.TransferIn]{
	{"message", func(t *wire.TransferIn) any {
		if strings.HasSuffix(t.ResultMsg, ".null") {
			return "" // what the service writes for nothing
		}
		return t.ResultMsg
	}},
	{"needs_consent", func(t *wire.TransferIn) any { return valueUnlessLacking(t.Lacks, "NeedMailCheck", t.NeedMailCheck) }},
	{"address_found", func(t *wire.TransferIn) any { return valueUnlessLacking(t.Lacks, "WhoisMailStatus", t.WhoisMailStatus) }},
}...)

func newTransfersInList(a *app) *cobra.Command {
	var format, state string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the transfers in",
		Args:  noArgs,
		RunE: a.withAccount(func(ctx context.Context, s *service, _ []string) error {
			r := &wire.QueryTransferInListRequest{SimpleTransferInStatus: wire.SimpleTransferInStatus(state)}
			return list(a, format, transferInColumns, s.QueryTransferInListAll(ctx, r))
		}),
	}
	cmd.Flags().StringVar(&state, "state", "", "only transfers in this `state`: "+strings.Join(wire.TransferInPending.Known(), ", "))
	completeWith(cmd, "state", wire.TransferInPending.Known()...)
	addFormat(cmd, &format)
	return cmd
}

func newTransfersInShow(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "show {NAME | INSTANCE}",
		Short: "Show one transfer in, the last one of a name",
		Args:  exactly("a NAME or an INSTANCE"),
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			t, err := s.transferIn(ctx, args[0])
			if err != nil {
				return err
			}
			return showOne(a, format, oneTransferInColumns, t)
		}),
	}
	addFormat(cmd, &format)
	return cmd
}

// transferIn returns one transfer by its instance, or the last one of a name.
func (s *service) transferIn(ctx context.Context, which string) (*wire.TransferIn, error) {
	if !strings.Contains(which, ".") {
		answer, err := s.QueryTransferInByInstanceId(ctx, &wire.QueryTransferInByInstanceIdRequest{InstanceID: which})
		if err != nil {
			return nil, err
		}
		return &answer.TransferIn, nil
	}
	name, err := wire.CanonicalName(which)
	if err != nil {
		return nil, err
	}
	var last *wire.TransferIn
	for t, err := range s.QueryTransferInListAll(ctx, &wire.QueryTransferInListRequest{DomainName: wire.UnicodeName(name)}) {
		if err != nil {
			return nil, err
		}
		if t.DomainName == name && (last == nil || t.Submitted().After(last.Submitted())) {
			last = &t
		}
	}
	if last == nil {
		return nil, fmt.Errorf("there is no transfer in of %s", which)
	}
	return last, nil
}

func newTransfersInResend(a *app) *cobra.Command {
	var again bool
	cmd := &cobra.Command{
		Use:   "resend NAME…",
		Short: "Send the mail that asks the holder for consent again",
		Args:  atLeastOne("NAME"),
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			return a.forEach(args, func(name string) error {
				if again {
					if _, err := s.TransferInRefetchWhoisEmail(ctx, &wire.TransferInRefetchWhoisEmailRequest{DomainName: canonical(name)}); err != nil {
						return err
					}
				}
				_, err := s.TransferInResendMailToken(ctx, &wire.TransferInResendMailTokenRequest{DomainName: canonical(name)})
				return err
			})
		}),
	}
	cmd.Flags().BoolVar(&again, "look-up", false, "look for the holder's address in WHOIS again before")
	return cmd
}

func newTransfersInCode(a *app) *cobra.Command {
	var file string
	var yes bool
	cmd := &cobra.Command{
		Use:   "code NAME",
		Short: "Give another transfer key where the first was wrong",
		Long: `Gives the transfer key that the losing registrar handed out, where the first one
was wrong. It is read from --code-file, from the terminal without showing it, or
from standard input: never from the command line, where others can read it.`,
		Args: exactly("NAME"),
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			code, err := a.transferKey(file)
			if err != nil {
				return err
			}
			if err := a.confirm(ctx, yes, "This lets "+args[0]+" be transferred into the account"); err != nil {
				return err
			}
			_, err = s.TransferInReenterTransferAuthorizationCode(ctx, &wire.TransferInReenterTransferAuthorizationCodeRequest{
				DomainName: canonical(args[0]), TransferAuthorizationCode: code,
			})
			return err
		}),
	}
	cmd.Flags().StringVar(&file, "code-file", "", "`file` with the transfer key")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	return cmd
}

// transferKey reads a transfer key from a file, from the terminal without
// showing it, or from standard input.
func (a *app) transferKey(file string) (key string, err error) {
	if fd, person := terminal(a.stdin); file == "" && person {
		key, err = a.askTransferKey(fd, "Transfer key")
	} else {
		key, err = a.readTransferKey(file)
	}
	if err == nil && key == "" {
		err = errors.New("the transfer key is empty")
	}
	return key, err
}

// askTransferKey asks at a terminal for a transfer key, without showing it.
func (a *app) askTransferKey(fd int, question string) (key string, err error) {
	fmt.Fprint(a.stderr, question+": ")
	text, err := term.ReadPassword(fd)
	fmt.Fprintln(a.stderr)
	return strings.TrimSpace(string(text)), err
}

// readTransferKey reads a transfer key from the first line of a file or of standard
// input.
func (a *app) readTransferKey(file string) (key string, err error) {
	in, _, err := a.keyInput(file)
	if err != nil {
		return "", err
	}
	defer in.Close()
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimSpace(line), nil
}

// keyInput opens what has transfer keys, a file or standard input, and says which.
func (a *app) keyInput(file string) (in io.ReadCloser, where string, err error) {
	if file == "" {
		return io.NopCloser(a.stdin), "standard input", nil
	}
	in, err = os.Open(file)
	return in, file, err
}

func newTransfersInCancel(a *app) *cobra.Command {
	return newCancelTransfer(a, "Cancel transfers in", func(name string) wire.Request {
		return &wire.SaveSingleTaskForCancelingTransferInRequest{DomainName: name}
	})
}

// newCancelTransfer makes a command that cancels transfers and waits until
// that is done.
func newCancelTransfer(a *app, short string, request func(name string) wire.Request) *cobra.Command {
	var w waiting
	cmd := &cobra.Command{
		Use:   "cancel NAME…",
		Short: short,
		Args:  atLeastOne("NAME"),
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			return a.forEach(args, func(name string) error {
				d, err := s.perform(ctx, request(canonical(name)), w)
				if err == nil {
					fmt.Fprintf(a.stdout, "%s: cancelled (task %s)\n", inert.Text(name), inert.Text(d.TaskNo))
				}
				return err
			})
		}),
	}
	w.addFlag(cmd)
	return cmd
}

func newTransfersOut(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "out",
		Short: "Follow transfers out of the account",
		Args:  noArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cancel := newCancelTransfer(a, "Cancel transfers out", func(name string) wire.Request {
		return &wire.SaveSingleTaskForCancelingTransferOutRequest{DomainName: name}
	})
	cmd.AddCommand(newTransfersOutShow(a), newTransfersOutCode(a), cancel)
	return cmd
}

// transferOutSteps says in words what the service has numbers for.
var transferOutSteps = map[wire.TransferOutStep]string{
	0: "none", wire.TransferOutPhoneCheck: "checking the phone number", wire.TransferOutMailCheck: "checking the e-mail address",
	wire.TransferOutKeySent: "key handed out", wire.TransferOutRequested: "under way", wire.TransferOutDone: "done", wire.TransferOutFailed: "failed",
}

var transferOutColumns = []column[wire.QueryTransferOutInfoResponse]{
	{"state", func(t *wire.QueryTransferOutInfoResponse) any {
		return valueUnlessLacking(t.Lacks, "Status", cmp.Or(transferOutSteps[t.Status], fmt.Sprint(int(t.Status))))
	}},
	{"email", func(t *wire.QueryTransferOutInfoResponse) any { return t.Email }},
	{"key_sent", func(t *wire.QueryTransferOutInfoResponse) any { return t.TransferAuthorizationCodeSendDate }},
	{"key_expires", func(t *wire.QueryTransferOutInfoResponse) any { return t.ExpirationDate }},
	{"requested", func(t *wire.QueryTransferOutInfoResponse) any { return t.PendingRequestDate }},
	{"result", func(t *wire.QueryTransferOutInfoResponse) any { return t.ResultCode }},
	{"message", func(t *wire.QueryTransferOutInfoResponse) any { return t.ResultMsg }},
}

func newTransfersOutShow(a *app) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "show NAME",
		Short: "Show the transfer out of a name",
		Args:  exactly("NAME"),
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			answer, err := s.QueryTransferOutInfo(ctx, &wire.QueryTransferOutInfoRequest{DomainName: canonical(args[0])})
			if err != nil {
				return err
			}
			return showOne(a, format, transferOutColumns, answer)
		}),
	}
	addFormat(cmd, &format)
	return cmd
}

func newTransfersOutCode(a *app) *cobra.Command {
	var yes, secrets bool
	var w waiting
	cmd := &cobra.Command{
		Use:   "code NAME",
		Short: "Ask for the transfer key of a name",
		Long: `Asks for the transfer key with which a name can be taken to another registrar,
and waits for it. The key is printed with --show-secrets only.`,
		Args: exactly("NAME"),
		RunE: a.withAccount(func(ctx context.Context, s *service, args []string) error {
			name := args[0]
			if err := a.confirm(ctx, yes, "Whoever has the key of "+name+" can take the name away"); err != nil {
				return err
			}
			d, err := s.perform(ctx, &wire.SaveSingleTaskForQueryingTransferAuthorizationCodeRequest{DomainName: canonical(name)}, w)
			if err != nil {
				return err
			}
			if !secrets {
				fmt.Fprintf(a.stdout, "The transfer key of %s is there: domainsync tasks show %s --show-secrets prints it.\n", inert.Text(name), inert.Text(d.TaskNo))
				return nil
			}
			fmt.Fprintln(a.stdout, inert.Text(d.TaskResult))
			return nil
		}),
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	addShowSecrets(cmd, &secrets)
	w.addFlag(cmd)
	return cmd
}
