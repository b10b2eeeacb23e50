package config_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// contradictions are the pairs of attributes that cannot both be said of a name;
// all others have nothing to do with each other.
var contradictions = [][2]string{
	{"nameservers", "alidns"},
	{"renewal", "lapse"},
	{"registration", "lapse"},
	{"redemption", "lapse"},
	{"auto_renew", "renewal"},
	{"auto_renew", "lapse"},
}

func contradict(a, b string) bool {
	return slices.Contains(contradictions, [2]string{a, b}) || slices.Contains(contradictions, [2]string{b, a})
}

// example is an argument with its example of the documentation; the examples of
// two attributes together are a whole block.
type example struct{ name, value string }

func examples() (all []example) {
	for _, a := range attr.OfNames() {
		all = append(all, example{a.Name, a.Doc.Example})
	}
	for _, setting := range []string{"temporary_unlock", "keep_ds"} {
		all = append(all, example{setting, "true"})
	}
	return append(all, example{"ds_hold", `"24h"`})
}

func (e example) String() string { return fmt.Sprintf("  %s = %s\n", e.name, e.value) }

// null is the argument that unsets it.
func (e example) null() example { return example{e.name, "null"} }

// conditional is the argument in a block whose row of x.art gives the value, and
// the one of y.art null.
func (e example) conditional() example {
	return example{e.name, fmt.Sprintf(`each.name == "x.art" ? %s : null`, e.value)}
}

const (
	single = "domain \"x.art\" {\n%s}\n"
	many   = "domains \"all\" {\n  names = [\"x.art\", \"y.art\"]\n%s}\n"
)

// below writes a template, and an argument that uses it.
func below(name string, body ...any) (template, use string) {
	return fmt.Sprintf("template %q {\n%s}\n", name, fmt.Sprint(body...)), fmt.Sprintf("  template = template.%s\n", name)
}

// said returns the attributes and settings of a name.
func said(p *config.Portfolio, name string) (all []string) {
	defaults := attr.DefaultSettings()
	for i := range p.Domains {
		d := &p.Domains[i]
		if d.Name != name {
			continue
		}
		for _, x := range d.Declared {
			all = append(all, x.Attribute.Name)
		}
		for name, set := range map[string]bool{
			"temporary_unlock": d.Settings.TemporaryUnlock, "keep_ds": d.Settings.KeepDS, "ds_hold": d.Settings.DSHold != defaults.DSHold,
		} {
			if set {
				all = append(all, name)
			}
		}
	}
	slices.Sort(all)
	return all
}

// pairsCase is a file and what it comes to for x.art and, where it declares that
// one, y.art.
type pairsCase struct {
	how    string
	text   string
	x, y   []string
	refuse bool
}

func pairsCases(a, b example) []pairsCase {
	against := contradict(a.name, b.name)
	onlyA, onlyB, both := []string{a.name}, []string{b.name}, []string{a.name, b.name}
	displaced := both
	if against {
		displaced = onlyA
	}
	left := onlyB // of b where a is null
	if against && attr.Lookup(a.name).Group == attr.GroupDelegation {
		left = nil
	}
	under, useB := below("b", b)
	over, useA := below("a", useB, a)
	nulled, useNull := below("a", useB, a.null())
	return []pairsCase{
		{"in one block", fmt.Sprintf(single, fmt.Sprint(a, b)), both, nil, against},
		{"in one block of many", fmt.Sprintf(many, fmt.Sprint(a, b)), both, both, against},
		{"in a template", over[:strings.Index(over, "  template")] + fmt.Sprint(a, b) + "}\n" + fmt.Sprintf(single, useA), both, nil, against},
		{"null beside it", fmt.Sprintf(single, fmt.Sprint(a.null(), b)), onlyB, nil, false},
		{"over a template", under + fmt.Sprintf(single, fmt.Sprint(useB, a)), displaced, nil, false},
		{"over a template, many", under + fmt.Sprintf(many, fmt.Sprint(useB, a)), displaced, displaced, false},
		{"template over template", under + over + fmt.Sprintf(single, useA), displaced, nil, false},
		{"null over a template", under + fmt.Sprintf(single, fmt.Sprint(useB, a.null())), left, nil, false},
		{"null in a template over a template", under + nulled + fmt.Sprintf(single, useNull), left, nil, false},
		{"for some names over a template", under + fmt.Sprintf(many, fmt.Sprint(useB, a.conditional())), displaced, left, false},
		{"for some names in one block", fmt.Sprintf(many, fmt.Sprint(a.conditional(), b)), both, onlyB, against},
	}
}

// TestEveryPairOfArguments declares each two arguments of a name in each way
// that the language has, in both orders.
func TestEveryPairOfArguments(t *testing.T) {
	t.Parallel()
	for _, a := range examples() {
		for _, b := range examples() {
			if a == b {
				continue
			}
			for _, c := range pairsCases(a, b) {
				c.check(t, a.name+" and "+b.name)
			}
		}
	}
}

func (c pairsCase) check(t *testing.T, pair string) {
	t.Helper()
	text := "registrant_profile \"legal\" {\n  id = 1\n}\ncontact \"legal\" {\n  organization = \"Example Ltd\"\n}\n" + c.text
	p, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(text)}}, config.Options{})
	if c.refuse {
		if !strings.Contains(diags.String(), "Conflicting arguments") {
			t.Errorf("%s %s: accepted, or refused for something else: %v", pair, c.how, diags)
		}
		return
	}
	if p == nil {
		t.Errorf("%s %s: %v\n%s", pair, c.how, diags, c.text)
		return
	}
	for name, want := range map[string][]string{"x.art": c.x, "y.art": c.y} {
		slices.Sort(want)
		if got := said(p, name); !slices.Equal(got, want) {
			t.Errorf("%s %s: %s has %v, want %v\n%s", pair, c.how, name, got, want, c.text)
		}
	}
}
