package render_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/text"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

// nasty are texts that mean something to a terminal, to Markdown or to HTML.
var nasty = rapid.OneOf(
	rapid.String(),
	rapid.SampledFrom([]string{
		"\x1b[2J", "a|b", `a\|b`, "`", "```", "@everyone", "<script>alert(1)</script>", "</details>", "\n\n# x", "\u202e", "\u009b1m",
		"[x](javascript:1)", "| a | b |", "\xff", "-->", "&lt;", "$x$", strings.Repeat("long ", 100), strings.Repeat("\x1b", 500),
	}),
)

// plans draws plans whose texts are of any kind. Large ones repeat what was
// drawn under many names.
var plans = rapid.Custom(func(t *rapid.T) *planner.Plan {
	some := func(label string) []string { return rapid.SliceOfN(nasty, 1, 4).Draw(t, label) }
	names, hosts, reasons := some("names"), some("hosts"), some("reasons")
	pick := func(from []string, i int) string { return from[i%len(from)] }
	p := &planner.Plan{
		Account: nasty.Draw(t, "account"), Endpoint: nasty.Draw(t, "endpoint"),
		ReadAt:  time.Unix(1_780_000_000, 0),
		Summary: planner.Summary{Changes: make(map[attr.Status]int), Attributes: make(map[string]int)},
	}
	statuses := []attr.Status{attr.Ready, attr.Deferred, attr.Waiting, attr.Held, attr.Blocked, attr.Unknown, attr.InDoubt}
	first := rapid.IntRange(0, len(statuses)-1).Draw(t, "first status")
	distinct := rapid.Bool().Draw(t, "distinct")
	number := func(i int) string {
		if distinct {
			return fmt.Sprint(i)
		}
		return ""
	}
	attributes := []string{"nameservers"}
	if rapid.Bool().Draw(t, "many attributes") {
		attributes = nil
		for _, a := range attr.Planned() {
			attributes = append(attributes, a.Name)
		}
	}
	actions, origins := []attr.Action{attr.Update, attr.Create, attr.Delete}, []attr.Origin{attr.NoOrigin, attr.Edit, attr.Drift}
	for i := range rapid.SampledFrom([]int{0, 1, 2, 10, 100, 300}).Draw(t, "changes") {
		name := fmt.Sprintf("%05d.%s", i, pick(names, i))
		c := nameserverChange(name, attr.NameserverSet{pick(hosts, i)}, attr.NameserverSet{pick(hosts, i+1) + number(i)}, attr.Source{File: pick(names, i+1), Line: i})
		if s := statuses[(i+first)%len(statuses)]; s != attr.Ready {
			c.Block(s, "%s", pick(reasons, i)+number(i))
		}
		if c.Attribute = pick(attributes, i); len(attributes) > 1 {
			c.Action, c.Origin = actions[i/len(attributes)%3], origins[i/len(attributes)/3%3]
		}
		p.Summary.Changes[c.Status]++
		p.Changes = append(p.Changes, c)
		switch i % 7 {
		case 4:
			p.Approved = append(p.Approved, planner.Approved{By: pick(names, i) + number(i), Until: p.ReadAt, Changes: []string{c.ID, pick(hosts, i)}})
		case 5:
			p.Threats = append(p.Threats, planner.Threat{ID: "x", Domain: name, Severity: planner.Page, Summary: pick(reasons, i), Sentence: pick(hosts, i) + number(i), Deadline: p.ReadAt})
		case 0:
			p.Missing = append(p.Missing, name)
			p.Failures = append(p.Failures, snapshot.Failure{Domain: name, Operation: pick(names, i), Message: pick(reasons, i) + number(i), RequestID: pick(hosts, i)})
		case 1:
			p.Unmanaged = append(p.Unmanaged, name)
			p.Diagnostics = append(p.Diagnostics, planner.Diagnostic{Severity: planner.SeverityError, Domain: name, Summary: pick(reasons, i) + number(i), Detail: pick(reasons, i+1)})
		case 2:
			p.OwedRelocks = append(p.OwedRelocks, name)
			p.Diagnostics = append(p.Diagnostics, planner.Diagnostic{Severity: planner.SeverityWarning, Summary: pick(reasons, i) + number(i), Source: &c.Source})
		case 3:
			p.Changes = append(p.Changes, attr.TemporaryUnlock(name, nil))
		}
	}
	p.Guards = []planner.Guard{{Name: planner.GuardDelegations, Limit: 3, Value: len(p.Changes), Refuses: rapid.Bool().Draw(t, "refuses")}}
	p.Calls = []planner.Calls{{Operation: "PollTaskResult", Calls: 3, Seconds: 9}}
	return p
})

// TestTextOnlyShows is the law that nothing of a plan drives the terminal, and
// that lines keep the width wherever a word fits into it.
func TestTextOnlyShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := render.TextOptions{Width: rapid.IntRange(60, 200).Draw(t, "width"), Details: rapid.Bool().Draw(t, "details")}
		var b strings.Builder
		if err := render.Text(&b, plans.Draw(t, "plan"), o); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			line = strings.TrimSuffix(line, "\n")
			for _, r := range line {
				if !unicode.IsPrint(r) {
					t.Fatalf("the line %q holds %U", line, r)
				}
			}
			if n := text.StringWidthWithoutEscSequences(line); n > o.Width && longestWord(line) < o.Width-40 {
				t.Fatalf("the line %q has %d columns instead of %d", line, n, o.Width)
			}
		}
	})
}

func longestWord(line string) int {
	longest := 0
	for word := range strings.FieldsSeq(line) {
		longest = max(longest, text.StringWidthWithoutEscSequences(word))
	}
	return longest
}

// TestMarkdownFitsAndHolds is the law that a plan of any size fits, and that
// nothing of it leaves its cell.
func TestMarkdownFitsAndHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := plans.Draw(t, "plan")
		page := markdownOf(t, p, rapid.Bool().Draw(t, "details"))
		checkMarkdown(t, page)
		if strings.Contains(page, notAll) {
			return
		}
		for c := range p.Differences() {
			if !strings.Contains(page, c.Domain[:5]) {
				t.Fatalf("the page does not say that it lacks something, and lacks %q", c.Domain)
			}
		}
	})
}

// notAll begins what says that a page lacks something.
const notAll = "Not all of the plan stands here"

func markdownOf(t rapid.TB, p *planner.Plan, details bool) string {
	t.Helper()
	var b strings.Builder
	if err := render.Markdown(&b, p, render.MarkdownOptions{Details: details}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestMarkdownWithDetailsTakesTheRoomThereIs: details are all there where they fit, and
// as many as fit elsewhere; then it is said where the others are.
func TestMarkdownWithDetailsTakesTheRoomThereIs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a reason that is not short, ", 20)
	small := hugePlan(500, 3)
	small.Diagnostics[0].Detail = long
	for i := range 40 {
		small.Threats = append(small.Threats, planner.Threat{ID: "x", Domain: fmt.Sprintf("t%d.example", i), Severity: planner.Page, Summary: "S", Sentence: "Then. " + long})
	}
	page := markdownOf(t, small, true)
	checkMarkdown(t, page)
	if n := strings.Count(page, "`t"); n != 40 {
		t.Errorf("%d of 40 threatened names stand there", n)
	}
	if n := strings.Count(page, "`d0"); n != 500 || strings.Count(page, long) != 2 || strings.Contains(page, notAll) {
		t.Errorf("%d of 500 names stand there: %s", n, page)
	}
	if page := markdownOf(t, small, false); strings.Count(page, "`d0") != 3*10 || strings.Contains(page, long) || !strings.Contains(page, notAll) {
		t.Errorf("without details more is shown than the first ones, or it is not said: %s", page)
	}
	large := hugePlan(20_000, 3)
	page = markdownOf(t, large, true)
	checkMarkdown(t, page)
	if n := strings.Count(page, "`d0"); n < 3000 || n > 5000 || len(page) < render.MarkdownLimit*95/100 {
		t.Errorf("%d names stand there in %d bytes", n, len(page))
	}
	for _, part := range []string{notAll, "`--format html`", "#### Guards", "#### Calls", "and 5,"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
}

// TestMarkdownKeepsItsHeadline: texts that take the most room where they are escaped
// crowd out neither the plan's sentence nor what follows.
func TestMarkdownKeepsItsHeadline(t *testing.T) {
	t.Parallel()
	p := sample()
	p.Labels = make(map[string]string)
	for i := range 20 {
		p.Labels[fmt.Sprint(i)] = strings.Repeat("\U0010fffe", 200)
	}
	for i := range p.Guards {
		p.Guards[i].Refuses, p.Guards[i].Names, p.Guards[i].Counted = true, []string{strings.Repeat("\x9b", 300), strings.Repeat("@", 300)}, 2
	}
	page := markdownOf(t, p, true)
	checkMarkdown(t, page)
	for _, part := range []string{"**Refused: ", "1406926474064770", notAll, "#### Blocked", "#### Calls"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
}

// TestMarkdownOfAPlanOfManyParts: so many parts that their titles alone take the room
// still fit.
func TestMarkdownOfAPlanOfManyParts(t *testing.T) {
	t.Parallel()
	p := sample()
	p.Changes = nil
	for _, a := range attr.Planned() {
		for _, action := range []attr.Action{attr.Create, attr.Update, attr.Delete} {
			for _, origin := range []attr.Origin{attr.NoOrigin, attr.Edit, attr.Drift} {
				for i := range 30 {
					c := nameserverChange(fmt.Sprintf("d%d.example", i), attr.NameserverSet{"a"}, attr.NameserverSet{fmt.Sprintf("b%d", i)}, attr.Source{})
					c.Attribute, c.Action, c.Origin = a.Name, action, origin
					p.Changes = append(p.Changes, c)
				}
			}
		}
	}
	for _, details := range []bool{false, true} {
		page := markdownOf(t, p, details)
		checkMarkdown(t, page)
		if !strings.Contains(page, notAll) {
			t.Error("it is not said that the page lacks something")
		}
	}
}

// What takes the meaning from characters of a page.
var (
	escaped = regexp.MustCompile(`\\.`)
	spans   = regexp.MustCompile("`[^`]*`")
	codes   = regexp.MustCompile(`&(amp|lt|gt|#8203);`)
	tags    = regexp.MustCompile(`</?(code|details|summary)>`)
)

func checkMarkdown(t rapid.TB, page string) {
	t.Helper()
	if len(page) > render.MarkdownLimit {
		t.Fatalf("the page has %d bytes, more than %d", len(page), render.MarkdownLimit)
	}
	if !utf8.ValidString(page) {
		t.Fatal("the page is no UTF-8")
	}
	outside := spans.ReplaceAllString(escaped.ReplaceAllString(page, ""), "")
	if open, closed := strings.Count(outside, "<details>"), strings.Count(outside, "</details>"); open != closed {
		t.Fatalf("%d details are opened and %d closed", open, closed)
	}
	columns := 0
	for line := range strings.Lines(page) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "|---") {
			columns = strings.Count(line, "|")
		}
		bare := escaped.ReplaceAllString(line, "")
		if strings.HasPrefix(line, "| ") && columns > 0 && strings.Count(bare, "|") != columns {
			t.Fatalf("a row has %d bars instead of %d: %s", strings.Count(bare, "|"), columns, line)
		}
		if !strings.HasPrefix(line, "|") {
			columns = 0
		}
		rest := tags.ReplaceAllString(spans.ReplaceAllString(bare, ""), "")
		if strings.ContainsAny(codes.ReplaceAllString(rest, ""), "`&") {
			t.Fatalf("something is cut in the middle: %s", line)
		}
		if strings.Contains(strings.ReplaceAll(rest, "< 1 s", ""), "<") || mention.MatchString(rest) {
			t.Fatalf("markup comes through: %s", line)
		}
	}
}

var mention = regexp.MustCompile(`@\w|://|javascript:1\)[^\\]*\]`)

func TestMarkdownOfAHugePlanCountsWhatItLeavesOut(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 5000
	}
	p := hugePlan(n, n)
	var b strings.Builder
	if err := markdown(&b, p); err != nil {
		t.Fatal(err)
	}
	checkMarkdown(t, b.String())
	if got := len(b.String()); got < render.MarkdownLimit*9/10 {
		t.Errorf("the page has %d bytes, though there is more to say and room for %d", got, render.MarkdownLimit)
	}
	rows := strings.Count(b.String(), "\n| `d")
	want := fmt.Sprintf("… and %s other such changes of %[1]s names.", thousands(n-rows))
	if !strings.Contains(b.String(), want) {
		t.Errorf("%d rows stand there, and %q does not", rows, want)
	}
	for _, part := range []string{"#### Guards", "#### Calls", "#### Unmanaged: 2 names"} {
		if !strings.Contains(b.String(), part) {
			t.Errorf("%s is crowded out", part)
		}
	}
}

func thousands(n int) string { return fmt.Sprintf("%d,%03d", n/1000, n%1000) }

// hugePlan changes n names to as many sets of nameservers as kinds says.
func hugePlan(n, kinds int) *planner.Plan {
	p := sample()
	p.Changes = make([]attr.Change, n)
	p.Summary.Names, p.Summary.Changed = n, n
	p.Summary.Changes = map[attr.Status]int{attr.Ready: n}
	p.Summary.Attributes = map[string]int{"nameservers": n}
	before := attr.NameserverSet{"ns1.old.example", "ns2.old.example"}
	sets := make([]attr.NameserverSet, kinds)
	for i := range sets {
		sets[i] = attr.NameserverSet{fmt.Sprintf("ns1.n%d.example", i), fmt.Sprintf("ns2.n%d.example", i)}
	}
	for i := range p.Changes {
		p.Changes[i] = nameserverChange(fmt.Sprintf("d%07d.example", i), before, sets[i%kinds], attr.Source{File: "main.hcl", Line: 1})
	}
	return p
}

// BenchmarkRender prints plans of n names that change in 300 ways, and of n
// names of which none changes.
func BenchmarkRender(b *testing.B) {
	formats := map[string]func(*counter, *planner.Plan) error{
		"text":     func(w *counter, p *planner.Plan) error { return render.Text(w, p, render.TextOptions{}) },
		"details":  func(w *counter, p *planner.Plan) error { return render.Text(w, p, render.TextOptions{Details: true}) },
		"markdown": func(w *counter, p *planner.Plan) error { return markdown(w, p) },
		"json":     func(w *counter, p *planner.Plan) error { return render.JSON(w, p) },
		"html":     func(w *counter, p *planner.Plan) error { return render.HTML(w, p) },
	}
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		if testing.Short() && n > 10_000 {
			break
		}
		changed, unchanged := hugePlan(n, 300), hugePlan(0, 1)
		unchanged.Summary.Names, unchanged.Declared = n, make([]string, n)
		for i := range unchanged.Declared {
			unchanged.Declared[i] = fmt.Sprintf("d%07d.example", i)
		}
		for name, print := range formats {
			for state, p := range map[string]*planner.Plan{"changed": changed, "unchanged": unchanged} {
				b.Run(fmt.Sprintf("%s/%s/names=%d", name, state, n), func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						var w counter
						if err := print(&w, p); err != nil {
							b.Fatal(err)
						}
						b.SetBytes(int64(w))
					}
				})
			}
		}
	}
}

// counter counts the bytes that are written to it.
type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
