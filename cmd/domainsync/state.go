package main

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"

	"github.com/domainsync/domainsync/executor/journal"
)

// stateDir returns the directory of the journal.
func (a *app) stateDir() string {
	return cmp.Or(a.flags.stateDir, filepath.Join(a.flags.dir, ".domainsync"))
}

// readJournal reads the journal beside whatever run holds the account.
func (a *app) readJournal(ctx context.Context, read func(*journal.Journal) error) (err error) {
	j, err := journal.Open(ctx, a.stateDir(), journal.Options{Clock: a.clock, ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	return read(j)
}
