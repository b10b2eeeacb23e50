package simulator_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/wire"
)

const arriving = "arriving.example"

const day = 24 * time.Hour

// begin starts a transfer in of arriving.example, and lets a minute pass.
func (w *world) begin(plan simulator.TransferIn) {
	w.Helper()
	plan.Name = arriving
	if err := w.s.AddTransferIn(plan); err != nil {
		w.Fatal(err)
	}
	time.Sleep(time.Minute)
}

// transferIn returns the youngest transfer in of a name.
func (w *world) transferIn(name string) wire.TransferIn {
	w.Helper()
	list := ask[wire.QueryTransferInListResponse](w, &wire.QueryTransferInListRequest{
		Page: wire.Page{PageNum: 1, PageSize: 10}, DomainName: name,
	}).Data
	if len(list) == 0 {
		w.Fatalf("there is no transfer in of %s", name)
	}
	return list[0]
}

// stands checks where the transfer in of arriving.example is.
func (w *world) stands(simple wire.SimpleTransferInStatus, status wire.TransferInStatus, result wire.TransferInResult) {
	w.Helper()
	t := w.transferIn(arriving)
	if t.SimpleTransferInStatus != simple || t.Status != status || t.ResultCode != result || t.ResultDate.IsZero() == (status >= 50 || status == 21) {
		w.Errorf("%s %d %s at %s, want %s %d %s", t.SimpleTransferInStatus, t.Status, t.ResultCode, t.ResultDate, simple, status, result)
	}
}

// agree hands in the token of the last mail to the holder.
func (w *world) agree() *wire.TransferInCheckMailTokenResponse {
	w.Helper()
	return ask[wire.TransferInCheckMailTokenResponse](w, &wire.TransferInCheckMailTokenRequest{Token: w.token("holder@" + arriving)})
}

func reenter(key string) *wire.TransferInReenterTransferAuthorizationCodeRequest {
	return &wire.TransferInReenterTransferAuthorizationCodeRequest{DomainName: arriving, TransferAuthorizationCode: key}
}

var (
	cancelIn = &wire.SaveSingleTaskForCancelingTransferInRequest{DomainName: arriving}
	resend   = &wire.TransferInResendMailTokenRequest{DomainName: arriving}
	refetch  = &wire.TransferInRefetchWhoisEmailRequest{DomainName: arriving}
)

var transferInBehaviours = map[string]behaviour{
	"QueryTransferInList": {
		good: func(w *world) wire.Request {
			w.begin(simulator.TransferIn{})
			if err := w.s.AddTransferIn(simulator.TransferIn{Name: "bücher.example.net"}); err != nil {
				w.Fatal(err)
			}
			return &wire.QueryTransferInListRequest{Page: wire.Page{PageNum: 1, PageSize: 1}}
		},
		seen: seen(func(w *world, answer *wire.QueryTransferInListResponse) {
			now := time.Now()
			want := wire.TransferIn{
				DomainName: "xn--bcher-kva.example.net", UserID: "1406926474064770", SimpleTransferInStatus: wire.TransferInSubmitted,
				Status: wire.TransferInBought, NeedMailCheck: true, Email: "holder@xn--bcher-kva.example.net", WhoisMailStatus: true,
				ResultMsg:      "TransferInFailureReason.null",
				SubmissionDate: now, SubmissionDateLong: now, ModificationDate: now, ModificationDateLong: now,
				ExpirationDate: now.Add(15 * day), ExpirationDateLong: now.Add(15 * day), InstanceID: answer.Data[0].InstanceID,
			}
			if diff := cmp.Diff([]wire.TransferIn{want}, answer.Data); diff != "" {
				w.Errorf("(-want +got)\n%s", diff)
			}
			if answer.TotalItemNum != 2 || !answer.NextPage {
				w.Errorf("got %+v", answer.Paged)
			}
		}),
		refused: []refusal{{&wire.QueryTransferInListRequest{Page: wire.Page{PageNum: 1, PageSize: 1001}}, "InvalidPageSize"}},
		others: map[string]func(w *world){
			"filters": func(w *world) {
				start := time.Now()
				w.begin(simulator.TransferIn{})
				if err := w.s.AddTransferIn(simulator.TransferIn{Name: "bücher.example.net"}); err != nil {
					w.Fatal(err)
				}
				page := wire.Page{PageNum: 1, PageSize: 10}
				both, idn := "[xn--bcher-kva.example.net arriving.example]", "[xn--bcher-kva.example.net]"
				for _, test := range []struct {
					r    wire.QueryTransferInListRequest
					want string
				}{
					{wire.QueryTransferInListRequest{Page: page}, both},
					{wire.QueryTransferInListRequest{Page: page, DomainName: "arr"}, "[arriving.example]"},
					{wire.QueryTransferInListRequest{Page: page, DomainName: "riving"}, "[]"},
					{wire.QueryTransferInListRequest{Page: page, DomainName: "büch"}, idn},
					{wire.QueryTransferInListRequest{Page: page, SimpleTransferInStatus: wire.TransferInSubmitted}, idn},
					{wire.QueryTransferInListRequest{Page: page, SubmissionStartDate: start.Add(time.Second)}, idn},
					{wire.QueryTransferInListRequest{Page: page, SubmissionEndDate: start}, "[arriving.example]"},
				} {
					names := []string{}
					for _, t := range ask[wire.QueryTransferInListResponse](w, &test.r).Data {
						names = append(names, t.DomainName)
					}
					if fmt.Sprint(names) != test.want {
						w.Errorf("%+v: got %v, want %s", test.r, names, test.want)
					}
				}
			},
		},
	},
	"QueryTransferInByInstanceId": {
		good: func(w *world) wire.Request {
			w.begin(simulator.TransferIn{})
			return &wire.QueryTransferInByInstanceIdRequest{InstanceID: w.transferIn(arriving).InstanceID}
		},
		seen: seen(func(w *world, answer *wire.QueryTransferInByInstanceIdResponse) {
			if diff := cmp.Diff(w.transferIn(arriving), answer.TransferIn); diff != "" || answer.Status != wire.TransferInMailSent {
				w.Errorf("(-list +got)\n%s", diff)
			}
		}),
	},
	"TransferInCheckMailToken": {
		good: func(w *world) wire.Request {
			w.begin(simulator.TransferIn{})
			return &wire.TransferInCheckMailTokenRequest{Token: w.token("holder@" + arriving)}
		},
		seen: seen(func(w *world, answer *wire.TransferInCheckMailTokenResponse) {
			if !slices.Equal(answer.SuccessList, []string{arriving}) || len(answer.FailList) != 0 {
				w.Errorf("got %+v", answer)
			}
			w.stands(wire.TransferInAuthorization, wire.TransferInMailAccepted, "")
			if again := w.agree(); !slices.Equal(again.FailList, []string{arriving}) || len(again.SuccessList) != 0 {
				w.Errorf("the same token again: %+v", again)
			}
			time.Sleep(time.Minute)
			w.stands(wire.TransferInNameCheck, wire.TransferInNameSent, "")
			time.Sleep(time.Hour)
			w.stands(wire.TransferInNameCheck, wire.TransferInNameAccepted, "")
			time.Sleep(time.Minute)
			w.stands(wire.TransferInPending, wire.TransferInRequested, "")
			if got := w.code(&wire.QueryDomainByDomainNameRequest{DomainName: arriving}); got != "DomainNotExist" {
				w.Errorf("the name is here before its transfer ended: %q", got)
			}
			time.Sleep(5 * day)
			w.stands(wire.TransferInSucceeded, wire.TransferInDone, "")
			d, t := w.domain(arriving), w.transferIn(arriving)
			if d.InstanceID != t.InstanceID || !slices.Equal(d.DNSList, []string{"ns1.example.org", "ns2.example.org"}) ||
				d.TransferOutStatus != wire.TransferOutNormal || d.Expires().Before(time.Now().AddDate(1, 0, 0)) {
				w.Errorf("got %+v", d)
			}
			if took := t.ResultDateLong.Sub(t.TransferAuthorizationCodeSubmissionDateLong); took != 5*day {
				w.Errorf("the registry took %v", took)
			}
		}),
		others: map[string]func(w *world){
			"nobody agrees": func(w *world) {
				w.begin(simulator.TransferIn{Checks: wire.ChecksMail})
				w.stands(wire.TransferInAuthorization, wire.TransferInMailSent, "")
				time.Sleep(15*day - time.Minute - time.Second)
				w.stands(wire.TransferInAuthorization, wire.TransferInMailSent, "")
				time.Sleep(time.Second)
				w.stands(wire.TransferInFailed, wire.TransferInExpired, wire.TransferExpired)
				if got := w.agree(); len(got.SuccessList) != 0 || len(got.FailList) != 1 {
					w.Errorf("the token after the end: %+v", got)
				}
			},
			"the registry may take longer than the transfer lives": func(w *world) {
				w.begin(simulator.TransferIn{Checks: wire.ChecksNothing, Registry: simulator.Duration(20 * day)})
				time.Sleep(16 * day)
				w.stands(wire.TransferInPending, wire.TransferInRequested, "")
				time.Sleep(4 * day)
				w.stands(wire.TransferInSucceeded, wire.TransferInDone, "")
			},
			"ends of transfers": func(w *world) {
				for result, status := range map[wire.TransferInResult]wire.TransferInStatus{
					wire.TransferClientRejected:  wire.TransferInBroken,
					wire.TransferServerCancelled: wire.TransferInBroken,
					wire.TransferProhibited:      wire.TransferInBroken,
					wire.TransferSubmitted:       wire.TransferInBroken,
					wire.TransferNameRefused:     wire.TransferInNameRefused,
				} {
					w.begin(simulator.TransferIn{Checks: wire.ChecksName, Result: result})
					time.Sleep(4 * day)
					w.stands(wire.TransferInFailed, status, result)
					if w.transferIn(arriving).ResultMsg == "" {
						w.Errorf("%s: no words", result)
					}
				}
				if n := len(w.s.TransfersIn()); n != 5 {
					w.Errorf("%d transfers", n)
				}
			},
		},
	},
	"TransferInResendMailToken": {
		good: func(w *world) wire.Request {
			w.begin(simulator.TransferIn{Checks: wire.ChecksMail})
			return resend
		},
		seen: func(w *world, _ wire.Response) {
			mails := w.s.Mail()
			if len(mails) != 2 || mails[0].Address != "holder@"+arriving || mails[1].Address != mails[0].Address || !strings.Contains(mails[1].Subject, arriving) {
				w.Fatalf("mails: %+v", mails)
			}
			first := ask[wire.TransferInCheckMailTokenResponse](w, &wire.TransferInCheckMailTokenRequest{Token: mails[0].Token})
			if len(first.SuccessList) != 0 || len(first.FailList) != 1 {
				w.Errorf("the first token still counts: %+v", first)
			}
			w.agree()
			w.stands(wire.TransferInAuthorization, wire.TransferInMailAccepted, "")
			if got := w.code(resend); got != "ParameterIllegal" {
				w.Errorf("sent again after the holder agreed: %q", got)
			}
		},
		refused: []refusal{{resend, "DomainNotExist"}},
		others: map[string]func(w *world){
			"no address is known": func(w *world) {
				w.begin(simulator.TransferIn{Hidden: true})
				if got := w.code(resend); got != "ParameterIllegal" {
					w.Errorf("got %q", got)
				}
			},
		},
	},
	"TransferInRefetchWhoisEmail": {
		good: func(w *world) wire.Request {
			w.begin(simulator.TransferIn{Hidden: true, Email: ada})
			w.stands(wire.TransferInAuthorization, wire.TransferInBought, "")
			if t := w.transferIn(arriving); t.Email != "" || t.WhoisMailStatus {
				w.Errorf("got %+v", t)
			}
			return refetch
		},
		seen: func(w *world, _ wire.Response) {
			if t := w.transferIn(arriving); t.Email != ada || !t.WhoisMailStatus || t.Status != wire.TransferInMailSent {
				w.Errorf("got %+v", t)
			}
			w.call(refetch) // changes nothing where the address is known
			if mails := w.s.Mail(); len(mails) != 1 || mails[0].Address != ada {
				w.Errorf("mails: %+v", mails)
			}
		},
		refused: []refusal{{refetch, "DomainNotExist"}},
		others: map[string]func(w *world){
			"nobody is asked": func(w *world) {
				w.begin(simulator.TransferIn{Checks: wire.ChecksNothing})
				if got := w.code(refetch); got != "ParameterIllegal" {
					w.Errorf("got %q", got)
				}
			},
		},
	},
	"TransferInReenterTransferAuthorizationCode": {
		good: func(w *world) wire.Request {
			w.begin(simulator.TransferIn{Checks: wire.ChecksNothing, Key: "right", Given: "wrong"})
			w.stands(wire.TransferInKeyCheck, wire.TransferInKeyRefused, "")
			if t := w.transferIn(arriving); !t.TransferAuthorizationCodeSubmissionDate.IsZero() {
				w.Errorf("a wrong key was taken at %s", t.TransferAuthorizationCodeSubmissionDate)
			}
			w.call(reenter("also wrong"))
			w.stands(wire.TransferInKeyCheck, wire.TransferInKeyRefused, "")
			return reenter("right")
		},
		seen: func(w *world, _ wire.Response) {
			w.stands(wire.TransferInPending, wire.TransferInRequested, "")
			if t := w.transferIn(arriving); !t.TransferAuthorizationCodeSubmissionDateLong.Equal(time.Now()) {
				w.Errorf("got %+v", t)
			}
			if got := w.code(reenter("right")); got != "ParameterIllegal" {
				w.Errorf("a key that nobody waits for: %q", got)
			}
			time.Sleep(5 * day)
			w.domain(arriving)
		},
		refused: []refusal{{reenter("right"), "DomainNotExist"}},
		others: map[string]func(w *world){
			"no right key comes": func(w *world) {
				w.begin(simulator.TransferIn{Checks: wire.ChecksNothing, Given: "wrong"})
				time.Sleep(15 * day)
				w.stands(wire.TransferInFailed, wire.TransferInExpired, wire.TransferExpired)
			},
		},
	},
	"SaveSingleTaskForCancelingTransferIn": {
		good: func(w *world) wire.Request {
			w.begin(simulator.TransferIn{})
			return cancelIn
		},
		seen: seen(func(w *world, answer *wire.TaskResponse) {
			w.stands(wire.TransferInFailed, wire.TransferInCancelled, wire.TransferClientCancelled)
			d := w.detail(answer.TaskNo)
			if d.TaskStatus != wire.DetailSuccess || d.DomainName != arriving || d.InstanceID != w.transferIn(arriving).InstanceID {
				w.Errorf("got %+v", d)
			}
			if got := w.code(cancelIn); got != "ParameterIllegal" {
				w.Errorf("cancelled again: %q", got)
			}
			time.Sleep(20 * day)
			w.stands(wire.TransferInFailed, wire.TransferInCancelled, wire.TransferClientCancelled)
		}),
		refused: []refusal{{cancelIn, "DomainNotExist"}},
		others: map[string]func(w *world){
			"a task that failed or was cancelled stands in nobody's way": func(w *world) {
				w.begin(simulator.TransferIn{})
				rule := simulator.Fault{Kind: simulator.FailDetail, Names: []string{arriving}, Count: 1, Message: "The registry is closed."}
				if err := w.s.SetFaults(simulator.Faults{Rules: []simulator.Fault{rule}}); err != nil {
					w.Fatal(err)
				}
				if d := w.end(cancelIn); d.ErrorMsg != rule.Message {
					w.Errorf("got %+v", d)
				}
				w.slow(time.Hour)
				w.call(&wire.CancelTaskRequest{TaskNo: ask[wire.TaskResponse](w, cancelIn).TaskNo})
				w.call(cancelIn)
				w.stands(wire.TransferInAuthorization, wire.TransferInMailSent, "")
				time.Sleep(time.Hour)
				w.stands(wire.TransferInFailed, wire.TransferInCancelled, wire.TransferClientCancelled)
			},
			"the name arrives first": func(w *world) {
				w.begin(simulator.TransferIn{Checks: wire.ChecksNothing})
				w.slow(10 * day)
				task := ask[wire.TaskResponse](w, cancelIn).TaskNo
				if got := w.code(cancelIn); got != "TaskIsBeingProcessed" {
					w.Errorf("cancelled twice: %q", got)
				}
				time.Sleep(10 * day)
				if d := w.detail(task); d.TaskStatus != wire.DetailFailure || d.ErrorMsg != "The transfer in has ended." {
					w.Errorf("got %+v", d)
				}
				w.domain(arriving)
			},
		},
	},
	"CheckTransferInFeasibility": {
		good: func(w *world) wire.Request {
			return feasibility("taken.example", w.s.TransferKey("taken.example"))
		},
		seen: seen(func(w *world, answer *wire.CheckTransferInFeasibilityResponse) {
			if !answer.CanTransfer || answer.Code != "" || answer.ProductID != "2a" {
				w.Errorf("got %+v", answer)
			}
		}),
		others: map[string]func(w *world){
			"what stands against it": func(w *world) {
				w.begin(simulator.TransferIn{})
				for _, test := range []struct{ name, key, want string }{
					{"other.example", "", "DomainNotRegistered"},
					{"example.com", "", "DomainInAccount"},
					{arriving, "", "TransferInProgress"},
					{"taken.example", "wrong", "TransferAuthorizationCodeInvalid"},
					{"taken-locked.example", "", "DomainTransferProhibited"},
					{"taken-young.example", "", "DomainTooYoung"},
				} {
					got := ask[wire.CheckTransferInFeasibilityResponse](w, feasibility(test.name, test.key))
					if got.CanTransfer || got.Code != "CheckTransferResult."+test.want || got.Message == "" {
						w.Errorf("%s: got %+v, want %s", test.name, got, test.want)
					}
				}
			},
			"a transfer that failed": func(w *world) {
				w.begin(simulator.TransferIn{Key: "right"})
				w.end(cancelIn)
				for key, want := range map[string]bool{"": true, "right": true, "wrong": false} {
					if got := ask[wire.CheckTransferInFeasibilityResponse](w, feasibility(arriving, key)); got.CanTransfer != want {
						w.Errorf("%q: got %+v", key, got)
					}
				}
			},
			"a name that left": func(w *world) {
				w.requested()
				time.Sleep(5 * day)
				if got := ask[wire.CheckTransferInFeasibilityResponse](w, feasibility("example.net", "")); !got.CanTransfer {
					w.Errorf("got %+v", got)
				}
			},
		},
	},
}

func feasibility(name, key string) *wire.CheckTransferInFeasibilityRequest {
	return &wire.CheckTransferInFeasibilityRequest{DomainName: name, TransferAuthorizationCode: key}
}

func TestTransfersInThatCannotBegin(t *testing.T) {
	t.Parallel()
	s, _ := inProcess(t, simulator.Options{Account: three(), TransfersIn: []simulator.TransferIn{{Name: arriving}}})
	for _, plan := range []simulator.TransferIn{
		{Name: "no name"},
		{Name: "example.com"},
		{Name: arriving},
		{Name: "example.org", Checks: 4},
		{Name: "example.org", Result: "lost"},
		{Name: "example.org", Review: -1},
	} {
		if s.AddTransferIn(plan) == nil {
			t.Errorf("%+v has begun", plan)
		}
	}
	if n := len(s.TransfersIn()); n != 1 {
		t.Errorf("%d transfers", n)
	}
}

// control makes a call of the simulator's own.
func (w *world) control(method, path, body string) (status int, answer string) {
	w.Helper()
	r, err := http.NewRequest(method, "http://domain.example.com/_simulator/"+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	resp, err := w.s.Transport().RoundTrip(r)
	if err != nil {
		w.Fatal(err)
	}
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestTransfersAreControlled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, behaviour{})
		if status, answer := w.control("POST", "transfers/in", `{"name":"arriving.example","checks":3,"registry":"1h"}`); status != 200 {
			t.Fatal(answer)
		}
		time.Sleep(61 * time.Minute)
		w.domain(arriving)
		if status, answer := w.control("GET", "transfers/in", ""); status != 200 || !strings.Contains(answer, `"SUCCESS"`) {
			t.Errorf("%d %s", status, answer)
		}
		key := w.end(queryKey("example.net")).TaskResult
		for body, want := range map[string]int{
			`{"name":"arriving.example"}`:                          400,
			`{"name":"example.org","colour":"red"}`:                400,
			`{"name":"example.org","checks":"all"}`:                400,
			`{"name":"example.org","registry":"as long as it is"}`: 400,
		} {
			if status, answer := w.control("POST", "transfers/in", body); status != want {
				t.Errorf("%s: %d %s", body, status, answer)
			}
		}
		if status, answer := w.control("POST", "transfers/out", `{"name":"example.net","key":"wrong"}`); status != 400 {
			t.Errorf("%d %s", status, answer)
		}
		if status, answer := w.control("POST", "transfers/out", fmt.Sprintf(`{"name":"example.net","key":%q}`, key)); status != 200 {
			t.Errorf("%d %s", status, answer)
		}
		if got := w.domain("example.net").TransferOutStatus; got != wire.TransferOutPending {
			t.Errorf("got %s", got)
		}
	})
}
