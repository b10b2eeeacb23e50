package reader_test

import (
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// declare returns a domain that declares the values by name.
func declare(name string, values map[string]attr.Value) config.Domain {
	d := config.Domain{Name: name}
	for _, a := range attr.All() {
		if v, ok := values[a.Name]; ok {
			d.Declared = append(d.Declared, config.Declared{Attribute: a, Value: v})
		}
	}
	return d
}

func hosts(names ...string) attr.Value { return attr.NewNameserverSet(names) }

// live returns the state of a name with all facts known.
func live(name string, nameservers ...string) snapshot.Domain {
	return snapshot.Domain{
		Name: name, Nameservers: nameservers,
		TransferLock: wire.LockOff, UpdateLock: wire.LockOff, DSRecords: []snapshot.DSRecord{},
	}
}

func portfolio(domains ...config.Domain) *config.Portfolio {
	return &config.Portfolio{Domains: domains, Limits: config.DefaultLimits()}
}

func account(domains ...snapshot.Domain) *planner.Live {
	a := &planner.Live{ReadAt: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Domains: domains}
	a.Sort()
	return a
}

// statuses lists the changes of a plan as "id: status".
func statuses(p *planner.Plan) []string {
	all := []string{}
	for _, c := range p.Changes {
		all = append(all, c.ID+": "+string(c.Status))
	}
	return all
}
