package simulator

import (
	"slices"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// logged is a detail that has ended, and what it changed.
type logged struct {
	detail   *detail
	from, to string
}

// changeLog holds what became of every detail, oldest first.
type changeLog struct {
	all    []logged
	byName map[string][]logged
}

func (l *changeLog) add(d *detail, from, to string) {
	if l.byName == nil {
		l.byName = make(map[string][]logged)
	}
	e := logged{d, from, to}
	l.all = append(l.all, e)
	l.byName[d.name] = append(l.byName[d.name], e)
}

// logLimit is how many entries a query of the change log sees.
const logLimit = 1000

// changes answers with the youngest entries first.
func (s *Simulator) changes(c *call, r *wire.QueryChangeLogListRequest) (wire.Response, error) {
	list := s.log.all
	if r.DomainName != "" {
		list = s.log.byName[r.DomainName]
	}
	var found []logged
	limited := false
	for _, e := range slices.Backward(list) {
		if !within(e.detail.ended, r.StartDate, r.EndDate) {
			continue
		}
		if limited = len(found) == logLimit; limited {
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

func (e logged) wire(lang wire.Lang) wire.ChangeLog {
	result := [2]string{"Succeeded", "成功"}
	if e.detail.failure != "" {
		result = [2]string{"Failed", "失败"}
	}
	return wire.ChangeLog{
		DomainName: e.detail.name, Operation: describe(e.detail.task.kind, lang), Details: e.words(),
		Result: inLanguage(result, lang), OperationIPAddress: e.detail.task.clientIP, Time: e.detail.ended,
	}
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
