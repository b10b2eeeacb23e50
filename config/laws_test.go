package config_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// block is a generated block; body holds HCL by argument.
type block struct {
	header string
	body   map[string]string
}

func (b block) String() string {
	var s strings.Builder
	s.WriteString(b.header + " {\n")
	for _, k := range slices.Sorted(maps.Keys(b.body)) {
		fmt.Fprintf(&s, "  %s = %s\n", k, b.body[k])
	}
	return s.String() + "}\n\n"
}

// values draws what a block says: each argument of the table that has an
// example, absent, null or a value.
func values(t *rapid.T) map[string]string {
	body := make(map[string]string)
	var said []*attr.Attribute
	for _, a := range attr.OfNames() {
		switch rapid.IntRange(0, 3).Draw(t, a.Name) {
		case 0, 1:
			if !slices.ContainsFunc(said, a.Contradicts) {
				body[a.Name] = a.Doc.Example
				said = append(said, a)
			}
		case 2:
			body[a.Name] = "null"
		}
	}
	for _, setting := range []string{"temporary_unlock", "keep_ds"} {
		if x := rapid.SampledFrom([]string{"", "true", "false", "null"}).Draw(t, setting); x != "" {
			body[setting] = x
		}
	}
	return body
}

// generated draws blocks: templates over templates, and names that use them.
func generated(t *rapid.T) []block {
	var blocks []block
	templates := rapid.IntRange(0, 4).Draw(t, "templates")
	for i := range templates {
		b := block{fmt.Sprintf("template \"t%d\"", i), values(t)}
		if i > 0 {
			b.body["template"] = fmt.Sprintf("template.t%d", rapid.IntRange(0, i-1).Draw(t, "below"))
		}
		blocks = append(blocks, b)
	}
	for i := range rapid.IntRange(1, 8).Draw(t, "blocks") {
		b := block{fmt.Sprintf("domain \"name-%d.art\"", i), values(t)}
		if rapid.Bool().Draw(t, "many") {
			b.header = fmt.Sprintf("domains \"many-%d\"", i)
			b.body["names"] = fmt.Sprintf(`["a-%d.art", "b-%d.art"]`, i, i)
		}
		if templates > 0 && rapid.Bool().Draw(t, "uses") {
			b.body["template"] = fmt.Sprintf("template.t%d", rapid.IntRange(0, templates-1).Draw(t, "template"))
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// load loads blocks that are spread over some files.
func load(t *rapid.T, blocks []block, files int) *config.Portfolio {
	t.Helper()
	texts := make([]string, files)
	for _, b := range blocks {
		texts[rapid.IntRange(0, files-1).Draw(t, "file")] += b.String()
	}
	fsys := make(fstest.MapFS)
	for i, text := range texts {
		fsys[fmt.Sprintf("%d.hcl", i)] = &fstest.MapFile{Data: []byte(text)}
	}
	p, diags := config.LoadFS(fsys, config.Options{})
	if p == nil {
		t.Fatalf("%v\n%s", diags, strings.Join(texts, "---\n"))
	}
	return p
}

// meaning is a portfolio without the places that declare it.
func meaning(p *config.Portfolio) []string {
	var out []string
	for _, d := range p.Domains {
		line := fmt.Sprint(d.Name, " ", d.Settings)
		for _, x := range d.Declared {
			line += fmt.Sprintf(" %s=%s", x.Attribute.Name, x.Value)
		}
		out = append(out, line)
	}
	return out
}

func TestOrderOfBlocksAndFilesDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		blocks := generated(t)
		want := meaning(load(t, blocks, 1))
		got := meaning(load(t, rapid.Permutation(blocks).Draw(t, "order"), rapid.IntRange(1, 4).Draw(t, "files")))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestTemplateIsWhatItsArgumentsSay writes what templates say into the blocks
// themselves and expects the same.
func TestTemplateIsWhatItsArgumentsSay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		blocks := generated(t)
		want := meaning(load(t, blocks, 1))
		templates := make(map[string]map[string]string)
		var flat []block
		for _, b := range blocks {
			body := flatten(b.body, templates)
			if label, ok := strings.CutPrefix(b.header, "template "); ok {
				templates["template."+strings.Trim(label, `"`)] = body
			} else {
				flat = append(flat, block{b.header, body})
			}
		}
		if diff := cmp.Diff(want, meaning(load(t, flat, 1))); diff != "" {
			t.Error(diff)
		}
	})
}

// flatten is the rule of templates, written down anew: the block's own
// arguments displace the template's of the same name, and those with a value the
// ones that contradict it. Null for one way to say the delegation is null for both.
func flatten(body map[string]string, templates map[string]map[string]string) map[string]string {
	out := maps.Clone(body)
	delete(out, "template")
	own := maps.Clone(out)
	for name, value := range templates[body["template"]] {
		a := attr.Lookup(name)
		displaced := false
		for other := range own {
			o := attr.Lookup(other)
			displaced = displaced || other == name || a != nil && o != nil && a.Contradicts(o) && (own[other] != "null" || a.Group == attr.GroupDelegation)
		}
		if !displaced {
			out[name] = value
		}
	}
	return out
}

// TestTableIsWhatItsRowsSay compares a domains block over rows with one block
// for each row.
func TestTableIsWhatItsRowsSay(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var rows []string
		var single []block
		for i := range rapid.IntRange(1, 30).Draw(t, "rows") {
			ns := rapid.SampledFrom([]string{`"one"`, `"two"`, `"ones"`, "null", "1", "true"}).Draw(t, "ns")
			lock := rapid.SampledFrom([]string{"true", "false", "null", `"true"`}).Draw(t, "lock")
			name := fmt.Sprintf("name-%d.com", i)
			rows = append(rows, fmt.Sprintf(`{ name = %q, ns = %s, lock = %s }`, name, ns, lock))
			body := map[string]string{"transfer_lock": lock, "nameservers": "null"}
			if ns != "null" {
				body["nameservers"] = fmt.Sprintf(`["a.${%s}.example", "b.example.net"]`, ns)
			}
			single = append(single, block{fmt.Sprintf("domain %q", name), body})
		}
		table := block{`domains "all"`, map[string]string{
			"names":         "[" + strings.Join(rows, ", ") + "]",
			"transfer_lock": "each.value.lock",
			"nameservers":   `each.value.ns == null ? null : ["a.${each.value.ns}.example", "b.example.net"]`,
		}}
		want, got := meaning(load(t, single, 1)), meaning(load(t, []block{table}, 1))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// FuzzLoad shows that no text makes Load panic, and that every mistake has a
// place and words.
func FuzzLoad(f *testing.F) {
	for _, a := range archives(f) {
		for _, file := range inputs(a) {
			if strings.HasSuffix(file.Name, ".hcl") {
				f.Add(string(file.Data), "name,provider\nexample.com,one\n")
			}
		}
	}
	f.Fuzz(func(t *testing.T, text, table string) {
		fsys := fstest.MapFS{
			"main.hcl": {Data: []byte(text)},
			"t.csv":    {Data: []byte(table)},
			"base.hcl": {Data: []byte("template \"corp\" {\n  transfer_lock = true\n}\n")},
		}
		p, diags := config.LoadFS(fsys, config.Options{CommandLine: []config.ValueFlag{{Name: "owner", Value: "x"}}})
		if (p == nil) != diags.HasErrors() {
			t.Errorf("portfolio %v, %v", p, diags)
		}
		for _, d := range diags.Diagnostics {
			if d.Summary == "" || d.Subject == nil && d.Summary != "Value for undeclared variable" {
				t.Errorf("%#v", d)
			}
		}
		_ = diags.String()
		again, _ := config.LoadFS(fsys, config.Options{CommandLine: []config.ValueFlag{{Name: "owner", Value: "x"}}})
		if p != nil && dump(p) != dump(again) {
			t.Errorf("loaded twice:\n%s\n%s", dump(p), dump(again))
		}
	})
}
