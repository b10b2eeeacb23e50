// Package metrics writes what became of a run as a file for Prometheus' textfile
// collector.
//
// What is told of the account (conditions, money) stands as a complete run told it,
// until another one does: a run that saw a part adds to it, and one that saw nothing
// leaves it. What is told of runs stands by operation, so that one file serves all
// commands.
package metrics

import (
	"cmp"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner/report"
)

// A Run is what is known of one run of a command.
type Run struct {
	Operation job.Operation
	// Result is what became of the run; nil: the command ended before it began.
	Result *job.Result
	// Account is the one that the files pin; "": any.
	Account  string
	Version  string // of the program
	ExitCode int
	Ended    time.Time
	Seconds  float64
}

// listedConditions is how many conditions have series of their own at most, of those
// that are not known. The others are counted.
const listedConditions = 100

// The labels of all series, and of those that are about runs.
const (
	accountLabel   = "account"
	operationLabel = "operation"
)

// stands says when what an earlier run told of a metric stands.
type stands int

const (
	replaced     stands = iota // never
	untilTold                  // until a run tells something else
	untilAllSeen               // until a run looks at everything; the larger value counts meanwhile
)

// A metric is one row of the table of metrics.
type metric struct {
	name, help string
	labels     []string // beside the account
	ofRuns     bool     // it has the operation as a label, too
	stands     stands
	most       int // series that are kept at most; 0: all
	// tells reports whether a run tells the metric, although it may have no series; nil: one
	// that adds some does.
	tells func(r *Run) bool
	// ofPages says that the metric is for overviews alone: a fleet does not tell it.
	ofPages bool
	// collect adds a value with those of its labels.
	collect func(r *Run, add func(value float64, labels ...string))
}

// A Description says what a metric is, for people.
type Description struct {
	Name, Help string
	Labels     []string
}

// Descriptions returns what all metrics are that others read, in the order in which they
// are written.
func Descriptions() []Description {
	var all []Description
	for i := range table {
		if m := &table[i]; !m.ofPages {
			all = append(all, Description{m.name, m.help, m.allLabels()})
		}
	}
	return all
}

func (m *metric) allLabels() []string {
	labels := []string{accountLabel}
	if m.ofRuns {
		labels = append(labels, operationLabel)
	}
	return append(labels, m.labels...)
}

// Of returns the metrics after a run, where before are those that the file had, nil
// where there was none. Metrics of another account are left out.
func Of(r Run, before []*dto.MetricFamily) []*dto.MetricFamily {
	known := accountOf(before)
	account := cmp.Or(r.Account, known)
	if r.Result != nil {
		account = cmp.Or(r.Result.Account, account)
	}
	if known != "" && known != account {
		before = nil
	}
	var all []*dto.MetricFamily
	for i := range table {
		if f := table[i].family(&r, account, before); len(f.Metric) > 0 {
			all = append(all, f)
		}
	}
	return all
}

// accountOf returns the account that metrics are about, "" where none tells it.
func accountOf(all []*dto.MetricFamily) string {
	for _, f := range all {
		for _, m := range f.Metric {
			if account := labelOf(m, accountLabel); account != "" {
				return account
			}
		}
	}
	return ""
}

// family returns a metric after a run.
func (m *metric) family(r *Run, account string, before []*dto.MetricFamily) *dto.MetricFamily {
	s := series{at: make(map[string]*dto.Metric)}
	m.collect(r, func(value float64, labels ...string) {
		pairs := []*dto.LabelPair{pair(accountLabel, account)}
		if m.ofRuns {
			pairs = append(pairs, pair(operationLabel, string(r.Operation)))
		}
		for i, l := range labels {
			pairs = append(pairs, pair(m.labels[i], l))
		}
		s.add(pairs, value)
	})
	told := len(s.all) > 0
	if m.tells != nil {
		told = m.tells(r)
	}
	for _, f := range before {
		if f.GetName() == m.name && f.GetType() == dto.MetricType_GAUGE {
			m.keep(&s, f, r, account, told)
		}
	}
	slices.SortFunc(s.all, func(x, y *dto.Metric) int { return strings.Compare(keyOf(x.Label), keyOf(y.Label)) })
	return &dto.MetricFamily{Name: new(m.name), Help: new(m.help), Type: dto.MetricType_GAUGE.Enum(), Metric: s.all}
}

// keep adds what stands of an earlier run.
func (m *metric) keep(s *series, before *dto.MetricFamily, r *Run, account string, told bool) {
	for _, old := range before.Metric {
		if len(old.Label) != len(m.allLabels()) || old.Gauge == nil || m.most > 0 && len(s.all) >= m.most {
			continue // of another version of the program, or one too many
		}
		mine := !m.ofRuns || labelOf(old, operationLabel) == string(r.Operation)
		switch {
		case mine && m.stands == replaced, mine && m.stands == untilTold && told, mine && m.stands == untilAllSeen && r.complete():
			continue
		}
		pairs := slices.Clone(old.Label)
		for i, p := range pairs {
			if p.GetName() == accountLabel {
				pairs[i] = pair(accountLabel, account)
			}
		}
		s.add(pairs, old.Gauge.GetValue())
	}
}

// months are the account by month; nil: the run has not counted.
func (r *Run) months() *report.Months {
	if r.Result == nil {
		return nil
	}
	return r.Result.Months
}

// complete reports whether the run has looked at everything.
func (r *Run) complete() bool { return r.Result != nil && r.Result.Complete }

// series are those of one metric, each once.
type series struct {
	all []*dto.Metric
	at  map[string]*dto.Metric
}

// add adds a series. Of two with the same labels the larger value counts.
func (s *series) add(labels []*dto.LabelPair, value float64) {
	slices.SortFunc(labels, func(x, y *dto.LabelPair) int { return strings.Compare(x.GetName(), y.GetName()) })
	key := keyOf(labels)
	if there := s.at[key]; there != nil {
		there.Gauge.Value = new(max(there.Gauge.GetValue(), value))
		return
	}
	m := &dto.Metric{Label: labels, Gauge: &dto.Gauge{Value: new(value)}}
	s.at[key] = m
	s.all = append(s.all, m)
}

func pair(name, value string) *dto.LabelPair {
	return &dto.LabelPair{Name: new(name), Value: new(strings.ToValidUTF8(value, "\uFFFD"))}
}

func labelOf(m *dto.Metric, name string) string {
	for _, p := range m.Label {
		if p.GetName() == name {
			return p.GetValue()
		}
	}
	return ""
}

// keyOf tells the labels of a series from those of any other one.
func keyOf(labels []*dto.LabelPair) string {
	var b strings.Builder
	for _, p := range labels {
		b.WriteString(p.GetName() + "\x00" + p.GetValue() + "\x01")
	}
	return b.String()
}
