package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
	"github.com/domainsync/domainsync/executor/fleet/postgres"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/internal/pgsql"
)

// TestOneProcessNeedsNoQueue: a fleet in a directory has nobody to share its jobs with.
func TestOneProcessNeedsNoQueue(t *testing.T) {
	t.Parallel()
	s := server(t, simulatedAlpha().Transport())
	end, err := s.carry(t.Context())
	if err != nil || s.runner.Carrier != nil {
		t.Fatalf("jobs are brought by %v, %v", s.runner.Carrier, err)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
}

// TestASharedFleetIsBroughtItsJobs makes a run whose ticket River has brought.
func TestASharedFleetIsBroughtItsJobs(t *testing.T) {
	t.Parallel()
	s := server(t, simulatedAlpha().Transport())
	s.state = &fleetState{place: pgtest.Start(t).Database(t)}
	table, err := postgres.Create(t.Context(), s.state.place, clock.Clock{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() }) //nolint:errcheck // the database goes with the test
	s.table, s.runner.Table, s.runner.Perform, s.runner.Poll = table, table, s.perform, 50*time.Millisecond
	release, err := s.carry(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writeText(t, filepath.Join(dir, "main.hcl"), accountFiles)
	f := &fleet.File{Jobs: []fleet.Job{{Name: "corp", Dir: dir, State: filepath.Join(dir, ".domainsync"), Action: fleet.Plan}}}
	if err := s.runner.Declare(t.Context(), s.by, f); err != nil {
		t.Fatal(err)
	}
	if err := table.Do(t.Context(), fleet.Act{By: "ada", Deed: fleet.DeedAsk, Job: "corp"}); err != nil {
		t.Fatal(err)
	}
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- s.runner.Run(t.Context(), stop) }()
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		runs, err := table.Runs(t.Context(), fleet.RunQuery{})
		if err == nil && len(runs) == 1 && !runs[0].Ended.IsZero() {
			if runs[0].ExitCode != exitPending {
				t.Errorf("the run is %+v", runs[0])
			}
			break
		}
		if time.Since(begin) > time.Minute {
			t.Fatalf("runs are %+v, %v", runs, err)
		}
	}
	close(stop)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
	if brought := ticketsOf(t, s.state.place); brought != 1 {
		t.Errorf("River has brought %d jobs", brought)
	}
}

// ticketsOf counts what River has brought.
func ticketsOf(t *testing.T, database string) (n int) {
	t.Helper()
	db, err := pgsql.Connect(t.Context(), database, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(context.WithoutCancel(t.Context()), `SELECT count(*) FROM domainsync_river.river_job WHERE state = 'completed'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
