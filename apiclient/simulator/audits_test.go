package simulator_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/wire"
)

var adasMove = wire.TransferAuditInfo{
	RegType: 1, RegistrantName: "Ada Example", RegistrantNo: "220191919000000000", Telephone: "13900000000",
	Account: ada, Reason: 1, Remark: "The account is lost.",
}

func auditOf(names ...string) *wire.SubmitOperationAuditInfoRequest {
	return &wire.SubmitOperationAuditInfoRequest{AuditType: wire.AuditTransfer, DomainName: names, AuditInfo: adasMove.Text()}
}

// documents hand in what audit 1 waits for.
var documents = &wire.SubmitOperationCredentialsRequest{
	AuditRecordID: 1, AuditType: wire.AuditTransfer, RegType: wire.Person,
	Credentials: wire.CredentialsText([]wire.Credential{{Type: "SHSQB", URL: "1/sqb.jpg"}, {Type: "SFZZM", URL: "1/sfzzm.jpg"}}),
}

var cancelAudit = &wire.CancelOperationAuditRequest{AuditRecordID: 1}

func (w *world) audit(id int64) *wire.QueryOperationAuditInfoDetailResponse {
	w.Helper()
	return ask[wire.QueryOperationAuditInfoDetailResponse](w, &wire.QueryOperationAuditInfoDetailRequest{AuditRecordID: id})
}

// isAudit checks the state of audit 1.
func (w *world) isAudit(want wire.AuditStatus, remark string) {
	w.Helper()
	if a := w.audit(1); a.AuditStatus != want || a.Remark != remark {
		w.Errorf("audit 1 is %d %q, want %d %q", a.AuditStatus, a.Remark, want, remark)
	}
}

var auditBehaviours = map[string]behaviour{
	"SubmitOperationAuditInfo": {
		good: func(*world) wire.Request { return auditOf("example.com", "xn--bcher-kva.example") },
		seen: seen(func(w *world, answer *wire.SubmitOperationAuditInfoResponse) {
			shown := adasMove
			shown.RegistrantNo, shown.Telephone = "", "1390000****"
			want := wire.OperationAudit{
				AuditType: wire.AuditTransfer, AuditInfo: shown.Text(),
				BusinessName: "Offline transfer of domain names such as example.com",
				DomainName:   []string{"example.com", "xn--bcher-kva.example"}, Remark: "Waiting for materials",
				CreateTime: time.Now(), UpdateTime: time.Now(),
			}
			if diff := cmp.Diff(want, w.audit(1).OperationAudit); diff != "" || answer.AuditID != 1 {
				w.Errorf("audit %d (-want +got)\n%s", answer.AuditID, diff)
			}
			if got := w.code(auditOf("example.net", "example.com")); got != "TaskIsBeingProcessed" {
				w.Errorf("a second audit of a name: %q", got)
			}
			if second := ask[wire.SubmitOperationAuditInfoResponse](w, auditOf("example.net")); second.AuditID != 2 {
				w.Errorf("the second audit is %d", second.AuditID)
			}
		}),
		refused: []refusal{
			{auditOf("other.example"), "DomainNotExist"},
			{&wire.SubmitOperationAuditInfoRequest{AuditID: 1, AuditType: wire.AuditTransfer, DomainName: []string{"example.com"}}, "ParameterIllegal"},
			{&wire.SubmitOperationAuditInfoRequest{AuditType: wire.AuditTransfer, DomainName: []string{"example.com"}, AuditInfo: "{"}, "InvalidAuditInfo"},
			{&wire.SubmitOperationAuditInfoRequest{AuditType: wire.AuditTransfer, DomainName: []string{"example.com"}, AuditInfo: `{"regType":3,"account":"ada"}`}, "InvalidAuditInfo"},
		},
		others: map[string]func(w *world){
			"an audit is changed until its documents come, and after it failed": func(w *world) {
				w.call(auditOf("example.com"))
				change := auditOf("example.com", "example.net")
				change.AuditID = 1
				w.call(change)
				if got := w.audit(1).DomainName; len(got) != 2 {
					w.Errorf("got %v", got)
				}
				w.call(documents)
				if got := w.code(change); got != "ParameterIllegal" {
					w.Errorf("changed in review: %q", got)
				}
				if err := w.s.DecideAudit(1, false, "The form is not signed."); err != nil {
					w.Fatal(err)
				}
				w.isAudit(wire.AuditFailed, "The form is not signed.")
				w.call(change)
				w.isAudit(wire.AuditWaiting, "Waiting for materials")
				time.Sleep(10 * day)
				w.isAudit(wire.AuditWaiting, "Waiting for materials")
			},
		},
	},
	"SubmitOperationCredentials": {
		good: func(w *world) wire.Request {
			w.call(auditOf("example.com", "example.net"))
			time.Sleep(30 * day)
			w.isAudit(wire.AuditWaiting, "Waiting for materials")
			return documents
		},
		seen: func(w *world, _ wire.Response) {
			for status := wire.AuditReview1; status <= wire.AuditReview4; status++ {
				w.isAudit(status, "Reviewing")
				w.domain("example.com")
				time.Sleep(day)
			}
			w.isAudit(wire.AuditPassed, "Approved")
			for _, name := range []string{"example.com", "example.net"} {
				if got := w.code(&wire.QueryDomainByDomainNameRequest{DomainName: name}); got != "DomainNotExist" {
					w.Errorf("%s is still here: %q", name, got)
				}
			}
			if got := w.code(documents); got != "ParameterIllegal" {
				w.Errorf("documents again: %q", got)
			}
		},
		refused: []refusal{
			{documents, "ParameterIllegal"},
			{&wire.SubmitOperationCredentialsRequest{Credentials: documents.Credentials}, "MissingAuditRecordId"},
		},
		others: map[string]func(w *world){
			"documents that are none": func(w *world) {
				w.call(auditOf("example.com"))
				for text, want := range map[string]string{
					"": "InvalidCredentials", "[]": "InvalidCredentials", "{}": "InvalidCredentials",
					`[{"credentialType":"SHSQB"}]`: "InvalidCredentials",
				} {
					r := *documents
					r.Credentials = text
					if got := w.code(&r); got != want {
						w.Errorf("%s: got %q", text, got)
					}
				}
				r := *documents
				r.RegType = wire.Organization
				if got := w.code(&r); got != "InvalidRegType" {
					w.Errorf("documents of another kind of holder: %q", got)
				}
				w.isAudit(wire.AuditWaiting, "Waiting for materials")
			},
		},
	},
	"GetOperationOssUploadPolicy": {
		good: func(*world) wire.Request {
			return &wire.GetOperationOssUploadPolicyRequest{AuditType: wire.AuditTransfer}
		},
		seen: seen(func(w *world, answer *wire.GetOperationOssUploadPolicyResponse) {
			if answer.AccessID == "" || answer.EncodedPolicy == "" || answer.Signature == "" || answer.Host == "" ||
				!strings.HasPrefix(answer.FileDir, "1406926474064770/") || !answer.ExpireTime.Equal(time.Now().Add(time.Hour)) {
				w.Errorf("got %+v", answer)
			}
			again := ask[wire.GetOperationOssUploadPolicyResponse](w, &wire.GetOperationOssUploadPolicyRequest{})
			if again.FileDir == answer.FileDir {
				w.Errorf("two uploads go into %s", again.FileDir)
			}
		}),
	},
	"QueryOperationAuditInfoList": {
		good: func(w *world) wire.Request {
			w.call(auditOf("example.com"))
			w.call(auditOf("example.net", "xn--bcher-kva.example"))
			w.call(documents)
			return &wire.QueryOperationAuditInfoListRequest{PageSize: 1}
		},
		seen: seen(func(w *world, answer *wire.QueryOperationAuditInfoListResponse) {
			if len(answer.Data) != 1 || answer.Data[0].AuditID != 2 || answer.TotalItemNum != 2 || !answer.NextPage || answer.CurrentPageNum != 1 {
				w.Errorf("got %+v", answer)
			}
			waiting, reviewed := wire.AuditWaiting, wire.AuditReview1
			for _, test := range []struct {
				r    wire.QueryOperationAuditInfoListRequest
				want string
			}{
				{wire.QueryOperationAuditInfoListRequest{PageSize: 10}, "[2 1]"},
				{wire.QueryOperationAuditInfoListRequest{PageSize: 10, AuditType: wire.AuditTransfer}, "[2 1]"},
				{wire.QueryOperationAuditInfoListRequest{PageSize: 10, DomainName: "bücher.example"}, "[2]"},
				{wire.QueryOperationAuditInfoListRequest{PageSize: 10, DomainName: "other.example"}, "[]"},
				{wire.QueryOperationAuditInfoListRequest{PageSize: 10, AuditStatus: &waiting}, "[2]"},
				{wire.QueryOperationAuditInfoListRequest{PageSize: 10, AuditStatus: &reviewed}, "[1]"},
				{wire.QueryOperationAuditInfoListRequest{PageSize: 1, PageNum: 2}, "[1]"},
			} {
				ids := []int64{}
				for _, a := range ask[wire.QueryOperationAuditInfoListResponse](w, &test.r).Data {
					ids = append(ids, a.AuditID)
				}
				if fmt.Sprint(ids) != test.want {
					w.Errorf("%+v: got %v, want %s", test.r, ids, test.want)
				}
			}
		}),
		refused: []refusal{{&wire.QueryOperationAuditInfoListRequest{PageSize: 1001}, "InvalidPageSize"}},
	},
	"QueryOperationAuditInfoDetail": {
		good: func(w *world) wire.Request {
			w.call(auditOf("example.com"))
			return &wire.QueryOperationAuditInfoDetailRequest{AuditRecordID: 1}
		},
		seen: seen(func(w *world, answer *wire.QueryOperationAuditInfoDetailResponse) {
			list := ask[wire.QueryOperationAuditInfoListResponse](w, &wire.QueryOperationAuditInfoListRequest{PageSize: 1}).Data
			if diff := cmp.Diff(list[0].OperationAudit, answer.OperationAudit); diff != "" || answer.AuditID != 1 {
				w.Errorf("(-list +got)\n%s", diff)
			}
		}),
	},
	"CancelOperationAudit": {
		good: func(w *world) wire.Request {
			w.call(auditOf("example.com"))
			w.call(documents)
			return cancelAudit
		},
		seen: func(w *world, _ wire.Response) {
			w.isAudit(wire.AuditCancelled, "Canceled")
			w.call(cancelAudit) // again: nothing more happens
			time.Sleep(10 * day)
			w.isAudit(wire.AuditCancelled, "Canceled")
			w.domain("example.com")
			w.call(auditOf("example.com")) // the name is free for another one
		},
		refused: []refusal{{cancelAudit, "ParameterIllegal"}},
		others: map[string]func(w *world){
			"an audit that has ended": func(w *world) {
				w.call(auditOf("example.com"))
				w.call(documents)
				if err := w.s.DecideAudit(1, true, ""); err != nil {
					w.Fatal(err)
				}
				w.isAudit(wire.AuditPassed, "Approved")
				if got := w.code(cancelAudit); got != "ParameterIllegal" {
					w.Errorf("got %q", got)
				}
			},
		},
	},
}

func TestAuditsAreControlled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, behaviour{})
		w.call(auditOf("example.com"))
		for _, body := range []string{`{"audit":1}`, `{"audit":2}`, `{"audit":"one"}`} { // it waits; there is none
			if status, answer := w.control("POST", "audits", body); status != 400 {
				t.Errorf("%s: %d %s", body, status, answer)
			}
		}
		w.call(documents)
		if status, answer := w.control("POST", "audits", `{"audit":1,"remark":"no"}`); status != 200 {
			t.Error(answer)
		}
		w.isAudit(wire.AuditFailed, "no")
		if _, answer := w.control("GET", "audits", ""); !strings.Contains(answer, `"no"`) || strings.Contains(answer, "2201919") {
			t.Error(answer)
		}
	})
}
