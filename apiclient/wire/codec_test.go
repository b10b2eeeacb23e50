package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

func TestResponsesSurviveTheWire(t *testing.T) {
	for _, o := range Operations() {
		t.Run(o.Name, rapid.MakeCheck(func(t *rapid.T) {
			sent := o.NewResponse()
			fillAnswer(t, o.Response, reflect.ValueOf(sent).Elem())
			body := EncodeResponse(o, sent, JSON)
			got := o.NewResponse()
			if err := DecodeResponse(body, got); err != nil {
				t.Fatalf("%v\n%s", err, body)
			}
			if diff := cmp.Diff(sent, got); diff != "" {
				t.Fatalf("sent and received differ: %s\n%s", diff, body)
			}
		}))
	}
}

func TestResponsesAreWellFormedXML(t *testing.T) {
	for _, o := range Operations() {
		t.Run(o.Name, rapid.MakeCheck(func(t *rapid.T) {
			sent := o.NewResponse()
			fillAnswer(t, o.Response, reflect.ValueOf(sent).Elem())
			body := EncodeResponse(o, sent, XML)
			if root := rootOf(t, body); root != o.Name+"Response" {
				t.Fatalf("the root is %q\n%s", root, body)
			}
		}))
	}
}

// rootOf reads a whole XML text and returns the name of its root.
func rootOf(t interface{ Fatalf(string, ...any) }, body []byte) string {
	d := xml.NewDecoder(bytes.NewReader(body))
	root := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return root
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, body)
		}
		if start, ok := token.(xml.StartElement); ok && root == "" {
			root = start.Name.Local
		}
	}
}

func TestEncodeShapes(t *testing.T) {
	at := time.Date(2026, 2, 6, 1, 2, 3, 0, time.UTC)
	list := &QueryDomainListResponse{
		Meta:  Meta{RequestID: "R-1"},
		Paged: Paged{CurrentPageNum: 1, PageSize: 2, TotalItemNum: 1, TotalPageNum: 1},
		Data:  []DomainItem{{DomainName: "xn--bcher-kva.example", Remark: `a<b & "c"`, RegistrationDate: at, RegistrationDateLong: at, DNSList: []string{"ns1.example.net"}}},
	}
	ds := &QueryDSRecordResponse{DSRecordList: []DSRecord{{KeyTag: 1, Algorithm: 13, DigestType: 2, Digest: "AB"}}}
	free := &CheckDomainResponse{Avail: Available, Premium: true, Price: 1286, StaticPriceInfo: []PriceInfo{{"activate", 10.5, 1}}}
	mails := &SubmitEmailVerificationResponse{SuccessList: []EmailResult{{Email: "a@example.com"}, {Email: "b@example.com"}}}
	audit := &QueryOperationAuditInfoDetailResponse{AuditID: 7, OperationAudit: OperationAudit{DomainName: []string{"xn--bcher-kva.example", "example.com"}, CreateTime: at}}
	for _, test := range []struct {
		operation string
		answer    Response
		format    Format
		want      []string
	}{
		{"QueryDomainList", list, JSON, []string{
			`{"RequestId":"R-1",`, `"NextPage":false`, `"Data":{"Domain":[{`, `"DomainName":"bücher.example"`,
			`"RegistrationDate":"Feb 06,2026 01:02:03"`, `"RegistrationDateLong":1770339723000`, `"DnsList":{"Dns":["ns1.example.net"]}`,
		}},
		{"QueryDomainList", list, XML, []string{
			`<?xml version="1.0" encoding="UTF-8"?><QueryDomainListResponse><RequestId>R-1</RequestId>`,
			`<Data><Domain><DomainName>bücher.example</DomainName>`, `<Remark>a&lt;b &amp; &#34;c&#34;</Remark>`,
			`<DnsList><Dns>ns1.example.net</Dns></DnsList></Domain></Data></QueryDomainListResponse>`,
		}},
		{"QueryDomainList", &QueryDomainListResponse{}, JSON, []string{`"Data":{"Domain":[]}`}},
		{"QueryDSRecord", ds, JSON, []string{`"DSRecordList":[{"KeyTag":1,"Algorithm":13,"DigestType":2,"Digest":"AB"}]`}},
		{"QueryDSRecord", ds, XML, []string{`<DSRecordList><DSRecord><KeyTag>1</KeyTag>`}},
		{"CheckDomain", free, JSON, []string{`"Avail":"1"`, `"Premium":"true"`, `"DynamicCheck":false`, `"Price":1286`, `"StaticPriceInfo":{"PriceInfo":[{"action":"activate","money":10.5,"period":1}]}`}},
		{"CheckDomain", free, XML, []string{`<CheckDomainResponse>`, `<Premium>true</Premium>`, `<StaticPriceInfo><PriceInfo><action>activate</action><money>10.5</money>`}},
		{"SubmitEmailVerification", mails, JSON, []string{`"SuccessList":[{"Email":"a@example.com"},{"Email":"b@example.com"}]`, `"FailList":[]`}},
		{"SubmitEmailVerification", mails, XML, []string{`<SuccessList><Email>a@example.com</Email></SuccessList><SuccessList><Email>b@example.com`}},
		{"QueryOperationAuditInfoDetail", audit, JSON, []string{`"Id":"7"`, `"DomainName":"bücher.example,example.com"`, `"CreateTime":1770339723000`}},
		{"QueryOperationAuditInfoDetail", audit, XML, []string{`<Id>7</Id>`, `<DomainName>bücher.example,example.com</DomainName>`}},
		{"GetOperationOssUploadPolicy", &GetOperationOssUploadPolicyResponse{ExpireTime: at}, JSON, []string{`"ExpireTime":"1770339723000"`}},
	} {
		body := string(EncodeResponse(Lookup(test.operation), test.answer, test.format))
		for _, want := range test.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s as %s lacks %s\n%s", test.operation, test.format, want, body)
			}
		}
	}
}

// TestEncodeAbsentMembers: what has no value is not there, and the cursor after
// the last page is an empty structure, by which official clients end a loop.
func TestEncodeAbsentMembers(t *testing.T) {
	o := Lookup("QueryTaskInfoHistory")
	answer := &QueryTaskInfoHistoryResponse{Meta: Meta{RequestID: "R-1"}, PageSize: 1, Objects: []TaskInfoHistory{{TaskNo: "T-1", TaskType: "CHG_DNS", TaskNum: 2}}}
	answer.CurrentPageCursor = answer.Objects[0]
	one := `{"TaskNo":"T-1","TaskType":"CHG_DNS","TaskNum":2,"TaskStatusCode":0}`
	if got, want := string(EncodeResponse(o, answer, JSON)), `{"RequestId":"R-1","PageSize":1,"Objects":[`+one+`],"CurrentPageCursor":`+one+`,"NextPageCursor":{},"PrePageCursor":{}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, want := range []string{"<NextPageCursor></NextPageCursor>", "<PrePageCursor></PrePageCursor>", "<Objects><TaskInfoHistory><TaskNo>T-1</TaskNo><TaskType>CHG_DNS</TaskType><TaskNum>2</TaskNum><TaskStatusCode>0</TaskStatusCode></TaskInfoHistory></Objects>"} {
		if got := string(EncodeResponse(o, answer, XML)); !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	// No member of any answer is an empty text, save those that must be told.
	for _, o := range Operations() {
		for _, f := range []Format{JSON, XML} {
			body := string(EncodeResponse(o, o.NewResponse(), f))
			for _, member := range o.Response.All() {
				if member.Must || member.Tell {
					body = strings.Replace(body, `"`+member.Name+`":""`, "", 1)
				}
			}
			if strings.Contains(body, `""`) || strings.Contains(body, "null") {
				t.Errorf("%s: %s", o.Name, body)
			}
		}
	}
}

// TestEncodeStyles writes what can be read in more than one way in each of them.
func TestEncodeStyles(t *testing.T) {
	at := time.Date(2026, 2, 6, 1, 2, 3, 0, time.UTC)
	names := &QueryDomainListResponse{Data: []DomainItem{{DomainName: "example.com", RegistrationDate: at, DNSList: []string{"ns1.example.net"}}}}
	history := &QueryTaskInfoHistoryResponse{Objects: []TaskInfoHistory{{CreateTime: at}}}
	mails := &ListEmailVerificationResponse{Data: []EmailVerification{{GmtCreate: at}}}
	for _, test := range []struct {
		style     Style
		operation string
		answer    Response
		json, xml string
	}{
		{Style{}, "QueryDomainList", names, `"RegistrationDate":"Feb 06,2026 01:02:03"`, `<DnsList><Dns>ns1.example.net</Dns></DnsList>`},
		{Style{Months: Zone}, "QueryDomainList", names, `"RegistrationDate":"Feb 06,2026 09:02:03"`, `<RegistrationDate>Feb 06,2026 09:02:03`},
		{Style{Months: Zone}, "QueryTaskInfoHistory", history, `"CreateTime":"2026-02-06 09:02:03"`, `<CreateTime>2026-02-06 09:02:03`},
		{Style{StatedTimes: true}, "QueryTaskInfoHistory", history, `"CreateTime":"2026-02-06T01:02:03Z"`, `<CreateTime>2026-02-06T01:02:03Z`},
		{Style{StatedTimes: true}, "ListEmailVerification", mails, `"GmtCreate":"Feb 06,2026 01:02:03"`, `<GmtCreate>Feb 06,2026 01:02:03`},
		{Style{StatedTimes: true, Months: Zone}, "ListEmailVerification", mails, `"GmtCreate":"Feb 06,2026 09:02:03"`, `<GmtCreate>Feb 06,2026 09:02:03`},
		{Style{}, "ListEmailVerification", mails, `"GmtCreate":"2026-02-06 09:02:03"`, `<GmtCreate>2026-02-06 09:02:03`},
		{Style{StatedTimes: true, Months: Zone}, "QueryTaskInfoHistory", history, `"CreateTime":"2026-02-06T01:02:03Z"`, `<CreateTime>2026-02-06T01:02:03Z`},
		{Style{StatedTimes: true}, "QueryDomainList", names, `"RegistrationDate":"Feb 06,2026 01:02:03"`, `Feb 06,2026`},
		{Style{ListedNameservers: "DnsList"}, "QueryDomainList", names, `"DnsList":{"DnsList":["ns1.example.net"]}`, `<DnsList><DnsList>ns1.example.net</DnsList></DnsList>`},
		{Style{}, "QueryDomainList", &QueryDomainListResponse{}, `"Data":{"Domain":[]}`, `<Data></Data>`},
		{Style{EmptyList: EmptyArray}, "QueryDomainList", &QueryDomainListResponse{}, `"Data":[]`, `<Data></Data>`},
		{Style{EmptyList: EmptyObject}, "QueryDomainList", &QueryDomainListResponse{}, `"Data":{}`, `<Data></Data>`},
		{Style{EmptyList: EmptyNull}, "QueryDomainList", &QueryDomainListResponse{}, `"Data":null`, `<Data></Data>`},
		{Style{EmptyList: EmptyAbsent}, "QueryDomainList", &QueryDomainListResponse{}, `"PrePage":false}`, `<PrePage>false</PrePage></QueryDomainListResponse>`},
	} {
		o := Lookup(test.operation)
		if got := string(test.style.EncodeResponse(o, test.answer, JSON)); !strings.Contains(got, test.json) {
			t.Errorf("%+v: %s lacks %s", test.style, got, test.json)
		}
		if got := string(test.style.EncodeResponse(o, test.answer, XML)); !strings.Contains(got, test.xml) {
			t.Errorf("%+v: %s lacks %s", test.style, got, test.xml)
		}
	}
}

// TestDecodeSamples reads answers in the shapes in which the service has been
// seen to write them.
func TestDecodeSamples(t *testing.T) {
	second := func(s string) time.Time {
		at, err := ParseTime(s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	detail := TaskDetail{
		TaskNo: "T-1", TaskDetailNo: "D-1", TaskType: "ORDER_RENEW", TaskStatus: DetailSuccess, TaskStatusCode: 2,
		TaskResult: "12345", DomainName: "example.com", CreateTime: second("2026-01-25 20:46:57"),
	}
	host := []string{"ns1.example.net", "ns2.example.net"}
	for _, test := range []struct {
		file string
		want Response
	}{
		{"list.json", &QueryDomainListResponse{
			Meta: Meta{RequestID: "R-1"}, Paged: Paged{PageSize: 5, TotalItemNum: 1, TotalPageNum: 1},
			Data: []DomainItem{{DomainName: "xn--bcher-kva.example", InstanceID: "S1", DomainType: "gTLD", ExpirationDate: second("Nov 02,2027 04:00:45")}},
		}},
		{"lower_camel_bare.json", &QueryDomainByInstanceIdResponse{DomainInfo{
			DomainName: "example.com", DNSList: host, EmailVerificationStatus: 1, RegistrantUpdatingStatus: UpdatingNormal, TransferProhibitionLock: LockOff, UpdateProhibitionLock: LockUnset,
		}}},
		{"text_values.json", &QueryDomainByDomainNameResponse{DomainInfo{
			Meta: Meta{RequestID: "R-2"}, DomainName: "example.com", UserID: "1406926474064770", DNSList: host, Premium: true, EmailVerificationStatus: 1,
			ExpirationDateLong: second("1584675448000"), RegistrationDateLong: second("1553053048000"),
		}}},
		{"single_wrapped.json", &QueryTaskDetailListResponse{
			Meta: Meta{RequestID: "R-3"}, Paged: Paged{CurrentPageNum: 1, PageSize: 2, TotalItemNum: 1, TotalPageNum: 1, NextPage: true}, Data: []TaskDetail{detail},
		}},
		{"single_bare.json", &QueryTaskDetailListResponse{Meta: Meta{RequestID: "R-4"}, Data: []TaskDetail{detail}}},
		{"nothing.json", &PollTaskResultResponse{Meta: Meta{RequestID: "R-5"}, Data: []TaskDetail{}}},
		{"cursors.json", &QueryTaskDetailHistoryResponse{Meta: Meta{RequestID: "R-6"}, PageSize: 2, Objects: []TaskDetail{}, NextPageCursor: TaskDetail{TaskDetailNo: "D-9"}}},
		{"cancel_envelope.json", &CancelTaskResponse{Meta{RequestID: "R-7"}}},
		{"cancel_plain.json", &CancelTaskResponse{Meta{RequestID: "R-8"}}},
		{"avail_number.json", &CheckDomainResponse{Meta: Meta{RequestID: "R-10"}, DomainName: "example.com", Avail: Available, Premium: true, Price: 1286, StaticPriceInfo: []PriceInfo{{"activate", 10.5, 1}}}},
		{"hosts_text.json", &QueryDnsHostResponse{Meta: Meta{RequestID: "R-11"}, DNSHostList: []DNSHost{{"ns1", []string{"192.0.2.1", "2001:db8::1"}}}}},
		{"audit_text.json", &QueryOperationAuditInfoDetailResponse{Meta: Meta{RequestID: "R-12"}, AuditID: 1, OperationAudit: OperationAudit{
			AuditType: AuditTransfer, AuditStatus: AuditReview2, DomainName: []string{"example.com", "example.org"}, CreateTime: time.UnixMilli(1770339723000).UTC(),
		}}},
		{"ds_wrapped.json", &QueryDSRecordResponse{Meta: Meta{RequestID: "R-9"}, DSRecordList: []DSRecord{{KeyTag: 11, Algorithm: 13, DigestType: 2, Digest: "f58f"}}}},
	} {
		t.Run(test.file, func(t *testing.T) {
			data, err := os.ReadFile("testdata/" + test.file)
			if err != nil {
				t.Fatal(err)
			}
			got := reflect.New(reflect.TypeOf(test.want).Elem()).Interface().(Response)
			if err := DecodeResponse(data, got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got, cmpopts.IgnoreTypes(Lacks{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeRefusesWhatItCannotRead(t *testing.T) {
	deep := strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100)
	for _, test := range []struct{ answer, want string }{
		{``, "it ends early"},
		{`<html>`, `'<' instead of '{'`},
		{`{"RequestId":"R"`, "it ends early"},
		{`{"RequestId":"R"} x`, "after its end"},
		{`{"RequestId":"\u12"}`, "a broken escape"},
		{`{"Other":` + deep + `}`, "more than 64 levels"},
		{`{"Premium":nil}`, "Premium: no value"},
		{`{"StaticPriceInfo":[` + strings.Repeat(`{},`, 100_001) + `{}]}`, "more than 100000 elements"},
	} {
		err := DecodeResponse([]byte(test.answer), &CheckDomainResponse{})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%.60s: error %v, want one with %q", test.answer, err, test.want)
		}
	}
}

// TestDecodeNamesWhatItDoesNotUnderstand reads on past a value that makes no
// sense, and keeps why.
func TestDecodeNamesWhatItDoesNotUnderstand(t *testing.T) {
	for _, test := range []struct {
		into         Response
		answer, want string
	}{
		{&QueryDomainListResponse{}, `{"PageSize":{"a":1}}`, "the answer's PageSize is not understood: not a value of type Integer"},
		{&QueryDomainListResponse{}, `{"PageSize":"many"}`, `the answer's PageSize is not understood: "many", not a whole number`},
		{&QueryDomainListResponse{}, `{"PageSize":1.5}`, `the answer's PageSize is not understood: "1.5" is no whole number`},
		{&QueryDomainListResponse{}, `{"Data":{"Domain":[7]}}`, "the answer's Data is not understood: an entry is no object"},
		{&QueryDomainListResponse{}, `{"Data":{"Domain":[null]}}`, "the answer's Data is not understood: an entry is no object"},
		{&QueryDomainListResponse{}, `{"Data":{"Domain":[{}]}}`, "the answer's Data is not understood: an entry does not say DomainName"},
		{&QueryDomainListResponse{}, `{"Data":{"Domain":[{"DomainName":[1]}]}}`, "the answer's Data is not understood: an entry's DomainName is not understood"},
		{&QueryDomainListResponse{}, `{"Data":{"Names":[{"DomainName":"example.com"}]}}`, "the answer's Data is not understood: its entries stand under an unknown name"},
		{&QueryDSRecordResponse{}, `{"DSRecordList":[{"KeyTag":1,"Algorithm":256,"DigestType":2,"Digest":"AB"}]}`, "the answer's DSRecordList is not understood: an entry's Algorithm is not understood"},
		{&QueryDSRecordResponse{}, `{"DSRecordList":[{"KeyTag":1,"Algorithm":-1,"DigestType":2,"Digest":"AB"}]}`, "the answer's DSRecordList is not understood: an entry's Algorithm is not understood"},
		{&QueryDSRecordResponse{}, `{"DSRecordList":[{"KeyTag":1,"Algorithm":"new","DigestType":2,"Digest":"AB"}]}`, "the answer's DSRecordList is not understood: an entry's Algorithm is not understood"},
		{&QueryDSRecordResponse{}, `{"DSRecordList":[{"KeyTag":1,"Algorithm":99,"DigestType":1000,"Digest":"AB"}]}`, "the answer's DSRecordList is not understood: an entry's DigestType is not understood"},
		{&QueryDSRecordResponse{}, `{"DSRecordList":[{"KeyTag":65536,"Algorithm":99,"DigestType":2,"Digest":"AB"}]}`, "the answer's DSRecordList is not understood: an entry's KeyTag is not understood"},
		{&QueryDSRecordResponse{}, `{"DSRecordList":[{"KeyTag":-1,"Algorithm":99,"DigestType":2,"Digest":"AB"}]}`, "the answer's DSRecordList is not understood: an entry's KeyTag is not understood"},
		{&QueryDSRecordResponse{}, `{"DSRecordList":[{"KeyTag":1,"Algorithm":0,"DigestType":2,"Digest":"AB"}]}`, "the answer's DSRecordList is not understood: an entry does not say Algorithm"},
		{&QueryDomainByDomainNameResponse{}, `{"DnsList":{"Dns":["ns1.example.net",""]}}`, "the answer's DnsList is not understood: an entry has no value"},
		{&QueryDomainByDomainNameResponse{}, `{"ExpirationDate":"soon"}`, `the answer's ExpirationDate is not understood: "soon", not a time as the service writes it`},
		{&QueryDomainByDomainNameResponse{}, `{"ExpirationDateLong":4611686018427387904}`, "the answer's ExpirationDateLong is not understood: the year 146140482"},
		{&QueryDomainByDomainNameResponse{}, `{"UpdateProhibitionLock":"MAYBE"}`, `the answer's UpdateProhibitionLock is not understood: "MAYBE" is none of OPEN, CLOSE, NONE_SETTING`},
		{&QueryDomainByDomainNameResponse{}, `{"Email":"a` + "\xff" + `@example.com"}`, "the answer's Email is not understood: it has characters that are broken"},
		{&QueryDomainByDomainNameResponse{}, `{"Email":"a\ud83d@example.com"}`, "the answer's Email is not understood: it has characters that are broken"},
		{&GetOperationOssUploadPolicyResponse{}, `{"Signature":{"a":1}}`, "the answer's Signature is not understood: not a value of type String"},
		{&CheckDomainResponse{}, `{"StaticPriceInfo":{"PriceInfo":{"money":"NaN"}}}`, `the answer's money is not understood: "NaN", not a number`},
		{&CheckDomainResponse{}, `{"StaticPriceInfo":{"PriceInfo":{"money":1e999}}}`, `the answer's money is not understood: "1e999", not a number`},
		{&CheckDomainResponse{}, `{"StaticPriceInfo":{"PriceInfo":{"money":true}}}`, `the answer's money is not understood: "true", not a number`},
		{&CheckDomainResponse{}, `{"Price":10.5}`, `the answer's Price is not understood: "10.5" is no whole number`},
		{&CheckDomainResponse{}, `{}`, "the answer does not say Premium"},
	} {
		if err := DecodeResponse([]byte(test.answer), test.into); err != nil {
			t.Errorf("%s: %v", test.answer, err)
			continue
		}
		lacks := reflect.ValueOf(test.into).Elem().FieldByName("Meta").FieldByName("Lacks").Interface().(Lacks)
		var why []string
		for _, x := range lacks {
			why = append(why, lacks.Why(x.Member))
		}
		if !slices.Contains(why, test.want) {
			t.Errorf("%s: %q, want %q", test.answer, why, test.want)
		}
	}
}

// TestNumbersOfOthersAreFacts: an algorithm or a digest that came after the
// reference makes no record unknown.
func TestNumbersOfOthersAreFacts(t *testing.T) {
	for number := 1; number <= 255; number++ {
		var got QueryDSRecordResponse
		answer := fmt.Sprintf(`{"DSRecordList":[{"KeyTag":1,"Algorithm":%[1]d,"DigestType":"%[1]d","Digest":"AB"}]}`, number)
		want := []DSRecord{{KeyTag: 1, Algorithm: DSAlgorithm(number), DigestType: DSDigestType(number), Digest: "AB"}}
		if err := DecodeResponse([]byte(answer), &got); err != nil || len(got.Lacks) > 0 || !slices.Equal(got.DSRecordList, want) {
			t.Errorf("%d: %v, %v, %v", number, got.DSRecordList, got.Lacks, err)
		}
	}
}

func TestDecodeText(t *testing.T) {
	for in, want := range map[string]string{
		`"a\"\\\/\b\f\n\r\tb"`:   "a\"\\/\b\f\n\r\tb",
		`"\u00fc\ud83d\ude00"`:   "ü😀",
		`"\ud83d\u0041\udc00 x"`: "",
		"\"\xff\"":               "",
		`12345`:                  "12345",
		`true`:                   "true",
		`null`:                   "",
		`{ }`:                    "",
	} {
		var got TaskResponse
		if err := DecodeResponse([]byte(`{"TASKNO":`+in+`}`), &got); err != nil || got.TaskNo != want {
			t.Errorf("%s: %q, %v; want %q", in, got.TaskNo, err, want)
		}
	}
}

func TestErrorsSurviveTheWire(t *testing.T) {
	sent := &Error{Operation: "QueryDomainList", HTTPStatus: 400, Code: "DomainNotExist", Message: `no <such> "name" ü`, RequestID: "R-1"}
	for _, format := range []Format{JSON, XML} {
		body := EncodeError(sent, "domain.example.com", format)
		if diff := cmp.Diff(sent, DecodeError("QueryDomainList", 400, body)); diff != "" {
			t.Errorf("%s: %s\n%s", format, diff, body)
		}
	}
	for _, body := range []string{"", "<html><body>bad gateway</body></html>", "no such host", `{"Code":`, `[]`} {
		if diff := cmp.Diff(&Error{Operation: "X", HTTPStatus: 502}, DecodeError("X", 502, []byte(body))); diff != "" {
			t.Errorf("%q: %s", body, diff)
		}
	}
}

func TestParseFormat(t *testing.T) {
	for in, want := range map[string]Format{"": XML, "xml": XML, "json": JSON, "JSON": JSON} {
		if got, ok := ParseFormat(in); !ok || got != want {
			t.Errorf("%q: %q, %v", in, got, ok)
		}
	}
	if _, ok := ParseFormat("yaml"); ok {
		t.Error("yaml is taken")
	}
}

func FuzzDecodeResponse(f *testing.F) {
	files, err := os.ReadDir("testdata")
	if err != nil {
		f.Fatal(err)
	}
	operations, number := Operations(), map[string]uint8{}
	for n, o := range operations {
		number[o.Name] = uint8(n)
		f.Add(uint8(n), EncodeResponse(o, o.NewResponse(), JSON))
		for _, file := range files {
			if data, err := os.ReadFile("testdata/" + file.Name()); err == nil {
				f.Add(uint8(n), data)
			}
		}
	}
	if all, err := readDescriptions(); err == nil {
		for i := range all {
			f.Add(number[all[i].Name], []byte(all[i].Text))
			f.Add(number[all[i].Name], []byte(all[i].Shape))
		}
	}
	f.Fuzz(func(t *testing.T, n uint8, data []byte) {
		o := operations[int(n)%len(operations)]
		first := o.NewResponse()
		if DecodeResponse(data, first) != nil {
			return
		}
		second := o.NewResponse()
		if err := DecodeResponse(EncodeResponse(o, first, JSON), second); err != nil {
			t.Fatalf("%s: what was read is not read again: %v", o.Name, err)
		}
		rootOf(t, EncodeResponse(o, first, XML))
	})
}

func BenchmarkDecode(b *testing.B) {
	at := time.Date(2026, 2, 6, 0, 0, 0, 0, time.UTC)
	one := &QueryDomainByDomainNameResponse{DomainInfo{
		Meta: Meta{RequestID: "F5BE26DC-9287-4F1C-B2EB-4124C4A00000"}, DomainName: "example.com", InstanceID: "S2019270W500000", UserID: "1406926474064770",
		DNSList: []string{"ns1.example.net", "ns2.example.net"}, TransferProhibitionLock: LockOn, UpdateProhibitionLock: LockOff,
		RegistrationDate: at, RegistrationDateLong: at, ExpirationDate: at, ExpirationDateLong: at,
		DomainNameVerificationStatus: "SUCCEEDED", RealNameStatus: "SUCCEEDED", RegistrantType: "2", RegistrantUpdatingStatus: UpdatingNormal,
		RegistrantName: "Ada Example", RegistrantOrganization: "Example Ltd", Email: "hostmaster@example.com", TransferOutStatus: TransferOutNormal,
	}}
	many := &QueryDomainListResponse{Meta: one.Meta, Paged: Paged{CurrentPageNum: 1, PageSize: 200, TotalItemNum: 200, TotalPageNum: 1}}
	for i := range 200 {
		many.Data = append(many.Data, DomainItem{
			DomainName: fmt.Sprintf("name-%d.example.com", i), InstanceID: fmt.Sprintf("S2019270W5%05d", i), ProductID: "2a", DomainType: "gTLD",
			DomainStatus: Normal, DomainAuditStatus: "SUCCEED", RegistrantType: "2", RegistrationDate: at, RegistrationDateLong: at,
			ExpirationDate: at, ExpirationDateLong: at, ExpirationDateStatus: "1", ExpirationCurrDateDiff: 300,
		})
	}
	for name, sent := range map[string]struct {
		operation string
		answer    Response
	}{"QueryDomainByDomainName": {"QueryDomainByDomainName", one}, "QueryDomainList200": {"QueryDomainList", many}} {
		o := Lookup(sent.operation)
		body := EncodeResponse(o, sent.answer, JSON)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if err := DecodeResponse(body, o.NewResponse()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
