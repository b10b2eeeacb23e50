package tests

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// History is what a plan against the account block knows of earlier runs, as its
// arguments say it. The runs of a file that ask the service make theirs.
type History struct {
	// Declared are the names that were declared at the last apply, sorted; nil: no
	// apply is known.
	Declared []string `json:"declared"`
	// InDoubt are changes whose outcome is not known, and Ordered those that the service
	// is still working on: why, by ID.
	InDoubt map[string]string `json:"in_doubt"`
	Ordered map[string]string `json:"ordered"`
	// OwedRelocks are names whose update lock a run has opened and not closed, sorted.
	OwedRelocks []string `json:"owed_relocks"`
	// Seen is since when what a plan lists as seen is live.
	Seen      map[string]time.Time `json:"seen"`
	Purchases []Purchase           `json:"purchases"`
	Pauses    []Pause              `json:"pauses"`
	// ChangeLog is what the service's log tells of names that have drifted.
	ChangeLog []LogEntry `json:"change_log"`
	LastApply *LastApply `json:"last_apply"`

	args hcl.Attributes // of the block
}

// Mistake is a mistake in an argument of the block, or in a member of it, which begins
// the text; "": of the argument.
func (h *History) Mistake(argument, member, detail string) *hcl.Diagnostic {
	return mistake(argument, h.args[argument].Expr, member, member+detail)
}

// Purchase is an order of an earlier run.
type Purchase struct {
	Change   string      `json:"change"`  // its ID
	Expires  time.Time   `json:"expires"` // of the name, before it; zero: it was not there
	Amount   attr.Amount `json:"amount"`
	Currency string      `json:"currency"` // "": USD
	At       time.Time   `json:"at"`
	Done     bool        `json:"done"`
	Failed   bool        `json:"failed"`
}

// Pause is a hold that the state has.
type Pause struct {
	Names      []string  `json:"names"` // patterns
	Attributes []string  `json:"attributes"`
	Money      bool      `json:"money"`
	Until      time.Time `json:"until"` // zero: until somebody ends it
	Reason     string    `json:"reason"`
	By         string    `json:"by"`
}

// LogEntry is one of the service's change log.
type LogEntry struct {
	Domain    string    `json:"domain"`
	Time      time.Time `json:"time"`
	Operation string    `json:"operation"`
	Address   string    `json:"address"`
	Result    string    `json:"result"`
}

// LastApply is what the last apply saw: the files below a directory, and a snapshot.
type LastApply struct {
	Files string `json:"files"`
	Live  string `json:"live"`
}

// Logged returns the entries of the change log by name.
func (h *History) Logged() map[string][]wire.ChangeLog {
	if h == nil || h.ChangeLog == nil {
		return nil
	}
	all := make(map[string][]wire.ChangeLog)
	for _, e := range h.ChangeLog {
		all[e.Domain] = append(all[e.Domain], wire.ChangeLog{DomainName: e.Domain, Time: e.Time, Operation: e.Operation, OperationIPAddress: e.Address, Result: e.Result})
	}
	return all
}

// readHistory reads the history block of an account.
func (l *loader) readHistory(block *hcl.Block) {
	content := l.Content(block.Body, &hcl.BodySchema{Attributes: arguments(slices.Sorted(keysOf(reflect.TypeFor[History]()))...)}, block.DefRange.Ptr())
	h := &History{args: content.Attributes}
	for _, a := range content.Attributes {
		if v, ok := l.Constant(a); ok && !v.IsNull() {
			l.setMember(h, a, v)
		}
	}
	l.file.Account.History, l.history = h, block.DefRange.Ptr()
	for argument, names := range map[string][]string{"declared": h.Declared, "owed_relocks": h.OwedRelocks} {
		for i := range names {
			l.canonical(argument, fmt.Sprintf("[%d]", i), &names[i])
		}
		slices.Sort(names)
	}
	for argument, changes := range map[string]map[string]string{"in_doubt": h.InDoubt, "ordered": h.Ordered} {
		for _, id := range slices.Sorted(maps.Keys(changes)) {
			l.checkChange(argument, below("", id), id)
		}
	}
	for i := range h.ChangeLog {
		l.canonical("change_log", fmt.Sprintf("[%d].domain", i), &h.ChangeLog[i].Domain)
	}
	for i := range h.Purchases {
		l.checkPurchase(i, &h.Purchases[i])
	}
	for i := range h.Pauses {
		l.checkPause(fmt.Sprintf("[%d]", i), &h.Pauses[i])
	}
}

// canonical makes a name of the history canonical.
func (l *loader) canonical(argument, member string, name *string) {
	canonical, err := wire.CanonicalName(*name)
	if err != nil {
		l.Report(l.file.Account.History.Mistake(argument, member, fmt.Sprintf(": %v", err)))
		return
	}
	*name = canonical
}

// checkChange wants the ID of a change that a plan can have. With another one the
// history would say nothing, and the test would show what is so without it.
func (l *loader) checkChange(argument, member, id string) {
	name, attribute, _ := strings.Cut(id, "/")
	if slices.Contains(attr.OfAccount(), attr.Lookup(name)) {
		return
	}
	wrong := ""
	canonical, err := wire.CanonicalName(name)
	switch {
	case attribute == "":
		wrong = ` has to be the ID of a change, as in "example.com/renewal"`
	case err != nil:
		wrong = fmt.Sprintf(": %v", err)
	case canonical != name:
		wrong = fmt.Sprintf(": write the name as plans do: %q", canonical)
	case attr.Lookup(attribute) == nil:
		wrong = ": " + noAttribute(attribute)
	}
	if wrong != "" {
		l.Report(l.file.Account.History.Mistake(argument, member, wrong))
	}
}

// noAttribute says that there is no such attribute, and what was meant, or what there is.
func noAttribute(given string) string {
	var known []string
	for _, a := range attr.Planned() {
		known = append(known, a.Name)
	}
	return thereAre(given, "attribute", known)
}

// checkPurchase wants a purchase to say what was bought, and when.
func (l *loader) checkPurchase(i int, p *Purchase) {
	member := fmt.Sprintf("[%d]", i)
	l.checkChange("purchases", member+".change", p.Change)
	wrong := ""
	switch {
	case p.At.IsZero():
		wrong = ` has to say when it was made: at = "2026-12-01T00:00:00Z"`
	case p.Done && p.Failed:
		wrong = " is done and has failed: keep one of the two"
	}
	if wrong != "" {
		l.Report(l.file.Account.History.Mistake("purchases", member, wrong))
	}
	if p.Currency == "" {
		p.Currency = "USD"
	}
}

// checkPause wants a pause to be one that domainsync pause takes. One that has ended is
// fine: it is what a test may show.
func (l *loader) checkPause(member string, p *Pause) {
	report := func(below, wrong string) { l.Report(l.file.Account.History.Mistake("pauses", member+below, wrong)) }
	if len(p.Names) == 0 {
		report("", ` has to say which names it holds: names = ["*.example"]`)
	}
	if p.Until.IsZero() && p.Reason == "" {
		report("", " has no end, so that it needs a reason")
	}
	for i, name := range p.Attributes {
		if attr.Lookup(name) == nil {
			report(fmt.Sprintf(".attributes[%d]", i), ": "+noAttribute(name))
		}
	}
}
