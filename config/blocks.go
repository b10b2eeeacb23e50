package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// fileSchema lists the blocks of a file.
var fileSchema = &hcl.BodySchema{Blocks: append([]hcl.BlockHeaderSchema{
	{Type: "account"},
	{Type: "limits"},
	{Type: "refresh"},
	{Type: "retention"},
	{Type: "guard"},
	{Type: "alarm"},
	{Type: "drift"},
	{Type: "budget"},
	{Type: "prices"},
	{Type: "variable", LabelNames: []string{"name"}},
	{Type: "locals"},
	{Type: "template", LabelNames: []string{"name"}},
	{Type: "domain", LabelNames: []string{"name"}},
	{Type: "domains", LabelNames: []string{"label"}},
	{Type: "hold", LabelNames: []string{"label"}},
	{Type: "released", LabelNames: []string{"label"}},
	{Type: acceptBlock, LabelNames: []string{"label"}},
	{Type: "contact", LabelNames: []string{"name"}},
	{Type: checkBlock, LabelNames: []string{"name"}},
	{Type: "library"},
}, blocksOfAccount()...)}

// blockAttributes are the attributes of the account that blocks declare.
func blockAttributes() []*attr.Attribute {
	return slices.DeleteFunc(slices.Clone(attr.OfAccount()), func(a *attr.Attribute) bool { return !a.Blocks })
}

func blocksOfAccount() (headers []hcl.BlockHeaderSchema) {
	for _, a := range blockAttributes() {
		headers = append(headers, hcl.BlockHeaderSchema{Type: a.Name, LabelNames: []string{"name"}})
	}
	return headers
}

func argumentsOfAccount() (names []string) {
	for _, a := range attr.OfAccount() {
		if !a.Blocks {
			names = append(names, a.Name)
		}
	}
	return names
}

// schemas lists the arguments of each block.
var schemas = map[string]*hcl.BodySchema{
	"account":   schema(nil, append(argumentsOfAccount(), "id", "endpoint", "profile", "unmanaged", "absent_lists")...),
	"limits":    schema(nil, "default_qps", "qps", "batch_size", "batch_profiles"),
	"refresh":   schema(nil, "page_size", "max_age"),
	"retention": schema(nil, "personal", "runs"),
	"guard":     schema(nil, "max_change_percent", "max_delegations", "max_registrant_changes", "registrant_transfer_prohibition", "max_released", "max_failures", "stop_all"),
	"alarm":     schema(nil, "page_days", "expiry_days"),
	"drift":     schema(nil, hazardNames()...),
	"budget":    schema([]string{"amount"}, "currency", "per", "per_month_max"),
	"variable":  withBlocks(schema(nil, "type", "default", "description", "nullable", "sensitive"), "validation"),
	"template":  schema(nil, argumentNames()...),
	"domain":    schema(nil, argumentNames()...),
	"domains":   schema([]string{"names"}, argumentNames()...),
	"hold":      schema([]string{"names"}, "attributes", "until", "reason"),
	"released":  schema([]string{"names", "reason"}),
	acceptBlock: schema([]string{"warning", "names", "reason"}),
	"library":   schema([]string{"source"}),
	checkBlock:  withBlocks(schema(nil, "severity"), "assert"),
	"approval":  schema(nil, "hazards", "auto_approve", "max_age", "max_plan_age"), // of a policy
	// These stand in other blocks.
	"assert":     schema([]string{"error_message"}, "condition", "names"),
	"validation": schema([]string{"condition", "error_message"}),
}

func schema(required []string, optional ...string) *hcl.BodySchema {
	s := &hcl.BodySchema{}
	for _, name := range required {
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: name, Required: true})
	}
	for _, name := range optional {
		s.Attributes = append(s.Attributes, hcl.AttributeSchema{Name: name})
	}
	return s
}

func withBlocks(s *hcl.BodySchema, types ...string) *hcl.BodySchema {
	for _, t := range types {
		s.Blocks = append(s.Blocks, hcl.BlockHeaderSchema{Type: t})
	}
	return s
}

// addBlock reduces a block of a file to what is needed of it.
func (l *loader) addBlock(block *hcl.Block) {
	if d := l.directoryOf(header(block)); d.library != nil && !slices.Contains(libraryBlocks, block.Type) {
		l.errorAt(header(block), "Not in a library", "A library has no %s blocks: %s leads here, and a library gives %s. Names and settings belong to the directory of an account.",
			block.Type, place(d.library), words.List(libraryGives, 0))
		return
	}
	switch block.Type {
	case "library":
		l.addLibrary(block)
	case "account", "limits", "refresh", "retention", "guard", "alarm", "drift", "budget", "prices":
		l.addSingle(block)
	case "variable":
		l.addVariable(block)
	case "locals":
		l.addLocals(block)
	case "template", "domain", "domains":
		l.addDeclaration(block)
	case "hold":
		l.addNamed(block, &l.holds)
	case "released":
		l.addNamed(block, &l.released)
	case acceptBlock:
		l.addAccept(block)
	case checkBlock:
		l.addCheck(block)
	case "contact":
		l.addContact(block, l.contacts, contactFields)
	default:
		l.addContact(block, l.elements[block.Type], elementFields(attr.Lookup(block.Type)))
	}
}

// arguments returns the arguments of a block.
func (l *loader) arguments(block *hcl.Block) hcl.Attributes { return l.content(block).Attributes }

// content returns what is in a block.
func (l *loader) content(block *hcl.Block) *hcl.BodyContent {
	content, diags := block.Body.Content(schemas[block.Type])
	for _, d := range diags {
		if d.Summary == "Missing required argument" {
			// The body begins after the header, and may be empty.
			d.Subject = header(block)
		}
	}
	explainArguments(diags, block)
	l.diags = append(l.diags, diags...)
	return content
}

// header returns the place of a block's type and labels.
func header(block *hcl.Block) *hcl.Range { return block.DefRange.Ptr() }

// addSingle keeps a block of which a configuration has one.
func (l *loader) addSingle(block *hcl.Block) {
	if first := l.singles[block.Type]; first != nil {
		l.errorAt(header(block), fmt.Sprintf("Duplicate %s block", block.Type),
			"The %s block of this directory is at %s. Put its arguments into one block.", block.Type, place(header(first)))
		return
	}
	l.singles[block.Type] = block
}

// claim reports whether a block is the first of its type and label.
func (l *loader) claim(block *hcl.Block) bool {
	key := block.Type + " " + block.Labels[0]
	if first := l.labels[key]; first != nil {
		l.errorAt(header(block), fmt.Sprintf("Duplicate %s %q", block.Type, block.Labels[0]),
			"The %s %q is already declared at %s. Give one of the two another name.", block.Type, block.Labels[0], place(first))
		return false
	}
	l.labels[key] = header(block)
	return true
}

// explainFile adds to what is said about a file: which blocks there are, and
// that most arguments outside of blocks are values of variables in the wrong
// place.
func explainFile(diags hcl.Diagnostics) hcl.Diagnostics {
	for _, d := range diags {
		switch {
		case d.Summary == "Unsupported argument":
			d.Detail += " Arguments stand in blocks. A file with values of variables is called *" + autoValuesEnding + ", and is read by itself, or *" + valuesEnding + ", and is given with --var-file."
		case d.Summary == "Unsupported block type" && !strings.Contains(d.Detail, "Did you mean"):
			d.Detail += " There are " + strings.Join(blockTypes(), ", ") + "."
		}
	}
	return diags
}

func blockTypes() []string {
	types := make([]string, len(fileSchema.Blocks))
	for i, b := range fileSchema.Blocks {
		types[i] = b.Type
	}
	slices.Sort(types)
	return types
}

// explainArguments adds to what is said about the arguments of a block which of
// its arguments were probably meant, or which there are, where HCL names none; and
// what stands for those of Terraform that make many of one.
func explainArguments(diags hcl.Diagnostics, block *hcl.Block) {
	for _, d := range diags {
		if d.Summary != "Unsupported argument" {
			continue
		}
		given := quotedIn(d.Detail)
		switch {
		case given == "count", given == "for_each", given == "names" && block.Type == "domain":
			d.Detail += " Many names stand in one domains block, whose arguments are computed for each of them."
		case !strings.Contains(d.Detail, "Did you mean"):
			d.Detail += whichArguments(given, argumentsOf(block.Type))
		}
	}
}

// quotedIn returns what stands between the first two quotes of a text.
func quotedIn(text string) string {
	parts := strings.SplitN(text, `"`, 3)
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}

// argumentsOf returns the names of the arguments of a block, sorted.
func argumentsOf(blockType string) []string {
	var names []string
	for _, a := range schemas[blockType].Attributes {
		names = append(names, a.Name)
	}
	slices.Sort(names)
	return names
}

// whichArguments names the arguments that share a word with the one that is not
// known, or all.
func whichArguments(given string, names []string) string {
	if near := attr.Meant(given, names); len(near) > 0 {
		return attr.DidYouMean(near)
	}
	if len(names) == 1 {
		return " There is only " + names[0] + "."
	}
	return " There are " + strings.Join(names, ", ") + "."
}

// maxCompared bounds the names that are compared with one that is not known.
// Each of many mistakes compares them all.
const maxCompared = 500

// didYouMean returns a question with the names that are most like the one given,
// "" where none is like it.
func didYouMean(given string, names []string) string {
	if len(names) > maxCompared {
		return ""
	}
	return attr.DidYouMean(attr.Meant(given, names))
}
