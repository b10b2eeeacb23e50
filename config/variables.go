package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/json"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/domainsync/domainsync/internal/textfile"
	"github.com/domainsync/domainsync/internal/words"
)

// variable is a value that is given from outside.
type variable struct {
	name     string
	source   *hcl.Range
	ty       cty.Type           // what values are converted to
	text     bool               // a value on the command line is text, not an expression
	optional *typeexpr.Defaults // of optional attributes in the type
	value    cty.Value          // NilVal: none yet; unknown: a mistake was reported

	description string     // what it is for; "": nobody says
	sensitive   bool       // nothing shows its value
	notNull     bool       // null stands for the default
	fallback    cty.Value  // the default; NilVal: none
	given       *hcl.Range // of the value, where it stands in a file of values
	from        string     // what gives the value; "": the default
	validations []validation
}

func (l *loader) addVariable(block *hcl.Block) {
	if !l.claim(block) {
		return
	}
	content := l.content(block)
	args := content.Attributes
	v := &variable{name: block.Labels[0], source: header(block), ty: cty.DynamicPseudoType, text: true}
	l.variables[v.name] = v
	// Whoever writes a word there that is wrong wants the value hidden.
	v.sensitive, v.notNull = l.word(args["sensitive"], args["sensitive"] != nil), !l.word(args["nullable"], true)
	v.description = description(args["description"])
	l.addValidations(v, content.Blocks)
	if !hclsyntax.ValidIdentifier(v.name) {
		l.errorAt(block.LabelRanges[0].Ptr(), "Invalid name", "A variable's name begins with a letter and holds letters, digits, - and _.")
	}
	if a := args["type"]; a != nil {
		ty, defaults, diags := typeexpr.TypeConstraintWithDefaults(a.Expr)
		l.diags = append(l.diags, diags...)
		if diags.HasErrors() {
			v.value = cty.DynamicVal
			return
		}
		v.ty, v.optional, v.text = ty, defaults, ty.IsPrimitiveType()
	}
	if a := args["default"]; a != nil {
		v.value = l.defaultValue(v, a)
		v.fallback = v.value
	}
}

// description reads what a variable is for; "" where it is no text.
func description(a *hcl.Attribute) string {
	if a == nil {
		return ""
	}
	v, diags := a.Expr.Value(nil)
	if diags.HasErrors() || v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return ""
	}
	return strings.TrimSuffix(strings.TrimSpace(v.AsString()), ".")
}

// word reads an argument that is true or false, written out; otherwise stands for one that
// is missing or wrong.
func (l *loader) word(a *hcl.Attribute, otherwise bool) bool {
	if a == nil {
		return otherwise
	}
	v, diags := a.Expr.Value(nil)
	if diags.HasErrors() || v.IsNull() || v.Type() != cty.Bool {
		l.errorAt(a.Expr.Range().Ptr(), "Wrong type", "%s is true or false, written out.", a.Name)
		return otherwise
	}
	return v.True()
}

func (l *loader) defaultValue(v *variable, a *hcl.Attribute) cty.Value {
	val, diags := a.Expr.Value(nil)
	l.diags = append(l.diags, diags...)
	if diags.HasErrors() {
		return cty.DynamicVal
	}
	val, err := v.convert(val)
	switch {
	case err != nil:
		l.errorAt(v.defaultAt(a), "Wrong type of default", "The default of var.%s does not fit its type, %s: %s.", v.name, typeexpr.TypeString(v.ty), v.mismatch(err))
	case v.notNull && val.IsNull():
		l.errorAt(a.Expr.Range().Ptr(), "Null as a default", "var.%s is not nullable, so that its default cannot be null. Remove one of the two.", v.name)
	}
	return val
}

// defaultAt returns the place of a default, without its text where that is sensitive.
func (v *variable) defaultAt(a *hcl.Attribute) *hcl.Range {
	if v.sensitive {
		return v.source
	}
	return a.Expr.Range().Ptr()
}

// convert brings a value to the variable's type.
func (v *variable) convert(val cty.Value) (cty.Value, error) {
	if v.optional != nil && !val.IsNull() {
		val = v.optional.Apply(val)
	}
	if v.ty == cty.DynamicPseudoType {
		return val, nil
	}
	converted, err := convert.Convert(val, v.ty)
	if err != nil {
		return cty.DynamicVal, err
	}
	return converted, nil
}

// evaluateVariables gives all variables their values.
func (l *loader) evaluateVariables(opts Options) {
	complete := l.setVariables(opts)
	values := make(map[string]cty.Value, len(l.variables))
	for _, name := range sortedKeys(l.variables) {
		v := l.variables[name]
		if v.value == cty.NilVal && complete {
			l.errorAt(v.source, "No value for variable",
				"var.%s has no default%s. Set it in a file *%s of the directory, with --var %s=…, in a file given with --var-file, or by %s.",
				name, v.inBrackets(), autoValuesEnding, name, VariablesOfEnvironment+name)
		}
		if v.value == cty.NilVal {
			v.value = cty.UnknownVal(v.ty)
		}
		values[name] = v.value
	}
	declare(l, rootVar, values, l.variables, func(v *variable) *hcl.Range { return v.source })
	l.validateVariables()
}

// inBrackets returns what the variable is for, as files describe it; "": they do not.
func (v *variable) inBrackets() string {
	if v.description == "" {
		return ""
	}
	return " (" + v.description + ")"
}

// setVariables takes values from outside, of which later ones win. It reports whether all
// files could be understood.
func (l *loader) setVariables(opts Options) bool {
	for _, name := range sortedKeys(opts.Environment) {
		if v := l.variables[name]; v != nil {
			l.setText(v, VariablesOfEnvironment+name, opts.Environment[name])
		}
	}
	complete := l.loadAutoValues()
	for _, g := range opts.CommandLine {
		if g.File == "" {
			l.setVar(g.Name, g.Value)
		} else {
			complete = l.loadVarFile(g.File) && complete
		}
	}
	for _, name := range sortedKeys(opts.Given) {
		l.giveVar(name, opts.Given[name])
	}
	return complete
}

// A value that does not stand in a file has one of these as the beginning of its place.
const (
	flagOfVariable = "--var "
	// VariablesOfEnvironment begins the names of environment variables that hold values
	// of variables.
	VariablesOfEnvironment = "DOMAINSYNC_VAR_"
)

// setVar gives a variable the value of a --var flag.
func (l *loader) setVar(name, text string) {
	v := l.variables[name]
	if v == nil {
		l.diags = append(l.diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "Value for undeclared variable",
			Detail: fmt.Sprintf("--var %s: the files declare no such variable.%s", name, didYouMean(name, sortedKeys(l.variables))),
		})
		return
	}
	l.setText(v, flagOfVariable+name, text)
}

// setText gives a variable a value that stands in no file.
func (l *loader) setText(v *variable, from, text string) {
	val := cty.StringVal(text)
	if !v.text {
		var diags hcl.Diagnostics
		val, diags = parseValue(from, text)
		l.files.values[from] = []byte(text)
		v.hideMistakes(diags)
		for _, d := range diags {
			d.Detail += fmt.Sprintf(" The type of var.%s is %s, so that its value is written as in a file: %s.", v.name, typeexpr.TypeString(v.ty), exampleFrom(from, exampleOf(v.ty)))
		}
		l.diags = append(l.diags, diags...)
		if diags.HasErrors() {
			v.value = cty.DynamicVal
			return
		}
	}
	l.assign(v, val, nil, from)
}

// exampleFrom writes how a value is given on the command line or in the environment.
func exampleFrom(from, example string) string {
	if name, ok := strings.CutPrefix(from, flagOfVariable); ok {
		return fmt.Sprintf("--var '%s=%s'", name, example)
	}
	return fmt.Sprintf("%s='%s'", from, example)
}

// giveVar gives a variable the value that a test gives it.
func (l *loader) giveVar(name string, given Given) {
	v := l.variables[name]
	if v == nil {
		l.errorAt(given.At, "Value for undeclared variable", "The configuration declares no variable %q.%s", name, didYouMean(name, sortedKeys(l.variables)))
		return
	}
	l.assign(v, given.Value, given.At, "the test")
}

// exampleOf writes a value of a type that is not text as a file has it.
func exampleOf(ty cty.Type) string {
	if ty.IsObjectType() || ty.IsMapType() {
		return `{ name = "value" }`
	}
	return `["a", "b"]`
}

// parseValue reads a value that is written as an HCL expression.
func parseValue(where, text string) (cty.Value, hcl.Diagnostics) {
	if d := checkText([]byte(text), where, DefaultBounds()); d != nil {
		return cty.DynamicVal, hcl.Diagnostics{d}
	}
	expr, diags := hclsyntax.ParseExpression([]byte(text), where, hcl.InitialPos)
	if diags.HasErrors() {
		return cty.DynamicVal, diags
	}
	return expr.Value(nil)
}

// assign gives a variable a value from outside; at is its place, nil where it stands in no
// file.
func (l *loader) assign(v *variable, val cty.Value, at *hcl.Range, from string) {
	v.given, v.from = at, from
	if val.IsNull() && v.notNull {
		v.value = v.fallback
		if v.fallback == cty.NilVal {
			l.errorAt(v.valueAt(), "Null as a value", "var.%s from %s is null, is not nullable, and has no default.", v.name, from)
			v.value = cty.DynamicVal
		}
		return
	}
	converted, err := v.convert(val)
	if err != nil {
		l.errorAt(v.valueAt(), "Wrong type of value", "The value of var.%s from %s does not fit its type, %s: %s.", v.name, from, typeexpr.TypeString(v.ty), v.mismatch(err))
	}
	v.value = converted
}

// loadAutoValues takes the values of the directory's own files, in the order of their
// names. It reports whether all of them could be understood.
func (l *loader) loadAutoValues() bool {
	entries, err := l.files.entries()
	if err != nil {
		return false // it was read before, and that was reported
	}
	complete := true
	for _, name := range namesOf(entries, isAutoValues) {
		src, err := l.files.source(name)
		if err != nil {
			l.errorAt(lineRange(name, 1, 0), "File of values cannot be read", "%s", words.Sentence(err))
			complete = false
			continue
		}
		complete = l.setFromText(name, src, hcl.DiagError) && complete
	}
	return complete
}

// loadVarFile takes the values of variables from a file that the command line names. It
// reports whether the file could be understood.
func (l *loader) loadVarFile(name string) bool {
	src, err := readVarFile(name, l.meter.bounds)
	if err != nil {
		l.diags = append(l.diags, &hcl.Diagnostic{
			Severity: hcl.DiagError, Summary: "File of values cannot be read",
			Detail: fmt.Sprintf("--var-file %s: %v.", name, cause(err)),
		})
		return false
	}
	l.files.values[name] = src
	return l.setFromText(name, src, hcl.DiagWarning)
}

// setFromText takes the values of variables from the text of a file; undeclared is the
// severity of those that no variable has.
func (l *loader) setFromText(name string, src []byte, undeclared hcl.DiagnosticSeverity) bool {
	file, diags := parseVarFile(name, src, l.meter.bounds)
	if diags.HasErrors() {
		if isJSON(name) && l.hidesValues() { // of a word without quotes it tells the word
			hideMistakes(diags, "What is wrong is not told, since the file may hold the value of a sensitive variable.")
		}
		l.diags = append(l.diags, diags...)
		return false
	}
	l.meter.instrumentBody(file.Body)
	args, diags := file.Body.JustAttributes()
	l.diags = append(l.diags, diags...)
	for _, key := range sortedKeys(args) {
		l.setFromFile(name, args[key], undeclared)
	}
	return !diags.HasErrors()
}

// readVarFile reads a file that the command line names, which may be a pipe.
func readVarFile(name string, b Bounds) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	src, err := readBounded(file, 0, b.SourceSize)
	if err != nil {
		return nil, err
	}
	return textfile.Decode(src)
}

func isJSON(name string) bool { return strings.EqualFold(filepath.Ext(name), ".json") }

func parseVarFile(name string, src []byte, b Bounds) (*hcl.File, hcl.Diagnostics) {
	if isJSON(name) {
		if d := checkText(src, name, Bounds{LineSize: b.SourceSize, Nesting: b.Nesting}); d != nil {
			return nil, hcl.Diagnostics{d}
		}
		return json.Parse(src, name)
	}
	return parseText(src, name, b)
}

func (l *loader) setFromFile(file string, a *hcl.Attribute, undeclared hcl.DiagnosticSeverity) {
	v := l.variables[a.Name]
	if v == nil {
		l.diags = append(l.diags, &hcl.Diagnostic{
			Severity: undeclared, Summary: "Value for undeclared variable", Subject: a.NameRange.Ptr(), Extra: warned{a.Name},
			Detail: fmt.Sprintf("The configuration declares no variable %q, so the value is not used.%s", a.Name, didYouMean(a.Name, sortedKeys(l.variables))),
		})
		return
	}
	val, diags := a.Expr.Value(nil)
	v.hideMistakes(diags)
	l.diags = append(l.diags, diags...)
	if diags.HasErrors() {
		v.value = cty.DynamicVal
		return
	}
	l.assign(v, val, a.Expr.Range().Ptr(), file)
}
