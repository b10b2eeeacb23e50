package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// stateVariable names the state where no flag does.
const stateVariable = "DOMAINSYNC_STATE"

// state returns where the journal lies: a directory, or a URL that many accounts
// share, and whose journal is meant there as far as the files tell.
func (a *app) state() (string, journal.Options, error) {
	o := journal.Options{Clock: a.clock, Lease: leaseOfBuild()}
	if a.flags.state != "" && a.flags.stateDir != "" {
		return "", o, errors.New("--state and --state-dir are two names of one flag: give one of them")
	}
	given, err := a.givenState()
	if err != nil {
		return "", o, err
	}
	state, err := namedState(cmp.Or(given, filepath.Join(a.flags.dir, ".domainsync")))
	if err == nil && journal.Shared(state) {
		o.Endpoint, o.Account, o.Credential = a.pinned()
	}
	return state, o, err
}

// givenState returns the state that a flag or the environment gives; "": none does, and
// each directory has its own.
func (a *app) givenState() (string, error) {
	if flag := cmp.Or(a.flags.state, a.flags.stateDir); flag != "" {
		return flag, nil
	}
	return a.named(stateVariable)
}

// namedState returns a state as it is given, or as the file behind an @ says.
func namedState(state string) (string, error) {
	value, err := secretValue(state)
	if err != nil {
		return "", fmt.Errorf("the state %s: %w", state, err)
	}
	return value, nil
}

// lease is how long an account in a shared state, or the job of a fleet, stays held after
// its holder was heard of last, "" for the usual time. Only tests set it, by the linker.
var lease string

func leaseOfBuild() time.Duration {
	d, err := time.ParseDuration(lease)
	if err != nil {
		return 0
	}
	return d
}

// pinned returns the account that the files pin, as far as they can be read, its
// endpoint, and its credential: what looks into the journal alone must not depend
// on them.
func (a *app) pinned() (endpoint, account string, c store.Credential) {
	opts, err := a.loadOptions()
	if err != nil {
		return "", "", a.stateCredential("")
	}
	p, _ := config.Load(a.flags.dir, opts)
	if p == nil {
		return "", "", a.stateCredential("")
	}
	c = a.stateCredential(p.Account.Profile)
	if endpoint, err = a.endpoint(p); err != nil {
		return "", "", c
	}
	return endpoint, p.Account.ID, c
}

// stateCredential returns the credential of a profile for a state that lies with
// the service.
func (a *app) stateCredential(profile string) store.Credential {
	credentials := a.credentials(profile)
	return func(ctx context.Context) (id, secret, token string, err error) {
		c, err := credentials.Credential(ctx)
		return c.AccessKeyID, c.Secret, c.SecurityToken, err
	}
}

// readJournal reads the journal beside whatever run holds the account. One of an older
// version is brought up to date first, which no run may have open.
func (a *app) readJournal(ctx context.Context, read func(*journal.Journal) error) error {
	return a.useJournal(ctx, func(o *journal.Options) { o.ReadOnly = true }, read)
}

// writeJournal holds the account while the journal is written, and waits so long for
// another run to end.
func (a *app) writeJournal(ctx context.Context, lockTimeout time.Duration, write func(*journal.Journal) error) error {
	return a.useJournal(ctx, func(o *journal.Options) { o.LockTimeout = lockTimeout }, write)
}

func (a *app) useJournal(ctx context.Context, how func(*journal.Options), use func(*journal.Journal) error) (err error) {
	state, o, err := a.state()
	if err != nil {
		return err
	}
	o.Choose = true
	how(&o)
	j, err := journal.Open(ctx, state, o)
	if err != nil {
		return held(err)
	}
	defer func() { err = errors.Join(err, j.Close()) }()
	return use(j)
}

// addLockTimeout adds the flag that says how long a command waits for the account.
func addLockTimeout(cmd *cobra.Command, d *time.Duration) {
	cmd.Flags().DurationVar(d, "lock-timeout", 0, "wait this long for another run to end")
}
