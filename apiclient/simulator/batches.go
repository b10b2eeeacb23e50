package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// effect is what a detail does to its name when it ends. Nil functions do
// nothing.
type effect struct {
	blocked bool // by the update lock
	outside bool // the name need not be in the account
	// takes is how long the detail takes beside what tasks of its type take.
	takes time.Duration
	// instance is what the detail is about, default the instance of the name.
	instance string
	// check returns why the detail fails, before anything of it happens.
	check func(d *domain) (failure string)
	apply func(d *snapshot.Domain)
	// end is called after apply, on the time at which the detail ends, and
	// returns what the detail results in (a secret), or why it fails. The
	// domain is nil where the account lacks the name.
	end func(d *domain, at time.Time) (result, failure string)
	// words say for the change log how what the effect changes stands now.
	words func(d *snapshot.Domain) string
	// ended is called last, with what the detail failed for.
	ended func(failure string)
}

func (e effect) execute(d *domain, at time.Time) (result, failure string) {
	if e.check != nil {
		if failure = e.check(d); failure != "" {
			return "", failure
		}
	}
	if e.apply != nil && d != nil {
		e.apply(&d.Domain)
	}
	if e.end != nil {
		return e.end(d, at)
	}
	return "", ""
}

func (s *Simulator) setNameservers(c *call, r *wire.SaveBatchTaskForModifyingDomainDnsRequest) (wire.Response, error) {
	if !r.AliyunDNS && len(r.DomainNameServer) == 0 {
		return nil, refusal(400, "MissingDomainNameServer", "DomainNameServer is mandatory for this action where AliyunDns is false.")
	}
	servers := slices.Clone(r.DomainNameServer)
	slices.Sort(servers)
	servers = slices.Compact(servers)
	return s.saveBatch(c, r.DomainName, effect{blocked: true, words: nameserversInWords, check: func(*domain) string {
		if !s.options.RequireHosts || r.AliyunDNS {
			return ""
		}
		if missing := s.account.withoutHost(servers); missing != "" {
			return noHost(missing)
		}
		return ""
	}, apply: func(d *snapshot.Domain) {
		if r.AliyunDNS {
			d.Nameservers = aliyun(d.Name)
		} else {
			d.Nameservers = servers
		}
	}})
}

func nameserversInWords(d *snapshot.Domain) string { return strings.Join(d.Nameservers, ";") }

// aliyun returns the pair of the service's own nameservers that a name gets.
func aliyun(name string) []string {
	n := 1 + 2*(hash(name)%16)
	servers := []string{fmt.Sprintf("dns%d.hichina.com", n), fmt.Sprintf("dns%d.hichina.com", n+1)}
	slices.Sort(servers)
	return servers
}

func (s *Simulator) setTransferLock(c *call, r *wire.SaveBatchTaskForTransferProhibitionLockRequest) (wire.Response, error) {
	return s.saveBatch(c, r.DomainName, transferLock(r.Status))
}

func (s *Simulator) setUpdateLock(c *call, r *wire.SaveBatchTaskForUpdateProhibitionLockRequest) (wire.Response, error) {
	return s.saveBatch(c, r.DomainName, updateLock(r.Status))
}

func (s *Simulator) setOneTransferLock(c *call, r *wire.SaveSingleTaskForTransferProhibitionLockRequest) (wire.Response, error) {
	return s.saveLock(c, r.DomainName, transferLock(r.Status))
}

func (s *Simulator) setOneUpdateLock(c *call, r *wire.SaveSingleTaskForUpdateProhibitionLockRequest) (wire.Response, error) {
	return s.saveLock(c, r.DomainName, updateLock(r.Status))
}

func transferLock(on bool) effect {
	return effect{
		apply: func(d *snapshot.Domain) { d.TransferLock = wire.Lock(on) },
		words: func(d *snapshot.Domain) string { return string(d.TransferLock) },
	}
}

func updateLock(on bool) effect {
	return effect{
		apply: func(d *snapshot.Domain) { d.UpdateLock = wire.Lock(on) },
		words: func(d *snapshot.Domain) string { return string(d.UpdateLock) },
	}
}

// saveLock saves a task that switches a lock of one name. Unlike other such
// tasks it is not refused while another one is open: its detail fails.
func (s *Simulator) saveLock(c *call, name string, e effect) (wire.Response, error) {
	if s.account.byName[name] == nil {
		return nil, errNoDomain
	}
	return s.saveBatch(c, []string{name}, e)
}

// saveBatch saves a task with a detail per name.
func (s *Simulator) saveBatch(c *call, names []string, e effect) (wire.Response, error) {
	t := s.newTask(taskType(c.request), c.now, c.clientIP)
	key := wire.Key(c.request)
	for _, name := range names {
		s.saved[key+"&DomainName="+name]++
		s.addDetail(t, c.operation.Name, name, e)
	}
	return &wire.TaskResponse{Meta: c.meta(), TaskNo: t.no}, nil
}

// saveSingle saves a task for one name. Unlike a batch call it refuses a name
// that the account lacks, and one that another such task is open for.
func (s *Simulator) saveSingle(c *call, name string, e effect) (wire.Response, error) {
	on := s.account.byName[name]
	if on == nil && !e.outside {
		return nil, errNoDomain
	}
	if s.busy(c.request, name, e) {
		return nil, refusal(400, "TaskIsBeingProcessed", errBusy)
	}
	return s.saveBatch(c, []string{name}, e)
}

// busy reports whether a task of a request could not run for a name, because
// another one is open.
func (s *Simulator) busy(r wire.Request, name string, e effect) bool {
	on := s.account.byName[name]
	this := &detail{task: &task{kind: taskType(r)}, effect: e}
	return on != nil && slices.ContainsFunc(on.open, this.conflicts)
}

// taskType returns the type of the task that a request saves. Where the
// reference names none it is made up from the operation:
// SaveSingleTaskForCancelingTransferIn saves a CANCELING_TRANSFER_IN.
func taskType(r wire.Request) wire.TaskType {
	if t := wire.TaskOf(r); t != "" {
		return t
	}
	_, name, _ := strings.Cut(wire.OperationOf(r).Name, "TaskFor")
	var b strings.Builder
	for i, c := range name {
		small := i+1 < len(name) && unicode.IsLower(rune(name[i+1]))
		if i > 0 && unicode.IsUpper(c) && (small || unicode.IsLower(rune(name[i-1]))) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(c))
	}
	return wire.TaskType(b.String())
}
