package planner

import (
	"fmt"
	"time"
)

// A Log is what the service's change log tells. Safety waits count from what
// was done by anybody: the journal knows one machine only, and may be lost. A
// name of which the log could not be read waits from now on, whatever the journal
// says.
type Log struct {
	// Offline says that nobody can be asked, because a plan is only looked at.
	// Then nothing counts as done lately.
	Offline bool
	// Distrust is why nothing that was read before was used, "" where it was: the
	// log does not tell which names have changed since.
	Distrust string
	// Recent is what was done to each name that was asked for.
	Recent map[string]RecentChanges
	// Failed are the names of which the log could not be read.
	Failed map[string]bool
}

// RecentChanges holds when each thing of a name was changed last. The log's
// times can be read in two ways; these are the earlier ones. A zero time is
// further back than the name must wait.
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

// warnDistrust says why everything was read again.
func (p *Plan) warnDistrust(l Log) {
	if l.Distrust == "" {
		return
	}
	p.Diagnostics = append(p.Diagnostics, Diagnostic{
		Severity: SeverityWarning, Summary: "Everything was read again",
		Detail: fmt.Sprintf("Nothing that was read before was used, because %s. The plan is whole all the same; it took a call for each fact of each name.", l.Distrust),
	})
}
