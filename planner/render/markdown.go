package render

import (
	"cmp"
	"io"
	"sort"
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
	shortRunes   = 200  // characters of one text
	longRunes    = 2000 // of one text where there is room
	listShown    = 10   // names in one cell or list
	rowsUnfolded = 25   // a longer table is folded away
)

// MarkdownOptions say how Markdown is written.
type MarkdownOptions struct {
	Details bool // every name and every text as far as there is room, instead of the first ones
	Room    int  // bytes, where several plans share a comment; 0: MarkdownLimit
}

// Markdown writes the plan for a pull request. Equal changes are grouped; what
// does not fit into its room is counted, and where all of it stands is said.
func Markdown(w io.Writer, p *planner.Plan, o MarkdownOptions) error {
	m := &markdown{plan: p, sections: groupChanges(p, o.Details), names: listShown, runes: shortRunes, room: cmp.Or(o.Room, MarkdownLimit)}
	if o.Details {
		m.widen()
	}
	page, _ := m.page()
	_, err := io.WriteString(w, page)
	return err
}

// markdown writes a plan as Markdown, within bounds for what comes from outside.
type markdown struct {
	plan     *planner.Plan
	sections []*section
	names    int  // that a cell lists
	runes    int  // characters of one text
	room     int  // bytes of the page
	cut      bool // something was counted or cut
	longest  int  // list that was written
}

// widen widens the bounds as far as nothing is crowded out by that: those of texts
// first, then those of names.
func (m *markdown) widen() {
	fits := func() bool { _, whole := m.page(); return whole }
	if !fits() {
		return
	}
	if m.runes = longRunes; !fits() {
		m.runes = shortRunes
	}
	if m.names = m.longest; fits() {
		return
	}
	m.names = listShown + sort.Search(m.longest-listShown, func(n int) bool {
		m.names = listShown + n + 1
		return !fits()
	})
}

// page returns the page, and whether each row stands on it.
func (m *markdown) page() (page string, whole bool) {
	m.cut = false
	page, left := assemble(m.blocks(), m.room-len(whereTheRestIs))
	if m.cut || left > 0 {
		page += whereTheRestIs
	}
	return page, left == 0
}

// whereTheRestIs says where all of a plan stands of which something is left out.
const whereTheRestIs = "\nNot all of the plan stands here: `--format html` writes it whole, as one file to attach, and `--format text --details` to a terminal.\n"

func (m *markdown) blocks() []*block {
	blocks := []*block{m.opening()}
	blocks = append(blocks, m.remarks(planner.SeverityError)...)
	blocks = append(blocks, m.threatBlocks()...)
	for _, s := range m.sections {
		blocks = append(blocks, m.changeBlocks(s)...)
	}
	blocks = append(blocks, m.driftBlocks()...)
	blocks = append(blocks, m.approvedBlocks()...)
	blocks = append(blocks, m.listBlocks()...)
	blocks = append(blocks, m.failureBlocks()...)
	blocks = append(blocks, m.remarks(planner.SeverityWarning)...)
	return append(blocks, m.guardBlocks()...)
}

// approvedBlocks list the changes that persons have approved.
func (m *markdown) approvedBlocks() []*block {
	all := m.plan.Approved
	if len(all) == 0 {
		return nil
	}
	return []*block{table("Approved: "+words.Count(approvedChanges(all), "change"), []string{"who", "changes"}, len(all),
		func(i int) string {
			x := all[i]
			return cells(plainText(approvedBy(x, m.short)), m.list(x.Changes, func(id string) string { return codeSpan(m.short(id)) }))
		},
		func(from int) string { return "… and " + words.Count(len(all)-from, "other approval") + "." })}
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

// assemble writes the blocks in at most limit bytes, and returns how many rows it left
// out. Room is shared evenly: nobody gets more than he needs before everybody has what
// he needs or an equal share.
func assemble(blocks []*block, limit int) (text string, left int) {
	room, kept := limit, 0
	for _, b := range blocks {
		if room -= len(b.head) + len(b.foot) + restBytes; room < limit/4 {
			break // so many parts that there is no room for what they hold
		}
		kept++
	}
	room = limit
	for _, b := range blocks[:kept] {
		room -= len(b.head) + len(b.foot) + restBytes
		for b.size < limit && len(b.text) < b.rows {
			b.text = append(b.text, b.row(len(b.text)))
			b.size += len(b.text[len(b.text)-1])
		}
	}
	share := fairShare(blocks[:kept], room)
	var page strings.Builder
	for _, b := range blocks[:kept] {
		left += b.write(&page, share)
	}
	if n := len(blocks) - kept; n > 0 {
		page.WriteString("\n… and " + words.Count(n, "other part") + ".\n")
		left += n
	}
	return page.String(), left
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

// write writes a block in at most share bytes of rows, and returns how many rows it
// left out.
func (b *block) write(page *strings.Builder, share int) (left int) {
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
	return b.rows - shown
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
func (m *markdown) short(s string) string { return m.truncate(s, m.runes) }

func (m *markdown) truncate(s string, runes int) string {
	text := words.Truncate(s, runes)
	m.cut = m.cut || text != s
	return text
}

// shortName returns a name as people read it.
func (m *markdown) shortName(name string) string { return readable(m.short(name)) }

// list lists the first texts and counts the others.
func (m *markdown) list(texts []string, show func(string) string) string {
	m.cut, m.longest = m.cut || len(texts) > m.names+1, max(m.longest, len(texts))
	return nameList(texts, m.names, show)
}

func (m *markdown) nameList(names []string) string {
	return m.list(names, func(n string) string { return codeSpan(m.shortName(n)) })
}

// countedNames lists names behind their number.
func (m *markdown) countedNames(names []string) string {
	if len(names) == 1 {
		return m.nameList(names)
	}
	return words.Count(len(names), "name") + ": " + m.nameList(names)
}

// opening is the plan in one sentence, why it is refused, and where it comes from; of
// the last two as much as half of the page holds.
func (m *markdown) opening() *block {
	p := m.plan
	head := "### domainsync plan\n\n**" + plainText(headline(p, m.sections)) + "**\n"
	add := func(text string) {
		if len(head)+len(text) > m.room/2 {
			m.cut = true
			return
		}
		head += text
	}
	for _, g := range p.Guards {
		if g.Refuses {
			add("\n> [!CAUTION]\n> Refused by guard " + plainText(refusal(g, m.shortName)) + "\n")
		}
	}
	code := func(s string) string { return codeSpan(m.short(s)) }
	add("\n" + origin(p, "Compares", "Orders", code) + ".\n")
	if told := provenance(p, code); told != "" {
		add("\n" + told + "\n")
	}
	return &block{head: head}
}

func (m *markdown) changeBlocks(s *section) []*block {
	if s.status != attr.Ready {
		return []*block{m.waitingBlock(s)}
	}
	var blocks []*block
	for _, c := range s.causes {
		for _, k := range c.kinds {
			title := symbols[k.action] + " " + subjectsOf(k.names) + ": " + codeSpan(k.attribute) + k.origin.InWords()
			blocks = append(blocks, table(title, []string{"names", "before", "after"}, len(k.groups),
				func(i int) string {
					g := k.groups[i]
					return cells(m.countedNames(g.names), m.before(g), codeSpan(m.short(g.after)))
				},
				func(from int) string { return otherChanges(k.groups[from:]) }))
		}
	}
	return blocks
}

// before writes what is live of a group, behind the element that it is about.
func (m *markdown) before(g *group) string {
	text := codeSpan(m.short(g.before))
	if g.label() != "" {
		text = codeSpan(m.short(g.element)) + ": " + text
	}
	return text
}

func otherChanges(rest []*group) string {
	return "… and " + words.Count(len(rest), "other such change") + " of " + words.Count(namesOf(rest), "name") + "."
}

// A groupPlace is a group with what it belongs to.
type groupPlace struct {
	*group
	kind  *kind
	cause *cause
	first bool // of its cause
}

func groupsOf(s *section) (all []groupPlace) {
	for _, c := range s.causes {
		first := true
		for _, k := range c.kinds {
			for _, g := range k.groups {
				all = append(all, groupPlace{g, k, c, first})
				first = false
			}
		}
	}
	return all
}

// waitingBlock lists the changes of one status, and why they wait: each reason once.
func (m *markdown) waitingBlock(s *section) *block {
	title := titles[s.status] + ": " + subjects(s.names, s.account) + s.advice
	all := groupsOf(s)
	return table(title, []string{"names", "attribute", "before", "after", "why"}, len(all),
		func(i int) string {
			g := all[i]
			why := "as above"
			if g.first {
				why = plainText(m.short(g.cause.reason))
				if len(g.cause.with) > 0 {
					m.cut = true
					why += "; held back with that: " + plainText(words.List(g.cause.with, 0))
				}
			}
			return cells(m.countedNames(g.names), codeSpan(g.kind.attribute)+g.kind.origin.InWords(), m.before(g.group), codeSpan(m.short(g.after)), why)
		},
		func(from int) string {
			rest := make([]*group, 0, len(all)-from)
			for _, g := range all[from:] {
				rest = append(rest, g.group)
			}
			return otherChanges(rest)
		})
}

// driftBlocks list who has changed what has drifted.
func (m *markdown) driftBlocks() []*block {
	var rows []groupPlace
	for _, s := range m.sections {
		for _, g := range groupsOf(s) {
			if g.who != "" {
				rows = append(rows, g)
			}
		}
	}
	if rows == nil {
		return nil
	}
	return []*block{table("Drift: what somebody else has changed", []string{"names", "attribute", "live", "who"}, len(rows),
		func(i int) string {
			g := rows[i]
			return cells(m.countedNames(g.names), codeSpan(g.kind.attribute), m.before(g.group), plainText(m.short(g.who)))
		},
		func(from int) string { return "… and " + words.Count(len(rows)-from, "other drift") + "." })}
}

// listBlocks names what an apply opens, misses or leaves alone.
func (m *markdown) listBlocks() []*block {
	var blocks []*block
	missing := missingOnly(m.plan)
	for _, l := range []struct {
		title, thing, what string
		names              []string
	}{
		{"Unlocked for the change and locked again", "name", "", domains(m.plan.Temporary())},
		{"Left unlocked", "name", leftUnlockedWords, m.plan.OwedRelocks},
		{"Missing", "declared name", missingAdvice(len(missing)), missing},
		{"Unmanaged", "name", unmanagedWords, m.plan.Unmanaged},
	} {
		if len(l.names) > 0 {
			blocks = append(blocks, &block{
				head: "\n#### " + l.title + ": " + words.Count(len(l.names), l.thing) + l.what + "\n\n",
				rows: 1,
				row:  func(int) string { return m.nameList(l.names) + "\n" },
				rest: func(int) string { return "…" },
			})
		}
	}
	return blocks
}

func (m *markdown) failureBlocks() []*block {
	all := failureGroups(m.plan)
	if len(all) == 0 {
		return nil
	}
	return []*block{table("Could not be read: "+words.Count(len(m.plan.Failures), "read"), []string{"names", "operation", "message", "request"}, len(all),
		func(i int) string {
			f := all[i]
			return cells(m.nameList(f.names), codeSpan(m.short(f.operation)), plainText(m.short(f.message)), codeSpan(m.short(f.requestID)))
		},
		func(from int) string { return "… and " + words.Count(len(all)-from, "other message") + "." })}
}

// remarks lists the diagnostics of one severity.
func (m *markdown) remarks(severity planner.Severity) []*block {
	var of []*remark
	for _, n := range remarksOf(m.plan) {
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
			line := "- **" + plainText(m.short(n.Summary)) + "** " + plainText(m.short(n.Detail))
			if len(n.names) > 0 {
				line += " (" + m.nameList(n.names) + ")"
			} else if n.Source != nil && n.Source.File != "" {
				line += " (" + plainText(m.short(n.Source.String())) + ")"
			}
			return line + "\n"
		},
		rest: func(from int) string { return "… and " + words.Number(len(of)-from) + " more." },
	}}
}

func (m *markdown) guardBlocks() []*block {
	var blocks []*block
	if showsGuards(m.plan) {
		blocks = append(blocks, table("Guards", []string{"guard", "now"}, len(m.plan.Guards),
			func(i int) string {
				g, line := m.plan.Guards[i], plainText(guardLine(m.plan.Guards[i], m.shortName))
				if g.Refuses {
					line = "**" + line + "**"
				}
				return cells(codeSpan(g.Name), line)
			}, func(int) string { return "…" }))
	}
	if showsPurchases(m.plan) {
		blocks = append(blocks, m.purchaseBlock())
	}
	if len(m.plan.Calls) > 0 {
		blocks = append(blocks, folded("Calls", []string{"operation", "calls", "time"}, len(m.plan.Calls),
			func(i int) string {
				c := m.plan.Calls[i]
				return cells(codeSpan(c.Operation), words.Number(c.Calls), words.Seconds(c.Seconds))
			}, func(int) string { return "…" }))
	}
	return blocks
}

// purchaseBlock lists what is bought, and the budget for it.
func (m *markdown) purchaseBlock() *block {
	rows := purchaseRows(m.plan)
	return table("Purchases", []string{"what", "how much"}, len(rows),
		func(i int) string {
			what := plainText(rows[i].what)
			if attr.Lookup(rows[i].what) != nil {
				what = codeSpan(rows[i].what)
			}
			return cells(what, plainText(m.short(rows[i].howMuch)))
		}, func(int) string { return "…" })
}
