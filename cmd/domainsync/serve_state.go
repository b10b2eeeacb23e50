package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/sourcegraph/conc"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/postgres"
	"github.com/domainsync/domainsync/executor/fleet/sqlite"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// A fleetState is where the table of a fleet lies.
type fleetState struct {
	given string // as somebody has given it, which may be an @ before a file; "": nobody has
	place string // a directory, or the URL of a database
}

// isShared reports whether many processes may serve the fleet.
func (s *fleetState) isShared() bool { return pgsql.Is(s.place) }

// journals is where the journals of jobs lie that name no state: beside the table of
// machines that share it; "": each in the directory of its job.
func (s *fleetState) journals() string {
	if !s.isShared() {
		return ""
	}
	return s.given
}

// fleetState returns where the table of the fleet lies.
func (a *app) fleetState() (*fleetState, error) {
	if a.flags.state != "" && a.flags.stateDir != "" {
		return nil, errors.New("--state and --state-dir are two names of one flag: give one of them")
	}
	given, err := a.givenState()
	if err != nil {
		return nil, err
	}
	place, err := namedState(cmp.Or(given, filepath.Join(a.flags.dir, ".domainsync")))
	if err != nil {
		return nil, err
	}
	s := &fleetState{given, place}
	if journal.Shared(place) && !s.isShared() {
		return nil, fmt.Errorf("the jobs of a fleet lie in a directory or in a database, and %s is neither: give --state a directory, or postgres://…; only journals of jobs lie elsewhere, such as in a bucket", journal.Where(place))
	}
	return s, nil
}

// serve opens the table for a process that runs the jobs, and makes it where it is missing.
// It says where that was put back from a backup.
func (s *fleetState) serve(ctx context.Context, a *app) (table fleet.Table, err error) {
	if s.isShared() {
		ready := a.tellWait("the database is waited for: it does not answer, or another process brings its tables to this version, or has died while it did; that one's lease ends within 30s, and it is waited for 60s at most", "state", journal.Where(s.place))
		table, err = postgres.Create(ctx, s.place, a.clock)
		ready()
	} else {
		table, err = sqlite.Serve(ctx, s.place, a.clock)
	}
	if err != nil {
		return nil, err
	}
	last, err := table.Acts(ctx, fleet.ActQuery{Limit: 1})
	if err != nil {
		return nil, errors.Join(err, table.Close())
	}
	if len(last) > 0 && last[0].Deed == fleet.DeedRestore {
		a.log.Warn("the fleet was "+last[0].Detail+": look whether jobs are paused that should be", "act", last[0].ID)
	}
	return table, nil
}

// longWait is from when on a process that begins says what it waits for.
const longWait = 2 * time.Second

// tellWait logs what is waited for, unless that is over soon. What it returns ends it.
func (a *app) tellWait(text string, args ...any) (over func()) {
	ended := make(chan struct{})
	var group conc.WaitGroup
	group.Go(func() {
		fired, release := a.clock.NewTimer(longWait)
		defer release()
		select {
		case <-fired:
			a.log.Warn(text, args...)
		case <-ended:
		}
	})
	return func() {
		close(ended)
		group.Wait()
	}
}

// open opens the table for who looks at it and asks.
func (s *fleetState) open(ctx context.Context, a *app) (fleet.Table, error) {
	if s.isShared() {
		return postgres.Open(ctx, s.place, a.clock)
	}
	return sqlite.Open(ctx, s.place, a.clock)
}

// leftBehind refuses a run whose account has a journal on this machine alone, as from
// before the fleet was shared: without it, what was sent and bought is not known.
func (s *fleetState) leftBehind(ctx context.Context, a *app, j *fleet.Job) error {
	if s.journals() == "" || j.State != s.journals() {
		return nil
	}
	local := filepath.Join(j.Dir, ".domainsync")
	if _, err := os.Stat(filepath.Join(local, "journal.db")); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	left, err := journal.Open(ctx, local, journal.Options{ReadOnly: true, Clock: a.clock})
	if _, moved := errors.AsType[*journal.MovedError](err); moved {
		return nil
	}
	if err == nil {
		err = left.Close()
	}
	return errors.Join(err, fmt.Errorf("the journal of the account lies in %s on this machine, and the fleet keeps journals in %s, which knows nothing of what was sent and bought: move it there with domainsync state move --dir %s --state %s TO, where TO is what --state of domainsync serve says", local, journal.Where(s.place), j.Dir, local))
}
