package render_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// A kind is something that a scenario can show of an attribute.
type kind string

const (
	creates  kind = "create"
	updates  kind = "update"
	deletes  kind = "delete"
	unset    kind = "unset"     // null takes away what a template gives, and with it a change
	override kind = "override"  // a block's own value has another outcome than its template's
	stays    kind = "unmanaged" // what no file declares stays, though a declaration would change it
	spelling kind = "spelling"  // letter case and order alone change nothing
)

var kinds = []kind{creates, updates, deletes, unset, override, stays, spelling}

// impossible are the kinds that attributes do not have.
var impossible = []struct {
	why        string
	kinds      []kind
	attributes []string
}{
	{"a name always has a delegation", []kind{creates, deletes}, []string{"nameservers", "alidns"}},
	{"a name always has its contacts", []kind{creates, deletes}, []string{"registrant", "admin", "billing", "tech"}},
	{"it is on or off", []kind{creates, deletes}, []string{"transfer_lock", "update_lock", "privacy", "auto_renew"}},
	{"a name is registered once, for good", []kind{updates, deletes}, []string{"registration"}},
	{"an order is for a name that is there, and is not taken back", []kind{creates, deletes}, []string{"redemption", "renewal"}},
	{"what the account shows of an order has no spelling", []kind{spelling}, []string{"registration", "redemption", "renewal"}},
	{"it changes nothing of the account", []kind{creates, updates, deletes, stays, spelling}, []string{"lapse"}},
	{"the account has no template", []kind{unset, override}, []string{"emails", "registrant_profile"}},
}

// TestEveryAttributeHasItsScenarios is the law that testdata/plan shows every
// attribute in all the ways that it has. No scenario claims what it shows: its
// plan proves it, beside the plan of a configuration that says one thing less,
// or one thing more.
//
// What becomes of every attribute when its task fails, and when it is imported,
// is tested in executor and in config/importer.
func TestEveryAttributeHasItsScenarios(t *testing.T) {
	t.Parallel()
	shown := make(matrix)
	for _, file := range scenarioFiles(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if in := load(t, archive); in != nil {
			s := &scenario{t, strings.TrimSuffix(filepath.Base(file), ".txtar"), archive, *in, planner.Diff(*in), shown}
			s.show()
		}
	}
	why := make(map[cell]string)
	for _, x := range impossible {
		for _, k := range x.kinds {
			for _, a := range x.attributes {
				why[cell{a, k}] = x.why
			}
		}
	}
	for _, a := range attr.All() {
		for _, k := range kinds {
			c := cell{a.Name, k}
			switch scenarios, reason := shown[c], why[c]; {
			case len(scenarios) == 0 && reason == "":
				t.Errorf("%s: no scenario of testdata/plan shows %s: add one, or say among the impossible why there is none", a.Name, k)
			case len(scenarios) > 0 && reason != "":
				t.Errorf("%s: %s is said to be impossible (%s), and %s shows it", a.Name, k, reason, scenarios[0])
			default:
				t.Logf("%s: %s: %s%s", a.Name, k, strings.Join(scenarios, ", "), reason)
			}
			delete(why, c)
		}
	}
	for c := range why {
		t.Errorf("%s %s is among the impossible, and there is no such thing", c.attribute, c.kind)
	}
}

// A cell is what a scenario shows.
type cell struct {
	attribute string
	kind      kind
}

// A matrix holds the scenarios that show something.
type matrix map[cell][]string

// scenario is one of testdata/plan.
type scenario struct {
	t       *testing.T
	name    string
	archive *txtar.Archive
	planner.Input
	plan  *planner.Plan
	shown matrix
}

// shows notes what the scenario shows.
func (s *scenario) shows(attribute string, k kind) {
	c := cell{attribute, k}
	if !slices.Contains(s.shown[c], s.name) {
		s.shown[c] = append(s.shown[c], s.name)
	}
}

func (s *scenario) show() {
	for _, c := range s.plan.Changes {
		if c.Status == attr.Ready {
			s.shows(c.Attribute, kind(c.Action))
		}
	}
	for i := range s.archive.Files {
		if isConfig(s.archive.Files[i].Name) {
			s.showFile(i)
		}
	}
	s.showAccount()
}

// showFile looks at the blocks of one file of the configuration.
func (s *scenario) showFile(file int) {
	f, diags := hclsyntax.ParseConfig(s.archive.Files[file].Data, s.archive.Files[file].Name, hcl.InitialPos)
	if diags.HasErrors() {
		s.t.Fatal(diags)
	}
	for _, block := range f.Body.(*hclsyntax.Body).Blocks {
		if block.Type != "domain" && block.Type != "domains" {
			continue
		}
		for _, a := range attr.OfNames() {
			if argument := block.Body.Attributes[a.Name]; argument != nil {
				s.showLayers(file, a, argument)
				s.showSpelling(f.Body.(*hclsyntax.Body), block, a, argument.Expr)
			} else if s.shown[cell{a.Name, stays}] == nil {
				s.showUnmanaged(file, a, block)
			}
		}
	}
}

// showLayers plans without an argument of a block, so that what its template
// says comes to light.
func (s *scenario) showLayers(file int, a *attr.Attribute, argument *hclsyntax.Attribute) {
	blank := func(text []byte) []byte {
		for i := argument.SrcRange.Start.Byte; i < argument.SrcRange.End.Byte; i++ {
			if text[i] != '\n' {
				text[i] = ' '
			}
		}
		return text
	}
	below, plan := s.vary(file, blank)
	if below == nil {
		return
	}
	own, _ := argument.Expr.Value(nil)
	for i := range s.Portfolio.Domains {
		with, without := &s.Portfolio.Domains[i], &below.Domains[i]
		if outcome(s.t, s.plan, a, with.Name) == outcome(s.t, plan, a, with.Name) {
			continue
		}
		switch had, has := ofGroup(without, a), with.Value(a.Name); {
		case had == nil:
		case own.IsNull() && has == nil && had.Attribute == a:
			s.shows(a.Name, unset)
		case has != nil && (had.Attribute != a || !had.Value.Equal(has)):
			s.shows(a.Name, override)
		}
	}
}

// showUnmanaged plans with the attribute's example in a block that does not
// declare it.
func (s *scenario) showUnmanaged(file int, a *attr.Attribute, block *hclsyntax.Block) {
	at := block.OpenBraceRange.End.Byte
	more, plan := s.vary(file, func(text []byte) []byte {
		return slices.Insert(text, at, []byte("\n"+a.Name+" = "+a.Doc.Example+"\n")...)
	})
	if more == nil {
		return
	}
	for i := range more.Domains {
		d := &s.Portfolio.Domains[i]
		if ofGroup(d, a) != nil || !more.Domains[i].Declares(a.Name) {
			continue
		}
		would := slices.ContainsFunc(plan.Changes, func(c attr.Change) bool {
			known := c.Status == attr.Ready || c.Status == attr.Deferred || c.Status == attr.Blocked
			return known && c.Domain == d.Name && c.Attribute == a.Name
		})
		if would && !s.changes(d.Name, a) {
			s.shows(a.Name, stays)
		}
	}
}

// showSpelling looks whether a declared value that changes nothing is written
// in its canonical form.
func (s *scenario) showSpelling(file *hclsyntax.Body, block *hclsyntax.Block, a *attr.Attribute, expr hclsyntax.Expression) {
	name, err := wire.CanonicalName(block.Labels[0])
	for i := range s.Portfolio.Domains {
		d := &s.Portfolio.Domains[i]
		if value := d.Value(a.Name); err == nil && block.Type == "domain" && d.Name == name && value != nil {
			live := s.Live.Domain(name)
			known := live != nil && s.Live.Knows(live, a.Facts)
			raw, diags := expr.Value(contactsOf(file))
			if known && !diags.HasErrors() && !spelled(s.t, raw, a.Cty(value)) && !s.changes(name, a) {
				s.shows(a.Name, spelling)
			}
		}
	}
}

// showAccount looks at what the account itself has.
func (s *scenario) showAccount() {
	raw := s.accountValues()
	for _, a := range attr.OfAccount() {
		if !s.Live.Has(a.Facts) || s.changes("", a) {
			continue
		}
		at := slices.IndexFunc(s.Portfolio.Declared, func(d config.Declared) bool { return d.Attribute == a })
		switch {
		case at >= 0 && !spelled(s.t, raw[a.Name], a.Cty(s.Portfolio.Declared[at].Value)):
			s.shows(a.Name, spelling)
		case at < 0 && a.Cty(a.ObserveAccount(s.Live)).LengthInt() > 0:
			s.shows(a.Name, stays)
		}
	}
}

// accountValues are the attributes of the account as the files write them.
func (s *scenario) accountValues() map[string]cty.Value {
	values := make(map[string]cty.Value)
	for _, f := range s.archive.Files {
		if !isConfig(f.Name) {
			continue
		}
		parsed, diags := hclsyntax.ParseConfig(f.Data, f.Name, hcl.InitialPos)
		if diags.HasErrors() {
			s.t.Fatal(diags)
		}
		body := parsed.Body.(*hclsyntax.Body)
		values[attr.RegistrantProfile] = blocksOf(body, attr.RegistrantProfile)
		for _, block := range body.Blocks {
			if x := block.Body.Attributes[attr.EmailAddresses]; x != nil && block.Type == "account" {
				values[attr.EmailAddresses], _ = x.Expr.Value(nil)
			}
		}
	}
	return values
}

// isConfig reports whether a file of a scenario is of its configuration, not of that
// of the last apply.
func isConfig(name string) bool {
	return filepath.Ext(name) == ".hcl" && !strings.HasPrefix(name, "testdata/") && !strings.HasSuffix(name, config.TestSuffix)
}

// vary loads and plans the scenario with another text of one file; nil where
// that has errors.
func (s *scenario) vary(file int, edit func(text []byte) []byte) (*config.Portfolio, *planner.Plan) {
	files := make(fstest.MapFS)
	for i, f := range s.archive.Files {
		if i == file {
			f.Data = edit(bytes.Clone(f.Data))
		}
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	in := s.Input
	if in.Portfolio, _ = config.LoadFS(files, config.Options{}); in.Portfolio == nil || len(in.Portfolio.Domains) != len(s.Portfolio.Domains) {
		return nil, nil
	}
	return in.Portfolio, planner.Diff(in)
}

// changes reports whether the plan changes an attribute of a name.
func (s *scenario) changes(name string, a *attr.Attribute) bool {
	return slices.ContainsFunc(s.plan.Changes, func(c attr.Change) bool { return c.Domain == name && c.Attribute == a.Name })
}

// ofGroup returns what a name declares of an attribute, or of one that displaces it.
func ofGroup(d *config.Domain, a *attr.Attribute) *config.Declared {
	for i := range d.Declared {
		if x := d.Declared[i].Attribute; x == a || a.Group != "" && x.Group == a.Group {
			return &d.Declared[i]
		}
	}
	return nil
}

// outcome is all that a plan says of an attribute of a name.
func outcome(t *testing.T, p *planner.Plan, a *attr.Attribute, name string) string {
	var said []any
	for _, c := range p.Changes {
		if x := attr.Lookup(c.Attribute); c.Domain == name && (x == a || a.Group != "" && x.Group == a.Group) {
			c.Source = attr.Source{}
			said = append(said, c)
		}
	}
	for _, d := range p.Diagnostics {
		if d.Domain == name {
			said = append(said, d)
		}
	}
	for _, threat := range p.Threats {
		if threat.Domain == name {
			said = append(said, threat)
		}
	}
	text, err := json.Marshal(said)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// contactsOf is what the contacts of a file are called in it.
func contactsOf(file *hclsyntax.Body) *hcl.EvalContext {
	return &hcl.EvalContext{Variables: map[string]cty.Value{"contact": blocksOf(file, "contact")}}
}

// blocksOf returns what the blocks of a type say, by their label.
func blocksOf(file *hclsyntax.Body, kind string) cty.Value {
	all := make(map[string]cty.Value)
	for _, block := range file.Blocks {
		if block.Type == kind {
			all[block.Labels[0]] = object(block.Body)
		}
	}
	return cty.ObjectVal(all)
}

// object returns the arguments of a body, and of blocks within it.
func object(body *hclsyntax.Body) cty.Value {
	fields := make(map[string]cty.Value)
	for name, x := range body.Attributes {
		fields[name], _ = x.Expr.Value(nil)
	}
	for _, inner := range body.Blocks {
		fields[inner.Type] = object(inner.Body)
	}
	return cty.ObjectVal(fields)
}

// spelled reports whether what a file says is written as the canonical form
// is. What it leaves out does not count.
func spelled(t *testing.T, raw, canonical cty.Value) bool {
	return within(decoded(t, raw), decoded(t, canonical))
}

func decoded(t *testing.T, v cty.Value) (x any) {
	text, err := ctyjson.Marshal(v, v.Type())
	if err == nil {
		err = json.Unmarshal(text, &x)
	}
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// within reports whether objects say in all their members what others do, and
// whether all else is the same.
func within(x, of any) bool {
	switch x := x.(type) {
	case map[string]any:
		whole, ok := of.(map[string]any)
		for name, member := range x {
			ok = ok && (member == nil || within(member, whole[name]))
		}
		return ok
	case []any:
		list, ok := of.([]any)
		ok = ok && len(list) == len(x)
		for i := range x {
			ok = ok && within(x[i], list[i])
		}
		return ok
	}
	return reflect.DeepEqual(x, of)
}
