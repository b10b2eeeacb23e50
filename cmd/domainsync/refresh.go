package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/internal/words"
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
