package attr

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

var art = &Attribute{
	Name:     "art",
	LogWords: []string{"ART"},
	Facts:    snapshot.Artwork,
	Suffixes: []string{"art"},
	Hazard:   None,
	Members:  artNames(),

	Decode:    decodeArt,
	Observe:   func(d *snapshot.Domain) Value { return artOf(*d.Art) },
	Restore:   restoredArt,
	Cty:       func(v Value) cty.Value { return v.(Artwork).cty() },
	unmarshal: unmarshalAs[Artwork],
	diff:      artChanges,

	Requests: []wire.Request{&wire.SaveSingleTaskForSaveArtExtensionRequest{}},
	Doc: Doc{
		Type:    "object",
		Summary: "The work of art behind a .art name, in free words: object_type, materials_and_techniques, dimensions, title, date_or_period, maker, inscriptions_and_markings, subject, features, reference.",
		Example: `{ title = "Sunrise", maker = "Ada Example", date_or_period = "1901" }`,
		Reads:   "QueryArtExtension",
		Calls:   "SaveSingleTaskForSaveArtExtension",
		Notes:   "Members that are left out stay as they are; an empty string clears one.",
	},
}

// Artwork describes a work of art: texts by the member that they are for. One
// that is declared may say with "" that a member has no text.
type Artwork map[string]string

// artMembers are the members of a description, in the order of the service.
var artMembers = []struct {
	name string
	of   func(*snapshot.Art) *string
}{
	{"object_type", func(a *snapshot.Art) *string { return &a.ObjectType }},
	{"materials_and_techniques", func(a *snapshot.Art) *string { return &a.MaterialsAndTechniques }},
	{"dimensions", func(a *snapshot.Art) *string { return &a.Dimensions }},
	{"title", func(a *snapshot.Art) *string { return &a.Title }},
	{"date_or_period", func(a *snapshot.Art) *string { return &a.DateOrPeriod }},
	{"maker", func(a *snapshot.Art) *string { return &a.Maker }},
	{"inscriptions_and_markings", func(a *snapshot.Art) *string { return &a.InscriptionsAndMarkings }},
	{"subject", func(a *snapshot.Art) *string { return &a.Subject }},
	{"features", func(a *snapshot.Art) *string { return &a.Features }},
	{"reference", func(a *snapshot.Art) *string { return &a.Reference }},
}

func artNames() []string {
	names := make([]string, len(artMembers))
	for i, m := range artMembers {
		names[i] = m.name
	}
	return names
}

func artOf(live snapshot.Art) Artwork {
	a := make(Artwork)
	for _, m := range artMembers {
		if text := *m.of(&live); text != "" {
			a[m.name] = text
		}
	}
	return a
}

func (a Artwork) snapshot() (art snapshot.Art) {
	for _, m := range artMembers {
		*m.of(&art) = a[m.name]
	}
	return art
}

// over returns the description with the other's members where this has none.
func (a Artwork) over(other Artwork) Artwork {
	all := maps.Clone(other)
	maps.Copy(all, a)
	maps.DeleteFunc(all, func(_, text string) bool { return text == "" })
	return all
}

// restoredArt returns the description before a change. What it did not say is cleared.
func restoredArt(_ Value, changes []Replaced) Value {
	before, _ := changes[0].Before.(Artwork)
	after, _ := changes[0].After.(Artwork)
	restored := make(Artwork, len(after))
	for name := range after {
		restored[name] = ""
	}
	maps.Copy(restored, before)
	return restored
}

// Equal reports whether both say the same.
func (a Artwork) Equal(other Value) bool { return maps.Equal(a, other.(Artwork)) }

// String lists the members that have a text.
func (a Artwork) String() string {
	var texts []string
	for _, m := range artMembers {
		if text := a[m.name]; text != "" {
			texts = append(texts, fmt.Sprintf("%s %q", m.name, text))
		}
	}
	return strings.Join(texts, ", ")
}

func (a Artwork) cty() cty.Value {
	if len(a) == 0 {
		return cty.NullVal(cty.EmptyObject)
	}
	vals := make(map[string]cty.Value, len(a))
	for name, text := range a {
		vals[name] = cty.StringVal(text)
	}
	return cty.ObjectVal(vals)
}

// artChanges sends the whole description: whether the service keeps what a
// request leaves out is not documented.
func artChanges(a *Attribute, in Input) []Change {
	live := a.Observe(in.Live).(Artwork)
	whole := in.Desired.(Artwork).over(live)
	in.Desired = whole
	changes := update(a, in, func() wire.Request {
		return &wire.SaveSingleTaskForSaveArtExtensionRequest{DomainName: in.Name, ArtExtension: wire.ArtExtension(whole.snapshot())}
	})
	return setActions(changes, len(whole) == 0, len(live) == 0)
}

func decodeArt(v cty.Value) (Value, []Problem) {
	o, problem := newObject(v, "an object that describes a work of art")
	if problem != nil {
		return nil, []Problem{*problem}
	}
	o.only(artNames())
	a := make(Artwork)
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		if o.has(name) {
			a[name] = strings.TrimSpace(o.text(name))
		}
	}
	if problem := o.check(func() *Problem { return nil }); problem != nil {
		return nil, []Problem{*problem}
	}
	return a, nil
}
