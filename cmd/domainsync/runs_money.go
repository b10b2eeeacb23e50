package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/executor/journal"
	runrender "github.com/domainsync/domainsync/executor/render"
)

// moneyFlags are the flags of runs money.
type moneyFlags struct {
	since, format   string
	months, account bool
}

func newRunsMoney(a *app) *cobra.Command {
	var f moneyFlags
	cmd := &cobra.Command{
		Use:   "money",
		Short: "List what runs have ordered, and what the account answered",
		Long: `Lists the orders that the journal knows, the newest first: what the plan said that each
costs, what it was taken to cost when it left, its order task and the account's answer.
With --months it sums them month by month. With --against-account it asks the account for
the order tasks of the last 30 days, or since --since: whether it knows the task of each
order, for exactly that name, and how it ended there, and which order tasks it has that
the journal does not know, of another machine or of the console. Where they differ that is
exit code 4. The service tells no price of a task, and keeps tasks for a time that nobody
states: of orders that are older than all tasks that it lists it is said that they cannot
be compared. The JSON is as docs/money.schema.json describes.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.interruptible(cmd.Context(), func(i interrupts) error { return i.explain(a.runsMoney(i.soft, f)) })
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.since, "since", "", "only orders since this `time`: 2026-01-31, or 90d for 90 days ago")
	flags.BoolVar(&f.months, "months", false, "sum the orders month by month")
	flags.BoolVar(&f.account, "against-account", false, "compare order tasks with those of the account")
	addFormat(cmd, &f.format)
	return cmd
}

func (a *app) runsMoney(ctx context.Context, f moneyFlags) error {
	var since time.Time
	if f.since != "" {
		var err error
		if since, err = parseTime(f.since, a.clock.Now()); err != nil {
			return fmt.Errorf("--since: %w", err)
		}
	}
	var s *history.Spending
	err := a.readJournal(ctx, func(j *journal.Journal) (err error) {
		if s, err = history.Spent(ctx, j, since, a.masker.Learn); err == nil && f.account {
			err = a.reconcile(ctx, j, s, since)
		}
		return err
	})
	if err != nil {
		return err
	}
	s.Masked(a.masker)
	if f.format == asJSON {
		err = runrender.MoneyJSON(a.stdout, s)
	} else {
		err = a.listMoney(s, f)
	}
	if err == nil && s.Account != nil && s.Differ() {
		return ended(exitFailed)
	}
	return err
}

// reconcile compares orders with the order tasks of the account.
func (a *app) reconcile(ctx context.Context, j *journal.Journal, s *history.Spending, since time.Time) error {
	now := a.clock.Now()
	if since.IsZero() {
		since = now.AddDate(0, 0, -comparedDays)
	}
	c, err := a.reach(ctx)
	if err != nil {
		return err
	}
	if err := j.Check(ctx, c.endpoint, c.account); err != nil {
		return err
	}
	found, err := executor.CompareOrders(ctx, c, c.pageSize, j, since, s.Tasks(since))
	if err == nil {
		s.Reconcile(found, now)
	}
	return err
}

// listMoney prints orders, or their months, and where the account differs.
func (a *app) listMoney(s *history.Spending, f moneyFlags) error {
	var err error
	if f.months {
		err = list(a, f.format, monthColumns, each(s.Months))
	} else {
		err = list(a, f.format, purchaseColumns, each(s.Purchases))
	}
	if err == nil && s.Account != nil {
		err = runrender.MoneyDifferences(a.stderr, s)
	}
	return err
}

// priceOf writes what something costs, as far as that is known.
func priceOf(amount attr.Amount, currency string, known bool) string {
	return attr.Cost{Amount: amount, Currency: currency, Known: known}.Price()
}

var purchaseColumns = []column[history.Purchase]{
	{"at", func(p *history.Purchase) any { return p.At }},
	{"run", func(p *history.Purchase) any { return p.Run }},
	{"domain", func(p *history.Purchase) any { return wire.UnicodeName(p.Domain) }},
	{"kind", func(p *history.Purchase) any { return p.Kind }},
	{"years", func(p *history.Purchase) any { return p.Years }},
	{"planned", func(p *history.Purchase) any {
		if p.Planned == nil {
			return nil
		}
		return p.Planned.Price()
	}},
	{"asked", func(p *history.Purchase) any { return priceOf(p.Amount, p.Currency, p.Known) }},
	{"state", func(p *history.Purchase) any { return string(p.State) }},
	{"task", func(p *history.Purchase) any { return p.Task }},
	{"account", func(p *history.Purchase) any {
		if p.Account == nil {
			return nil
		}
		return p.Account.Text()
	}},
	{"answer", func(p *history.Purchase) any { return p.Message }},
	{"request", func(p *history.Purchase) any { return p.RequestID }},
}

var monthColumns = []column[history.Month]{
	{"month", func(m *history.Month) any { return m.Month }},
	{"orders", func(m *history.Month) any { return m.Orders }},
	{"amount", func(m *history.Month) any { return priceOf(m.Amount, m.Currency, m.Known) }},
	{"failed", func(m *history.Month) any { return m.Failed }},
}
