package metrics

import (
	"bytes"
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// A Summary is what the metrics of a job tell of its account, for an overview of many.
type Summary struct {
	// Account is what the service calls it; "": no run has told.
	Account string
	// Conditions count what a person has to know of, by kind and severity.
	Conditions []ConditionCount
	// Listed are those that have series of their own, the severest first, and Unlisted is
	// how many more there are.
	Listed   []Listed
	Unlisted int
	Budgets  []MoneyOf
	Months   *Months // nil: no run has counted the account by month
}

// A ConditionCount is how many conditions there are of a kind and a severity.
type ConditionCount struct {
	Condition, Severity string
	Number              int
}

// A Listed is one condition.
type Listed struct {
	Condition, Severity, Domain, Attribute, Owner string
	Deadline                                      time.Time // zero: there is none
}

// MoneyOf is a budget, in whole units of its currency.
type MoneyOf struct {
	Currency, Per       string
	Amount, Spent, Left float64
}

// Of returns how many conditions there are of a kind, whatever their severity.
func (s *Summary) Of(condition string) int {
	n := 0
	for _, c := range s.Conditions {
		if c.Condition == condition {
			n += c.Number
		}
	}
	return n
}

// Severe returns how many conditions there are of a severity.
func (s *Summary) Severe(severity string) int {
	n := 0
	for _, c := range s.Conditions {
		if c.Severity == severity {
			n += c.Number
		}
	}
	return n
}

// Summarize reads the metrics of a job, as [Write] has written them. What it does not
// know, it leaves out.
func Summarize(text []byte) (*Summary, error) {
	families, err := Read(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	s := &Summary{Account: accountOf(families)}
	deadlines := make(map[string]time.Time)
	budgets := make(map[[2]string]*MoneyOf)
	months := &Months{Of: make(map[string]*Month)}
	for _, f := range families {
		for _, m := range f.Metric {
			if m.Gauge == nil {
				continue
			}
			s.add(f.GetName(), m, deadlines, budgets)
			months.add(f.GetName(), m)
		}
	}
	if !months.ReadAt.IsZero() {
		s.Months = months
	}
	for i := range s.Listed {
		s.Listed[i].Deadline = deadlines[s.Listed[i].key()]
	}
	slices.SortStableFunc(s.Listed, func(x, y Listed) int {
		return cmp.Or(severity(x.Severity)-severity(y.Severity), compareDeadlines(x.Deadline, y.Deadline), strings.Compare(x.key(), y.key()))
	})
	for _, b := range budgets {
		s.Budgets = append(s.Budgets, *b)
	}
	slices.SortFunc(s.Budgets, func(x, y MoneyOf) int {
		return cmp.Or(strings.Compare(x.Currency, y.Currency), strings.Compare(x.Per, y.Per))
	})
	return s, nil
}

// add adds what one series tells.
func (s *Summary) add(name string, m *dto.Metric, deadlines map[string]time.Time, budgets map[[2]string]*MoneyOf) {
	value := m.Gauge.GetValue()
	switch name {
	case "domainsync_conditions":
		if value > 0 {
			s.Conditions = append(s.Conditions, ConditionCount{labelOf(m, "condition"), labelOf(m, "severity"), int(value)})
		}
	case "domainsync_condition_active":
		s.Listed = append(s.Listed, listedOf(m))
	case "domainsync_condition_deadline_timestamp_seconds":
		l := listedOf(m)
		deadlines[l.key()] = timeOf(value)
	case "domainsync_unlisted_conditions":
		s.Unlisted += int(value)
	case "domainsync_budget_amount":
		budgetOf(m, budgets).Amount = value
	case "domainsync_budget_spent":
		budgetOf(m, budgets).Spent = value
	case "domainsync_budget_left":
		budgetOf(m, budgets).Left = value
	}
}

func listedOf(m *dto.Metric) Listed {
	return Listed{
		Condition: labelOf(m, "condition"), Severity: labelOf(m, "severity"), Domain: labelOf(m, "domain"),
		Attribute: labelOf(m, "attribute"), Owner: labelOf(m, "owner"),
	}
}

// key tells a condition from any other one.
func (l *Listed) key() string {
	return strings.Join([]string{l.Condition, l.Domain, l.Attribute, l.Severity, l.Owner}, "\x00")
}

func budgetOf(m *dto.Metric, all map[[2]string]*MoneyOf) *MoneyOf {
	key := [2]string{labelOf(m, "currency"), labelOf(m, "per")}
	if all[key] == nil {
		all[key] = &MoneyOf{Currency: key[0], Per: key[1]}
	}
	return all[key]
}

// severity orders severities; one that there is not comes last.
func severity(s string) int {
	at := slices.Index([]string{"page", "ticket", "notice", "known"}, s)
	if at < 0 {
		return math.MaxInt32
	}
	return at
}

// timeOf is the time of a value in seconds since the epoch.
func timeOf(seconds float64) time.Time {
	return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC()
}
