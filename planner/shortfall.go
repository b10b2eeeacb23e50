package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// budgetAhead is how long a plan looks ahead for renewals that the budget must pay.
const budgetAhead = 90 * 24 * time.Hour

// Shortfall is the first month whose renewals cost more than its budget has.
type Shortfall struct {
	Month      time.Time // its first day, UTC
	Need, Have attr.Amount
	Currency   string
	Severity   ThreatSeverity
	// Alarm is from when on the first name that is left is endangered; zero: none is.
	Alarm time.Time
	// Left are the names that the money does not reach, what expires first first.
	Left []LeftName
}

// LeftName is a name for which the money of a month does not reach.
type LeftName struct {
	Name    string
	Expires time.Time
	cost    attr.Amount
	alarm   time.Time // zero: somebody else looks after it
}

// foreseeBudget compares the renewals of the next 90 days with the budget of their
// months.
func (p *Plan) foreseeBudget(in Input) {
	p.Shortfall = nil
	if p.Budget == nil || p.Budget.OfMonth() == 0 || in.Transfers != nil || p.Partial {
		return
	}
	now := in.Live.ReadAt
	due := p.renewalsByMonth(in)
	for m := PeriodBegin(now); m.Before(now.Add(budgetAhead)); m = m.AddDate(0, 1, 0) {
		have := p.Budget.OfMonth()
		if m.Equal(PeriodBegin(now)) {
			have = max(0, have-p.Budget.spentOfMonth())
		}
		if s := shortfall(m, have, due[m]); s != nil {
			s.Currency = p.Budget.Currency
			s.Severity = s.severity(in.Portfolio.AlarmOf(nil), now)
			p.Shortfall = s
			p.warning("The budget falls short in "+m.Format("2006-01"), s.String())
			return
		}
	}
}

// renewalsByMonth returns the names that the files renew in the next 90 days, by the
// month in which each is due. What has no known price is told where it is due.
func (p *Plan) renewalsByMonth(in Input) map[time.Time][]LeftName {
	due, rest := make(map[time.Time][]LeftName), p.Changes
	for want, live := range declaredNames(in.Portfolio, in.Live) {
		var changes []attr.Change
		changes, rest = splitChanges(want.Name, rest)
		if live == nil || live.Expires.IsZero() || live.Status == wire.NeedsRedemption || renewsItself(live, in.Live.ReadAt) {
			continue
		}
		for i := range want.Declared {
			r, ok := want.Declared[i].Value.(attr.Recurring)
			if !ok {
				continue
			}
			at := latest(live.Expires.Add(-days(r.DaysLeft())), in.Live.ReadAt)
			cost, known := renewalCost(in.Portfolio, want, live, r, changes)
			if !known || !at.Before(in.Live.ReadAt.Add(budgetAhead)) {
				continue
			}
			x := LeftName{Name: want.Name, Expires: live.Expires.UTC(), cost: cost}
			if n := in.Portfolio.AlarmOf(want).ExpiryDays; n > 0 {
				x.alarm = x.Expires.Add(-days(n))
			}
			due[PeriodBegin(at)] = append(due[PeriodBegin(at)], x)
		}
	}
	return due
}

func latest(x, y time.Time) time.Time {
	if x.After(y) {
		return x
	}
	return y
}

// renewalCost is what a renewal costs: by the change of the plan, else by what the files
// say; known is false where nobody says it, or it was ordered or is blocked already.
func renewalCost(p *config.Portfolio, want *config.Domain, live *snapshot.Domain, r attr.Recurring, changes []attr.Change) (cost attr.Amount, known bool) {
	prices := p.PricesOf(want.Name)
	for i := range changes {
		c := &changes[i]
		if _, term := c.After.(attr.Ending); !term || c.Cost == nil {
			continue
		}
		pending := c.Status == attr.Waiting || c.Status == attr.Blocked || c.Status == attr.InDoubt
		return c.Cost.Amount, c.Cost.Bounded() && !pending && c.Cost.Currency == prices.Currency
	}
	if prices.Renew == nil || live.Premium || live.PremiumUnknown {
		return 0, false
	}
	return *prices.Renew * attr.Amount(r.Term()), true
}

// shortfall returns what a month lacks for the names that are due in it; nil: nothing.
func shortfall(m time.Time, have attr.Amount, due []LeftName) *Shortfall {
	s := &Shortfall{Month: m, Have: have}
	slices.SortFunc(due, func(x, y LeftName) int { return cmp.Or(x.Expires.Compare(y.Expires), strings.Compare(x.Name, y.Name)) })
	for _, x := range due {
		s.Need += x.cost
		if len(s.Left) == 0 && s.Need <= have {
			continue
		}
		if s.Left = append(s.Left, x); !x.alarm.IsZero() && (s.Alarm.IsZero() || x.alarm.Before(s.Alarm)) {
			s.Alarm = x.alarm
		}
	}
	if len(s.Left) == 0 {
		return nil
	}
	return s
}

// severity is that of money that lacks: where the next month brings money before the
// first name is endangered, that is to be known, and no more.
func (s *Shortfall) severity(alarm config.Alarm, now time.Time) ThreatSeverity {
	switch left := s.Alarm.Sub(now); {
	case s.Alarm.IsZero() || !s.Alarm.Before(s.Month.AddDate(0, 1, 0)):
		return Notice
	case left < days(alarm.PageDays):
		return Page
	case left < days(alarm.ExpiryDays):
		return Ticket
	}
	return Notice
}

// String says how much the month lacks, and for which names.
func (s *Shortfall) String() string {
	shown := make([]string, min(len(s.Left), namedByGuard))
	for i := range shown {
		shown[i] = fmt.Sprintf("%s (expires %s)", s.Left[i].Name, s.Left[i].Expires.Format(time.DateOnly))
	}
	return fmt.Sprintf("Renewals for %s %s are due in that month, and its budget has %s: %s are lacking. That leaves %s: %s. Raise the budget, or declare lapse for names that may end.",
		s.Need, s.Currency, s.Have, s.Need-s.Have, words.Count(len(s.Left), "name"), words.List(shown, len(s.Left)-len(shown)))
}
