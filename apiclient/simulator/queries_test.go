package simulator_test

import (
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

const monthLater = 31 * day // when a task has moved to the history

// lock saves a task that locks example.com, and another one for a name that
// the account lacks.
func (w *world) lock() (first, second string) {
	w.Helper()
	save := func(names ...string) string {
		r := &wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: names, Status: true}
		return ask[wire.TaskResponse](w, r).TaskNo
	}
	return save("example.com", "example.net"), save("other.example")
}

// poll returns the names whose results are in the queue.
func (w *world) poll(r wire.PollTaskResultRequest) []string {
	w.Helper()
	r.PageNum, r.PageSize = 1, 10
	return detailNames(ask[wire.PollTaskResultResponse](w, &r).Data)
}

func detailNames(details []wire.TaskDetail) []string {
	names := []string{}
	for _, d := range details {
		names = append(names, d.DomainName)
	}
	return names
}

var taskBehaviours = map[string]behaviour{
	"PollTaskResult": {
		good: func(w *world) wire.Request {
			w.lock()
			return &wire.PollTaskResultRequest{PageNum: 1, PageSize: 2}
		},
		seen: seen(func(w *world, answer *wire.PollTaskResultResponse) {
			if got := detailNames(answer.Data); !slices.Equal(got, []string{"example.com", "example.net"}) || answer.TotalItemNum != 3 || !answer.NextPage {
				w.Errorf("got %+v", answer)
			}
			failed := wire.ResultFailure
			for want, r := range map[string]wire.PollTaskResultRequest{
				"example.net":   {DomainName: "example.net"},
				"example.com":   {InstanceID: "S1"},
				"other.example": {TaskResultStatus: &failed},
			} {
				if got := w.poll(r); !slices.Equal(got, []string{want}) {
					w.Errorf("%+v: got %v, want %s", r, got, want)
				}
			}
		}),
		others: map[string]func(w *world){
			"a task that does not exist": func(w *world) {
				w.lock()
				if got := w.poll(wire.PollTaskResultRequest{TaskNo: "none"}); len(got) != 0 {
					w.Errorf("got %v", got)
				}
			},
			"a detail that has not ended is not there": func(w *world) {
				w.slow(time.Minute)
				w.lock()
				if got := w.poll(wire.PollTaskResultRequest{}); len(got) != 0 {
					w.Errorf("got %v", got)
				}
				time.Sleep(time.Minute)
				if got := w.poll(wire.PollTaskResultRequest{}); len(got) != 3 {
					w.Errorf("got %v", got)
				}
			},
		},
	},
	"AcknowledgeTaskResult": {
		good: func(w *world) wire.Request {
			_, failed := w.lock()
			no := w.detail(failed).TaskDetailNo
			return &wire.AcknowledgeTaskResultRequest{TaskDetailNo: []string{no, no, "none"}}
		},
		seen: seen(func(w *world, answer *wire.AcknowledgeTaskResultResponse) {
			if got := w.poll(wire.PollTaskResultRequest{}); answer.Result != 1 || !slices.Equal(got, []string{"example.com", "example.net"}) {
				w.Errorf("%d were acknowledged, %v are left", answer.Result, got)
			}
			tasks := ask[wire.QueryTaskListResponse](w, &wire.QueryTaskListRequest{Page: wire.Page{PageNum: 1, PageSize: 1}}).Data
			if d := w.detail(tasks[0].TaskNo); d.DomainName != "other.example" {
				w.Errorf("the detail is gone, not only its result: %+v", d)
			}
		}),
	},
	"QueryTaskList": {
		good: func(w *world) wire.Request {
			w.lock()
			return &wire.QueryTaskListRequest{Page: wire.Page{PageNum: 1, PageSize: 1}}
		},
		seen: seen(func(w *world, answer *wire.QueryTaskListResponse) {
			if len(answer.Data) != 1 || answer.TotalItemNum != 2 || answer.Data[0].TaskNum != 1 || answer.Data[0].TaskType != wire.TaskTransferLock ||
				answer.Data[0].TaskStatus != wire.TaskComplete || answer.Data[0].ClientIP != "127.0.0.1" {
				w.Errorf("got %+v", answer)
			}
			time.Sleep(monthLater)
			if got := ask[wire.QueryTaskListResponse](w, &wire.QueryTaskListRequest{Page: wire.Page{PageNum: 1, PageSize: 1}}); got.TotalItemNum != 0 {
				w.Errorf("a month later: %+v", got)
			}
		}),
		others: map[string]func(w *world){
			"a day without tasks": func(w *world) {
				w.lock()
				r := &wire.QueryTaskListRequest{Page: wire.Page{PageNum: 1, PageSize: 1}, BeginCreateTime: time.Now().Add(day)}
				if got := ask[wire.QueryTaskListResponse](w, r); got.TotalItemNum != 0 {
					w.Errorf("got %+v", got)
				}
			},
		},
	},
	"QueryTaskInfoHistory": {
		good: func(w *world) wire.Request {
			w.lock()
			if got := ask[wire.QueryTaskInfoHistoryResponse](w, &wire.QueryTaskInfoHistoryRequest{PageSize: 1}); len(got.Objects) != 0 {
				w.Errorf("at once: %+v", got)
			}
			time.Sleep(monthLater)
			return &wire.QueryTaskInfoHistoryRequest{PageSize: 1}
		},
		seen: seen(func(w *world, answer *wire.QueryTaskInfoHistoryResponse) {
			next := ask[wire.QueryTaskInfoHistoryResponse](w, &wire.QueryTaskInfoHistoryRequest{
				PageSize: 1, TaskNoCursor: answer.NextPageCursor.TaskNo, CreateTimeCursor: answer.NextPageCursor.Created(),
			})
			if len(answer.Objects) != 1 || len(next.Objects) != 1 || answer.Objects[0].TaskNum != 1 || next.Objects[0].TaskNum != 2 ||
				next.NextPageCursor.TaskNo != "" || next.PrePageCursor.TaskNo != answer.Objects[0].TaskNo {
				w.Errorf("got %+v, then %+v", answer, next)
			}
		}),
		others: map[string]func(w *world){
			"a cursor that leads nowhere": func(w *world) {
				w.lock()
				time.Sleep(monthLater)
				r := &wire.QueryTaskInfoHistoryRequest{PageSize: 1, TaskNoCursor: "none"}
				if got := ask[wire.QueryTaskInfoHistoryResponse](w, r); len(got.Objects) != 0 {
					w.Errorf("got %+v", got)
				}
			},
		},
	},
	"QueryTaskDetailList": {
		good: func(w *world) wire.Request {
			first, _ := w.lock()
			return &wire.QueryTaskDetailListRequest{TaskNo: first, PageNum: 2, PageSize: 1}
		},
		seen: seen(func(w *world, answer *wire.QueryTaskDetailListResponse) {
			if got := detailNames(answer.Data); !slices.Equal(got, []string{"example.net"}) || answer.TotalItemNum != 2 || answer.Data[0].InstanceID != "S2" ||
				answer.Data[0].TaskStatus != wire.DetailSuccess || !answer.Data[0].UpdateTime.Equal(time.Now()) {
				w.Errorf("got %+v", answer)
			}
		}),
		others: map[string]func(w *world){
			"a task that does not exist": func(w *world) {
				r := &wire.QueryTaskDetailListRequest{TaskNo: "none", PageNum: 1, PageSize: 1}
				if got := ask[wire.QueryTaskDetailListResponse](w, r); len(got.Data) != 0 || got.TotalItemNum != 0 {
					w.Errorf("got %+v", got)
				}
			},
		},
	},
	"QueryTaskDetailHistory": {
		good: func(w *world) wire.Request {
			first, _ := w.lock()
			time.Sleep(monthLater)
			return &wire.QueryTaskDetailHistoryRequest{TaskNo: first, PageSize: 1}
		},
		seen: seen(func(w *world, answer *wire.QueryTaskDetailHistoryResponse) {
			r := &wire.QueryTaskDetailHistoryRequest{
				TaskNo: answer.CurrentPageCursor.TaskNo, PageSize: 1, TaskDetailNoCursor: answer.NextPageCursor.TaskDetailNo,
			}
			next := ask[wire.QueryTaskDetailHistoryResponse](w, r)
			if !slices.Equal(detailNames(answer.Objects), []string{"example.com"}) || !slices.Equal(detailNames(next.Objects), []string{"example.net"}) ||
				next.NextPageCursor.TaskDetailNo != "" {
				w.Errorf("got %+v, then %+v", answer, next)
			}
		}),
		others: map[string]func(w *world){
			"a task that is not old yet": func(w *world) {
				first, _ := w.lock()
				if got := ask[wire.QueryTaskDetailHistoryResponse](w, &wire.QueryTaskDetailHistoryRequest{TaskNo: first, PageSize: 1}); len(got.Objects) != 0 {
					w.Errorf("got %+v", got)
				}
			},
		},
	},
	"CancelTask": {
		good: func(w *world) wire.Request {
			w.slow(time.Hour)
			first, _ := w.lock()
			return &wire.CancelTaskRequest{TaskNo: first}
		},
		seen: func(w *world, _ wire.Response) {
			time.Sleep(time.Hour)
			tasks := ask[wire.QueryTaskListResponse](w, &wire.QueryTaskListRequest{Page: wire.Page{PageNum: 1, PageSize: 2}}).Data
			if tasks[0].TaskCancelStatus != wire.CancelNone || tasks[1].TaskCancelStatus != wire.CancelDone || tasks[1].TaskStatus != wire.TaskComplete {
				w.Errorf("got %+v", tasks)
			}
			for _, name := range []string{"example.com", "example.net"} {
				if w.domain(name).TransferProhibitionLock.On() {
					w.Errorf("%s was locked by a task that was cancelled", name)
				}
			}
			failed := wire.ResultFailure
			if got := w.poll(wire.PollTaskResultRequest{TaskResultStatus: &failed}); len(got) != 3 {
				w.Errorf("%v failed", got)
			}
		},
	},
}
