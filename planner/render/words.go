package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// subjects writes what changes are about: "2 names", "the account", or both.
func subjects(names int, account bool) string {
	switch {
	case !account:
		return words.Count(names, "name")
	case names == 0:
		return "the account"
	}
	return words.Count(names, "name") + " and the account"
}

// subjectsOf is subjects of sorted names, in which "" is the account.
func subjectsOf(names []string) string {
	account := len(names) > 0 && names[0] == ""
	if account {
		names = names[1:]
	}
	return subjects(len(names), account)
}

// missingAdvice says what to do about declared names that the account lacks.
func missingAdvice(n int) string {
	them := words.Plural(n, "it", "them")
	return fmt.Sprintf(" that the account lacks; declare registration to buy %s, or take %s out of the files", them, them)
}

// What is said of names that a run left unlocked, and of those that no file declares,
// behind their number.
const (
	leftUnlockedWords = " whose update lock an earlier run opened and did not close; apply does so first"
	unmanagedWords    = " of the account that no file declares"
)

// nameList lists the first names and counts the others.
func nameList(names []string, limit int, show func(string) string) string {
	if limit <= 0 || len(names) <= limit+1 {
		limit = len(names)
	}
	shown := make([]string, limit)
	for i := range shown {
		shown[i] = show(names[i])
	}
	return words.List(shown, len(names)-limit)
}

// origin says what a plan is about, after a verb for a comparison and another one for
// orders, and when the account was read.
func origin(p *planner.Plan, compare, order string, show func(string) string) string {
	text := compare + " "
	if n := p.Summary.Selected; n != nil {
		text += words.Number(*n) + " of "
	}
	text += words.Count(p.Summary.Names, "declared name") + " with "
	if n := p.Summary.Transfers; n > 0 {
		text = order + " " + words.Count(n, "transfer") + " into "
	}
	if p.Account == "" {
		text += "an account"
	} else {
		text += "account " + show(p.Account)
	}
	if p.Endpoint != "" {
		text += " at " + show(p.Endpoint)
	}
	if !p.ReadAt.IsZero() {
		text += ", read " + p.ReadAt.UTC().Format("2006-01-02 15:04:05 UTC")
	}
	if p.Summary.Standing > 0 {
		text += "; " + readingWords(p)
	}
	return text
}

// readingWords says how much of the names was read now, and how old the rest is.
func readingWords(p *planner.Plan) string {
	s := p.Summary
	text := fmt.Sprintf("%s read now, %s %s as read before, the oldest %s ago (%s)", words.Count(s.ReadNow, "name"), words.Number(s.Standing),
		words.Plural(s.Standing, "stands", "stand"), age(p.ReadAt.Sub(s.Oldest)), s.Oldest.Format("2006-01-02 15:04:05 UTC"))
	if s.Due > 0 {
		text += ", " + words.Count(s.Due, "name") + " due to be read again"
	}
	return text
}

// age writes how old something is, in days from two on.
func age(d time.Duration) string {
	if days := int(d / (24 * time.Hour)); days >= 2 {
		return words.Count(days, "day")
	}
	return words.Duration(d)
}

// sentence begins with a capital, unless it begins with a name.
func sentence(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if r, size := utf8.DecodeRuneInString(s); size > 0 && !strings.ContainsAny(first, "._/=") {
		return string(unicode.ToUpper(r)) + s[size:]
	}
	return s
}

// showsGuards reports whether the guards have something to say.
func showsGuards(p *planner.Plan) bool {
	waits := slices.ContainsFunc(p.Guards, func(g planner.Guard) bool { return g.Waiting > 0 })
	return len(p.Guards) > 0 && (p.Count(attr.Ready) > 0 || p.Guarded() || waits)
}

// whoDrifted says who has changed what a change brings back, "" where nothing has
// drifted.
func whoDrifted(c *attr.Change) string {
	l := c.Logged
	switch {
	case c.Origin != attr.Drift:
		return ""
	case l == nil:
		return "the change log does not tell who changed it"
	}
	return l.InWords()
}

// symbols are the marks of the actions.
var symbols = map[attr.Action]string{attr.Create: "+", attr.Update: "~", attr.Delete: "-"}

// titles head the sections of changes that are not ready.
var titles = map[attr.Status]string{
	attr.Deferred:   "Deferred",
	attr.Waiting:    "Waiting",
	attr.Held:       "Held",
	attr.Unapproved: "Unapproved",
	attr.Refused:    "Refused",
	attr.Blocked:    "Blocked",
	attr.Unknown:    "Unknown",
	attr.InDoubt:    "In doubt",
}

// advice says what the status means, where the reason alone does not.
var advice = map[attr.Status]string{
	attr.Unknown: "; what was needed could not be read, so nothing of these changes is sent",
	attr.InDoubt: "; these were sent and nobody knows yet what became of them: a run that is at work finds out, or resume",
}

// approvedBy says who has approved something, and until when that counts.
func approvedBy(x planner.Approved, show func(string) string) string {
	return "by " + show(x.By) + " until " + attr.Date(x.Until)
}

func approvedChanges(all []planner.Approved) (n int) {
	for _, x := range all {
		n += len(x.Changes)
	}
	return n
}

// adviceOn says what the status means in a plan, and what to do.
func adviceOn(s attr.Status, p *planner.Plan) string {
	if s != attr.Unapproved || len(p.Summary.Unapproved) == 0 {
		return advice[s] + adviceOnPersons(s, p)
	}
	hazards := make([]string, len(p.Summary.Unapproved))
	for i, h := range p.Summary.Unapproved {
		hazards[i] = string(h)
	}
	return "; add " + strings.Join(hazards, ",") + " to --auto-approve, or have a person answer an apply with yes" + adviceOnPersons(s, p)
}

// adviceOnPersons says how changes of a status get the persons that they lack; "" where
// they lack none.
func adviceOnPersons(s attr.Status, p *planner.Plan) string {
	for c := range p.Differences() {
		switch {
		case c.Status != s || c.Cause != attr.PersonsCause:
		case s == attr.Refused:
			return "; persons of the fleet approve them with domainsync jobs approve, and --break-glass makes them without"
		default:
			return "; persons of the fleet approve them with domainsync jobs approve"
		}
	}
	return ""
}

// isNear reports whether somebody should look at a guard: it refuses, or could not
// see all, or counts more than half of what it allows, or will.
func isNear(g planner.Guard) bool {
	return g.Refuses || g.Unseen != "" || 2*(g.Value+g.Waiting) > g.Limit
}

// guardInShort writes a guard that is far from its limit.
func guardInShort(g planner.Guard) string {
	unit := ""
	if g.Name == planner.GuardPercent {
		unit = " percent"
	}
	return g.Name + " " + words.Number(g.Value) + " of " + words.Number(g.Limit) + unit
}

// guardLine writes a guard with its figures and the first names that it counts.
func guardLine(g planner.Guard, show func(string) string) string {
	if g.Name == planner.GuardFailures {
		return "apply stops sending after " + words.Count(g.Limit, "failed change")
	}
	line := guardValue(g, show) + "; limit " + words.Number(g.Limit)
	if !g.Refuses && g.Value+g.Waiting > g.Limit {
		line += ", which those that wait will exceed"
	}
	switch {
	case g.Unseen == "":
		return line
	case g.Counted == 0:
		return "not counted: " + g.Unseen + "; limit " + words.Number(g.Limit)
	}
	return line + "; " + g.Unseen
}

// namedByGuard is how many of the names that it counts a guard's line tells.
const namedByGuard = 3

// guardValue writes what a guard counted, and the first of it.
func guardValue(g planner.Guard, show func(string) string) string {
	text := guardCount(g)
	if len(g.Names) > 0 {
		shown := make([]string, min(len(g.Names), namedByGuard))
		for i := range shown {
			shown[i] = show(g.Names[i])
		}
		text += " (" + words.List(shown, g.Counted-len(shown)) + ")"
	}
	if g.Waiting > 0 {
		text += ", " + words.Number(g.Waiting) + " more " + words.Plural(g.Waiting, "waits", "wait")
	}
	return text
}

func guardCount(g planner.Guard) string {
	switch g.Name {
	case planner.GuardPercent:
		return words.Number(g.Value) + " percent of the managed names"
	case planner.GuardDelegations:
		return words.Count(g.Value, "name") + " with another delegation"
	case planner.GuardRegistrants:
		return words.Count(g.Value, "name") + " with another registrant"
	case planner.GuardReleased:
		return words.Count(g.Value, "name") + " declared at the last apply and not now"
	}
	return words.Number(g.Value)
}

// refusal says why a guard refuses what it counts, and what to do.
func refusal(g planner.Guard, show func(string) string) string {
	part := "; or take a part of it with --target or --limit N"
	if g.Name == planner.GuardReleased {
		part = ""
	}
	return fmt.Sprintf("%s: %s, and the limit is %s. If that is meant for once, give --guard %s=%d; if for good, set %s = %d or more in the guard block%s.",
		g.Name, guardValue(g, show), words.Number(g.Limit), g.Name, g.Value, g.Name, g.Value, part)
}

// outcome is the plan in one line, without its end.
func outcome(p *planner.Plan, sections []*section) string {
	var parts []string
	for _, s := range sections {
		if s.status == attr.Ready {
			parts = append(parts, readyWords(p, s))
		} else {
			n := s.names
			if s.account {
				n++
			}
			parts = append(parts, words.Number(n)+" "+string(s.status))
		}
	}
	if n := len(p.Policy); n > 0 {
		parts = append(parts, words.Count(n, "policy change"))
	}
	if n := p.Summary.Edits; n > 0 {
		parts = append(parts, words.Count(n, "edit"))
	}
	if n := p.Summary.Drifts; n > 0 {
		parts = append(parts, words.Count(n, "drift"))
	}
	if n := len(p.OwedRelocks); n > 0 {
		parts = append(parts, words.Count(n, "owed relock"))
	}
	if n := len(p.Missing); n > 0 {
		parts = append(parts, words.Number(n)+" missing")
	}
	if n := p.Summary.Overdue; n > 0 {
		parts = append(parts, words.Number(n)+" overdue")
	}
	if n := p.Summary.Endangered; n > 0 {
		parts = append(parts, words.Number(n)+" endangered")
	}
	if n := p.Summary.Threatened; n > 0 {
		parts = append(parts, words.Number(n)+" threatened")
	}
	if n := p.Summary.Absent; n > 0 {
		parts = append(parts, words.Number(n)+" not there yet")
	}
	if n := len(p.Unmanaged); n > 0 {
		parts = append(parts, words.Number(n)+" unmanaged")
	}
	if n := len(p.Failures); n > 0 {
		parts = append(parts, words.Count(n, "failed read"))
	}
	return strings.Join(parts, ", ")
}

// readyWords counts the names that change, by attribute.
func readyWords(p *planner.Plan, s *section) string {
	verb := "change"
	if s.names == 1 && !s.account || s.names == 0 {
		verb = "changes"
	}
	var by []string
	for _, a := range attr.Planned() {
		if n := p.Summary.Attributes[a.Name]; n > 0 {
			by = append(by, words.Number(n)+" "+a.Name)
		}
	}
	w := subjects(s.names, s.account) + " " + verb
	if len(by) > 0 {
		w += " (" + strings.Join(by, ", ") + ")"
	}
	if total := total(p); total.Count > 0 {
		w += " for " + total.Price()
	}
	return w
}

// total is what a plan buys in all.
func total(p *planner.Plan) (sum attr.Cost) {
	for _, c := range p.Summary.Purchases {
		sum = sum.Plus(c)
	}
	return sum
}

// budgetWords says what there is, what is gone and what goes.
func budgetWords(b *planner.Budget) string {
	if b.PerMonthMax > 0 {
		return fmt.Sprintf("%s %s a %s, %s a month: %s spent, %s in the month, %s planned, %s left",
			b.Amount, b.Currency, b.Per, b.PerMonthMax, b.Spent, b.MonthSpent, b.Planned, b.Left())
	}
	return fmt.Sprintf("%s %s a %s: %s spent, %s planned, %s left", b.Amount, b.Currency, b.Per, b.Spent, b.Planned, b.Left())
}

// selfRenewalWords says what the service buys by itself, and by when.
func selfRenewalWords(all []planner.SelfRenewal) string {
	sum, unknown := attr.Cost{}, 0
	for i := range all {
		if r := &all[i]; r.Amount != nil {
			sum = sum.Plus(attr.Cost{Count: 1, Amount: *r.Amount, Currency: r.Currency, Known: true})
		} else {
			unknown++
		}
	}
	w := words.Count(len(all), "name") + ", "
	switch {
	case unknown == 0:
		w += sum.Price()
	case sum.Count == 0:
		w += attr.Cost{}.Price()
	default:
		w += sum.Price() + " and " + words.Count(unknown, "price") + " not known"
	}
	return w + fmt.Sprintf(", past the budget: the first, %s, by %s", all[0].Domain, all[0].By.UTC().Format(time.DateOnly))
}

// byService is what the purchases are called that the service makes by itself.
const byService = "by the service"

// A purchaseRow is one line of what a plan buys.
type purchaseRow struct{ what, howMuch string }

// purchaseRows list what is bought, and the budget for it.
func purchaseRows(p *planner.Plan) (rows []purchaseRow) {
	for _, a := range attr.Planned() {
		if c, ok := p.Summary.Purchases[a.Name]; ok {
			rows = append(rows, purchaseRow{a.Name, words.Count(c.Count, "name") + ", " + inert.Text(c.String())})
		}
	}
	if len(p.SelfRenewals) > 0 {
		rows = append(rows, purchaseRow{byService, inert.Text(selfRenewalWords(p.SelfRenewals))})
	}
	if p.Budget != nil {
		rows = append(rows, purchaseRow{"budget", inert.Text(budgetWords(p.Budget))})
	}
	return rows
}

// showsPurchases reports whether purchases and their budget have something to say.
func showsPurchases(p *planner.Plan) bool {
	return len(p.Summary.Purchases) > 0 || len(p.SelfRenewals) > 0 ||
		p.Budget != nil && slices.ContainsFunc(p.Changes, func(c attr.Change) bool { return c.Cost != nil })
}

// headline is the plan in one sentence.
func headline(p *planner.Plan, sections []*section) string {
	rest := outcome(p, sections)
	switch {
	case rest == "" && p.HasErrors():
		return "Refused for an error; there is nothing to change."
	case p.Refused() || p.HasErrors():
		return "Refused: " + rest + "; nothing of it is applied."
	case !p.Converged():
		return "Plan: " + rest + callWords(p) + "."
	case p.Agrees() && rest == "":
		return "Nothing to do: " + declared(p) + "."
	case p.Agrees():
		return "Nothing to do: " + declared(p) + "; " + rest + "."
	case rest == "":
		return "Nothing to do now."
	}
	return "Nothing to do now: " + rest + "."
}

// declared counts the names that were compared, and says what they are like.
func declared(p *planner.Plan) string {
	n, of, like := p.Summary.Names, "", " as the files declare"
	if p.Undo != nil {
		like = fmt.Sprintf(" as before run %d", p.Undo.Run)
	}
	if selected := p.Summary.Selected; selected != nil {
		n, of = *selected, " of "+words.Number(n)
	}
	switch {
	case p.Summary.Names == 0:
		return "the account is" + like
	case n == 1:
		return "1 name" + of + " is" + like
	}
	return words.Number(n) + " names" + of + " are" + like
}

// callWords predicts what an apply takes.
func callWords(p *planner.Plan) string {
	n := 0
	for _, c := range p.Calls {
		n += c.Calls
	}
	if n == 0 {
		return ""
	}
	return "; " + words.Count(n, "call") + ", " + words.About(p.Summary.Seconds)
}

// provenance says of which files a plan is, and where the whole of it is kept: sentences
// in which code writes what was given from outside. It is "" where nobody said so.
func provenance(p *planner.Plan, code func(string) string) string {
	var told []string
	if p.Undo != nil {
		told = append(told, fmt.Sprintf("It takes back what run %d has changed, and nothing else. That is held until %s, or until the files agree.",
			p.Undo.Run, p.Undo.Until.UTC().Format("2006-01-02 15:04 MST")))
	}
	if p.Commit != "" {
		told = append(told, "Planned at commit "+code(p.Commit)+".")
	}
	if len(p.Labels) > 0 {
		var pairs []string
		for _, key := range slices.Sorted(maps.Keys(p.Labels)) {
			pairs = append(pairs, code(key+"="+p.Labels[key]))
		}
		told = append(told, "Labels: "+strings.Join(pairs, ", ")+".")
	}
	if p.StoredAs != "" {
		told = append(told, "The state keeps the whole plan: "+code("domainsync apply --reviewed "+p.StoredAs)+".")
	}
	return strings.Join(told, " ")
}
