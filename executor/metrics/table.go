package metrics

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// The labels of a condition. Of the labels that files give a name only its owner is one of
// them, "" for none: each name has one series for each condition all the same.
var conditionLabels = []string{"condition", "severity", "domain", "attribute", "owner"}

// table is the table of the metrics.
var table = []metric{
	{
		name: "domainsync_build_info", help: "1, with the version of the program as a label.", labels: []string{"version"}, ofRuns: true,
		collect: func(r *Run, add func(float64, ...string)) { add(1, r.Version) },
	},
	{
		name: "domainsync_last_run_timestamp_seconds", help: "When the last run ended, however it did.", ofRuns: true,
		collect: func(r *Run, add func(float64, ...string)) { add(seconds(r.Ended)) },
	},
	{
		name: "domainsync_last_run_duration_seconds", help: "How long the last run took.", ofRuns: true,
		collect: func(r *Run, add func(float64, ...string)) { add(r.Seconds) },
	},
	{
		name: "domainsync_last_run_exit_code", help: "The exit code of the last run.", ofRuns: true,
		collect: func(r *Run, add func(float64, ...string)) { add(float64(r.ExitCode)) },
	},
	{
		name: "domainsync_last_success_timestamp_seconds", help: "When a run last looked at all that the files declare and went to its end. Conditions that it found do not count against it.",
		ofRuns: true, stands: untilTold,
		collect: func(r *Run, add func(float64, ...string)) {
			if r.complete() {
				add(seconds(r.Ended))
			}
		},
	},
	{
		name: "domainsync_changes", help: "Changes of the last run, by what became of them, or by why they wait.", labels: []string{"attribute", "outcome"}, ofRuns: true,
		collect: collectChanges,
	},
	{
		name: "domainsync_calls", help: "Calls of the last run, repeated ones included.", labels: []string{"api_operation"}, ofRuns: true,
		collect: func(r *Run, add func(float64, ...string)) {
			r.addCounts(add, func(t *job.Took) map[string]int { return t.Calls })
		},
	},
	{
		name: "domainsync_throttled_calls", help: "Calls of the last run that the service refused because they came too fast.", labels: []string{"api_operation"}, ofRuns: true,
		collect: func(r *Run, add func(float64, ...string)) {
			r.addCounts(add, func(t *job.Took) map[string]int { return t.Throttled })
		},
	},
	{
		name: "domainsync_conditions", help: "What a person has to know of, by kind and severity.", labels: []string{"condition", "severity"}, stands: untilAllSeen,
		collect: collectConditions,
	},
	{
		name: "domainsync_condition_active", help: "1 for each condition that is not known, the severest first, as many as are listed.", labels: conditionLabels, stands: untilAllSeen, most: listedConditions,
		collect: func(r *Run, add func(float64, ...string)) {
			for _, c := range r.listed() {
				add(1, labelsOf(c)...)
			}
		},
	},
	{
		name: "domainsync_condition_deadline_timestamp_seconds", help: "When a listed condition comes to its end at the latest.", labels: conditionLabels, stands: untilAllSeen, most: listedConditions,
		collect: func(r *Run, add func(float64, ...string)) {
			for _, c := range r.listed() {
				if !c.Deadline.IsZero() {
					add(seconds(c.Deadline), labelsOf(c)...)
				}
			}
		},
	},
	{
		name: "domainsync_unlisted_conditions", help: "Conditions that are not known, beyond those that are listed.", stands: untilAllSeen,
		collect: func(r *Run, add func(float64, ...string)) {
			if r.Result != nil {
				add(float64(max(0, len(r.toSee())-listedConditions)))
			}
		},
	},
	budgetMetric("domainsync_budget_amount", "What may be spent in a period.", func(b *planner.Budget) attr.Amount { return b.Amount }),
	budgetMetric("domainsync_budget_spent", "What is spent of it at most, with what the last plan buys.", func(b *planner.Budget) attr.Amount { return b.Spent + b.Planned }),
	budgetMetric("domainsync_budget_left", "What is left of it.", (*planner.Budget).Left),
	monthMetric("domainsync_months_read_timestamp_seconds", "When a fleet's job last counted its account by month.", nil, func(m *report.Months, add func(float64, ...string)) {
		add(seconds(m.ReadAt))
	}),
	monthMetric("domainsync_month_names", "Names whose term ends in the month, or "+report.Expired+", "+report.Later+" or "+report.NoDate+".", []string{"month"}, addEnds(func(c *report.Cell) int { return c.Names })),
	monthMetric("domainsync_month_endangered_names", "Those of them that are endangered.", []string{"month"}, addEnds(func(c *report.Cell) int { return c.Endangered })),
	monthMetric("domainsync_month_renewals", "Renewals that come due in the month, by who makes them: "+byFiles+" or "+byService+".", []string{"month", "by"}, addRenewals(
		func(m *report.ForecastMonth) (ofFiles, ofService int) { return m.Renewals, m.ByService },
	)),
	monthMetric("domainsync_month_unpriced_renewals", "Those of them whose price nobody knows.", []string{"month", "by"}, addRenewals(
		func(m *report.ForecastMonth) (ofFiles, ofService int) { return m.Unpriced, m.UnpricedByService },
	)),
	monthMetric("domainsync_month_cost", "What the others cost.", []string{"month", "by", "currency"}, addCost),
	monthMetric("domainsync_month_budget", "What the month has left for what the files order.", []string{"month", "currency"}, addMonthBudget),
}

// budgetMetric is a metric of the money of a plan.
func budgetMetric(name, help string, of func(*planner.Budget) attr.Amount) metric {
	return metric{
		name: name, help: help, labels: []string{"currency", "per"}, stands: untilTold,
		tells: func(r *Run) bool { return r.Result != nil && r.Result.Plan != nil },
		collect: func(r *Run, add func(float64, ...string)) {
			if r.Result == nil || r.Result.Plan == nil || r.Result.Plan.Budget == nil {
				return
			}
			b := r.Result.Plan.Budget
			add(float64(of(b))/100, b.Currency, string(b.Per))
		},
	}
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

// addCounts adds counts by operation of the service.
func (r *Run) addCounts(add func(float64, ...string), of func(*job.Took) map[string]int) {
	if r.Result == nil {
		return
	}
	for operation, n := range of(&r.Result.Took) {
		add(float64(n), operation)
	}
}

// collectChanges counts what became of the changes that were made, and why the others
// were not.
func collectChanges(r *Run, add func(float64, ...string)) {
	if r.Result == nil {
		return
	}
	made, counts := make(map[string]bool), make(map[[2]string]int)
	count := func(attribute, outcome string) {
		counts[[2]string{attribute, strings.ReplaceAll(outcome, " ", "_")}]++
	}
	if r.Result.Report != nil {
		for i := range r.Result.Report.Changes {
			c := &r.Result.Report.Changes[i]
			made[c.ID] = true
			count(c.Attribute, string(c.Result))
		}
	}
	if r.Result.Plan != nil {
		for c := range r.Result.Plan.Differences() {
			if !made[c.ID] {
				count(c.Attribute, string(c.Status))
			}
		}
	}
	for labels, n := range counts {
		add(float64(n), labels[0], labels[1])
	}
}

// collectConditions counts conditions. Kinds without any are told as well, so that
// what ends is seen to end.
func collectConditions(r *Run, add func(float64, ...string)) {
	if r.Result == nil {
		return
	}
	counts := make(map[[2]string]int)
	for _, k := range job.ConditionKinds() {
		counts[[2]string{k.ID, string(k.Severity)}] = 0
	}
	for i := range r.Result.Conditions {
		c := &r.Result.Conditions[i]
		counts[[2]string{c.ID, string(c.Severity)}]++
	}
	for labels, n := range counts {
		add(float64(n), labels[0], labels[1])
	}
}

// toSee are the conditions that nobody has said they are known.
func (r *Run) toSee() []*job.Condition {
	var all []*job.Condition
	if r.Result != nil {
		for i := range r.Result.Conditions {
			if c := &r.Result.Conditions[i]; c.Severity != job.Known {
				all = append(all, c)
			}
		}
	}
	return all
}

// listed are the conditions that have series of their own: the severest, and of these
// those with the nearest deadline, so that the same are listed after the next run.
func (r *Run) listed() []*job.Condition {
	all := r.toSee()
	if len(all) <= listedConditions {
		return all
	}
	severities := job.Severities()
	slices.SortStableFunc(all, func(x, y *job.Condition) int {
		return cmp.Or(
			slices.Index(severities, x.Severity)-slices.Index(severities, y.Severity),
			compareDeadlines(x.Deadline, y.Deadline),
			strings.Compare(x.ID+"\x00"+x.Domain+"\x00"+x.Attribute, y.ID+"\x00"+y.Domain+"\x00"+y.Attribute),
		)
	})
	return all[:listedConditions]
}

// compareDeadlines brings the nearest first, and those without one last.
func compareDeadlines(x, y time.Time) int {
	if x.IsZero() || y.IsZero() {
		return -x.Compare(y)
	}
	return x.Compare(y)
}

func labelsOf(c *job.Condition) []string {
	return []string{c.ID, string(c.Severity), c.Domain, c.Attribute, c.Owner()}
}
