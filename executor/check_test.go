package executor

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// silent is a service that answers no check before its caller gives up.
type silent struct{ Service }

func (silent) Do(ctx context.Context, _ wire.Request, _ wire.Response) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

// TestInterruptIsHeardWhileChecksWait: the first interrupt ends the checks
// before a run, also where there are more of them than are made at once, and
// nothing fails for it.
func TestInterruptIsHeardWhileChecksWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var changes []*attr.Change
		for i := range 3 * parallel {
			c := delegate(fmt.Sprintf("n%d.example", i), "ns1.example.net")
			c.Steps[0].Check = &wire.CheckDomainRequest{DomainName: c.Domain, FeePeriod: i + 1}
			changes = append(changes, c)
		}
		stop := make(chan struct{})
		cfg := Config{Service: silent{}, Stop: stop}.defaults()
		e := newEngine(cfg, nil, graphOf(t, 0, changes...))
		if n := len(e.checks()); n != len(changes) {
			t.Fatalf("%d checks of %d changes", n, len(changes))
		}
		over := make(chan struct{})
		go func() {
			defer close(over)
			e.preflight(t.Context())
		}()
		synctest.Wait()
		close(stop)
		<-over
		e.calls.Wait()
		if e.g.phases[ended] != 0 {
			t.Errorf("%d steps have ended", e.g.phases[ended])
		}
	})
}
