// Package importer writes configuration files for an account that exists, as a
// person would have written them: names that have everything in common stand
// in one block, what many blocks repeat in a template.
//
// The files declare what was read and nothing else, so that a plan of them
// against the same account finds nothing to do.
package importer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// Options say what of an account becomes files.
type Options struct {
	// Source names what the account was read from, for the head of each file.
	Source string
	// Attributes are the names of those to declare; nil: all.
	Attributes []string
	// KeepDS writes keep_ds = true into every block: the DS records of the
	// names stay as they are when their nameservers change.
	KeepDS bool
	// Values are declared of the names that have one, as those of one more
	// attribute.
	Values    map[string]attr.Value
	Attribute string
	// Existing are the only names to write, canonical; nil: all.
	Existing map[string]bool
	// Template is what every block begins with: a template that the files do
	// not declare. "": none.
	Template string
	// Beside is the configuration that the files are written beside: they declare none
	// of what belongs to the account, and use its templates and contacts where these
	// say what is live. nil: the files are the whole configuration.
	Beside *config.Portfolio
	// Flat writes a table with a row for each name, and one block that reads it.
	Flat bool
	// LeftOut says what of the source is not in the account that is imported.
	LeftOut []string
}

// A File is a file of a configuration.
type File struct {
	Name    string // of the form *.hcl, without a directory
	Content []byte
	Names   int // how many domains it declares
	// LeftOut says what of the account no file can declare; that is in the head
	// of the first file.
	LeftOut []string
	// NotUsed says which templates would fit, and why they are not used; that is in the
	// first file.
	NotUsed []string
}

// FromAccount returns the files that declare the account as it is: account.hcl
// with what holds for all, contacts.hcl with who stands behind them, shared*.hcl
// with the names that have their values in common, single*.hcl with the others.
// Names and values that no file can declare are left out, and the files say so.
//
// Beside another configuration the account holds those names only that it does not
// declare, and the names of the files begin with "adopted-".
func FromAccount(a *snapshot.Account, o Options) ([]File, error) {
	attributes, err := o.attributes()
	if err != nil {
		return nil, err
	}
	w := writer{options: o, account: a, omitted: make(map[omission][]string), beside: newBeside(o.Beside, a)}
	attributes = slices.DeleteFunc(slices.Clone(attributes), func(x *attr.Attribute) bool {
		if x.ObserveAccount == nil {
			return false
		}
		if o.Beside == nil {
			w.declare(x)
		}
		return true
	})
	var names []*domain
	for i := range a.Domains {
		d := &a.Domains[i]
		switch {
		case o.Existing != nil && !o.Existing[d.Name]:
			w.absent++
		case config.CheckName(d.Name) != nil:
			w.refuse(d.Name, config.CheckName(d.Name))
		default:
			declared := w.declareName(d, attributes)
			if v := o.Values[d.Name]; v != nil {
				declared.values = append(declared.values, argument{attr.Lookup(o.Attribute), v})
			}
			w.beside.serve(d, declared)
			names = append(names, declared)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("there is no name to import")
	}
	w.references = referencesOf(names, w.beside)
	if o.Flat {
		return w.flat(names)
	}
	blocks := group(names, w.references, w.beside)
	files := w.files(extractTemplates(blocks, w.references, append(w.beside.labels("template"), o.Template)), blocks)
	files[0].LeftOut, files[0].NotUsed = w.leftOut(), w.beside.notUsed()
	if o.Beside != nil {
		for i := range files {
			files[i].Name = adoptedPrefix + files[i].Name
		}
	}
	return files, nil
}

func (o Options) attributes() ([]*attr.Attribute, error) {
	if o.Attributes == nil {
		return attr.All(), nil
	}
	var chosen []*attr.Attribute
	for _, name := range o.Attributes {
		a := attr.Lookup(name)
		if a == nil {
			return nil, fmt.Errorf("no attribute is called %q", name)
		}
		chosen = append(chosen, a)
	}
	return chosen, nil
}

// A domain is a name with what will be declared of it.
type domain struct {
	name     string
	values   []argument
	template *template  // of the configuration beside; nil: none
	given    []argument // by that template
}

// An argument is an attribute with its value.
type argument struct {
	attribute *attr.Attribute
	value     attr.Value
}

// String is equal for equal arguments.
func (a argument) String() string { return a.attribute.Name + " = " + a.value.String() }

// declareName reads what a name's files would say. Of attributes that displace
// each other the last one speaks that can say what is live: alidns = true says
// more than its nameservers.
func (w *writer) declareName(d *snapshot.Domain, attributes []*attr.Attribute) *domain {
	declared := &domain{name: d.Name}
	for _, a := range attributes {
		if !d.Has(a.Facts) {
			continue
		}
		live := a.Observe(d)
		why, said := declarable(a, d.Name, live)
		if why != "" {
			w.omit(omission{a.Name, why}, d.Name)
		}
		if !said {
			continue
		}
		same := func(x argument) bool { return a.Group != "" && x.attribute.Group == a.Group }
		declared.values = append(slices.DeleteFunc(declared.values, same), argument{a, live})
	}
	return declared
}

// declarable reports whether files say a live value: what is written must be
// read as the same value again. Why is why they cannot; "" where there is
// nothing to say.
func declarable(a *attr.Attribute, name string, live attr.Value) (why string, said bool) {
	if live == nil {
		return "", false
	}
	written := a.Cty(live)
	if written.IsNull() {
		return "", false
	}
	read, problems := a.Decode(written)
	if read != nil && a.Check != nil {
		problems = append(problems, a.Check(name, read)...)
	}
	if why := firstError(problems); why != "" {
		return why, false
	}
	if !read.Equal(live) {
		return "Files cannot say " + live.String() + ".", false
	}
	return "", true
}

// refuse notes a name that no file can declare. Some reasons tell a label alone.
func (w *writer) refuse(name string, why error) {
	text := why.Error()
	if shown := readable(name); !strings.Contains(text, shown) {
		text = shown + ": " + text
	}
	w.refused = append(w.refused, text)
}

// firstError returns the detail of the first problem that is more than a
// warning, "" for none.
func firstError(problems []attr.Problem) string {
	for _, p := range problems {
		if !p.Warning {
			return p.Detail
		}
	}
	return ""
}

// An omission is a value that no file can declare.
type omission struct{ attribute, why string }

// omit notes a value of a name that is left out.
func (w *writer) omit(o omission, name string) {
	if w.omitted[o] == nil {
		w.omissions = append(w.omissions, o)
	}
	w.omitted[o] = append(w.omitted[o], name)
}

// namesShown is how many names are listed of those that lack one value.
const namesShown = 10

// leftOut lists what is left out, in sentences.
func (w *writer) leftOut() []string {
	all := slices.Concat(w.options.LeftOut, w.refused)
	for _, o := range w.omissions {
		names := w.omitted[o]
		shown := make([]string, min(len(names), namesShown))
		for i := range shown {
			shown[i] = readable(names[i])
		}
		all = append(all, fmt.Sprintf("%s of %s: %s", o.attribute, words.List(shown, len(names)-len(shown)), o.why))
	}
	return all
}

// A block is the names that have all values in common.
type block struct {
	label    string // of domains; "" for one name
	names    []string
	values   []argument
	template *template
	given    []argument // by a template of the configuration beside
}

// group puts names with equal values into one block: those of several names
// first, the largest first, then the others by name.
func group(names []*domain, known *references, beside *beside) []*block {
	var blocks []*block
	byValues := make(map[string]*block)
	for _, d := range names {
		key := text(d.values)
		if d.template != nil {
			key = d.template.label + "\n" + key
		}
		b := byValues[key]
		if b == nil {
			b = &block{values: d.values, template: d.template, given: d.given}
			byValues[key] = b
			blocks = append(blocks, b)
		}
		b.names = append(b.names, d.name)
	}
	slices.SortStableFunc(blocks, func(x, y *block) int { return len(y.names) - len(x.names) })
	var several []*block
	var may [][]string
	var keys []string
	for _, b := range blocks {
		if values := slices.Concat(b.given, b.values); len(b.names) > 1 {
			several, may, keys = append(several, b), append(may, blockLabels(values, known)), append(keys, text(values))
		}
	}
	for i, label := range newLabels(beside.labels("domains")...).choose(may, keys) {
		several[i].label = label
	}
	return blocks
}

func text(values []argument) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteString(v.String())
		b.WriteByte('\n')
	}
	return b.String()
}
