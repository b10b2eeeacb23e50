package page_test

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/inert/inerttest"
	"github.com/domainsync/domainsync/internal/seedtest"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner/report"
	"github.com/domainsync/domainsync/planner/report/page"
)

func pageOf(t testing.TB, r *report.Report) string {
	t.Helper()
	var b strings.Builder
	if err := page.HTML(&b, r, page.Options{Masked: true}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func parsed(t testing.TB, text string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func elements(n *html.Node, kind string) (all []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && (kind == "" || d.Data == kind) {
			all = append(all, d)
		}
	}
	return all
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if strings.EqualFold(a.Key, key) {
			return a.Val
		}
	}
	return ""
}

func byID(root *html.Node, id string) *html.Node {
	for _, n := range elements(root, "") {
		if attribute(n, "id") == id {
			return n
		}
	}
	return nil
}

func textOf(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

// lead returns the number at the beginning of a text.
func lead(text string) int {
	end := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsDigit(r) && r != ',' })
	if end < 0 {
		end = len(text)
	}
	n, err := strconv.Atoi(strings.ReplaceAll(text[:end], ",", ""))
	if err != nil {
		return -1
	}
	return n
}

// The elements and attributes of a page, those of charts included.
var (
	permittedElements = strings.Fields(`html head meta title link style body header p h1 nav a b form input output button main section details summary h2 h3 h4
		span div ul li i small bdi table caption thead tbody tr th td figure figcaption svg desc path text circle pre footer script`)
	permittedAttributes = strings.Fields(`lang charset http-equiv content name rel href class aria-label aria-labelledby id role hidden type placeholder
		autocomplete autocapitalize spellcheck for aria-live open scope tabindex data-find data-total data-flags data-standings data-keepers viewbox d x y cx cy r transform stroke-dasharray`)
)

// checkPage looks for what a page must not have, whatever a report holds.
func checkPage(t testing.TB, text string) *html.Node {
	t.Helper()
	root := parsed(t, text)
	ids := make(map[string]bool)
	for _, n := range elements(root, "") {
		if !slices.Contains(permittedElements, n.Data) {
			t.Fatalf("the page has an element %q", n.Data)
		}
		for _, a := range n.Attr {
			if !slices.Contains(permittedAttributes, strings.ToLower(a.Key)) {
				t.Fatalf("%s has the attribute %s=%q", n.Data, a.Key, a.Val)
			}
		}
		if id := attribute(n, "id"); id != "" && ids[id] {
			t.Fatalf("two elements are %q", id)
		} else if id != "" {
			ids[id] = true
		}
	}
	for _, a := range elements(root, "a") {
		if to, ok := strings.CutPrefix(attribute(a, "href"), "#"); !ok || !ids[to] {
			t.Fatalf("a link %q leads to %q, where nothing is", textOf(a), attribute(a, "href"))
		}
	}
	checkPolicy(t, root)
	checkForm(t, root)
	for _, r := range text {
		if !strings.ContainsRune("\n\t", r) && !unicode.IsPrint(r) {
			t.Fatalf("the page holds %U", r)
		}
	}
	return root
}

// checkPolicy: the page permits its style and its script, and nothing else.
func checkPolicy(t testing.TB, root *html.Node) {
	t.Helper()
	policy := ""
	for _, m := range elements(root, "meta") {
		if attribute(m, "http-equiv") == "Content-Security-Policy" {
			policy = attribute(m, "content")
		}
	}
	want := "default-src 'none'; img-src data:"
	for _, x := range []struct{ element, directive string }{{"style", "style-src"}, {"script", "script-src"}} {
		all := elements(root, x.element)
		if len(all) != 1 {
			t.Fatalf("the page has %d elements %s", len(all), x.element)
		}
		sum := sha256.Sum256([]byte(all[0].FirstChild.Data))
		want += "; " + x.directive + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	if want += "; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"; policy != want {
		t.Fatalf("the policy is %q, want %q", policy, want)
	}
}

// checkForm: a page has its landmarks, headings without a gap in their order, headers of
// columns and rows that say so, and charts with a title and a text.
func checkForm(t testing.TB, root *html.Node) {
	t.Helper()
	for _, landmark := range []string{"header", "nav", "main", "footer", "h1"} {
		if n := len(elements(root, landmark)); n != 1 {
			t.Errorf("the page has %d elements %s", n, landmark)
		}
	}
	last := 1
	for _, n := range elements(root, "") {
		if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
			level := int(n.Data[1] - '0')
			if level > last+1 {
				t.Errorf("the heading %q is of level %d after one of %d", textOf(n), level, last)
			}
			last = level
		}
	}
	for _, table := range elements(root, "table") {
		if len(elements(table, "caption")) != 1 {
			t.Error("a table has no caption")
		}
		for _, th := range elements(table, "th") {
			if s := attribute(th, "scope"); s != "col" && s != "row" {
				t.Errorf("the header %q has the scope %q", textOf(th), s)
			}
		}
		for _, tr := range elements(table, "tr") {
			if n, all := len(elements(tr, "th"))+len(elements(tr, "td")), len(elements(elements(table, "thead")[0], "th")); n != all {
				t.Errorf("a row has %d cells below %d columns", n, all)
			}
		}
	}
	for _, svg := range elements(root, "svg") {
		if attribute(svg, "role") != "img" || len(elements(svg, "title")) != 1 || len(elements(svg, "desc")) != 1 || len(textOf(elements(svg, "desc")[0])) < 20 {
			t.Error("a chart does not say what it shows")
		}
	}
}

// TestNumbersLeadToWhatTheyCount: each number that is a link leads to a list of just so
// many lines, in any report, and no line is there twice.
func TestNumbersLeadToWhatTheyCount(t *testing.T) {
	t.Parallel()
	seed := seedtest.First(t)
	t.Logf("TEST_SEED=%d", seed)
	for i, r := range []*report.Report{sampleReport(seed, 300, plainTexts), sampleReport(seed+1, 3, plainTexts), madeReport(seed, 300), madeReport(seed+1, 30)} {
		root := checkPage(t, pageOf(t, r))
		led := 0
		for _, a := range elements(root, "a") {
			list := byID(root, strings.TrimPrefix(attribute(a, "href"), "#"))
			if attribute(list, "class") != "scope list" || inRunMonths(a) {
				continue
			}
			led++
			lines := slices.DeleteFunc(strings.Split(textOf(elements(list, "p")[0]), "\n"), func(s string) bool { return s == "" })
			if n := lead(textOf(a)); n != len(lines) {
				t.Errorf("%q leads to %q with %d lines", textOf(a), textOf(elements(list, "h4")[0]), len(lines))
			}
			slices.Sort(lines)
			if n := len(slices.Compact(lines)); n != lead(textOf(elements(elements(list, "h4")[0], "span")[0])) {
				t.Errorf("%q has %d different lines", textOf(elements(list, "h4")[0]), n)
			}
		}
		if led < 20 {
			t.Errorf("report %d: only %d numbers lead to a list", i, led)
		}
	}
}

// TestPartsLookAsUrgentAsTheirNeeds: the list of parts shows each as the most urgent of
// what the summary says of it.
func TestPartsLookAsUrgentAsTheirNeeds(t *testing.T) {
	t.Parallel()
	seed := seedtest.First(t)
	t.Logf("TEST_SEED=%d", seed)
	gone := madeReport(seed, 100)
	gone.Totals.LeftAccount, gone.Left = 1, []report.Gone{{Name: "gone.com", Suffix: "com", From: "account"}}
	for _, r := range []*report.Report{sampleReport(seed, 300, plainTexts), madeReport(seed, 100), gone} {
		root := parsed(t, pageOf(t, r))
		said := make(map[string]string) // the first is the most urgent
		for _, li := range elements(root, "li") {
			to := elements(li, "a")
			if tone, ok := strings.CutPrefix(attribute(li, "class"), "scope "); ok && len(to) == 1 && said[attribute(to[0], "href")] == "" {
				said[attribute(to[0], "href")] = tone
			}
		}
		if len(said) < 3 {
			t.Fatalf("the summary says only %q", said)
		}
		for _, part := range elements(elements(root, "nav")[0], "a") {
			if want, got := said[attribute(part, "href")], attribute(part, "class"); want != "" && attribute(part, "href") != "#names" && got != want {
				t.Errorf("%s looks %q, the summary says %q of it", textOf(part), got, want)
			}
		}
	}
}

// TestSummaryHasWhatIsUrgentFirst: holds that end within a week are told with the first
// day, and single points of failure stand in one line behind all else.
func TestSummaryHasWhatIsUrgentFirst(t *testing.T) {
	t.Parallel()
	held := func(days int, names ...string) report.HeldNames {
		h := report.HeldNames{Hold: report.Hold{Kind: "pause", Reason: "moved by hand"}, Names: names}
		if days > 0 {
			h.Until = now.AddDate(0, 0, days)
		}
		return h
	}
	r := madeReport(seedtest.First(t), 100)
	r.Holds = []report.HeldNames{held(6, "a.com", "b.com"), held(2, "c.com"), held(8, "d.com"), held(0, "e.com")}
	r.Totals.Unmanaged = 3
	r.Nameservers.Risks = []report.Risk{{Title: "One operator", Names: 7}, {Title: "One suffix"}, {Title: "One network", Names: 1}}
	var needs, holds []string
	for _, li := range elements(parsed(t, pageOf(t, r)), "li") {
		if strings.HasPrefix(attribute(li, "class"), "scope ") {
			if needs = append(needs, textOf(li)); strings.Contains(textOf(li), "hold") {
				holds = append(holds, textOf(li))
			}
		}
	}
	if want := []string{"2 holds of 3 names end within a week, from " + now.AddDate(0, 0, 2).Format("2006-01-02") + " on: what the files declare is made then."}; !slices.Equal(holds, want) {
		t.Errorf("of holds it says %q, not %q", holds, want)
	}
	if last := needs[len(needs)-1]; last != "Single points of failure: one operator (7 names), one network (1 name)." || strings.Count(strings.Join(needs, " "), "points of failure") != 1 {
		t.Errorf("the summary says %q", needs)
	}
}

// inRunMonths reports whether a link is in the table of what runs did by month, whose
// numbers of changes lead to the runs that made them.
func inRunMonths(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if attribute(n, "id") == "run-months" {
			return true
		}
	}
	return false
}

// tableOf returns the texts of the cells of a table, by row.
func tableOf(t testing.TB, root *html.Node, id string) (rows [][]string) {
	t.Helper()
	table := byID(root, id)
	if table == nil {
		t.Fatalf("the page has no table %q", id)
	}
	for _, tr := range elements(elements(table, "tbody")[0], "tr") {
		var cells []string
		for d := range tr.ChildNodes() {
			cells = append(cells, textOf(d))
		}
		rows = append(rows, cells)
	}
	return rows
}

// TestNumbersAreThoseOfTheReport compares the tables of the page with the report.
func TestNumbersAreThoseOfTheReport(t *testing.T) {
	t.Parallel()
	seed := seedtest.First(t)
	t.Logf("TEST_SEED=%d", seed)
	checkTables(t, sampleReport(seed, 500, plainTexts))
	checkTables(t, madeReport(seed, 300))
}

func checkTables(t *testing.T, r *report.Report) {
	t.Helper()
	root := parsed(t, pageOf(t, r))
	same := func(what, got string, want int) {
		t.Helper()
		if got != words.Number(want) {
			t.Errorf("%s: the page shows %q, the report has %d", what, got, want)
		}
	}
	for i, row := range rowsOf(t, root, "months", len(r.Calendar.Months)+3) {
		cells := append(append([]report.Cell{r.Calendar.Total.Expired}, r.Calendar.Total.Months...), r.Calendar.Total.Later, r.Calendar.Total.NoDate)
		x, sum := cells[i], 0
		for k, want := range []int{x.Names, x.Endangered, x.Lapsing, x.ByService, x.Unkept} {
			same("ends in "+row[0], row[k+1], want)
		}
		for _, n := range row[6:] {
			sum += lead(n)
		}
		same("suffixes in "+row[0], words.Number(sum), x.Names)
	}
	for i, row := range rowsOf(t, root, "forecast", len(r.Forecast.Months)) {
		m := &r.Forecast.Months[i]
		for k, want := range map[int]int{1: m.Renewals, 3: m.Unpriced, 4: m.ByService, 6: m.UnpricedByService} {
			same("renewals in "+row[0], row[k], want)
		}
		for k, want := range map[int]string{0: m.Month, 2: m.Amount.String(), 5: m.AmountByService.String(), 7: budgetOf(m), 8: m.Short.String()} {
			if row[k] != want {
				t.Errorf("renewals in %s: the page shows %q, the report has %s", m.Month, row[k], want)
			}
		}
	}
	for i, row := range rowsOf(t, root, "checks", len(r.Coverage.Checks)) {
		a := r.Coverage.Total.Answers[i]
		for k, want := range []int{a.Yes, a.No, a.Unknown} {
			same(row[0], row[k+2], want)
		}
	}
	for i, row := range rowsOf(t, root, "risks", len(r.Nameservers.Risks)) {
		x := r.Nameservers.Risks[i]
		for k, want := range []int{x.Sets, x.Names, x.UnknownSets, x.UnknownNames} {
			same(row[0], row[k+2], want)
		}
	}
	for i, row := range rowsOf(t, root, "run-months", len(r.Runs.Months)) {
		m := &r.Runs.Months[len(r.Runs.Months)-1-i]
		for k, want := range []int{m.Runs, m.FailedRuns, m.Changes, m.Made, m.Failed, m.Open} {
			same("runs in "+row[0], row[k+1], want)
		}
	}
	for id, want := range map[string]int{
		"drifted": len(r.Drift), "undeclared": len(r.Unmanaged), "lacking": len(r.Missing), "held": len(r.Holds), "gone": len(r.Left), "run-list": len(r.Runs.Rows),
		"orders": len(r.Runs.Orders), "next": len(r.Forecast.Renewals), "sets": len(r.Nameservers.Sets), "all": len(r.Names),
	} {
		rowsOf(t, root, id, want)
	}
	threats := len(r.Calendar.Endangered) + len(r.Threats)
	rowsOf(t, root, "threats", min(threats, 30))
	rowsOf(t, root, "more-threats", max(0, threats-30))
}

// rowsOf returns the rows of a table that has so many; one without rows is left out.
func rowsOf(t *testing.T, root *html.Node, id string, want int) [][]string {
	t.Helper()
	if want == 0 && byID(root, id) == nil {
		return nil
	}
	rows := tableOf(t, root, id)
	if len(rows) != want {
		t.Errorf("%s has %d rows, the report has %d", id, len(rows), want)
	}
	return rows
}

func budgetOf(m *report.ForecastMonth) string {
	if m.Budget == nil {
		return "none"
	}
	return m.Budget.String()
}

// TestHostileTextsAreInert: whatever names, reasons, labels and messages say, they end no
// element and no attribute, lead nowhere, and stand there.
func TestHostileTextsAreInert(t *testing.T) {
	t.Parallel()
	planted := []string{
		"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "javascript:alert(1)", "</pre><script>alert(1)</script>", "</style></svg><b>",
		`' onmouseover='alert(1)`, "<!--", "]]>", "{{.Names}}", "=cmd|' /C calc'!A0", "&lt;b&gt;", strings.Repeat("long", 200),
	}
	for i, bad := range append(planted, inerttest.Hostile()...) {
		r := sampleReport(uint64(i), 20, texts{name: bad, reason: bad, group: bad, value: bad})
		r.Account, r.Endpoint, r.Version, r.By, r.Forecast.Currency = bad, bad, bad, "labels."+bad, bad
		r.Coverage.Checks = slices.Clone(r.Coverage.Checks)
		r.Coverage.Checks[0].Title, r.Nameservers.Risks[0].Title = bad, bad
		root := checkPage(t, pageOf(t, r))
		if shown := textOf(root); !strings.Contains(shown, strings.TrimSpace(inert.Text(bad))[:min(len(strings.TrimSpace(inert.Text(bad))), 100)]) {
			t.Errorf("the page does not show %q", bad)
		}
	}
}

// TestPagesStaySmall: however many names there are, a page has at most so many bytes and
// elements, and says of how many what it lists is a part.
func TestPagesStaySmall(t *testing.T) {
	t.Parallel()
	sizes := []int{0, 1, 20_000}
	if !testing.Short() {
		sizes = append(sizes, 100_000)
	}
	for _, n := range sizes {
		say := plainTexts
		if n == 20_000 { // long texts, which escaping makes longer
			say = texts{strings.Repeat("<&", 20), strings.Repeat("<&>", 100), "<&>" + strings.Repeat("g", 60), strings.Repeat("&", 300)}
		}
		text := pageOf(t, sampleReport(1, n, say))
		root := parsed(t, text)
		elements := len(elements(root, ""))
		t.Logf("%d names: %d bytes, %d elements", n, len(text), elements)
		if len(text) > page.MaxBytes || elements > page.MaxElements {
			t.Errorf("%d names: %d bytes and %d elements", n, len(text), elements)
		}
		if want := cmp.Or(map[int]string{0: "0 names", 1: "1 name"}[n], "of "+words.Number(n)+" names"); !strings.Contains(textOf(root), want) {
			t.Errorf("%d names: the page does not say %q", n, want)
		}
		if n > 1 && len(text) < page.MaxBytes*8/10 {
			t.Errorf("%d names: the page has only %d bytes, and shows less than it could", n, len(text))
		}
	}
}

// TestPagesOfEdges writes reports that lack most of what others have.
func TestPagesOfEdges(t *testing.T) {
	t.Parallel()
	empty := &report.Report{ReadAt: now, OldestRead: now}
	unknown := sampleReport(1, 30, plainTexts)
	unknown.Runs, unknown.Forecast = report.Runs{}, report.Forecast{}
	one := sampleReport(1, 1, plainTexts)
	for name, r := range map[string]*report.Report{"empty": empty, "without runs and money": unknown, "one": one} {
		t.Run(name, func(t *testing.T) { checkPage(t, pageOf(t, r)) })
	}
	if text := pageOf(t, empty); !strings.Contains(text, "Nothing needs a person.") {
		t.Error("the page of nothing does not say that nothing needs a person")
	}
}

// TestPagesAreTheSame: the same report makes the same page.
func TestPagesAreTheSame(t *testing.T) {
	t.Parallel()
	for range 2 {
		if a, b := pageOf(t, sampleReport(5, 200, plainTexts)), pageOf(t, sampleReport(5, 200, plainTexts)); a != b {
			t.Fatal("the same report made another page")
		}
	}
	if fmt.Sprint(sampleReport(5, 20, plainTexts)) == fmt.Sprint(sampleReport(6, 20, plainTexts)) {
		t.Error("all samples are the same: nothing was tested")
	}
}
