package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

// addRefresh adds the flag that says how much of the account is read.
func addRefresh(cmd *cobra.Command, refresh *string) {
	cmd.Flags().StringVar(refresh, "refresh", string(job.RefreshAuto), "read what may have changed since it was read (auto), or everything (full): `auto or full`")
	completeWith(cmd, "refresh", string(job.RefreshAuto), string(job.RefreshFull))
}

// checkRefresh refuses a way to read that there is not.
func checkRefresh(refresh string) error {
	return oneOf("--refresh", refresh, string(job.RefreshAuto), string(job.RefreshFull))
}

// addSince adds the flag that names a snapshot to begin with.
func addSince(cmd *cobra.Command, since *string) {
	cmd.Flags().StringVar(since, "since", "", "read what may have changed since the snapshot in a `file`, instead of all")
}

// readSinceOf reads the snapshot to begin with, which must be of the account of a job;
// nil where none is named.
func readSinceOf(file string, j *job.Job) (*planner.Live, error) {
	since, err := readSince(file)
	if err != nil || since == nil {
		return nil, err
	}
	return since, sameAccount(since, j.Endpoint, j.Portfolio.Account.ID)
}

// readSince reads the snapshot to begin with; nil where none is named.
func readSince(file string) (*planner.Live, error) {
	if file == "" {
		return nil, nil
	}
	live, err := snapshot.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--since: %w", err)
	}
	return live, nil
}

// sameAccount refuses a snapshot of another account, or of one elsewhere.
func sameAccount(live *planner.Live, endpoint, account string) error {
	if live.Endpoint != "" && live.Endpoint != endpoint {
		return fmt.Errorf("--since: the snapshot is of an account at %s, and this one is at %s", live.Endpoint, endpoint)
	}
	if account != "" && live.ID != "" && live.ID != account {
		return fmt.Errorf("--since: the snapshot is of account %s, and the files are of account %s", live.ID, account)
	}
	return nil
}

// showStanding says how much of the account is read, where some of it was before.
func (a *app) showStanding(s job.Refreshing) {
	if s.Distrust != "" {
		a.log.Warn("all names are read", "because", s.Distrust)
		return
	}
	text := fmt.Sprintf("%s: %d as read before, %d changed since", words.Count(s.Names, "name"), s.Known, s.Changed)
	if s.Due > 0 {
		text += fmt.Sprintf(", %d due to be read again", s.Due)
	}
	a.log.Info(text)
}
