package executor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/internal/clock"
	"github.com/domainsync/domainsync/planner"
)

// order has somebody else order something, and returns the number of the task.
func (w *world) order(name string) string {
	w.t.Helper()
	resp, err := w.client.Submit(w.t.Context(), &wire.SaveBatchTaskForCreatingOrderRenewRequest{
		OrderRenewParam: []wire.Renewal{{DomainName: name, CurrentExpirationDate: w.sim.State().Domain(name).Expires, SubscriptionDuration: 1}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.TaskNo
}

// TestOrdersOfOthers shows what of an account's orders keeps a name from being
// bought: what is under way, and what was done lately.
func TestOrdersOfOthers(t *testing.T) {
	t.Parallel()
	took := func(d time.Duration) simulator.Faults {
		return simulator.Faults{Durations: map[wire.TaskType]simulator.Range{wire.TaskRenew: {Min: d, Max: d}}}
	}
	for title, test := range map[string]struct {
		faults simulator.Faults
		later  time.Duration
		want   executor.ChangeResult // "": the plan lets it wait
	}{
		"under way":       {faults: took(200 * time.Hour)},
		"under way, old":  {faults: took(2000 * time.Hour), later: 20 * 24 * time.Hour},
		"done lately":     {want: executor.NotSent},
		"done days ago":   {later: 4 * 24 * time.Hour, want: executor.Verified},
		"failed just now": {faults: simulator.Faults{Rules: []simulator.Fault{{Kind: simulator.FailDetail, Operation: renew, Count: 1}}}, want: executor.Verified},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := shop(t, []name{{name: "a.example", left: 40, renewal: attr.Renewal{MinDaysLeft: 600, Years: 2}}}, simulator.Options{Faults: test.faults})
				w.order("a.example")
				<-time.After(test.later)
				if err := w.sim.SetFaults(simulator.Faults{}); err != nil {
					t.Fatal(err)
				}
				if status, why := w.planned("a.example/renewal"); (status == attr.Waiting) != (test.want == "") {
					t.Errorf("it is %s: %s", status, why)
				}
				r := w.mustApply()
				if test.want != "" {
					w.counts(r, standings{test.want: 1}, map[executor.ChangeResult]int{executor.NotSent: 4}[test.want])
				}
				w.bought(-1)
			})
		})
	}
}

// TestNoOrdersByAWrongClock shows that nothing is ordered while the clocks
// differ, and that everything else goes on.
func TestNoOrdersByAWrongClock(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-6 * time.Minute, 6 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			w := shop(t, expiring(), simulator.Options{Faults: simulator.Faults{ClockSkew: simulator.Duration(skew)}})
			r := w.mustApply()
			w.counts(r, standings{executor.NotSent: 3, executor.Verified: 1}, 4)
			for _, c := range r.Changes {
				if c.Result == executor.NotSent && !strings.Contains(c.Message, "off the service's") {
					t.Errorf("%s was not sent: %s", c.ID, c.Message)
				}
			}
			w.bought(0)
		})
	}
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, expiring()[:1], simulator.Options{})
		r := w.runWith(w.client, func(c *executor.Config) { c.ServiceClock = clock.NewRemote(clock.Clock{}, false) })
		w.counts(r, standings{executor.NotSent: 1}, 4)
		w.bought(0)
	})
}

// TestOrdersByTheServicesClock shows that orders go by the service's clock where
// somebody says that it is right, and only there; and that nothing is ordered in
// a run whose time is not that of the service any more.
func TestOrdersByTheServicesClock(t *testing.T) {
	t.Parallel()
	for _, trusted := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := shop(t, expiring(), simulator.Options{})
			if err := w.sim.MoveClock(10 * 24 * time.Hour); err != nil {
				t.Fatal(err)
			}
			w.trust(trusted)
			r := w.runWith(w.client, func(c *executor.Config) { c.Clock = c.ServiceClock.Clock() })
			if trusted {
				w.counts(r, standings{executor.Verified: 4}, 0)
				w.bought(-1)
				err := w.open(t.Context(), func(j *journal.Journal) error {
					runs, err := j.Runs(t.Context())
					if now := w.sim.Now(); err == nil && runs[0].Began.Before(now.Add(-time.Hour)) {
						t.Errorf("it is %v there, and the run is of %v", now, runs[0].Began)
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
				return
			}
			w.counts(r, standings{executor.NotSent: 3, executor.Verified: 1}, 4)
			for _, c := range r.Changes {
				if c.Result == executor.NotSent && !strings.Contains(c.Message, "240h off the service's (") && !strings.Contains(c.Message, "--service-clock") {
					t.Errorf("%s was not sent: %s", c.ID, c.Message)
				}
			}
			w.bought(0)
		})
	}
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, expiring()[:1], simulator.Options{})
		remote := clock.NewRemote(clock.Clock{}, false)
		remote.Observe(time.Now().Add(-10*24*time.Hour), time.Now())
		remote.Observe(time.Now(), time.Now())
		r := w.runWith(w.client, func(c *executor.Config) { c.ServiceClock, c.Clock = remote, remote.Clock() })
		w.counts(r, standings{executor.NotSent: 1}, 4)
		if why := r.Changes[0].Message; !strings.Contains(why, "has moved to 20") || !strings.Contains(why, "run again") {
			t.Errorf("it was not sent: %s", why)
		}
		w.bought(0)
	})
}

// trust makes a new client, to which the service's clock is right or not.
func (w *world) trust(yes bool) {
	w.t.Helper()
	client, err := apiclient.New(apiclient.Config{
		Endpoint: endpoint, Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: w.sim.Transport(), TrustClock: yes,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.client = client
}

// blindfolded is a service whose tasks cannot be listed for a while.
type blindfolded struct {
	executor.Service
	times int
	err   error
}

func (s *blindfolded) QueryTaskList(ctx context.Context, r *wire.QueryTaskListRequest) (*wire.QueryTaskListResponse, error) {
	if s.times--; s.times >= 0 {
		return nil, s.err
	}
	return s.Service.QueryTaskList(ctx, r)
}

// TestNoOrdersBlindly shows that nothing is ordered while the account's orders
// cannot be read.
func TestNoOrdersBlindly(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		times int
		err   error
		want  executor.ChangeResult
		exit  int
	}{
		{2, errors.New("no answer"), executor.Verified, 0},
		{100, errors.New("no answer"), executor.NotSent, 4},
		{1, &wire.Error{Operation: "QueryTaskList", HTTPStatus: 403, Code: "Forbidden.RAM"}, executor.NotSent, 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := shop(t, expiring()[:1], simulator.Options{})
			r := w.runWith(&blindfolded{w.client, test.times, test.err}, nil)
			w.counts(r, standings{test.want: 1}, test.exit)
		})
	}
}

// half is a service that shows half of what it holds.
type half struct {
	executor.Service
	tasks, details, dates bool // what it does not show
}

func (s half) QueryTaskList(ctx context.Context, r *wire.QueryTaskListRequest) (*wire.QueryTaskListResponse, error) {
	resp, err := s.Service.QueryTaskList(ctx, r)
	if err == nil && s.tasks {
		resp.Data = resp.Data[:len(resp.Data)/2]
	}
	for i := range resp.Data {
		if s.dates {
			resp.Data[i].CreateTime = time.Time{}
		}
	}
	return resp, err
}

func (s half) QueryTaskDetailList(ctx context.Context, r *wire.QueryTaskDetailListRequest) (*wire.QueryTaskDetailListResponse, error) {
	resp, err := s.Service.QueryTaskDetailList(ctx, r)
	if err == nil && s.details {
		resp.Data = nil
	}
	return resp, err
}

// TestNoOrdersByHalfALook shows that nothing is ordered while lists end before
// their total, a task does not tell its names, or the time of one is not known.
func TestNoOrdersByHalfALook(t *testing.T) {
	t.Parallel()
	for why, service := range map[string]half{
		"":                              {},
		"only 1 are in the list":        {tasks: true},
		"only 0 can be seen":            {details: true},
		"this journal does not know it": {dates: true},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := shop(t, []name{{name: "a.example", left: 40, renewal: attr.Renewal{MinDaysLeft: 600, Years: 2}}, {name: "b.example", left: 20}}, simulator.Options{})
				w.order("a.example")
				w.order("b.example")
				if why == "" || service.dates {
					<-time.After(4 * 24 * time.Hour) // what is known to be as old is not in the way
				}
				service.Service = w.client
				r := w.runWith(service, nil)
				if why == "" {
					w.counts(r, standings{executor.Verified: 1}, 0)
				} else if w.counts(r, standings{executor.NotSent: 1}, 4); !strings.Contains(r.Changes[0].Message, why) {
					t.Errorf("it was not sent: %s", r.Changes[0].Message)
				}
			})
		})
	}
}

// stranger is a service with a task that nobody knows, and whose details cannot
// be read where there are none.
type stranger struct {
	executor.Service
	task    wire.TaskInfo
	details []wire.TaskDetail
}

func (s stranger) QueryTaskList(ctx context.Context, r *wire.QueryTaskListRequest) (*wire.QueryTaskListResponse, error) {
	resp, err := s.Service.QueryTaskList(ctx, r)
	if err == nil {
		resp.Data = append(resp.Data, s.task)
		resp.TotalItemNum++
	}
	return resp, err
}

func (s stranger) QueryTaskDetailList(ctx context.Context, r *wire.QueryTaskDetailListRequest) (*wire.QueryTaskDetailListResponse, error) {
	switch {
	case r.TaskNo != s.task.TaskNo:
		return s.Service.QueryTaskDetailList(ctx, r)
	case s.details == nil:
		return nil, &wire.Error{Operation: "QueryTaskDetailList", HTTPStatus: 400, Code: "Failed", Message: "unknown type"}
	}
	return &wire.QueryTaskDetailListResponse{Paged: wire.Paged{TotalItemNum: len(s.details), TotalPageNum: 1}, Data: s.details}, nil
}

// TestTasksOfUnknownTypes: a task whose type nobody documents may order
// something for the names that it is about, and lately for any name where it
// does not tell them. It is in nobody's way for ever.
func TestTasksOfUnknownTypes(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	about := func(names ...string) (all []wire.TaskDetail) {
		for i, name := range names {
			all = append(all, wire.TaskDetail{TaskNo: "X", TaskDetailNo: fmt.Sprint("X-", i), DomainName: name, TaskStatus: wire.DetailRunning})
		}
		return all
	}
	for title, test := range map[string]struct {
		kind    wire.TaskType
		ago     time.Duration
		names   int
		details []wire.TaskDetail
		sent    int // of two orders
	}{
		"of another name":              {"SET_TEMPLATE", time.Hour, 1, about("other.example"), 2},
		"of one of the names":          {"SET_TEMPLATE", time.Hour, 2, about("other.example", "a.example"), 1},
		"of one of the names, old":     {"SET_TEMPLATE", 20 * day, 1, about("a.example"), 1},
		"of a nameless thing":          {"SET_TEMPLATE", time.Hour, 1, about(""), 0},
		"of a nameless thing, old":     {"SET_TEMPLATE", 4 * day, 1, about(""), 2},
		"partly nameless, old":         {"SET_TEMPLATE", 4 * day, 2, about("", "a.example"), 1},
		"unreadable":                   {"SET_TEMPLATE", time.Hour, 1, nil, 0},
		"unreadable, old":              {"SET_TEMPLATE", 4 * day, 1, nil, 2},
		"unreadable, old, an order":    {wire.TaskRenew, 4 * day, 1, nil, 0},
		"unreadable, old, type lost":   {"", 4 * day, 1, nil, 0},
		"unreadable, not an order":     {wire.TaskChangeDNS, time.Hour, 1, nil, 2},
		"nameless, old, time not told": {"SET_TEMPLATE", 0, 1, about(""), 0},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := shop(t, []name{
					{name: "a.example", left: 40, renewal: attr.Renewal{MinDaysLeft: 300, Years: 1}},
					{name: "b.example", left: 40, renewal: attr.Renewal{MinDaysLeft: 300, Years: 1}},
				}, simulator.Options{})
				task := wire.TaskInfo{TaskNo: "X", TaskType: test.kind, TaskNum: test.names, TaskStatus: wire.TaskRunning, CreateTime: time.Now().Add(-test.ago)}
				if test.ago == 0 {
					task.CreateTime = time.Time{}
				}
				w.runWith(stranger{w.client, task, test.details}, nil)
				w.bought(test.sent)
			})
		})
	}
}

// TestStrangeTasksWhileOthersAreSaved: while a request is under way whose tasks
// have no documented type, its own task is not taken for an order, and another
// one of such a type is.
func TestStrangeTasksWhileOthersAreSaved(t *testing.T) {
	t.Parallel()
	for strange, sent := range map[string]int{"b.example": 1, "a.example": 0} {
		t.Run(strange, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := shop(t, []name{
					{name: "a.example", left: 40, renewal: attr.Renewal{MinDaysLeft: 300, Years: 1}},
					{name: "b.example", left: 400},
				}, simulator.Options{})
				d, record := &w.portfolio.Domains[1], snapshot.DSRecord{KeyTag: 1, Algorithm: 13, DigestType: 1, Digest: strings.Repeat("A1", 20)}
				d.Declared = append(d.Declared, config.Declared{Attribute: attr.Lookup(attr.DSRecords), Value: attr.NewDSSet([]snapshot.DSRecord{record})})
				w.setFaults(simulator.Fault{Kind: simulator.Delay, Operation: "SaveSingleTaskForAddingDSRecord", Wait: simulator.Range{Min: 20 * time.Second, Max: 20 * time.Second}})
				task := wire.TaskInfo{TaskNo: "X", TaskType: "SET_TEMPLATE", TaskNum: 1, TaskStatus: wire.TaskRunning, CreateTime: time.Now()}
				details := []wire.TaskDetail{{TaskNo: "X", TaskDetailNo: "X-1", DomainName: strange, TaskStatus: wire.DetailRunning}}
				w.runWith(stranger{w.client, task, details}, nil)
				w.bought(sent)
			})
		})
	}
}

// TestSearchesBesideUnreadableTasks: a task whose details cannot be read leaves
// undecided the requests whose task it could be, and no others.
func TestSearchesBesideUnreadableTasks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, []name{{name: "a.example", want: newServers}, {name: "b.example", want: []string{"ns3.example.net"}}, {name: "c.example", want: []string{"ns3.example.net"}}}, simulator.Options{})
		later := simulator.Range{Min: 25 * time.Minute, Max: 25 * time.Minute}
		w.setFaults(simulator.Fault{Kind: simulator.Lose, Operation: "SaveBatchTask*"}, simulator.Fault{Kind: simulator.Slow, Operation: "SaveBatchTask*", Wait: later})
		task := wire.TaskInfo{TaskNo: "X", TaskType: wire.TaskChangeDNS, TaskNum: 1, TaskStatus: wire.TaskRunning, CreateTime: time.Now()}
		r := w.runWith(stranger{w.client, task, nil}, nil)
		w.counts(r, standings{executor.Verified: 2, executor.InDoubt: 1}, 5)
		w.onceEach()
	})
}

// leadsOn is a service whose history begins with a page that has nothing and
// leads on.
type leadsOn struct{ executor.Service }

func (s leadsOn) QueryTaskInfoHistory(ctx context.Context, r *wire.QueryTaskInfoHistoryRequest) (*wire.QueryTaskInfoHistoryResponse, error) {
	if r.TaskNoCursor == "" {
		return &wire.QueryTaskInfoHistoryResponse{Objects: []wire.TaskInfoHistory{}, NextPageCursor: wire.TaskInfoHistory{TaskNo: "cursor"}}, nil
	}
	first := *r
	first.TaskNoCursor = ""
	return s.Service.QueryTaskInfoHistory(ctx, &first)
}

// TestNoOrdersBehindAnEmptyPage: an order of somebody else that a page of the
// history hides is not made again.
func TestNoOrdersBehindAnEmptyPage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, []name{{name: "a.example", left: 40, renewal: attr.Renewal{MinDaysLeft: 600, Years: 2}}}, simulator.Options{HistoryAfter: time.Nanosecond})
		w.order("a.example")
		<-time.After(time.Minute)
		w.counts(w.runWith(leadsOn{w.client}, nil), standings{executor.NotSent: 1}, 4)
		w.bought(1)
	})
}

// TestNoTaskIsThatOfAMail: what became of a request that saves no task does not
// depend on what somebody else's tasks tell.
func TestNoTaskIsThatOfAMail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few()[:0], simulator.Options{})
		w.declareEmails(attr.Emails{"ada@example.com": attr.EmailVerified})
		w.setFaults(simulator.Fault{Kind: simulator.Reset, Operation: submitEmail, Count: 1})
		task := wire.TaskInfo{TaskNo: "X", TaskType: "SET_TEMPLATE", TaskNum: 1, TaskStatus: wire.TaskRunning, CreateTime: time.Now()}
		w.counts(w.runWith(stranger{w.client, task, nil}, nil), standings{executor.Verified: 1}, 0)
		if n := w.mails("ada@example.com"); n != 1 {
			t.Errorf("%d mails", n)
		}
	})
}

// respelling writes a name in the details of tasks in another way.
type respelling struct {
	http.RoundTripper
	name, spelling string
	times          *int
}

func (s respelling) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	if text := string(body); strings.Contains(text, "TaskDetailNo") {
		*s.times += strings.Count(text, s.name)
		body = []byte(strings.ReplaceAll(text, s.name, s.spelling))
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, err
}

// TestTasksInAnotherSpelling shows that a name is known in the tasks of others
// however the service writes it there.
func TestTasksInAnotherSpelling(t *testing.T) {
	t.Parallel()
	for domain, spellings := range map[string][]string{
		"a.example":             {"a.example", "A.EXAMPLE", "a.example."},
		"xn--bcher-kva.example": {"bücher.example", "BÜCHER.Example", "bu\u0308cher.example", "xn--bcher-kva.example", "XN--BCHER-KVA.EXAMPLE"},
	} {
		for _, spelling := range spellings {
			t.Run(spelling, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := shop(t, []name{{name: domain, left: 40, renewal: attr.Renewal{MinDaysLeft: 600, Years: 2}}}, simulator.Options{})
					w.order(domain)
					times := 0
					client, err := apiclient.New(apiclient.Config{
						Endpoint: endpoint, Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"},
						Transport: respelling{w.sim.Transport(), wire.UnicodeName(domain), spelling, &times},
					})
					if err != nil {
						t.Fatal(err)
					}
					w.counts(w.runWith(client, nil), standings{executor.NotSent: 1}, 4)
					w.bought(1)
					if times == 0 {
						t.Error("the name was not written in another way")
					}
				})
			})
		}
	}
}

// TestOrdersArePlannedAgain lets something happen between a plan and its orders,
// while somebody reads the plan: only what today's plan buys as well is bought.
func TestOrdersArePlannedAgain(t *testing.T) {
	t.Parallel()
	premium := attr.Registration{Years: 2, Profile: "7001", Premium: true, Terms: attr.Terms{MaxPrice: 1000_00}}
	premiumPrice := func(usd float64) func(*simulator.Market) {
		return func(m *simulator.Market) {
			m.Premium = map[string]simulator.Prices{"my-premium.example": {Register: usd, Renew: usd}}
		}
	}
	for title, test := range map[string]struct {
		name    name
		happens func(w *world)
		why     string // it is not bought; "": it is
	}{
		"nothing": {expiring()[0], func(*world) {}, ""},
		"renewed without a task": {expiring()[0], func(w *world) {
			w.sim.Change("a.example", func(d *snapshot.Domain) { d.Expires = d.Expires.AddDate(1, 0, 0) })
		}, "the account shows already what it was to buy"},
		"transferred away": {expiring()[0], func(w *world) {
			w.sim.Change("a.example", func(d *snapshot.Domain) { d.TransferOut = wire.TransferOutPending })
		}, "being transferred out"},
		"gone": {expiring()[0], func(w *world) { w.sim.Remove("a.example") }, "no longer holds the name"},
		"redeemed": {expired()[0], func(w *world) {
			w.sim.Change("a.example", func(d *snapshot.Domain) { d.Expires = d.Expires.AddDate(1, 0, 0) })
		}, "the account shows already what it was to buy"},
		"budget lowered": {expiring()[0], func(w *world) { w.portfolio.Budget = &config.Budget{Amount: 1099, Currency: "USD", Per: config.PerRun} }, "more than the whole budget"},
		"budget gone":    {expiring()[0], func(w *world) { w.portfolio.Budget = nil }, "without a budget"},
		"held":           {expiring()[0], func(w *world) { w.hold("a.example") }, "held"},
		"dearer": {expiring()[0], func(w *world) {
			price := attr.Amount(1200)
			w.portfolio.Prices = map[string]attr.Prices{"example": {Renew: &price}}
		}, "it would now buy 1 year, 12.00 USD, not 1 year, 11.00 USD"},
		"given up":          {expiring()[0], func(w *world) { w.portfolio.Domains[0].Declared = nil }, "the files no longer declare it"},
		"premium":           {name{name: "my-premium.example", buy: premium}, func(*world) {}, ""},
		"premium, dearer":   {name{name: "my-premium.example", buy: premium}, func(w *world) { w.market(premiumPrice(101)) }, "it would now buy 2 years, 202.00 USD, not 2 years, 200.00 USD"},
		"premium, too dear": {name{name: "my-premium.example", buy: premium}, func(w *world) { w.market(premiumPrice(5000)) }, "max_price is 1,000.00"},
		"taken": {wantedNames()[0], func(w *world) {
			w.market(func(m *simulator.Market) { m.Names = map[string]wire.Availability{"a.example": wire.Taken} })
		}, "somebody else holds the name"},
		"registered by hand": {wantedNames()[0], func(w *world) { w.sim.Change("a.example", func(*snapshot.Domain) {}) }, "the account shows already what it was to buy"},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := shop(t, []name{test.name}, simulator.Options{})
				w.market(premiumPrice(100))
				r := w.runLater(time.Hour, test.happens)
				if test.why == "" {
					w.counts(r, standings{executor.Verified: 1}, 0)
					w.bought(1)
					return
				}
				w.counts(r, standings{executor.NotSent: 1}, 4)
				if why := r.Changes[0].Message; !strings.Contains(why, test.why) {
					t.Errorf("it was not bought: %s", why)
				}
				w.bought(0)
			})
		})
	}
}

// hold declares that nothing of a name is changed for now.
func (w *world) hold(name string) {
	w.portfolio.Holds = []config.Hold{{Label: "it", Names: []string{name}, Until: time.Now().AddDate(1, 0, 0)}}
}

// runLater runs a plan some time after it was made.
func (w *world) runLater(d time.Duration, happens func(*world)) (r *executor.Report) {
	w.t.Helper()
	err := w.open(w.t.Context(), func(j *journal.Journal) error {
		p, err := w.plan(w.t.Context())
		if err != nil {
			return err
		}
		<-time.After(d)
		happens(w)
		r, err = executor.Run(w.t.Context(), p, w.config(j))
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// TestResumedOrdersArePlannedAgain shows that a run that is resumed buys only
// what today's budget and files allow, and does all else.
func TestResumedOrdersArePlannedAgain(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct {
		happens func(w *world)
		want    int // of three
	}{
		"nothing":        {func(*world) {}, 3},
		"budget gone":    {func(w *world) { w.portfolio.Budget = nil }, 0},
		"budget lowered": {func(w *world) { w.portfolio.Budget.Amount = 2500 }, 2},
		"budget of a run": {func(w *world) {
			w.portfolio.Budget = &config.Budget{Amount: 2500, Currency: "USD", Per: config.PerRun, PerMonthMax: w.portfolio.Budget.Amount}
		}, 2},
		"a hold": {func(w *world) { w.hold("a.example") }, 2},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := shop(t, expiring(), simulator.Options{})
				w.interruptAfter(0)
				w.counts(w.mustApply(), standings{executor.NotSent: 4}, 5)
				w.stop = nil
				test.happens(w)
				r, err := w.resume(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if n := r.Counts[string(executor.Verified)]; n != test.want+1 {
					t.Errorf("%d changes were made: %+v", n, r.Changes)
				}
				w.bought(test.want)
			})
		})
	}
}

// TestOrdersAreNotPlannedAgainBlindly shows that an order that was planned a
// while ago does not leave where nothing can be planned.
func TestOrdersAreNotPlannedAgainBlindly(t *testing.T) {
	t.Parallel()
	for why, today := range map[string]func(context.Context, []string) (planner.Input, error){
		"nobody says": nil,
		"no answer": func(context.Context, []string) (planner.Input, error) {
			return planner.Input{}, errors.New("no answer")
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := shop(t, expiring()[:1], simulator.Options{})
			r := w.runWith(w.client, func(c *executor.Config) { c.Today = today; <-time.After(2 * time.Minute) })
			w.counts(r, standings{executor.NotSent: 1}, 4)
			if !strings.Contains(r.Changes[0].Message, why) {
				t.Errorf("it was not bought: %s", r.Changes[0].Message)
			}
			w.bought(0)
		})
	}
}

// TestOrdersDoNotWaitBehindTheirLook shows that an order that the service does
// not take for a while is looked at again: somebody may have bought meanwhile.
func TestOrdersDoNotWaitBehindTheirLook(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, expiring()[:1], faults(simulator.Fault{Kind: simulator.Throttle, Operation: renew}))
		time.AfterFunc(62*time.Second, func() {
			w.sim.Change("a.example", func(d *snapshot.Domain) { d.Expires = d.Expires.AddDate(1, 0, 0) })
		})
		time.AfterFunc(90*time.Second, func() {
			if err := w.sim.SetFaults(simulator.Faults{}); err != nil {
				t.Error(err)
			}
		})
		w.counts(w.mustApply(), standings{executor.NotSent: 1}, 4)
		w.bought(0)
	})
}

// TestResultsThatDeny shows that an order whose task says that it failed is not
// sent again by the same run, whatever it failed for. It counts against the
// budget when the account shows that it did not fail.
func TestResultsThatDeny(t *testing.T) {
	t.Parallel()
	for _, message := range []string{"", "The registry is busy: try again later."} {
		for kind, test := range map[string]struct {
			name  name
			price attr.Amount
		}{"renewal": {expiring()[0], 1100}, "redemption": {expired()[0], 9000}, "registration": {wantedNames()[0], 1100}} {
			t.Run(kind+", "+message, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					w := shop(t, []name{test.name}, faults(simulator.Fault{Kind: simulator.Deny, Operation: "SaveBatchTaskForCreatingOrder*", Message: message}))
					w.counts(w.mustApply(), standings{executor.Failed: 1}, 4)
					w.bought(1)
					w.mustPlan(func(p *planner.Plan) {
						if p.Budget.Spent != test.price || !p.Converged() {
							t.Errorf("the budget is %+v, the plan %+v", p.Budget, p.Changes)
						}
					})
					w.settleOrders()
					w.bought(1)
				})
			})
		}
	}
}

// TestPlansThatAreRunTwice shows that a plan that was run a moment ago buys
// nothing, although nothing in it has changed.
func TestPlansThatAreRunTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, expiring()[:1], simulator.Options{})
		err := w.open(t.Context(), func(j *journal.Journal) error {
			p, err := w.plan(t.Context())
			if err != nil {
				return err
			}
			for i, want := range []standings{{executor.Verified: 1}, {executor.NotSent: 1}} {
				r, err := executor.Run(t.Context(), p, w.config(j))
				if err != nil {
					return err
				}
				w.counts(r, want, 4*i)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		w.bought(1)
	})
}

// TestRefusalsThatDeny shows that an order that was refused for one of its names
// is not sent in parts where the service has taken it all the same.
func TestRefusalsThatDeny(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := shop(t, expiring(), faults(simulator.Fault{Kind: simulator.FailAfter, Operation: renew, Status: 400, Code: "OrderConflict"}))
		w.counts(w.mustApply(), standings{executor.NotSent: 3, executor.Verified: 1}, 4)
		w.bought(3)
		w.settleOrders()
		w.bought(3)
	})
}

// TestPremiumNamesKeepTheirBound shows that a premium name is bought again for
// no more than its owner's bound, where the service tells what it asks.
func TestPremiumNamesKeepTheirBound(t *testing.T) {
	t.Parallel()
	terms := attr.Terms{MaxPrice: 100_00}
	for kind, n := range map[string]name{
		"renewal":    {name: "my-premium.example", left: 20, renewal: attr.Renewal{MinDaysLeft: 60, Years: 2, Terms: terms}},
		"redemption": {name: "my-premium.example", left: -40},
	} {
		for _, price := range []float64{50, 50.01} {
			synctest.Test(t, func(t *testing.T) {
				w := shop(t, []name{n}, simulator.Options{})
				w.sim.Change(n.name, func(d *snapshot.Domain) { d.Premium = true })
				if kind == attr.RedemptionName {
					w.declare(n.name, attr.RedemptionName, attr.Redemption{Terms: terms})
				}
				w.market(func(m *simulator.Market) {
					m.Premium = map[string]simulator.Prices{n.name: {Renew: price, Redeem: 2 * price}}
				})
				w.mustApply()
				w.bought(map[float64]int{50: 1, 50.01: 0}[price])
				if _, why := w.planned(n.name + "/" + kind); price > 50 && !strings.Contains(why, "max_price is 100.00") {
					t.Errorf("the %s for %v is not bought: %s", kind, price, why)
				}
			})
		}
	}
}

// TestOrderUnderWayForMonths shows that an order that never ends is in the way
// for as long as the account has its task, also after its run was given up.
func TestOrderUnderWayForMonths(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := faults(simulator.Fault{Kind: simulator.Stall, Operation: renew, Count: 1})
		w := shop(t, []name{{name: "a.example", left: 300, renewal: attr.Renewal{MinDaysLeft: 600, Years: 2}}}, o)
		w.counts(w.mustApply(), standings{executor.Waiting: 1}, 0)
		w.abandon()
		for range 4 {
			<-time.After(45 * 24 * time.Hour)
			r := w.mustApply()
			if w.counts(r, standings{executor.NotSent: 1}, 4); !strings.Contains(r.Changes[0].Message, "has not ended") {
				t.Errorf("it was not sent: %s", r.Changes[0].Message)
			}
		}
	})
}
