package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

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
			have = max(0, have-p.Budget.SpentOfMonth())
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
	due := make(map[time.Time][]LeftName)
	for o := range p.Outlooks(&in, in.Live.ReadAt.Add(budgetAhead)) {
		for _, r := range o.Renewals {
			if r.ByService || !r.Priced || r.Pending != "" {
				continue
			}
			x := LeftName{Name: o.Live.Name, Expires: o.Live.Expires.UTC(), cost: r.Amount}
			if n := in.Portfolio.AlarmOf(in.Portfolio.Domain(o.Live.Name)).ExpiryDays; n > 0 {
				x.alarm = x.Expires.Add(-days(n))
			}
			due[PeriodBegin(r.Due)] = append(due[PeriodBegin(r.Due)], x)
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
