package simulator

import (
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

func (s *Simulator) pollResults(c *call, r *wire.PollTaskResultRequest) (wire.Response, error) {
	found, total := s.results(c, r)
	answer := &wire.PollTaskResultResponse{
		Meta: c.meta(), Paged: paged(wire.Page{PageNum: r.PageNum, PageSize: r.PageSize}, total), Data: []wire.TaskDetail{},
	}
	for _, d := range found {
		answer.Data = append(answer.Data, d.wire(c.now, c.lang))
	}
	s.faults.disturb(c.hits, answer)
	return answer, nil
}

// results returns a page of the results that nobody has acknowledged, oldest
// first, and how many there are in all.
func (s *Simulator) results(c *call, r *wire.PollTaskResultRequest) (page []*detail, total int) {
	q := s.tasks.queue
	if t := s.tasks.byNo[r.TaskNo]; t != nil {
		q = queue{list: filter(t.details, func(d *detail) bool { return !d.ended.IsZero() && !d.acknowledged })}
		slices.SortStableFunc(q.list, func(x, y *detail) int { return x.ended.Compare(y.ended) })
	} else if r.TaskNo != "" {
		q = queue{}
	}
	if r.DomainName != "" || r.InstanceID != "" || r.TaskResultStatus != nil {
		q = queue{list: filter(q.list, func(d *detail) bool {
			return !d.acknowledged && (r.DomainName == "" || d.name == r.DomainName) &&
				(r.InstanceID == "" || d.instance == r.InstanceID) &&
				(r.TaskResultStatus == nil || d.status(c.now).Code() == wire.DetailCode(*r.TaskResultStatus))
		})}
	}
	return q.page(wire.Page{PageNum: r.PageNum, PageSize: r.PageSize})
}

func (s *Simulator) acknowledge(c *call, r *wire.AcknowledgeTaskResultRequest) (wire.Response, error) {
	answer := &wire.AcknowledgeTaskResultResponse{Meta: c.meta()}
	for _, no := range r.TaskDetailNo {
		if d := s.tasks.details[no]; d != nil && !d.ended.IsZero() && !d.acknowledged {
			s.tasks.queue.acknowledge(d)
			answer.Result++
		}
	}
	return answer, nil
}

// old reports whether a task has moved to the history.
func (s *Simulator) old(t *task, now time.Time) bool {
	return now.Sub(t.created) > s.options.HistoryAfter && t.status(now) == wire.TaskComplete
}

// newestFirst returns the tasks of the list or of the history that were saved
// on the days from first to last.
func (s *Simulator) newestFirst(c *call, old bool, first, last time.Time) []*task {
	found := filter(s.tasks.list, func(t *task) bool { return onDays(t.created, first, last) && s.old(t, c.now) == old })
	slices.Reverse(found)
	return found
}

func (s *Simulator) listTasks(c *call, r *wire.QueryTaskListRequest) (wire.Response, error) {
	if err := s.checkPage(r.PageSize); err != nil {
		return nil, err
	}
	found := s.newestFirst(c, false, r.BeginCreateTime, r.EndCreateTime)
	answer := &wire.QueryTaskListResponse{Meta: c.meta(), Paged: paged(r.Page, len(found)), Data: []wire.TaskInfo{}}
	from, to := bounds(r.Page, len(found))
	for _, t := range found[from:to] {
		answer.Data = append(answer.Data, t.info(c.now, c.lang))
	}
	return answer, nil
}

func (s *Simulator) taskHistory(c *call, r *wire.QueryTaskInfoHistoryRequest) (wire.Response, error) {
	if err := s.checkPage(r.PageSize); err != nil {
		return nil, err
	}
	found := s.newestFirst(c, true, r.BeginCreateTime, r.EndCreateTime)
	at := 0
	if r.TaskNoCursor != "" {
		at = cursor(found, func(t *task) bool { return t.no == r.TaskNoCursor })
	}
	history := func(i int) (w wire.TaskInfoHistory) {
		if i >= 0 && i < len(found) {
			w = found[i].history(c)
		}
		return w
	}
	answer := &wire.QueryTaskInfoHistoryResponse{
		Meta: c.meta(), PageSize: r.PageSize, Objects: []wire.TaskInfoHistory{},
		CurrentPageCursor: history(at), NextPageCursor: history(at + min(r.PageSize, len(found))),
	}
	if at > 0 {
		answer.PrePageCursor = history(max(0, at-r.PageSize))
	}
	for i := at; i < len(found) && i-at < r.PageSize; i++ {
		answer.Objects = append(answer.Objects, history(i))
	}
	return answer, nil
}

func (t *task) history(c *call) wire.TaskInfoHistory {
	i := t.info(c.now, c.lang)
	return wire.TaskInfoHistory{
		TaskNo: i.TaskNo, TaskType: i.TaskType, TaskTypeDescription: i.TaskTypeDescription, TaskNum: i.TaskNum,
		TaskStatus: i.TaskStatus, TaskStatusCode: i.TaskStatusCode,
		CreateTime: i.CreateTime, CreateTimeLong: i.CreateTime, ClientIP: i.ClientIP,
	}
}

// cursor returns where a page begins; one that leads nowhere is beyond the end.
func cursor[T any](list []T, is func(T) bool) int {
	if i := slices.IndexFunc(list, is); i >= 0 {
		return i
	}
	return len(list)
}

// detailsOf returns the details of a task that is or is not in the history.
func (s *Simulator) detailsOf(c *call, taskNo string, old bool, status *wire.DetailCode, name, instance string) []*detail {
	t := s.tasks.byNo[taskNo]
	if t == nil || s.old(t, c.now) != old {
		return nil
	}
	return filter(t.details, func(d *detail) bool {
		return (status == nil || d.status(c.now).Code() == *status) && (name == "" || d.name == name) &&
			(instance == "" || d.instance == instance)
	})
}

func (s *Simulator) listDetails(c *call, r *wire.QueryTaskDetailListRequest) (wire.Response, error) {
	page := wire.Page{PageNum: r.PageNum, PageSize: r.PageSize}
	found := s.detailsOf(c, r.TaskNo, false, r.TaskStatus, r.DomainName, r.InstanceID)
	answer := &wire.QueryTaskDetailListResponse{Meta: c.meta(), Paged: paged(page, len(found)), Data: []wire.TaskDetail{}}
	from, to := bounds(page, len(found))
	for _, d := range found[from:to] {
		answer.Data = append(answer.Data, d.wire(c.now, c.lang))
	}
	return answer, nil
}

func (s *Simulator) detailHistory(c *call, r *wire.QueryTaskDetailHistoryRequest) (wire.Response, error) {
	if err := s.checkPage(r.PageSize); err != nil {
		return nil, err
	}
	found := s.detailsOf(c, r.TaskNo, true, r.TaskStatus, r.DomainName, "")
	at := 0
	if r.TaskDetailNoCursor != "" {
		at = cursor(found, func(d *detail) bool { return d.no == r.TaskDetailNoCursor })
	}
	object := func(i int) (w wire.TaskDetail) {
		if i >= 0 && i < len(found) {
			w = found[i].wire(c.now, c.lang)
		}
		return w
	}
	answer := &wire.QueryTaskDetailHistoryResponse{
		Meta: c.meta(), PageSize: r.PageSize, Objects: []wire.TaskDetail{},
		CurrentPageCursor: object(at), NextPageCursor: object(at + min(r.PageSize, len(found))),
	}
	if at > 0 {
		answer.PrePageCursor = object(max(0, at-r.PageSize))
	}
	for i := at; i < len(found) && i-at < r.PageSize; i++ {
		answer.Objects = append(answer.Objects, object(i))
	}
	return answer, nil
}

func (s *Simulator) cancelTask(c *call, r *wire.CancelTaskRequest) (wire.Response, error) {
	t := s.tasks.byNo[r.TaskNo]
	if t == nil {
		return nil, refusal(400, "ParameterIllegal", "The task does not exist in this account.")
	}
	for _, d := range t.details {
		if d.ended.IsZero() {
			d.failure, t.cancelled = "The task was cancelled.", true
			s.finish(d, c.now)
		}
	}
	return &wire.CancelTaskResponse{Meta: c.meta()}, nil
}
