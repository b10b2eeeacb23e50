package config

import (
	"fmt"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
)

// Retention says after how long the state forgets what nothing needs any more; a
// zero duration is for ever.
type Retention struct {
	// Personal is how long after its end a run keeps what it tells of persons.
	Personal time.Duration
	// Runs is how long after its end a run is kept.
	Runs time.Duration
}

// leastRuns is for how long budgets, orders and lost answers need what runs did: a
// year and a week, a leap year's day included.
const leastRuns = 373 * 24 * time.Hour

const mostRetention = 100 * 366 * 24 * time.Hour

func (l *loader) evaluateRetention(block *hcl.Block) {
	args, r := l.arguments(block), &l.portfolio.Retention
	if len(args) == 0 {
		l.errorAt(header(block), "Nothing to forget", "A retention block says personal, runs or both. Without it the state forgets nothing by itself.")
	}
	for _, x := range []struct {
		name  string
		to    *time.Duration
		least time.Duration
		why   string
	}{
		{"personal", &r.Personal, time.Hour, "an hour"},
		{"runs", &r.Runs, leastRuns, "a year and a week, for which budgets, orders and lost answers need what runs did"},
	} {
		if a := args[x.name]; a != nil {
			*x.to = l.retentionTime(a, x.least, x.why)
		}
	}
}

// retentionTime reads how long something is kept.
func (l *loader) retentionTime(a *hcl.Attribute, least time.Duration, why string) time.Duration {
	v, ok := l.convert(a.Expr, cty.String, a.Name, `a duration such as "17520h"`)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(v.AsString())
	switch {
	case err != nil:
		l.errorAt(a.Expr.Range().Ptr(), "Not a duration", "%q is no duration: write hours, minutes and seconds, such as \"17520h\" for two years.", v.AsString())
	case d < least || d > mostRetention:
		l.errorAt(a.Expr.Range().Ptr(), "Retention out of range", "%s",
			fmt.Sprintf("%s must be from %q (%s) to %q (a hundred years); it is %q.", a.Name, shortHours(least), why, shortHours(mostRetention), v.AsString()))
	default:
		return d
	}
	return 0
}

func shortHours(d time.Duration) string { return fmt.Sprintf("%dh", int64(d/time.Hour)) }
