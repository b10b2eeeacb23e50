package simulator

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// logged is a detail that has ended, and what it changed; or the registration of a
// name that the account began with.
type logged struct {
	detail   *detail // nil: the registration
	from, to string
	name     string
	at       time.Time
	shown    time.Time // from then on queries see it
}

// changeLog holds what became of every detail, oldest first.
type changeLog struct {
	all    []logged
	byName map[string][]logged
}

func (l *changeLog) add(e logged) {
	if l.byName == nil {
		l.byName = make(map[string][]logged)
	}
	l.all = append(l.all, e)
	l.byName[e.name] = append(l.byName[e.name], e)
}

// logDetail notes a detail that has ended.
func (s *Simulator) logDetail(d *detail, from, to string) {
	late := s.faults.ChangeLog.Delay.pick(s.faults.random)
	s.log.add(logged{detail: d, from: from, to: to, name: d.name, at: d.ended, shown: d.ended.Add(late)})
}

// ChangeLogFaults make the change log awkward. Queries of it that are refused are
// [Faults.Rules].
type ChangeLogFaults struct {
	// Delay is how long after a change its entry is shown. Its time is that of the
	// change all the same.
	Delay Range `json:"delay,omitzero"`
	// Kept is how old entries get before they are gone; 0: any age.
	Kept Duration `json:"kept,omitempty"`
	// Limit is how many entries a query sees; 0: 1,000.
	Limit int `json:"limit,omitempty"`
	// Order is that of the entries; "": the youngest first.
	Order LogOrder `json:"order,omitempty"`
	// Empty has the log know nothing.
	Empty bool `json:"empty,omitempty"`
}

// LogOrder is an order of the entries of the change log.
type LogOrder string

// Orders of the change log besides the youngest first.
const (
	OldestFirst LogOrder = "oldest"
	MixedUp     LogOrder = "mixed" // the same for each query
)

func (f ChangeLogFaults) validate() error {
	switch {
	case f.Limit < 0 || f.Kept < 0 || f.Delay.Min < 0 || f.Delay.Max < 0:
		return inMember("change_log", "delay, kept and limit are not negative")
	case f.Order != "" && f.Order != OldestFirst && f.Order != MixedUp:
		return inMember("change_log.order", "%q is none of %s, %s", f.Order, OldestFirst, MixedUp)
	}
	return nil
}

// logLimit is how many entries a query of the change log sees.
const logLimit = 1000

// changes answers with the youngest entries first.
func (s *Simulator) changes(c *call, r *wire.QueryChangeLogListRequest) (wire.Response, error) {
	limit := cmp.Or(s.faults.ChangeLog.Limit, logLimit)
	var found []logged
	limited := false
	for e := range s.shownChanges(r, s.advance()) {
		if limited = len(found) == limit; limited {
			break
		}
		found = append(found, e)
	}
	page := wire.Page{PageNum: r.PageNum, PageSize: r.PageSize}
	answer := &wire.QueryChangeLogListResponse{
		Meta: c.meta(), Paged: paged(page, len(found)), ResultLimit: limited, Data: []wire.ChangeLog{},
	}
	from, to := bounds(page, len(found))
	for _, e := range found[from:to] {
		answer.Data = append(answer.Data, e.wire(c.lang))
	}
	return answer, nil
}

// shownChanges are the entries that a query asks for, in the order of the log.
func (s *Simulator) shownChanges(r *wire.QueryChangeLogListRequest, now time.Time) iter.Seq[logged] {
	f := s.faults.ChangeLog
	if f.Empty {
		return func(func(logged) bool) {}
	}
	first, last := r.StartDate, r.EndDate
	if s.options.Readings.ChangeLogDates == "days" {
		first, last = wholeDays(first, last)
	}
	if f.Kept > 0 && first.Before(now.Add(-time.Duration(f.Kept))) {
		first = now.Add(-time.Duration(f.Kept))
	}
	asked := func(yield func(logged) bool) {
		for e := range s.changesSince(r.DomainName, first) {
			if within(e.at, first, last) && !e.shown.After(now) && !yield(e) {
				return
			}
		}
	}
	if f.Order == "" {
		return asked
	}
	all := slices.Collect(asked)
	if slices.Reverse(all); f.Order == MixedUp {
		slices.SortStableFunc(all, func(x, y logged) int { return cmp.Compare(x.place(), y.place()) })
	}
	return slices.Values(all)
}

// place is where an entry stands in a log that is mixed up.
func (e logged) place() uint64 {
	if e.detail == nil {
		return hash(e.name)
	}
	return hash(e.detail.no)
}

// wholeDays widens times to the days in which they are.
func wholeDays(first, last time.Time) (from, to time.Time) {
	if !first.IsZero() {
		first = wire.Midnight(first)
	}
	if !last.IsZero() {
		last = wire.Midnight(last).Add(day - time.Millisecond)
	}
	return first, last
}

// changesSince are the entries of a name, "" for all, the youngest first. Those of
// before a time may be missing.
func (s *Simulator) changesSince(name string, first time.Time) iter.Seq[logged] {
	list := s.log.all
	if name != "" {
		list = s.log.byName[name]
	}
	return func(yield func(logged) bool) {
		for _, e := range slices.Backward(list) {
			if !yield(e) {
				return
			}
		}
		for _, d := range slices.Backward(s.account.sortedBy(wire.ByRegistration)) {
			if d.Registered.Before(first) {
				return
			}
			if d.entered <= s.account.loaded && (name == "" || d.Name == name) && !yield(logged{name: d.Name, at: d.Registered, shown: d.Registered}) {
				return
			}
		}
	}
}

func (e logged) wire(lang wire.Lang) wire.ChangeLog {
	entry := wire.ChangeLog{DomainName: e.name, Result: inLanguage([2]string{"Succeeded", "成功"}, lang), Time: e.at}
	if e.detail == nil {
		entry.Operation = describe(wire.TaskRegister, lang)
		return entry
	}
	if e.detail.failure != "" {
		entry.Result = inLanguage([2]string{"Failed", "失败"}, lang)
	}
	entry.Operation, entry.Details, entry.OperationIPAddress = describe(e.detail.task.kind, lang), e.words(), e.detail.task.clientIP
	return entry
}

func (e logged) words() string {
	if e.to == "" {
		return e.from
	}
	return e.from + " -> " + e.to
}

// inLanguage picks the English or the Chinese text.
func inLanguage(texts [2]string, lang wire.Lang) string {
	if lang == wire.Chinese {
		return texts[1]
	}
	return texts[0]
}

// inWords says how what the effect changes stands, and how it would stand where
// that is known.
func (e effect) inWords(d *domain) (from, to string) {
	if e.words == nil || d == nil {
		return "", ""
	}
	if e.apply == nil {
		return e.words(&d.Domain), ""
	}
	would := d.Domain
	e.apply(&would)
	return e.words(&d.Domain), e.words(&would)
}
