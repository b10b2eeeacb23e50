package simulator_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// model is what a caller may believe of the account, from the answers alone.
type model struct {
	*rapid.T
	c       *client
	tasks   []string
	status  map[string]string          // the lock that each task sets
	ended   map[string]wire.TaskDetail // results that were seen
	unacked map[string]bool
}

// TestResultsTellTheState: whatever is saved, however long it takes and whoever
// cancels, the locks are what the successful results say in the order in which
// they ended; a result never changes; and the queue holds exactly those that
// were not acknowledged, the oldest first.
func TestResultsTellTheState(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of calls")
	}
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rapid.Check(bubble{t}, func(r *rapid.T) {
			_, c := inProcess(t, simulator.Options{Account: portfolio(4), Seed: rapid.Uint64().Draw(r, "seed"), Faults: simulator.Faults{
				Durations: map[wire.TaskType]simulator.Range{"*": {Max: time.Minute}},
				Rules:     []simulator.Fault{{Kind: simulator.FailDetail, Share: 0.1}},
			}})
			m := &model{T: r, c: c, status: map[string]string{}, ended: map[string]wire.TaskDetail{}, unacked: map[string]bool{}}
			r.Repeat(map[string]func(*rapid.T){
				"save": m.save, "cancel": m.cancel, "acknowledge": m.acknowledge, "": m.check,
				"wait": func(r *rapid.T) { time.Sleep(time.Duration(rapid.IntRange(0, 90).Draw(r, "seconds")) * time.Second) },
			})
		})
	})
}

// bubble hides a test's deadline, which a bubble may not ask for.
type bubble struct{ *testing.T }

func (m *model) save(r *rapid.T) {
	names := rapid.SliceOfN(rapid.SampledFrom([]string{
		"name-000000.example", "name-000001.example", "name-000002.example", "name-000003.example", "other.example",
	}), 1, 6).Draw(r, "names")
	status := fmt.Sprint(rapid.Bool().Draw(r, "status"))
	task := m.c.save(transferLock, names, "Status="+status)
	m.tasks, m.status[task] = append(m.tasks, task), status
}

func (m *model) cancel(r *rapid.T) {
	if len(m.tasks) > 0 {
		call[wire.CancelTaskResponse](m.c, "CancelTask", "TaskNo="+rapid.SampledFrom(m.tasks).Draw(r, "task"))
	}
}

func (m *model) acknowledge(r *rapid.T) {
	queue := m.c.poll()
	if len(queue) == 0 {
		return
	}
	d := rapid.SampledFrom(queue).Draw(r, "result")
	got := call[wire.AcknowledgeTaskResultResponse](m.c, "AcknowledgeTaskResult", "TaskDetailNo.1="+d.TaskDetailNo)
	if got.Result != 1 {
		m.Fatalf("%d were acknowledged", got.Result)
	}
	m.note(d)
	delete(m.unacked, d.TaskDetailNo)
}

// note takes down a result, and that it did not change.
func (m *model) note(d wire.TaskDetail) {
	before, known := m.ended[d.TaskDetailNo]
	if !known {
		m.unacked[d.TaskDetailNo] = true
	} else if diff := cmp.Diff(before, d); diff != "" {
		m.Fatalf("a result changed: %s", diff)
	}
	m.ended[d.TaskDetailNo] = d
}

func (m *model) check(*rapid.T) {
	var order []wire.TaskDetail
	for _, task := range m.tasks {
		for _, d := range m.c.details(task) {
			if d.TaskStatus.Ended() {
				m.note(d)
				order = append(order, d)
			}
		}
	}
	slices.SortStableFunc(order, func(x, y wire.TaskDetail) int { return x.UpdateTime.Compare(y.UpdateTime) })
	locks := map[string]wire.LockStatus{}
	var waiting []string
	for _, d := range order {
		if d.TaskStatus == wire.DetailSuccess {
			locks[d.DomainName] = wire.Lock(m.status[d.TaskNo] == "true")
		}
		if m.unacked[d.TaskDetailNo] {
			waiting = append(waiting, d.TaskDetailNo)
		}
	}
	for name, want := range locks {
		if got := m.c.info(name).TransferProhibitionLock; got != want {
			m.Fatalf("%s: the lock is %s, the results say %s", name, got, want)
		}
	}
	var queue []string
	last := time.Time{}
	for _, d := range m.c.poll() {
		if d.UpdateTime.Before(last) {
			m.Fatalf("the queue is not in order: %v after %v", d.UpdateTime, last)
		}
		last = d.UpdateTime
		queue = append(queue, d.TaskDetailNo)
	}
	slices.Sort(queue)
	slices.Sort(waiting)
	if !slices.Equal(queue, waiting) {
		m.Fatalf("the queue holds %d results, %d were not acknowledged", len(queue), len(waiting))
	}
}
