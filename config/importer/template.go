package importer

import (
	"slices"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
)

// templateBlocks is the least number of blocks that are worth a template.
const templateBlocks = 3

// A template is the values that many blocks have in common.
type template struct {
	label  string
	values []argument
}

// extractTemplates moves the values that many blocks share into templates. A
// block that has nearly the values of a template uses it, too, and states the
// others. None gets one of the labels taken.
func extractTemplates(blocks []*block, known *references, taken []string) []*template {
	blocks = slices.DeleteFunc(slices.Clone(blocks), func(b *block) bool { return b.template != nil })
	templates, alone := common(blocks)
	var may [][]string
	var keys []string
	for _, t := range templates {
		may = append(may, []string{templateLabel(t.values, known, false), templateLabel(t.values, known, true)})
		keys = append(keys, text(t.values))
	}
	for i, label := range newLabels(taken...).choose(may, keys) {
		templates[i].label = label
	}
	for _, b := range alone {
		b.useNearest(templates)
	}
	return templates
}

// common makes a template of each combination of values that enough blocks
// have, in the order of the blocks, and returns the blocks without one.
func common(blocks []*block) (templates []*template, alone []*block) {
	users := make(map[string][]*block)
	var order []string
	for _, b := range blocks {
		key := text(shared(b.values))
		if key == "" {
			continue
		}
		if users[key] == nil {
			order = append(order, key)
		}
		users[key] = append(users[key], b)
	}
	for _, key := range order {
		if len(users[key]) < templateBlocks {
			alone = append(alone, users[key]...)
			continue
		}
		t := &template{values: shared(users[key][0].values)}
		templates = append(templates, t)
		for _, b := range users[key] {
			b.use(t)
		}
	}
	return templates, alone
}

// use takes out of a block what a template gives it.
func (b *block) use(t *template) {
	b.template = t
	b.values = slices.DeleteFunc(slices.Clone(b.values), func(a argument) bool {
		same := t.value(a.attribute)
		return same != nil && same.Equal(a.value)
	})
}

// useNearest uses the template that leaves the fewest lines to the block, if
// those are fewer than without one. A template that says more than the block
// does not serve it.
func (b *block) useNearest(templates []*template) {
	var nearest *template
	most := 1
	for _, t := range templates {
		saved := -1 // its own line
		for _, v := range t.values {
			switch own := b.value(v.attribute); {
			case own == nil:
				saved -= len(t.values)
			case own.Equal(v.value):
				saved++
			}
		}
		if saved >= most {
			nearest, most = t, saved+1
		}
	}
	if nearest != nil {
		b.use(nearest)
	}
}

func (t *template) value(a *attr.Attribute) attr.Value { return valueOf(t.values, a) }

func (b *block) value(a *attr.Attribute) attr.Value { return valueOf(b.values, a) }

func valueOf(values []argument, a *attr.Attribute) attr.Value {
	for _, v := range values {
		if v.attribute == a {
			return v.value
		}
	}
	return nil
}

// shared returns the values that names share whatever else they have.
func shared(values []argument) []argument {
	return slices.DeleteFunc(slices.Clone(values), func(a argument) bool { return !a.attribute.Shared })
}

// templateLabel says who stands behind names, how they are and what else is stated,
// and which switches are off where there is nothing else to say, or where all is asked.
func templateLabel(values []argument, known *references, all bool) string {
	var words, off []string
	for _, v := range values {
		word := wordOf(v, values)
		if r := known.of(v.value); r != nil {
			word = r.Label
		}
		if s, ok := v.value.(attr.Switch); ok && !s.On() {
			off = append(off, "no_"+v.attribute.Name)
		} else if !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	if len(words) == 0 || all {
		words = append(words, off...)
	}
	return strings.Join(words, "_")
}

// wordOf is what names are by a value: locked where all locks are on, else the name of
// the attribute.
func wordOf(v argument, values []argument) string {
	word := v.attribute.OnWord
	if word == "" {
		return v.attribute.Name
	}
	for _, a := range attr.OfNames() {
		if other := valueOf(values, a); a.OnWord == word && (other == nil || !attr.IsOn(other)) {
			return v.attribute.Name
		}
	}
	return word
}
