package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// A Purchase is an order that was sent.
type Purchase struct {
	Change   string      `json:"change"` // its ID
	Before   attr.Value  `json:"-"`      // what was live; nil: nothing
	Amount   attr.Amount `json:"amount"`
	Currency string      `json:"currency"`
	At       time.Time   `json:"at"`
	Done     bool        `json:"done"`   // the service said so
	Failed   bool        `json:"failed"` // the service said so
	SameRun  bool        `json:"-"`      // the run sent it that is being planned again
}

// Budget is what a plan may spend, and does.
type Budget struct {
	config.Budget
	// Spent is what orders of the period before the plan cost at most.
	Spent attr.Amount `json:"spent"`
	// MonthSpent is what those of its month cost at most, where the period is a run.
	MonthSpent attr.Amount `json:"month_spent,omitempty"`
	// Planned is what the ready purchases cost at most.
	Planned attr.Amount `json:"planned"`
	// certain is the part of Spent that does not come back. The rest is for
	// orders that have not ended: they may fail.
	certain, certainOfMonth attr.Amount
	others                  othersSpent
}

// Left returns what of the budget is left after the plan.
func (b *Budget) Left() attr.Amount { return max(0, b.left(b.Spent, b.MonthSpent, b.Planned)) }

// left returns what is left of a run and of its month when so much was spent. It is
// negative where that was more than there is.
func (b *Budget) left(ofRun, ofMonth, planned attr.Amount) attr.Amount {
	left := b.Amount - ofRun - planned
	if b.PerMonthMax > 0 {
		left = min(left, b.PerMonthMax-ofMonth-planned)
	}
	return left
}

// budget returns the budget with what was spent of it before the plan. foreign
// is the currency of purchases that cannot be counted in the budget's.
func budget(in Input) (b *Budget, foreign string) {
	if in.Portfolio.Budget == nil {
		return nil, ""
	}
	b = &Budget{Budget: *in.Portfolio.Budget}
	bought := sync.OnceValue(func() Bought { return NewBought(in.History.Purchases) }) // few orders fail
	for i := range in.History.Purchases {
		p := &in.History.Purchases[i]
		ofMonth := (b.Per == config.PerMonth || b.PerMonthMax > 0) && sameMonth(p.At, in.Live.ReadAt)
		ofPeriod := ofMonth
		if b.Per == config.PerRun {
			ofPeriod = p.SameRun
		}
		switch {
		case !ofPeriod && !ofMonth:
		case p.Failed && (bought().has(*p) || !showsPurchase(in.Live, *p)):
		case p.Currency != b.Currency:
			foreign = p.Currency
		default:
			b.count(p.Amount, p.Done || p.Failed || in.Live.ReadAt.Sub(p.At) > OrderRetention, ofPeriod, ofMonth)
		}
	}
	b.others = in.othersSpent()
	b.count(b.others.amount, false, b.Per == config.PerMonth, true)
	if b.certainOfMonth += b.others.certain; b.Per == config.PerMonth {
		b.certain += b.others.certain
	}
	if b.Per == config.PerMonth {
		b.MonthSpent = 0 // it is that of the period
	}
	return b, cmp.Or(foreign, b.others.foreign)
}

// SpentOfMonth returns what orders of its month cost at most, whatever the period is.
func (b *Budget) SpentOfMonth() attr.Amount {
	if b.Per == config.PerMonth {
		return b.Spent
	}
	return b.MonthSpent
}

// count adds what was spent, in the period of the budget and in its month.
func (b *Budget) count(amount attr.Amount, certain, ofPeriod, ofMonth bool) {
	if ofPeriod {
		b.Spent += amount
	}
	if ofMonth {
		b.MonthSpent += amount
	}
	if certain && ofPeriod {
		b.certain += amount
	}
	if certain && ofMonth {
		b.certainOfMonth += amount
	}
}

// PeriodBegin returns when the month of a time begins: what was ordered since then
// counts against its budget.
func PeriodBegin(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func sameMonth(a, b time.Time) bool { return PeriodBegin(a).Equal(PeriodBegin(b)) }

// allows reports whether a purchase may be made where nothing else is bought.
func (b *Budget) allows(c *attr.Change, foreign string) bool {
	why, _ := b.blockReason(c, foreign)
	return why == ""
}

// blockReason returns why a purchase is not made even where nothing else is
// bought, "" if it may be. b is nil without a budget.
func (b *Budget) blockReason(c *attr.Change, foreign string) (why string, cause attr.Cause) {
	switch {
	case b == nil:
		return "nothing is bought without a budget block", attr.BudgetCause
	case b.others.blockReason() != "":
		return b.others.blockReason(), attr.NoCause
	case foreign != "":
		return fmt.Sprintf("this month's purchases in %s cannot be counted against a budget in %s", foreign, b.Currency), attr.NoCause
	case !c.Cost.Bounded():
		return "its price is not known: state it in the prices block, or how much it may cost as max_price", attr.NoCause
	case c.Cost.Amount > b.Amount:
		return fmt.Sprintf("it costs more than the whole budget of %s", b), attr.BudgetCause
	}
	return "", attr.NoCause
}

// applyBudget holds back the purchases that are over the budget. The names that
// expire first come first; when one of them is over it, the rest waits, too:
// what expires later must not use up the money. Two kinds of names hold nobody
// back: one that costs more than what is left of the period, however the plan
// goes, and one whose order failed, for a while ([orderHistory.yieldsToOthers]).
func (d *differ) applyBudget() {
	b, _ := budget(d.Input)
	orders, all := historyOf(d.History.Purchases), d.plan.purchases()
	slices.SortStableFunc(all, orders.compare)
	over := false
	for _, c := range all {
		if c.Cost.Amount > b.left(b.certain, b.certainOfMonth, 0) {
			c.BlockFor(attr.BudgetCause, attr.Deferred, "over the budget of %s: %s are spent, and it costs more than what is left", b, b.spentWords())
			continue
		}
		if over = over || c.Cost.Amount > b.Left(); !over {
			b.Planned += c.Cost.Amount
			continue
		}
		c.BlockFor(attr.BudgetCause, attr.Deferred, "over the budget of %s: %s are spent, and %s are planned for %s", b, b.spentWords(), b.Planned, orders.competitors(c))
	}
}

// spentWords say what was spent of the budget.
func (b *Budget) spentWords() string {
	if b.PerMonthMax > 0 {
		return fmt.Sprintf("%s, and %s in the month,", b.Spent, b.MonthSpent)
	}
	return b.Spent.String()
}

// purchases returns the ready changes that cost money, what expires first
// first; names that do not exist yet come last.
func (p *Plan) purchases() []*attr.Change {
	var all []*attr.Change
	for i := range p.Changes {
		if c := &p.Changes[i]; c.Cost != nil && c.Status == attr.Ready {
			all = append(all, c)
		}
	}
	slices.SortStableFunc(all, func(x, y *attr.Change) int {
		return cmp.Or(expiry(x).Compare(expiry(y)), strings.Compare(x.ID, y.ID))
	})
	return all
}

// never is later than every expiry.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func expiry(c *attr.Change) time.Time {
	if end := termEnd(c.Before); !end.IsZero() {
		return end
	}
	return never
}

// sumPurchases sums up what the plan buys.
func (p *Plan) sumPurchases(in Input) {
	p.Budget, _ = budget(in)
	p.Summary.Purchases = nil
	for _, c := range p.purchases() {
		if p.Summary.Purchases == nil {
			p.Summary.Purchases = make(map[string]attr.Cost)
		}
		p.Summary.Purchases[c.Attribute] = p.Summary.Purchases[c.Attribute].Plus(*c.Cost)
		if p.Budget != nil {
			p.Budget.Planned += c.Cost.Amount
		}
	}
}

// warnUnknownAccount warns of purchases in an account that the files pin and
// that no answer names. Only the names in it show which account it is.
func (p *Plan) warnUnknownAccount(in Input) {
	if pinned := in.Portfolio.Account.ID; pinned != "" && in.Live.ID == "" && len(p.Summary.Purchases) > 0 {
		p.Diagnostics = append(p.Diagnostics, Diagnostic{
			Severity: SeverityWarning, Summary: "The account is not known",
			Detail: fmt.Sprintf("It holds no name, and only names tell whether it is account %s. Make sure that it is before something is bought in it.", pinned),
		})
	}
}

// Bought are the purchases that were made or may have been, by name.
type Bought map[string][]Purchase

// NewBought returns the purchases by name, without those that failed.
func NewBought(all []Purchase) Bought {
	b := make(Bought, len(all))
	for i := range all {
		if p := &all[i]; !p.Failed {
			name := p.domain()
			b[name] = append(b[name], *p)
		}
	}
	return b
}

func (p Purchase) domain() string {
	name, _, _ := strings.Cut(p.Change, "/")
	return name
}

// has reports whether the term that a purchase was for was bought by another.
func (b Bought) has(p Purchase) bool {
	return slices.ContainsFunc(b[p.domain()], func(other Purchase) bool { return sameTerm(other.Before, p.Before) })
}

// showsPurchase reports whether the account has what a purchase was for. This
// counts for a purchase that failed as well: what a task says of its end may be
// wrong, and somebody has paid.
func showsPurchase(live *Live, p Purchase) bool {
	d := live.Domain(p.domain())
	return d != nil && (p.Before == nil || d.Expires.After(termEnd(p.Before)) && !attr.SameEnd(termEnd(p.Before), d.Expires))
}

// BlockReason returns why a purchase must not be made now, "" if it may: it was
// ordered before, or may have been, and the live state does not show it yet.
func (b Bought) BlockReason(c *attr.Change, now time.Time) string {
	if c.Cost == nil {
		return ""
	}
	for _, p := range b[c.Domain] {
		if what := p.mayHaveBought(c, now); what != "" {
			return fmt.Sprintf("%s was ordered on %s, and the account does not show it yet", what, p.At.UTC().Format("2006-01-02 15:04 MST"))
		}
	}
	return ""
}

// mayHaveBought returns the name of an order that may have bought what a change
// is to buy, "" where it has not. Answers may show an order in part only: a
// redeemed name may still seem to need redemption, or to have its old term.
func (p Purchase) mayHaveBought(c *attr.Change, now time.Time) string {
	age, again := now.Sub(p.At), p.Change == c.ID
	switch {
	case again && sameValue(p.Before, c.Before) && (p.Done || age <= OrderRetention) && (c.Before != nil || age <= registrationRetention),
		again && attr.Lookup(c.Attribute).Precedes != "" && age <= OrderRetention:
		return "it"
	case sameTerm(p.Before, c.Before) && age <= OrderRetention:
		_, kind, _ := strings.Cut(p.Change, "/")
		return "its " + kind
	}
	return ""
}

const (
	// OrderRetention is how long an order counts as executed while nobody knows
	// how it ended: three times as long as results take.
	OrderRetention = 72 * time.Hour
	// registrationRetention is how long a name that was registered and does not
	// show yet is expected to come. After that it has lapsed, or was given
	// away.
	registrationRetention = 30 * 24 * time.Hour
)

// sameTerm reports whether two orders begin at the end of one term.
func sameTerm(a, b attr.Value) bool {
	x, y := termEnd(a), termEnd(b)
	return sameValue(a, b) || !x.IsZero() && !y.IsZero() && attr.SameEnd(x, y)
}

// termEnd returns when the term ends that an order begins at, zero for the
// registration of a name.
func termEnd(before attr.Value) time.Time {
	if term, ok := before.(attr.Ending); ok {
		return term.End()
	}
	return time.Time{}
}

func sameValue(a, b attr.Value) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Equal(b)
}
