package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/planner"
)

// orderFlags are the flags of transfers in order.
type orderFlags struct {
	runFlags
	codes    string // a file
	profile  string
	maxPrice string
	premium  bool
	yes      bool
}

func newTransfersInOrder(a *app) *cobra.Command {
	var f orderFlags
	cmd := &cobra.Command{
		Use:   "order NAME…",
		Short: "Order transfers of names into the account",
		Long: `Asks whether the names can be transferred with their keys, shows what that costs
within the budget of the files, asks, and orders it. An order goes the way of every
other purchase: it is in the state before it leaves, counts against the budget, and is
never sent again before it is known what became of it. Whether a name arrives takes
days: domainsync transfers in show NAME tells where it stands.

Keys are read from --code-file, from the terminal without showing them, or from
standard input: the key alone for one name, and a line with NAME and KEY for each of
several. Never from the command line, where others can read them. No state, plan or
report has them, so that resume does not order again what was not sent.

The price comes from the transfer price in the prices block, from the service where it
tells one, or is bounded by --max-price.`,
		Example: `  domainsync transfers in order example.com --code-file code.txt
  domainsync transfers in order example.com example.net --code-file codes.txt --max-price 15 --yes`,
		Args: atLeastOne("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error {
				return a.shownAs(false, &terminalView{app: a}, func(shown view) error { return a.orderTransfers(i, f, args, shown) })
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.codes, "code-file", "", "`file` with the transfer keys")
	flags.StringVar(&f.profile, "profile", "", "registrant profile of the holder, its number or `name`")
	flags.StringVar(&f.maxPrice, "max-price", "", "the `AMOUNT` that one name may cost, in the budget's currency")
	flags.BoolVar(&f.premium, "premium", false, "also a name with a price of its own, for at most --max-price")
	flags.BoolVar(&f.yes, "yes", false, "do not ask")
	addRunFlags(cmd, &f.runFlags)
	addBreakGlass(cmd, &f.runFlags)
	addWarnings(cmd, a)
	return saysEnd(cmd)
}

func (a *app) orderTransfers(i interrupts, f orderFlags, args []string, shown view) error {
	most, err := f.mostPrice()
	if err != nil {
		return err
	}
	transfers := make([]attr.Transfer, 0, len(args))
	for _, arg := range args {
		name, err := wire.CanonicalName(arg)
		if err != nil {
			return err
		}
		transfers = append(transfers, attr.Transfer{Name: name, Profile: f.profile, Premium: f.premium, MaxPrice: most})
	}
	slices.SortFunc(transfers, func(x, y attr.Transfer) int { return strings.Compare(x.Name, y.Name) })
	transfers = slices.CompactFunc(transfers, func(x, y attr.Transfer) bool { return x.Name == y.Name })
	keys, err := a.transferKeys(f.codes, transfers)
	if err != nil {
		return err
	}
	portfolio, _, err := a.loadSelected(nil)
	if err != nil {
		return err
	}
	w := a.watch(shown)
	j, err := a.newJob(i, portfolio, f.runFlags, w)
	if err != nil {
		return err
	}
	if !f.yes {
		if a.isAsked() {
			j.Person = a.person()
		}
		j.Approve = func(ctx context.Context, _ *planner.Plan) (string, error) {
			if !a.isAsked() {
				return "", failed(exitError, "transfers cost money, and standard input is no terminal at which to ask, so use --yes; nothing was ordered")
			}
			return a.person(), a.ask(ctx, "Order these transfers?")
		}
	}
	r, err := j.OrderTransfers(i.hard, job.TransferOptions{
		Transfers: transfers, Key: func(name string) string { return keys[name] },
		Feasible: feasibility(j.Service, keys), Unasked: f.yes,
	})
	return w.end(r, err)
}

// mostPrice is what one name may cost; 0: what is known decides.
func (f orderFlags) mostPrice() (most attr.Amount, err error) {
	switch {
	case f.maxPrice != "":
		if err := most.UnmarshalJSON([]byte(f.maxPrice)); err != nil || most == 0 {
			return 0, fmt.Errorf("--max-price %s: give a number above 0 with at most two decimals, such as 12.50", f.maxPrice)
		}
	case f.premium:
		return 0, errors.New("--premium needs --max-price: a premium name has a price of its own")
	}
	return most, nil
}

// feasibility asks the service whether a name can be transferred with its key.
func feasibility(s job.Service, keys map[string]string) func(context.Context, string) (string, error) {
	return func(ctx context.Context, name string) (string, error) {
		answer := new(wire.CheckTransferInFeasibilityResponse)
		err := s.Do(ctx, &wire.CheckTransferInFeasibilityRequest{DomainName: name, TransferAuthorizationCode: keys[name]}, answer)
		if err != nil || answer.CanTransfer {
			return "", err
		}
		why := strings.TrimSpace(strings.TrimPrefix(answer.Code, "CheckTransferResult.") + ": " + answer.Message)
		return strings.ReplaceAll(why, keys[name], hidden), nil
	}
}

// transferKeys reads the transfer keys of names.
func (a *app) transferKeys(file string, transfers []attr.Transfer) (map[string]string, error) {
	keys := make(map[string]string, len(transfers))
	if len(transfers) == 1 {
		key, err := a.transferKey(file)
		keys[transfers[0].Name] = key
		return keys, err
	}
	if fd, person := terminal(a.stdin); file == "" && person {
		for _, t := range transfers {
			key, err := a.askTransferKey(fd, "Transfer key of "+inert.Text(wire.UnicodeName(t.Name)))
			if err != nil {
				return nil, err
			}
			keys[t.Name] = key
		}
	} else if err := a.readKeys(file, keys); err != nil {
		return nil, err
	}
	for _, t := range transfers {
		if keys[t.Name] == "" {
			return nil, fmt.Errorf("there is no transfer key of %s: add a line with the name and its key", wire.UnicodeName(t.Name))
		}
	}
	return keys, nil
}

// readKeys reads lines of a name and its key. A message never shows a line: it may
// hold a key.
func (a *app) readKeys(file string, keys map[string]string) error {
	in, where, err := a.keyInput(file)
	if err != nil {
		return err
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		name, err := wire.CanonicalName(fields[0])
		switch {
		case err != nil || len(fields) != 2:
			return fmt.Errorf("%s:%d: write a name and its transfer key on a line, with a blank between them", where, n)
		case keys[name] != "" && keys[name] != fields[1]:
			return fmt.Errorf("%s:%d: there are two transfer keys of %s", where, n, wire.UnicodeName(name))
		}
		keys[name] = fields[1]
	}
	return lines.Err()
}
