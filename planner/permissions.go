package planner

import (
	"maps"
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// Operations returns the operations that plans, and unless readOnly is set applies,
// of a portfolio may call, sorted: those of the attributes that it declares, of what
// rules look at beside them, and of following tasks.
func Operations(p *config.Portfolio, readOnly bool) []string {
	declared := declaredAttributes(p)
	facts := snapshot.Info | snapshot.Presence
	names := make(map[string]bool)
	for _, a := range declared {
		facts |= a.Facts
		if a.Hazard == attr.Delegation {
			facts |= snapshot.DSRecords | snapshot.Hosts
		}
		for _, r := range a.Requests {
			names[wire.OperationOf(r).Name] = true
		}
	}
	names[lockRead.Operation] = true
	for _, l := range lists {
		names[l.Operation] = true
	}
	for _, r := range slices.Concat(reads, accountReads, []Read{transfersIn}) {
		if r.Facts&facts != 0 || r.Facts&always != 0 {
			names[r.Operation] = true
		}
	}
	for _, r := range requestsOfRuns {
		names[wire.OperationOf(r).Name] = true
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(names)), func(name string) bool {
		return readOnly && wire.Lookup(name).Access == wire.Write
	})
}

// always are the facts that plans ask for whatever is declared.
const always = snapshot.OthersTasks | snapshot.PastOrders | snapshot.Listed | snapshot.Status

// requestsOfRuns are the requests of a run that no attribute has: those of following
// tasks, and of the change log.
var requestsOfRuns = []wire.Request{
	&wire.PollTaskResultRequest{}, &wire.AcknowledgeTaskResultRequest{},
	&wire.QueryTaskListRequest{}, &wire.QueryTaskInfoHistoryRequest{}, &wire.QueryTaskDetailListRequest{}, &wire.QueryTaskDetailHistoryRequest{},
	&wire.QueryChangeLogListRequest{},
}

// declaredAttributes returns the attributes that the files declare, of any name or of
// the account.
func declaredAttributes(p *config.Portfolio) []*attr.Attribute {
	declared := make(map[*attr.Attribute]bool)
	for _, d := range p.Declared {
		declared[d.Attribute] = true
	}
	for i := range p.Domains {
		for _, d := range p.Domains[i].Declared {
			declared[d.Attribute] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(attr.All()), func(a *attr.Attribute) bool { return !declared[a] })
}
