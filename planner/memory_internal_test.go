package planner

import (
	"fmt"
	"testing"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// TestChangesGetTheirRoomAtOnce: the list of the changes of many names is not
// copied again and again while it grows, and has little room left in the end.
func TestChangesGetTheirRoomAtOnce(t *testing.T) {
	t.Parallel()
	for _, n := range []int{5_000, 11_000, 23_000} {
		in := Input{Portfolio: new(config.Portfolio), Live: new(snapshot.Account)}
		for i := range n {
			name := fmt.Sprintf("name%06d.com", i)
			in.Portfolio.Domains = append(in.Portfolio.Domains, config.Domain{Name: name, Declared: []config.Declared{
				{Attribute: attr.Lookup("transfer_lock"), Value: attr.Bool(true)},
			}})
			in.Live.Domains = append(in.Live.Domains, snapshot.Domain{Name: name, TransferLock: "CLOSE"})
		}
		d := newDiffer(in)
		copied, room := 0, 0
		for i := range n {
			d.makeRoom(i)
			d.domain(&in.Portfolio.Domains[i], &in.Live.Domains[i])
			if c := cap(d.plan.Changes); c != room {
				copied, room = copied+len(d.plan.Changes)-1, c
			}
		}
		if len(d.plan.Changes) != n || 10*room > 11*n || copied > 4*steadyAfter {
			t.Errorf("%d changes have room for %d, and %d were copied", len(d.plan.Changes), room, copied)
		}
	}
}
