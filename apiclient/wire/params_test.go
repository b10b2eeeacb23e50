package wire

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// someRequest draws a request that keeps the rules of its operation.
func someRequest(t *rapid.T, o *Operation) Request {
	r := o.NewRequest()
	fill(t, o.Request, reflect.ValueOf(r).Elem())
	return r
}

func TestRequestsSurviveTheWire(t *testing.T) {
	for _, o := range Operations() {
		t.Run(o.Name, rapid.MakeCheck(func(t *rapid.T) {
			sent := someRequest(t, o)
			params := rapid.Permutation(Params(sent)).Draw(t, "order")
			got, err := DecodeRequest(o, append(params, Param{"Format", "JSON"}, Param{"SignatureType", ""}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(sent, got); diff != "" {
				t.Fatal(diff)
			}
		}))
	}
}

func TestParams(t *testing.T) {
	failed := ResultFailure
	for _, test := range []struct {
		request Request
		want    []Param
	}{
		{
			&SaveBatchTaskForModifyingDomainDnsRequest{DomainName: []string{"xn--bcher-kva.example", "example.com"}, DomainNameServer: []string{"ns1.example.net"}},
			[]Param{{"DomainName.1", "bücher.example"}, {"DomainName.2", "example.com"}, {"AliyunDns", "false"}, {"DomainNameServer.1", "ns1.example.net"}},
		},
		{
			&QueryTaskListRequest{Page: Page{PageNum: 1, PageSize: 200}, BeginCreateTime: time.UnixMilli(1770339723000), Common: Common{Lang: English}},
			[]Param{{"PageNum", "1"}, {"PageSize", "200"}, {"BeginCreateTime", "1770339723000"}, {"Lang", "en"}},
		},
		{
			&PollTaskResultRequest{PageNum: 2, PageSize: 1000, TaskResultStatus: &failed},
			[]Param{{"PageNum", "2"}, {"PageSize", "1000"}, {"TaskResultStatus", "3"}},
		},
		{
			&SubmitEmailVerificationRequest{Email: []string{"a@example.com", "b@example.com"}},
			[]Param{{"Email", "a@example.com,b@example.com"}},
		},
		{
			&SubmitOperationAuditInfoRequest{AuditType: AuditTransfer, DomainName: []string{"xn--bcher-kva.example", "example.com"}},
			[]Param{{"AuditType", "1"}, {"DomainName", "bücher.example,example.com"}},
		},
		{
			&DeleteContactTemplatesRequest{RegistrantProfileIDs: []int64{7, 12}, CommonIP: CommonIP{"192.0.2.1"}},
			[]Param{{"RegistrantProfileIds", "7,12"}, {"UserClientIp", "192.0.2.1"}},
		},
		{
			&SaveBatchTaskForCreatingOrderRenewRequest{OrderRenewParam: []Renewal{
				{DomainName: "example.com", CurrentExpirationDate: time.UnixMilli(1770339723000), SubscriptionDuration: 2},
				{DomainName: "example.net", PermitPremiumRenew: new(false)},
			}, Payment: Payment{UseCoupon: new(false)}},
			[]Param{
				{"OrderRenewParam.1.DomainName", "example.com"},
				{"OrderRenewParam.1.CurrentExpirationDate", "1770339723000"},
				{"OrderRenewParam.1.SubscriptionDuration", "2"},
				{"OrderRenewParam.2.DomainName", "example.net"},
				{"OrderRenewParam.2.PermitPremiumRenew", "false"},
				{"UseCoupon", "false"},
			},
		},
	} {
		if diff := cmp.Diff(test.want, Params(test.request)); diff != "" {
			t.Errorf("%T: %s", test.request, diff)
		}
	}
}

func TestValidate(t *testing.T) {
	page := Page{PageNum: 1, PageSize: 200}
	byProfile := Registration{DomainName: "example.com", Registrant: Registrant{RegistrantProfileID: 7}}
	ownServers := byProfile
	ownServers.AliyunDNS = new(false)
	for _, test := range []struct {
		request Request
		want    string // "" where the request keeps the rules
	}{
		{&QueryDomainListRequest{Page: page}, ""},
		{&QueryDomainListRequest{Page: Page{PageSize: 1}}, "QueryDomainList: PageNum is 0, the least is 1"},
		{&QueryDomainListRequest{Page: page, OrderByType: "UP"}, `QueryDomainList: OrderByType is "UP", not one of ASC, DESC`},
		{&QueryDomainListRequest{Page: page, Common: Common{Lang: "fr"}}, `QueryDomainList: Lang is "fr", not one of en, zh`},
		{&QueryDomainByDomainNameRequest{}, "QueryDomainByDomainName: DomainName is missing"},
		{&PollTaskResultRequest{PageNum: 1, PageSize: 1001}, "PollTaskResult: PageSize is 1001, the most is 1000"},
		{&PollTaskResultRequest{PageNum: 1, PageSize: 1, TaskResultStatus: new(ResultCode)}, `PollTaskResult: TaskResultStatus is "0", not one of 2, 3`},
		{&QueryTaskDetailListRequest{PageNum: 1, PageSize: 1, TaskNo: "T", TaskStatus: new(DetailWaitingCode)}, ""},
		{&QueryTaskDetailListRequest{PageNum: 1, PageSize: 1, TaskNo: "T", TaskStatus: new(DetailCode(4))}, `QueryTaskDetailList: TaskStatus is "4", not one of 0, 1, 2, 3`},
		{&AcknowledgeTaskResultRequest{}, "AcknowledgeTaskResult: TaskDetailNo is missing"},
		{&AcknowledgeTaskResultRequest{TaskDetailNo: make([]string, 14)}, "AcknowledgeTaskResult: TaskDetailNo has 14 elements, at most 13 go into a call"},
		{&AcknowledgeTaskResultRequest{TaskDetailNo: []string{"D", ""}}, "AcknowledgeTaskResult: TaskDetailNo.2 is empty"},
		{&SaveBatchTaskForUpdateProhibitionLockRequest{DomainName: []string{"example.com"}}, ""},
		{&SaveBatchTaskForModifyingDomainDnsRequest{DomainName: []string{"example.com"}, AliyunDNS: true}, ""},
		{&SaveBatchTaskForModifyingDomainDnsRequest{DomainName: []string{"example.com"}}, "SaveBatchTaskForModifyingDomainDns: DomainNameServer is missing, and AliyunDns does not stand in for it"},
		{&DeleteRegistrantProfileRequest{}, "DeleteRegistrantProfile: RegistrantProfileId is 0, the least is 1"},
		{&DeleteContactTemplatesRequest{RegistrantProfileIDs: []int64{7, 0}}, "DeleteContactTemplates: RegistrantProfileIds.2 is 0, the least is 1"},
		{&SubmitEmailVerificationRequest{}, "SubmitEmailVerification: Email is missing"},
		{&SubmitEmailVerificationRequest{Email: []string{"a@example.com,b@example.com"}}, `SubmitEmailVerification: Email.1 is "a@example.com,b@example.com": a comma separates elements`},
		{&ListEmailVerificationRequest{VerificationStatus: new(EmailUnverified)}, ""},
		{&ListEmailVerificationRequest{VerificationStatus: new(EmailStatus(2))}, `ListEmailVerification: VerificationStatus is "2", not one of 0, 1`},
		{&SaveSingleTaskForAddingDSRecordRequest{DomainName: "example.com", Algorithm: 4, DigestType: SHA256, Digest: "AB"}, `SaveSingleTaskForAddingDSRecord: Algorithm is "4", not one of 1, 2, 3, 5, 6, 7, 8, 10, 12, 13, 14, 15, 16, 252, 253, 254`},
		{&SaveSingleTaskForDeletingDSRecordRequest{DomainName: "example.com", KeyTag: 65536}, "SaveSingleTaskForDeletingDSRecord: KeyTag is 65536, the most is 65535"},
		{&SaveSingleTaskForCreatingOrderActivateRequest{Registration: byProfile}, ""},
		{&SaveSingleTaskForCreatingOrderActivateRequest{Registration: ownServers}, "SaveSingleTaskForCreatingOrderActivate: Dns1 is missing, and AliyunDns does not stand in for it"},
		{&SaveBatchTaskForCreatingOrderActivateRequest{OrderActivateParam: []Registration{byProfile, {DomainName: "example.net"}}}, "SaveBatchTaskForCreatingOrderActivate: OrderActivateParam.2.RegistrantType is missing, and RegistrantProfileId does not stand in for it"},
		{&SaveBatchTaskForCreatingOrderActivateRequest{OrderActivateParam: []Registration{{Registrant: byProfile.Registrant}}}, "SaveBatchTaskForCreatingOrderActivate: OrderActivateParam.1.DomainName is missing"},
		{&SaveSingleTaskForCreatingOrderRenewRequest{DomainName: "example.com", SubscriptionDuration: 1}, "SaveSingleTaskForCreatingOrderRenew: CurrentExpirationDate is missing"},
		{&SaveSingleTaskForCreatingOrderRenewRequest{DomainName: "example.com", CurrentExpirationDate: time.UnixMilli(1), SubscriptionDuration: 11}, "SaveSingleTaskForCreatingOrderRenew: SubscriptionDuration is 11, the most is 10"},
	} {
		got := ""
		err := Validate(test.request)
		if err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%T: %q, want %q", test.request, got, test.want)
		}
		if _, ok := errors.AsType[*ParameterError](err); err != nil && !ok {
			t.Errorf("%T: a %T", test.request, err)
		}
	}
}

func TestDecodeRequestRefuses(t *testing.T) {
	lock := []Param{{"DomainName.1", "example.com"}, {"Status", "true"}}
	for _, test := range []struct {
		operation string
		params    []Param
		want      string
	}{
		{"SaveBatchTaskForTransferProhibitionLock", lock, ""},
		{"SaveBatchTaskForTransferProhibitionLock", lock[:1], "Status is missing"},
		{"SaveBatchTaskForTransferProhibitionLock", lock[1:], "DomainName is missing"},
		{"SaveBatchTaskForTransferProhibitionLock", append(lock[:2:2], Param{"DomainName.3", "example.net"}), "DomainName.2 is empty"},
		{"SaveBatchTaskForTransferProhibitionLock", append(lock[:2:2], Param{"DomainName.0", "example.net"}), "DomainName.0 is not numbered from 1"},
		{"SaveBatchTaskForTransferProhibitionLock", append(lock[:2:2], Param{"DomainName.99999", "x"}), "DomainName.99999 is not numbered from 1"},
		{"SaveBatchTaskForTransferProhibitionLock", []Param{{"domainname.1", "example.com"}, {"STATUS", "maybe"}}, `STATUS is "maybe", neither true nor false`},
		{"QueryDomainList", []Param{{"PageNum", "one"}}, `PageNum is "one", not a whole number`},
		// A number that is not sent may be anything; 0 that is sent must keep the bounds.
		{"SaveSingleTaskForCreatingOrderActivate", []Param{{"DomainName", "example.com"}, {"RegistrantProfileId", "7"}}, ""},
		{"SaveSingleTaskForCreatingOrderActivate", []Param{{"DomainName", "example.com"}, {"RegistrantProfileId", "7"}, {"SubscriptionDuration", "0"}}, "SubscriptionDuration is 0, the least is 1"},
		{"SaveSingleTaskForCreatingOrderActivate", []Param{{"DomainName", "example.com"}, {"RegistrantProfileId", "7"}, {"AliyunDns", "false"}, {"Dns1", "ns1.example.net"}}, "Dns2 is missing, and AliyunDns does not stand in for it"},
		{"SaveBatchTaskForCreatingOrderRenew", []Param{{"OrderRenewParam.1.DomainName", "example.com"}, {"OrderRenewParam.1.SubscriptionDuration", "11"}}, "OrderRenewParam.1.SubscriptionDuration is 11, the most is 10"},
		{"SubmitEmailVerification", []Param{{"Email", "a@example.com, b@example.com,"}}, ""},
		{"SubmitEmailVerification", []Param{{"Email", " , "}}, "Email is missing"},
		{"SubmitEmailVerification", []Param{{"Email.1", "a@example.com"}}, "Email is missing"},
		{"DeleteContactTemplates", []Param{{"RegistrantProfileIds", "7,x"}}, `RegistrantProfileIds is "x", not a whole number`},
		{"DeleteContactTemplates", []Param{{"RegistrantProfileIds", strings.Repeat("7,", 10_001)}}, "RegistrantProfileIds has more than 10000 elements"},
		{"SaveSingleTaskForAddingDSRecord", []Param{{"DomainName", "example.com"}, {"KeyTag", "0"}, {"Algorithm", "13"}, {"DigestType", "0"}, {"Digest", "AB"}}, `DigestType is "0", not one of 1, 2, 3, 4`},
		{"QueryDomainList", []Param{{"PageNum", "1"}, {"PageSize", "1"}, {"StartExpirationDate", "soon"}}, `StartExpirationDate is "soon", not a time as the service writes it`},
	} {
		want := ""
		if test.want != "" {
			want = test.operation + ": " + test.want
		}
		got := ""
		if _, err := DecodeRequest(Lookup(test.operation), test.params); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%v: %q, want %q", test.params, got, want)
		}
	}
}

// TestMerge holds the laws that batches rest on: requests with equal keys make
// one call with that key, about all their names in order.
func TestMerge(t *testing.T) {
	for _, o := range Operations() {
		if o.Request.batch == nil {
			continue
		}
		t.Run(o.Name, rapid.MakeCheck(func(t *rapid.T) {
			first := someRequest(t, o)
			requests := []Request{first}
			all := slices.Clone(Names(first))
			for range rapid.IntRange(0, 3).Draw(t, "others") {
				next := Merge([]Request{first})
				list := reflect.ValueOf(next).Elem().FieldByIndex(o.Request.batch.index)
				list.SetZero()
				o.Request.batch.fill(t, list)
				requests, all = append(requests, next), append(all, Names(next)...)
			}
			before := Params(first)
			merged := Merge(requests)
			if Key(merged) != Key(first) {
				t.Fatalf("the key %q became %q", Key(first), Key(merged))
			}
			if diff := cmp.Diff(all, Names(merged)); diff != "" {
				t.Fatalf("names: %s", diff)
			}
			if diff := cmp.Diff(before, Params(first)); diff != "" {
				t.Fatalf("merging changed a request: %s", diff)
			}
		}))
	}
}

func TestKeyTellsRequestsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := rapid.SampledFrom(Operations()).Draw(t, "operation")
		a, b := someRequest(t, o), someRequest(t, o)
		same := cmp.Equal(withoutBatch(a), withoutBatch(b))
		if (Key(a) == Key(b)) != same {
			t.Fatalf("keys %q and %q, the same apart from the batch: %v", Key(a), Key(b), same)
		}
	})
	a := &QueryDomainListRequest{DomainName: `a&DomainGroupId=b`}
	b := &QueryDomainListRequest{DomainName: "a", DomainGroupID: "b"}
	if Key(a) == Key(b) {
		t.Errorf("one key for two requests: %s", Key(a))
	}
}

func withoutBatch(r Request) Request {
	c := Merge([]Request{r})
	if f := OperationOf(r).Request.batch; f != nil {
		reflect.ValueOf(c).Elem().FieldByIndex(f.index).SetZero()
	}
	return c
}

func TestNames(t *testing.T) {
	for _, test := range []struct {
		request Request
		want    []string
	}{
		{&QueryDomainByDomainNameRequest{DomainName: "example.com"}, []string{"example.com"}},
		{&SaveBatchTaskForUpdateProhibitionLockRequest{DomainName: []string{"b.example", "a.example"}}, []string{"b.example", "a.example"}},
		{&CancelTaskRequest{TaskNo: "T"}, nil},
		{&SubmitOperationAuditInfoRequest{DomainName: []string{"b.example", "a.example"}}, []string{"b.example", "a.example"}},
		{&SaveBatchTaskForCreatingOrderRedeemRequest{OrderRedeemParam: []Redemption{{DomainName: "b.example"}, {DomainName: "a.example"}}}, []string{"b.example", "a.example"}},
		{&SaveSingleTaskForCreatingOrderActivateRequest{Registration: Registration{DomainName: "a.example"}}, []string{"a.example"}},
		{&QueryDnsHostRequest{InstanceID: "S"}, nil},
	} {
		if diff := cmp.Diff(test.want, Names(test.request)); diff != "" {
			t.Errorf("%T: %s", test.request, diff)
		}
	}
}

func FuzzDecodeRequest(f *testing.F) {
	f.Add("DomainName.1", "example.com", "Status", "true")
	f.Add("PageNum", "1", "PageSize", "200")
	f.Add("TaskNo", "T", "taskstatus", "3")
	f.Add("DomAinNAme", "..", "", "")
	f.Add("DomainName.2", "bücher.example", "AliyunDns", "FALSE")
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		for _, o := range Operations() {
			r, err := DecodeRequest(o, []Param{{name1, value1}, {name2, value2}})
			if err != nil {
				if _, ok := errors.AsType[*ParameterError](err); !ok {
					t.Fatalf("%s: a %T", o.Name, err)
				}
				continue
			}
			if _, err := DecodeRequest(o, Params(r)); err != nil {
				t.Fatalf("%s: what was read is not read again: %v", o.Name, err)
			}
		}
	})
}
