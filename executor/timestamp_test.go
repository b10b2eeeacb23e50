package executor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// A slowWire keeps one request on its way for a while, whatever becomes of whoever
// sent it, and notes with which times requests are signed that change something.
type slowWire struct {
	http.RoundTripper
	keep  string // the operation of the request that is kept
	delay time.Duration
	left  func() // happens when the request is on its way

	mu      sync.Mutex
	kept    bool
	arrived string // what became of it; "": it is on its way
	signed  []string
}

func (s *slowWire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !s.take(form) {
		return s.RoundTripper.RoundTrip(r)
	}
	late := r.Clone(context.WithoutCancel(r.Context()))
	go func() {
		time.Sleep(s.delay) // the bubble's clock
		resp, err := s.RoundTripper.RoundTrip(late)
		said := fmt.Sprint(err)
		if err == nil {
			text, _ := io.ReadAll(resp.Body) // of a response in memory
			_ = resp.Body.Close()            // as above
			said = string(text)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.arrived = said
	}()
	s.left()
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// take notes a request, and reports whether it is to be kept.
func (s *slowWire) take(form url.Values) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	operation := wire.Lookup(form.Get("Action"))
	if operation != nil && operation.Async() {
		s.signed = append(s.signed, form.Get("Timestamp"))
	}
	if s.kept || s.keep == "" || form.Get("Action") != s.keep {
		return false
	}
	s.kept = true
	return true
}

// TestRequestsThatArriveLate: a process dies with a request on its way, another one
// takes over, and the request arrives whenever it likes. It is executed once, by
// whichever of the two: what arrives before 15 minutes is found, and what arrives
// after is refused, for it carries the time of its intent.
func TestRequestsThatArriveLate(t *testing.T) {
	t.Parallel()
	const nameservers, locks = "SaveBatchTaskForModifyingDomainDns", "SaveBatchTaskForUpdateProhibitionLock"
	for _, delay := range []time.Duration{
		time.Minute, 14 * time.Minute, wire.SignatureLife - 2*time.Second, wire.SignatureLife, wire.SignatureLife + 2*time.Second,
		wire.SignatureLife + 20*time.Second, 16 * time.Minute, 20 * time.Minute, 3 * time.Hour,
	} {
		for _, keep := range []string{nameservers, locks, renew} {
			t.Run(fmt.Sprint(keep, " after ", delay), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { arriveLate(t, keep, delay) })
			})
		}
	}
}

// arriveLate lets the first request of an operation arrive late, by whose sender it
// is not missed, since that has died.
func arriveLate(t *testing.T, keep string, delay time.Duration) {
	t.Helper()
	w := shop(t, append(few(), name{name: "r.example", left: 20, renewal: yearly}), simulator.Options{})
	ctx, die := context.WithCancel(t.Context())
	s := &slowWire{RoundTripper: w.sim.Transport(), keep: keep, delay: delay, left: die}
	w.wire = func(http.RoundTripper) http.RoundTripper { return s }
	w.connect()
	left := time.Now()
	_, _, _ = w.apply(ctx) // whatever a dying run says
	if !s.kept {
		t.Fatal("no such request was sent")
	}
	w.revive()
	w.mustApply()
	if took, most := time.Since(left), wire.SignatureLife+time.Minute; took > most+5*time.Minute && delay < most {
		t.Errorf("the one that took over needed %v", took)
	}
	time.Sleep(max(delay-time.Since(left), 0) + time.Hour) // the bubble's clock
	w.settleOrders()
	s.mu.Lock()
	arrived := s.arrived
	s.mu.Unlock()
	if refused := strings.Contains(arrived, "InvalidTimeStamp.Expired"); arrived == "" || refused != (delay > wire.SignatureLife) {
		t.Errorf("what came %v late was answered with %q", delay, arrived)
	}
	w.converged()
	w.bought(1)
}

// TestEveryAttemptOfAnIntentHasItsTimestamp: however often the client sends a
// request, it is signed with the time that the journal has of its intent, and no two
// intents have one.
func TestEveryAttemptOfAnIntentHasItsTimestamp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, few(), faults(
			simulator.Fault{Kind: simulator.Throttle, Operation: "SaveBatchTask*", Count: 9},
			simulator.Fault{Kind: simulator.Delay, Operation: "SaveBatchTask*", Wait: simulator.Range{Min: 3 * time.Second, Max: 3 * time.Second}},
		))
		s := &slowWire{RoundTripper: w.sim.Transport()}
		w.wire = func(http.RoundTripper) http.RoundTripper { return s }
		w.connect()
		r := w.mustApply()
		w.converged()
		var recorded []string
		err := w.open(t.Context(), func(j *journal.Journal) error {
			l, err := j.Ledger(t.Context(), r.Run)
			for _, b := range l.Batches {
				recorded = append(recorded, b.Timestamp.UTC().Format("2006-01-02T15:04:05Z"))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(recorded)
		if attempts := slices.Sorted(slices.Values(s.signed)); len(attempts) < len(recorded)+9 || !slices.Equal(slices.Compact(attempts), slices.Compact(recorded)) {
			t.Errorf("%d requests are signed at %v, and the journal says %v", len(s.signed), s.signed, recorded)
		}
	})
}

// former is the store of a program that recorded no Timestamp.
type former struct{ store.Store }

func (f former) Load(ctx context.Context, q store.Query, each func(*store.Record) error) error {
	return f.Store.Load(ctx, q, func(r *store.Record) error {
		if r.Kind == "intent" {
			var data map[string]any
			if err := json.Unmarshal(r.Data, &data); err != nil {
				return err
			}
			if data["timestamp"] == nil {
				return errors.New("an intent has no timestamp")
			}
			delete(data, "timestamp")
			packed, err := json.Marshal(data)
			if err != nil {
				return err
			}
			r.Data = packed
		}
		return each(r)
	})
}

// TestIntentsOfFormerPrograms: they signed each attempt by itself, for as long as
// they tried, so that whoever goes on waits for that as well.
func TestIntentsOfFormerPrograms(t *testing.T) {
	t.Parallel()
	for waits, kept := range map[time.Duration]func(store.Store) store.Store{
		15*time.Minute + 30*time.Second: func(s store.Store) store.Store { return s },
		20*time.Minute + 30*time.Second: func(s store.Store) store.Store { return former{s} },
	} {
		t.Run(fmt.Sprint(waits), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, many(1), simulator.Options{})
				hook := w.options.Hook
				w.options.Hook = func(point string) error {
					if point == "an intent: after" {
						return errDied
					}
					return hook(point)
				}
				_, _, _ = w.apply(t.Context()) // whatever a dying run says
				intended := time.Now()
				w.options.Hook = nil
				j := w.job()
				j.Journal = func(ctx context.Context, _, _ string, _ bool) (*journal.Journal, error) {
					s, err := w.options.Memory.State(w.dir).Open(ctx, store.Options{})
					return journal.In(kept(s), journal.Options{}), err
				}
				r, err := j.Apply(t.Context(), job.ApplyOptions{})
				if err != nil {
					t.Fatal(err)
				}
				at := r.Settled.Changes[0]
				if took := time.Since(intended); took < waits || took > waits+time.Minute {
					t.Errorf("it went on after %v, want %v: %+v", took, waits, at)
				}
				w.converged()
			})
		})
	}
}
