package simulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// with returns a simulator of three names with faults.
func with(t testing.TB, rules ...simulator.Fault) (*simulator.Simulator, *client) {
	t.Helper()
	return inProcess(t, simulator.Options{Account: three(), Seed: 1, Faults: simulator.Faults{Rules: rules}})
}

// lock switches the transfer lock and returns how the call failed, "" where it
// did not.
func (c *client) lock(name string) string {
	c.t.Helper()
	answer, body, err := c.send(transferLock, "DomainName.1="+name, "Status=true")
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case errors.Is(err, syscall.ECONNRESET):
		return "reset"
	case err != nil:
		return err.Error()
	case answer.StatusCode != http.StatusOK:
		var e struct{ Code string }
		if err := json.Unmarshal(body, &e); err != nil {
			c.t.Fatal(err)
		}
		return fmt.Sprint(answer.StatusCode, " ", e.Code)
	}
	return ""
}

func total(saved map[string]int) (n int) {
	for _, v := range saved {
		n += v
	}
	return n
}

// TestFaultsOfCalls: each fault hits the second call of three, and whether the
// call had its effect is seen from what was saved.
func TestFaultsOfCalls(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault simulator.Fault
		want  string
		saved int
	}{
		{simulator.Fault{Kind: simulator.Refuse}, "refused", 2},
		{simulator.Fault{Kind: simulator.Reset}, "reset", 2},
		{simulator.Fault{Kind: simulator.Throttle}, "400 Throttling.User", 2},
		{simulator.Fault{Kind: simulator.Throttle, Code: "Throttling.Api"}, "400 Throttling.Api", 2},
		{simulator.Fault{Kind: simulator.Fail5xx}, "500 InternalError", 2},
		{simulator.Fault{Kind: simulator.Fail5xx, Status: 503}, "503 ServiceUnavailable", 2},
		{simulator.Fault{Kind: simulator.Fail5xx, Status: 400, Code: "TaskIsBeingProcessed"}, "400 TaskIsBeingProcessed", 2},
		{simulator.Fault{Kind: simulator.Lose}, "reset", 3},
		{simulator.Fault{Kind: simulator.FailAfter}, "500 InternalError", 3},
		{simulator.Fault{Kind: simulator.FailAfter, Status: 400, Code: "NetworkIOError"}, "400 NetworkIOError", 3},
	} {
		test.fault.Operation, test.fault.From, test.fault.Count = transferLock, 2, 1
		s, c := with(t, test.fault)
		c.info("example.net") // of another operation: does not count
		got := []string{c.lock("example.net"), c.lock("example.net"), c.lock("example.net")}
		if want := []string{"", test.want, ""}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", test.fault.Kind, got, want)
		}
		if got := total(s.Saved()); got != test.saved {
			t.Errorf("%s: %d tasks were saved, want %d", test.fault.Kind, got, test.saved)
		}
	}
}

// TestTransportShowsWhetherACallLeft: a client may watch its connections, and
// tells by them whether a call can have had an effect.
func TestTransportShowsWhetherACallLeft(t *testing.T) {
	t.Parallel()
	for kind, want := range map[simulator.Kind]string{
		simulator.Refuse: "get", simulator.Reset: "get got wrote", simulator.Lose: "get got wrote", simulator.Throttle: "get got wrote",
	} {
		s, c := with(t, simulator.Fault{Kind: kind})
		var got []string
		c.http = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			return s.Transport().RoundTrip(r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
				GetConn:      func(string) { got = append(got, "get") },
				GotConn:      func(httptrace.GotConnInfo) { got = append(got, "got") },
				WroteRequest: func(httptrace.WroteRequestInfo) { got = append(got, "wrote") },
			})))
		})}
		c.lock("example.net")
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %s, want %s", kind, s, want)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestFaultsHoldCallsBack(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		kind  simulator.Kind
		want  string
		saved int
		takes time.Duration
	}{
		{simulator.Hang, "deadline", 0, time.Minute},
		{simulator.Timeout, "deadline", 1, time.Minute},
		{simulator.Delay, "", 1, 20 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, c := with(t, simulator.Fault{Kind: test.kind, Wait: simulator.Range{Min: 20 * time.Second}})
			c.http.Timeout = time.Minute
			began := time.Now()
			if got := c.lock("example.net"); !strings.Contains(got, test.want) || test.want == "" && got != "" {
				t.Errorf("%s: %q", test.kind, got)
			}
			if took := time.Since(began); took != test.takes || total(s.Saved()) != test.saved {
				t.Errorf("%s: it took %v, %d saved", test.kind, took, total(s.Saved()))
			}
		})
	}
}

// TestFaultsReachSockets: over HTTP a broken connection is one that closes.
func TestFaultsReachSockets(t *testing.T) {
	t.Parallel()
	for _, kind := range []simulator.Kind{simulator.Refuse, simulator.Reset, simulator.Lose} {
		s, c := with(t, simulator.Fault{Kind: kind, Count: 1})
		server := httptest.NewServer(s.Handler())
		t.Cleanup(server.Close)
		c.http, c.url = server.Client(), server.URL+"/"
		if _, _, err := c.send(transferLock, "DomainName.1=example.net", "Status=true"); err == nil {
			t.Errorf("%s: an answer came", kind)
		}
		if saved := total(s.Saved()); (saved == 1) != (kind == simulator.Lose) {
			t.Errorf("%s: %d saved", kind, saved)
		}
		if got := c.lock("example.net"); got != "" {
			t.Errorf("%s: the next call: %s", kind, got)
		}
	}
}

func TestFaultsAreAimed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fault simulator.Fault
		want  []int // of 12 calls
	}{
		{simulator.Fault{}, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}},
		{simulator.Fault{From: 3, Every: 3}, []int{3, 6, 9, 12}},
		{simulator.Fault{From: 3, Every: 3, Count: 2}, []int{3, 6}},
		{simulator.Fault{Count: 1}, []int{1}},
		{simulator.Fault{Operation: "SaveBatchTask*", From: 11}, []int{11, 12}},
		{simulator.Fault{Operation: "Query*"}, nil},
		{simulator.Fault{Share: 0.5, Count: 3}, []int{1, 3, 4}}, // of seed 1
	} {
		test.fault.Kind = simulator.Reset
		_, c := with(t, test.fault)
		var got []int
		for i := range 12 {
			if c.lock("example.net") != "" {
				got = append(got, i+1)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%+v hit the calls %v, want %v", test.fault, got, test.want)
		}
	}
}

// TestLimitsThrottle: ten calls a second pass, the next is told how long to
// wait, and after that it passes.
func TestLimitsThrottle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, c := inProcess(t, simulator.Options{Account: three(), Faults: simulator.Faults{
			Limits: map[string]int{"QueryDomainByDomainName": 10, "*": 3},
		}})
		for range 3 {
			for range 10 {
				c.info("example.net")
			}
			time.Sleep(300 * time.Millisecond)
			answer, body, err := c.send("QueryDomainByDomainName", "DomainName=example.net")
			if err != nil || answer.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "Throttling.User") {
				t.Fatalf("%v: %s", err, body)
			}
			if got := answer.Header.Get("x-ratelimit-user-api"); got != "Limit:10,Remain:0,TimeLeft:700,Reset:700" {
				t.Error(got)
			}
			if got := answer.Header.Get("x-acs-retry-after"); got != "700" {
				t.Error(got)
			}
			time.Sleep(700 * time.Millisecond)
		}
		for range 3 {
			if got := c.lock("example.net"); got != "" {
				t.Error("another operation has its own limit:", got)
			}
		}
		if got := c.lock("example.net"); got != "400 Throttling.User" {
			t.Error(got)
		}
	})
}

func TestFaultsOfDetails(t *testing.T) {
	t.Parallel()
	s, c := with(t,
		simulator.Fault{Kind: simulator.FailDetail, Operation: transferLock, Names: []string{"example.com"}, Message: "The registry is closed."},
		simulator.Fault{Kind: simulator.Stall, Names: []string{"example.net"}, Count: 1},
		simulator.Fault{Kind: simulator.Steal, Names: []string{"xn--bcher-kva.example"}},
	)
	task := c.save(transferLock, []string{"example.com", "example.net", "bücher.example"}, "Status=true")
	var got []string
	for _, d := range c.details(task) {
		got = append(got, string(d.TaskStatus)+" "+d.ErrorMsg)
	}
	want := []string{"EXECUTE_FAILURE The registry is closed.", "WAITING_EXECUTE ", "EXECUTE_SUCCESS The operation is successful."}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	// The result of the third went to somebody else.
	if results := c.poll(); len(results) != 1 || results[0].DomainName != "example.com" {
		t.Errorf("results %+v", results)
	}
	if c.info("example.com").TransferProhibitionLock.On() || !c.info("bücher.example").TransferProhibitionLock.On() {
		t.Errorf("got %+v", s.State().Domains)
	}
}

// TestFaultThatDenies shows a detail that does its work and says that it failed.
func TestFaultThatDenies(t *testing.T) {
	t.Parallel()
	_, c := with(t, simulator.Fault{Kind: simulator.Deny, Operation: transferLock, Message: "Try again later."})
	task := c.save(transferLock, []string{"example.com"}, "Status=true")
	if d := c.details(task)[0]; d.TaskStatus != wire.DetailFailure || d.ErrorMsg != "Try again later." {
		t.Errorf("got %+v", d)
	}
	if !c.info("example.com").TransferProhibitionLock.On() {
		t.Error("nothing was done")
	}
}

func TestFaultsFailAShareOfDetails(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{Account: portfolio(1000), Seed: 5, Faults: simulator.Faults{
		Rules: []simulator.Fault{{Kind: simulator.FailDetail, Share: 0.1}},
	}})
	var all []string
	for _, d := range portfolio(1000).Domains {
		all = append(all, d.Name)
	}
	c.save(transferLock, all, "Status=true")
	if n := len(c.poll("TaskResultStatus=3")); n < 60 || n > 140 {
		t.Errorf("%d of 1000 failed, one in ten was wanted", n)
	}
}

func TestFaultsFillTheQueue(t *testing.T) {
	t.Parallel()
	s, c := with(t,
		simulator.Fault{Kind: simulator.ForeignTask, Operation: "PollTaskResult", Count: 1, Names: []string{"example.com", "example.net"}},
		simulator.Fault{Kind: simulator.ForeignTask, Operation: "PollTaskResult", Count: 1, TaskType: wire.TaskChangeDNS, Message: "Refused."},
		simulator.Fault{Kind: simulator.Repeat, Operation: "PollTaskResult", From: 2, Count: 1},
		simulator.Fault{Kind: simulator.Reorder, Operation: "PollTaskResult", From: 3},
	)
	plain := c.poll()
	var got []string
	for _, d := range plain {
		got = append(got, fmt.Sprint(d.DomainName, " ", d.TaskType, " ", d.TaskStatus))
	}
	want := []string{
		"example.com CHG_HOLDER EXECUTE_SUCCESS", "example.net CHG_HOLDER EXECUTE_SUCCESS",
		"somebody-elses.example CHG_DNS EXECUTE_FAILURE",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if repeated := c.poll(); len(repeated) != 4 || cmp.Diff(plain, repeated[:3]) != "" || !slices.Contains(plain, repeated[3]) {
		t.Errorf("repeated: %+v", repeated)
	}
	moved := 0
	for range 20 {
		page := c.poll()
		if !slices.Equal(page, plain) {
			moved++
		}
		slices.SortFunc(page, func(x, y wire.TaskDetail) int { return strings.Compare(x.DomainName, y.DomainName) })
		if diff := cmp.Diff(plain, page); diff != "" {
			t.Errorf("more than the order changed: %s", diff)
		}
	}
	if moved == 0 {
		t.Error("no page was shuffled")
	}
	if len(s.Saved()) != 0 {
		t.Errorf("others' tasks count as ours: %v", s.Saved())
	}
}

// TestFaultsTakeResults: what was polled is gone when it is acknowledged.
func TestFaultsTakeResults(t *testing.T) {
	t.Parallel()
	s, c := with(t, simulator.Fault{Kind: simulator.Take, Operation: "AcknowledgeTaskResult", Names: []string{"example.net"}, Count: 1})
	c.save(transferLock, []string{"example.com", "example.net"}, "Status=true")
	var nos []string
	for _, d := range c.poll() {
		nos = append(nos, d.TaskDetailNo)
	}
	params := append([]string{"AcknowledgeTaskResult"}, list("TaskDetailNo", nos...)...)
	if got := call[wire.AcknowledgeTaskResultResponse](c, params...).Result; len(nos) != 2 || got != 1 {
		t.Errorf("%d of %d were acknowledged", got, len(nos))
	}
	if err := s.SetFaults(simulator.Faults{Rules: []simulator.Fault{{Kind: simulator.Take, Operation: "PollTaskResult"}}}); err != nil {
		t.Fatal(err)
	}
	c.save(transferLock, []string{"example.com", "example.net"}, "Status=false")
	if got := c.poll(); len(got) != 0 {
		t.Errorf("results are left: %+v", got)
	}
}

func TestFaultsTakeTheTaskNumber(t *testing.T) {
	t.Parallel()
	s, c := with(t, simulator.Fault{Kind: simulator.NoTaskNumber, Operation: "SaveBatchTask*", Count: 1})
	if no := c.save(transferLock, []string{"example.net"}, "Status=true"); no != "" {
		t.Errorf("the answer holds %s", no)
	}
	if len(s.Tasks()) != 1 {
		t.Error("no task was saved")
	}
	if no := c.save(transferLock, []string{"example.net"}, "Status=false"); no == "" {
		t.Error("the next answer lacks it, too")
	}
}

// TestFaultsShiftTheList: between two pages a name leaves, enters or moves, and
// the pages together lack a name or hold one twice.
func TestFaultsShiftTheList(t *testing.T) {
	t.Parallel()
	const com, net, buch = "example.com", "example.net", "xn--bcher-kva.example"
	for _, test := range []struct {
		fault simulator.Fault
		want  []string // the three pages of one name, youngest first
	}{
		{simulator.Fault{Kind: simulator.RemoveNames, Names: []string{buch}}, []string{buch, com}},
		{simulator.Fault{Kind: simulator.InsertNames, Names: []string{"example.org"}}, []string{buch, buch, net}},
		{simulator.Fault{Kind: simulator.MoveNames, Names: []string{com}}, []string{buch, buch, net}},
	} {
		test.fault.Operation, test.fault.From, test.fault.Count = "QueryDomainList", 2, 1
		s, c := with(t, test.fault)
		var got []string
		for page := range 3 {
			got = append(got, names(call[wire.QueryDomainListResponse](c, "QueryDomainList", "PageSize=1", fmt.Sprintf("PageNum=%d", page+1)).Data)...)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.fault.Kind, diff)
		}
		if d := s.State().Domain("example.org"); d != nil && len(d.Nameservers) != 2 {
			t.Errorf("got %+v", d)
		}
	}
}

func TestNamesVanish(t *testing.T) {
	t.Parallel()
	_, c := with(t, simulator.Fault{Kind: simulator.RemoveNames, From: 3, Names: []string{"example.net"}})
	c.info("example.net")
	c.info("example.net")
	if got := c.refused("QueryDomainByDomainName", "DomainName=example.net"); got != "400 DomainNotExist" {
		t.Error(got)
	}
}

func TestClockSkew(t *testing.T) {
	t.Parallel()
	s, c := inProcess(t, simulator.Options{Account: three(), Faults: simulator.Faults{ClockSkew: simulator.Duration(10 * time.Minute)}})
	answer, _, err := c.send("QueryDomainByDomainName", "DomainName=example.com")
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer, err)
	}
	at, err := http.ParseTime(answer.Header.Get("Date"))
	if d := time.Until(at); err != nil || d < 9*time.Minute || d > 11*time.Minute {
		t.Errorf("Date is %v ahead, %v", d, err)
	}
	if err := s.SetFaults(simulator.Faults{ClockSkew: simulator.Duration(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if got := c.refused("QueryDomainByDomainName", "DomainName=example.com"); got != "400 InvalidTimeStamp.Expired" {
		t.Error(got)
	}
}

// TestHooksStopTheWorld: before a call nothing has happened, after it all has.
func TestHooksStopTheWorld(t *testing.T) {
	t.Parallel()
	stop := errors.New("the cable is cut")
	var calls []string
	hook := func(stage string, at int) func(int, string) error {
		return func(n int, operation string) error {
			calls = append(calls, fmt.Sprint(stage, " ", n, " ", operation))
			if n == at {
				return stop
			}
			return nil
		}
	}
	s, c := inProcess(t, simulator.Options{Account: three(), BeforeCall: hook("before", 2), AfterCall: hook("after", 3)})
	for _, want := range []int{1, 1, 2} {
		_, _, err := c.send(transferLock, "DomainName.1=example.net", "Status=true")
		if failed := errors.Is(err, stop); failed != (len(calls) > 2) {
			t.Errorf("%v: %v", calls, err)
		}
		if got := total(s.Saved()); got != want {
			t.Errorf("%v: %d saved, want %d", calls, got, want)
		}
	}
	want := []string{"before 1 " + transferLock, "after 1 " + transferLock, "before 2 " + transferLock, "before 3 " + transferLock, "after 3 " + transferLock}
	if diff := cmp.Diff(want, calls); diff != "" {
		t.Error(diff)
	}
}

func TestOthersChangeTheAccount(t *testing.T) {
	t.Parallel()
	s, c := with(t)
	s.Change("example.com", func(d *snapshot.Domain) { d.Nameservers = []string{"ns9.example.org"} })
	s.Change("example.org", func(*snapshot.Domain) {})
	s.Remove("example.net")
	s.Remove("never.example")
	if got := c.info("example.com").DNSList; !slices.Equal(got, []string{"ns9.example.org"}) {
		t.Error(got)
	}
	got := names(call[wire.QueryDomainListResponse](c, "QueryDomainList", "PageSize=9", "PageNum=1").Data)
	if want := []string{"example.org", "xn--bcher-kva.example", "example.com"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFaultsAreValidated(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"rules":[{"kind":"explode"}]}`:                            `rules[0].kind: there is no kind "explode", only delay, `,
		`{"rules":[{"kind":"lose"},{"kind":"lose","opration":""}]}`: `unknown field "opration"`,
		`{"rules":[{"kind":"lose","operation":"Query"}]}`:           `no operation is called "Query"`,
		`{"rules":[{"kind":"lose","operation":"Query["}]}`:          "syntax error in pattern",
		`{"rules":[{"kind":"lose","from":-1}]}`:                     "not negative",
		`{"rules":[{"kind":"lose","share":2}]}`:                     "share is from 0 to 1",
		`{"rules":[{"kind":"error","status":200}]}`:                 "rules[0].status: 200 is no error",
		`{"rules":[{"kind":"delay","wait":"long"}]}`:                "long",
		`{"limits":{"Query":1}}`:                                    `limits["Query"]: 1`,
		`{"limits":{"*":0}}`:                                        `limits["*"]: 0`,
		`{"limit_profile":"mild"}`:                                  `there is no "mild", only none, strict`,
		`{"durations":{"CHG_DNS":"4s..x"}}`:                         "x",
		`{"clock_skew":"1"}`:                                        "missing unit",
		`[]`:                                                        "faults: ",
		``:                                                          "EOF",
	} {
		if _, err := simulator.ReadFaults(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want …%s…", text, err, want)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("New takes faults that are not valid")
		}
	}()
	simulator.New(simulator.Options{Faults: simulator.Faults{Limits: map[string]int{"*": -1}}})
}

func TestControls(t *testing.T) {
	t.Parallel()
	_, c := with(t)
	control := func(method, name, body string) (int, string) {
		r, err := http.NewRequest(method, c.url+"_simulator/"+name, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := c.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(text)
	}
	const faults = `{"clock_skew":"1s","durations":{"*":"4s..14m0s","CHG_DNS":"2s"},"limits":{"QueryDomainList":5},` +
		`"rules":[{"kind":"lose","operation":"SaveBatchTask*","from":3,"count":1},{"kind":"delay","wait":"1s..2s"}]}`
	if status, body := control("POST", "faults", faults); status != http.StatusOK || strings.TrimSpace(body) != faults {
		t.Errorf("faults were set to %d %s", status, body)
	}
	if _, body := control("GET", "faults", ""); strings.TrimSpace(body) != faults {
		t.Errorf("faults are %s", body)
	}
	if status, body := control("POST", "faults", `{"rules":[{"kind":"?"}]}`); status != http.StatusBadRequest || !strings.Contains(body, "no kind") {
		t.Errorf("%d %s", status, body)
	}
	if _, body := control("DELETE", "faults", ""); strings.TrimSpace(body) != "{}" {
		t.Errorf("faults are %s", body)
	}
	c.save(transferLock, []string{"example.net", "example.com"}, "Status=true")
	c.save(transferLock, []string{"example.net"}, "Status=true")
	for name, want := range map[string]string{
		"stats":   `{"SaveBatchTaskForTransferProhibitionLock":2}`,
		"mail":    `[]`,
		"saved":   `"SaveBatchTaskForTransferProhibitionLock\u0026Status=\"true\"\u0026DomainName=example.net":2`,
		"tasks":   `"TaskNum":2`,
		"results": `"DomainName":"example.com"`,
		"state":   `{"name":"example.net","instance_id":"S2"`,
	} {
		if _, body := control("GET", name, ""); !strings.Contains(body, want) {
			t.Errorf("%s: %s", name, body)
		}
	}
	_, state := control("GET", "state", "")
	a, err := snapshot.Read(strings.NewReader(state))
	if err != nil || len(a.Domains) != 3 || !a.Domain("example.net").TransferLock.On() {
		t.Errorf("%v: %s", err, state)
	}
}

// TestHangingCallsEndWithTheirCaller: otherwise the server could not be closed.
func TestHangingCallsEndWithTheirCaller(t *testing.T) {
	t.Parallel()
	s, c := with(t, simulator.Fault{Kind: simulator.Hang, Operation: "QueryDSRecord"})
	server := httptest.NewServer(s.Handler())
	c.url = server.URL + "/"
	ctx, cancel := context.WithCancel(t.Context())
	c.http = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		return server.Client().Transport.RoundTrip(r.WithContext(ctx))
	})}
	hanging := make(chan error, 1)
	go func() {
		_, _, err := c.send("QueryDSRecord", "DomainName=example.com")
		hanging <- err
	}()
	for s.Stats()["QueryDSRecord"] == 0 {
		c.info("example.com")
	}
	cancel()
	if err := <-hanging; !errors.Is(err, context.Canceled) {
		t.Error("a call that hangs ended with", err)
	}
	server.Close() // waits for all calls
}
