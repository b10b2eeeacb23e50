package simulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

const (
	setDNS       = "SaveBatchTaskForModifyingDomainDns"
	transferLock = "SaveBatchTaskForTransferProhibitionLock"
	updateLock   = "SaveBatchTaskForUpdateProhibitionLock"
)

// save makes a batch call and returns its task.
func (c *client) save(operation string, names []string, params ...string) string {
	c.t.Helper()
	return call[wire.TaskResponse](c, slices.Concat([]string{operation}, list("DomainName", names...), params)...).TaskNo
}

func dns(servers ...string) []string {
	return append(list("DomainNameServer", servers...), "AliyunDns=false")
}

func (c *client) details(taskNo string) []wire.TaskDetail {
	c.t.Helper()
	return call[wire.QueryTaskDetailListResponse](c, "QueryTaskDetailList", "TaskNo="+taskNo, "PageNum=1", "PageSize=1000").Data
}

func (c *client) poll(params ...string) []wire.TaskDetail {
	c.t.Helper()
	return call[wire.PollTaskResultResponse](c, append([]string{"PollTaskResult", "PageNum=1", "PageSize=1000"}, params...)...).Data
}

func (c *client) info(name string) wire.DomainInfo {
	c.t.Helper()
	return call[wire.QueryDomainByDomainNameResponse](c, "QueryDomainByDomainName", "DomainName="+name).DomainInfo
}

func TestBatchesChangeTheAccount(t *testing.T) {
	t.Parallel()
	s, c := inProcess(t, simulator.Options{Account: three()})
	c.save(setDNS, []string{"example.net", "bücher.example"}, dns("NS2.example.org.", "ns1.example.org", "ns1.example.org")...)
	c.save(transferLock, []string{"example.net"}, "Status=true")
	c.save(updateLock, []string{"example.com"}, "Status=false")
	if got, want := c.info("example.net").DNSList, []string{"ns1.example.org", "ns2.example.org"}; !slices.Equal(got, want) {
		t.Errorf("nameservers %v, want %v", got, want)
	}
	if got := c.info("example.net").TransferProhibitionLock; got != wire.LockOn {
		t.Errorf("transfer lock %s", got)
	}
	if got := c.info("example.com").UpdateProhibitionLock; got != wire.LockOff {
		t.Errorf("update lock %s", got)
	}
	c.save(setDNS, []string{"example.net"}, "AliyunDns=true")
	for _, host := range c.info("example.net").DNSList {
		if !strings.HasSuffix(host, ".hichina.com") {
			t.Errorf("nameserver %s", host)
		}
	}
	saved := func(r wire.Request, name string) string { return wire.Key(r) + "&DomainName=" + name }
	servers := &wire.SaveBatchTaskForModifyingDomainDnsRequest{DomainNameServer: []string{"ns2.example.org", "ns1.example.org", "ns1.example.org"}}
	want := map[string]int{
		saved(servers, "example.net"):           1,
		saved(servers, "xn--bcher-kva.example"): 1,
		saved(&wire.SaveBatchTaskForModifyingDomainDnsRequest{AliyunDNS: true}, "example.net"):   1,
		saved(&wire.SaveBatchTaskForTransferProhibitionLockRequest{Status: true}, "example.net"): 1,
		saved(&wire.SaveBatchTaskForUpdateProhibitionLockRequest{}, "example.com"):               1,
	}
	if diff := cmp.Diff(want, s.Saved()); diff != "" {
		t.Errorf("saved: (-want +got)\n%s", diff)
	}
}

func TestDetailsFailOneByOne(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{Account: three()})
	task := c.save(setDNS, []string{"example.com", "other.example", "example.net", "example.net"}, dns("ns1.example.org")...)
	var got []string
	for _, d := range c.details(task) {
		got = append(got, fmt.Sprint(d.DomainName, " ", d.InstanceID, " ", d.TaskStatus, " ", d.TaskStatusCode, " ", d.TryCount, " ", d.ErrorMsg))
	}
	want := []string{
		"example.com S1 EXECUTE_FAILURE 3 5 The domain name is locked: update prohibited.",
		"other.example  EXECUTE_FAILURE 3 5 The domain name does not exist in this account.",
		"example.net S2 EXECUTE_SUCCESS 2 0 The operation is successful.",
		"example.net S2 EXECUTE_FAILURE 3 5 Another task of the domain name is being processed.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := c.info("example.com").DNSList; !slices.Equal(got, three().Domains[0].Nameservers) {
		t.Errorf("a locked name changed to %v", got)
	}
}

func TestResultsStayUntilTheyAreAcknowledged(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{Account: portfolio(30)})
	var names []string
	for _, d := range portfolio(30).Domains {
		names = append(names, d.Name)
	}
	first := c.save(transferLock, names[:20], "Status=true")
	second := c.save(setDNS, append(names[20:], "other.example"), dns("ns1.example.org")...)
	for _, test := range []struct {
		params []string
		want   int
	}{
		{nil, 31},
		{[]string{"TaskNo=" + first}, 20},
		{[]string{"TaskNo=" + second}, 11},
		{[]string{"TaskNo=none"}, 0},
		{[]string{"TaskResultStatus=3"}, 1},
		{[]string{"TaskResultStatus=2", "TaskNo=" + second}, 10},
		{[]string{"DomainName=" + names[3]}, 1},
		{[]string{"InstanceId=" + c.info(names[3]).InstanceID}, 1},
	} {
		if got := len(c.poll(test.params...)); got != test.want {
			t.Errorf("%v: %d results, want %d", test.params, got, test.want)
		}
	}
	for left := 31; left > 0; {
		page := c.poll()
		if len(page) != left {
			t.Fatalf("%d results, want %d", len(page), left)
		}
		var nos []string
		for _, d := range page[:min(13, left)] {
			nos = append(nos, d.TaskDetailNo)
		}
		params := append([]string{"AcknowledgeTaskResult"}, list("TaskDetailNo", nos...)...)
		if got := call[wire.AcknowledgeTaskResultResponse](c, params...).Result; got != len(nos) {
			t.Errorf("acknowledged %d of %d", got, len(nos))
		}
		if got := call[wire.AcknowledgeTaskResultResponse](c, params...).Result; got != 0 {
			t.Errorf("acknowledged %d once more", got)
		}
		left -= len(nos)
	}
	if got := len(c.details(first)); got != 20 {
		t.Errorf("the detail list shows %d of 20 after the acknowledgement", got)
	}
}

func TestDetailsTakeTheirTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, c := inProcess(t, simulator.Options{Account: three(), Seed: 7, Faults: simulator.Faults{
			Durations: map[wire.TaskType]simulator.Range{wire.TaskChangeDNS: {Min: 4 * time.Second, Max: 14 * time.Minute}, "*": {Min: time.Second}},
		}})
		task := c.save(setDNS, []string{"example.net"}, dns("ns1.example.org")...)
		state := func() string {
			d := c.details(task)[0]
			i := call[wire.QueryTaskListResponse](c, "QueryTaskList", "PageNum=1", "PageSize=1").Data[0]
			return fmt.Sprint(d.TaskStatus, " ", d.TaskStatusCode, " ", i.TaskStatus, " ", i.TaskStatusCode, " ", len(s.Results()))
		}
		if got := state(); got != "WAITING_EXECUTE 0 WAITING_EXECUTE 1 0" {
			t.Error("at once:", got)
		}
		time.Sleep(3 * time.Second)
		if got := state(); got != "EXECUTING 1 EXECUTING 2 0" {
			t.Error("after 3 s:", got)
		}
		conflict := c.save(setDNS, []string{"example.net"}, dns("ns9.example.org")...)
		beside := c.save(transferLock, []string{"example.net"}, "Status=true")
		time.Sleep(15 * time.Minute)
		if got := state(); got != "EXECUTE_SUCCESS 2 EXECUTING 2 3" && got != "EXECUTE_SUCCESS 2 COMPLETE 3 3" {
			t.Error("after 15 minutes:", got)
		}
		if d := c.details(conflict)[0]; d.TaskStatus != wire.DetailFailure || !strings.Contains(d.ErrorMsg, "being processed") {
			t.Errorf("the second of two tasks on one name: %+v", d)
		}
		if d := c.details(beside)[0]; d.TaskStatus != wire.DetailSuccess || d.UpdateTime.Sub(d.CreateTime) != time.Second {
			t.Errorf("a lock beside it: %+v", d)
		}
		if got := c.info("example.net").DNSList; !slices.Equal(got, []string{"ns1.example.org"}) {
			t.Errorf("nameservers %v", got)
		}
	})
}

func TestCancelStopsWhatHasNotEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, c := inProcess(t, simulator.Options{Account: three(), Faults: simulator.Faults{
			Rules: []simulator.Fault{{Kind: simulator.Stall, Names: []string{"example.net"}}},
		}})
		task := c.save(transferLock, []string{"example.com", "example.net"}, "Status=true")
		time.Sleep(29 * 24 * time.Hour)
		if got := len(s.Results()); got != 1 {
			t.Errorf("%d results of a task that hangs", got)
		}
		call[wire.CancelTaskResponse](c, "CancelTask", "TaskNo="+task)
		d := c.details(task)
		if d[0].TaskStatus != wire.DetailSuccess || d[1].TaskStatus != wire.DetailFailure || !strings.Contains(d[1].ErrorMsg, "cancelled") {
			t.Errorf("got %+v", d)
		}
		i := s.Tasks()[0]
		if i.TaskCancelStatus != wire.CancelDone || i.TaskStatus != wire.TaskComplete || i.TaskNum != 2 {
			t.Errorf("got %+v", i)
		}
		if got := c.info("example.net").TransferProhibitionLock; got.On() {
			t.Error("a cancelled detail had its effect")
		}
		if got := c.refused("CancelTask", "TaskNo=none"); got != "400 ParameterIllegal" {
			t.Error(got)
		}
	})
}

// TestOldTasksMoveToTheHistory also shows that pages by cursor partition both
// histories.
func TestOldTasksMoveToTheHistory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, c := inProcess(t, simulator.Options{Account: portfolio(9), HistoryAfter: 10 * 24 * time.Hour})
		var names []string
		for _, d := range s.State().Domains {
			names = append(names, d.Name)
		}
		var tasks []string
		for range 7 {
			tasks = append(tasks, c.save(transferLock, names, "Status=true"))
			time.Sleep(24 * time.Hour)
		}
		slices.Reverse(tasks)
		time.Sleep(6 * 24 * time.Hour)

		recent := call[wire.QueryTaskListResponse](c, "QueryTaskList", "PageNum=1", "PageSize=100")
		var got []string
		for _, i := range recent.Data {
			got = append(got, i.TaskNo)
		}
		history := c.history(3)
		if diff := cmp.Diff(tasks, append(got, history...)); diff != "" || len(got) == 0 || len(history) == 0 {
			t.Errorf("%d recent and %d old tasks: %s", len(got), len(history), diff)
		}
		for size := 1; size <= 9; size++ {
			if diff := cmp.Diff(history, c.history(size)); diff != "" {
				t.Errorf("tasks in pages of %d: %s", size, diff)
			}
			if diff := cmp.Diff(names, c.detailHistory(history[0], size)); diff != "" {
				t.Errorf("details in pages of %d: %s", size, diff)
			}
		}
		if n := len(c.details(history[0])); n != 0 {
			t.Errorf("the detail list shows %d details of an old task", n)
		}
		if n := len(c.detailHistory(got[0], 5)); n != 0 {
			t.Errorf("the detail history shows %d details of a recent task", n)
		}
	})
}

// history walks the task history forth, then back, and returns its tasks.
func (c *client) history(size int) (nos []string) {
	c.t.Helper()
	cursor, pages := wire.TaskInfoHistory{}, []string{}
	for {
		page := call[wire.QueryTaskInfoHistoryResponse](c, "QueryTaskInfoHistory", fmt.Sprintf("PageSize=%d", size),
			"TaskNoCursor="+cursor.TaskNo, fmt.Sprintf("CreateTimeCursor=%d", cursor.CreateTimeLong.UnixMilli()))
		for _, i := range page.Objects {
			nos = append(nos, i.TaskNo)
		}
		pages = append(pages, page.CurrentPageCursor.TaskNo)
		if len(pages) > 1 && page.PrePageCursor.TaskNo != pages[len(pages)-2] || len(pages) == 1 && page.PrePageCursor.TaskNo != "" {
			c.t.Errorf("page %d has another one before it than the one that was", len(pages))
		}
		if cursor = page.NextPageCursor; cursor.TaskNo == "" {
			return nos
		}
	}
}

func (c *client) detailHistory(taskNo string, size int) (names []string) {
	c.t.Helper()
	for cursor := (wire.TaskDetail{}); ; {
		page := call[wire.QueryTaskDetailHistoryResponse](c, "QueryTaskDetailHistory", "TaskNo="+taskNo, fmt.Sprintf("PageSize=%d", size),
			"TaskDetailNoCursor="+cursor.TaskDetailNo, "DomainNameCursor="+cursor.DomainName)
		for _, d := range page.Objects {
			names = append(names, d.DomainName)
		}
		if cursor = page.NextPageCursor; cursor.TaskDetailNo == "" {
			return names
		}
	}
}

// TestTasksAreFoundByDay: the day is that of the service's zone, UTC+8.
func TestTasksAreFoundByDay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, c := inProcess(t, simulator.Options{Account: three()})
		time.Sleep(15*time.Hour + 59*time.Minute) // a minute before midnight there
		first := c.save(transferLock, []string{"example.net"}, "Status=true")
		begin := time.Now()
		time.Sleep(2 * time.Minute)
		second := c.save(transferLock, []string{"example.net"}, "Status=false")
		for _, test := range []struct {
			params []string
			want   []string
		}{
			{[]string{"BeginCreateTime"}, []string{second, first}},
			{[]string{"EndCreateTime"}, []string{first}},
			{[]string{"BeginCreateTime", "EndCreateTime"}, []string{first}},
		} {
			params := []string{"QueryTaskList", "PageNum=1", "PageSize=10"}
			for _, p := range test.params {
				params = append(params, fmt.Sprintf("%s=%d", p, begin.UnixMilli()))
			}
			var got []string
			for _, i := range call[wire.QueryTaskListResponse](c, params...).Data {
				got = append(got, i.TaskNo)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%v: %s", test.params, diff)
			}
		}
	})
}

func TestDetailsAreFilteredAndPaged(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{Account: three()})
	task := c.save(setDNS, []string{"example.com", "example.net", "bücher.example"}, dns("ns1.example.org")...)
	if task == "" {
		t.Fatal("no task")
	}
	for _, test := range []struct {
		params []string
		want   []string
	}{
		{[]string{"TaskStatus=3"}, []string{"example.com"}},
		{[]string{"TaskStatus=0"}, nil},
		{[]string{"InstanceId=S2"}, []string{"example.net"}},
		{[]string{"DomainName=example.net"}, []string{"example.net"}},
		{[]string{"PageNum=2", "PageSize=2"}, []string{"xn--bcher-kva.example"}},
	} {
		params := append([]string{"QueryTaskDetailList", "TaskNo=" + task, "PageNum=1", "PageSize=10"}, test.params...)
		var got []string
		for _, d := range call[wire.QueryTaskDetailListResponse](c, params...).Data {
			got = append(got, d.DomainName)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%v: %s", test.params, diff)
		}
	}
}
