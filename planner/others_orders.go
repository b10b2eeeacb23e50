package planner

import (
	"fmt"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// A budget is counted from the journal. In the month in which a journal begins,
// or was found to have lost records, it does not know all orders: those of anybody
// else count, too, so that a new state is no new budget.

// Spent is what somebody has stated of the orders of others.
type Spent struct {
	Amount   attr.Amount
	Currency string
	Tasks    []string // that it is about, in order
	At       time.Time
}

// countsOthers reports whether the orders of others count against the budget.
func (in *Input) countsOthers() bool {
	m, b := in.History.Memory, in.Portfolio.Budget
	return m.TellsTasks && b != nil && b.OfMonth() > 0 && (m.Since.IsZero() || !m.Since.Before(PeriodBegin(in.Live.ReadAt)))
}

// stated returns what was stated of the orders of others in this month, nil where
// nothing was.
func (in *Input) stated() *Spent {
	s := in.History.Memory.Spent
	if s == nil || !sameMonth(s.At, in.Live.ReadAt) || s.At.Before(in.History.Memory.Since) {
		return nil
	}
	return s
}

// othersSpent is what the orders of others come to.
type othersSpent struct {
	orders  int         // that count
	amount  attr.Amount // of these and what was stated, at most
	certain attr.Amount // the part of it that does not come back
	unknown []snapshot.Order
	foreign string // the currency of a statement that the budget cannot count
}

// othersSpent counts the orders of others that nobody has stated anything of, at
// today's prices and for the longest term that they can be for.
func (in *Input) othersSpent() (o othersSpent) {
	if !in.countsOthers() {
		return o
	}
	var covered []string
	if s := in.stated(); s != nil {
		if covered = s.Tasks; s.Currency != in.Portfolio.Budget.Currency {
			o.foreign = s.Currency
		}
		o.amount, o.certain = s.Amount, s.Amount
	}
	for _, order := range in.Live.Orders {
		if _, stated := slices.BinarySearch(covered, order.Task); stated {
			continue
		}
		o.orders++
		amount, known := in.most(&order)
		switch {
		case !known:
			o.unknown = append(o.unknown, order)
			continue
		case order.Ended:
			o.certain += amount
		}
		o.amount += amount
	}
	return o
}

// most returns the most that somebody else's order can have cost; known is false
// where the prices do not tell.
func (in *Input) most(o *snapshot.Order) (amount attr.Amount, known bool) {
	d := in.Live.Domain(o.Domain)
	if d == nil || d.Premium || d.PremiumUnknown {
		return 0, false
	}
	prices := in.Portfolio.PricesOf(o.Domain)
	price, years := (*attr.Amount)(nil), 1
	switch o.Type {
	case wire.TaskRegister:
		price, years = prices.Register, longestTerm(d, o, 2)
	case wire.TaskRenew:
		price, years = prices.Renew, longestTerm(d, o, renewableDays)
	case wire.TaskRedeem:
		price = prices.Redeem
	}
	if price == nil {
		return 0, false
	}
	return *price * attr.Amount(years), true
}

const (
	// longestYears is the longest term for which a name can be bought.
	longestYears = 10
	// renewableDays is for how long after its end, at most, a term can still be
	// renewed.
	renewableDays = 120
)

// longestTerm returns for how many years an order can have been at most. Once it
// has ended, the name's term shows that: it began at most some days before the
// order.
func longestTerm(d *snapshot.Domain, o *snapshot.Order, days int) int {
	if !o.Ended || o.Created.IsZero() || d.Expires.IsZero() {
		return longestYears
	}
	years, begin := 1, o.Created.First.AddDate(0, 0, -days)
	for years < longestYears && !d.Expires.AddDate(-years-1, 0, 0).Before(begin) {
		years++
	}
	return years
}

// blockReason says why the orders of others forbid any purchase, "" where they do
// not.
func (o *othersSpent) blockReason() string {
	if len(o.unknown) == 0 {
		return ""
	}
	first := o.unknown[0]
	what := "an order of task " + first.Task
	if first.Domain != "" {
		what += " for " + first.Domain
	}
	return fmt.Sprintf("this state is new, and what others have ordered this month is not known: nobody knows what %s cost; state it once with --spent AMOUNT", what)
}

// warnOthersSpent says what counts against the budget in the month in which this
// state begins.
func (p *Plan) warnOthersSpent(in Input) {
	if in.Live.Orders == nil || !in.countsOthers() {
		return
	}
	o, b := in.othersSpent(), in.Portfolio.Budget
	if o.orders == 0 && in.stated() == nil {
		return
	}
	since := "nothing yet"
	if s := in.History.Memory.Since; !s.IsZero() {
		since = "since " + s.UTC().Format("2006-01-02 15:04 MST")
	}
	detail := fmt.Sprintf("This state is new: it knows what was bought %s. What others have ordered this month counts against the budget, at today's prices and for the longest term that each order can be for: %s, at most %s %s.",
		since, words.Count(o.orders, "order"), o.amount, b.Currency)
	if s := in.stated(); s != nil {
		detail += fmt.Sprintf(" %s %s of it were stated on %s.", s.Amount, s.Currency, s.At.UTC().Format(time.DateOnly))
	}
	if n := len(o.unknown); n > 0 {
		detail += fmt.Sprintf(" Of %s the price is not known: nothing is bought until apply --spent AMOUNT states once what others have spent this month.", words.Count(n, "order"))
	}
	p.warning("The budget counts orders of others", detail)
}
