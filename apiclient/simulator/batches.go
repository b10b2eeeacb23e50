package simulator

import (
	"fmt"
	"slices"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// effect is what a detail does to its name when it ends.
type effect struct {
	blocked bool // by the update lock
	apply   func(d *snapshot.Domain)
}

func (s *Simulator) setNameservers(c *call, r *wire.SaveBatchTaskForModifyingDomainDnsRequest) (wire.Response, error) {
	if !r.AliyunDNS && len(r.DomainNameServer) == 0 {
		return nil, refusal(400, "MissingDomainNameServer", "DomainNameServer is mandatory for this action where AliyunDns is false.")
	}
	servers := slices.Clone(r.DomainNameServer)
	slices.Sort(servers)
	servers = slices.Compact(servers)
	return s.saveBatch(c, r.DomainName, effect{blocked: true, apply: func(d *snapshot.Domain) {
		if r.AliyunDNS {
			d.Nameservers = aliyun(d.Name)
		} else {
			d.Nameservers = servers
		}
	}})
}

// aliyun returns the pair of the service's own nameservers that a name gets.
func aliyun(name string) []string {
	n := 1 + 2*(hash(name)%16)
	servers := []string{fmt.Sprintf("dns%d.hichina.com", n), fmt.Sprintf("dns%d.hichina.com", n+1)}
	slices.Sort(servers)
	return servers
}

func (s *Simulator) setTransferLock(c *call, r *wire.SaveBatchTaskForTransferProhibitionLockRequest) (wire.Response, error) {
	return s.saveBatch(c, r.DomainName, effect{apply: func(d *snapshot.Domain) { d.TransferLock = wire.Lock(r.Status) }})
}

func (s *Simulator) setUpdateLock(c *call, r *wire.SaveBatchTaskForUpdateProhibitionLockRequest) (wire.Response, error) {
	return s.saveBatch(c, r.DomainName, effect{apply: func(d *snapshot.Domain) { d.UpdateLock = wire.Lock(r.Status) }})
}

// saveBatch saves a task with a detail per name.
func (s *Simulator) saveBatch(c *call, names []string, e effect) (wire.Response, error) {
	t := s.newTask(c.operation.Task, c.now, c.clientIP)
	key := wire.Key(c.request)
	for _, name := range names {
		s.saved[key+"&DomainName="+name]++
		s.addDetail(t, c.operation.Name, name, e)
	}
	return &wire.TaskResponse{Meta: c.meta(), TaskNo: t.no}, nil
}
