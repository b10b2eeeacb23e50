package apiclient_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/simulator/distort"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// reading is a read of an operation as commands make it: all pages of a list, or
// one answer.
type reading struct {
	operation *wire.Operation
	request   wire.Request
}

// run makes the read through a client and returns what it tells, as JSON, and how
// many calls it took.
func (r *reading) run(t *testing.T, s *simulator.Simulator, d distort.Distortion) (told []any, through *distort.Transport, err error) {
	t.Helper()
	through = &distort.Transport{Next: s.Transport(), Operation: r.operation.Name, Distortion: d, Most: 300}
	c := clientOf(t, through, func(c *apiclient.Config) { c.Attempts = 2 })
	call := func(q wire.Request) (wire.Response, error) {
		into := r.operation.NewResponse()
		return into, c.Do(t.Context(), q, into)
	}
	for page, err := range apiclient.Pages(r.request, 0, call) {
		if err != nil {
			return told, through, err
		}
		text, err := json.Marshal(page)
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]any
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatal(err)
		}
		told = append(told, members)
	}
	return told, through, nil
}

// populated is an account in which every list has entries, and the reads of all
// operations that read. A read that the simulator cannot answer is none.
func populated(t *testing.T) (*simulator.Simulator, []*reading) {
	t.Helper()
	s := simulator.New(simulator.Options{Seed: 1, Account: account("example.com", "example.net", "example.org")})
	c := clientOf(t, s.Transport(), nil)
	list, err := c.QueryDomainList(t.Context(), &wire.QueryDomainListRequest{Page: wire.Page{PageNum: 1, PageSize: 10}})
	if err != nil {
		t.Fatal(err)
	}
	task, err := c.Submit(t.Context(), &wire.SaveBatchTaskForUpdateProhibitionLockRequest{DomainName: []string{"example.com", "example.net"}, Status: true})
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{
		"DomainName": "example.com", "InstanceID": list.Data[0].InstanceID, "TaskNo": task.TaskNo, "ContactType": "registrant", "Email": "hostmaster@example.com",
	}
	time.Sleep(time.Minute)
	var all []*reading
	for _, o := range wire.Operations() {
		if o.Access != wire.Read {
			continue
		}
		r := &reading{o, o.NewRequest()}
		v := reflect.ValueOf(r.request).Elem()
		for name, value := range values {
			if m := v.FieldByName(name); m.IsValid() && m.Kind() == reflect.String && (o.Entries() == nil || name == "TaskNo" && strings.HasPrefix(o.Name, "QueryTaskDetail")) {
				m.SetString(value)
			}
		}
		once, _, err := r.run(t, s, plain)
		again, _, _ := r.run(t, s, plain)
		if err == nil && invented(once, again) == "" { // an answer that is another one each time cannot be compared
			all = append(all, r)
		}
	}
	return s, all
}

var plain = distort.Distortion{Name: "as it is", Change: func(_ int, members map[string]any) any { return members }}

// TestWrongAnswersOfEveryRead has every operation that reads answer wrongly, in
// every way. A read ends, and what it tells is what the account has, or nothing.
func TestWrongAnswersOfEveryRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, all := populated(t)
		if len(all) < 15 {
			t.Errorf("only %d operations can be read", len(all))
		}
		for _, r := range all {
			whole, _, err := r.run(t, s, plain)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range distort.Wrong(r.operation) {
				at := r.operation.Name + ": " + d.Name
				told, through, err := r.run(t, s, d)
				if through.Changed() == 0 || through.Overrun() {
					t.Errorf("%s: %d answers were changed; it does not end: %v", at, through.Changed(), through.Overrun())
				}
				if err != nil && strings.Count(err.Error(), r.operation.Name) != 1 {
					t.Errorf("%s: %v", at, err)
				}
				if d.Adds {
					continue
				}
				if err == nil && len(told) != len(whole) {
					t.Errorf("%s: %d pages, not %d", at, len(told), len(whole))
				}
				for i := range min(len(told), len(whole)) {
					if problem := invented(whole[i], told[i]); problem != "" {
						t.Errorf("%s: %s", at, problem)
					}
				}
			}
		}
	})
}

// hints are members that nobody takes for facts.
var hints = map[string]bool{"RequestID": true, "CurrentPageNum": true, "PageSize": true, "TotalItemNum": true, "TotalPageNum": true, "NextPage": true, "PrePage": true, "Lacks": true, "NextPageCursor": true}

// invented says which value an answer tells that the whole one does not. One that
// is zero is not told.
func invented(whole, got any) string {
	switch got := got.(type) {
	case map[string]any:
		whole, _ := whole.(map[string]any)
		for name, v := range got {
			if hints[name] || v == nil || reflect.ValueOf(v).IsZero() || v == "0001-01-01T00:00:00Z" {
				continue
			}
			if problem := invented(whole[name], v); problem != "" {
				return name + ": " + problem
			}
		}
	case []any:
		whole, _ := whole.([]any)
		if len(got) != len(whole) {
			return fmt.Sprintf("%d entries, not %d", len(got), len(whole))
		}
		for i := range got {
			if problem := invented(whole[i], got[i]); problem != "" {
				return problem
			}
		}
	default:
		if !reflect.DeepEqual(whole, got) {
			return fmt.Sprintf("%v, not %v", got, whole)
		}
	}
	return ""
}

// TestEveryReadInEveryShape has every operation that reads answer in the shapes
// that are documented: it tells the same.
func TestEveryReadInEveryShape(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, all := populated(t)
		for _, r := range all {
			whole, _, err := r.run(t, s, plain)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range distort.Shapes(r.operation) {
				told, _, err := r.run(t, s, d)
				if err != nil {
					t.Errorf("%s: %s: %v", r.operation.Name, d.Name, err)
					continue
				}
				more, less := invented(whole, told), invented(told, whole)
				if more != "" || less != "" {
					t.Errorf("%s: %s: %s %s", r.operation.Name, d.Name, more, less)
				}
			}
		}
	})
}

// TestCancelledReadsEnd cancels reads of lists that go on.
func TestCancelledReadsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, all := populated(t)
		lists := 0
		for _, r := range all {
			if r.operation.Entries() == nil {
				continue
			}
			lists++
			for _, d := range distort.Wrong(r.operation) {
				ctx, cancel := context.WithCancel(t.Context())
				change := d.Change
				d.Change = func(calls int, members map[string]any) any {
					cancel()
					return change(calls, members)
				}
				through := &distort.Transport{Next: s.Transport(), Operation: r.operation.Name, Distortion: d, Most: 10}
				c := clientOf(t, through, nil)
				call := func(q wire.Request) (wire.Response, error) {
					into := r.operation.NewResponse()
					return into, c.Do(ctx, q, into)
				}
				for _, err := range apiclient.Pages(r.request, 0, call) {
					_ = err // how the list ended does not matter here
				}
				if through.Overrun() || c.Stats()[r.operation.Name] > 1 {
					t.Errorf("%s: %s: %v calls after the context ended", r.operation.Name, d.Name, c.Stats())
				}
				cancel()
			}
		}
		if lists == 0 {
			t.Error("no list was read")
		}
	})
}
