package report

import (
	"github.com/domainsync/domainsync/config/attr"
)

// drift tells of the differences that somebody else has made. A plan has them by name.
func (b *building) drift() {
	last := ""
	for c := range b.plan.Differences() {
		n := b.name(c.Domain)
		if c.Origin != attr.Drift || n == nil {
			continue
		}
		if c.Domain != last {
			b.report.Totals.Drifted++
			last = c.Domain
		}
		b.report.Drift = append(b.report.Drift, b.drifted(n, c))
	}
}

func (b *building) drifted(n *Name, c *attr.Change) Drifted {
	masked := c.MapPersonal(b.Masker.Mask, b.Masker.Text)
	d := Drifted{Name: n.Name, Attribute: c.Attribute, Element: masked.Element, Status: c.Status, Since: b.plan.DriftedSince[c.ID].UTC()}
	before, after := attr.Differing(masked.Before, masked.After)
	d.Live, d.Declared = textOf(before), textOf(after)
	if l := c.Logged; l != nil {
		d.Entry = &DriftEntry{At: l.At.UTC(), Latest: l.Latest.UTC(), Operation: b.Masker.Text(l.Operation), Address: l.Address}
	}
	return d
}

// textOf writes a value in words, "" for none.
func textOf(v attr.Value) string {
	if v == nil {
		return ""
	}
	return v.String()
}
