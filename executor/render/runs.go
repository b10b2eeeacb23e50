package render

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// runsVersion is the version of the JSON form of runs.
const runsVersion = 1

// RunsJSON writes runs as docs/runs.schema.json describes. Left is how many more there
// are that were not looked at.
func RunsJSON(w io.Writer, runs []*history.Run, left int) error {
	enc := json.NewEncoder(inert.JSON(w))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		FormatVersion int            `json:"format_version"`
		Runs          []*history.Run `json:"runs"`
		Left          int            `json:"left,omitempty"`
	}{runsVersion, append([]*history.Run{}, runs...), left})
}

// RunWhat says what a run was to change: how many names, and of which the first.
func RunWhat(r *history.Run) string {
	if r.Problem != "" {
		return "not known"
	}
	if r.Changes == 0 {
		return "nothing"
	}
	what := "the account"
	if r.Names > 0 {
		what = words.List(unicode(r.First), r.Names-len(r.First))
	}
	return what + ": " + counted(r.Attributes)
}

// RunHazards says which hazards the changes of a run have.
func RunHazards(r *history.Run) string {
	var all []string
	for _, h := range attr.Hazards() {
		if r.Hazards[h] > 0 && h != attr.None {
			all = append(all, string(h))
		}
	}
	return strings.Join(all, ", ")
}

// RunOutcome says what became of the changes of a run.
func RunOutcome(r *history.Run) string {
	byWord := make(map[string]int, len(r.Outcome))
	for result, n := range r.Outcome {
		byWord[string(result)] = n
	}
	return counted(byWord)
}

// RunStatus says where a run stands.
func RunStatus(r *history.Run) string {
	if r.Died {
		return string(r.Status) + ", its process died"
	}
	return string(r.Status)
}

// RunMoney says what a run has ordered.
func RunMoney(r *history.Run) string {
	var all []string
	for _, m := range r.Money {
		switch {
		case m.Orders == 0:
		case m.Known:
			all = append(all, m.Amount.String()+" "+m.Currency)
		case m.Amount == 0:
			all = append(all, "unknown")
		default:
			all = append(all, "at most "+m.Amount.String()+" "+m.Currency)
		}
	}
	return inert.Text(strings.Join(all, ", "))
}

// counted writes counts with what they are of, in order: "ds_records 1, nameservers 3".
func counted(counts map[string]int) string {
	var all []string
	for _, what := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, inert.Text(what)+" "+words.Number(counts[what]))
	}
	return strings.Join(all, ", ")
}

// runExit writes the exit code of a run with its reason.
func runExit(r *history.Run) string {
	switch {
	case r.ExitCode == nil:
		return ""
	case r.Because == "":
		return "exit code " + strconv.Itoa(*r.ExitCode)
	}
	return fmt.Sprintf("exit code %d (%s)", *r.ExitCode, inert.Text(r.Because))
}

// runHeadline says in one line what a run is.
func runHeadline(r *history.Run) string {
	parts := []string{fmt.Sprintf("run %d: %s", r.ID, inert.Text(r.Kind)), RunStatus(r)}
	if exit := runExit(r); exit != "" {
		parts = append(parts, exit)
	}
	return strings.Join(parts, ", ")
}

// runFacts are what there is to say of a run as a whole, a sentence each.
func runFacts(r *history.Run) []string {
	began := "Began on " + stamp(r.Began)
	if r.By != "" {
		began += ", by " + inert.Text(r.By)
	}
	if !r.Ended.IsZero() {
		began += "; ended on " + stamp(r.Ended)
	}
	facts := []string{began + "; took " + words.Seconds(r.Seconds) + "."}
	if r.Link != "" {
		facts = append(facts, inert.Text(r.Link))
	}
	if r.Undoes != 0 {
		facts = append(facts, fmt.Sprintf("It takes back what run %d has changed.", r.Undoes))
	}
	if len(r.UndoneBy) > 0 {
		facts = append(facts, fmt.Sprintf("It was taken back, or a part of it, by %s.", runNumbers(r.UndoneBy)))
	}
	if r.Follows != 0 {
		facts = append(facts, fmt.Sprintf("It makes what run %d had announced to follow.", r.Follows))
	}
	if r.Problem != "" {
		return append(facts, "Its changes are not known: "+inert.Text(r.Problem)+".")
	}
	facts = append(facts, words.Capitalize(words.Count(r.Changes, "change"))+" of "+RunWhat(r)+".")
	if hazards := RunHazards(r); hazards != "" {
		facts = append(facts, "Hazards: "+hazards+".")
	}
	if outcome := RunOutcome(r); outcome != "" {
		facts = append(facts, "Outcome: "+outcome+".")
	}
	if money := RunMoney(r); money != "" {
		facts = append(facts, "Money: "+money+".")
	}
	if n := len(r.Details.Unlocked); n > 0 {
		facts = append(facts, words.Count(n, "name")+" "+words.Plural(n, "is", "are")+" left unlocked: "+words.List(unicode(r.Details.Unlocked), 0)+".")
	}
	return facts
}

// runNumbers names runs.
func runNumbers(ids []int64) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(id, 10)
	}
	return words.Plural(len(ids), "run", "runs") + " " + words.List(texts, 0)
}

func unicode(names []string) []string {
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = inert.Text(wire.UnicodeName(name))
	}
	return shown
}

// stamp writes a time for people, "-" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05Z")
}

// commandLine says what a command did of a run, and how it ended.
func commandLine(c *history.Command) string {
	line := fmt.Sprintf("%s %s it", inert.Text(c.Name), inert.Text(string(c.Part)))
	if c.By != "" {
		line += ", by " + inert.Text(c.By)
	}
	line += fmt.Sprintf(", ended on %s after %s with exit code %d", stamp(c.Ended), words.Seconds(c.Seconds), c.ExitCode)
	if c.Reason != "" {
		line += " (" + inert.Text(c.Reason) + ")"
	}
	if c.Link != "" {
		line += ": " + inert.Text(c.Link)
	}
	return line
}

// workLine compares a part of a command with what was foreseen.
func workLine(w *job.Work) string {
	return fmt.Sprintf("%s: %s in %s; foreseen were %s in %s", partWords[w.Part],
		words.Count(w.Made.Total(), "call"), words.Seconds(w.Made.Seconds), words.Number(w.Foreseen.Total()), words.Seconds(w.Foreseen.Seconds))
}

// changeColumns head what [changeRow.cells] says.
var changeColumns = []string{"name", "attribute", "result", "before", "after", "said"}

// A changeRow is what is said of one change of a run.
type changeRow struct{ subject, attribute, result, before, after, said string }

func (x changeRow) cells() []string {
	return []string{x.subject, x.attribute, x.result, x.before, x.after, x.said}
}

func changeRowOf(c *history.Change) changeRow {
	x := changeRow{
		subject: inert.Text(c.ID), attribute: inert.Text(c.Attribute), result: string(c.Result),
		before: inert.Text(inWords(c.Before)), after: inert.Text(inWords(c.After)),
	}
	if c.Domain != "" {
		x.subject = inert.Text(wire.UnicodeName(c.Domain))
		if c.Element != "" {
			x.subject += " " + inert.Text(c.Element)
		}
	}
	var said []string
	if c.Cost != nil {
		said = append(said, "costs "+inert.Text(c.Cost.String()))
	}
	if c.Code != "" || c.Message != "" {
		said = append(said, inert.Text(strings.TrimPrefix(c.Code+": "+c.Message, ": ")))
	}
	if c.Task != "" {
		said = append(said, "task "+inert.Text(c.Task))
	}
	if c.RequestID != "" {
		said = append(said, "request "+inert.Text(c.RequestID))
	}
	x.said = strings.Join(said, "; ")
	return x
}

// batchCells are what is said of one call of a run.
func batchCells(b *history.Batch) []string {
	said := b.Message
	if b.Code != "" {
		said = strings.TrimSuffix(b.Code+": "+said, ": ")
	}
	task := b.Task
	if b.Adopted {
		task += " (found later)"
	}
	return []string{
		strconv.FormatInt(b.Number, 10), inert.Text(b.Operation), words.Number(len(b.Names)), cmp.Or(inert.Text(task), "-"), string(b.State), stamp(b.Sent),
		cmp.Or(inert.Text(b.RequestID), "-"), inert.Text(said),
	}
}

// batchColumns head what [batchCells] says.
var batchColumns = []string{"batch", "operation", "names", "task", "state", "sent", "request", "refusal"}

// approvalLine says who had approved changes of a run.
func approvalLine(a *history.Approval, most int) string {
	shown := make([]string, min(most, len(a.Changes)))
	for i := range shown {
		shown[i] = inert.Text(a.Changes[i])
	}
	return fmt.Sprintf("approved by %s on %s until %s: %s", inert.Text(a.By), stamp(a.At), stamp(a.Until), words.List(shown, len(a.Changes)-len(shown)))
}
