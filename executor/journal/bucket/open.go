// Package bucket keeps journals as objects in a bucket, of Alibaba Cloud OSS or of
// any service with the protocol of Amazon S3, for many machines without a database.
//
// All rests on one promise of the service: an object is created only where there
// is none. The log of an account is a row of numbered objects, and each write
// creates the next one. A number that another object has taken says that somebody
// else writes. Below prefix/journal/ACCOUNT/ there are
//
//   - log/N, the entries: records that were added together, the turn of a new
//     holder, or a compaction that holds all records that are left;
//   - start/N, which says that entry N is a compaction, and that reading begins
//     there;
//   - fence/N, the lease of the holder with the fence N, which writes it again to
//     renew it. The service's clock tells when it ends.
//
// prefix/accounts/ACCOUNT says that an account has a journal.
package bucket

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// Is reports whether a state is the URL of a bucket.
func Is(state string) bool {
	return strings.HasPrefix(state, "oss://") || strings.HasPrefix(state, "s3://")
}

// Redacted returns the URL of a bucket without what may be secret.
func Redacted(state string) string {
	u, err := url.Parse(state)
	if err != nil || strings.Contains(u.Path+u.RawQuery+u.Fragment, "@") { // a secret with a raw / ends the host
		scheme, _, _ := strings.Cut(state, "://")
		return scheme + "://…"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// A place is what the URL of a bucket says.
type place struct {
	scheme, bucket, prefix string
	region, endpoint       string // "" where it is not said
}

// parse reads a URL without telling its secrets in an error.
func parse(state string) (*place, error) {
	u, err := url.Parse(state)
	if err != nil {
		scheme, _, _ := strings.Cut(state, "://")
		return nil, fmt.Errorf("it is no URL of the form %s://bucket/prefix?region=…", scheme)
	}
	p := &place{scheme: u.Scheme, bucket: u.Host, prefix: strings.Trim(path.Clean("/"+u.Path), "/")}
	switch {
	case u.User != nil, strings.Contains(p.prefix, "@"):
		return nil, errors.New("credentials do not belong into its URL: they come from the environment, a profile or the machine's role")
	case p.bucket == "" || u.Port() != "":
		return nil, fmt.Errorf("its URL names no bucket; it has the form %s://bucket/prefix?region=…", u.Scheme)
	case u.Fragment != "":
		return nil, errors.New("its URL has a part after #, which means nothing")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errors.New("what its URL says after ? is not understood")
	}
	for name := range query {
		if !slices.Contains([]string{"region", "endpoint"}, name) {
			return nil, fmt.Errorf("its URL says %q, and may say only region and endpoint after ?", name)
		}
	}
	p.region, p.endpoint = query.Get("region"), query.Get("endpoint")
	return p, nil
}

// reach returns the host of an endpoint, and whether it is reached by HTTPS. Only
// this machine itself may be reached without.
func reach(endpoint string) (host string, secure bool, err error) {
	if !strings.Contains(endpoint, "://") {
		endpoint = "https://" + endpoint
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", false, errors.New("its endpoint is not understood; it has the form https://host")
	}
	address, _ := netip.ParseAddr(u.Hostname())
	switch {
	case u.Scheme == "https":
		return u.Host, true, nil
	case u.Scheme == "http" && (address.IsLoopback() || u.Hostname() == "localhost"):
		return u.Host, false, nil
	}
	return "", false, fmt.Errorf("its endpoint %s://%s is not reached by HTTPS", u.Scheme, u.Host)
}

// Open opens the store of an account in the bucket that a URL names. To write, it
// holds the account until Close; a [*store.LockedError] says that another run does.
func Open(ctx context.Context, state string, o store.Options) (store.Store, error) {
	b, prefix, err := reachBucket(state, o)
	if err != nil {
		return nil, err
	}
	return openIn(ctx, b, Redacted(state), prefix, o)
}

// reachBucket returns the objects of the bucket that a URL names, and the prefix of
// the keys.
func reachBucket(state string, o store.Options) (b objects, prefix string, err error) {
	p, err := parse(state)
	if err == nil {
		prefix = p.prefix
		if p.scheme == "oss" {
			b, err = openOSS(p, o)
		} else {
			b, err = openS3(p, o)
		}
	}
	if err != nil {
		return nil, "", &store.OpenError{Where: Redacted(state), Err: err}
	}
	return b, prefix, nil
}

// openIn opens a store in a bucket.
func openIn(ctx context.Context, b objects, where, prefix string, o store.Options) (store.Store, error) {
	s := &Store{
		objects: b, where: where, prefix: prefix, holding: store.Holding{Clock: o.Clock, Lease: o.Lease}, patience: patience,
		readOnly: o.ReadOnly, closing: context.WithoutCancel(ctx), log: log{next: 1, number: 1},
	}
	if s.holding.Lease == 0 {
		s.holding.Lease = store.DefaultLease
	}
	err := s.open(ctx, o)
	if errors.Is(err, errNothing) {
		return store.Empty{}, nil
	}
	if err != nil {
		_, held := errors.AsType[*store.LockedError](err)
		_, unsaid := errors.AsType[*store.AccountError](err)
		if held || unsaid {
			return nil, err // it says all
		}
		return nil, &store.OpenError{Where: where, Err: err}
	}
	return s, nil
}

// errNothing says that a reader finds nothing to read.
var errNothing = errors.New("there is no journal yet")

// open finds the account, and takes it if it is to be written.
func (s *Store) open(ctx context.Context, o store.Options) error {
	if err := s.choose(ctx, o); err != nil || s.readOnly {
		return err
	}
	if err := s.try(ctx); err != nil {
		return err
	}
	id := newID()
	data, err := encode(tenure{ID: id})
	if err != nil {
		return err
	}
	if _, err := s.make(ctx, s.key("accounts", s.account), id, data); err != nil {
		return err
	}
	if err := s.take(ctx, o.LockTimeout); err != nil {
		return err
	}
	if s.log.entries <= manyEntries {
		return nil
	}
	if err := s.Remove(ctx, nil, nil); err != nil && !errors.Is(err, store.ErrRoomKept) {
		return errors.Join(err, s.Close())
	}
	return nil
}

// manyEntries is how many are read one by one; more of them become one at the next
// opening.
const manyEntries = 1000

// try holds that the bucket keeps no versions and creates no object twice.
func (s *Store) try(ctx context.Context) error {
	switch status, err := s.objects.versioning(ctx); {
	case err != nil:
		return fmt.Errorf("whether it keeps versions cannot be read, which needs the permission GetBucketVersioning: %w", err)
	case status != "":
		return fmt.Errorf("the bucket keeps versions of its objects (versioning is %s), and then creates an object twice: use a bucket that never had versioning", status)
	}
	key := s.key("probe", newID())
	for _, first := range []bool{true, false} {
		id := newID()
		data, err := encode(tenure{ID: id})
		if err != nil {
			return err
		}
		switch made, err := s.make(ctx, key, id, data); {
		case err != nil:
			return err
		case made && !first:
			return errors.Join(errors.New("its service creates an object that is there already, so two runs would not see each other: use one that honours the condition (If-None-Match, x-oss-forbid-overwrite)"), s.objects.remove(ctx, key))
		case !made && first:
			return errors.New("an object that nobody else knows is there already")
		}
	}
	return s.objects.remove(ctx, key)
}

// choose finds out whose records are meant where that was not said: those of the
// one account that the bucket has.
func (s *Store) choose(ctx context.Context, o store.Options) error {
	if o.Endpoint != "" && o.Account != "" {
		s.account = accountKey(o.Endpoint, o.Account)
		return nil
	}
	if !o.Choose {
		return &store.AccountError{Where: s.where}
	}
	all, err := accounts(ctx, s.objects, s.prefix, o)
	switch {
	case err != nil:
		return err
	case len(all) == 0:
		return errNothing
	case len(all) == 1:
		s.account = accountKey(all[0].Endpoint, all[0].Account)
		return nil
	}
	return &store.AccountError{Where: s.where, Have: all}
}

// accounts returns those that the bucket has, in order, as far as options name them.
func accounts(ctx context.Context, b objects, prefix string, o store.Options) ([]store.Account, error) {
	keys, err := b.list(ctx, keyBelow(prefix, "accounts", ""), "")
	var all []store.Account
	for _, key := range keys {
		endpoint, account, ok := accountOf(path.Base(key))
		if a := (store.Account{Endpoint: endpoint, Account: account}); ok && a.Is(&o) {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b store.Account) int {
		return cmp.Or(cmp.Compare(a.Endpoint, b.Endpoint), cmp.Compare(a.Account, b.Account))
	})
	return all, err
}

// Accounts returns those that have a journal in the bucket that a URL names, in
// order, as far as options name them.
func Accounts(ctx context.Context, state string, o store.Options) ([]store.Account, error) {
	b, prefix, err := reachBucket(state, o)
	if err != nil {
		return nil, err
	}
	all, err := accounts(ctx, b, prefix, o)
	if err != nil {
		return nil, &store.OpenError{Where: Redacted(state), Err: err}
	}
	return all, nil
}

// accountKey names an account in keys of objects, whatever its texts hold.
func accountKey(endpoint, account string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(endpoint)) + "." + base64.RawURLEncoding.EncodeToString([]byte(account))
}

// accountOf reads what accountKey wrote.
func accountOf(key string) (endpoint, account string, ok bool) {
	first, second, ok := strings.Cut(key, ".")
	one, err := base64.RawURLEncoding.DecodeString(first)
	other, err2 := base64.RawURLEncoding.DecodeString(second)
	return string(one), string(other), ok && err == nil && err2 == nil
}

// keyBelow returns the key of an object, or the prefix of many where the last part
// is "".
func keyBelow(prefix string, parts ...string) string {
	key := strings.Join(parts, "/")
	if prefix != "" {
		key = prefix + "/" + key
	}
	return key
}

// key is keyBelow the store's own prefix.
func (s *Store) key(parts ...string) string { return keyBelow(s.prefix, parts...) }

// numbered returns the key of a numbered object of the account, so that the order
// of keys is that of numbers.
func (s *Store) numbered(kind string, n int64) string {
	return s.key("journal", s.account, kind, fmt.Sprintf("%019d", n))
}

// all returns the prefix of the numbered objects of a kind.
func (s *Store) all(kind string) string { return s.key("journal", s.account, kind, "") }

// patience is how long a write, and finding out what became of it, may take.
const patience = time.Minute
