package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

// moneyVersion is the version of the JSON form of orders.
const moneyVersion = 1

// MoneyJSON writes what was ordered as docs/money.schema.json describes.
func MoneyJSON(w io.Writer, s *history.Spending) error {
	enc := json.NewEncoder(inert.JSON(w))
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(struct {
		FormatVersion int `json:"format_version"`
		*history.Spending
	}{moneyVersion, s})
}

// differencesShown is how many differences of one kind are written, and namesOfTask of how
// many names of a task: there may be thousands.
const differencesShown, namesOfTask = 20, 5

// MoneyDifferences writes where the account and the journal differ about orders.
func MoneyDifferences(w io.Writer, s *history.Spending) error {
	o := s.Account
	var b strings.Builder
	fmt.Fprintf(&b, "%s since %s %s compared with the account's order tasks, which tell no prices.\n", words.Count(o.Compared, "order"), day(o.Since), words.Plural(o.Compared, "was", "were"))
	if o.Earlier > 0 {
		fmt.Fprintf(&b, "%s %s not: --since compares earlier ones, too.\n", words.Count(o.Earlier, "earlier order"), words.Plural(o.Earlier, "was", "were"))
	}
	standing := ordersByAgreement(s)
	if old := standing[history.TooOld]; len(old) > 0 {
		before := "it lists none"
		if !o.Oldest.IsZero() {
			before = "it lists none from before " + day(o.Oldest)
		}
		fmt.Fprintf(&b, "Of %s the account does not tell any more, as of no task of that time: %s.\n", words.Count(len(old), "order"), before)
	}
	if n := len(standing[history.EndUnknown]); n > 0 {
		fmt.Fprintf(&b, "%s ended, which the journal does not know yet: domainsync resume takes the results.\n", words.Count(n, "order")+words.Plural(n, " has", " have"))
	}
	for _, a := range history.Differences() {
		writeFew(&b, standing[a], func(p *history.Purchase) string { return describeDifference(p) })
	}
	writeFew(&b, o.Unknown, describeUnknown)
	if !s.Differ() {
		fmt.Fprintln(&b, "The journal and the account agree about them.")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// ordersByAgreement returns the orders that were compared.
func ordersByAgreement(s *history.Spending) map[history.Agreement][]*history.Purchase {
	all := make(map[history.Agreement][]*history.Purchase)
	for i := range s.Purchases {
		if p := &s.Purchases[i]; p.Account != nil {
			all[p.Account.Agreement] = append(all[p.Account.Agreement], p)
		}
	}
	return all
}

// writeFew writes a line for each of the first, and how many there are beyond.
func writeFew[T any](b *strings.Builder, all []T, line func(T) string) {
	for _, x := range all[:min(len(all), differencesShown)] {
		fmt.Fprintln(b, inert.Text(line(x)))
	}
	if more := len(all) - differencesShown; more > 0 {
		fmt.Fprintf(b, "%s more like that: --format json has all.\n", words.Number(more))
	}
}

// describeDifference says of an order how the account differs, and what to do.
func describeDifference(p *history.Purchase) string {
	a := p.Account
	order := fmt.Sprintf("%s: the %s of %s (run %d) ", wire.UnicodeName(p.Domain), p.Kind, day(p.At), p.Run)
	switch a.Agreement {
	case history.Contradicts:
		return order + fmt.Sprintf("is %s by the journal, and %s in the account's task %s%s. Look at the name before you order again.", p.State, a.Status, a.Task, said(a.Message))
	case history.OtherNames:
		return order + fmt.Sprintf("is not in the account's task %s, which is about other names.", a.Task)
	case history.NotListed:
		return order + fmt.Sprintf("left as task %s, of which the account tells nothing%s. It may be a task of another account.", a.Task, said(a.Message))
	case history.Unread:
		return order + fmt.Sprintf("left as task %s, which cannot be read%s.", a.Task, said(a.Message))
	}
	return order + fmt.Sprintf("has no task by the journal, and the account's task %s (%s) orders for the name, %s%s. domainsync resume looks whether it is the one.", a.Task, a.Type, a.Status, said(a.Message))
}

// describeUnknown says of an order task of the account that nobody here has ordered it.
func describeUnknown(t history.UnknownOrder) string {
	var names []string
	for _, d := range t.Domains[:min(len(t.Domains), namesOfTask)] {
		names = append(names, fmt.Sprintf("%s %s", wire.UnicodeName(d.Domain), d.Status))
	}
	text := fmt.Sprintf("The journal does not know the account's order task %s (%s) of %s", t.Task, t.Type, words.Count(t.Names, "name"))
	if !t.Created.IsZero() {
		text += ", saved on " + t.Created.UTC().Format("2006-01-02 15:04:05Z")
	}
	text += ": another machine's, the console's, or of records that were lost"
	if len(names) > 0 {
		text += ": " + words.List(names, len(t.Domains)-len(names))
	}
	if t.Problem != "" {
		text += " (" + t.Problem + ")"
	}
	return text + "."
}

func said(message string) string {
	if message == "" {
		return ""
	}
	return fmt.Sprintf(" (%q)", message)
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
