package simulator

import (
	"cmp"
	"log/slog"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/clock"
)

// Options say what a simulator starts from.
type Options struct {
	Account   *snapshot.Account // nil: no names
	AccountID string            // default: the account's, else 1406926474064770
	Key       string            // access key ID, default testid
	Secret    string            // access key secret, default testsecret
	Seed      uint64            // of all that is random; 0: any
	Clock     clock.Clock       // of the service; the zero value is the system's
	Faults    Faults

	// VerifiedEmails are the e-mail addresses that are verified from the start,
	// beside those of the account; default hostmaster@example.com, unless the
	// account says which it has.
	VerifiedEmails []string
	// Profiles are the registrant profiles that the account has from the start;
	// nil: those of the account, or one of Example Ltd, whose real name is
	// verified, where the account does not say.
	Profiles []wire.RegistrantProfile
	// RealName is the real-name status of a profile that is made, or gets
	// another holder; default NONAUDIT. See [Simulator.SetRealName].
	RealName wire.RealNameStatus
	// TransfersIn are under way from the start.
	TransfersIn []TransferIn
	// Market is what can be bought from the start.
	Market Market

	// Readings choose between the ways in which the reference can be read.
	Readings Readings
	// RequireHosts lets a delegation to a host below a name of the account fail
	// where that name has no such host object. It is off by default: zone files
	// tell hosts only where resolvers need their addresses.
	RequireHosts bool
	// HistoryAfter is the age at which a complete task moves from the task
	// list to the history, default 30 days.
	HistoryAfter time.Duration
	// PageLimit is the largest page of the lists for which the service states
	// no limit, default 1000.
	PageLimit int
	// BodyLimit is the size in bytes of the largest request, default 1 MiB.
	BodyLimit int64
	// ControlHosts are names by which the controls may be called over HTTP,
	// besides loopback and the address of the connection.
	ControlHosts []string

	// Log is told what the simulator passes over; nil: nobody is.
	Log *slog.Logger
	// BeforeCall and AfterCall are told of every call, numbered from 1, before
	// it has any effect and after it had all. An error breaks the connection.
	BeforeCall, AfterCall func(n int, operation string) error
}

const defaultAccountID = "1406926474064770"

func (o Options) withDefaults() Options {
	if o.Account == nil {
		o.Account = &snapshot.Account{}
	}
	o.AccountID = cmp.Or(o.AccountID, o.Account.ID, defaultAccountID)
	o.Key = cmp.Or(o.Key, "testid")
	o.Secret = cmp.Or(o.Secret, "testsecret")
	o.RealName = cmp.Or(o.RealName, wire.RealNameNone)
	if o.Profiles == nil {
		o.Profiles = profilesOf(o.Account.Profiles)
	}
	if o.VerifiedEmails == nil && o.Account.Emails == nil {
		o.VerifiedEmails = []string{"hostmaster@example.com"}
	}
	o.Readings = o.Readings.withDefaults()
	o.HistoryAfter = cmp.Or(o.HistoryAfter, 30*24*time.Hour)
	o.PageLimit = cmp.Or(o.PageLimit, 1000)
	o.BodyLimit = cmp.Or(o.BodyLimit, 1<<20)
	for o.Seed == 0 {
		o.Seed = rand.Uint64() //nolint:gosec // it picks faults, not secrets
	}
	return o
}

// Simulator is one account. It is safe for concurrent use.
type Simulator struct {
	options Options

	mu           sync.Mutex // guards all below; never held while waiting
	account      account
	tasks        tasks
	agenda       agenda
	log          changeLog
	emails       emails
	profiles     profiles
	market       Market
	purchases    map[Purchase]paid // by all but count and price
	spentByMonth map[string]float64
	scrolls      map[string]*scroll
	serverLocks  map[string]time.Time // by name: until when a registry lock stands
	mail         []Mail               // oldest first
	transfersIn  transfersIn
	transfersOut map[string]*transferOut // by name
	audits       audits
	faults       faultState
	nonces       nonces
	calls        int             // API calls so far
	stats        map[string]int  // calls by operation
	saved        map[string]int  // details saved by change
	ids          uint64          // IDs given out
	moved        time.Duration   // how far the account's clock is ahead of the service's
	unknown      map[string]bool // parameters that calls had and nobody knows
}

// New returns a simulator. It panics where Options.Readings, Options.Faults,
// Options.Market or Options.TransfersIn are not valid; see [Readings.Validate],
// [Faults.Validate], [Market.Validate] and [Simulator.AddTransferIn].
func New(o Options) *Simulator {
	o = o.withDefaults()
	s := &Simulator{
		options: o, stats: make(map[string]int), saved: make(map[string]int),
		transfersOut: make(map[string]*transferOut), purchases: make(map[Purchase]paid),
		spentByMonth: make(map[string]float64),
		unknown:      make(map[string]bool),
	}
	s.tasks.init()
	if err := o.Readings.Validate(); err != nil {
		panic(err)
	}
	if err := s.SetFaults(o.Faults); err != nil {
		panic(err)
	}
	if err := s.SetMarket(o.Market); err != nil {
		panic(err)
	}
	s.profiles.load(o.Profiles)
	for _, address := range o.VerifiedEmails {
		s.addEmail(address, "127.0.0.1", s.now()).verify("127.0.0.1", s.now())
	}
	s.Load(o.Account)
	for _, t := range o.TransfersIn {
		if err := s.AddTransferIn(t); err != nil {
			panic(err)
		}
	}
	return s
}

// Seed returns the seed of all that is random; with the same seed and the same
// sequence of calls the same happens.
func (s *Simulator) Seed() uint64 { return s.options.Seed }

// Load replaces the names of the account and their registry locks, and adds its
// e-mail addresses. Tasks and results stay. What the snapshot does not tell is made up from the name.
func (s *Simulator) Load(a *snapshot.Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	s.account.load(a, now)
	for _, d := range s.account.byName {
		s.observeTransferOut(d, now)
	}
	s.loadEmails(a.Emails, now)
	s.loadRegistryLocks(a.RegistryLocks)
}

// State returns the account as it is now, all facts of all names included.
func (s *Simulator) State() *snapshot.Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	return &snapshot.Account{
		FormatVersion: snapshot.FormatVersion,
		ID:            s.options.AccountID,
		ReadAt:        now.UTC().Truncate(time.Millisecond),
		Domains:       s.account.domains(now),
		Emails:        s.emails.state(),
		RegistryLocks: s.registryLocks(),
		Profiles:      s.profiles.state(),
	}
}

// Change lets somebody else change a name, or adds it, past all tasks and
// locks. The function gets a name that the account lacks with its name alone.
func (s *Simulator) Change(name string, change func(d *snapshot.Domain)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	s.account.change(name, now, change)
	s.observeTransferOut(s.account.byName[name], now)
}

// Remove takes a name out of the account, as a transfer does: somebody else
// holds it then, until [Market.Names] says otherwise.
func (s *Simulator) Remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	s.account.remove(name)
}

// Stats returns how often each operation was called, refused calls included.
func (s *Simulator) Stats() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.stats)
}

// Saved returns how often a task was saved for each change. A change is
// [wire.Key] of the request, "&DomainName=" and the name, and what else an order
// says of that name.
func (s *Simulator) Saved() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.saved)
}

// Results returns the queue of results that nobody has acknowledged, oldest
// first.
func (s *Simulator) Results() []wire.TaskDetail {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	var out []wire.TaskDetail
	for d := range s.tasks.queue.all() {
		out = append(out, d.wire(now, wire.English))
	}
	return out
}

// Tasks returns all tasks, history included, oldest first.
func (s *Simulator) Tasks() []wire.TaskInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	out := make([]wire.TaskInfo, 0, len(s.tasks.list))
	for _, t := range s.tasks.list {
		out = append(out, t.info(now, wire.English))
	}
	return out
}

// now is the account's time: see [Simulator.MoveClock].
func (s *Simulator) now() time.Time { return s.signingTime().Add(s.moved) }

// signingTime is what the times of requests are held against: the service's
// time, which a fault may put wrong.
func (s *Simulator) signingTime() time.Time {
	return s.options.Clock.Now().Add(time.Duration(s.faults.ClockSkew))
}
