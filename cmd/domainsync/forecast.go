package main

import (
	"fmt"
	"strings"

	"github.com/domainsync/domainsync/executor/job"
	runrender "github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// showForecast says what reading an account is expected to take.
func (a *app) showForecast(f reader.Forecast) { a.sayForecast(job.ReadingPart, f.Effort) }

// sayForecast says what a part of a run is expected to take.
func (a *app) sayForecast(part job.Part, e planner.Effort) {
	a.log.Info(runrender.ForecastText(part, e))
}

// sayWork says what the parts of a run took that has no report.
func (a *app) sayWork(all []job.Work) {
	var b strings.Builder
	_ = runrender.WorkText(&b, all) // it takes everything
	for line := range strings.Lines(b.String()) {
		a.log.Info(strings.TrimSpace(line))
	}
}

// showReading shows how many names were read, and how long the others take.
func (a *app) showReading(p reader.Progress) {
	text := fmt.Sprintf("reading names: %s of %s", words.Number(p.Done), words.Number(p.All))
	if p.Done < p.All {
		text += ", " + words.About(p.Left.Seconds()) + " left"
	}
	a.stderr.show(text, p.Done == p.All)
}
