package wire

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
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
		"QueryAdvancedDomainList":     {"AdvancedDomainItem", 1, 200, false},
		"ScrollDomainList":            {"AdvancedDomainItem", 0, 500, true},
		"ListServerLock":              {"ServerLock", 1, 200, false},
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
				p.Size = map[string]int{"100": 100, "200": 200, "500": 500, "1000": 1000}[param.Value]
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

func TestPager(t *testing.T) {
	created := time.UnixMilli(1509528171123).UTC()
	day := time.Date(2017, 11, 1, 0, 0, 0, 0, time.UTC)
	listed := &QueryTaskDetailListRequest{PageNum: 1, PageSize: 10, TaskNo: "T"}
	second := &QueryTaskDetailListRequest{PageNum: 2, PageSize: 10, TaskNo: "T"}
	detail := []TaskDetail{{TaskDetailNo: "D-1"}}
	older := &QueryTaskInfoHistoryRequest{PageSize: 10, BeginCreateTime: day}
	tasks := []TaskInfoHistory{{TaskNo: "T-1"}}
	scrolled := []AdvancedDomainItem{{DomainItem: DomainItem{DomainName: "example.com"}}}
	for _, test := range []struct {
		name   string
		asked  Request
		answer Response
		want   Request
		err    string
	}{
		{"a page follows, whatever else is said", listed, &QueryTaskDetailListResponse{Data: detail, Paged: Paged{TotalItemNum: 30}}, second, ""},
		{"the last page, whatever else is said", listed, &QueryTaskDetailListResponse{Data: detail, Paged: Paged{TotalItemNum: 1, TotalPageNum: 1 << 62, NextPage: true}}, nil, ""},
		{"an empty list", listed, &QueryTaskDetailListResponse{}, nil, ""},
		{"a list that is not whole", listed, &QueryTaskDetailListResponse{Paged: Paged{TotalItemNum: 3}}, nil, "the list has 3 entries, and shows 0"},
		{"a list beyond all bounds", listed, &QueryTaskDetailListResponse{Data: detail, Paged: Paged{TotalItemNum: 1e9}}, nil, "1000000000 entries, more than any list has"},
		{"beyond the last page", second, &QueryTaskDetailListResponse{Paged: Paged{TotalItemNum: 10}}, nil, ""},
		{"a page that nobody began with the first", second, &QueryTaskDetailListResponse{Paged: Paged{TotalItemNum: 12}}, nil, ""},
		{
			"a cursor with the exact time", older,
			&QueryTaskInfoHistoryResponse{Objects: tasks, NextPageCursor: TaskInfoHistory{TaskNo: "T-9", CreateTime: day, CreateTimeLong: created}},
			&QueryTaskInfoHistoryRequest{PageSize: 10, BeginCreateTime: day, TaskNoCursor: "T-9", CreateTimeCursor: created}, "",
		},
		{
			"a cursor without it", older,
			&QueryTaskInfoHistoryResponse{Objects: tasks, NextPageCursor: TaskInfoHistory{TaskNo: "T-9", CreateTime: day}},
			&QueryTaskInfoHistoryRequest{PageSize: 10, BeginCreateTime: day, TaskNoCursor: "T-9", CreateTimeCursor: day}, "",
		},
		{"an empty cursor", older, &QueryTaskInfoHistoryResponse{Objects: tasks}, nil, ""},
		{
			"a cursor that leads on from nothing", older,
			&QueryTaskInfoHistoryResponse{NextPageCursor: TaskInfoHistory{TaskNo: "T-9", CreateTime: day}}, nil, "the list does not end",
		},
		{
			"a cursor that leads back",
			&QueryTaskDetailHistoryRequest{PageSize: 1, TaskNo: "T", TaskDetailNoCursor: "D", DomainNameCursor: "example.com"},
			&QueryTaskDetailHistoryResponse{Objects: detail, NextPageCursor: TaskDetail{TaskDetailNo: "D", DomainName: "example.com"}}, nil, "",
		},
		{
			"details by cursor",
			&QueryTaskDetailHistoryRequest{PageSize: 1, TaskNo: "T"},
			&QueryTaskDetailHistoryResponse{Objects: detail, NextPageCursor: TaskDetail{TaskDetailNo: "D", DomainName: "example.com"}},
			&QueryTaskDetailHistoryRequest{PageSize: 1, TaskNo: "T", TaskDetailNoCursor: "D", DomainNameCursor: "example.com"}, "",
		},
		{
			"a scroll that begins without names", &ScrollDomainListRequest{PageSize: 10, NameFilter: NameFilter{KeyWord: "ex"}},
			&ScrollDomainListResponse{ScrollID: "S1"}, &ScrollDomainListRequest{PageSize: 10, NameFilter: NameFilter{KeyWord: "ex"}, ScrollID: "S1"}, "",
		},
		{
			"a scroll goes on", &ScrollDomainListRequest{PageSize: 1, ScrollID: "S1"},
			&ScrollDomainListResponse{ScrollID: "S2", TotalItemNum: 2, Data: scrolled}, &ScrollDomainListRequest{PageSize: 1, ScrollID: "S2"}, "",
		},
		{"a scroll goes on that tells no total", &ScrollDomainListRequest{PageSize: 1, ScrollID: "S1"}, &ScrollDomainListResponse{ScrollID: "S1", Data: scrolled}, &ScrollDomainListRequest{PageSize: 1, ScrollID: "S1"}, ""},
		{"a scroll has ended", &ScrollDomainListRequest{PageSize: 1, ScrollID: "S1"}, &ScrollDomainListResponse{ScrollID: "S1", TotalItemNum: 1, Data: scrolled}, nil, ""},
		{"an operation without pages", &CheckDomainRequest{}, &CheckDomainResponse{}, nil, ""},
	} {
		p := NewPager(test.asked, 0)
		err := p.Take(test.answer)
		if diff := cmp.Diff(test.want, p.Next()); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: error %v, want %q", test.name, err, test.err)
		}
	}
}

// TestPagersEnd walks over lists that never end by themselves: of pages that
// repeat themselves, and of entries that are always new.
func TestPagersEnd(t *testing.T) {
	for _, o := range Operations() {
		f := o.Entries()
		if f == nil {
			continue
		}
		for _, novel := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/novel=%v", o.Name, novel), func(t *testing.T) {
				p := NewPager(o.NewRequest(), 1000)
				p.most = 20_000
				answer := o.NewResponse()
				v := reflect.ValueOf(answer).Elem()
				list := reflect.MakeSlice(v.FieldByIndex(f.index).Type(), 1000, 1000)
				v.FieldByIndex(f.index).Set(list)
				calls, n := 0, 0
				var err error
				for p.Next() != nil && err == nil {
					calls++
					for i := range list.Len() {
						if novel || calls == 1 {
							n++
							numbered(f.Members, list.Index(i), n)
						}
					}
					if total := v.FieldByName("TotalItemNum"); total.IsValid() {
						total.SetInt(int64(n + 1))
					} else {
						numbered(o.pages.next.Members, v.FieldByIndex(o.pages.next.index), calls)
					}
					err = p.Take(answer)
				}
				if err == nil && !f.Twins {
					t.Error("a list without an end was taken for a whole one")
				}
				if want := 2; !novel && calls != want || novel && calls > 55 {
					t.Errorf("%d calls", calls)
				}
			})
		}
	}
}

// numbered tells a row from others.
func numbered(s *Schema, row reflect.Value, n int) {
	for i := range s.Fields {
		if f := &s.Fields[i]; f.Kind == String && f.Known == nil && !f.List {
			row.FieldByIndex(f.index).SetString(strconv.Itoa(n))
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
