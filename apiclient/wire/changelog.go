package wire

import (
	"fmt"
	"time"
)

// QueryChangeLogListRequest asks for a page of what was done to the account's
// names. A query sees at most 1,000 entries: narrow the times where there are
// more.
type QueryChangeLogListRequest struct {
	PageNum    int       `wire:"PageNum,required,min=1" doc:"page to return, from 1"`
	PageSize   int       `wire:"PageSize,required,min=1,max=100" doc:"entries of a page"`
	StartDate  time.Time `wire:"StartDate,ms" doc:"done then or later"`
	EndDate    time.Time `wire:"EndDate,ms" doc:"done then or before"`
	DomainName string    `wire:"DomainName,idna" doc:"only entries of this name"`
	Common
}

// QueryChangeLogListResponse is a page of the change log.
type QueryChangeLogListResponse struct {
	Meta
	Paged
	ResultLimit bool        `wire:"ResultLimit,must" doc:"true: there are more than 1,000 entries, and this query sees the first 1,000"`
	Data        []ChangeLog `wire:"Data,must,twins,item=ChangeLog" doc:"the entries of the page"`
}

// ChangeLog is one entry of the change log. Its texts depend on the language
// that was asked for.
type ChangeLog struct {
	DomainName         string    `wire:"DomainName,idna" doc:"the name"`
	Operation          string    `wire:"Operation,prose" doc:"what was done"`
	Details            string    `wire:"Details,prose" doc:"from what to what"`
	Result             string    `wire:"Result,prose" doc:"what became of it"`
	OperationIPAddress string    `wire:"OperationIPAddress" doc:"address of who did it"`
	Time               time.Time `wire:"Time,layout=second" doc:"when; UTC by the reference's words, against the rule that all others keep"`
}

// narrow divides the time of a query in two where there are more entries than
// a query sees, in the order in which the service lists entries.
func (r *QueryChangeLogListRequest) narrow(answer Response, now time.Time) ([]Request, error) {
	page := answer.(*QueryChangeLogListResponse)
	switch {
	case !page.ResultLimit:
		return nil, nil
	case r.PageNum > 1:
		return nil, fmt.Errorf("QueryChangeLogList: page %d is of more entries than the service shows: begin with page 1", r.PageNum)
	}
	from, to := r.StartDate, r.EndDate
	if from.IsZero() {
		from = time.Unix(0, 0)
	}
	if to.IsZero() {
		to = now
	}
	middle, ok := between(from, to)
	if !ok {
		return nil, fmt.Errorf("QueryChangeLogList: there are more entries at %s than the service shows: ask for one name", from.UTC().Format(time.RFC3339Nano))
	}
	older, newer := *r, *r
	older.EndDate, newer.StartDate = middle.Add(-time.Millisecond), middle
	if n := len(page.Data); n > 0 && page.Data[0].Time.Before(page.Data[n-1].Time) {
		return []Request{&older, &newer}, nil
	}
	return []Request{&newer, &older}, nil
}

// between returns a time after from, and not after to, at which a query can be
// divided. As long as it can it is the beginning of a day: the service may look
// at nothing but the day, and would show entries twice. Entries tell seconds,
// queries milliseconds.
func between(from, to time.Time) (time.Time, bool) {
	for _, border := range []struct {
		before func(time.Time) time.Time
		every  time.Duration
	}{
		{Midnight, 24 * time.Hour},
		{func(t time.Time) time.Time { return t.Truncate(time.Second) }, time.Second},
		{func(t time.Time) time.Time { return t.Truncate(time.Millisecond) }, time.Millisecond},
	} {
		middle := border.before(from.Add(to.Sub(from) / 2))
		if !middle.After(from) {
			middle = border.before(from).Add(border.every)
		}
		if !middle.After(to) {
			return middle, true
		}
	}
	return time.Time{}, false
}
