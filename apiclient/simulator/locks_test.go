package simulator_test

import (
	"time"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

var lockBehaviours = map[string]behaviour{
	"SaveSingleTaskForTransferProhibitionLock": {
		account: glued(),
		good:    given(&wire.SaveSingleTaskForTransferProhibitionLockRequest{DomainName: "example.com", Status: true}),
		seen: saves(func(w *world) {
			if got := w.domain("example.com").TransferProhibitionLock; got != wire.LockOn {
				w.Errorf("the lock is %s", got)
			}
			w.call(&wire.SaveSingleTaskForTransferProhibitionLockRequest{DomainName: "example.com"})
			if got := w.domain("example.com").TransferProhibitionLock; got.On() {
				w.Errorf("the lock is still %s", got)
			}
		}),
		others: map[string]func(*world){
			"the update lock does not block it": func(w *world) {
				w.succeeded(ask[wire.TaskResponse](w, &wire.SaveSingleTaskForTransferProhibitionLockRequest{DomainName: "locked.example", Status: true}))
			},
		},
	},
	"SaveSingleTaskForUpdateProhibitionLock": {
		account: glued(),
		good:    given(&wire.SaveSingleTaskForUpdateProhibitionLockRequest{DomainName: "locked.example"}),
		seen: saves(func(w *world) {
			if got := w.domain("locked.example").UpdateProhibitionLock; got.On() {
				w.Errorf("the lock is %s", got)
			}
			w.succeeded(ask[wire.TaskResponse](w, addDS("locked.example", 1, wire.SHA1)))
			w.call(&wire.SaveSingleTaskForUpdateProhibitionLockRequest{DomainName: "locked.example", Status: true})
			w.fails(addDS("locked.example", 2, wire.SHA1), "locked")
		}),
		others: map[string]func(*world){
			"a second task fails in its detail": func(w *world) {
				if err := w.s.SetFaults(simulator.Faults{Durations: map[wire.TaskType]simulator.Range{"*": {Min: time.Minute}}}); err != nil {
					w.Fatal(err)
				}
				first := ask[wire.TaskResponse](w, &wire.SaveSingleTaskForUpdateProhibitionLockRequest{DomainName: "locked.example"})
				second := ask[wire.TaskResponse](w, &wire.SaveBatchTaskForUpdateProhibitionLockRequest{DomainName: []string{"locked.example"}})
				third := ask[wire.TaskResponse](w, &wire.SaveSingleTaskForUpdateProhibitionLockRequest{DomainName: "locked.example"})
				if got := w.code(addDS("locked.example", 1, wire.SHA1)); got != "TaskIsBeingProcessed" {
					w.Errorf("a task that the lock may block was taken: %q", got)
				}
				time.Sleep(time.Minute)
				w.succeeded(first)
				for _, other := range []*wire.TaskResponse{second, third} {
					if d := w.detail(other.TaskNo); d.TaskStatus != wire.DetailFailure {
						w.Errorf("got %+v", d)
					}
				}
			},
		},
	},
}
