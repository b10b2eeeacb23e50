package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Process serves a fleet.
type Process struct {
	ID      string // which no other one has, before it or beside it
	Name    string // for people
	Version string // of the program
	// File is the [File.Digest] of the file that it goes by.
	File  string
	Since time.Time // when it began to go by that file; the table's to give
	Seen  time.Time // when it was last heard of; the table's to give
}

// How long a process is taken to live, and by how much the files of two may differ.
const (
	// AttendEvery is how often a process says that it lives.
	AttendEvery = 30 * time.Second
	// deadAfter is after how long a process that says nothing has ended, or hangs.
	deadAfter = 4 * AttendEvery
	// rolloutTime is how long processes may go by different files while a new one is
	// brought to all of them.
	rolloutTime = 5 * time.Minute
	// ForgottenAfter is after how long a table forgets a process that says nothing.
	ForgottenAfter = 24 * time.Hour
)

// Attendance are the processes that serve a fleet, as its table knows them at one moment
// of its clock.
type Attendance struct {
	Now       time.Time
	Processes []Process
}

// Processes keeps which processes serve a fleet, and by which file. A program that is
// older says nothing here, and nothing is known of it.
type Processes interface {
	// Attend says that a process lives, and by which file it goes.
	Attend(ctx context.Context, p Process) error
	// Leave says that it has ended.
	Leave(ctx context.Context, id string) error
	// Attendance returns the processes that were heard of within [ForgottenAfter].
	Attendance(ctx context.Context) (Attendance, error)
}

// Live returns the processes that were heard of lately.
func (a *Attendance) Live() []Process {
	return slices.DeleteFunc(slices.Clone(a.Processes), func(p Process) bool { return a.Now.Sub(p.Seen) > deadAfter })
}

// FilesDiffer says that processes go by different files, and for longer than it takes to
// bring a new one to all of them; "": they do not. It stays the same until another
// process comes or goes, or takes another file.
func (a *Attendance) FilesDiffer() string {
	live := a.Live()
	slices.SortFunc(live, func(x, y Process) int {
		if x.File != y.File {
			return strings.Compare(x.File, y.File)
		}
		return strings.Compare(x.Name+x.ID, y.Name+y.ID)
	})
	lasts := func(p Process) bool { return a.Now.Sub(p.Since) >= rolloutTime }
	last := slices.IndexFunc(live, lasts)
	if last < 0 || !slices.ContainsFunc(live, func(p Process) bool { return p.File != live[last].File && lasts(p) }) {
		return ""
	}
	var files []string
	for len(live) > 0 {
		n := 0
		for n < len(live) && live[n].File == live[0].File {
			n++
		}
		files, live = append(files, processesOf(live[:n])), live[n:]
	}
	return "processes serve different files of the fleet: " + strings.Join(files, "; ") + ": bring one file to all of them, and end those that cannot have it"
}

// namedProcesses is how many processes of one file are named.
const namedProcesses = 5

// processesOf names the processes of one file.
func processesOf(all []Process) string {
	var names []string
	for _, p := range all[:min(len(all), namedProcesses)] {
		names = append(names, fmt.Sprintf("%s (%s, since %s)", p.Name, p.Version, p.Since.UTC().Format(time.RFC3339)))
	}
	if more := len(all) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("%.8s by %s", all[0].File, strings.Join(names, ", "))
}
