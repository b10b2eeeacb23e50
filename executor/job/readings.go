package job

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/planstore"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/reader"
)

// OpenBlobs opens what keeps pieces of data of one kind, such as readings, of an account
// at an endpoint, beside its journal.
type OpenBlobs func(ctx context.Context, endpoint, account string) (journal.Blobs, error)

// ReadingsIn keeps readings in a state.
func ReadingsIn(state string, o journal.Options) OpenBlobs {
	return blobsIn(state, "readings", o)
}

// PlansIn keeps whole plans in a state.
func PlansIn(state string, o journal.Options) OpenBlobs {
	return blobsIn(state, planstore.Kind, o)
}

func blobsIn(state, kind string, o journal.Options) OpenBlobs {
	return func(ctx context.Context, endpoint, account string) (journal.Blobs, error) {
		o := o
		o.Endpoint, o.Account = endpoint, account
		return journal.OpenBlobs(ctx, state, kind, o)
	}
}

// ForgetBlobs deletes all pieces of one kind of a journal's account.
func ForgetBlobs(ctx context.Context, open OpenBlobs, j *journal.Journal) (err error) {
	endpoint, account, err := j.Binding(ctx)
	if err != nil {
		return err
	}
	blobs, err := open(ctx, endpoint, account)
	if _, unknown := errors.AsType[*journal.AccountError](err); unknown {
		return nil // nothing is kept of an account that nobody knows
	}
	if err != nil {
		return err
	}
	return errors.Join(blobs.Clear(ctx), blobs.Close())
}

// Refresh says how much of an account is read.
type Refresh string

// The ways to read an account.
const (
	RefreshAuto Refresh = "auto" // what may have changed since it was read; the default
	RefreshFull Refresh = "full" // everything that a plan needs
)

// ownTasksLast is how long a task of ours may take: what began before readings were
// written may end after them.
const ownTasksLast = 7 * 24 * time.Hour

// remember gives a read what was read before, and keeps what it reads. Without
// what keeps readings everything is read.
func (r *run) remember(o *reader.Options, in *planner.Input, j *journal.Journal) (release func(), err error) {
	switch {
	case r.since != nil:
		o.Held = reader.HeldIn(r.since)
		o.Earlier, err = r.earlier(reader.ReadingsOf(r.since), in, j)
		return func() {}, err
	case r.Readings == nil:
		return func() {}, nil
	}
	account, err := r.accountOf(j)
	if err != nil {
		return nil, err
	}
	blobs, err := r.Readings(r.soft, r.Endpoint, account)
	if err != nil {
		r.forgetful(err)
		return func() {}, nil
	}
	release = func() {
		if err := blobs.Close(); err != nil {
			r.forgetful(err)
		}
	}
	if o.Held, err = reader.LoadHeld(r.soft, blobs, r.Endpoint); err != nil {
		r.forgetful(err)
	}
	if r.anew {
		return release, nil
	}
	if r.result.Operation == Planning {
		if r.expiriesBefore, err = reader.LoadExpiries(r.soft, blobs, r.Endpoint); err != nil {
			r.forgetful(err)
		}
	}
	if r.Refresh != RefreshFull {
		if err := r.optional.Load(r.soft, blobs, r.Endpoint, r.Clock.Now()); err != nil {
			r.forgetful(err)
		}
	}
	before, bad, err := r.loadReadings(blobs)
	if err != nil {
		r.forgetful(err)
		return release, nil
	}
	if bad > 0 {
		r.forgetful(fmt.Errorf("%d pieces of them are damaged", bad))
	}
	o.Keeper = &reader.Keeper{Blobs: blobs, Before: before, Failed: r.forgetful}
	r.keeper = o.Keeper
	if r.Refresh == RefreshFull {
		return release, nil
	}
	o.Earlier, err = r.earlier(before, in, j)
	return release, err
}

// loadReadings loads what was read before. Where that is nothing, it is what the
// snapshot has with which the state is to begin.
func (r *run) loadReadings(blobs reader.Blobs) (before *reader.Readings, bad int, err error) {
	before, bad, err = reader.LoadReadings(r.soft, blobs, r.Endpoint)
	switch {
	case err != nil || r.begins == nil:
		return before, bad, err
	case len(before.Account.Domains) > 0:
		if r.Log != nil {
			r.Log.Info("the state has read the account before, so that it does not begin with a snapshot")
		}
		return before, bad, nil
	}
	if err := reader.Begin(r.soft, blobs, r.begins); err != nil {
		return nil, 0, err
	}
	return reader.LoadReadings(r.soft, blobs, r.Endpoint)
}

// keepBeside remembers for later runs, beside the readings, which optional operations
// the service has, and when names end. The first was found out for nothing where that
// fails: the next run finds it out again.
func (r *run) keepBeside() {
	optional := r.optional.Unsaved() && r.soft.Err() == nil
	if r.Readings == nil || r.result.Account == "" || !optional && r.expiries == nil || r.hard.Err() != nil {
		return
	}
	blobs, err := r.Readings(r.hard, r.Endpoint, r.result.Account)
	if err != nil {
		r.forgetful(err)
		return
	}
	if optional {
		err = r.optional.Save(r.hard, blobs, r.Endpoint, r.Clock.Now())
	}
	if r.expiries != nil {
		r.takeMade()
		err = errors.Join(err, reader.SaveExpiries(r.hard, blobs, r.Endpoint, r.expiries))
	}
	if err := errors.Join(err, blobs.Close()); err != nil {
		r.forgetful(err)
	}
}

// accountOf is the account that the files pin, or the journal belongs to.
func (r *run) accountOf(j *journal.Journal) (string, error) {
	if id := r.Portfolio.Account.ID; id != "" {
		return id, nil
	}
	_, account, err := j.Binding(r.soft)
	return account, err
}

// earlier says what may be known from before.
func (r *run) earlier(before *reader.Readings, in *planner.Input, j *journal.Journal) (*reader.Earlier, error) {
	did, succeeded, err := j.Touched(r.soft, before.Since.Add(-ownTasksLast))
	if err != nil {
		return nil, err
	}
	touched := make(map[string]reader.Touch, len(did))
	for name, t := range did {
		touched[name] = reader.Touch(t)
	}
	for name := range doubtful(in.History) {
		touched[name] = reader.Touch{At: r.Clock.Now().Add(ownTasksLast), Batch: -1}
	}
	pays := r.result.Operation == Applying // for shares that age out
	return &reader.Earlier{
		Readings: before, Log: r.Service, Touched: touched, Succeeded: succeeded, MaxAge: r.Portfolio.MaxAgeOf,
		Due: pays,
		Told: func(s reader.Standing) {
			in.Log.Distrust = s.Distrust
			if !pays {
				in.Due = s.Due
			}
			r.emit(Refreshing(s))
		},
	}, nil
}

// doubtful are the names of which nobody knows what became of a change.
func doubtful(h planner.History) map[string]bool {
	names := make(map[string]bool)
	for id := range h.InDoubt {
		name, _, _ := strings.Cut(id, "/")
		names[name] = true
	}
	return names
}

// forgetful says that readings cannot be kept or used: then names are read again.
func (r *run) forgetful(err error) {
	r.warn("what was read before cannot be used or kept, so names are read again", err)
}

// warn logs what went wrong and ends no run.
func (r *run) warn(what string, err error) {
	if r.Log != nil && !errors.Is(err, context.Canceled) {
		r.Log.Warn(what, "error", err)
	}
}

// manyVerified is how many names that a run has verified are kept together.
const manyVerified = 1000

// verified are names that a run has verified and that are not kept yet.
type verified struct {
	mu    sync.Mutex
	live  *planner.Live
	own   map[string]reader.Own
	first time.Time // when the first of them was read
}

// keepVerified keeps names that were read to verify the changes of this run: the next
// one need not read them again.
func (r *run) keepVerified(ctx context.Context, began time.Time, live *snapshot.Account, proofs map[string]executor.Proof) {
	v := &r.verified
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.live == nil {
		v.live, v.own, v.first = &planner.Live{FormatVersion: live.FormatVersion, Endpoint: live.Endpoint, ReadAt: live.ReadAt}, make(map[string]reader.Own), began
	}
	reader.TakeTimed(v.live, live)
	for name, p := range proofs {
		v.own[name] = reader.Own(p)
	}
	if len(v.own) >= manyVerified {
		r.writeVerified(ctx)
	}
}

// keepRestVerified keeps what was verified and is not kept yet.
func (r *run) keepRestVerified() {
	r.verified.mu.Lock()
	defer r.verified.mu.Unlock()
	r.writeVerified(r.hard)
}

// writeVerified writes what was verified. The caller holds the lock.
func (r *run) writeVerified(ctx context.Context) {
	live, own, first := r.verified.live, r.verified.own, r.verified.first
	r.verified.live, r.verified.own = nil, nil
	if live == nil || r.Readings == nil || ctx.Err() != nil {
		return
	}
	account, err := r.accountOf(r.journal)
	if err != nil {
		r.forgetful(err)
		return
	}
	blobs, err := r.Readings(ctx, r.Endpoint, account)
	if err != nil {
		r.forgetful(err)
		return
	}
	k := &reader.Keeper{Blobs: blobs, Failed: r.forgetful}
	if r.keeper != nil {
		k = r.keeper.Next(blobs)
	}
	k.Verified(ctx, r.Clock.Now(), first, live, own)
	if err := blobs.Close(); err != nil {
		r.forgetful(err)
	}
}
