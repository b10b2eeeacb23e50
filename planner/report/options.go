package report

import (
	"time"

	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
)

// Options are what a report takes beside the input of a plan and the plan.
type Options struct {
	Version string // of the program
	// By is what names are grouped by: "template", or the key of a label, with or without
	// labels. before it. "": the label that most names have, else the template.
	By string
	// Targets are what selects the names, as somebody wrote it; none: all are.
	Targets []string
	// Past is what runs have done; nil: nobody knows.
	Past *PastRuns
	// Addresses are those of nameservers, as texts by canonical name, beside the glue
	// that the account tells.
	Addresses map[string][]string
	// Masker masks what tells of persons; nil: it is told.
	Masker *personal.Masker
}

// PastRuns are the runs of a journal as plain rows, and their orders.
type PastRuns struct {
	Since  time.Time // they are told from then on; zero: all that are known
	Runs   []RunRow
	Orders []Order // named in A-labels
}

// New returns the report of the names that the input of a plan selects.
func New(in planner.Input, p *planner.Plan, o Options) *Report {
	b := newBuilding(in, p, o)
	b.learn()
	b.names()
	b.forecast()
	b.calendar()
	b.coverage()
	b.nameservers()
	b.drift()
	b.unmanaged()
	b.missing()
	b.holds()
	b.left()
	b.runs()
	return b.report
}
