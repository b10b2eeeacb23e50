package simulator_test

import (
	"bufio"
	"bytes"
	"context"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// goodCalls returns the good call of each operation, as parameters with the
// operation first.
func goodCalls(t *testing.T) (calls [][]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(behaviours)) {
		synctest.Test(t, func(t *testing.T) {
			b := behaviours[name]
			call := []string{name}
			for _, p := range wire.Params(b.good(newWorld(t, b))) {
				call = append(call, p.Name+"="+p.Value)
			}
			calls = append(calls, call)
		})
	}
	return calls
}

// TestManyClientsCallEverything: 200 clients call all operations on one account
// side by side, in either scheme, while others look at it. The race detector
// sees what they share.
func TestManyClientsCallEverything(t *testing.T) {
	t.Parallel()
	const clients, rounds = 200, 10
	calls := goodCalls(t)
	s, base := inProcess(t, simulator.Options{Account: three(), Faults: simulator.Faults{LimitProfile: simulator.NoLimits}})
	var wg sync.WaitGroup
	for n := range clients {
		wg.Go(func() {
			c := *base
			random := rand.New(rand.NewPCG(1, uint64(n)))
			for range rounds {
				call := calls[random.IntN(len(calls))]
				if answer, body, err := c.send(call[0], call[1:]...); err != nil || answer.StatusCode >= 500 {
					t.Errorf("%v: %v: %s", call, err, body)
				}
				call = calls[random.IntN(len(calls))]
				if status, _, body := newHeaderCall(call[0], call[1:]...).send(t, s); status >= 500 || status == 403 {
					t.Errorf("%v: %d: %s", call, status, body)
				}
			}
			s.State()
			s.Mail()
			s.Tasks()
			s.Results()
		})
	}
	wg.Wait()
	total := 0
	for _, n := range s.Stats() {
		total += n
	}
	if total != 2*rounds*clients {
		t.Errorf("%d calls are counted", total)
	}
	if want := len(calls); len(s.Stats()) != want {
		t.Errorf("%d operations were called, not all %d", len(s.Stats()), want)
	}
}

// FuzzHTTP sends raw bytes as a connection brings them.
func FuzzHTTP(f *testing.F) {
	_, c := inProcess(f, simulator.Options{})
	body := c.signed("QueryDomainList", []string{"PageNum=1", "PageSize=2"}).Encode()
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body)),
		httptest.NewRequest(http.MethodGet, "/?"+body, nil),
		newHeaderCall(transferLock, "Status=true", "DomainName.1=example.net").inForm().request(f),
		newHeaderCall("QueryDnsHost", "InstanceId=S1").set("accept", "application/xml").request(f),
		httptest.NewRequest(http.MethodPost, "http://localhost/_simulator/faults", strings.NewReader(`{"limits":{"*":1},"rules":[{"kind":"lose"}]}`)),
	} {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		var raw bytes.Buffer
		if err := r.Write(&raw); err != nil {
			f.Fatal(err)
		}
		f.Add(raw.Bytes())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, _ := inProcess(t, simulator.Options{Account: three(), BodyLimit: 1 << 12})
		for in := bufio.NewReader(bytes.NewReader(raw)); ; {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			w := httptest.NewRecorder()
			if serveOne(s, w, r); w.Code == http.StatusInternalServerError {
				t.Errorf("%q: %s", raw, w.Body)
			}
		}
	})
}

// serveOne answers a request as a server does: a handler that aborts ends the
// connection, and any other panic is a mistake.
func serveOne(s *simulator.Simulator, w http.ResponseWriter, r *http.Request) {
	defer func() {
		if e := recover(); e != nil && e != http.ErrAbortHandler { //nolint:errorlint // it is that very value
			panic(e)
		}
	}()
	ctx, cancel := context.WithTimeout(r.Context(), 10*time.Millisecond) // faults may let it hang
	defer cancel()
	s.Handler().ServeHTTP(w, r.WithContext(ctx))
}
