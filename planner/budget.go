package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// A Purchase is an order that was sent and that may have been executed.
type Purchase struct {
	Change   string      `json:"change"` // its ID
	Before   attr.Value  `json:"-"`      // what was live; nil: nothing
	Amount   attr.Amount `json:"amount"`
	Currency string      `json:"currency"`
	At       time.Time   `json:"at"`
	Done     bool        `json:"done"` // the service said so
}

// Budget is what a plan may spend, and does.
type Budget struct {
	config.Budget
	// Spent is what orders of the period before the plan cost at most.
	Spent attr.Amount `json:"spent"`
	// Planned is what the ready purchases cost at most.
	Planned attr.Amount `json:"planned"`
}

// Left returns what of the budget is left after the plan.
func (b *Budget) Left() attr.Amount { return max(0, b.Amount-b.Spent-b.Planned) }

// budget returns the budget with what was spent of it before the plan. foreign
// is the currency of purchases that cannot be counted in the budget's.
func budget(in Input) (b *Budget, foreign string) {
	if in.Portfolio.Budget == nil {
		return nil, ""
	}
	b = &Budget{Budget: *in.Portfolio.Budget}
	for _, p := range in.History.Purchases {
		switch {
		case b.Per == config.PerRun || month(p.At) != month(in.Live.ReadAt):
		case p.Currency != b.Currency:
			foreign = p.Currency
		default:
			b.Spent += p.Amount
		}
	}
	return b, foreign
}

func month(t time.Time) string { return t.UTC().Format("2006-01") }

// forbids returns why a purchase is not made whatever else is bought, "" if it
// may be. b is nil without a budget.
func (b *Budget) forbids(c *attr.Change, foreign string) string {
	switch {
	case b == nil:
		return "nothing is bought without a budget block"
	case foreign != "":
		return fmt.Sprintf("this month's purchases in %s cannot be counted against a budget in %s", foreign, b.Currency)
	case !c.Cost.Bounded():
		return "its price is not known: state it in the prices block, or how much it may cost as max_price"
	case c.Cost.Amount > b.Amount:
		return fmt.Sprintf("it costs more than the whole budget of %s", b.words())
	}
	return ""
}

// afford holds back the purchases that are over the budget. The names that
// expire first come first; when one of them is over it, the rest waits, too:
// what expires later must not use up the money.
func (p *Plan) afford(in Input) {
	b, _ := budget(in)
	over := ""
	for _, c := range p.purchases() {
		switch {
		case over == "" && c.Cost.Amount > b.Left():
			over = fmt.Sprintf("over the budget of %s: %s are spent, and %s are planned for names that expire earlier", b.words(), b.Spent, b.Planned)
			fallthrough
		case over != "":
			c.Block(attr.Deferred, "%s", over)
		default:
			b.Planned += c.Cost.Amount
		}
	}
}

func (b *Budget) words() string { return fmt.Sprintf("%s %s a %s", b.Amount, b.Currency, b.Per) }

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
	switch before := c.Before.(type) {
	case attr.Expiry:
		return before.Time
	case attr.Standing:
		return before.Expires
	}
	return never
}

// spend sums up what the plan buys.
func (p *Plan) spend(in Input) {
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

// Bought are purchases by the ID of their change.
type Bought map[string][]Purchase

// NewBought returns the purchases by their change.
func NewBought(all []Purchase) Bought {
	b := make(Bought)
	for _, p := range all {
		b[p.Change] = append(b[p.Change], p)
	}
	return b
}

// Forbids returns why a purchase must not be made now, "" if it may: it was
// ordered before, or may have been, and the live state does not show it yet.
func (b Bought) Forbids(c *attr.Change, now time.Time) string {
	if c.Cost == nil {
		return ""
	}
	for _, p := range b[c.ID] {
		age := now.Sub(p.At)
		forgotten := !p.Done && age > OrderMemory || c.Before == nil && age > registrationMemory
		if sameValue(p.Before, c.Before) && !forgotten {
			return fmt.Sprintf("it was ordered on %s, and the account does not show it yet", p.At.UTC().Format("2006-01-02 15:04 MST"))
		}
	}
	return ""
}

const (
	// OrderMemory is for how long an order is taken for executed that nobody
	// knows the end of: three times as long as results take.
	OrderMemory = 72 * time.Hour
	// registrationMemory is for how long a name that was registered and is not
	// there is taken for coming: later it has lapsed, or was given away.
	registrationMemory = 30 * 24 * time.Hour
)

func sameValue(a, b attr.Value) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Equal(b)
}
