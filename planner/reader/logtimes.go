package reader

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner"
)

const (
	// logOverlap is how late an entry may come into the change log.
	logOverlap = 48 * time.Hour
	// effectDelay is how long after an entry of the change log a read may show the
	// state before it.
	effectDelay = 10 * time.Minute
	// logReach is how much older than all that is asked of the log an entry is
	// looked for: the service may look at nothing but the days of a query, and its
	// times can be read in two ways.
	logReach = 24*time.Hour + planner.LogZoneOffset
	// mostLogPages is the most pages of the change log that are read. Whoever has
	// more changes than that reads the names.
	mostLogPages = 5_000
	// logTries is how often a part of the log that shifts while it is read is read.
	logTries = 5
)

// logTimes are the names that the change log mentions, with the latest time of
// each.
type logTimes struct {
	last  map[string]time.Time
	until time.Time // entries up to then were looked at
	pages int
	// own are the names that runs of our own have verified, entries the times of all
	// that the log says of them, and part those of the part that is being read.
	own     map[string]Own
	entries map[string][]time.Time
	part    []logEntry
}

type logEntry struct {
	name string
	at   time.Time // by the earlier reading of its time
}

// readMentions reads which names the change log mentions since a time. An error
// says why the log does not tell that.
func (f *fetcher) readMentions(ctx context.Context, since time.Time) (*logTimes, error) {
	m := &logTimes{last: make(map[string]time.Time), until: f.Clock.Now(), own: f.Earlier.Readings.own, entries: make(map[string][]time.Time)}
	rest := []*wire.QueryChangeLogListRequest{{PageSize: logPage, StartDate: since, EndDate: m.until}}
	for len(rest) > 0 {
		req := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		parts, err := f.readPart(ctx, m, req)
		if err != nil {
			return nil, err
		}
		rest = append(rest, parts...)
	}
	return m, f.reachesBack(ctx, m, since)
}

// reachesBack fails where the log shows nothing of before a time: it may be kept for
// less long than that, or show nothing at all, and its silence tells nothing.
func (f *fetcher) reachesBack(ctx context.Context, m *logTimes, since time.Time) error {
	page, err := f.logPage(ctx, m, &wire.QueryChangeLogListRequest{PageNum: 1, PageSize: 1, EndDate: since.Add(-logReach)})
	if err != nil {
		return err
	}
	for i := range page.Data {
		if at := page.Data[i].Time; !at.IsZero() && !at.Add(planner.LogZoneOffset).After(since) {
			return nil
		}
	}
	if len(m.last) == 0 {
		return errors.New("it is empty, and shows nothing of earlier times either")
	}
	return fmt.Errorf("it shows nothing of before %s: it may not be kept for long enough", since.Add(-logReach).UTC().Format(time.RFC3339))
}

// knowsOwnChanges fails where the log lacks something that a run of our own has
// changed long enough ago, and not so long ago that it is not asked for.
func (f *fetcher) knowsOwnChanges(m *logTimes, since time.Time) error {
	unknown := 0
	for name, at := range f.Earlier.Succeeded {
		_, mentioned := m.last[name]
		if !mentioned && f.live.Domain(name) != nil && at.After(since.Add(time.Hour)) && at.Before(m.until.Add(-logOverlap)) {
			unknown++
		}
	}
	if unknown > 0 {
		return fmt.Errorf("names that earlier runs changed are not in it: %d", unknown)
	}
	return nil
}

// readPart reads the pages of one query of the log. Where there are more entries
// than it shows it returns the queries that together do. One that shifts meanwhile
// is read again: entries may have moved past the page that was read.
func (f *fetcher) readPart(ctx context.Context, m *logTimes, req *wire.QueryChangeLogListRequest) (parts []*wire.QueryChangeLogListRequest, err error) {
	for range logTries {
		parts, whole, err := f.readPartOnce(ctx, m, req)
		if err != nil || whole {
			return parts, err
		}
	}
	return nil, fmt.Errorf("it changed while it was read, %d times in a row", logTries)
}

func (f *fetcher) readPartOnce(ctx context.Context, m *logTimes, req *wire.QueryChangeLogListRequest) (parts []*wire.QueryChangeLogListRequest, whole bool, err error) {
	pager := wire.NewPager(req, 0)
	m.part = m.part[:0]
	for total := -1; pager.Next() != nil; {
		page, err := f.logPage(ctx, m, pager.Next().(*wire.QueryChangeLogListRequest))
		if err != nil {
			return nil, false, err
		}
		if total < 0 {
			total = page.TotalItemNum
			narrower, err := wire.Narrow(req, page, m.until)
			if err != nil || narrower != nil {
				return queries(narrower), true, err
			}
		}
		if page.ResultLimit || page.TotalItemNum != total {
			return nil, false, nil
		}
		if err := m.add(page.Data); err != nil {
			return nil, false, err
		}
		if err := pager.Take(page); err != nil {
			return nil, false, err
		}
	}
	for _, e := range m.part {
		m.entries[e.name] = append(m.entries[e.name], e.at)
	}
	return nil, true, nil
}

// logPage asks for one page of the log.
func (f *fetcher) logPage(ctx context.Context, m *logTimes, req *wire.QueryChangeLogListRequest) (*wire.QueryChangeLogListResponse, error) {
	if m.pages++; m.pages > mostLogPages {
		return nil, fmt.Errorf("it has more than %d pages", mostLogPages)
	}
	f.counted("QueryChangeLogList")
	return f.Earlier.Log.QueryChangeLogList(ctx, req)
}

func queries(all []wire.Request) []*wire.QueryChangeLogListRequest {
	some := make([]*wire.QueryChangeLogListRequest, len(all))
	for i, r := range all {
		some[i] = r.(*wire.QueryChangeLogListRequest)
	}
	return some
}

// add takes entries in, each by the later reading of its time. One whose time is
// not told, or is later than the query reaches, counts as of its end.
func (m *logTimes) add(entries []wire.ChangeLog) error {
	for i := range entries {
		e := &entries[i]
		if e.DomainName == "" {
			return errors.New("it has an entry that names no domain")
		}
		at := e.Time.Add(planner.LogZoneOffset)
		if e.Time.IsZero() || at.After(m.until) {
			at = m.until
		}
		m.last[e.DomainName] = latest(m.last[e.DomainName], at)
		if _, verified := m.own[e.DomainName]; verified {
			m.part = append(m.part, logEntry{e.DomainName, e.Time})
		}
	}
	return nil
}

// changedSince reports whether a name may have changed after it was read.
func (m *logTimes) changedSince(name string, read time.Time) bool {
	at, mentioned := m.last[name]
	return mentioned && !read.After(at.Add(effectDelay))
}
