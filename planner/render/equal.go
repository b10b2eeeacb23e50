package render

import (
	"io"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/planner"
)

// Equals are changes of many names that are alike, so that somebody can decide on all of
// them at once. Its texts are inert, but for those of the changes.
type Equals struct {
	Attribute string
	Action    attr.Action
	Hazard    attr.Hazard
	Reason    string
	Who       string // has changed what drifted; "": nothing did
	// What leaves, what enters and what stays, in lines.
	Gone, Come, Kept []string
	Changes          []*attr.Change // by name
}

// EqualChanges returns the changes of a plan that somebody wants to see, by what they do.
// The same plan gives the same.
func EqualChanges(p *planner.Plan, wanted func(*attr.Change) bool) (all []Equals) {
	for _, s := range groupChanges(p, true) {
		for _, why := range s.causes {
			for _, k := range why.kinds {
				for _, g := range k.groups {
					all = append(all, g.equals(why.reason, wanted)...)
				}
			}
		}
	}
	return all
}

// equals are the changes of a group, by their hazards.
func (g *group) equals(reason string, wanted func(*attr.Change) bool) (all []Equals) {
	d := g.difference()
	at := make(map[attr.Hazard]int)
	for _, c := range g.changes {
		if !wanted(c) {
			continue
		}
		i, known := at[c.Hazard]
		if !known {
			i = len(all)
			at[c.Hazard] = i
			all = append(all, Equals{
				Attribute: inert.Text(c.Attribute), Action: c.Action, Hazard: c.Hazard, Reason: sentence(inert.Text(reason)), Who: inert.Text(g.who),
				Gone: d.gone, Come: d.come, Kept: d.kept,
			})
		}
		all[i].Changes = append(all[i].Changes, c)
	}
	return all
}

// HTMLParts writes what [HTML] writes of a plan within the frame of a page, for a page
// that has a frame of its own, and returns the parts for a list of them.
func HTMLParts(w io.Writer, p *planner.Plan) ([]webpage.Part, error) {
	parts := partsOf(p, groupChanges(p, true))
	var listed []webpage.Part
	for _, x := range parts {
		listed = append(listed, x.listed())
	}
	return listed, webpage.WriteContent(w, pageFiles, parts, pageForms...)
}

// Headline says what a plan comes to, in one sentence.
func Headline(p *planner.Plan) string { return inert.Text(headline(p, groupChanges(p, true))) }
