package report

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// building is a [Report] while it is made.
type building struct {
	Options
	*Inventory
	in     planner.Input
	plan   *planner.Plan
	report *Report
	label  string // by which names are grouped; "": by their template
	// suffixes are those of names, as texts in Unicode by A-labels.
	suffixes map[string]string
}

func newBuilding(in planner.Input, p *planner.Plan, o Options) *building {
	b := &building{Options: o, Inventory: NewInventory(in, p), in: in, plan: p, suffixes: make(map[string]string)}
	b.report = &Report{
		FormatVersion: Version, Version: o.Version, Account: b.Account, Endpoint: b.Endpoint, ReadAt: b.ReadAt, OldestRead: b.ReadAt,
		Partial: !in.Only.All(), Targets: o.Targets, Names: make([]Name, len(b.Rows)), Drift: []Drifted{}, Unmanaged: []Undeclared{}, Missing: []Lacking{},
		Holds: []HeldNames{}, Left: []Gone{}, Threats: []NameThreat{},
	}
	b.group()
	return b
}

// learn makes known what the account and the plan tell of persons: a reason in the files,
// or a message of the service, may name somebody whom only the account knows.
func (b *building) learn() {
	if b.Masker == nil {
		return
	}
	attr.EachPersonalOf(b.in.Live, b.Masker.Learn)
	for i := range b.plan.Changes {
		b.plan.Changes[i].EachPersonal(b.Masker.Learn)
	}
}

// byTemplate groups names by their templates, labelPrefix stands before the key of a label.
const (
	byTemplate  = "template"
	labelPrefix = "labels."
)

// group decides what names are grouped by.
func (b *building) group() {
	switch b.By {
	case byTemplate:
	case "":
		b.label = commonLabel(b.Rows)
	default:
		b.label = strings.TrimPrefix(b.By, labelPrefix)
	}
	if b.report.By = byTemplate; b.label != "" {
		b.report.By = labelPrefix + b.label
	}
}

// commonLabel returns the key that most names have a label of, the first of these in
// order; "": none has a label.
func commonLabel(rows []Row) string {
	counts := make(map[string]int)
	for i := range rows {
		if d := rows[i].Declared; d != nil {
			for _, line := range d.Settings.Labels.Lines() {
				key, _, _ := strings.Cut(line, "=")
				counts[key]++
			}
		}
	}
	best := ""
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		if best == "" || counts[key] > counts[best] {
			best = key
		}
	}
	return best
}

// groupOf returns what a name is grouped by, "" for none.
func (b *building) groupOf(d *config.Domain) string {
	switch {
	case d == nil:
		return ""
	case b.label == "":
		return d.Template
	}
	return d.Settings.Labels.Get(b.label)
}

// suffixOf returns the suffix of a name, in Unicode.
func (b *building) suffixOf(name string) string {
	suffix := cmp.Or(config.PublicSuffix(name), name[strings.LastIndexByte(name, '.')+1:])
	text, ok := b.suffixes[suffix]
	if !ok {
		text = wire.UnicodeName(suffix)
		b.suffixes[suffix] = text
	}
	return text
}

// names makes the list of all names, and counts them.
func (b *building) names() {
	groups := make(map[string]bool)
	for i := range b.Rows {
		r, n := &b.Rows[i], &b.report.Names[i]
		*n = Name{
			Name: wire.UnicodeName(r.Name), ASCII: r.Name, Suffix: b.suffixOf(r.Name), Group: b.groupOf(r.Declared),
			Labels: []string{}, Standing: r.Standing, Flags: r.Flags.Names(), Differences: r.Differences, Protected: []Answer{},
		}
		groups[n.Group] = true
		if r.Declared != nil {
			n.Labels = append(n.Labels, r.Declared.Settings.Labels.Lines()...)
			n.Lapse = b.Masker.Text(lapseOf(r.Declared))
		}
		if r.Live != nil {
			b.live(n, r)
		}
		b.count(n, r)
	}
	b.report.Suffixes = slices.Sorted(maps.Values(b.suffixes))
	b.report.Suffixes = append([]string{}, slices.Compact(b.report.Suffixes)...)
	b.report.Groups = append([]string{}, sortedGroups(groups)...)
}

// sortedGroups sorts groups; those without one come last.
func sortedGroups[V any](groups map[string]V) []string {
	all := slices.Sorted(maps.Keys(groups))
	if len(all) > 0 && all[0] == "" {
		all = append(all[1:], "")
	}
	return all
}

// live adds what is live of a name.
func (b *building) live(n *Name, r *Row) {
	n.Expires, n.ReadAt = r.Live.Expires.UTC(), b.Oldest(r)
	if n.ReadAt.Before(b.report.OldestRead) {
		b.report.OldestRead = n.ReadAt
	}
	if left, ok := b.daysLeft(r).(int); ok {
		n.DaysLeft = &left
	}
}

// lapseOf returns why files let a name end, "" where they do not.
func lapseOf(d *config.Domain) string {
	for i := range d.Declared {
		if d.Declared[i].Attribute.Ends {
			return d.Declared[i].Value.String()
		}
	}
	return ""
}

func (b *building) count(n *Name, r *Row) {
	t := &b.report.Totals
	t.Names++
	for _, x := range []struct {
		is bool
		n  *int
	}{
		{r.Standing == Managed, &t.Managed},
		{r.Standing == Unmanaged, &t.Unmanaged},
		{r.Standing == Missing, &t.Missing},
		{r.Flags&Endangered != 0, &t.Endangered},
		{r.Flags&Threatened != 0, &t.Threatened},
		{r.Flags&Held != 0, &t.Held},
		{r.Flags&InDoubt != 0, &t.InDoubt},
		{r.Flags&Released != 0, &t.Released},
		{r.Flags&LeftFiles != 0, &t.LeftFiles},
		{r.Flags&LeftAccount != 0, &t.LeftAccount},
		{n.Lapse != "" && r.Live != nil, &t.Lapsing},
		{n.Differences > 0, &t.Differing},
	} {
		if x.is {
			*x.n++
		}
	}
}

// name returns the row of a canonical name, nil where the report has none.
func (b *building) name(ascii string) *Name {
	i, found := slices.BinarySearchFunc(b.report.Names, ascii, func(n Name, ascii string) int { return strings.Compare(n.ASCII, ascii) })
	if !found {
		return nil
	}
	return &b.report.Names[i]
}

// threat returns a threat to a name of the report.
func (b *building) threat(t *planner.Threat, n *Name) NameThreat {
	x := NameThreat{
		Name: n.Name, Suffix: n.Suffix, Group: n.Group, ID: t.ID, Severity: t.Severity, Summary: t.Summary, Sentence: b.Masker.Text(t.Sentence),
		Deadline: t.Deadline.UTC(), AsOf: t.AsOf.UTC(),
	}
	if !t.Deadline.IsZero() {
		x.DaysLeft = new(daysBetween(b.ReadAt, t.Deadline))
	}
	return x
}
