package reader

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
	"github.com/domainsync/domainsync/planner"
)

// LogReader asks for the service's change log.
type LogReader interface {
	QueryChangeLogList(context.Context, *wire.QueryChangeLogListRequest) (*wire.QueryChangeLogListResponse, error)
}

// logPage and logPages are how many entries in a page, and how many pages of a
// query, the service shows at most.
const logPage, logPages = 100, 10

// FetchLog asks the change log for the names whose safety wait may be over as
// far as the journal knows. Where the log cannot be read, this is one of the
// state's failures, and the name waits from now on.
func FetchLog(ctx context.Context, r LogReader, in planner.Input) (planner.Log, error) {
	log := planner.Log{Distrust: in.Log.Distrust, Recent: make(map[string]planner.RecentChanges), Failed: make(map[string]bool)}
	var mu sync.Mutex
	p := pool.New().WithMaxGoroutines(defaultParallel).WithContext(ctx)
	for name, hold := range planner.LogQueries(in) {
		p.Go(func(ctx context.Context) error {
			lately, err := readLog(ctx, r, name, in.Live.ReadAt, hold)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err != nil:
				log.Failed[name] = true
				in.Live.Failures = append(in.Live.Failures, snapshot.Failure{
					Domain: name, Facts: snapshot.DSRecords, Operation: "QueryChangeLogList", Message: wire.Reason(err), RequestID: wire.RequestIDOf(err),
				})
			}
			if err == nil || lately != (planner.RecentChanges{}) {
				log.Recent[name] = lately
			}
			return nil
		})
	}
	err := p.Wait()
	in.Live.Sort()
	return log, err
}

// readLog reads what was done to a name lately. An entry that does not say
// when, or what, may be anything; one that failed may have had an effect. What
// of a log is not shown may be of now: with an error, where that is a fault.
func readLog(ctx context.Context, r LogReader, name string, now time.Time, hold time.Duration) (l planner.RecentChanges, err error) {
	since := now.Add(-hold)
	req := wire.QueryChangeLogListRequest{PageNum: 1, PageSize: logPage, DomainName: name, StartDate: since.Add(-planner.LogZoneOffset)}
	lately := planner.RecentChanges{Nameservers: now, DSRecords: now, NewDS: now}
	var last []wire.ChangeLog
	for read := 0; ; req.PageNum++ {
		page, err := r.QueryChangeLogList(ctx, &req)
		if err != nil {
			return planner.RecentChanges{}, err
		}
		for i := range page.Data {
			note(&l, &page.Data[i], name, since, now)
		}
		read += len(page.Data)
		cut := read < page.TotalItemNum
		switch {
		case page.ResultLimit:
			return lately, nil // more was done than the service shows
		case len(page.Data) == 0 && cut, len(page.Data) > 0 && slices.Equal(page.Data, last):
			return lately, fmt.Errorf("the log is not shown as a whole: it has %d entries, and %d were read", page.TotalItemNum, read)
		case len(page.Data) == 0, !cut && req.PageNum >= page.TotalPageNum && len(page.Data) < logPage:
			return l, nil
		case req.PageNum >= logPages:
			return lately, nil
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
func note(l *planner.RecentChanges, e *wire.ChangeLog, name string, since, now time.Time) {
	at := e.Time
	if at.IsZero() || at.After(now) {
		at = now
	}
	if e.DomainName != "" && e.DomainName != name || at.Add(planner.LogZoneOffset).Before(since) {
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
