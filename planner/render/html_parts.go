package render

import (
	"strings"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// partsOf returns what there is to tell, in the order of [Text].
func partsOf(p *planner.Plan, sections []*section) (parts []*part) {
	add := func(some ...*part) {
		for _, x := range some {
			if len(x.Notes) > 0 || x.Table != nil && len(x.Table.Rows) > 0 {
				parts = append(parts, x)
			}
		}
	}
	add(remarksPart(p, planner.SeverityError))
	add(threatsParts(p)...)
	for _, s := range sections {
		add(sectionPart(s))
	}
	missing := missingOnly(p)
	add(namesPart("unlocked", "Unlocked for the change and locked again", "name", "", webpage.Minded, domains(p.Temporary())),
		namesPart("left_unlocked", "Left unlocked", "name", leftUnlockedWords, webpage.Alarm, p.OwedRelocks),
		approvedPart(p),
		namesPart("missing", "Missing", "declared name", missingAdvice(len(missing)), webpage.Alarm, missing),
		namesPart("unmanaged", "Unmanaged", "name", unmanagedWords, webpage.Minded, p.Unmanaged),
		failuresPart(p), remarksPart(p, planner.SeverityWarning), guardsPart(p), purchasesPart(p), callsPart(p))
	return parts
}

// namesPart lists names of which there is nothing else to tell; what says it of all.
func namesPart(id, title, thing, what string, t webpage.Tone, names []string) *part {
	x := &part{ID: id, Title: title, Tone: t, Count: words.Number(len(names)), About: words.Count(len(names), thing) + what}
	if len(names) > 0 {
		list := listNames(names)
		list.Open = len(names) <= manyOpen
		x.Notes = []note{{Names: list}}
	}
	return x
}

// remarksPart tells the diagnostics of one severity.
func remarksPart(p *planner.Plan, severity planner.Severity) *part {
	x := &part{ID: "warnings", Title: "Warnings", Tone: webpage.Minded}
	if severity == planner.SeverityError {
		x = &part{ID: "errors", Title: "Errors", Tone: webpage.Alarm}
	}
	for _, r := range remarksOf(p) {
		if r.Severity != severity {
			continue
		}
		n := note{Title: inert.Text(r.Summary), Text: inert.Text(r.Detail)}
		if len(r.names) < 2 {
			n.Place = placeOf(r.Source)
		}
		if len(r.names) > 0 {
			n.Names = listNames(r.names)
		}
		x.Notes = append(x.Notes, n)
	}
	x.Count = words.Number(len(x.Notes))
	return x
}

// threatsParts tell what threatens names, the endangered ones first.
func threatsParts(p *planner.Plan) (parts []*part) {
	for _, of := range threatPartsOf(p) {
		x := &part{ID: strings.ToLower(of.title), Title: of.title, Tone: webpage.Alarm, Count: words.Number(of.names), About: words.Count(of.names, "name")}
		for _, t := range of.all {
			x.Notes = append(x.Notes, note{
				Title: inert.Text(t.Summary) + " (" + inert.Text(t.when(p.ReadAt)) + ")", Text: inert.Text(t.Sentence), Names: listDated(t),
			})
		}
		parts = append(parts, x)
	}
	if n := p.Summary.Unwatched; n > 0 {
		parts = append(parts, &part{ID: "unwatched", Title: "Not watched", Tone: webpage.Minded, Count: words.Number(n), About: words.Count(n, "name"), Notes: []note{{Text: unwatchedWords(n)}}})
	}
	return parts
}

// listDated lists the names of a threat, with their days where these differ.
func listDated(t *threat) *listed {
	day := make(map[string]string, len(t.names))
	for i, name := range t.names {
		day[name] = t.day(i)
	}
	return listTexts(t.names, subjectsOf(t.names),
		func(name string) string { return readable(name) + day[name] },
		func(name string) shownName {
			shown := showName(name)
			shown.Text += day[name]
			return shown
		})
}

// approvedPart tells which changes persons have approved.
func approvedPart(p *planner.Plan) *part {
	n := approvedChanges(p.Approved)
	x := &part{ID: "approved", Title: "Approved", Tone: webpage.Done, Count: words.Number(n), About: words.Count(n, "change")}
	text := func(s string) shownName { return shownName{Text: inert.Text(s)} }
	for _, a := range p.Approved {
		x.Notes = append(x.Notes, note{
			Title: sentence(approvedBy(a, inert.Text)), Names: listTexts(a.Changes, words.Count(len(a.Changes), "change"), inert.Text, text),
		})
	}
	return x
}

// failuresPart tells what could not be read.
func failuresPart(p *planner.Plan) *part {
	x := &part{ID: "failures", Title: "Could not be read", Tone: webpage.Alarm, Count: words.Number(len(p.Failures)), About: words.Count(len(p.Failures), "read")}
	for _, f := range failureGroups(p) {
		n := note{Title: inert.Text(f.operation) + ": " + inert.Text(f.message)}
		if f.requestID != "" {
			n.Text = "Request " + inert.Text(f.requestID)
		}
		if len(f.names) > 0 {
			n.Names = listNames(f.names)
		}
		x.Notes = append(x.Notes, n)
	}
	return x
}

func guardsPart(p *planner.Plan) *part {
	x := &part{ID: "guards", Title: "Guards", Tone: webpage.Calm, Table: &grid{Columns: []string{"guard", "now"}}}
	if !showsGuards(p) {
		return x
	}
	for _, g := range p.Guards {
		x.Table.Rows = append(x.Table.Rows, gridRow{Cells: []string{inert.Text(g.Name), inert.Text(guardLine(g, readable))}, Alarming: g.Refuses})
		if g.Refuses {
			x.Tone = webpage.Alarm
		}
	}
	return x
}

func purchasesPart(p *planner.Plan) *part {
	x := &part{ID: "purchases", Title: "Purchases", Tone: webpage.Calm, Table: &grid{Columns: []string{"what", "how much"}}}
	if !showsPurchases(p) {
		return x
	}
	for _, row := range purchaseRows(p) {
		x.Table.Rows = append(x.Table.Rows, gridRow{Cells: []string{row.what, row.howMuch}})
	}
	return x
}

// callsPart predicts the calls of an apply, and their time.
func callsPart(p *planner.Plan) *part {
	x := &part{ID: "calls", Title: "Calls", Tone: webpage.Calm, Table: &grid{Columns: []string{"operation", "calls", "time"}}}
	for _, c := range p.Calls {
		x.Table.Rows = append(x.Table.Rows, gridRow{Cells: []string{inert.Text(c.Operation), words.Number(c.Calls), words.Seconds(c.Seconds)}})
	}
	return x
}
