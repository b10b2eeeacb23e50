package render_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/rogpeppe/go-internal/txtar"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

func htmlOf(t rapid.TB, p *planner.Plan) string {
	t.Helper()
	var b strings.Builder
	if err := render.HTML(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// bodyOf returns a page without its style and its script, which are the same in all
// pages.
func bodyOf(page string) string {
	_, body, _ := strings.Cut(page, "<body>\n")
	body, _, _ = strings.Cut(body, "<script>")
	return body
}

// parsed returns the root of a page.
func parsed(t rapid.TB, page string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// elements returns the elements of a kind below a node.
func elements(n *html.Node, kind string) (all []*html.Node) {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == kind {
			all = append(all, d)
		}
	}
	return all
}

// shownText returns the text below a node, elements apart from each other.
func shownText(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "script" && d.Parent.Data != "style" {
			b.WriteString(d.Data + " ")
		}
	}
	return b.String()
}

// wordsOf returns the words of a text without what stands around them.
func wordsOf(text string) []string {
	var all []string
	for word := range strings.FieldsSeq(text) {
		if word = strings.ToLower(strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })); word != "" {
			all = append(all, word)
		}
	}
	return all
}

// saidByTextAlone are words of the text that the page writes in another way.
var saidByTextAlone = map[string]bool{"error": true, "warning": true, "comparing": true, "ordering": true, "request": true}

// TestHTMLSaysWhatTextSays: each word that the text with all details has stands on the
// page, too, in every scenario, and the place of each change.
func TestHTMLSaysWhatTextSays(t *testing.T) {
	t.Parallel()
	for _, file := range scenarioFiles(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, plan := runScenario(t, archive)
		if plan == nil {
			continue
		}
		for _, lost := range lostWords(t, plan) {
			t.Errorf("%s: the page lacks %q", file, lost)
		}
	}
}

// lostWords returns what the text of a plan tells, or should, and its page does not.
func lostWords(t *testing.T, plan *planner.Plan) (lost []string) {
	t.Helper()
	var text bytes.Buffer
	if err := render.Text(&text, plan, render.TextOptions{Details: true, Width: 10_000}); err != nil {
		t.Fatal(err)
	}
	shown := shownText(parsed(t, htmlOf(t, plan)))
	there := make(map[string]bool)
	for _, word := range wordsOf(shown) {
		there[word] = true
	}
	for _, word := range wordsOf(text.String()) {
		if !there[word] && !saidByTextAlone[word] {
			lost = append(lost, word)
		}
	}
	for c := range plan.Differences() {
		if c.Source.File != "" && !strings.Contains(shown, c.Source.String()) {
			lost = append(lost, c.Source.String())
		}
	}
	return lost
}

func TestHTMLThatLosesSomethingIsFound(t *testing.T) {
	t.Parallel()
	p := sample()
	if lost := lostWords(t, p); lost != nil {
		t.Errorf("nothing is lost of the sample, but %q is said to be", lost)
	}
	text := shownText(parsed(t, htmlOf(t, p)))
	for _, want := range []string{"gone.example", "main.hcl:3", "ns1.b1.example", "Throttling.User: slow down", "keep_ds = true", "max_delegations", "PollTaskResult"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not show %q", want)
		}
	}
}

// permittedElements are the elements of a page.
var permittedElements = strings.Fields(`html head meta title link style body header p h1 nav a b form input output button main section details
	summary h2 span div code ul li del ins small bdi table thead tbody tr th td footer script`)

// permittedAttributes are the attributes of a page.
var permittedAttributes = strings.Fields(`lang charset http-equiv content name rel href class aria-label id role hidden type placeholder
	autocomplete autocapitalize spellcheck for aria-live open scope`)

// checkPage looks for what a page must not have, whatever a plan holds.
func checkPage(t rapid.TB, page string) {
	t.Helper()
	root := parsed(t, page)
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			t.Fatalf("the page has a comment: %q", n.Data)
		}
		if n.Type != html.ElementNode {
			continue
		}
		if !slices.Contains(permittedElements, n.Data) {
			t.Fatalf("the page has an element %q", n.Data)
		}
		for _, a := range n.Attr {
			if !slices.Contains(permittedAttributes, a.Key) {
				t.Fatalf("%s has the attribute %s=%q", n.Data, a.Key, a.Val)
			}
			if a.Key == "id" && strings.ContainsFunc(a.Val, unicode.IsSpace) {
				t.Fatalf("%s has the ID %q", n.Data, a.Val)
			}
			if a.Key == "href" && !strings.HasPrefix(a.Val, "#") && a.Val != "data:," {
				t.Fatalf("%s leads to %q", n.Data, a.Val)
			}
		}
	}
	policy := ""
	for _, m := range elements(root, "meta") {
		if m.Attr[0].Val == "Content-Security-Policy" {
			policy = m.Attr[1].Val
		}
	}
	for kind, directive := range map[string]string{"style": "style-src", "script": "script-src"} {
		all := elements(root, kind)
		if len(all) != 1 {
			t.Fatalf("the page has %d elements %s", len(all), kind)
		}
		sum := sha256.Sum256([]byte(all[0].FirstChild.Data))
		if want := directive + " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Fatalf("the policy %q does not permit the %s: %s", policy, kind, want)
		}
	}
	for _, r := range page {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Fatalf("the page holds %U", r)
		}
	}
}

// TestHTMLOnlyShows is the law that nothing of a plan leaves its place on the page,
// and that all of it stands there.
func TestHTMLOnlyShows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := plans.Draw(t, "plan")
		page := htmlOf(t, p)
		checkPage(t, page)
		if again := htmlOf(t, p); again != page {
			t.Fatal("the same plan made another page")
		}
		shown := make(map[string]bool)
		for _, n := range elements(parsed(t, page), "bdi") {
			if n.FirstChild != nil {
				shown[n.FirstChild.Data] = true
			}
		}
		for c := range p.Differences() {
			if want := inert.Text(c.Domain); !shown[want] && !shown[c.Domain] {
				t.Fatalf("the name %q does not stand there as %q", c.Domain, want)
			}
		}
	})
}

// TestHTMLPassesTheWriterOfTheTerminal: the hashes of the page hold on standard
// output as well.
func TestHTMLPassesTheWriterOfTheTerminal(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	page := htmlOf(t, sample())
	if _, err := inert.NewWriter(&out, false).Write([]byte(page)); err != nil {
		t.Fatal(err)
	}
	if out.String() != page {
		t.Error("the writer changes the page")
	}
}

// TestHTMLTellsNamesApart: a name is shown as people read it and as the registry has
// it, and one that may be read as another one says so.
func TestHTMLTellsNamesApart(t *testing.T) {
	t.Parallel()
	p := sample()
	p.Missing = []string{"xn--bcher-kva.example", "xn--exmple-4nf.com", "plain.example"}
	p.Unmanaged = []string{"bidi\u202e\u2066.example"}
	text := shownText(parsed(t, htmlOf(t, p)))
	for _, want := range []string{
		"bücher.example   xn--bcher-kva.example \n", "ex\u0430mple.com   xn--exmple-4nf.com   mixes alphabets", `bidi\u{202E}\u{2066}.example`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not show %q: %q", want, text)
		}
	}
	if strings.Contains(text, "bücher.example   xn--bcher-kva.example   mixes") {
		t.Error("a name of one alphabet is said to mix them")
	}
}

// TestHTMLOfAHugePlanHoldsAll: nothing of a large plan is only counted.
func TestHTMLOfAHugePlanHoldsAll(t *testing.T) {
	t.Parallel()
	n := 20_000
	if testing.Short() {
		n = 2000
	}
	for _, kinds := range []int{1, n} {
		p := hugePlan(n, kinds)
		p.Changes[7].Source.Line = 4711
		page := htmlOf(t, p)
		for i := range n {
			if name := fmt.Sprintf("<bdi>d%07d.example</bdi>", i); strings.Count(page, name) != 1 {
				t.Fatalf("%d kinds: %s stands there %d times", kinds, name, strings.Count(page, name))
			}
		}
		if !strings.Contains(page, "main.hcl:4711") {
			t.Errorf("%d kinds: the place of one name is lost", kinds)
		}
	}
}

// TestHTMLOfEdges prints plans that lack most of what others have.
func TestHTMLOfEdges(t *testing.T) {
	t.Parallel()
	waits := sample()
	for i := range waits.Changes {
		waits.Changes[i].Block(attr.Waiting, "task %d of somebody else", i)
	}
	long := sample()
	long.Missing = []string{strings.Repeat("a", 63) + "." + strings.Repeat("b", 63) + "." + strings.Repeat("c", 63) + ".example"}
	for name, p := range map[string]*planner.Plan{"empty": {}, "only waits": waits, "long": long} {
		page := htmlOf(t, p)
		checkPage(t, page)
		if strings.ContainsRune(page, unicode.ReplacementChar) {
			t.Errorf("%s: a character is broken", name)
		}
	}
}
