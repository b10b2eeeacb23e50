package wire

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPagedOperations lists the operations that answer page by page, with the
// type of an entry and the page that is asked for.
func TestPagedOperations(t *testing.T) {
	type paged struct {
		Entry         string
		Number, Size  int
		ByCursorAlone bool
	}
	want := map[string]paged{
		"QueryDomainList":             {"DomainItem", 1, 200, false},
		"QueryTaskList":               {"TaskInfo", 1, 200, false},
		"QueryTransferInList":         {"TransferIn", 1, 200, false},
		"QueryOperationAuditInfoList": {"OperationAuditItem", 1, 200, false},
		"PollTaskResult":              {"TaskDetail", 1, 1000, false},
		"QueryTaskDetailList":         {"TaskDetail", 1, 1000, false},
		"ListEmailVerification":       {"EmailVerification", 1, 1000, false},
		"QueryRegistrantProfiles":     {"RegistrantProfile", 1, 1000, false},
		"QueryChangeLogList":          {"ChangeLog", 1, 100, false},
		"QueryTaskInfoHistory":        {"TaskInfoHistory", 0, 200, true},
		"QueryTaskDetailHistory":      {"TaskDetail", 0, 200, true},
	}
	have := map[string]paged{}
	for _, o := range Operations() {
		if o.Entries() == nil {
			continue
		}
		p := paged{Entry: o.EntryType().Name(), ByCursorAlone: o.Request.Field("PageNum") == nil}
		for _, param := range Params(FirstPage(o.NewRequest(), 0)) {
			switch param.Name {
			case "PageNum":
				p.Number = 1
			case "PageSize":
				p.Size = map[string]int{"100": 100, "200": 200, "1000": 1000}[param.Value]
			}
		}
		have[o.Name] = p
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

func TestFirstPageKeepsWhatIsAskedFor(t *testing.T) {
	asked := &QueryDomainListRequest{Page: Page{PageNum: 3, PageSize: 7}, DomainName: "example"}
	if diff := cmp.Diff(Request(asked), FirstPage(asked, 9)); diff != "" {
		t.Error(diff)
	}
	empty := &QueryDomainListRequest{}
	if FirstPage(empty, 0); *empty != (QueryDomainListRequest{}) {
		t.Errorf("the request was changed: %+v", empty)
	}
	if first := FirstPage(empty, 9).(*QueryDomainListRequest); first.PageSize != 9 || first.PageNum != 1 {
		t.Errorf("the first page is %+v", first)
	}
	if first := FirstPage(new(PollTaskResultRequest), 9).(*PollTaskResultRequest); first.PageSize != 1000 {
		t.Errorf("a list whose most is known has pages of %d", first.PageSize)
	}
	one := &QueryDomainByDomainNameRequest{DomainName: "example.com"}
	if diff := cmp.Diff(Request(one), FirstPage(one, 9)); diff != "" {
		t.Error(diff)
	}
}

func TestNextPage(t *testing.T) {
	created := time.UnixMilli(1509528171123).UTC()
	day := time.Date(2017, 11, 1, 0, 0, 0, 0, time.UTC)
	listed := &QueryTaskDetailListRequest{PageNum: 2, PageSize: 10, TaskNo: "T"}
	older := &QueryTaskInfoHistoryRequest{PageSize: 10, BeginCreateTime: day}
	for _, test := range []struct {
		name   string
		asked  Request
		answer Response
		want   Request
	}{
		{"a page follows, whatever NextPage says", listed, &QueryTaskDetailListResponse{Paged: Paged{TotalPageNum: 3}}, &QueryTaskDetailListRequest{PageNum: 3, PageSize: 10, TaskNo: "T"}},
		{"the last page", listed, &QueryTaskDetailListResponse{Paged: Paged{TotalPageNum: 2, NextPage: true}}, nil},
		{"beyond the last page", listed, &QueryTaskDetailListResponse{}, nil},
		{
			"a cursor with the exact time", older,
			&QueryTaskInfoHistoryResponse{NextPageCursor: TaskInfoHistory{TaskNo: "T-9", CreateTime: day, CreateTimeLong: created}},
			&QueryTaskInfoHistoryRequest{PageSize: 10, BeginCreateTime: day, TaskNoCursor: "T-9", CreateTimeCursor: created},
		},
		{
			"a cursor without it", older,
			&QueryTaskInfoHistoryResponse{NextPageCursor: TaskInfoHistory{TaskNo: "T-9", CreateTime: day}},
			&QueryTaskInfoHistoryRequest{PageSize: 10, BeginCreateTime: day, TaskNoCursor: "T-9", CreateTimeCursor: day},
		},
		{"an empty cursor", older, &QueryTaskInfoHistoryResponse{}, nil},
		{
			"a cursor that leads back",
			&QueryTaskDetailHistoryRequest{PageSize: 1, TaskNo: "T", TaskDetailNoCursor: "D", DomainNameCursor: "example.com"},
			&QueryTaskDetailHistoryResponse{NextPageCursor: TaskDetail{TaskDetailNo: "D", DomainName: "example.com"}}, nil,
		},
		{
			"details by cursor",
			&QueryTaskDetailHistoryRequest{PageSize: 1, TaskNo: "T"},
			&QueryTaskDetailHistoryResponse{NextPageCursor: TaskDetail{TaskDetailNo: "D", DomainName: "example.com"}},
			&QueryTaskDetailHistoryRequest{PageSize: 1, TaskNo: "T", TaskDetailNoCursor: "D", DomainNameCursor: "example.com"},
		},
		{"an operation without pages", &CheckDomainRequest{}, &CheckDomainResponse{}, nil},
	} {
		if diff := cmp.Diff(test.want, NextPage(test.asked, test.answer)); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

func TestNarrow(t *testing.T) {
	second := func(n int64) time.Time { return time.Unix(n, 0).UTC() }
	limited := &QueryChangeLogListResponse{ResultLimit: true}
	rising := &QueryChangeLogListResponse{ResultLimit: true, Data: []ChangeLog{{Time: second(100)}, {Time: second(101)}}}
	between := func(from, to time.Time) Request {
		return &QueryChangeLogListRequest{PageNum: 1, PageSize: 100, StartDate: from, EndDate: to, DomainName: "example.com"}
	}
	const tick, day = time.Millisecond, 24 * time.Hour
	none, midnight := time.Time{}, time.Date(2026, 2, 3, 16, 0, 0, 0, time.UTC) // in UTC+8
	for _, test := range []struct {
		name   string
		asked  Request
		answer Response
		want   []Request
	}{
		{"all is seen", between(second(100), second(200)), &QueryChangeLogListResponse{}, nil},
		{"newest first", between(second(100), second(200)), limited, []Request{between(second(150), second(200)), between(second(100), second(150).Add(-tick))}},
		{"oldest first", between(second(100), second(200)), rising, []Request{between(second(100), second(150).Add(-tick)), between(second(150), second(200))}},
		{"no bounds", between(none, none), limited, []Request{between(second(500), none), between(none, second(500).Add(-tick))}},
		{"two seconds", between(second(100), second(101)), limited, []Request{between(second(101), second(101)), between(second(100), second(101).Add(-tick))}},
		{"one second", between(second(100), second(101).Add(-tick)), limited, []Request{between(second(100).Add(499*tick), second(101).Add(-tick)), between(second(100), second(100).Add(498*tick))}},
		{"two milliseconds", between(second(100), second(100).Add(tick)), limited, []Request{between(second(100).Add(tick), second(100).Add(tick)), between(second(100), second(100))}},
		{"days", between(midnight.Add(-3*day-1), midnight.Add(5*day)), limited, []Request{between(midnight, midnight.Add(5*day)), between(midnight.Add(-3*day-1), midnight.Add(-tick))}},
		{"two days", between(midnight.Add(-20*time.Hour), midnight), limited, []Request{between(midnight, midnight), between(midnight.Add(-20*time.Hour), midnight.Add(-tick))}},
		{"one day", between(midnight, midnight.Add(day-tick)), limited, []Request{between(midnight.Add(day/2-time.Second), midnight.Add(day-tick)), between(midnight, midnight.Add(day/2-time.Second-tick))}},
		{"another operation", &QueryTaskListRequest{}, &QueryTaskListResponse{}, nil},
	} {
		got, err := Narrow(test.asked, test.answer, second(1000))
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", test.name, err, diff)
		}
	}
	if got, err := Narrow(between(second(100), second(100).Add(tick-1)), limited, second(1000)); err == nil {
		t.Errorf("one millisecond is divided into %v", got)
	}
	if got, err := Narrow(&QueryChangeLogListRequest{PageNum: 2, PageSize: 100}, limited, second(1000)); err == nil {
		t.Errorf("a list that is seen from its second page on is divided into %v", got)
	}
}
