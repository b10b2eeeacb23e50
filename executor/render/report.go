// Package render writes what a run of a job tells: its report as text and JSON,
// and its events as lines of JSON.
package render

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// ReportText writes a report for people: what went well in groups, and of
// everything else what the service said. Lines have at most width columns; 0: any.
func ReportText(to io.Writer, r *executor.Report, width int) error {
	w := &wrapper{to: bufio.NewWriter(to), width: width}
	for _, g := range groupsOf(r) {
		g.write(w, r.Run)
	}
	if len(r.Unlocked) > 0 {
		fmt.Fprintf(w, "%s %s left unlocked; the next apply closes the lock:\n", words.Count(len(r.Unlocked), "name"), words.Plural(len(r.Unlocked), "is", "are"))
		for _, name := range r.Unlocked {
			fmt.Fprintf(w, "  %s\n", inert.Text(wire.UnicodeName(name)))
		}
	}
	if len(r.OpenTasks) > 0 {
		fmt.Fprintf(w, "%s without all results: %s\n", words.Count(len(r.OpenTasks), "task"), inert.Text(strings.Join(r.OpenTasks, ", ")))
	}
	for _, t := range r.Trouble {
		fmt.Fprintf(w, "%s\n", inert.Text(t))
	}
	if r.Interrupted {
		fmt.Fprintf(w, "Run %d was interrupted: domainsync resume goes on with it, and the next apply settles it.\n", r.Run)
	}
	if r.Submits > 0 {
		fmt.Fprintf(w, "%s, %s, %s acknowledged, %s\n", words.Count(r.Submits, "request"), words.Count(r.Tasks, "task"),
			words.Count(r.Acknowledged, "result"), time.Duration(r.Seconds*float64(time.Second)).Round(100*time.Millisecond))
	}
	return w.Flush()
}

// group is changes of one attribute and origin that ended alike.
type group struct {
	attribute string
	origin    attr.Origin
	result    executor.ChangeResult
	reason    string // that all share, of those that are not listed
	changes   []*executor.ChangeReport
}

// endings are the results in the order in which they are written.
var endings = []struct {
	result executor.ChangeResult
	words  string
	listed bool
}{
	{executor.Verified, "changed and verified", false},
	{executor.Done, "changed, but not read again", false},
	{executor.Waiting, "sent; the service is still working on it", true},
	{executor.Differs, "changed, but the account shows something else", true},
	{executor.Failed, "failed; the next apply tries again", true},
	{executor.Stale, "not sent, because the live state is another than when it was planned", true},
	{executor.NotSent, "not sent", false},
	{executor.InDoubt, "in doubt: sent, and nobody knows what became of it", true},
}

func rank(s executor.ChangeResult) int {
	for i, e := range endings {
		if e.result == s {
			return i
		}
	}
	return len(endings)
}

// groupsOf parts the changes by how they ended, what went well first.
func groupsOf(r *executor.Report) []*group {
	type key struct {
		attribute, reason string
		origin            attr.Origin
		result            executor.ChangeResult
	}
	byKey := make(map[key]*group)
	var groups []*group
	for i := range r.Changes {
		o := &r.Changes[i]
		k := key{attribute: o.Attribute, origin: o.Origin, result: o.Result}
		if n := rank(o.Result); n < len(endings) && !endings[n].listed {
			k.reason = o.Message
		}
		if byKey[k] == nil {
			byKey[k] = &group{o.Attribute, o.Origin, o.Result, k.reason, nil}
			groups = append(groups, byKey[k])
		}
		byKey[k].changes = append(byKey[k].changes, o)
	}
	slices.SortStableFunc(groups, func(a, b *group) int { return cmp.Compare(rank(a.result), rank(b.result)) })
	return groups
}

func (g *group) write(w io.Writer, run int64) {
	e := endings[rank(g.result)]
	fmt.Fprintf(w, "%s: %s%s %s", g.subjects(), g.attribute, g.origin.InWords(), e.words)
	if g.reason != "" {
		fmt.Fprintf(w, ": %s", inert.Text(g.reason))
	}
	if !e.listed {
		fmt.Fprintln(w)
		for _, alike := range byDetails(g.changes, whoDrifted) {
			if who := whoDrifted(alike[0]); who != "" {
				writeAlike(w, alike, who, run)
			}
		}
		return
	}
	fmt.Fprintln(w, ":")
	for _, alike := range byDetails(g.changes, detailsOf) {
		writeAlike(w, alike, detailsOf(alike[0]), run)
	}
}

// byDetails parts changes by what is said of them.
func byDetails(changes []*executor.ChangeReport, detailsOf func(*executor.ChangeReport) string) [][]*executor.ChangeReport {
	at := make(map[string]int)
	var parts [][]*executor.ChangeReport
	for _, o := range changes {
		details := detailsOf(o)
		i, known := at[details]
		if !known {
			i = len(parts)
			at[details] = i
			parts = append(parts, nil)
		}
		parts[i] = append(parts[i], o)
	}
	return parts
}

// alikeShown is how many changes are named of which the same is said.
const alikeShown = 20

// writeAlike writes changes of which the same is said.
func writeAlike(w io.Writer, alike []*executor.ChangeReport, details string, run int64) {
	if len(alike) == 1 {
		fmt.Fprintf(w, "  %s  %s\n", subjectOf(alike[0]), details)
		return
	}
	shown := alike[:min(len(alike), alikeShown)]
	subjects := make([]string, len(shown))
	for i, o := range shown {
		subjects[i] = subjectOf(o)
	}
	rest := len(alike) - len(shown)
	fmt.Fprintf(w, "  %s\n    %s", details, words.List(subjects, rest))
	if rest > 0 {
		fmt.Fprintf(w, ", which domainsync runs show %d lists", run)
	}
	fmt.Fprintln(w)
}

// subjects counts the names of a group; "" is the account.
func (g *group) subjects() string {
	if g.changes[0].Domain == "" {
		return "the account"
	}
	names := make(map[string]bool)
	for _, o := range g.changes {
		names[o.Domain] = true
	}
	return words.Count(len(names), "name")
}

// subjectOf is what a change is about, for people.
func subjectOf(o *executor.ChangeReport) string {
	switch {
	case o.Domain == "":
		return inert.Text(o.ID)
	case o.Element != "":
		return inert.Text(wire.UnicodeName(o.Domain)) + " " + inert.Text(o.Element)
	}
	return inert.Text(wire.UnicodeName(o.Domain))
}

// whoDrifted says who had made a drift that a change brought back; "" where nothing
// tells that.
func whoDrifted(o *executor.ChangeReport) string {
	if o.Origin != attr.Drift || o.Logged == nil {
		return ""
	}
	return inert.Text(o.Logged.InWords())
}

// detailsOf is what the service said of a change, what its support asks for, and who
// had made the drift that it was to bring back.
func detailsOf(o *executor.ChangeReport) string {
	text := inert.Text(o.Message)
	if o.Code != "" {
		text = inert.Text(o.Code) + ": " + text
	}
	var refs []string
	if o.Task != "" {
		refs = append(refs, "task "+inert.Text(o.Task))
	}
	if o.RequestID != "" {
		refs = append(refs, "request "+inert.Text(o.RequestID))
	}
	if len(refs) > 0 {
		text += " (" + strings.Join(refs, ", ") + ")"
	}
	if who := whoDrifted(o); who != "" {
		text += "; " + who
	}
	return strings.TrimSpace(strings.TrimPrefix(text, "; "))
}
