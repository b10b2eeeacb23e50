package attr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/internal/personal"
)

// WhyKept says why what some changes of one name have changed cannot be changed back;
// "": it can.
func (a *Attribute) WhyKept(changes []Replaced) string {
	c := changes[0]
	switch {
	case c.Domain == "":
		return "it is of the account: change it in the files"
	case a.PriceOf != nil || slices.ContainsFunc(changes, func(c Replaced) bool { return c.Cost != nil }):
		return "what was bought stays bought"
	case a.Mails != nil:
		return "the former holder would have to consent: declare the registrant in the files"
	case slices.ContainsFunc(changes, func(c Replaced) bool { return holdsForgotten(c.Before) }):
		return "the persons that it told of are forgotten"
	case a.Restore != nil:
		return ""
	case len(changes) > 1 || c.Element != "":
		return "only some of its elements are known"
	case c.Before == nil:
		return "the service has never told what was there before"
	}
	return a.whyIncomplete(c.Before)
}

// whyIncomplete says what a value lacks that the service has told, to be declared; "":
// nothing.
func (a *Attribute) whyIncomplete(v Value) string {
	if a.Cty == nil {
		return ""
	}
	declared := a.Cty(v)
	if declared.IsNull() {
		return "" // it says that nothing is there
	}
	_, lacks := a.readBack(declared)
	if sent, ok := v.(interface{ Lacking() []string }); ok && lacks == "" {
		lacks = strings.Join(sent.Lacking(), ", ")
	}
	if lacks != "" {
		return fmt.Sprintf("the service has not told all of what was there before (%s)", lacks)
	}
	return ""
}

func holdsForgotten(v Value) (forgotten bool) {
	MapPersonal(v, func(_, text string) string {
		forgotten = forgotten || personal.Forgotten(text)
		return text
	})
	return forgotten
}

// Restored returns what is declared of a name to bring back what changes of one of its
// attributes have changed, of which [Attribute.WhyKept] says nothing: of another
// attribute where that one says it. Live is nil while it is not known.
func (a *Attribute) Restored(live Value, changes []Replaced) (*Attribute, Value) {
	v := changes[0].Before
	if a.Restore != nil {
		v = a.Restore(live, changes)
	}
	if other, ok := v.(interface{ DeclaredAs() (string, Value) }); ok {
		name, declared := other.DeclaredAs()
		return Lookup(name), declared
	}
	return a, v
}

// Agrees reports whether what is live of a name, whose facts are known, is as a value
// says that is declared as a whole; nil says nothing.
func (a *Attribute) Agrees(live *snapshot.Domain, v Value) bool {
	return v != nil && len(a.Changes(Input{Name: live.Name, Desired: v, Live: live, Settings: DefaultSettings()})) == 0
}
