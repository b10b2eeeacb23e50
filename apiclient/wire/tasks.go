package wire

import "time"

// TaskDetail is one name in a task.
type TaskDetail struct {
	TaskNo              string       `wire:"TaskNo" doc:"the task"`
	TaskDetailNo        string       `wire:"TaskDetailNo" doc:"the detail"`
	TaskType            TaskType     `wire:"TaskType" doc:"what the task does"`
	TaskTypeDescription string       `wire:"TaskTypeDescription,prose" doc:"the same in words"`
	TaskStatus          DetailStatus `wire:"TaskStatus" doc:"the detail's state"`
	TaskStatusCode      DetailCode   `wire:"TaskStatusCode" doc:"the state as a number, 0 to 3"`
	TaskResult          string       `wire:"TaskResult,secret" doc:"a value that the task made, such as a transfer key"`
	DomainName          string       `wire:"DomainName,idna" doc:"the name"`
	InstanceID          string       `wire:"InstanceId" doc:"the name's instance"`
	ErrorMsg            string       `wire:"ErrorMsg,prose" doc:"the result in words, success included"`
	FailReason          string       `wire:"FailReason,prose,newer" doc:"the failure in words"`
	TryCount            int          `wire:"TryCount" doc:"how often the service tried again"`
	CreateTime          time.Time    `wire:"CreateTime,layout=second" doc:"when the task was saved"`
	UpdateTime          time.Time    `wire:"UpdateTime,layout=second" doc:"when the detail changed last"`
}

// Status returns the detail's state, from its code where the text is missing.
func (d *TaskDetail) Status() DetailStatus {
	known := d.TaskStatus.Known()
	if d.TaskStatus == "" && d.TaskStatusCode > 0 && int(d.TaskStatusCode) < len(known) {
		return DetailStatus(known[d.TaskStatusCode])
	}
	return d.TaskStatus
}

// PollTaskResultRequest asks for results that nobody has acknowledged, of the
// whole account: other programs and people have theirs in the same queue.
type PollTaskResultRequest struct {
	PageNum          int         `wire:"PageNum,required,min=1" doc:"page to return, from 1"`
	PageSize         int         `wire:"PageSize,required,min=1,max=1000" doc:"entries of a page"`
	TaskNo           string      `wire:"TaskNo" doc:"only details of this task"`
	DomainName       string      `wire:"DomainName,idna" doc:"only details of this name"`
	InstanceID       string      `wire:"InstanceId" doc:"only details of this instance"`
	TaskResultStatus *ResultCode `wire:"TaskResultStatus" doc:"only successes (2) or failures (3)"`
	Common
}

// PollTaskResultResponse is a page of results.
type PollTaskResultResponse struct {
	Meta
	Paged
	Data []TaskDetail `wire:"Data,must,item=TaskDetail" doc:"the results of the page"`
}

// AcknowledgeTaskResultRequest takes results off the queue.
type AcknowledgeTaskResultRequest struct {
	TaskDetailNo []string `wire:"TaskDetailNo,required,batch,items=13" doc:"the details that were read"`
	Common
}

// AcknowledgeTaskResultResponse says how many results were taken off.
type AcknowledgeTaskResultResponse struct {
	Meta
	Result int `wire:"Result,must" doc:"details that were acknowledged"`
}

// QueryTaskListRequest asks for a page of the account's tasks, newest first.
type QueryTaskListRequest struct {
	Page
	BeginCreateTime time.Time `wire:"BeginCreateTime,ms" doc:"saved on this day or later"`
	EndCreateTime   time.Time `wire:"EndCreateTime,ms" doc:"saved on this day or before"`
	Common
}

// QueryTaskListResponse is a page of tasks.
type QueryTaskListResponse struct {
	Meta
	Paged
	Data []TaskInfo `wire:"Data,must,item=TaskInfo" doc:"the tasks of the page"`
}

// TaskInfo is one task of the account.
type TaskInfo struct {
	TaskNo               string       `wire:"TaskNo,must" doc:"the task"`
	TaskType             TaskType     `wire:"TaskType" doc:"what the task does"`
	TaskTypeDescription  string       `wire:"TaskTypeDescription,prose" doc:"the same in words"`
	TaskNum              int          `wire:"TaskNum" doc:"names in the task"`
	TaskStatus           TaskStatus   `wire:"TaskStatus" doc:"the task's state"`
	TaskStatusCode       TaskCode     `wire:"TaskStatusCode" doc:"the state as a number, 1 to 3"`
	TaskCancelStatus     CancelStatus `wire:"TaskCancelStatus" doc:"whether it is being cancelled"`
	TaskCancelStatusCode CancelCode   `wire:"TaskCancelStatusCode" doc:"the same as a number, 0 to 2"`
	CreateTime           time.Time    `wire:"CreateTime,layout=task" doc:"when it was saved"`
	ClientIP             string       `wire:"Clientip" doc:"address of the submitter"`
}

// CreatedAt returns when the task was saved: the list tells a text alone, of
// which nobody knows the zone.
func (t *TaskInfo) CreatedAt() Span { return either(t.CreateTime) }

// QueryTaskInfoHistoryRequest asks for a page of older tasks, newest first.
type QueryTaskInfoHistoryRequest struct {
	PageSize         int       `wire:"PageSize,required,min=1" doc:"entries of a page"`
	TaskNoCursor     string    `wire:"TaskNoCursor" doc:"TaskNo of the page cursor to go to"`
	CreateTimeCursor time.Time `wire:"CreateTimeCursor,ms" doc:"CreateTimeLong of that cursor"`
	BeginCreateTime  time.Time `wire:"BeginCreateTime,ms" doc:"saved on this day or later"`
	EndCreateTime    time.Time `wire:"EndCreateTime,ms" doc:"saved on this day or before"`
	Common
}

// QueryTaskInfoHistoryResponse is a page of older tasks. A cursor without a
// task number leads nowhere.
type QueryTaskInfoHistoryResponse struct {
	Meta
	PageSize          int               `wire:"PageSize" doc:"entries of a page"`
	Objects           []TaskInfoHistory `wire:"Objects,must,item=TaskInfoHistory,bare" doc:"the tasks of the page"`
	CurrentPageCursor TaskInfoHistory   `wire:"CurrentPageCursor" doc:"where this page begins"`
	NextPageCursor    TaskInfoHistory   `wire:"NextPageCursor,must" doc:"where the next page begins"`
	PrePageCursor     TaskInfoHistory   `wire:"PrePageCursor" doc:"where the page before begins"`
}

// TaskInfoHistory is one older task, and the cursor to it.
type TaskInfoHistory struct {
	TaskNo              string     `wire:"TaskNo,must" doc:"the task"`
	TaskType            TaskType   `wire:"TaskType" doc:"what the task does"`
	TaskTypeDescription string     `wire:"TaskTypeDescription,prose" doc:"the same in words"`
	TaskNum             int        `wire:"TaskNum" doc:"names in the task"`
	TaskStatus          TaskStatus `wire:"TaskStatus" doc:"the task's state"`
	TaskStatusCode      TaskCode   `wire:"TaskStatusCode" doc:"the state as a number, 1 to 3"`
	CreateTime          time.Time  `wire:"CreateTime,layout=second" doc:"when it was saved"`
	CreateTimeLong      time.Time  `wire:"CreateTimeLong,ms" doc:"the same, exactly"`
	ClientIP            string     `wire:"Clientip" doc:"address of the submitter"`
}

// Created returns when the task was saved.
func (t *TaskInfoHistory) Created() time.Time { return first(t.CreateTimeLong, t.CreateTime) }

// CreatedAt returns when the task was saved, and both readings of a text where
// that is all the answer tells.
func (t *TaskInfoHistory) CreatedAt() Span { return exactly(t.CreateTimeLong, either(t.CreateTime)) }

// QueryTaskDetailListRequest asks for a page of a task's details, results that
// were acknowledged included.
type QueryTaskDetailListRequest struct {
	PageNum    int         `wire:"PageNum,required,min=1" doc:"page to return, from 1"`
	PageSize   int         `wire:"PageSize,required,min=1,max=1000" doc:"entries of a page"`
	TaskNo     string      `wire:"TaskNo,required" doc:"the task"`
	TaskStatus *DetailCode `wire:"TaskStatus" doc:"only details in this state, by its code"`
	DomainName string      `wire:"DomainName,idna" doc:"only details of this name"`
	InstanceID string      `wire:"InstanceId" doc:"only details of this instance"`
	Common
}

// QueryTaskDetailListResponse is a page of a task's details.
type QueryTaskDetailListResponse struct {
	Meta
	Paged
	Data []TaskDetail `wire:"Data,must,item=TaskDetail" doc:"the details of the page"`
}

// QueryTaskDetailHistoryRequest asks for a page of an older task's details.
type QueryTaskDetailHistoryRequest struct {
	PageSize           int         `wire:"PageSize,required,min=1" doc:"entries of a page"`
	TaskNo             string      `wire:"TaskNo,required" doc:"the task"`
	TaskStatus         *DetailCode `wire:"TaskStatus" doc:"only details in this state, by its code"`
	DomainName         string      `wire:"DomainName,idna" doc:"only details of this name"`
	TaskDetailNoCursor string      `wire:"TaskDetailNoCursor" doc:"TaskDetailNo of the page cursor to go to"`
	DomainNameCursor   string      `wire:"DomainNameCursor,idna" doc:"DomainName of that cursor"`
	Common
}

// QueryTaskDetailHistoryResponse is a page of an older task's details. A
// cursor without a detail number leads nowhere.
type QueryTaskDetailHistoryResponse struct {
	Meta
	PageSize          int          `wire:"PageSize" doc:"entries of a page"`
	Objects           []TaskDetail `wire:"Objects,must,item=TaskDetailHistory,bare" doc:"the details of the page"`
	CurrentPageCursor TaskDetail   `wire:"CurrentPageCursor" doc:"where this page begins"`
	NextPageCursor    TaskDetail   `wire:"NextPageCursor,must" doc:"where the next page begins"`
	PrePageCursor     TaskDetail   `wire:"PrePageCursor" doc:"where the page before begins"`
}

// CancelTaskRequest cancels what of a task has not ended.
type CancelTaskRequest struct {
	TaskNo string `wire:"TaskNo,required" doc:"the task"`
	Common
}

// CancelTaskResponse says that the cancellation was taken. Real answers wrap
// it and repeat the signed request; nothing of that is kept.
type CancelTaskResponse struct{ Meta }

// lacking returns the member without which nothing shows that the service
// answered.
func (r *CancelTaskResponse) lacking() string { return r.lackingID() }
