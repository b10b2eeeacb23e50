package tests

import (
	"fmt"
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

	Source *hcl.Range `json:"-"` // of the header of the block
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
	h := &History{Source: block.DefRange.Ptr()}
	content := l.Content(block.Body, &hcl.BodySchema{Attributes: arguments(slices.Sorted(keysOf(reflect.TypeFor[History]()))...)}, block.DefRange.Ptr())
	for _, a := range content.Attributes {
		if v, ok := l.constant(a); ok && !v.IsNull() {
			l.setMember(h, a, v)
		}
	}
	if h.Declared == nil && content.Attributes["declared"] != nil {
		h.Declared = []string{} // an apply declared nothing
	}
	l.names(content.Attributes["declared"], h.Declared)
	l.names(content.Attributes["owed_relocks"], h.OwedRelocks)
	for i := range h.ChangeLog {
		l.names(content.Attributes["change_log"], []string{h.ChangeLog[i].Domain})
		h.ChangeLog[i].Domain, _ = wire.CanonicalName(h.ChangeLog[i].Domain)
	}
	for i := range h.Purchases {
		l.checkPurchase(content.Attributes["purchases"], i, &h.Purchases[i])
	}
	l.file.Account.History = h
}

// names makes names canonical, and sorts them.
func (l *loader) names(a *hcl.Attribute, names []string) {
	for i, name := range names {
		canonical, err := wire.CanonicalName(name)
		if err != nil {
			path := fmt.Sprintf("[%d]", i)
			l.Report(mistake(a.Name, a.Expr, path, fmt.Sprintf("%s: %v", path, err)))
			continue
		}
		names[i] = canonical
	}
	slices.Sort(names)
}

// checkPurchase wants a purchase to say what was bought, and when.
func (l *loader) checkPurchase(a *hcl.Attribute, i int, p *Purchase) {
	wrong := func(member, detail string) {
		path := fmt.Sprintf("[%d]%s", i, member)
		l.Report(mistake(a.Name, a.Expr, path, path+" "+detail))
	}
	switch {
	case !strings.Contains(p.Change, "/"):
		wrong(".change", `has to be the ID of a change, as in "example.com/renewal"`)
	case p.At.IsZero():
		wrong("", `has to say when it was made: at = "2026-12-01T00:00:00Z"`)
	case p.Done && p.Failed:
		wrong("", "is done and has failed: keep one of the two")
	}
	if p.Currency == "" {
		p.Currency = "USD"
	}
}
