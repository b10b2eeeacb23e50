package render

import (
	"slices"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// A threat is what threatens some names alike.
type threat struct {
	planner.Threat
	names []string
}

// threatsOf groups the threats of a plan. They come sorted, the severest first.
func threatsOf(all []planner.Threat) []*threat {
	var groups []*threat
	known := make(map[planner.Threat]*threat)
	for _, t := range all {
		key := t
		key.Domain = ""
		g := getOrAdd(known, key, func() *threat {
			groups = append(groups, &threat{Threat: t})
			return groups[len(groups)-1]
		})
		g.names = append(g.names, t.Domain)
	}
	return groups
}

// when says how urgent a threat is, when it ends, and as of when that is known.
func (t *threat) when() string {
	text := string(t.Severity)
	if !t.Deadline.IsZero() {
		text += ", by " + attr.Date(t.Deadline)
	}
	if !t.AsOf.IsZero() {
		text += ", as read on " + attr.Date(t.AsOf)
	}
	return text
}

// threatTitle heads the threats of a plan.
const threatTitle = "Threatened"

// threats writes what threatens names, the severest first.
func (t *terminal) threats() {
	all := threatsOf(t.plan.Threats)
	if len(all) == 0 {
		return
	}
	t.title(red, threatTitle, words.Count(t.plan.Summary.Threatened, "name"))
	shown := all
	if !t.o.Details && len(all) > groupsShown+1 {
		shown = all[:groupsShown]
	}
	for _, x := range shown {
		t.painted(2, plain, inert.Text(x.Summary)+" ("+x.when()+")")
		t.painted(4, plain, inert.Text(x.Sentence))
		t.painted(6, plain, t.nameList(x.names))
	}
	if n := len(all) - len(shown); n > 0 {
		t.cut = true
		t.painted(2, dim, "… and "+words.Count(n, "other threat"))
	}
}

// threatBlocks lists what threatens names, the severest first.
func threatBlocks(p *planner.Plan) []*block {
	all := threatsOf(p.Threats)
	if len(all) == 0 {
		return nil
	}
	title := threatTitle + ": " + words.Count(p.Summary.Threatened, "name")
	return []*block{table(title, []string{"names", "what", "when"}, len(all),
		func(i int) string {
			x := all[i]
			return cells(countedNames(x.names), "**"+plainText(short(x.Summary))+"** "+plainText(words.Truncate(x.Sentence, 2*shortRunes)), plainText(x.when()))
		},
		func(from int) string { return "… and " + words.Count(len(all)-from, "other threat") + "." })}
}

// missingOnly returns the declared names that the account lacks, but for those of
// which a threat says so.
func missingOnly(p *planner.Plan) []string {
	left := p.Departed()
	if len(left) == 0 {
		return p.Missing
	}
	return slices.DeleteFunc(slices.Clone(p.Missing), func(name string) bool { return left[name] })
}
