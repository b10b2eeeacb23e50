package config

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"
	"go.yaml.in/yaml/v3"

	"github.com/domainsync/domainsync/internal/words"
)

// bound returns a function that counts what a call costs, and refuses a call
// whose result would be too large. The library's functions copy their
// arguments; ours, the cheapFunctions, do not.
func (m *meter) bound(name string, f function.Function) function.Function {
	params := make([]function.Parameter, len(f.Params()))
	for i, p := range f.Params() {
		params[i] = anyTypeParameter(p)
	}
	spec := &function.Spec{Description: f.Description(), Params: params, Type: function.StaticReturnType(cty.DynamicPseudoType)}
	if p := f.VarParam(); p != nil {
		spec.VarParam = new(anyTypeParameter(*p))
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		args = unmarkAll(args)
		m.chargeCall(name, args)
		if m.stopped() {
			return cty.DynamicVal, nil
		}
		args, err := convertAll(f, args)
		if err != nil {
			return cty.NilVal, err
		}
		if cheapFunctions[name] && name != "templatefile" { // these take the mark off
			args = markAll(args)
		}
		v, err := f.Call(args)
		var broken function.PanicError
		if errors.As(err, &broken) {
			return cty.NilVal, fmt.Errorf("its arguments do not fit together: %s", words.Truncate(fmt.Sprint(broken.Value), longestQuote))
		}
		return v, err
	}
	return function.New(spec)
}

// argumentMark marks values that are given to functions. The library looks for
// marks through everything in an argument, at each call, and stops at the first
// one. A mark on the outside spares it a whole table.
type argumentMark struct{}

func markAll(args []cty.Value) []cty.Value {
	out := make([]cty.Value, len(args))
	for i, v := range args {
		if out[i] = v; identity(v) != 0 {
			out[i] = v.Mark(argumentMark{})
		}
	}
	return out
}

func unmarkAll(args []cty.Value) []cty.Value {
	out := make([]cty.Value, len(args))
	for i, v := range args {
		out[i], _ = v.Unmark()
	}
	return out
}

// markedArgument is an argument of a function call.
type markedArgument struct {
	hclsyntax.Expression
	plain hclsyntax.Expression // as it is written
}

// UnwrapExpression returns the library's expression.
func (a *markedArgument) UnwrapExpression() hcl.Expression { return a.plain }

// Value evaluates the expression.
func (a *markedArgument) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := a.Expression.Value(ctx)
	return markAll([]cty.Value{v})[0], diags
}

// anyTypeParameter is a parameter that takes any value where the library would
// convert it in a time that grows with its square.
func anyTypeParameter(p function.Parameter) function.Parameter {
	p.AllowMarked = true // there are none; looking for them takes longer than most calls
	if p.Type == cty.Number || p.Type.IsListType() || p.Type.IsSetType() {
		p.Type, p.AllowDynamicType = cty.DynamicPseudoType, true
	}
	return p
}

// convertAll brings arguments to the types of a function's parameters.
func convertAll(f function.Function, args []cty.Value) ([]cty.Value, error) {
	out := make([]cty.Value, len(args))
	for i, v := range args {
		ty := cty.DynamicPseudoType
		if i < len(f.Params()) {
			ty = f.Params()[i].Type
		} else if p := f.VarParam(); p != nil {
			ty = p.Type
		}
		c, err := convertTo(v, ty)
		if err != nil {
			return nil, function.NewArgError(i, err)
		}
		out[i] = c
	}
	return out, nil
}

func convertTo(v cty.Value, ty cty.Type) (cty.Value, error) {
	switch {
	case ty == cty.Number:
		return toNumber(v)
	case !v.IsKnown() || v.IsNull() || v.Type().Equals(ty):
	case (ty.IsListType() || ty.IsSetType()) && ty.ElementType() == cty.DynamicPseudoType:
		return toCollectionFunc(ty).Call([]cty.Value{v})
	case ty.IsListType() && v.Type().IsTupleType() && v.LengthInt() > 0:
		return convertElements(v, ty.ElementType())
	}
	return convert.Convert(v, ty)
}

// convertElements makes a list of a tuple, element by element.
func convertElements(v cty.Value, ty cty.Type) (cty.Value, error) {
	out := make([]cty.Value, 0, v.LengthInt())
	for it := v.ElementIterator(); it.Next(); {
		_, x := it.Element()
		c, err := convert.Convert(x, ty)
		if err != nil {
			return cty.NilVal, err
		}
		out = append(out, c)
	}
	return cty.ListVal(out), nil
}

// cheapFunctions are the functions whose cost is not that of all that is in
// their arguments.
var cheapFunctions = map[string]bool{
	"alltrue": true, "anytrue": true, "coalesce": true, "coalescelist": true, "contains": true, "element": true, "endswith": true,
	"file": true, "fileset": true, "index": true, "length": true, "lookup": true, "one": true, "setintersection": true, "setsubtract": true, "slice": true, "startswith": true, "templatefile": true,
}

// setFunctions are the functions that make sets of their arguments.
var setFunctions = map[string]bool{"distinct": true, "setsymmetricdifference": true, "setunion": true, "toset": true}

// chargeCall counts the cost of a call.
func (m *meter) chargeCall(name string, args []cty.Value) {
	for _, v := range args {
		w := m.weigh(v)
		switch {
		case cheapFunctions[name]:
		case setFunctions[name]:
			m.spendOnSet(w.size)
		default:
			m.spend(w.size / elementSize * unitsOfCall)
		}
	}
	if rule := resultEstimates[name]; rule != nil && !m.stopped() {
		for _, v := range args {
			if !v.IsWhollyKnown() || v.IsNull() {
				return // the function says so
			}
		}
		rule(m, args)
	}
}

// resultEstimates holds the functions that can make much more than they are
// given, or take a time that grows faster than their arguments.
var resultEstimates = map[string]func(m *meter, args []cty.Value){
	"csvdecode": func(m *meter, args []cty.Value) {
		m.checkElementCount(strings.Count(text(args[0]), "\n"), text(args[0]), ",;\t\n")
	},
	"format":     func(m *meter, args []cty.Value) { m.checkFormat(text(args[0]), args[1:], 1) },
	"formatlist": func(m *meter, args []cty.Value) { m.checkFormat(text(args[0]), args[1:], longestList(args[1:])) },
	"indent":     estimateIndent,
	"join": func(m *meter, args []cty.Value) {
		m.checkTextSize(float64(len(text(args[0]))) * float64(elementsOfAll(args[1:])))
	},
	"jsondecode":   func(m *meter, args []cty.Value) { m.checkJSON(text(args[0])) },
	"jsonencode":   func(m *meter, args []cty.Value) { m.checkTextSize(float64(m.weigh(args[0]).size)) },
	"parseint":     func(m *meter, args []cty.Value) { m.checkDigitsOf(text(args[0])) },
	"regex":        func(m *meter, args []cty.Value) { m.chargeRegexp(text(args[0]), text(args[1])) },
	"regexall":     func(m *meter, args []cty.Value) { m.chargeRegexp(text(args[0]), text(args[1])) },
	"regexreplace": estimateRegexReplace,
	"replace":      estimateReplace,
	"setproduct":   estimateSetProduct,
	"split": func(m *meter, args []cty.Value) {
		m.checkElementCount(strings.Count(text(args[1]), text(args[0])), "", "")
	},
	"yamldecode": checkYAML,
}

// text returns an argument as text, "" where it is none.
func text(v cty.Value) string {
	s, _ := rawOf(v).(string)
	return s
}

// checkTextSize refuses a text that would become too long.
func (m *meter) checkTextSize(bytes float64) {
	if bytes > float64(m.bounds.TextSize) {
		m.exceed("Text too long", "The call would make a text of more than %s.", megabytes(m.bounds.TextSize))
	}
}

// checkElementCount refuses a value that would have too many elements: so many,
// and one for each of some characters of a text.
func (m *meter) checkElementCount(n int, s, separators string) {
	for _, c := range separators {
		n += strings.Count(s, string(c))
	}
	m.spend(n * unitsOfCall)
	if float64(n)*elementSize+float64(m.made) > float64(m.bounds.ValueSize) {
		m.exceed("Value too large", "The call would make a value of more than %s.", megabytes(m.bounds.ValueSize))
	}
}

// checkFormat refuses formats whose widths, or whose arguments that are asked
// for many times, make a text too long, and numbers that are.
func (m *meter) checkFormat(format string, args []cty.Value, times int) {
	longest, width, most := 0, 0.0, 0.0
	for _, v := range args {
		longest = max(longest, m.weigh(v).size)
		m.checkDigits(v)
	}
	for _, c := range format {
		if c >= '0' && c <= '9' {
			width = min(width*10+float64(c-'0'), 1e18)
			most = max(most, width)
			continue
		}
		width = 0
	}
	verbs := float64(strings.Count(format, "%"))
	m.checkTextSize(float64(times) * (float64(len(format)) + verbs*(float64(longest)+most)))
}

// checkDigits refuses texts that are numbers of very many digits, also in lists.
func (m *meter) checkDigits(v cty.Value) {
	if s, ok := rawOf(v).(string); ok && s != "" && isNumeric(s) {
		m.checkDigitsOf(s)
		return
	}
	if n := elementsOf(v); n > 0 && v.CanIterateElements() {
		for it := v.ElementIterator(); it.Next() && !m.stopped(); {
			_, x := it.Element()
			m.checkDigits(x)
		}
	}
}

// checkDigitsOf refuses a text that stands for a number of very many digits.
func (m *meter) checkDigitsOf(s string) {
	if len(s) > longestNumber {
		m.exceed("Number out of range", "A number has at most %s digits.", words.Number(longestNumber))
		return
	}
	if n, err := cty.ParseNumberVal(s); err == nil {
		m.weigh(n)
	}
}

// longestList returns the number of elements of the longest list, 1 where there
// is none.
func longestList(args []cty.Value) int {
	n := 1
	for _, v := range args {
		n = max(n, elementsOf(v))
	}
	return n
}

func elementsOfAll(args []cty.Value) (n int) {
	for _, v := range args {
		n += elementsOf(v)
	}
	return n
}

func estimateIndent(m *meter, args []cty.Value) {
	spaces, err := toNumber(args[0])
	if err != nil {
		return // the function says so
	}
	n, _ := spaces.AsBigFloat().Float64()
	m.checkTextSize(max(n, 0) * float64(1+strings.Count(text(args[1]), "\n")))
}

func estimateReplace(m *meter, args []cty.Value) {
	m.checkTextSize(float64(len(text(args[0]))) + float64(strings.Count(text(args[0]), text(args[1])))*float64(len(text(args[2]))))
}

// A replacement may repeat what was matched as often as it has room for.
func estimateRegexReplace(m *meter, args []cty.Value) {
	m.chargeRegexp(text(args[1]), text(args[0]))
	m.checkTextSize(2 * float64(len(text(args[0]))+1) * float64(len(text(args[2]))+1))
}

func estimateSetProduct(m *meter, args []cty.Value) {
	n := float64(len(args))
	for _, v := range args {
		n *= float64(elementsOf(v))
	}
	m.checkElementCount(int(min(n, 1<<50)), "", "")
}

// maxInstructions bounds the program that a pattern becomes. Patterns of people
// have a few hundred.
const maxInstructions = 20_000

// chargeRegexp counts what a match takes: in the worst case the whole program of
// the pattern for each character.
func (m *meter) chargeRegexp(pattern, s string) {
	if len(pattern) > maxInstructions {
		m.exceed("Pattern too large", "A pattern has at most %s characters.", words.Number(maxInstructions))
		return
	}
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return // the function says so
	}
	p, err := syntax.Compile(re.Simplify())
	if err != nil {
		return
	}
	if len(p.Inst) > maxInstructions {
		m.exceed("Pattern too large", "The pattern %q stands for one of more than %s instructions.", words.Truncate(pattern, longestQuote), words.Number(maxInstructions))
	}
	m.spend(len(p.Inst) * (len(s)/2 + 1))
}

// checkJSON refuses a document in JSON that would become too large, is
// nested too deeply or has a number of very many digits.
func (m *meter) checkJSON(s string) {
	m.checkElementCount(3*strings.Count(s, ":"), s, ",[{") // each object has a type of its own
	m.checkBrackets(s)
	m.checkDocumentNumbers(s)
}

// checkBrackets refuses a document with very many brackets within each other.
// Those in texts count as well, so that more are allowed than values.
func (m *meter) checkBrackets(s string) {
	depth := 0
	for _, c := range s {
		switch c {
		case '[', '{':
			if depth++; depth > 4*m.bounds.Nesting {
				m.exceed("Nested too deeply", "More than %s values of the document lie within each other.", words.Number(m.bounds.Nesting))
				return
			}
		case ']', '}':
			depth = max(depth-1, 0)
		}
	}
}

var longNumber = regexp.MustCompile(`[0-9]{1000}|[0-9][eE][+-]?[0-9]{4}`)

func (m *meter) checkDocumentNumbers(s string) {
	if at := longNumber.FindString(s); at != "" {
		m.exceed("Number out of range", "The document has a number of more than %s digits: %s.", words.Number(longestNumber), words.Truncate(at, longestQuote))
	}
}

// checkYAML refuses a document whose references to parts of itself make it too
// large: each counts as what it stands for.
func checkYAML(m *meter, args []cty.Value) {
	s := text(args[0])
	m.checkElementCount(4*strings.Count(s, "\n")+4*strings.Count(s, ":"), s, ",[{-") // it is read twice, and slowly
	m.checkDocumentNumbers(s)
	m.checkBrackets(s)
	for line := range strings.Lines(s) { // "- - - x" is three lists within each other, and "? " a key
		if n := strings.Count(line, "- ") + strings.Count(line, "? "); n > m.bounds.Nesting {
			m.exceed("Nested too deeply", "A line of the document has %s marks of lists.", words.Number(n))
		}
	}
	if m.stopped() {
		return
	}
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(s), &doc); err != nil {
		return // the function says so
	}
	m.yamlNodes(&doc, 0, make(map[*yaml.Node]float64))
}

// yamlNodes returns the number of values that a node stands for.
func (m *meter) yamlNodes(n *yaml.Node, depth int, known map[*yaml.Node]float64) float64 {
	if count, ok := known[n]; ok {
		return count
	}
	if depth > m.bounds.Nesting {
		m.exceed("Nested too deeply", "More than %s values of the document lie within each other.", words.Number(m.bounds.Nesting))
	}
	if m.stopped() {
		return 0
	}
	count := 1.0
	known[n] = count // a part that refers to itself is a mistake that the function reports
	if n.Kind == yaml.AliasNode {
		count += m.yamlNodes(n.Alias, depth+1, known)
	}
	for _, x := range n.Content {
		count += m.yamlNodes(x, depth+1, known)
	}
	known[n] = count
	if count*elementSize > float64(m.bounds.ValueSize)/8 {
		m.exceed("Value too large", "The document stands for a value of more than %s.", megabytes(m.bounds.ValueSize/8))
	}
	return count
}
