package planner

import (
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// A Log is what the service's change log tells, where a safety wait counts from
// what was done by whomever: the journal knows of one machine alone, and may be
// lost. A name that it does not tell of waits from now on.
type Log struct {
	// Offline says that nobody can be asked, because a plan is only looked at:
	// then nothing is taken to have been done lately.
	Offline bool
	// Recent is what was done to each name that was asked for.
	Recent map[string]RecentChanges
}

// RecentChanges is when something of a name was changed last, by the earlier reading
// of the log's times; zero where that is longer ago than the name must wait.
type RecentChanges struct {
	Nameservers time.Time
	DSRecords   time.Time
	NewDS       time.Time // other than by deleting a record
}

const (
	// logSlack is how long before a change is in the journal the log can have it.
	logSlack = 10 * time.Minute
	// LogZoneOffset is how far apart the two readings of the log's times are: the
	// reference calls them UTC, and all texts of their form are in UTC+8.
	LogZoneOffset = 8 * time.Hour
)

// delegation applies the rules for a name to the changes of its delegation and of
// its DS records.
func (d *differ) delegation(want *config.Domain, live *snapshot.Domain) {
	s := subject{want: want, live: live}
	for i := range want.Declared {
		if a := want.Declared[i].Attribute; a.Group == attr.GroupDelegation || a.Name == attr.DSRecords {
			s.changes = append(s.changes, d.attribute(want, &want.Declared[i], live)...)
		}
	}
	d.applyNameRules(&s)
}

// recentChanges returns what was done to a name, as far as somebody can tell.
func (d *differ) recentChanges(name string, hold time.Duration) (l RecentChanges, told bool) {
	if d.asked != nil {
		d.asked(name, hold)
		return l, true
	}
	l, told = d.Log.Recent[name]
	return l, told || d.Log.Offline
}

// LogQueries returns the names of which the log must be asked, and how long
// their waits are. The rules that ask are those that decide.
func LogQueries(in Input) map[string]time.Duration {
	asked := make(map[string]time.Duration)
	d := newDiffer(in)
	d.asked = func(name string, hold time.Duration) { asked[name] = hold }
	for i := range in.Portfolio.Domains {
		want := &in.Portfolio.Domains[i]
		if live := in.Live.Domain(want.Name); live != nil && in.Only.Has(want.Name) && want.Value(attr.DSRecords) != nil {
			d.delegation(want, live)
		}
	}
	return asked
}
