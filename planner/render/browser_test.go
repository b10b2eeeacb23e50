package render_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/domainsync/domainsync/internal/browsertest"
	"github.com/domainsync/domainsync/internal/inert/inerttest"
	"github.com/domainsync/domainsync/planner"
)

// pageFile writes a plan as a page into a file and returns its URL.
func pageFile(t *testing.T, p *planner.Plan) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "plan.html")
	if err := os.WriteFile(file, []byte(htmlOf(t, p)), 0o600); err != nil {
		t.Fatal(err)
	}
	return (&url.URL{Scheme: "file", Path: file}).String()
}

var (
	wide   = browsertest.Look{Width: 1400, Height: 1000}
	narrow = browsertest.Look{Width: 400, Height: 900}
)

// TestPages looks at pages in a browser, which is one for all: it takes long to start.
func TestPages(t *testing.T) {
	t.Parallel()
	b := browsertest.Start(t)
	for name, test := range map[string]func(*testing.T, *browsertest.Browser){
		"look": lookAtPages, "search": searchPages, "fold": foldPages, "print": printPages, "policy": breakPolicy, "large": openLargePages,
	} {
		t.Run(name, func(t *testing.T) { test(t, b) })
	}
}

// lookAtPages looks at pages as people do.
func lookAtPages(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	hostile := sample()
	hostile.Missing = inerttest.Hostile()
	for i, text := range append(inerttest.Hostile(), "<script>alert(1)</script>", "</style><b>", `" onclick="alert(1)`, strings.Repeat("long", 100)) {
		c := &hostile.Changes[i%len(hostile.Changes)]
		c.Domain, c.Source.File, c.Reason = text, text, text
	}
	dark, print := browsertest.Look{Width: 1400, Height: 1000, Dark: true}, browsertest.Look{Width: 800, Height: 1100, Print: true}
	for name, test := range map[string]struct {
		plan  *planner.Plan
		looks map[string]browsertest.Look
	}{
		"sample":  {sample(), map[string]browsertest.Look{"wide": wide, "narrow": narrow, "dark": dark, "print": print}},
		"hostile": {hostile, map[string]browsertest.Look{"wide": wide, "narrow": narrow}},
		"many":    {hugePlan(300, 100), map[string]browsertest.Look{"narrow": narrow}},
		"empty":   {&planner.Plan{}, map[string]browsertest.Look{"narrow": narrow}},
	} {
		file := pageFile(t, test.plan)
		for look, l := range test.looks {
			page := b.Open(t, file, l)
			browsertest.CheckPicture(t, page.Picture("plan-"+name+"-"+look), l.Dark)
			checkLooks(t, page, l)
			if texts := page.Faint(); len(texts) > 0 {
				t.Errorf("%s, %s: hard to read: %q", name, look, texts)
			}
			if said := page.Complaints(); len(said) > 0 {
				t.Errorf("%s, %s: the browser complains: %q", name, look, said)
			}
			if asked := page.Requests(); len(asked) == 0 || len(strings.Join(asked[1:], "")) > len("data:,") {
				t.Errorf("%s, %s: the page asks for %q", name, look, asked)
			}
		}
	}
}

// checkLooks looks for what runs over the edge of the window, whatever is folded.
func checkLooks(t *testing.T, page *browsertest.Page, l browsertest.Look) {
	t.Helper()
	wider := browsertest.Evaluate[[]string](page, `(document.querySelectorAll("details").forEach(d => d.open = true),
		Array.from(document.querySelectorAll("body *")).filter(e => e.getBoundingClientRect().right > innerWidth + 0.5).map(e => e.outerHTML.slice(0, 200)))`)
	if len(wider) > 0 {
		t.Errorf("%d elements run over the right edge at a width of %d: %s", len(wider), l.Width, wider[0])
	}
	if w := browsertest.Evaluate[int64](page, "document.documentElement.scrollWidth"); w > l.Width {
		t.Errorf("the page is %d wide in a window of %d", w, l.Width)
	}
}

// shownNames are the names that can be seen.
const shownNames = `Array.from(document.querySelectorAll(".names > bdi, .names li > bdi")).filter(e => e.checkVisibility()).map(e => e.textContent)`

// search sets what is searched for and waits until the page shows it.
func search(page *browsertest.Page, query string) {
	browsertest.Evaluate[bool](page, fmt.Sprintf(`(search.value = %q, search.dispatchEvent(new Event("input")))`, query))
	page.Until(`!document.querySelector("main[aria-busy]")`)
}

// searchPages looks for names by all that is said of them.
func searchPages(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	p := sample()
	p.Missing = append(p.Missing, "xn--bcher-kva.com")
	page := b.Open(t, pageFile(t, p), wide)
	before := browsertest.Evaluate[[]string](page, shownNames)
	for _, test := range []struct{ query, want string }{
		{"b1.ex", "b1.example"},                       // a name
		{"B1.EX Nameservers", "b1.example"},           // what is said of all of them counts
		{"keep_ds", "c0.example c1.example"},          // a reason
		{"c1 keep_ds", "c1.example"},                  // both
		{"a7", "a7.example"},                          // folded with others
		{"bücher", "bücher.com bücher.example"},       // as people read it
		{"xn--bcher", "bücher.com bücher.example"},    // as the registry has it
		{"missing", "gone.example bücher.com"},        // a part
		{"throttling", "lost.example"},                // a message
		{"main.hcl:3 ns1.b", "b0.example b1.example"}, // a place and a value
		{"update_lock", "d.example"},                  // an attribute
		{"a1.example unlocked", "a1.example"},
		{"no such thing", ""},
	} {
		search(page, test.query)
		if got := strings.Join(browsertest.Evaluate[[]string](page, shownNames), " "); got != test.want {
			t.Errorf("%q shows %q, want %q", test.query, got, test.want)
		}
	}
	search(page, "")
	if after := browsertest.Evaluate[[]string](page, shownNames); !slices.Equal(after, before) {
		t.Errorf("after the search the page shows %q, before it %q", after, before)
	}
	page.Type("#search", "b0")
	page.Until(`/^1 of \d+ shown$/.test(found.value)`)
	if said := page.Complaints(); len(said) > 0 {
		t.Errorf("the browser complains: %q", said)
	}
}

// foldPages folds with a script and without one.
func foldPages(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	file := pageFile(t, sample())
	page := b.Open(t, file, wide)
	seen := func(page *browsertest.Page) int { return len(browsertest.Evaluate[[]string](page, shownNames)) }
	page.Click("#fold")
	if n := seen(page); n != 0 {
		t.Errorf("%d names are seen though all is folded", n)
	}
	page.Click("#unfold")
	if n := seen(page); n != 22 {
		t.Errorf("%d names are seen though all is unfolded", n)
	}
	still := wide
	still.NoScript = true
	page = b.Open(t, file, still)
	if browsertest.Evaluate[bool](page, "tools.checkVisibility()") {
		t.Error("what needs the script is shown without it")
	}
	was := seen(page)
	page.Click(".row summary")
	if n := seen(page); n != was+10 {
		t.Errorf("without a script %d names are seen, and %d when ten more are unfolded", was, n)
	}
	page.Click("#blocked summary")
	if n := seen(page); n != was+10-2 {
		t.Errorf("without a script %d names are seen when two are folded away", n)
	}
}

// printPages: what is folded is printed as well, and what only a screen needs is
// not.
func printPages(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	page := b.Open(t, pageFile(t, sample()), browsertest.Look{Width: 800, Height: 1100, Print: true, NoScript: true})
	heights := browsertest.Evaluate[[]float64](page, `Array.from(document.querySelectorAll(".names bdi")).map(e => e.getBoundingClientRect().height)`)
	if len(heights) < 22 || slices.Min(heights) <= 0 {
		t.Errorf("some names are not printed: %v", heights)
	}
	if browsertest.Evaluate[bool](page, `document.querySelector("nav").checkVisibility()`) {
		t.Error("the list of parts is printed")
	}
}

// breakPolicy: whatever came onto the page would neither run nor load
// anything.
func breakPolicy(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	var asked atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer elsewhere.Close()
	file := pageFile(t, sample())
	for what, script := range map[string]string{
		"a script":     `(e => { e.append("window.ran = true"); document.body.append(e) })(document.createElement("script"))`,
		"markup":       `document.body.innerHTML = "<b>x</b>"`,
		"an image":     `(e => { e.src = "URL/x.png"; document.body.append(e) })(document.createElement("img"))`,
		"a style":      `document.body.setAttribute("style", "color: red")`,
		"a connection": `fetch("URL").catch(() => 0)`,
	} {
		page := b.Open(t, file, wide)
		browsertest.Evaluate[bool](page, `(addEventListener("securitypolicyviolation", () => { window.stopped = true }), true)`)
		browsertest.Evaluate[bool](page, fmt.Sprintf("(() => { try { %s } catch {} return true })()", strings.ReplaceAll(script, "URL", elsewhere.URL)))
		page.Until("window.stopped")
		if browsertest.Evaluate[bool](page, `Boolean(window.ran) || document.querySelector("main") === null`) {
			t.Errorf("%s is not stopped", what)
		}
		if said := page.Complaints(); len(said) == 0 {
			t.Errorf("that %s was stopped is noted nowhere: no test would find a violation", what)
		}
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("%d requests left", n)
	}
}

// openLargePages opens and searches a page of 20,000 changes of
// which none is like another one. The bounds are far above what is usual, for machines
// that do other work; the figures stand in docs/performance.md.
func openLargePages(t *testing.T, b *browsertest.Browser) {
	t.Helper()
	n := 20_000
	if testing.Short() {
		n = 2000
	}
	page := b.Open(t, pageFile(t, hugePlan(n, n)), wide)
	took := func(what, expression string) {
		t.Helper()
		ms := browsertest.Evaluate[float64](page, expression)
		t.Logf("%d changes: %s after %.0f ms", n, what, ms)
		if ms > 20_000 {
			t.Errorf("%d changes: %s only after %.0f ms", n, what, ms)
		}
	}
	took("loaded", `performance.getEntriesByType("navigation")[0].loadEventEnd`)
	for _, query := range []string{fmt.Sprintf("d%07d", n-1), "ns1.n17", "nameservers"} {
		browsertest.Evaluate[bool](page, fmt.Sprintf(`(window.began = performance.now(), search.value = %q, search.dispatchEvent(new Event("input")))`, query))
		page.Until(`!document.querySelector("main[aria-busy]")`)
		took("what "+query+" finds is shown", `(document.body.offsetHeight, performance.now() - began)`)
	}
	if got := browsertest.Evaluate[string](page, "found.value"); !strings.Contains(got, " of ") {
		t.Errorf("the page says %q", got)
	}
}
