package planner

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sourcegraph/conc/pool"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// A Log is what the service's change log tells, where a safety wait counts from
// what was done by whomever: the journal knows of one machine alone, and may be
// lost. A name that it does not tell of waits from now on.
type Log struct {
	// Offline says that nobody can be asked, because a plan is only looked at:
	// then nothing is taken to have been done lately.
	Offline bool
	// Lately is what was done to each name that was asked for.
	Lately map[string]Lately
}

// Lately is when something of a name was changed last, by the earlier reading
// of the log's times; zero where that is longer ago than the name must wait.
type Lately struct {
	Nameservers time.Time
	DSRecords   time.Time
	NewDS       time.Time // other than by deleting a record
}

// LogReader asks for the service's change log.
type LogReader interface {
	QueryChangeLogList(context.Context, *wire.QueryChangeLogListRequest) (*wire.QueryChangeLogListResponse, error)
}

const (
	// logPage and logPages are the entries in a page and the pages of a query, of
	// which the service shows no more.
	logPage, logPages = 100, 10
	// logSlack is how long before a change is in the journal the log can have it.
	logSlack = 10 * time.Minute
	// logZones is how far apart the two readings of the log's times are: the
	// reference calls them UTC, and all texts of their form are in UTC+8.
	logZones = 8 * time.Hour
)

// FetchLog asks the change log for the names of which a safety wait could be
// over as far as the journal knows. A log that cannot be read is among the
// state's failures, and its name waits from now on.
func FetchLog(ctx context.Context, r LogReader, in Input) (Log, error) {
	log := Log{Lately: make(map[string]Lately)}
	var mu sync.Mutex
	p := pool.New().WithMaxGoroutines(defaultParallel).WithContext(ctx)
	for name, hold := range askedOfLog(in) {
		p.Go(func(ctx context.Context) error {
			lately, err := readLog(ctx, r, name, in.Live.ReadAt, hold)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil:
				in.Live.Failures = append(in.Live.Failures, snapshot.Failure{
					Domain: name, Facts: snapshot.DSRecords, Operation: "QueryChangeLogList", Message: wire.Reason(err), RequestID: wire.RequestIDOf(err),
				})
			}
			if err == nil || lately != (Lately{}) {
				log.Lately[name] = lately
			}
			return nil
		})
	}
	err := p.Wait()
	in.Live.Sort()
	return log, err
}

// askedOfLog returns the names of which the log must be asked, and how long
// their waits are. The rules that ask are those that decide.
func askedOfLog(in Input) map[string]time.Duration {
	asked := make(map[string]time.Duration)
	d := newDiffer(in)
	d.asked = func(name string, hold time.Duration) { asked[name] = hold }
	for i := range in.Portfolio.Domains {
		want := &in.Portfolio.Domains[i]
		if live := in.Live.Domain(want.Name); live != nil && in.Only.Has(want.Name) && want.Value(attr.DSRecords) != nil {
			d.signedMove(want, live, d.delegation(want, live))
		}
	}
	return asked
}

// delegation returns the changes of the delegation of a name and of its DS
// records.
func (d *differ) delegation(want *config.Domain, live *snapshot.Domain) (changes []attr.Change) {
	for i := range want.Declared {
		if a := want.Declared[i].Attribute; a.Group == attr.GroupDelegation || a.Name == attr.DSRecords {
			changes = append(changes, d.attribute(want, &want.Declared[i], live)...)
		}
	}
	d.applyNameRules(want.Name, changes)
	return changes
}

// readLog reads what was done to a name lately. An entry that does not say
// when, or what, may be anything; one that failed may have had an effect. What
// of a log is not shown may be of now: with an error, where that is a fault.
func readLog(ctx context.Context, r LogReader, name string, now time.Time, hold time.Duration) (l Lately, err error) {
	since := now.Add(-hold)
	req := wire.QueryChangeLogListRequest{PageNum: 1, PageSize: logPage, DomainName: name, StartDate: since.Add(-logZones)}
	var last []wire.ChangeLog
	for read := 0; ; req.PageNum++ {
		page, err := r.QueryChangeLogList(ctx, &req)
		if err != nil {
			return Lately{}, err
		}
		for i := range page.Data {
			l.note(&page.Data[i], name, since, now)
		}
		read += len(page.Data)
		cut := read < page.TotalItemNum
		switch {
		case page.ResultLimit:
			return Lately{now, now, now}, nil // more was done than the service shows
		case len(page.Data) == 0 && cut, len(page.Data) > 0 && slices.Equal(page.Data, last):
			return Lately{now, now, now}, fmt.Errorf("the log is not shown as a whole: it has %d entries, and %d were read", page.TotalItemNum, read)
		case len(page.Data) == 0, !cut && req.PageNum >= page.TotalPageNum && len(page.Data) < logPage:
			return l, nil
		case req.PageNum >= logPages:
			return Lately{now, now, now}, nil
		}
		last = page.Data
	}
}

// Words of what the log's entries say was done. Nobody knows all words in which
// the service writes that; what has none of these may be anything.
var (
	dsWords         = []string{"DS", "DNSSEC"}
	delegationWords = []string{"DNS", "NAMESERVER", "NAMESERVERS"}
	hostWords       = []string{"HOST", "HOSTS"}
	endWords        = []string{"DELETE", "DELETION", "DELETING", "REMOVE", "REMOVAL", "REMOVING"}
	otherWords      = []string{
		"HOST", "LOCK", "CONTACT", "REGISTRANT", "PRIVACY", "RENEWAL", "RENEW", "REDEMPTION", "REGISTRATION", "TRANSFER", "EMAIL", "VERIFICATION", "TEMPLATE",
	}
)

// note takes in an entry of the log, if the later reading of its time is not too
// long ago.
func (l *Lately) note(e *wire.ChangeLog, name string, since, now time.Time) {
	at := e.Time
	if at.IsZero() || at.After(now) {
		at = now
	}
	if e.DomainName != "" && e.DomainName != name || at.Add(logZones).Before(since) {
		return
	}
	// A host or a record may be called so in the details, too.
	ds := mentions(e.Operation+" "+e.Details, dsWords)
	delegation := mentions(e.Operation, delegationWords) && !mentions(e.Operation, hostWords)
	unknown := !ds && !delegation && !mentions(e.Operation, otherWords)
	if ds || unknown {
		l.DSRecords = latest(l.DSRecords, at)
	}
	if unknown || ds && !mentions(e.Operation, endWords) {
		l.NewDS = latest(l.NewDS, at)
	}
	if delegation || unknown {
		l.Nameservers = latest(l.Nameservers, at)
	}
}

// lately returns what was done to a name, as far as somebody can tell.
func (d *differ) lately(name string, hold time.Duration) (l Lately, told bool) {
	if d.asked != nil {
		d.asked(name, hold)
		return l, true
	}
	l, told = d.Log.Lately[name]
	return l, told || d.Log.Offline
}

// sight has the journal keep since when the declared DS records of a name are
// live, whatever is planned: a later plan may want to know.
func (d *differ) sight(want *config.Domain, live *snapshot.Domain) {
	declared, ok := want.Value(attr.DSRecords).(attr.DSSet)
	if !ok || live.DSRecords == nil {
		return
	}
	there, gone := attr.DSMarks(want.Name, declared, live)
	if len(live.DSRecords) > 0 {
		gone = append(gone, unsignedMark(want.Name))
	}
	for _, mark := range there {
		if d.seen(mark).IsZero() {
			d.plan.StartsClock = append(d.plan.StartsClock, mark)
		}
	}
	for _, mark := range gone {
		if !d.seen(mark).IsZero() {
			d.plan.ResetsClock = append(d.plan.ResetsClock, mark)
		}
	}
}

// mentions reports whether a text has one of some words, which are in capitals.
func mentions(text string, words []string) bool {
	fields := strings.FieldsFunc(strings.ToUpper(text), func(r rune) bool { return (r < 'A' || r > 'Z') && (r < '0' || r > '9') })
	return slices.ContainsFunc(fields, func(field string) bool { return slices.Contains(words, field) })
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
