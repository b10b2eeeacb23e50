package reader

import (
	"context"
	"fmt"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

const (
	// logOverlap is how late an entry may come into the change log.
	logOverlap = 48 * time.Hour
	// effectDelay is how long after an entry of the change log a read may show the
	// state before it.
	effectDelay = 10 * time.Minute
	// mostLogPages is the most pages of the change log that are read. Whoever has
	// more changes than that reads the names.
	mostLogPages = 5_000
)

// logTimes are the names that the change log mentions, with the latest time of
// each.
type logTimes struct {
	last  map[string]time.Time
	until time.Time // entries up to then were looked at
	pages int
}

// readMentions reads which names the change log mentions since a time. An error
// says why the log does not tell that.
func (f *fetcher) readMentions(ctx context.Context, since time.Time) (*logTimes, error) {
	m := &logTimes{last: make(map[string]time.Time), until: f.Clock.Now()}
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
	return m, nil
}

// readPart reads the pages of one query of the log. Where there are more entries
// than it shows it returns the queries that together do.
func (f *fetcher) readPart(ctx context.Context, m *logTimes, req *wire.QueryChangeLogListRequest) (parts []*wire.QueryChangeLogListRequest, err error) {
	pager := wire.NewPager(req, 0)
	for first := true; pager.Next() != nil; first = false {
		if m.pages++; m.pages > mostLogPages {
			return nil, fmt.Errorf("it has more than %d pages", mostLogPages)
		}
		page, err := f.Earlier.Log.QueryChangeLogList(ctx, pager.Next().(*wire.QueryChangeLogListRequest))
		if err != nil {
			return nil, err
		}
		if first {
			narrower, err := wire.Narrow(req, page, m.until)
			if err != nil || narrower != nil {
				return queries(narrower), err
			}
		}
		m.add(page.Data)
		if err := pager.Take(page); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func queries(all []wire.Request) []*wire.QueryChangeLogListRequest {
	some := make([]*wire.QueryChangeLogListRequest, len(all))
	for i, r := range all {
		some[i] = r.(*wire.QueryChangeLogListRequest)
	}
	return some
}

// add takes entries in. One whose time is not told, or is told as later than the
// query reaches, counts as of its end.
func (m *logTimes) add(entries []wire.ChangeLog) {
	for i := range entries {
		e := &entries[i]
		at := e.Time
		if at.IsZero() || at.After(m.until) {
			at = m.until
		}
		if at.After(m.last[e.DomainName]) {
			m.last[e.DomainName] = at
		}
	}
}

// changedSince reports whether a name may have changed after it was read.
func (m *logTimes) changedSince(name string, read time.Time) bool {
	at, mentioned := m.last[name]
	return mentioned && !read.After(at.Add(effectDelay))
}
