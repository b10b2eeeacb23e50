package executor_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
)

// A lie turns an answer into another one. N is how often it was told.
type lie func(doc map[string]any, n int)

const huge = 1 << 62

// lies are what may become of any answer of the operations of a run.
func lies() map[string]lie {
	all := map[string]lie{
		"failure":         replaced(map[string]any{"RequestId": "R", "Code": "InternalError", "Message": "It failed."}),
		"refusal":         replaced(map[string]any{"RequestId": "R", "Code": "ParameterIllegal", "Message": "It is wrong."}),
		"nothing":         replaced(nil),
		"request ID only": replaced(map[string]any{"RequestId": "R"}),
		"nulls": func(doc map[string]any, _ int) {
			for key := range doc {
				if key != "RequestId" {
					doc[key] = nil
				}
			}
		},
		"another wrapper": func(doc map[string]any, _ int) {
			if data, ok := doc["Data"].(map[string]any); ok {
				doc["Data"] = map[string]any{"Unknown": slices.Collect(maps.Values(data))[0]}
			}
		},
		"another name":  each(func(e map[string]any) { e["DomainName"] = "other.example" }),
		"unknown words": each(func(e map[string]any) { e["TaskStatus"], e["TaskType"], e["TaskStatusCode"] = "MAYBE", "PERHAPS", 77 }),
		"huge totals":   totals,
		"the same page": again(func(map[string]any, int) {}),
		"fresh pages": again(func(e map[string]any, n int) {
			for _, number := range []string{"TaskNo", "TaskDetailNo"} {
				if no, ok := e[number].(string); ok {
					e[number] = fmt.Sprintf("%s-%d", no, n)
				}
			}
		}),
	}
	for _, member := range []string{"TaskNo", "TaskDetailNo", "DomainName", "TaskStatus", "TaskType", "CreateTime"} {
		all["no "+member] = each(func(e map[string]any) {
			for _, same := range []string{member, member + "Code", member + "Long"} {
				delete(e, same)
			}
		})
	}
	return all
}

func replaced(by map[string]any) lie {
	return func(doc map[string]any, _ int) {
		clear(doc)
		maps.Copy(doc, by)
	}
}

// rows returns the entries of a list, or the answer of a call that lists none.
func rows(doc map[string]any) (all []map[string]any) {
	list, _ := doc["Objects"].([]any)
	data, isList := doc["Data"].(map[string]any)
	for _, item := range data {
		list, _ = item.([]any)
	}
	for _, e := range list {
		if e, ok := e.(map[string]any); ok {
			all = append(all, e)
		}
	}
	if list == nil && !isList {
		return []map[string]any{doc}
	}
	return all
}

func each(change func(e map[string]any)) lie {
	return func(doc map[string]any, _ int) {
		for _, e := range rows(doc) {
			change(e)
		}
	}
}

func totals(doc map[string]any, _ int) {
	for _, total := range []string{"TotalItemNum", "TotalPageNum"} {
		if _, ok := doc[total]; ok {
			doc[total] = huge
		}
	}
}

// again tells the first page that has entries for ever, in one way or another.
func again(change func(e map[string]any, n int)) lie {
	var first []byte
	return func(doc map[string]any, n int) {
		if first == nil && len(rows(doc)) > 0 {
			first, _ = json.Marshal(doc) //nolint:errchkjson // it was decoded
		}
		if first != nil {
			clear(doc)
			_ = json.Unmarshal(first, &doc) // it was encoded
		}
		totals(doc, n)
		for _, e := range rows(doc) {
			change(e, n)
		}
		if _, ok := doc["NextPageCursor"]; ok {
			doc["NextPageCursor"] = map[string]any{"TaskNo": fmt.Sprint("cursor-", n), "TaskDetailNo": fmt.Sprint("cursor-", n), "CreateTimeLong": n}
		}
	}
}

// A liar is a service that lies about some operations, and watches what is
// acknowledged.
type liar struct {
	http.RoundTripper
	operation string // that it lies about; "SaveBatchTask*": all that save tasks
	lie       lie
	names     []string // whose results are ours

	mu           sync.Mutex
	told         int             // lies
	honest       bool            // no more lies
	understood   map[string]bool // numbers of results that said all that matters
	acknowledged []string
}

func (l *liar) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := l.RoundTripper.RoundTrip(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		return resp, err
	}
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	answer = l.tell(form, answer)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(answer)), int64(len(answer))
	return resp, nil
}

// tell returns the answer to a call as the liar gives it.
func (l *liar) tell(form url.Values, answer []byte) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	operation := form.Get("Action")
	if operation == "AcknowledgeTaskResult" {
		for i := 1; form.Has(fmt.Sprint("TaskDetailNo.", i)); i++ {
			l.acknowledged = append(l.acknowledged, form.Get(fmt.Sprint("TaskDetailNo.", i)))
		}
	}
	var doc map[string]any
	if json.Unmarshal(answer, &doc) != nil {
		return answer
	}
	prefix, any := strings.CutSuffix(l.operation, "*")
	if !l.honest && (operation == l.operation || any && strings.HasPrefix(operation, prefix)) {
		l.told++
		l.lie(doc, l.told)
		answer, _ = json.Marshal(doc) //nolint:errchkjson // it was decoded
	}
	for _, e := range rows(doc) {
		ended := e["TaskStatus"] == string(wire.DetailSuccess) || e["TaskStatus"] == string(wire.DetailFailure)
		if no, ok := e["TaskDetailNo"].(string); ok && ended && e["TaskNo"] != nil && slices.Contains(l.names, fmt.Sprint(e["DomainName"])) {
			l.understood[no] = true
		}
	}
	return answer
}

// A telling is one case of a run that is lied to.
type telling struct {
	operation, lie string
	lost           bool // the answers of requests get lost, too
	interrupt      bool // the first interrupt comes after a while
	others         bool // somebody else has ordered the same a while before
}

// TestRunsThatAreLiedTo lets each answer of a run be none, in each of many
// ways. Whatever that is, the run and its interrupt end; nothing is saved and
// no term is bought twice; nothing is ordered that somebody else has ordered;
// nothing is acknowledged that did not say what it is; and when the service is
// honest again the account becomes as declared.
func TestRunsThatAreLiedTo(t *testing.T) {
	t.Parallel()
	effective := make(map[string]int)
	n := 0
	// Of the ways in which each is played, every answer gets two.
	for o, operation := range []string{"PollTaskResult", "AcknowledgeTaskResult", "QueryTaskList", "QueryTaskInfoHistory", "QueryTaskDetailList", "QueryTaskDetailHistory", "SaveBatchTask*"} {
		for _, name := range slices.Sorted(maps.Keys(lies())) {
			for i, c := range []telling{{}, {lost: true}, {lost: true, interrupt: true}, {others: true}} {
				c.operation, c.lie = operation, name
				if n++; (n+n/4+o)%2 == 0 || testing.Short() && n%29 != 0 {
					continue
				}
				t.Run(fmt.Sprintf("%s, %s, %d", operation, name, i), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { effective[name] += c.play(t) })
				})
			}
		}
	}
	for _, lie := range slices.Sorted(maps.Keys(lies())) {
		if effective[lie] == 0 && !testing.Short() {
			t.Errorf("nobody was told: %s", lie)
		}
	}
}

// play returns how often the service lied.
func (c telling) play(t *testing.T) int {
	w := shop(t, []name{
		{name: "a.example", want: newServers},
		{name: "b.example", want: newServers, locked: true},
		{name: "c.example", left: 40, renewal: attr.Renewal{MinDaysLeft: 600, Years: 2}},
	}, simulator.Options{HistoryAfter: map[bool]time.Duration{true: time.Nanosecond}[strings.HasSuffix(c.operation, "History")]})
	if c.lost {
		w.setFaults(simulator.Fault{Kind: simulator.Lose, Operation: "SaveBatchTask*"})
	}
	if c.others {
		w.order("c.example")
		<-time.After(time.Minute)
	}
	l := &liar{
		RoundTripper: w.sim.Transport(), operation: c.operation, lie: lies()[c.lie],
		names: []string{"a.example", "b.example", "c.example"}, understood: make(map[string]bool),
	}
	client, err := apiclient.New(apiclient.Config{
		Endpoint: endpoint, Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: l,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.client = client
	c.run(w)
	w.bought(-1)
	// Who is told of the other order another name cannot know of it.
	if n := len(w.sim.Purchases()); c.others && n != 1 && c.lie != "another name" {
		t.Errorf("somebody has ordered a term, and then it was ordered again: %+v", w.sim.Purchases())
	}
	l.honest = true
	w.setFaults()
	if c.others {
		<-time.After(4 * 24 * time.Hour)
	}
	w.settleOrders()
	w.onceEach()
	w.bought(-1)
	w.allLocked()
	for _, no := range l.acknowledged {
		if !l.understood[no] {
			t.Errorf("result %s was acknowledged, and no answer said what it is", no)
		}
	}
	return l.told
}

// run applies while the service lies.
func (c telling) run(w *world) {
	w.t.Helper()
	began, most := time.Now(), 36*time.Hour
	if c.interrupt {
		w.interruptAfter(20 * time.Second)
		most = time.Hour
	}
	err := w.open(w.t.Context(), func(j *journal.Journal) error {
		p, err := w.plan(w.t.Context())
		if err != nil {
			return err
		}
		_, err = executor.Run(w.t.Context(), p, w.config(j))
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
	if took := time.Since(began); took > most {
		w.t.Errorf("it took %s", took)
	}
	w.stop = nil
}
