package importer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// adoptedPrefix begins the names of files that are written beside others.
const adoptedPrefix = "adopted-"

// beside is the configuration that files are written beside. nil: there is none.
type beside struct {
	portfolio *config.Portfolio
	account   *snapshot.Account
	policy    attr.Policy
	// referred are the references that stand for live contacts, by attribute and
	// value; nil: none does.
	referred map[string]attr.Value
	// called are the templates that fit, and that would say whose a name is, or that it
	// is critical, with how many names each fits.
	called map[*config.Template]int
}

func newBeside(p *config.Portfolio, a *snapshot.Account) *beside {
	if p == nil {
		return nil
	}
	return &beside{portfolio: p, account: a, policy: p.Policy(), referred: make(map[string]attr.Value), called: make(map[*config.Template]int)}
}

// labels returns the labels that blocks of a type have already.
func (b *beside) labels(blockType string) (taken []string) {
	if b == nil {
		return nil
	}
	for label := range b.portfolio.Shared.Labels {
		if label, found := strings.CutPrefix(label, blockType+" "); found {
			taken = append(taken, label)
		}
	}
	return taken
}

// contacts returns what names can refer to.
func (b *beside) contacts() []config.Reference {
	if b == nil {
		return nil
	}
	return b.portfolio.Shared.Contacts
}

// serve puts what the configuration has in the place of what the files would say of a
// name: registrant profiles that its contacts are, and the template that fits it.
func (b *beside) serve(d *snapshot.Domain, declared *domain) {
	if b == nil {
		return
	}
	whole := slices.Clone(declared.values)
	for i := range declared.values {
		declared.values[i].value = b.reference(d, declared.values[i])
	}
	t := b.template(d, whole)
	if t == nil {
		return
	}
	declared.template = &template{label: t.Name}
	kept := declared.values[:0]
	for i, v := range declared.values {
		if given := declaredOf(t, v.attribute); given != nil && b.same(d, v.attribute, given, whole[i].value) {
			declared.given = append(declared.given, v)
			continue
		}
		kept = append(kept, v)
	}
	declared.values = kept
}

// reference returns what a contact is declared by: a registrant profile of the files
// where one says what is live and no contact does, else the value itself.
func (b *beside) reference(d *snapshot.Domain, v argument) attr.Value {
	live, ok := v.value.(attr.Referable)
	if !ok {
		return v.value
	}
	key := v.String()
	known, found := b.referred[key]
	if !found {
		known = b.profileOf(d, v.attribute, live)
		b.referred[key] = known
	}
	return cmp.Or(known, v.value)
}

// profileOf returns the reference to the registrant profile of the files that a live
// contact is; nil where none is, or where a contact block says the same.
func (b *beside) profileOf(d *snapshot.Domain, a *attr.Attribute, live attr.Referable) attr.Value {
	var profile attr.Value
	for _, r := range b.contacts() {
		value, ok := r.Value.(attr.Referring)
		switch {
		case !ok:
		case value.ProfileLabel() == "":
			if same, ok := r.Value.(attr.Referable); ok && same.Block().Key == live.Block().Key && same.StandsFor(live) {
				return nil
			}
		case profile == nil && b.settled(d, a, value):
			profile = value
		}
	}
	return profile
}

// template returns the template of the files that fits a name: one of which every
// value is live, else one of which most are and the name states the others, where
// that is shorter. A template that gives a value which an account cannot show, such as
// a renewal, or that gives up what protects a name fits nothing: adopting a name neither
// buys nor silences anything, and lets no signed name break. One with labels, or that is
// critical, is not used either: values alone do not tell whose a name is.
func (b *beside) template(d *snapshot.Domain, values []argument) *config.Template {
	var best *config.Template
	var covered, overridden int
	for i := range b.portfolio.Shared.Templates {
		t := &b.portfolio.Shared.Templates[i]
		same, other, fits := b.compare(d, values, t)
		switch {
		case !fits || same == 0 || other > 0 && (same < 2 || same <= other) || t.Settings.GivesUp():
		case t.Settings.Labels != "" || t.Settings.Critical:
			b.called[t]++
		case best == nil, other == 0 && overridden > 0, (other == 0) == (overridden == 0) && (same > covered || same == covered && other < overridden):
			best, covered, overridden = t, same, other
		}
	}
	return best
}

// notUsed says which templates fit and are not used, since they would say more of a name
// than its values do.
func (b *beside) notUsed() (all []string) {
	if b == nil {
		return nil
	}
	for i := range b.portfolio.Shared.Templates {
		t := &b.portfolio.Shared.Templates[i]
		names := b.called[t]
		if names == 0 {
			continue
		}
		says := "says that they are critical"
		if t.Settings.Labels != "" {
			says = "gives them the labels " + t.Settings.Labels.String()
		}
		all = append(all, fmt.Sprintf("Template %s fits %s and is not used, since it %s: add template = template.%s where that is true.", t.Name, words.Count(names, "name"), says, t.Name))
	}
	return all
}

// compare counts what a template says of a name as it is, and what the name states
// otherwise. It reports false where the template says what the name does not state.
func (b *beside) compare(d *snapshot.Domain, values []argument, t *config.Template) (same, other int, fits bool) {
	for _, given := range t.Declared {
		own := valueOf(values, given.Attribute)
		displaced := slices.ContainsFunc(values, func(v argument) bool {
			return attr.StandsAgainst(given.Attribute, given.Value, v.attribute, v.value)
		})
		switch {
		case own != nil && b.same(d, given.Attribute, given.Value, own):
			same++
		case own != nil, displaced:
			other++
		default:
			return 0, 0, false
		}
	}
	return same, other, true
}

// same reports whether a value that a template gives is what is live of a name.
func (b *beside) same(d *snapshot.Domain, a *attr.Attribute, given, live attr.Value) bool {
	if given.Equal(live) {
		return true
	}
	contact, ok := given.(attr.Referring)
	return ok && b.settled(d, a, contact)
}

// settled reports whether nothing would change where a contact is declared.
func (b *beside) settled(d *snapshot.Domain, a *attr.Attribute, contact attr.Referring) bool {
	in := attr.Input{
		Name: d.Name, Desired: contact, Live: d, Settings: attr.DefaultSettings(), Policy: b.policy, Account: b.account,
		Declares: func(name string) bool { return name == a.Name }, Now: b.account.ReadAt,
	}
	facts := a.Facts
	if a.Safety != nil {
		facts |= a.Safety(in)
	}
	return d.Has(facts) && len(a.Changes(in)) == 0
}

func declaredOf(t *config.Template, a *attr.Attribute) attr.Value {
	for _, d := range t.Declared {
		if d.Attribute == a {
			return d.Value
		}
	}
	return nil
}
