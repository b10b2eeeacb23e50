package main

import (
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/domainsync/domainsync/apiclient/snapshot"
)

// zoneFlags say which zone file a command reads, and how.
type zoneFlags struct{ file, origin string }

// add registers the flags; use says what the zone is for.
func (f *zoneFlags) add(flags *pflag.FlagSet, use string) {
	flags.StringVar(&f.file, "zone", "", use)
	flags.StringVar(&f.origin, "origin", "", "`name` that the names of --zone are relative to where the file has no $ORIGIN")
}

func (f *zoneFlags) check() error {
	if f.origin != "" && f.file == "" {
		return errors.New("--origin says how the names of a zone file are meant: name one with --zone")
	}
	return nil
}

func (f *zoneFlags) read() (*snapshot.Zone, error) {
	zone, err := snapshot.ReadZoneFile(f.file, f.origin)
	if errors.Is(err, snapshot.ErrOrigin) {
		return nil, fmt.Errorf("%w: say it with --origin, as in --origin com", err)
	}
	return zone, err
}
