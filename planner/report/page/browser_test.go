package page_test

import (
	"bytes"
	"fmt"
	"image"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/internal/browsertest"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner/report"
)

// written writes the page of a report into a file and returns its URL.
func written(t *testing.T, r *report.Report) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(pageOf(t, r)), 0o600); err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: file}).String()
}

var (
	wide  = browsertest.Look{Width: 1300, Height: 1000}
	dark  = browsertest.Look{Width: 1300, Height: 1000, Dark: true}
	phone = browsertest.Look{Width: 390, Height: 844}
	paper = browsertest.Look{Width: 800, Height: 1100, Print: true}
	still = browsertest.Look{Width: 1300, Height: 1000, NoScript: true}
)

// TestPages looks at pages in a browser, which is one for all: it takes long to start.
func TestPages(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	for name, test := range map[string]func(*testing.T, *browsertest.Browser){
		"look": lookAtPages, "links": followLinks, "sort": sortTables, "filter": filterTables, "find": findNames, "print": printPages, "still": readWithoutScript, "hostile": openHostilePages, "large": openLargePage,
	} {
		t.Run(name, func(t *testing.T) { test(t, b) })
	}
}

// checkQuiet: a page says nothing on its console, and asks for nothing but itself.
func checkQuiet(t *testing.T, p *browsertest.Page) {
	t.Helper()
	if said := p.Complaints(); len(said) > 0 {
		t.Errorf("the browser complains: %q", said)
	}
	if asked := p.Requests(); len(asked) == 0 || len(strings.Join(asked[1:], "")) > len("data:,") {
		t.Errorf("the page asks for %q", asked)
	}
}

// lookAtPages looks at pages as people do, from the beginning to the end.
func lookAtPages(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	file := written(t, sampleReport(4, 400, plainTexts))
	for name, look := range map[string]browsertest.Look{"light": wide, "dark": dark, "phone": phone, "paper": paper} {
		p := b.Open(t, file, look)
		heights := browsertest.Evaluate[[]float64](p, `Array.from(document.querySelectorAll("section")).map(e => e.getBoundingClientRect().height)`)
		if len(heights) != 12 || slices.Min(heights) < 20 {
			t.Errorf("%s: the sections are %v high", name, heights)
		}
		sections := []string{"summary", "expiry", "coverage"}
		if os.Getenv(browsertest.Pictures) != "" { // for people
			sections = append(sections, "renewals", "delegation", "drift", "runs", "names")
		}
		for i, section := range sections {
			browsertest.Evaluate[bool](p, fmt.Sprintf(`(document.getElementById(%q).scrollIntoView(), true)`, section))
			picture := p.Picture(fmt.Sprintf("report-%s-%d-%s", name, i, section))
			browsertest.CheckPicture(t, picture, look.Dark)
			if want := image.Rect(0, 0, int(look.Width), int(look.Height)); picture.Bounds() != want {
				t.Errorf("%s: the picture is %v, want %v", name, picture.Bounds(), want)
			}
		}
		if w := browsertest.Evaluate[int64](p, "document.documentElement.scrollWidth"); w > look.Width {
			t.Errorf("%s: the page is %d wide in a window of %d", name, w, look.Width)
		}
		if texts := p.Faint(); len(texts) > 0 {
			t.Errorf("%s: hard to read: %q", name, texts)
		}
		checkBars(t, p, name)
		checkQuiet(t, p)
	}
}

// checkBars: bars have colours of their own that stand out from what is behind them.
func checkBars(t *testing.T, p *browsertest.Page, name string) {
	t.Helper()
	fills := browsertest.Evaluate[[]string](p, `Array.from(new Set(Array.from(document.querySelectorAll("#expiry path.fills")).map(e => getComputedStyle(e).fill)))`)
	if len(fills) < 5 || slices.Contains(fills, "rgb(0, 0, 0)") {
		t.Errorf("%s: the bars have the colours %q", name, fills)
	}
}

// visible are the first cells of the rows of a table that can be seen.
func visible(p *browsertest.Page, table string) []string {
	return browsertest.Evaluate[[]string](p, fmt.Sprintf(
		`Array.from(document.querySelectorAll("#%s tbody tr")).filter(e => e.checkVisibility()).map(e => e.cells[0].firstChild.textContent)`, table))
}

// followLinks: a number leads to its list, which is folded before, and shown though a
// search hides it.
func followLinks(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	p := b.Open(t, written(t, sampleReport(4, 400, plainTexts)), wide)
	for _, searched := range []string{"", "no such thing"} {
		browsertest.Evaluate[bool](p, fmt.Sprintf(`(location.hash = "", search.value = %q, search.dispatchEvent(new Event("input")), true)`, searched))
		p.Until(`!document.querySelector("main[aria-busy]")`)
		browsertest.Evaluate[bool](p, `(document.querySelectorAll(".lists").forEach(e => e.open = false), document.querySelector("#months a").click(), true)`)
		p.Until(`document.querySelector(".list:target")?.checkVisibility() && document.querySelector(".list:target .lines").textContent.length > 5`)
	}
	p.Click("nav a[href='#runs']")
	p.Until(`Math.abs(document.getElementById("runs").getBoundingClientRect().top) < 200`)
	checkQuiet(t, p)
}

// sortTables sorts by clicks and by keys, numbers as numbers and what is not known last.
func sortTables(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	r := sampleReport(4, 400, plainTexts)
	p := b.Open(t, written(t, r), wide)
	column := func(table string, n int) []string {
		return browsertest.Evaluate[[]string](p, fmt.Sprintf(`Array.from(document.querySelectorAll("#%s tbody tr")).map(e => e.cells[%d].textContent.trim())`, table, n))
	}
	p.Type("#sets th:nth-child(3) button", "\r")
	up := column("sets", 2)
	p.Click("#sets th:nth-child(3) button")
	down := column("sets", 2)
	numbers := func(texts []string) (all []int) {
		for _, s := range texts {
			all = append(all, lead(s))
		}
		return all
	}
	if a := numbers(up); !slices.IsSorted(a) || len(a) != len(r.Nameservers.Sets) {
		t.Errorf("sorted by names the sets have %v", a)
	}
	if d := numbers(down); !slices.IsSortedFunc(d, func(a, b int) int { return b - a }) {
		t.Errorf("sorted the other way round the sets have %v", d)
	}
	if is := browsertest.Evaluate[string](p, `document.querySelector("#sets th:nth-child(3)").getAttribute("aria-sort")`); is != "descending" {
		t.Errorf("the column says that it is sorted %q", is)
	}
	p.Click("#all th:nth-child(2) button")
	ends := column("all", 1)
	known := slices.DeleteFunc(slices.Clone(ends), func(s string) bool { return s == "" })
	if !slices.IsSorted(known) || len(known) < 100 || ends[0] == "" {
		t.Errorf("sorted by their ends names have %q", ends)
	}
	checkQuiet(t, p)
}

// filterTables filters one table, and searches all of the page.
func filterTables(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	r := sampleReport(4, 400, plainTexts)
	r.Unmanaged[5].Released = "the Cafe\u0301 has closed" // an accent of its own
	p := b.Open(t, written(t, r), wide)
	want := r.Unmanaged[3].Name
	browsertest.Evaluate[bool](p, `(document.querySelectorAll("#unmanaged details").forEach(e => e.open = true), true)`)
	p.Type("#unmanaged .filter input", want[5:11])
	p.Until(fmt.Sprintf(`document.querySelector("#unmanaged .filter output").value === "1 of %d"`, len(r.Unmanaged)))
	if got := visible(p, "undeclared"); !slices.Equal(got, []string{want}) {
		t.Errorf("the filter %q shows %q, want %q", want[5:11], got, want)
	}
	if got := visible(p, "lacking"); len(got) != len(r.Missing) {
		t.Errorf("the filter of one table leaves %d rows of another one that has %d", len(got), len(r.Missing))
	}
	browsertest.Evaluate[bool](p, `(e => { e.value = "caf\u00e9"; e.dispatchEvent(new Event("input")); return true })(document.querySelector("#unmanaged .filter input"))`)
	if got := visible(p, "undeclared"); !slices.Equal(got, []string{r.Unmanaged[5].Name}) {
		t.Errorf("the filter of a word with an accent shows %q, want %q", got, r.Unmanaged[5].Name)
	}
	missing := r.Missing[0].Name
	p.Type("#search", missing)
	p.Until(`!document.querySelector("main[aria-busy]") && /^\d+ of [\d,]+ shown$/.test(document.getElementById("found").value)`)
	if got := visible(p, "lacking"); !slices.Equal(got, []string{missing}) {
		t.Errorf("the search for %q shows %q", missing, got)
	}
	if got := visible(p, "all"); !slices.Equal(got, []string{missing}) {
		t.Errorf("among all names the search for %q shows %q", missing, got)
	}
	checkQuiet(t, p)
}

// finds has the script find names.
const finds = `(e => { e.value = %q; e.dispatchEvent(new Event("input")); return true })(document.getElementById("names-find"))`

// findNames finds names by what numbers count.
func findNames(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	r := sampleReport(4, 900, plainTexts)
	r.Groups[0] = `web "one" \ two`
	for i := range r.Names {
		if r.Names[i].Group == plainTexts.group {
			r.Names[i].Group = r.Groups[0]
		}
	}
	p := b.Open(t, written(t, r), wide)
	count := func(is func(n *report.Name) bool) (n int) {
		for i := range r.Names {
			if is(&r.Names[i]) {
				n++
			}
		}
		return n
	}
	month := r.Calendar.Months[5]
	for query, is := range map[string]func(n *report.Name) bool{
		"month:" + month: func(n *report.Name) bool { return n.Month == month },
		"suffix:co.uk transfer_lock:no": func(n *report.Name) bool {
			return n.Suffix == "co.uk" && len(n.Protected) > 0 && n.Protected[0] == report.No
		},
		`group:"web \"one\" \\ two"`: func(n *report.Name) bool { return n.Group == r.Groups[0] },
		"flag:held":                  func(n *report.Name) bool { return slices.Contains(n.Flags, "held") },
		"standing:missing":           func(n *report.Name) bool { return n.Standing == report.Missing },
		"kept:service":               func(n *report.Name) bool { return n.Keeper == "service" },
		"set:2 held":                 func(n *report.Name) bool { return n.Set == 2 && n.Month != "" },
		"differs":                    func(n *report.Name) bool { return n.Differences > 0 },
		"lapses":                     func(n *report.Name) bool { return n.Lapse != "" },
		`group:"" standing:managed`:  func(n *report.Name) bool { return n.Group == "" && n.Standing == report.Managed },
		"XN--q9 shop":                func(n *report.Name) bool { return n.Suffix == "みんな" },
		"no such thing":              func(*report.Name) bool { return false },
	} {
		browsertest.Evaluate[bool](p, fmt.Sprintf(finds, query))
		want := words.Number(count(is)) + " of 900 names"
		p.Until(fmt.Sprintf(`document.getElementById("names-found").value === %q`, want))
		if rows := visible(p, "all"); len(rows) != min(200, count(is)) {
			t.Errorf("%s shows %d rows, want %d", query, len(rows), count(is))
		}
	}
	browsertest.Evaluate[bool](p, fmt.Sprintf(finds, ""))
	p.Until(`document.getElementById("names-found").value === "900 of 900 names"`)
	p.Click("#more")
	if n := len(visible(p, "all")); n != 400 {
		t.Errorf("with 200 more rows there are %d", n)
	}
	checkSameRows(t, b)
	checkQuiet(t, p)
}

// checkSameRows: the script shows a name as the page does without it.
func checkSameRows(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	r := sampleReport(7, 120, plainTexts)
	want := tableOf(t, parsed(t, pageOf(t, r)), "all")
	q := b.Open(t, written(t, r), wide)
	browsertest.Evaluate[bool](q, fmt.Sprintf(finds, ""))
	q.Until(`document.getElementById("names-found").value === "120 of 120 names"`)
	got := browsertest.Evaluate[[][]string](q, `Array.from(document.querySelectorAll("#all tbody tr")).map(e => Array.from(e.cells).map(c => c.textContent.trim()))`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the script shows other rows than the page (-page +script):\n%s", diff)
	}
}

// printPages: what is folded is printed as well, but for the lists, and printing makes
// pages.
func printPages(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	file := written(t, sampleReport(4, 400, plainTexts))
	for name, look := range map[string]browsertest.Look{"script": wide, "still": still} {
		pdf := b.Open(t, file, look).PDF("report-" + name)
		if n := bytes.Count(pdf, []byte("/Type /Page\n")) + bytes.Count(pdf, []byte("/Type /Page ")); !bytes.HasPrefix(pdf, []byte("%PDF-")) || n < 4 || n > 60 {
			t.Errorf("%s: printing makes %d pages in %d bytes", name, n, len(pdf))
		}
	}
	p := b.Open(t, file, browsertest.Look{Width: 800, Height: 1100, Print: true, NoScript: true})
	for selector, want := range map[string]bool{"#undeclared tbody tr": true, "#expiry svg": true, "#months": true, "nav": false, "#tools": false, ".lists": false} {
		if got := browsertest.Evaluate[bool](p, fmt.Sprintf(`document.querySelector(%q).getBoundingClientRect().height > 0`, selector)); got != want {
			t.Errorf("%s is printed: %v", selector, got)
		}
	}
}

// readWithoutScript: without its script a page shows all of it, and nothing that needs
// one.
func readWithoutScript(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	r := sampleReport(4, 400, plainTexts)
	p := b.Open(t, written(t, r), still)
	if browsertest.Evaluate[bool](p, `document.getElementById("tools").checkVisibility() || document.querySelector(".filter, th button") !== null`) {
		t.Error("what needs the script is shown without it")
	}
	for _, want := range []string{r.Missing[0].Name, r.Unmanaged[0].Name, "Renewals by month, in CNY", "The files let CNY", r.Holds[0].Reason, r.Calendar.Endangered[0].Name} {
		if !browsertest.Evaluate[bool](p, fmt.Sprintf(`document.body.innerText.includes(%q)`, want)) {
			t.Errorf("the page does not show %q", want)
		}
	}
	p.Click("#months a")
	p.Until(`document.querySelector(".list:target")?.checkVisibility()`)
	checkQuiet(t, p)
}

// openHostilePages: what is planted in texts neither runs nor loads, also where the
// script shows it. What ends an element or an attribute is in one text: each part of it
// runs wherever it is read as more than text. An address has to begin one.
func openHostilePages(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	for i, bad := range []string{
		`<img src=x onerror="document.title='ran'">"><script>document.title='ran'</script></pre><svg onload="document.title='ran'">`, "javascript:document.title='ran'",
	} {
		p := b.Open(t, written(t, sampleReport(uint64(i), 60, texts{name: bad, reason: bad, group: bad, value: bad})), wide)
		browsertest.Evaluate[bool](p, fmt.Sprintf(finds, ""))
		p.Until(`document.getElementById("names-found").value === "60 of 60 names"`)
		browsertest.Evaluate[bool](p, `(document.querySelectorAll("details").forEach(e => e.open = true), document.querySelectorAll("main a").forEach(e => e.click()), true)`)
		if got := browsertest.Evaluate[string](p, "document.title"); strings.HasPrefix(got, "ran") {
			t.Errorf("%q ran", bad)
		}
		if !browsertest.Evaluate[bool](p, fmt.Sprintf(`document.getElementById("all").textContent.includes(%q)`, bad)) {
			t.Errorf("the script does not show %q", bad)
		}
		checkQuiet(t, p)
	}
}

// openLargePage opens a page of many names, and finds one that no row shows. The bounds
// are far above what is usual, for machines that do other work.
func openLargePage(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	n := 80_000
	if testing.Short() {
		n = 5000
	}
	r := sampleReport(1, n, plainTexts)
	p := b.Open(t, written(t, r), wide)
	took := func(what, expression string) {
		t.Helper()
		ms := browsertest.Evaluate[float64](p, expression)
		t.Logf("%d names: %s after %.0f ms", n, what, ms)
		if ms > 20_000 {
			t.Errorf("%d names: %s only after %.0f ms", n, what, ms)
		}
	}
	took("loaded", `performance.getEntriesByType("navigation")[0].loadEventEnd`)
	want := r.Names[n*2/3].Name
	browsertest.Evaluate[bool](p, "window.began = performance.now(); "+fmt.Sprintf(finds, want))
	p.Until(`/^1 of /.test(document.getElementById("names-found").value)`)
	took("one of them found", `(document.body.offsetHeight, performance.now() - began)`)
	if got := visible(p, "all"); !slices.Equal(got, []string{want}) {
		t.Errorf("the page finds %q, want %q", got, want)
	}
	checkQuiet(t, p)
}
