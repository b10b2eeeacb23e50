package simulator

import (
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// Registry is what the registry of a name has of it. The service shows what it
// read last.
type Registry struct {
	Hosts     []snapshot.Host // canonical
	DSRecords []snapshot.DSRecord
}

// ChangeAtRegistry lets somebody change a name at its registry, past the
// service: queries show it after the next task that works on the hosts or on
// the DS records of the name there, which may do nothing but synchronize them.
// It reports whether the account has the name.
func (s *Simulator) ChangeAtRegistry(name string, change func(r *Registry)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	d := s.account.byName[name]
	if d == nil {
		return false
	}
	r := Registry{Hosts: slices.Clone(d.Hosts), DSRecords: slices.Clone(d.DSRecords)}
	if d.unread.Hosts != nil {
		r.Hosts = d.unread.Hosts
	}
	if d.unread.DSRecords != nil {
		r.DSRecords = d.unread.DSRecords
	}
	change(&r)
	slices.SortFunc(r.Hosts, func(x, y snapshot.Host) int { return strings.Compare(x.Name, y.Name) })
	slices.SortFunc(r.DSRecords, snapshot.DSRecord.Compare)
	d.unread = Registry{Hosts: orEmpty(r.Hosts), DSRecords: orEmpty(r.DSRecords)}
	return true
}

// part is what of a name its registry has: its hosts, or its DS records.
type part struct {
	read  func(*domain)                 // from the registry
	words func(*snapshot.Domain) string // for the change log
}

// synchronize is the effect of a task that only reads.
func (p part) synchronize() effect {
	return effect{words: p.words, end: func(d *domain, _ time.Time) (result, failure string) {
		p.read(d)
		return "", ""
	}}
}

// saveRegistry saves a task that changes a part of a name. The change gets the
// name as the registry has it, and returns why it fails.
func (s *Simulator) saveRegistry(c *call, name string, p part, change func(*domain) (failure string)) (wire.Response, error) {
	return s.saveSingle(c, name, effect{blocked: true, words: p.words, end: func(d *domain, _ time.Time) (result, failure string) {
		p.read(d)
		return "", change(d)
	}})
}
