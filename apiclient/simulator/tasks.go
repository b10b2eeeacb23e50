package simulator

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// task is a set of details that were saved by one call.
type task struct {
	no        string
	kind      wire.TaskType
	created   time.Time
	clientIP  string
	details   []*detail
	ended     int // details that have
	cancelled bool
}

// detail is one name in a task.
type detail struct {
	task     *task
	no       string
	name     string
	instance string
	effect   effect
	due      time.Time // when it ends; zero: never
	failure  string    // what it will fail with, or failed with
	result   string    // TaskResult, once it has ended
	stolen   bool      // somebody else acknowledges the result at once
	denied   string    // what its result says that it failed with although it did not

	ended        time.Time // zero: not yet
	acknowledged bool
}

// tasks holds all tasks, their details, and the results that were not
// acknowledged.
type tasks struct {
	list    []*task // oldest first
	byNo    map[string]*task
	details map[string]*detail
	queue   queue
}

func (t *tasks) init() {
	t.byNo, t.details = make(map[string]*task), make(map[string]*detail)
}

func (s *Simulator) newTask(kind wire.TaskType, now time.Time, clientIP string) *task {
	t := &task{no: s.uuid(now), kind: kind, created: now, clientIP: clientIP}
	s.tasks.list = append(s.tasks.list, t)
	s.tasks.byNo[t.no] = t
	return t
}

// addDetail adds a name to a task. operation is the one that saves it, which
// faults are aimed at.
func (s *Simulator) addDetail(t *task, operation, name string, e effect) {
	d := &detail{
		task: t, no: strings.ReplaceAll(s.uuid(t.created), "-", ""),
		name: name, instance: e.instance, effect: e, due: t.created.Add(s.faults.duration(t.kind) + e.takes),
	}
	if on := s.account.byName[name]; on != nil {
		d.instance = cmp.Or(d.instance, on.InstanceID)
		if slices.ContainsFunc(on.open, d.conflicts) {
			d.failure = errBusy
		}
		on.open = append(on.open, d)
	}
	s.faults.applyTo(d, operation)
	t.details = append(t.details, d)
	s.tasks.details[d.no] = d
	if !d.due.IsZero() {
		s.schedule(d.due, func(at time.Time) {
			if d.ended.IsZero() {
				s.finish(d, at)
			}
		})
	}
}

const errBusy = "Another task of the domain name is being processed."

// conflicts reports whether another detail of the same name cannot run beside
// this one: of the same type, or one of them switches the lock that blocks the
// other.
func (d *detail) conflicts(other *detail) bool {
	return d.task.kind == other.task.kind ||
		d.task.kind == wire.TaskUpdateLock && other.effect.blocked ||
		other.task.kind == wire.TaskUpdateLock && d.effect.blocked
}

// finish ends a detail: its effect happens, or its failure.
func (s *Simulator) finish(d *detail, at time.Time) {
	d.ended = at
	d.task.ended++
	on := s.account.byName[d.name]
	if on != nil {
		on.open = slices.DeleteFunc(on.open, func(other *detail) bool { return other == d })
	}
	from, to := d.effect.inWords(on)
	switch {
	case d.failure != "":
	case on == nil && !d.effect.outside:
		d.failure = errNoDomain.Message
	case on != nil && d.effect.blocked && on.UpdateLock.On():
		d.failure = "The domain name is locked: update prohibited."
	default:
		d.result, d.failure = d.effect.execute(on, at)
	}
	if now := s.account.byName[d.name]; now != nil && d.failure == "" {
		d.instance = cmp.Or(d.instance, now.InstanceID) // of a name that has come
		if d.effect.words != nil {
			to = d.effect.words(&now.Domain)
		}
	}
	if d.effect.ended != nil {
		d.effect.ended(d.failure)
	}
	d.failure = cmp.Or(d.failure, d.denied)
	s.logDetail(d, from, to)
	if d.stolen {
		d.acknowledged = true
		return
	}
	s.tasks.queue.add(d)
}

// queued is how long a detail waits before it runs.
const queued = time.Second

// status returns the state of a detail.
func (d *detail) status(now time.Time) wire.DetailStatus {
	switch {
	case !d.ended.IsZero() && d.failure != "":
		return wire.DetailFailure
	case !d.ended.IsZero():
		return wire.DetailSuccess
	case now.Sub(d.task.created) < queued:
		return wire.DetailWaiting
	}
	return wire.DetailRunning
}

func (d *detail) wire(now time.Time, lang wire.Lang) wire.TaskDetail {
	status := d.status(now)
	w := wire.TaskDetail{
		TaskNo: d.task.no, TaskDetailNo: d.no, TaskType: d.task.kind, TaskTypeDescription: describe(d.task.kind, lang),
		TaskStatus: status, TaskStatusCode: status.Code(), TaskResult: d.result, DomainName: d.name, InstanceID: d.instance,
		CreateTime: d.task.created, UpdateTime: d.task.created,
	}
	switch status {
	case wire.DetailSuccess:
		w.ErrorMsg = "The operation is successful."
	case wire.DetailFailure:
		w.ErrorMsg, w.FailReason, w.TryCount = d.failure, d.failure, 5
	}
	if status.Ended() {
		w.UpdateTime = d.ended
	}
	return w
}

// status returns the state of a whole task.
func (t *task) status(now time.Time) wire.TaskStatus {
	switch {
	case t.ended == len(t.details):
		return wire.TaskComplete
	case t.ended == 0 && now.Sub(t.created) < queued:
		return wire.TaskWaiting
	}
	return wire.TaskRunning
}

func (t *task) info(now time.Time, lang wire.Lang) wire.TaskInfo {
	status, cancel := t.status(now), wire.CancelNone
	if t.cancelled {
		cancel = wire.CancelDone
	}
	return wire.TaskInfo{
		TaskNo: t.no, TaskType: t.kind, TaskTypeDescription: describe(t.kind, lang), TaskNum: len(t.details),
		TaskStatus: status, TaskStatusCode: status.Code(),
		TaskCancelStatus: cancel, TaskCancelStatusCode: cancel.Code(),
		CreateTime: t.created, ClientIP: t.clientIP,
	}
}

// taskWords are the task types in English and Chinese.
var taskWords = map[wire.TaskType][2]string{
	wire.TaskChangeHolder:  {"Registrant Modification", "域名过户"},
	wire.TaskChangeDNS:     {"DNS Modification", "DNS修改"},
	wire.TaskWhoisPrivacy:  {"Privacy Protection Setting", "隐私保护设置"},
	wire.TaskUpdateAdmin:   {"Administrative Contact Modification", "管理联系人修改"},
	wire.TaskUpdateBilling: {"Billing Contact Modification", "付费联系人修改"},
	wire.TaskUpdateTech:    {"Technical Contact Modification", "技术联系人修改"},
	wire.TaskUpdateLock:    {"Security Lock Setting", "安全锁设置"},
	wire.TaskTransferLock:  {"Transfer Lock Setting", "转移锁设置"},
	wire.TaskRegister:      {"Domain Name Registration", "域名注册"},
	wire.TaskRenew:         {"Domain Name Renewal", "域名续费"},
	wire.TaskRedeem:        {"Domain Name Redemption", "域名赎回"},
	wire.TaskCreateHost:    {"DNS Host Creation", "DNS服务器创建"},
	wire.TaskUpdateHost:    {"DNS Host Modification", "DNS服务器修改"},
	wire.TaskSyncHosts:     {"DNS Host Synchronization", "DNS服务器同步"},

	// types that are made up: see taskType
	"DELETING_DNS_HOST":                    {"DNS Host Deletion", "DNS服务器删除"},
	"ADDING_DS_RECORD":                     {"DS Record Creation", "DS记录添加"},
	"MODIFYING_DS_RECORD":                  {"DS Record Modification", "DS记录修改"},
	"DELETING_DS_RECORD":                   {"DS Record Deletion", "DS记录删除"},
	"SYNCHRONIZING_DS_RECORD":              {"DS Record Synchronization", "DS记录同步"},
	"ASSOCIATING_ENS":                      {"ENS Association", "ENS绑定"},
	"DISASSOCIATING_ENS":                   {"ENS Disassociation", "ENS解绑"},
	"SAVE_ART_EXTENSION":                   {".art Information Setting", ".art信息设置"},
	"CANCELING_TRANSFER_IN":                {"Transfer-in Cancellation", "取消域名转入"},
	"CANCELING_TRANSFER_OUT":               {"Transfer-out Cancellation", "取消域名转出"},
	"QUERYING_TRANSFER_AUTHORIZATION_CODE": {"Transfer Key Retrieval", "获取转移密码"},
}

func describe(kind wire.TaskType, lang wire.Lang) string {
	if words, ok := taskWords[kind]; ok {
		return inLanguage(words, lang)
	}
	return string(kind)
}

// uuid returns an ID that no other call of any simulator is likely to get.
func (s *Simulator) uuid(now time.Time) string {
	s.ids++
	a := mix(s.options.Seed ^ mix(s.ids))
	b := mix(a ^ uint64(now.UnixNano()))
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", a>>32, a>>16&0xffff, a&0xfff, 0x8000|b>>48&0x3fff, b&(1<<48-1))
}

// queue holds the results in the order in which they came. Acknowledged ones
// stay until half of it is of them, so that taking off is cheap.
type queue struct {
	list []*detail
	dead int
}

func (q *queue) add(d *detail) { q.list = append(q.list, d) }

// page returns a page of the queue, and how long the queue is.
func (q *queue) page(p wire.Page) (page []*detail, total int) {
	total = len(q.list) - q.dead
	from, to := bounds(p, total)
	at := 0
	for d := range q.all() {
		if at >= to {
			break
		}
		if at >= from {
			page = append(page, d)
		}
		at++
	}
	return page, total
}

func (q *queue) acknowledge(d *detail) {
	d.acknowledged = true
	if q.dead++; 2*q.dead > len(q.list) {
		q.list = slices.DeleteFunc(q.list, func(d *detail) bool { return d.acknowledged })
		q.dead = 0
	}
}

// take acknowledges all results of the names, or simply all.
func (q *queue) take(names []string) {
	for _, d := range slices.Collect(q.all()) {
		if len(names) == 0 || slices.Contains(names, d.name) {
			q.acknowledge(d)
		}
	}
}

// all yields the results that are not acknowledged.
func (q *queue) all() iter.Seq[*detail] {
	return func(yield func(*detail) bool) {
		for _, d := range q.list {
			if !d.acknowledged && !yield(d) {
				return
			}
		}
	}
}
