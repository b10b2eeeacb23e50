package wire

import (
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOperationsAreDescribed(t *testing.T) {
	all := Operations()
	if len(all) != len(table) || len(all) == 0 {
		t.Fatalf("%d operations of %d", len(all), len(table))
	}
	for _, o := range all {
		if o.Summary == "" || o.Group == "" {
			t.Errorf("%s lacks a summary or a group", o.Name)
		}
		if Lookup(o.Name) != o || OperationOf(o.NewRequest()) != o {
			t.Errorf("%s is not found again", o.Name)
		}
		if o.Request.Field("lang") == nil && o.Request.Field("userclientip") == nil || o.Response.Field("requestid") == nil {
			t.Errorf("%s lacks a member that all operations have", o.Name)
		}
		if tasks := strings.HasPrefix(o.Name, "Save") && strings.Contains(o.Name, "TaskFor"); o.Async() != tasks {
			t.Errorf("%s saves tasks: %v", o.Name, o.Async())
		}
		if (o.Async() || o.Asks()) && o.Access != Write {
			t.Errorf("%s saves tasks or asks, and is no write", o.Name)
		}
		if o.Task != "" && !o.Async() || o.Spends && o.Repeatable() {
			t.Errorf("%s has a task without an answer that tells its number, or buys again when it is sent again", o.Name)
		}
		described(t, o.Name+" request", o.Request)
		described(t, o.Name+" response", o.Response)
	}
	if Lookup("Nothing") != nil {
		t.Error("an operation that is not there is found")
	}
}

func described(t *testing.T, where string, s *Schema) {
	batches := 0
	for i := range s.Fields {
		f := &s.Fields[i]
		if f.Doc == "" {
			t.Errorf("%s: %s has no doc", where, f.Name)
		}
		if f.Batch {
			batches++
			if !f.List || (f.Items == 0) == (f.Share == 0) {
				t.Errorf("%s: %s is a batch without a size, or with two", where, f.Name)
			}
		}
		if f.Kind == Time && !f.Milli && f.Layout == "" {
			t.Errorf("%s: %s has neither ms nor a layout", where, f.Name)
		}
		if f.Members != nil {
			described(t, where+" "+f.Name, f.Members)
		}
	}
	if batches > 1 {
		t.Errorf("%s has %d batches", where, batches)
	}
}

func TestRepeatableOperations(t *testing.T) {
	for name, want := range map[string]bool{
		"QueryDomainList": true, "PollTaskResult": true, "AcknowledgeTaskResult": true, "CancelTask": true,
		"SaveBatchTaskForModifyingDomainDns": false, "SaveBatchTaskForUpdateProhibitionLock": false,
		"SetDefaultRegistrantProfile": true, "SaveRegistrantProfile": false, "DeleteRegistrantProfile": false,
		"SaveSingleTaskForCreatingOrderRenew": false, "SubmitEmailVerification": false, "TransferInCheckMailToken": false,
	} {
		if got := Lookup(name).Repeatable(); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// TestAsks lists the operations that a person confirms: what they do cannot be
// taken back.
func TestAsks(t *testing.T) {
	want := map[string]string{
		"SaveBatchTaskForCreatingOrderActivate":                    "money",
		"SaveBatchTaskForCreatingOrderRedeem":                      "money",
		"SaveBatchTaskForCreatingOrderRenew":                       "money",
		"SaveBatchTaskForCreatingOrderTransfer":                    "money",
		"SaveSingleTaskForCreatingOrderActivate":                   "money",
		"SaveSingleTaskForCreatingOrderRedeem":                     "money",
		"SaveSingleTaskForCreatingOrderRenew":                      "money",
		"SaveBatchTaskForUpdatingContactInfoByNewContact":          "holder",
		"SaveBatchTaskForUpdatingContactInfoByRegistrantProfileId": "holder",
		"SaveSingleTaskForUpdatingContactInfo":                     "holder",
		"SaveSingleTaskForQueryingTransferAuthorizationCode":       "holder",
		"SubmitOperationAuditInfo":                                 "holder",
		"SubmitOperationCredentials":                               "holder",
		"TransferInCheckMailToken":                                 "holder",
		"TransferInReenterTransferAuthorizationCode":               "holder",
	}
	for _, o := range Operations() {
		have := map[[2]bool]string{{true, false}: "money", {false, true}: "holder"}[[2]bool{o.Spends, o.Transfers}]
		if have != want[o.Name] || o.Asks() != (have != "") {
			t.Errorf("%s asks for %q (%v), want %q", o.Name, have, o.Asks(), want[o.Name])
		}
	}
}

func TestTaskOf(t *testing.T) {
	for _, test := range []struct {
		request Request
		want    TaskType
	}{
		{&SaveBatchTaskForModifyingDomainDnsRequest{}, TaskChangeDNS},
		{&SaveSingleTaskForCreatingOrderRenewRequest{}, TaskRenew},
		{&SaveBatchTaskForUpdatingContactInfoByNewContactRequest{ContactType: RegistrantContact}, TaskChangeHolder},
		{&SaveBatchTaskForUpdatingContactInfoByRegistrantProfileIdRequest{ContactType: AdminContact}, TaskUpdateAdmin},
		{&SaveSingleTaskForUpdatingContactInfoRequest{ContactType: BillingContact}, TaskUpdateBilling},
		{&SaveSingleTaskForUpdatingContactInfoRequest{ContactType: TechContact}, TaskUpdateTech},
		{&SaveSingleTaskForAddingDSRecordRequest{}, ""}, // which the reference does not name
		{&QueryDomainListRequest{}, ""},
	} {
		if got := TaskOf(test.request); got != test.want {
			t.Errorf("%T: %q, want %q", test.request, got, test.want)
		}
	}
}

func TestSaves(t *testing.T) {
	for _, test := range []struct {
		operation string
		task      TaskType
		want      bool
	}{
		{"SaveBatchTaskForModifyingDomainDns", TaskChangeDNS, true},
		{"SaveBatchTaskForModifyingDomainDns", TaskRenew, false},
		{"SaveSingleTaskForUpdatingContactInfo", TaskUpdateTech, true},
		{"SaveSingleTaskForUpdatingContactInfo", TaskUpdateRegistrant, true},
		{"SaveSingleTaskForUpdatingContactInfo", "ADD_DS", false},
		// Types that the reference does not name.
		{"SaveSingleTaskForAddingDSRecord", "ADD_DS", true},
		{"SaveSingleTaskForAddingDSRecord", TaskChangeDNS, false},
		{"SaveSingleTaskForAddingDSRecord", TaskUpdateAdmin, false},
		{"SaveSingleTaskForAddingDSRecord", "", false},
		{"QueryDomainList", "ADD_DS", false},
		{"QueryDomainList", "", false},
	} {
		if got := Lookup(test.operation).Saves(test.task); got != test.want {
			t.Errorf("%s, %q: %v", test.operation, test.task, got)
		}
	}
}

// TestSecrets lists what is never kept, logged or printed.
func TestSecrets(t *testing.T) {
	want := map[string]bool{
		"CheckTransferInFeasibility TransferAuthorizationCode":                 true,
		"SaveBatchTaskForCreatingOrderTransfer AuthorizationCode":              true,
		"TransferInReenterTransferAuthorizationCode TransferAuthorizationCode": true,
		"TransferInCheckMailToken Token":                                       true,
		"VerifyEmail Token":                                                    true,
		"SubmitOperationAuditInfo AuditInfo":                                   true,
		"QueryOperationAuditInfoList AuditInfo":                                true,
		"QueryOperationAuditInfoDetail AuditInfo":                              true,
		"GetOperationOssUploadPolicy Accessid":                                 true,
		"GetOperationOssUploadPolicy EncodedPolicy":                            true,
		"GetOperationOssUploadPolicy Signature":                                true,
		"PollTaskResult TaskResult":                                            true,
		"QueryTaskDetailList TaskResult":                                       true,
		"QueryTaskDetailHistory TaskResult":                                    true,
	}
	have := map[string]bool{}
	for _, o := range Operations() {
		var walk func(s *Schema)
		walk = func(s *Schema) {
			for i := range s.Fields {
				f := &s.Fields[i]
				if f.Secret {
					have[o.Name+" "+f.Name] = true
				}
				if f.Members != nil {
					walk(f.Members)
				}
			}
		}
		walk(o.Request)
		walk(o.Response)
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Error(diff)
	}
}

func TestStates(t *testing.T) {
	for s, want := range map[RealNameStatus]bool{RealNamePassed: true, RealNameSucceeded: true, RealNameFailed: false, RealNamePending: false, "": false} {
		if s.Passed() != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
	for s := AuditWaiting; s <= AuditCancelled+1; s++ {
		if want := s == AuditFailed || s == AuditPassed || s == AuditCancelled; s.Ended() != want {
			t.Errorf("%d: %v", s, !want)
		}
	}
}

func TestAuditTexts(t *testing.T) {
	info := TransferAuditInfo{RegType: 1, RegistrantName: "Ada Example", RegistrantNo: "1234", Telephone: "2000000000", Account: "hostmaster@example.com", Reason: 1, Remark: "moved"}
	if got, want := info.Text(), `{"regType":1,"registrantName":"Ada Example","registrantNo":"1234","telephone":"2000000000","account":"hostmaster@example.com","reason":1,"remark":"moved"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got, want := CredentialsText([]Credential{{"SHSQB", "a/form.jpg"}, {"SFZZM", "a/card.jpg"}}), `[{"credentialType":"SHSQB","credentialUrl":"a/form.jpg"},{"credentialType":"SFZZM","credentialUrl":"a/card.jpg"}]`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestBatchSize(t *testing.T) {
	for name, want := range map[string]int{
		"SaveBatchTaskForModifyingDomainDns": 1000, "AcknowledgeTaskResult": 13, "QueryDSRecord": 1,
		"SaveBatchTaskForCreatingOrderActivate": 1000, "SaveSingleTaskForCreatingOrderActivate": 1, "SubmitEmailVerification": 500,
	} {
		if got := Lookup(name).BatchSize(); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}

func TestEnumerationsKnowTheirCodes(t *testing.T) {
	for i, s := range TaskStatus("").Known() {
		if got := TaskStatus(s).Code(); strconv.Itoa(int(got)) != got.Known()[i] {
			t.Errorf("%s: %d", s, got)
		}
	}
	for i, s := range CancelStatus("").Known() {
		if got := CancelStatus(s).Code(); strconv.Itoa(int(got)) != got.Known()[i] {
			t.Errorf("%s: %d", s, got)
		}
	}
	for i, s := range DetailStatus("").Known() {
		code := DetailStatus(s).Code()
		if strconv.Itoa(int(code)) != code.Known()[i] {
			t.Errorf("%s: %d", s, code)
		}
		if code == DetailWaitingCode {
			continue // a missing code reads as 0
		}
		if got := (&TaskDetail{TaskStatusCode: code}).Status(); string(got) != s {
			t.Errorf("code %d: %q, want %q", code, got, s)
		}
	}
}

func TestParseTime(t *testing.T) {
	want := time.Date(2017, 11, 1, 9, 22, 51, 0, time.UTC)
	for _, in := range []string{"1509528171000", "2017-11-01 17:22:51", "Nov 01,2017 09:22:51", "Nov 01, 2017 09:22:51", "2017-11-01, 17:22:51", "2017-11-01T09:22:51Z", " 1509528171000 "} {
		if got, err := ParseTime(in); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", " ", "0"} {
		if got, err := ParseTime(in); err != nil || !got.IsZero() {
			t.Errorf("%q: %v, %v; want the zero time", in, got, err)
		}
	}
	for _, in := range []string{"9999-12-31 23:59:59", "253402300799000", "-62167219200000", "0000-01-01T00:00:00Z"} {
		if got, err := ParseTime(in); err != nil {
			t.Errorf("%q: %v, %v", in, got, err)
		} else if _, err := got.MarshalText(); err != nil {
			t.Errorf("%q cannot be written: %v", in, err)
		}
	}
	for _, in := range []string{"soon", "2017-13-01 00:00:00", "2017-11-01T17:22:51", "9223372036854775807", "-9223372036854775807", "253402300800000", "0000-01-01 00:00:00"} {
		if got, err := ParseTime(in); err == nil {
			t.Errorf("%q is %v", in, got)
		}
	}
}
