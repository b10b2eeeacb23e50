package config

import (
	"math/big"
	"unsafe"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/set"

	"github.com/domainsync/domainsync/internal/words"
)

// meter counts what evaluation takes. Once a bound is exceeded nothing is
// computed any more: every expression is unknown, and nothing more is said.
type meter struct {
	bounds   Bounds
	work     int // in units
	made     int // bytes of all values that were made
	exceeded *hcl.Diagnostic
	at       hcl.Range // of the expression that is computed
	large    map[uintptr]largeValue
	lists    map[uintptr]*memberIndex
	sets     int // large ones that were made or compared
	// again says that expressions are computed again with other values; constants are
	// what of them was computed once.
	again     bool
	constants []*constant
	revealing []hcl.Range // calls that say that what is sensitive may be shown
}

// The units of work. A step is one expression.
const (
	unitsOfStep  = 10
	unitsOfCall  = 40 // for each element of the arguments of a function of the library, which copies them
	unitsElement = 1  // looked at
)

// A set is a hash of each of its elements, which takes many times as long as a
// list does. People make a few large ones, and pay for them what lists cost; who
// makes or compares one in a loop pays for the hashes.
const (
	fewSets    = 16
	setsFactor = 20
)

// elementSize is what an element of a value counts, in bytes.
const elementSize = 32

// maxExponent bounds numbers: 2 to that power has 1,233 digits.
const maxExponent = 4096

func newMeter(b Bounds) *meter {
	return &meter{bounds: b, large: make(map[uintptr]largeValue), lists: make(map[uintptr]*memberIndex)}
}

// restart begins to count anew, for expressions that are computed again.
func (m *meter) restart() {
	m.work, m.made, m.sets, m.exceeded = 0, 0, 0, nil
	m.forgetValues()
	for _, c := range m.constants {
		c.done, c.value, c.diags = false, cty.NilVal, nil
	}
}

func (m *meter) stopped() bool { return m.exceeded != nil }

// exceed stops the evaluation with the mistake that stops it.
func (m *meter) exceed(summary, detail string, args ...any) {
	if m.exceeded == nil {
		m.exceeded = boundExceeded(m.at.Ptr(), summary, detail, args...)
	}
}

// computeOnce says how to write what goes through a whole table for each name.
const computeOnce = "What goes through a table for each name is better computed once: put a map by name into locals, as in { for row in local.rows : row.name => row }, and look into it with an index, lookup or contains."

// spend counts work.
func (m *meter) spend(units int) {
	m.work += max(units, 0)
	if m.work > m.bounds.Steps*unitsOfStep || m.work < 0 {
		m.exceed("Evaluation takes too long", "The expressions of the configuration take more than %s steps; this one is where they ended. "+computeOnce, words.Number(m.bounds.Steps))
	}
}

// spendOnSet counts the work of making or comparing a set of a size in bytes.
func (m *meter) spendOnSet(size int) {
	units := size / elementSize * unitsOfCall
	if size > fewElements*elementSize {
		m.sets++
	}
	if m.sets > fewSets {
		units *= setsFactor
	}
	m.spend(units)
}

// chargeValue counts a value that an expression made.
func (m *meter) chargeValue(v cty.Value) {
	w := m.weigh(v)
	m.made += w.fresh
	if m.made > m.bounds.ValueSize {
		m.exceed("Values too large", "The expressions of the configuration make values of more than %s together; this one is where they ended. "+computeOnce, megabytes(m.bounds.ValueSize))
	}
}

// weight is what a value takes.
type weight struct {
	size  int // bytes of the value, of what is in it several times for each time
	fresh int // bytes of what was not weighed before
	depth int // of values within values
	text  int // bytes of the longest text in it
}

// largeValue is a list, tuple, map or object that was weighed, with many
// elements. It is kept alive, so that no other value gets its identity.
type largeValue struct {
	weight
	elements int
	value    any
}

// withoutFresh is the weight of a value that was weighed before: nothing of it
// is fresh.
func (l largeValue) withoutFresh() weight { return weight{size: l.size, depth: l.depth, text: l.text} }

const (
	fewElements    = 64   // a value with more is remembered
	maxLargeValues = 4096 // remembered at once
)

// forgetValues drops what is remembered of values.
func (m *meter) forgetValues() {
	clear(m.large)
	clear(m.lists)
}

// What an attribute of a name takes at most.
const (
	longestAttributeText = 4096
	largestAttribute     = 1 << 20
)

// fitsAttribute reports whether a value is one that an attribute can have, and
// counts that it is looked at. Attributes look closely, and again for each name.
func (m *meter) fitsAttribute(v cty.Value) bool {
	w := m.weigh(v)
	m.spend((1 + w.size/elementSize) * unitsOfCall * 5)
	return w.text <= longestAttributeText && w.size <= largestAttribute
}

// weigh looks at a value and all that is in it.
func (m *meter) weigh(v cty.Value) weight { return m.weighRaw(rawOf(v), 0) }

func (m *meter) weighRaw(raw any, depth int) weight {
	if m.stopped() {
		return weight{}
	}
	switch x := raw.(type) {
	case string:
		if len(x) > m.bounds.TextSize {
			m.exceed("Text too long", "A text has %s, more than %s.", megabytes(len(x)), megabytes(m.bounds.TextSize))
		}
		return weight{size: len(x), fresh: len(x), text: len(x)}
	case *big.Float:
		m.checkNumber(x)
	case []any:
		return m.weighMany(identityOf(raw), len(x), raw, depth, func(add func(any, int)) {
			for _, e := range x {
				add(e, 0)
			}
		})
	case map[string]any:
		return m.weighMany(identityOf(raw), len(x), raw, depth, func(add func(any, int)) {
			for k, e := range x {
				add(e, len(k))
			}
		})
	case set.Set[any]:
		if known, ok := m.large[identityOf(raw)]; ok {
			return known.withoutFresh() // without counting its elements, which takes a look at each
		}
		return m.weighMany(identityOf(raw), x.Length(), raw, depth, func(add func(any, int)) {
			for it := x.Iterator(); it.Next(); {
				add(it.Value(), 0)
			}
		})
	}
	return weight{}
}

// weighMany adds up what is in a value.
func (m *meter) weighMany(id uintptr, n int, raw any, depth int, each func(add func(any, int))) weight {
	if known, ok := m.large[id]; ok && id != 0 {
		return known.withoutFresh()
	}
	if depth > m.bounds.Nesting {
		m.exceed("Nested too deeply", "More than %s values lie within each other.", words.Number(m.bounds.Nesting))
	}
	m.spend(n * unitsElement)
	var w weight
	each(func(e any, key int) {
		in := m.weighRaw(e, depth+1)
		w.size += in.size + key + elementSize
		w.fresh += in.fresh + key + elementSize
		w.depth, w.text = max(w.depth, in.depth), max(w.text, in.text)
		if w.size > m.bounds.ValueSize {
			m.exceed("Value too large", "A value is larger than %s.", megabytes(m.bounds.ValueSize))
		}
	})
	if w.depth++; depth+w.depth > m.bounds.Nesting {
		m.exceed("Nested too deeply", "More than %s values lie within each other.", words.Number(m.bounds.Nesting))
	}
	if n > fewElements && id != 0 && !m.stopped() {
		if len(m.large) >= maxLargeValues {
			m.forgetValues()
		}
		m.large[id] = largeValue{weight: w, elements: n, value: raw}
	}
	return w
}

// checkNumber refuses numbers that take much to write down.
func (m *meter) checkNumber(x *big.Float) {
	if e := x.MantExp(nil); e > maxExponent || e < -maxExponent {
		m.exceed("Number out of range", "A number has more than 1,200 digits.")
	}
}

// rawOf returns how the library keeps a value: a text, number or bool; []any for
// lists and tuples; map[string]any for maps and objects; a set. The library
// shows it element by element only, at ten times the cost and without telling
// two equal values from one; a test holds that its form is the one expected.
func rawOf(v cty.Value) any { return (*rawValue)(unsafe.Pointer(&v)).v }

type rawValue struct {
	ty cty.Type
	v  any
}

// identity returns what tells one list, tuple, map or object from every other
// that is alive: where it lies. It is 0 for other values and for empty ones.
func identity(v cty.Value) uintptr { return identityOf(rawOf(v)) }

func identityOf(raw any) uintptr {
	switch x := raw.(type) {
	case []any:
		if len(x) > 0 {
			return uintptr(unsafe.Pointer(unsafe.SliceData(x)))
		}
	case map[string]any:
		if len(x) > 0 {
			return uintptr(*(*unsafe.Pointer)(unsafe.Pointer(&x)))
		}
	case set.Set[any]:
		return uintptr((*[2]unsafe.Pointer)(unsafe.Pointer(&raw))[1]) // where the interface keeps it
	}
	return 0
}
