package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// unmanaged tells of the names of the account that no file declares.
func (b *building) unmanaged() {
	for i := range b.Rows {
		r, n := &b.Rows[i], &b.report.Names[i]
		if r.Standing != Unmanaged {
			continue
		}
		b.report.Unmanaged = append(b.report.Unmanaged, Undeclared{
			Name: n.Name, Suffix: n.Suffix, Registered: r.Live.Registered.UTC(), Expires: n.Expires, ByService: n.Keeper == planner.KeptByService,
			Released: b.released(r.Name), LeftFiles: r.Flags&LeftFiles != 0,
		})
	}
}

// released returns why files released a name, "" where they do not declare that.
func (b *building) released(name string) string {
	r := b.in.Portfolio.ReleasedBy(name)
	if r == nil {
		return ""
	}
	return cmp.Or(b.Masker.Text(r.Reason), r.Label)
}

// missing tells of the declared names that the account lacks.
func (b *building) missing() {
	for i := range b.Rows {
		r, n := &b.Rows[i], &b.report.Names[i]
		if r.Standing != Missing {
			continue
		}
		x := Lacking{Name: n.Name, Suffix: n.Suffix, Group: n.Group, Lapsed: n.Lapse, Seen: b.seen(r.Name), Registers: registers(r.Declared)}
		x.Transfer, _ = b.in.Live.TransferInState(r.Name)
		if at := r.Declared.Source; at != nil {
			x.Source = attr.Source{File: at.Filename, Line: at.Start.Line}
		}
		b.report.Missing = append(b.report.Missing, x)
	}
}

// seen returns when the account was last known to hold a name that it lacks; zero: nobody
// remembers it.
func (b *building) seen(name string) time.Time {
	if left := b.in.Live.Departed(name); left != nil {
		return left.Seen.UTC()
	}
	return time.Time{}
}

// registers reports whether files order a name.
func registers(d *config.Domain) bool {
	return slices.ContainsFunc(d.Declared, func(x config.Declared) bool { return x.Attribute.RegistersNames() })
}
