package turns

import (
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// A Former is what a table knew of a job before a file was read.
type Former struct {
	Declared bool
	Schedule string
	Priority int
	Account  string
	Next     time.Time
	Again    bool // Next is for a time that an earlier attempt was for
}

// says reports whether the job was declared like that already.
func (f *Former) says(d *fleet.Declaration) bool {
	return f.Declared && f.Schedule == d.Schedule.String() && f.Priority == d.Priority && f.Account == d.Account
}

// next is when the job is due that is declared now.
func (f *Former) next(d *fleet.Declaration, now time.Time) time.Time {
	scheduled := d.Schedule.Next(now)
	if f.Declared && (f.Schedule == d.Schedule.String() || f.owes(now, scheduled)) {
		return f.Next
	}
	return scheduled
}

// owes reports whether the job's next run does not wait for a time of a new schedule: it
// is due, or tries again what did not come to its end.
func (f *Former) owes(now, scheduled time.Time) bool {
	return !f.Next.IsZero() && (!f.Next.After(now) || f.Again && (scheduled.IsZero() || f.Next.Before(scheduled)))
}

// Changes are what a file changes in a table.
type Changes struct {
	Put  []Put
	Gone []string // that the file has no more
	said []string
}

// A Put is a job that is new or changed.
type Put struct {
	fleet.Declaration
	Next time.Time
}

// Declare returns what a file changes in a table that had these jobs.
func Declare(have map[string]Former, jobs []fleet.Declaration, now time.Time) *Changes {
	var c Changes
	named := make(map[string]bool)
	for i := range jobs {
		d := &jobs[i]
		named[d.Name] = true
		was := have[d.Name]
		if was.says(d) {
			continue
		}
		sign := "+"
		if was.Declared {
			sign = "~"
		}
		c.said = append(c.said, sign+d.Name)
		c.Put = append(c.Put, Put{*d, was.next(d, now)})
	}
	for name, was := range have {
		if was.Declared && !named[name] {
			c.said = append(c.said, "-"+name)
			c.Gone = append(c.Gone, name)
		}
	}
	slices.Sort(c.said)
	slices.Sort(c.Gone)
	return &c
}

// String names the jobs: + is new, ~ changed, - gone; "": nothing has changed.
func (c *Changes) String() string { return strings.Join(c.said, " ") }
