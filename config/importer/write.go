package importer

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
)

const (
	fileBlocks = 2000 // blocks in one file at most
	lineWidth  = 100  // a longer list has a line for each element
)

// writer writes the files of one account.
type writer struct {
	options    Options
	account    *snapshot.Account
	absent     int        // names that the account does not hold
	refused    []string   // names and profiles that no file can declare, and why
	begun      bool       // the first file's head is written
	values     []argument // of the account
	blocks     []accountBlock
	references *references
	beside     *beside
	// omitted are the names of values that no file can declare, omissions those
	// values in the order in which they came.
	omitted   map[omission][]string
	omissions []omission
}

// declare keeps what the account's files would say of an attribute of it.
func (w *writer) declare(a *attr.Attribute) {
	if !w.account.Has(a.Facts) {
		return
	}
	live := a.ObserveAccount(w.account)
	switch v := a.Cty(live); {
	case v.IsNull() || v.LengthInt() == 0:
	case a.Blocks:
		w.declareBlocks(a, v)
	default:
		w.declareElements(a, v)
	}
}

// declareElements keeps those elements of a list that files can declare.
func (w *writer) declareElements(a *attr.Attribute, all cty.Value) {
	var kept []cty.Value
	for it := all.ElementIterator(); it.Next(); {
		_, e := it.Element()
		_, problems := a.Decode(cty.TupleVal([]cty.Value{e}))
		if why := firstError(problems); why != "" {
			w.refused = append(w.refused, fmt.Sprintf("%s: %s", a.Name, why))
			continue
		}
		kept = append(kept, e)
	}
	if v, problems := a.Decode(cty.TupleVal(kept)); len(kept) > 0 && firstError(problems) == "" {
		w.values = append(w.values, argument{a, v})
	}
}

// declareBlocks keeps what stands in blocks of its own, as far as files can
// declare it.
func (w *writer) declareBlocks(a *attr.Attribute, all cty.Value) {
	values := all.AsValueMap()
	for _, name := range slices.Sorted(maps.Keys(values)) {
		label := a.Name[strings.LastIndexByte(a.Name, '_')+1:] + "_" + name
		_, problems := a.Decode(cty.ObjectVal(map[string]cty.Value{label: values[name]}))
		if why := firstError(problems); why != "" {
			w.refused = append(w.refused, fmt.Sprintf("%s %s: %s", a.Name, name, why))
			continue
		}
		w.blocks = append(w.blocks, accountBlock{a, label, values[name]})
	}
}

// An accountBlock is a block that holds for the account.
type accountBlock struct {
	attribute *attr.Attribute
	label     string
	fields    cty.Value
}

func (w *writer) files(templates []*template, blocks []*block) []File {
	shared := len(blocks)
	for i, b := range blocks {
		if b.label == "" {
			shared = i
			break
		}
	}
	var files []File
	if f := w.common(templates); f != nil {
		files = append(files, *f)
	}
	for _, kind := range w.references.types() {
		files = append(files, w.blockFile(kind))
	}
	files = append(files, w.split("shared", "that have their values in common with others", blocks[:shared])...)
	return append(files, w.split("single", "with values of their own", blocks[shared:])...)
}

// common is the file of what holds for all names, nil where there is nothing.
func (w *writer) common(templates []*template) *File {
	var out bytes.Buffer
	if w.options.Beside == nil && (w.account.ID != "" || len(w.values) > 0) {
		out.WriteString("\naccount {\n")
		if id := w.account.ID; id != "" {
			fmt.Fprintf(&out, "id = %s\n%s", literal(cty.StringVal(id), nil), w.endpoint())
		}
		w.writeValues(&out, w.values)
		out.WriteString("}\n")
	}
	for _, b := range w.blocks {
		writeBlock(&out, b.attribute.Name, b.label, b.fields, b.attribute.Members)
	}
	for _, t := range templates {
		fmt.Fprintf(&out, "\ntemplate %q {\n", t.label)
		writeTemplate(&out, w.options.Template)
		w.writeValues(&out, t.values)
		out.WriteString("}\n")
	}
	if out.Len() == 0 {
		return nil
	}
	name := "account.hcl"
	if w.options.Beside != nil {
		name = "templates.hcl"
	}
	return &File{Name: name, Content: append(w.head("what holds for all names"), hclwrite.Format(out.Bytes())...)}
}

// blockFile is the file of all blocks of a type that names refer to.
func (w *writer) blockFile(kind string) File {
	var out bytes.Buffer
	about := ""
	for _, r := range w.references.list {
		if r.Type == kind {
			r.write(&out)
			about = r.About
		}
	}
	return File{Name: kind + "s.hcl", Content: append(w.head(about), hclwrite.Format(out.Bytes())...)}
}

// endpoint is the account's, where a file may say so and it is not the default.
func (w *writer) endpoint() string {
	endpoint, err := wire.ParseEndpoint(w.account.Endpoint, wire.FromFile)
	if err != nil || endpoint == wire.DefaultEndpoint {
		return ""
	}
	return "endpoint = " + literal(cty.StringVal(endpoint), nil) + "\n"
}

// split writes blocks into as many files as they need.
func (w *writer) split(name, what string, blocks []*block) []File {
	var files []File
	parts := (len(blocks) + fileBlocks - 1) / fileBlocks
	for part := range parts {
		in := blocks[part*fileBlocks : min((part+1)*fileBlocks, len(blocks))]
		f := File{Name: name + ".hcl"}
		for _, b := range in {
			f.Names += len(b.names)
		}
		title := words.Count(f.Names, "name") + " " + what
		if f.Names == 1 {
			title = "1 name with values of its own"
		}
		if parts > 1 {
			f.Name = fmt.Sprintf("%s-%0*d.hcl", name, len(fmt.Sprint(parts)), part+1)
			title += fmt.Sprintf(", file %d of %d", part+1, parts)
		}
		f.Content = w.head(title)
		for _, b := range in {
			f.Content = append(f.Content, w.block(b)...)
		}
		files = append(files, f)
	}
	return files
}

// head is the comment at the start of a file. The first one says what is left
// out.
func (w *writer) head(what string) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Imported")
	if w.options.Source != "" {
		fmt.Fprintf(&out, " from %s", inert.Text(w.options.Source))
	}
	fmt.Fprintf(&out, ": %s.\n", what)
	if w.begun {
		return out.Bytes()
	}
	w.begun = true
	if w.options.Template != "" {
		fmt.Fprintf(&out, "# All of them begin with template.%s, which stands in a file that was not imported.\n", w.options.Template)
	}
	if w.absent > 0 {
		fmt.Fprintf(&out, "# Left out, since the account does not hold them: %s of the %s.\n", words.Count(w.absent, "name"), words.Number(len(w.account.Domains)))
	}
	if n := len(w.account.Failures); n > 0 {
		fmt.Fprintf(&out, "# Reads that failed: %s. What they would have told is not declared.\n", words.Number(n))
	}
	for _, left := range w.leftOut() {
		fmt.Fprintf(&out, "# Left out: %s\n", inert.Text(left))
	}
	return out.Bytes()
}

func (w *writer) block(b *block) []byte {
	var out bytes.Buffer
	if b.label == "" {
		fmt.Fprintf(&out, "\ndomain %s {\n", literal(cty.StringVal(readable(b.names[0])), nil))
	} else {
		fmt.Fprintf(&out, "\ndomains %q {\n", b.label)
	}
	if b.template != nil {
		writeTemplate(&out, b.template.label)
	} else {
		writeTemplate(&out, w.options.Template)
	}
	w.writeValues(&out, b.values)
	if w.options.KeepDS {
		out.WriteString("keep_ds = true\n")
	}
	if b.label != "" {
		names := make([]cty.Value, len(b.names))
		for i, n := range b.names {
			names[i] = cty.StringVal(readable(n))
		}
		writeArgument(&out, "names", cty.TupleVal(names))
	}
	out.WriteString("}\n")
	return hclwrite.Format(out.Bytes())
}

// writeTemplate writes what a block begins with, where it does with something.
func writeTemplate(out *bytes.Buffer, label string) {
	if label != "" {
		fmt.Fprintf(out, "template = template.%s\n", label)
	}
}

func (w *writer) writeValues(out *bytes.Buffer, values []argument) {
	for _, v := range values {
		if r := w.references.of(v.value); r != nil {
			fmt.Fprintf(out, "%s = %s\n", v.attribute.Name, r)
			continue
		}
		writeArgument(out, v.attribute.Name, v.attribute.Cty(v.value), v.attribute.Members...)
	}
}

// writeArgument writes an argument; a long list or object gets a line for each
// element. Members of objects come in the order given, others by name.
func writeArgument(out *bytes.Buffer, name string, v cty.Value, members ...string) {
	line := fmt.Sprintf("%s = ", name)
	if whole := literal(v, members); len(line)+len(whole) <= lineWidth || !v.CanIterateElements() || v.LengthInt() == 0 {
		out.WriteString(line + whole + "\n")
		return
	}
	if v.Type().IsObjectType() || v.Type().IsMapType() {
		out.WriteString(line + "{\n" + strings.Join(memberTexts(v, members), "\n") + "\n}\n")
		return
	}
	out.WriteString(line + "[\n")
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		out.WriteString(literal(e, members) + ",\n")
	}
	out.WriteString("]\n")
}

// literal writes a value on one line.
func literal(v cty.Value, members []string) string {
	switch ty := v.Type(); {
	case v.IsNull() || !v.CanIterateElements() || v.LengthInt() == 0:
		return string(hclwrite.TokensForValue(v).Bytes())
	case ty.IsObjectType() || ty.IsMapType():
		return "{ " + strings.Join(memberTexts(v, members), ", ") + " }"
	}
	var elements []string
	for it := v.ElementIterator(); it.Next(); {
		_, e := it.Element()
		elements = append(elements, literal(e, members))
	}
	return "[" + strings.Join(elements, ", ") + "]"
}

// memberTexts writes the members of an object.
func memberTexts(v cty.Value, members []string) []string {
	values := v.AsValueMap()
	names := inOrder(values, members)
	for i, name := range names {
		key := name
		if !hclsyntax.ValidIdentifier(key) {
			key = literal(cty.StringVal(key), nil)
		}
		names[i] = key + " = " + literal(values[name], members)
	}
	return names
}

// inOrder returns the names of an object's members, those first that have a
// place.
func inOrder(values map[string]cty.Value, members []string) []string {
	rank := func(name string) int {
		if i := slices.Index(members, name); i >= 0 {
			return i
		}
		return len(members)
	}
	return slices.SortedFunc(maps.Keys(values), func(x, y string) int {
		return cmp.Or(rank(x)-rank(y), strings.Compare(x, y))
	})
}

// readable writes a name as people do, where that is the same name again.
func readable(canonical string) string {
	u := wire.UnicodeName(canonical)
	if again, err := wire.CanonicalName(u); err != nil || again != canonical {
		return canonical
	}
	return u
}

// An OccupiedError says that a directory holds a configuration: its files are
// somebody's work, and a name is declared once only.
type OccupiedError struct{ File string }

// Error names a file that is there, and what to do.
func (e *OccupiedError) Error() string {
	return e.File + " is there already, and a name is declared once only: name an empty directory with --out"
}

// Prepare makes a directory for [Write], which is an [*OccupiedError] where it
// holds a configuration. Reading a large account takes long: it is for the time
// before that.
func Prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".hcl" {
			return &OccupiedError{filepath.Join(dir, e.Name())}
		}
	}
	return nil
}
