package report

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/personal"
)

// A Column is one thing that an inventory tells of each name.
type Column struct {
	// Name is that of the column and of the member in JSON. It is never renamed.
	Name string
	// About says what the column tells, for people.
	About string
	// Wide says that only whoever asks for the column gets it.
	Wide bool
	// OfLive says that it tells what is live, so that no value is one that is not known.
	OfLive bool
	// OnTerminal says that people get it who ask for no columns.
	OnTerminal bool
	// Value is a text, a whole number, a boolean, a time or a list of texts; nil where
	// it is not known, or there is none.
	Value func(v *Inventory, r *Row) any
}

// Columns returns all columns in the order in which they are shown: those of every
// name, and one for each attribute that is a setting in the account. Personal texts of
// values are mapped; nil: they stay as they are.
func Columns(mask personal.Map) []Column {
	columns := ownColumns()
	seen := make(map[string]bool)
	for _, a := range attr.OfNames() {
		if !isSetting(a) || a.Group != "" && seen[a.Group] {
			continue
		}
		seen[a.Group] = true
		columns = append(columns, attributeColumn(a, mask))
	}
	return append(columns, lastColumns()...)
}

// isSetting reports whether the live value of an attribute is a setting of the name:
// what is live of its term has columns of its own.
func isSetting(a *attr.Attribute) bool {
	return a.Observe != nil && !a.Inert && a.Facts&(snapshot.Presence|snapshot.Expiry|snapshot.Status|snapshot.Listed) == 0
}

func attributeColumn(a *attr.Attribute, mask personal.Map) Column {
	return Column{
		Name: a.Name, About: "the live value, as files would declare it",
		Wide:       a.Suffixes != nil || a.Facts&(snapshot.AllContacts|snapshot.Wallet) != 0,
		OfLive:     true,
		OnTerminal: a.Group == attr.GroupDelegation,
		Value: func(v *Inventory, r *Row) any {
			value := v.Observe(r, a)
			if value != nil && mask != nil {
				value = attr.MapPersonal(value, mask)
			}
			return plain(value)
		},
	}
}

// plain returns a value as a boolean or a list of texts where it is one, else in words.
func plain(v attr.Value) any {
	switch v := v.(type) {
	case nil:
		return nil
	case interface{ Nameservers() []string }:
		return append([]string{}, v.Nameservers()...)
	case attr.Switch:
		return v.On()
	}
	return v.String()
}

// ownColumns are the columns that every name has.
func ownColumns() []Column {
	return []Column{
		{"name", "the name, in Unicode", false, false, true, func(_ *Inventory, r *Row) any { return wire.UnicodeName(r.Name) }},
		{"ascii", "the name in A-labels", false, false, false, func(_ *Inventory, r *Row) any { return r.Name }},
		{"standing", "managed, unmanaged, or missing", false, false, true, func(_ *Inventory, r *Row) any { return string(r.Standing) }},
		{"flags", "any of " + strings.Join(flagNames, ", "), false, false, true, func(_ *Inventory, r *Row) any { return r.Flags.Names() }},
		{"differences", "how many differences a plan has for the name", false, false, false, func(_ *Inventory, r *Row) any { return r.Differences }},
		{"expires", "when its term ends", false, true, true, func(_ *Inventory, r *Row) any {
			return timeOf(r, func(d *snapshot.Domain) time.Time { return d.Expires })
		}},
		{"days_left", "whole days until then; negative: since then", false, true, true, (*Inventory).daysLeft},
		{"registered", "when it was registered", false, true, false, func(_ *Inventory, r *Row) any {
			return timeOf(r, func(d *snapshot.Domain) time.Time { return d.Registered })
		}},
		{"status", "what the registry's status asks for: normal, needs renewal, or needs redemption", false, true, true, func(_ *Inventory, r *Row) any { return statusOf(r) }},
		{"locks", "which locks are closed: transfer, update, registry", false, true, true, (*Inventory).locks},
		{"signed", "whether the registry has DS records of it", false, true, true, func(v *Inventory, r *Row) any {
			if !v.Knows(r, snapshot.DSRecords) {
				return nil
			}
			return len(r.Live.DSRecords) > 0
		}},
		{"premium", "whether it has prices of its own", true, true, false, func(v *Inventory, r *Row) any {
			if !v.Knows(r, snapshot.PriceKind) {
				return nil
			}
			return r.Live.Premium
		}},
	}
}

// lastColumns are those that every name has and that say where the others come from.
func lastColumns() []Column {
	return []Column{
		{"labels", "its labels, each as key=value", false, false, false, func(_ *Inventory, r *Row) any {
			if r.Declared == nil {
				return nil
			}
			return r.Declared.Settings.Labels.Lines()
		}},
		{"declared", "where it is declared: file and line of the block", false, false, true, func(_ *Inventory, r *Row) any {
			if r.Declared == nil || r.Declared.Source == nil {
				return nil
			}
			return fmt.Sprintf("%s:%d", r.Declared.Source.Filename, r.Declared.Source.Start.Line)
		}},
		{"read", "when the oldest of it was read", false, false, false, func(v *Inventory, r *Row) any {
			if r.Live == nil {
				return nil
			}
			return v.Oldest(r)
		}},
	}
}

// timeOf returns a time of what is live; nil where it is not known.
func timeOf(r *Row, of func(*snapshot.Domain) time.Time) any {
	if r.Live == nil || of(r.Live).IsZero() {
		return nil
	}
	return of(r.Live).UTC()
}

func (v *Inventory) daysLeft(r *Row) any {
	if r.Live == nil || r.Live.Expires.IsZero() {
		return nil
	}
	return daysBetween(v.ReadAt, r.Live.Expires)
}

// daysBetween returns how many whole days lie between two times; negative where the
// second is the earlier one.
func daysBetween(from, to time.Time) int {
	const day = 24 * time.Hour
	left := to.Sub(from)
	n := int(left / day)
	if left < 0 && left%day != 0 {
		n--
	}
	return n
}

// statuses are the words for what a registry says of a name.
var statuses = map[wire.DomainStatus]string{wire.Normal: "normal", wire.NeedsRenewal: "needs renewal", wire.NeedsRedemption: "needs redemption"}

func statusOf(r *Row) any {
	if r.Live == nil || r.Live.Status == "" {
		return nil
	}
	return cmp.Or(statuses[r.Live.Status], string(r.Live.Status))
}

// locks lists the locks of a name that are closed; nil where none is known to be, and
// some are not known.
func (v *Inventory) locks(r *Row) any {
	if r.Live == nil {
		return nil
	}
	closed := []string{}
	if r.Live.TransferLock.On() {
		closed = append(closed, "transfer")
	}
	if r.Live.UpdateLock.On() {
		closed = append(closed, "update")
	}
	if v.live.RegistryLock(r.Name) != nil {
		closed = append(closed, "registry")
	}
	if len(closed) == 0 && !v.Knows(r, snapshot.Locks) {
		return nil
	}
	return closed
}

// Compare orders two values of one column. What is not known comes last.
func Compare(a, b any) int {
	if a == nil || b == nil {
		switch {
		case a == nil && b == nil:
			return 0
		case a == nil:
			return 1
		}
		return -1
	}
	switch x := a.(type) {
	case int:
		return cmp.Compare(x, b.(int))
	case time.Time:
		return x.Compare(b.(time.Time))
	case bool:
		return cmp.Compare(boolRank(x), boolRank(b.(bool)))
	case []string:
		return slices.Compare(x, b.([]string))
	}
	return strings.Compare(a.(string), b.(string))
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Matches reports whether a row has in a column what a text or a pattern of a shell
// stands for: among others where it has a list, which is "" where it is empty. What is
// live and not known is "unknown". It is false for what is no pattern.
func (c *Column) Matches(v *Inventory, r *Row, pattern string) bool {
	pattern = strings.ToLower(pattern)
	return slices.ContainsFunc(textsOf(c.Shown(v, r)), func(text string) bool {
		ok, err := path.Match(pattern, strings.ToLower(text))
		return ok && err == nil
	})
}

// Shown is the value for people, who are told of what is live and not known.
func (c *Column) Shown(v *Inventory, r *Row) any {
	value := c.Value(v, r)
	if value == nil && c.OfLive && r.Live != nil {
		return "unknown"
	}
	return value
}

func textsOf(value any) []string {
	switch x := value.(type) {
	case nil:
		return []string{""}
	case bool:
		if x {
			return []string{"true", "yes", "on"}
		}
		return []string{"false", "no", "off"}
	case time.Time:
		return []string{x.Format(time.RFC3339), x.Format(time.DateOnly)}
	case []string:
		if len(x) == 0 {
			return []string{""}
		}
		return x
	}
	return []string{fmt.Sprint(value)}
}
