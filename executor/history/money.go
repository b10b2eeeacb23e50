package history

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/personal"
)

// A Purchase is one order of a run, with what the account answered.
type Purchase struct {
	Run    int64     `json:"run"`
	At     time.Time `json:"at"` // when it was about to leave
	Domain string    `json:"domain"`
	Kind   string    `json:"kind"` // the attribute
	Years  int       `json:"years"`
	// Planned is what the plan said that it costs, and Amount what it was taken to cost
	// when it left: where that is not known, the most that it may cost.
	Planned  *attr.Cost    `json:"planned"`
	Amount   attr.Amount   `json:"amount"`
	Known    bool          `json:"known"`
	Currency string        `json:"currency"`
	State    journal.State `json:"state"`
	Task     string        `json:"task,omitempty"`
	// Message is what the account answered, and RequestID the request that it answered.
	Message   string `json:"message,omitempty"`
	RequestID string `json:"request_id,omitempty"`
	// Account is what the account says of the order; nil: it was not asked.
	Account *AccountAnswer `json:"account,omitempty"`
}

// Counts reports whether the order was or may have been executed: else its amount is no
// money spent.
func (p *Purchase) Counts() bool { return counts(p.State) }

// A Month sums the orders of a month in UTC and one currency.
type Month struct {
	Month string `json:"month"` // such as 2026-11
	Money
}

// Spending is what was ordered since a time.
type Spending struct {
	Since     time.Time  `json:"since,omitzero"`
	Purchases []Purchase `json:"purchases"` // the newest first
	Months    []Month    `json:"months"`    // the newest first
	// Account compares the order tasks with those of the account; nil: it was not asked.
	Account *Orders `json:"account,omitempty"`
}

// Spent returns what was ordered since a time; zero: all that is known. The texts of the
// persons of whom an answer tells are told to learn.
func Spent(ctx context.Context, j *journal.Journal, since time.Time, learn personal.Map) (*Spending, error) {
	all, err := j.Purchases(ctx, since, learn)
	if err != nil {
		return nil, err
	}
	s := &Spending{Since: since, Purchases: []Purchase{}, Months: []Month{}}
	planned, err := plannedCosts(ctx, j, all)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b journal.Purchase) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Domain, b.Domain)) })
	var months []string
	byMonth := make(map[string][]journal.Purchase)
	for i := range all {
		p := &all[i]
		s.Purchases = append(s.Purchases, purchaseOf(p, planned))
		month := p.At.UTC().Format("2006-01")
		if byMonth[month] == nil {
			months = append(months, month)
		}
		byMonth[month] = append(byMonth[month], *p)
	}
	for _, month := range months {
		for _, sum := range moneyOf(byMonth[month]) {
			s.Months = append(s.Months, Month{month, sum})
		}
	}
	return s, nil
}

func purchaseOf(p *journal.Purchase, planned map[int64]map[string]*attr.Cost) Purchase {
	return Purchase{
		Run: p.Run, At: p.At, Domain: p.Domain, Kind: p.Kind, Years: p.Years, Planned: planned[p.Run][attr.ChangeOf(p.Step)],
		Amount: attr.Amount(p.Amount), Known: p.Known, Currency: p.Currency, State: p.State, Task: p.Task, Message: p.Message, RequestID: p.RequestID,
	}
}

// purchasesOf returns what a run has ordered.
func purchasesOf(r *executor.Recorded, bought []journal.Purchase) []Purchase {
	planned := map[int64]map[string]*attr.Cost{r.ID: costsOf(r)}
	all := make([]Purchase, len(bought))
	for i := range bought {
		all[i] = purchaseOf(&bought[i], planned)
	}
	return all
}

// costsOf returns what the plan of a run said that its orders cost, by change.
func costsOf(r *executor.Recorded) map[string]*attr.Cost {
	costs := make(map[string]*attr.Cost)
	for c := range r.Plan.Differences() {
		costs[c.ID] = c.Cost
	}
	return costs
}

// plannedCosts returns what the plans of the runs said that their orders cost, by run and
// change.
func plannedCosts(ctx context.Context, j *journal.Journal, bought []journal.Purchase) (map[int64]map[string]*attr.Cost, error) {
	costs := make(map[int64]map[string]*attr.Cost)
	for i := range bought {
		run := bought[i].Run
		if costs[run] != nil {
			continue
		}
		recorded, err := executor.ReadRecorded(ctx, j, run)
		if err != nil {
			return nil, err
		}
		costs[run] = costsOf(recorded)
	}
	return costs, nil
}

// Masked hides the persons of whom answers tell, of a command's output; nil hides nobody.
func (s *Spending) Masked(m *personal.Masker) {
	for i := range s.Purchases {
		p := &s.Purchases[i]
		if p.Message = m.Text(p.Message); p.Account != nil {
			p.Account.Message = m.Text(p.Account.Message)
		}
	}
	if s.Account == nil {
		return
	}
	for i := range s.Account.Unknown {
		t := &s.Account.Unknown[i]
		t.Problem = m.Text(t.Problem)
		for k := range t.Domains {
			t.Domains[k].Message = m.Text(t.Domains[k].Message)
		}
	}
}
