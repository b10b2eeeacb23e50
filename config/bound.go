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

// bound returns a function that counts what a call costs, and refuses it where
// it would make too much. The library's functions copy their arguments; ours,
// which are light, do not.
func (m *meter) bound(name string, f function.Function) function.Function {
	params := make([]function.Parameter, len(f.Params()))
	for i, p := range f.Params() {
		params[i] = accepting(p)
	}
	spec := &function.Spec{Description: f.Description(), Params: params, Type: function.StaticReturnType(cty.DynamicPseudoType)}
	if p := f.VarParam(); p != nil {
		spec.VarParam = new(accepting(*p))
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		args = unveiled(args)
		m.admit(name, args)
		if m.stopped() {
			return cty.DynamicVal, nil
		}
		args, err := convertAll(f, args)
		if err != nil {
			return cty.NilVal, err
		}
		if light[name] && name != "templatefile" { // these take the veil off
			args = veiled(args)
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

// veil marks values that functions are given. The library looks for marks through
// all that is in an argument, at each call, and ends at the first that it finds: a
// mark outside spares it a table.
type veil struct{}

func veiled(args []cty.Value) []cty.Value {
	out := make([]cty.Value, len(args))
	for i, v := range args {
		if out[i] = v; identity(v) != 0 {
			out[i] = v.Mark(veil{})
		}
	}
	return out
}

func unveiled(args []cty.Value) []cty.Value {
	out := make([]cty.Value, len(args))
	for i, v := range args {
		out[i], _ = v.Unmark()
	}
	return out
}

// veiledArgument is an argument of a function call.
type veiledArgument struct {
	hclsyntax.Expression
	plain hclsyntax.Expression // as it is written
}

// UnwrapExpression returns the library's expression.
func (a *veiledArgument) UnwrapExpression() hcl.Expression { return a.plain }

// Value evaluates the expression.
func (a *veiledArgument) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := a.Expression.Value(ctx)
	return veiled([]cty.Value{v})[0], diags
}

// accepting is a parameter that takes any value where the library would convert
// it in a time that grows with its square.
func accepting(p function.Parameter) function.Parameter {
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

// light are the functions whose cost is not that of all that is in their
// arguments.
var light = map[string]bool{
	"alltrue": true, "anytrue": true, "coalesce": true, "coalescelist": true, "contains": true, "element": true, "endswith": true,
	"file": true, "fileset": true, "index": true, "length": true, "lookup": true, "one": true, "setintersection": true, "setsubtract": true, "slice": true, "startswith": true, "templatefile": true,
}

// makesSet are the functions that make sets of their arguments.
var makesSet = map[string]bool{"distinct": true, "setsymmetricdifference": true, "setunion": true, "toset": true}

// admit counts the cost of a call.
func (m *meter) admit(name string, args []cty.Value) {
	for _, v := range args {
		w := m.weigh(v)
		switch {
		case light[name]:
		case makesSet[name]:
			m.spendOnSet(w.size)
		default:
			m.spend(w.size / elementSize * unitsOfCall)
		}
	}
	if rule := growth[name]; rule != nil && !m.stopped() {
		for _, v := range args {
			if !v.IsWhollyKnown() || v.IsNull() {
				return // the function says so
			}
		}
		rule(m, args)
	}
}

// growth holds the functions that can make much more than they are given, or
// take a time that grows faster than their arguments.
var growth = map[string]func(m *meter, args []cty.Value){
	"csvdecode": func(m *meter, args []cty.Value) {
		m.foreseeElements(strings.Count(text(args[0]), "\n"), text(args[0]), ",;\t\n")
	},
	"format":     func(m *meter, args []cty.Value) { m.foreseeFormat(text(args[0]), args[1:], 1) },
	"formatlist": func(m *meter, args []cty.Value) { m.foreseeFormat(text(args[0]), args[1:], longest(args[1:])) },
	"indent":     growIndent,
	"join": func(m *meter, args []cty.Value) {
		m.foresee(float64(len(text(args[0]))) * float64(elementsOfAll(args[1:])))
	},
	"jsondecode":   func(m *meter, args []cty.Value) { m.foreseeDocument(text(args[0])) },
	"jsonencode":   func(m *meter, args []cty.Value) { m.foresee(float64(m.weigh(args[0]).size)) },
	"parseint":     func(m *meter, args []cty.Value) { m.foreseeDigits(text(args[0])) },
	"regex":        func(m *meter, args []cty.Value) { m.foreseeRegexp(text(args[0]), text(args[1])) },
	"regexall":     func(m *meter, args []cty.Value) { m.foreseeRegexp(text(args[0]), text(args[1])) },
	"regexreplace": growRegexReplace,
	"replace":      growReplace,
	"setproduct":   growSetProduct,
	"split": func(m *meter, args []cty.Value) {
		m.foreseeElements(strings.Count(text(args[1]), text(args[0])), "", "")
	},
	"yamldecode": growYAML,
}

// text returns an argument as text, "" where it is none.
func text(v cty.Value) string {
	s, _ := rawOf(v).(string)
	return s
}

// foresee refuses a text that would become too long.
func (m *meter) foresee(bytes float64) {
	if bytes > float64(m.bounds.TextSize) {
		m.exceed("Text too long", "The call would make a text of more than %s.", megabytes(m.bounds.TextSize))
	}
}

// foreseeElements refuses a value that would have too many elements: so many,
// and one for each of some characters of a text.
func (m *meter) foreseeElements(n int, s, separators string) {
	for _, c := range separators {
		n += strings.Count(s, string(c))
	}
	m.spend(n * unitsOfCall)
	if float64(n)*elementSize+float64(m.made) > float64(m.bounds.ValueSize) {
		m.exceed("Value too large", "The call would make a value of more than %s.", megabytes(m.bounds.ValueSize))
	}
}

// foreseeFormat refuses formats whose widths, or whose arguments that are asked
// for many times, make a text too long, and numbers that are.
func (m *meter) foreseeFormat(format string, args []cty.Value, times int) {
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
	m.foresee(float64(times) * (float64(len(format)) + verbs*(float64(longest)+most)))
}

// checkDigits refuses texts that are numbers of very many digits, also in lists.
func (m *meter) checkDigits(v cty.Value) {
	if s, ok := rawOf(v).(string); ok && s != "" && isNumeric(s) {
		m.foreseeDigits(s)
		return
	}
	if n := elementsOf(v); n > 0 && v.CanIterateElements() {
		for it := v.ElementIterator(); it.Next() && !m.stopped(); {
			_, x := it.Element()
			m.checkDigits(x)
		}
	}
}

// foreseeDigits refuses a text that stands for a number of very many digits.
func (m *meter) foreseeDigits(s string) {
	if len(s) > longestNumber {
		m.exceed("Number out of range", "A number has at most %s digits.", words.Number(longestNumber))
		return
	}
	if n, err := cty.ParseNumberVal(s); err == nil {
		m.weigh(n)
	}
}

// longest returns the number of elements of the longest list, 1 where there is
// none.
func longest(args []cty.Value) int {
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

func growIndent(m *meter, args []cty.Value) {
	spaces, err := toNumber(args[0])
	if err != nil {
		return // the function says so
	}
	n, _ := spaces.AsBigFloat().Float64()
	m.foresee(max(n, 0) * float64(1+strings.Count(text(args[1]), "\n")))
}

func growReplace(m *meter, args []cty.Value) {
	m.foresee(float64(len(text(args[0]))) + float64(strings.Count(text(args[0]), text(args[1])))*float64(len(text(args[2]))))
}

// A replacement may repeat what was matched as often as it has room for.
func growRegexReplace(m *meter, args []cty.Value) {
	m.foreseeRegexp(text(args[1]), text(args[0]))
	m.foresee(2 * float64(len(text(args[0]))+1) * float64(len(text(args[2]))+1))
}

func growSetProduct(m *meter, args []cty.Value) {
	n := float64(len(args))
	for _, v := range args {
		n *= float64(elementsOf(v))
	}
	m.foreseeElements(int(min(n, 1<<50)), "", "")
}

// mostInstructions bounds the program that a pattern becomes. Patterns of people
// have a few hundred.
const mostInstructions = 20_000

// foreseeRegexp counts what a match takes: in the worst case the whole program of
// the pattern for each character.
func (m *meter) foreseeRegexp(pattern, s string) {
	if len(pattern) > mostInstructions {
		m.exceed("Pattern too large", "A pattern has at most %s characters.", words.Number(mostInstructions))
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
	if len(p.Inst) > mostInstructions {
		m.exceed("Pattern too large", "The pattern %q stands for one of more than %s instructions.", words.Truncate(pattern, longestQuote), words.Number(mostInstructions))
	}
	m.spend(len(p.Inst) * (len(s)/2 + 1))
}

// foreseeDocument refuses a document in JSON that would become too large, is
// nested too deeply or has a number of very many digits.
func (m *meter) foreseeDocument(s string) {
	m.foreseeElements(3*strings.Count(s, ":"), s, ",[{") // each object has a type of its own
	m.foreseeNesting(s)
	m.foreseeNumbers(s)
}

// foreseeNesting refuses a document with very many brackets within each other.
// Those in texts count as well, so that more are allowed than values.
func (m *meter) foreseeNesting(s string) {
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

func (m *meter) foreseeNumbers(s string) {
	if at := longNumber.FindString(s); at != "" {
		m.exceed("Number out of range", "The document has a number of more than %s digits: %s.", words.Number(longestNumber), words.Truncate(at, longestQuote))
	}
}

// growYAML refuses a document whose references to parts of itself make it too
// large: each counts as what it stands for.
func growYAML(m *meter, args []cty.Value) {
	s := text(args[0])
	m.foreseeElements(4*strings.Count(s, "\n")+4*strings.Count(s, ":"), s, ",[{-") // it is read twice, and slowly
	m.foreseeNumbers(s)
	m.foreseeNesting(s)
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
