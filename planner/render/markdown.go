package render

import (
	"io"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// MarkdownLimit is the most bytes that [Markdown] writes. Comments of pull
// requests hold 65,536 characters; the rest is for what others put around it.
const MarkdownLimit = 64_000

// Bounds of what is written from outside, so that no single text crowds out
// the others.
const (
	shortRunes   = 200 // characters of one text
	listShown    = 10  // names in one cell or list
	rowsUnfolded = 25  // a longer table is folded away
)

// Markdown writes the plan for a pull request. Equal changes are grouped; what
// does not fit into [MarkdownLimit] is counted.
func Markdown(w io.Writer, p *planner.Plan) error {
	sections := groupChanges(p, false)
	blocks := []*block{opening(p, sections)}
	blocks = append(blocks, remarks(p, planner.SeverityError)...)
	blocks = append(blocks, threatBlocks(p)...)
	for _, s := range sections {
		blocks = append(blocks, changeBlocks(s)...)
	}
	if drifts := driftBlock(sections); drifts != nil {
		blocks = append(blocks, drifts)
	}
	blocks = append(blocks, approvedBlocks(p)...)
	blocks = append(blocks, listBlocks(p)...)
	blocks = append(blocks, failureBlocks(p)...)
	blocks = append(blocks, remarks(p, planner.SeverityWarning)...)
	blocks = append(blocks, guardBlocks(p)...)
	_, err := io.WriteString(w, assemble(blocks, MarkdownLimit))
	return err
}

// approvedBlocks list the changes that persons have approved.
func approvedBlocks(p *planner.Plan) (blocks []*block) {
	for _, x := range p.Approved {
		title := plainText(approvedTitle(x, short)) + ": " + words.Count(len(x.Changes), "change")
		blocks = append(blocks, table(title, []string{"change"}, len(x.Changes),
			func(i int) string { return cells(codeSpan(short(x.Changes[i]))) },
			func(from int) string { return "… and " + words.Count(len(x.Changes)-from, "other change") + "." }))
	}
	return blocks
}

// A block is a part of the page: a head and a foot that always stand, and as
// many rows between them as there is room for.
type block struct {
	head, foot string
	rows       int                   // how many there are
	row        func(i int) string    // the text of one, with its line end
	rest       func(from int) string // counts the rows from there on
	text       []string              // the rows that could be written
	size       int                   // bytes of text
}

// assemble writes the blocks in at most limit bytes. Room is shared evenly:
// nobody gets more than he needs before everybody has what he needs or an equal
// share.
func assemble(blocks []*block, limit int) string {
	for _, b := range blocks {
		limit -= len(b.head) + len(b.foot) + restBytes
		for b.size < limit && len(b.text) < b.rows {
			b.text = append(b.text, b.row(len(b.text)))
			b.size += len(b.text[len(b.text)-1])
		}
	}
	share := fairShare(blocks, limit)
	var page strings.Builder
	for _, b := range blocks {
		b.write(&page, share)
	}
	return page.String()
}

// restBytes is the most that the line which counts left out rows takes.
const restBytes = 120

// fairShare returns the room that each block may take: the largest for which
// all together stay below the limit.
func fairShare(blocks []*block, limit int) int {
	low, high := 0, limit
	for low < high {
		mid := (low + high + 1) / 2
		sum := 0
		for _, b := range blocks {
			sum += min(b.size, mid)
		}
		if sum <= limit {
			low = mid
		} else {
			high = mid - 1
		}
	}
	return max(low, 0)
}

func (b *block) write(page *strings.Builder, share int) {
	page.WriteString(b.head)
	shown := 0
	for _, row := range b.text {
		if len(row) > share {
			break
		}
		share -= len(row)
		page.WriteString(row)
		shown++
	}
	if shown < b.rows {
		page.WriteString("\n" + b.rest(shown) + "\n")
	}
	page.WriteString(b.foot)
}

// table makes a block of a title, the head of a table and its rows; long ones
// are folded.
func table(title string, columns []string, rows int, row func(i int) string, rest func(from int) string) *block {
	if rows > rowsUnfolded {
		return folded(title, columns, rows, row, rest)
	}
	return &block{rows: rows, row: row, rest: rest, head: "\n#### " + title + "\n\n" + tableHead(columns)}
}

func tableHead(columns []string) string {
	return "| " + strings.Join(columns, " | ") + " |\n|" + strings.Repeat("---|", len(columns)) + "\n"
}

// folded makes a table that is folded away.
func folded(title string, columns []string, rows int, row func(i int) string, rest func(from int) string) *block {
	b := &block{rows: rows, row: row, rest: rest}
	b.head = "\n#### " + title + "\n\n<details><summary>show</summary>\n\n" + tableHead(columns)
	b.foot = "\n</details>\n"
	return b
}

func cells(texts ...string) string { return "| " + strings.Join(texts, " | ") + " |\n" }

// short cuts a text from outside before it is escaped.
func short(s string) string { return words.Truncate(s, shortRunes) }

func opening(p *planner.Plan, sections []*section) *block {
	var b strings.Builder
	b.WriteString("### domainsync plan\n\n**" + plainText(headline(p, sections)) + "**\n")
	for _, g := range p.Guards {
		if g.Refuses {
			b.WriteString("\n> [!CAUTION]\n> Refused by guard " + plainText(refusal(g, shortName)) + "\n")
		}
	}
	b.WriteString("\n" + origin(p, "Compares", "Orders", func(s string) string { return codeSpan(short(s)) }) + ".\n")
	if told := provenance(p, func(s string) string { return codeSpan(short(s)) }); told != "" {
		b.WriteString("\n" + told + "\n")
	}
	return &block{head: b.String()}
}

func changeBlocks(s *section) []*block {
	if s.status != attr.Ready {
		return []*block{reasonBlock(s)}
	}
	var blocks []*block
	for _, c := range s.causes {
		for _, k := range c.kinds {
			title := symbols[k.action] + " " + subjectsOf(k.names) + ": " + codeSpan(k.attribute) + k.origin.InWords()
			blocks = append(blocks, table(title, []string{"names", "before", "after"}, len(k.groups),
				func(i int) string {
					g := k.groups[i]
					return cells(countedNames(g.names), element(g)+codeSpan(short(g.before)), codeSpan(short(g.after)))
				},
				func(from int) string {
					rest := k.groups[from:]
					return "… and " + words.Count(len(rest), "other such change") + " of " + words.Count(namesOf(rest), "name") + "."
				}))
		}
	}
	return blocks
}

// driftBlock lists who has changed what has drifted; nil where nothing has.
func driftBlock(sections []*section) *block {
	type row struct {
		kind  *kind
		group *group
	}
	var rows []row
	for _, s := range sections {
		for _, c := range s.causes {
			for _, k := range c.kinds {
				for _, g := range k.groups {
					if g.who != "" {
						rows = append(rows, row{k, g})
					}
				}
			}
		}
	}
	if rows == nil {
		return nil
	}
	return table("Drift: what somebody else has changed", []string{"names", "attribute", "live", "who"}, len(rows),
		func(i int) string {
			g := rows[i].group
			return cells(countedNames(g.names), codeSpan(rows[i].kind.attribute), element(g)+codeSpan(short(g.before)), plainText(short(g.who)))
		},
		func(from int) string { return "… and " + words.Count(len(rows)-from, "other drift") + "." })
}

// countedNames lists names behind their number.
func countedNames(names []string) string {
	if len(names) == 1 {
		return markdownNames(names)
	}
	return words.Count(len(names), "name") + ": " + markdownNames(names)
}

func element(g *group) string {
	if g.label() == "" {
		return ""
	}
	return codeSpan(short(g.element)) + ": "
}

// reasonBlock lists why changes of one status wait.
func reasonBlock(s *section) *block {
	title := titles[s.status] + ": " + subjects(s.names, s.account) + s.advice
	return table(title, []string{"names", "attribute", "why"}, len(s.causes),
		func(i int) string {
			c := s.causes[i]
			var attributes []string
			for _, k := range c.kinds {
				attributes = append(attributes, codeSpan(k.attribute)+k.origin.InWords())
			}
			for _, attribute := range c.with {
				attributes = append(attributes, codeSpan(attribute))
			}
			return cells(countedNames(c.names), strings.Join(slices.Compact(attributes), ", "), plainText(short(c.reason)))
		},
		func(from int) string {
			return "… and " + words.Count(len(s.causes)-from, "other reason") + "."
		})
}

func markdownNames(names []string) string {
	return nameList(names, listShown, func(n string) string { return codeSpan(shortName(n)) })
}

func shortName(name string) string { return readable(short(name)) }

// listBlocks names what an apply opens, misses or leaves alone.
func listBlocks(p *planner.Plan) []*block {
	var blocks []*block
	missing := missingOnly(p)
	for _, l := range []struct {
		title, thing, what string
		names              []string
	}{
		{"Unlocked for the change and locked again", "name", "", domains(p.Temporary())},
		{"Left unlocked", "name", leftUnlockedWords, p.OwedRelocks},
		{"Missing", "declared name", missingAdvice(len(missing)), missing},
		{"Unmanaged", "name", unmanagedWords, p.Unmanaged},
	} {
		if len(l.names) > 0 {
			blocks = append(blocks, &block{
				head: "\n#### " + l.title + ": " + words.Count(len(l.names), l.thing) + l.what + "\n\n",
				rows: 1,
				row:  func(int) string { return markdownNames(l.names) + "\n" },
				rest: func(int) string { return "…" },
			})
		}
	}
	return blocks
}

func failureBlocks(p *planner.Plan) []*block {
	all := failureGroups(p)
	if len(all) == 0 {
		return nil
	}
	return []*block{table("Could not be read: "+words.Count(len(p.Failures), "read"), []string{"names", "operation", "message", "request"}, len(all),
		func(i int) string {
			f := all[i]
			return cells(markdownNames(f.names), codeSpan(short(f.operation)), plainText(short(f.message)), codeSpan(short(f.requestID)))
		},
		func(from int) string { return "… and " + words.Count(len(all)-from, "other message") + "." })}
}

// remarks lists the diagnostics of one severity.
func remarks(p *planner.Plan, severity planner.Severity) []*block {
	var of []*remark
	for _, n := range remarksOf(p) {
		if n.Severity == severity {
			of = append(of, n)
		}
	}
	if len(of) == 0 {
		return nil
	}
	return []*block{{
		head: "\n#### " + strings.ToUpper(string(severity[:1])) + string(severity[1:]) + "s\n\n",
		rows: len(of),
		row: func(i int) string {
			n := of[i]
			line := "- **" + plainText(short(n.Summary)) + "** " + plainText(short(n.Detail))
			if len(n.names) > 0 {
				line += " (" + markdownNames(n.names) + ")"
			} else if n.Source != nil && n.Source.File != "" {
				line += " (" + plainText(short(n.Source.String())) + ")"
			}
			return line + "\n"
		},
		rest: func(from int) string { return "… and " + words.Number(len(of)-from) + " more." },
	}}
}

func guardBlocks(p *planner.Plan) []*block {
	var blocks []*block
	if showsGuards(p) {
		blocks = append(blocks, table("Guards", []string{"guard", "now"}, len(p.Guards),
			func(i int) string {
				g, line := p.Guards[i], plainText(guardLine(p.Guards[i], shortName))
				if g.Refuses {
					line = "**" + line + "**"
				}
				return cells(codeSpan(g.Name), line)
			}, func(int) string { return "…" }))
	}
	if showsPurchases(p) {
		blocks = append(blocks, purchaseBlock(p))
	}
	if len(p.Calls) > 0 {
		blocks = append(blocks, folded("Calls", []string{"operation", "calls", "time"}, len(p.Calls),
			func(i int) string {
				c := p.Calls[i]
				return cells(codeSpan(c.Operation), words.Number(c.Calls), words.Seconds(c.Seconds))
			}, func(int) string { return "…" }))
	}
	return blocks
}

// purchaseBlock lists what is bought, and the budget for it.
func purchaseBlock(p *planner.Plan) *block {
	rows := purchaseRows(p)
	return table("Purchases", []string{"what", "how much"}, len(rows),
		func(i int) string {
			what := plainText(rows[i].what)
			if attr.Lookup(rows[i].what) != nil {
				what = codeSpan(rows[i].what)
			}
			return cells(what, plainText(short(rows[i].howMuch)))
		}, func(int) string { return "…" })
}
