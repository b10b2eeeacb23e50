package simulator_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

func queryKey(name string) *wire.SaveSingleTaskForQueryingTransferAuthorizationCodeRequest {
	return &wire.SaveSingleTaskForQueryingTransferAuthorizationCodeRequest{DomainName: name}
}

func cancelOut(name string) *wire.SaveSingleTaskForCancelingTransferOutRequest {
	return &wire.SaveSingleTaskForCancelingTransferOutRequest{DomainName: name}
}

func (w *world) transferOut(name string) *wire.QueryTransferOutInfoResponse {
	w.Helper()
	return ask[wire.QueryTransferOutInfoResponse](w, &wire.QueryTransferOutInfoRequest{DomainName: name})
}

// requested lets another registrar ask for example.net with its key.
func (w *world) requested() {
	w.Helper()
	if err := w.s.RequestTransferOut("example.net", w.end(queryKey("example.net")).TaskResult); err != nil {
		w.Fatal(err)
	}
}

// outStatus returns the status of example.net as both queries of names show it.
func (w *world) outStatus() wire.TransferOutStatus {
	w.Helper()
	d := w.domain("example.net")
	byInstance := ask[wire.QueryDomainByInstanceIdResponse](w, &wire.QueryDomainByInstanceIdRequest{InstanceID: d.InstanceID})
	if byInstance.TransferOutStatus != d.TransferOutStatus {
		w.Errorf("%s by the name, %s by the instance", d.TransferOutStatus, byInstance.TransferOutStatus)
	}
	return d.TransferOutStatus
}

var transferOutBehaviours = map[string]behaviour{
	"SaveSingleTaskForQueryingTransferAuthorizationCode": {
		good: func(w *world) wire.Request { return queryKey("example.net") },
		seen: seen(func(w *world, answer *wire.TaskResponse) {
			d, out := w.detail(answer.TaskNo), w.transferOut("example.net")
			if d.TaskStatus != wire.DetailSuccess || len(d.TaskResult) < 8 {
				w.Errorf("got %+v", d)
			}
			if out.Status != wire.TransferOutKeySent || out.Email == "" ||
				!out.TransferAuthorizationCodeSendDate.Equal(time.Now()) || !out.ExpirationDate.Equal(time.Now().Add(15*day)) {
				w.Errorf("got %+v", out)
			}
			if again := w.end(queryKey("example.net")).TaskResult; again == d.TaskResult || w.s.RequestTransferOut("example.net", d.TaskResult) == nil {
				w.Errorf("the key %s counts, though %s was asked for later", d.TaskResult, again)
			}
			if got := w.outStatus(); got != wire.TransferOutNormal {
				w.Errorf("the status is %s before anybody asked for the name", got)
			}
		}),
		others: map[string]func(w *world){
			"a locked name gives no key": func(w *world) {
				w.end(&wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: []string{"example.net"}, Status: true})
				d := w.end(queryKey("example.net"))
				if d.TaskStatus != wire.DetailFailure || d.ErrorMsg != "The domain name is locked: transfer prohibited." || d.TaskResult != "" {
					w.Errorf("got %+v", d)
				}
				if got := w.transferOut("example.net").Status; got != 0 {
					w.Errorf("got %d", got)
				}
			},
			"a young name gives no key": func(w *world) {
				w.s.Change("example.net", func(d *snapshot.Domain) { d.Registered = time.Now().Add(-59 * day) })
				if d := w.end(queryKey("example.net")); d.TaskStatus != wire.DetailFailure {
					w.Errorf("got %+v", d)
				}
				time.Sleep(day)
				if d := w.end(queryKey("example.net")); d.TaskStatus != wire.DetailSuccess {
					w.Errorf("got %+v", d)
				}
			},
			"a name that leaves gives no key": func(w *world) {
				w.requested()
				if d := w.end(queryKey("example.net")); d.TaskStatus != wire.DetailFailure {
					w.Errorf("got %+v", d)
				}
			},
			"a name in redemption gives no key": func(w *world) {
				w.s.Change("example.net", func(d *snapshot.Domain) { d.Expires = time.Now().Add(-29 * day) })
				if d := w.end(queryKey("example.net")); d.TaskStatus != wire.DetailSuccess {
					w.Errorf("got %+v", d)
				}
				time.Sleep(day)
				if d := w.end(queryKey("example.net")); d.TaskStatus != wire.DetailFailure {
					w.Errorf("got %+v", d)
				}
			},
			"one at a time": func(w *world) {
				w.slow(time.Hour)
				w.call(queryKey("example.net"))
				if got := w.code(queryKey("example.net")); got != "TaskIsBeingProcessed" {
					w.Errorf("got %q", got)
				}
			},
			"a key expires": func(w *world) {
				key := w.end(queryKey("example.net")).TaskResult
				time.Sleep(15 * day)
				if w.s.RequestTransferOut("example.net", key) == nil {
					w.Error("an expired key counts")
				}
			},
		},
	},
	"QueryTransferOutInfo": {
		good: func(w *world) wire.Request {
			w.requested()
			return &wire.QueryTransferOutInfoRequest{DomainName: "example.net"}
		},
		seen: seen(func(w *world, answer *wire.QueryTransferOutInfoResponse) {
			if answer.Status != wire.TransferOutRequested || !answer.PendingRequestDate.Equal(time.Now()) {
				w.Errorf("got %+v", answer)
			}
			if got := w.outStatus(); got != wire.TransferOutPending {
				w.Errorf("the name says %s", got)
			}
			time.Sleep(5*day - time.Second)
			w.outStatus()
			time.Sleep(time.Second)
			if got := w.code(&wire.QueryDomainByDomainNameRequest{DomainName: "example.net"}); got != "DomainNotExist" {
				w.Errorf("the name is still here: %q", got)
			}
			if got := w.transferOut("example.net").Status; got != wire.TransferOutDone {
				w.Errorf("got %d", got)
			}
		}),
		others: map[string]func(w *world){
			"a name that stays": func(w *world) {
				if got := w.transferOut("example.net"); got.Status != 0 || !got.ExpirationDate.IsZero() {
					w.Errorf("got %+v", got)
				}
			},
		},
	},
	"SaveSingleTaskForCancelingTransferOut": {
		good: func(w *world) wire.Request {
			w.requested()
			return cancelOut("example.net")
		},
		seen: seen(func(w *world, answer *wire.TaskResponse) {
			if d := w.detail(answer.TaskNo); d.TaskStatus != wire.DetailSuccess {
				w.Errorf("got %+v", d)
			}
			if out := w.transferOut("example.net"); out.Status != wire.TransferOutFailed || out.ResultCode != "clientRejected" || out.ResultMsg == "" {
				w.Errorf("got %+v", out)
			}
			if got := w.changes("example.net"); len(got) != 2 || !strings.Contains(got[0], "PENDING -> NORMAL") || strings.Contains(got[1], "->") {
				w.Errorf("the change log says %q", got)
			}
			time.Sleep(6 * day)
			if got := w.outStatus(); got != wire.TransferOutNormal {
				w.Errorf("the name says %s", got)
			}
			if d := w.end(cancelOut("example.net")); d.TaskStatus != wire.DetailFailure || d.ErrorMsg != "The domain name is not being transferred out." {
				w.Errorf("cancelled again: %+v", d)
			}
		}),
		others: map[string]func(w *world){
			"a key is taken back": func(w *world) {
				key := w.end(queryKey("example.net")).TaskResult
				w.end(cancelOut("example.net"))
				if w.s.RequestTransferOut("example.net", key) == nil {
					w.Error("the key still counts")
				}
			},
		},
	},
}

// TestTransfersOutBeginAndEndFromOutside: a snapshot may hold a name that is
// leaving, and its status may be changed past all operations.
func TestTransfersOutBeginAndEndFromOutside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		account := three()
		account.Domains[1].TransferOut = wire.TransferOutPending
		w := newWorld(t, behaviour{account: account})
		if got := w.transferOut("example.net").Status; got != wire.TransferOutRequested {
			t.Errorf("got %d", got)
		}
		if got := w.s.State().Domain("example.net").TransferOut; got != wire.TransferOutPending {
			t.Errorf("the state says %s", got)
		}
		w.s.Change("example.net", func(d *snapshot.Domain) { d.TransferOut = wire.TransferOutNormal })
		if got := w.transferOut("example.net").Status; got != wire.TransferOutFailed {
			t.Errorf("got %d", got)
		}
		time.Sleep(6 * day)
		w.domain("example.net")
	})
}

func TestRegistryRefusesTransfersOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, behaviour{})
		key := w.end(queryKey("example.net")).TaskResult
		w.end(&wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: []string{"example.net"}, Status: true})
		for _, request := range [][2]string{
			{"example.net", key}, // it is locked by now
			{"example.com", key}, {"other.example", key}, {"no name", key},
		} {
			if w.s.RequestTransferOut(request[0], request[1]) == nil {
				t.Errorf("%v was taken", request)
			}
		}
		w.end(&wire.SaveBatchTaskForTransferProhibitionLockRequest{DomainName: []string{"example.net"}})
		if err := w.s.RequestTransferOut("example.net", key); err != nil {
			t.Error(err)
		}
	})
}
