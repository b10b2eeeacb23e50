package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// exchange is a call with the answer that the service owes it.
type exchange struct {
	operation *Operation
	request   Request
	answer    Response
	members   map[string]any // of the answer, as JSON
}

// drawExchange draws a call of an operation and an answer to it.
func drawExchange(t *rapid.T, o *Operation) *exchange {
	x := &exchange{operation: o, request: o.NewRequest(), answer: o.NewResponse()}
	asked, told := reflect.ValueOf(x.request).Elem(), reflect.ValueOf(x.answer).Elem()
	fill(t, o.Request, asked)
	fillAnswer(t, o.Response, told)
	for _, e := range o.echo {
		told.FieldByIndex(e.answer.index).Set(asked.FieldByIndex(e.request.index))
	}
	for i := range o.Response.Fields {
		f := &o.Response.Fields[i]
		m := told.FieldByIndex(f.index)
		if f.List && f.Kind == Struct && m.Len() == 0 {
			e := reflect.New(m.Type().Elem()).Elem()
			fillAnswer(t, f.Members, e)
			m.Set(reflect.Append(m, e))
		}
	}
	if err := json.Unmarshal(EncodeResponse(o, x.answer, JSON), &x.members); err != nil {
		t.Fatal(err)
	}
	return x
}

// read reads the members as the answer to the call.
func (x *exchange) read(absentLists bool) (Response, error) {
	body, err := json.Marshal(x.members)
	if err != nil {
		return nil, err
	}
	into := x.operation.NewResponse()
	r := Reading{Operation: x.operation.Name, Request: x.request, AbsentLists: absentLists}
	return into, r.Decode(body, into)
}

// everyOperation draws calls of every operation.
func everyOperation(t *testing.T, check func(t *rapid.T, x *exchange)) {
	for _, o := range Operations() {
		t.Run(o.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) { check(t, drawExchange(t, o)) })
		})
	}
}

func TestAnswersAreRead(t *testing.T) {
	everyOperation(t, func(t *rapid.T, x *exchange) {
		for _, absentLists := range []bool{false, true} {
			got, err := x.read(absentLists)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(x.answer, got); diff != "" {
				t.Fatalf("(-sent +read)\n%s", diff)
			}
		}
	})
}

// TestAnswersMustTell takes each member away that an answer must tell, and puts
// null in its place: neither is an answer.
func TestAnswersMustTell(t *testing.T) {
	everyOperation(t, func(t *rapid.T, x *exchange) {
		for i := range x.operation.Response.Fields {
			f := &x.operation.Response.Fields[i]
			whole := x.members[f.Name]
			for _, way := range []string{"absent", "null", "odd"} {
				switch x.members[f.Name] = nil; way {
				case "absent":
					delete(x.members, f.Name)
				case "odd":
					x.members[f.Name] = map[string]any{"Oddly": 1}
				}
				got, err := x.read(false)
				switch e, is := errors.AsType[*AnswerError](err); {
				case f.Must && err != nil && x.operation.Response.Field("Code") != nil: // which says why
				case f.Must && (!is || e.Member != f.Name || OutcomeOf(err) != Unknown):
					t.Fatalf("without %s, %s: %v", f.Name, way, err)
				case !f.Must && err != nil && !is:
					t.Fatalf("without %s, %s: %v", f.Name, way, err)
				case err == nil:
					if m := reflect.ValueOf(got).Elem().FieldByIndex(f.index); !m.IsZero() && (f.Kind != Struct || f.List) {
						t.Fatalf("without %s, %s, it is %v", f.Name, way, m)
					}
				}
			}
			x.members[f.Name] = whole
		}
	})
}

// TestRowsMustTell takes each member of a row away. A row that lacks what it
// must tell makes its list unknown; other members are missing alone.
func TestRowsMustTell(t *testing.T) {
	rows := 0
	everyOperation(t, func(t *rapid.T, x *exchange) {
		for i := range x.operation.Response.Fields {
			f := &x.operation.Response.Fields[i]
			if !f.List || f.Kind != Struct {
				continue
			}
			row := firstRow(x.members[f.Name], f.Item)
			for j := range f.Members.Fields {
				member := &f.Members.Fields[j]
				whole := row[member.Name]
				row[member.Name] = map[string]any{"Oddly": 1}
				rows++
				got, err := x.read(false)
				list := reflect.ValueOf(got).Elem().FieldByIndex(f.index)
				switch {
				case member.Must && f.Must && err == nil:
					t.Fatalf("%s.%s is odd, and the answer counts", f.Name, member.Name)
				case member.Must && !list.IsNil():
					t.Fatalf("%s.%s is odd, and the list is told: %v", f.Name, member.Name, list)
				case !member.Must && err != nil:
					t.Fatalf("%s.%s is odd, and the answer is spoiled: %v", f.Name, member.Name, err)
				case !member.Must && !list.Index(0).FieldByIndex(member.index).IsZero() && !member.List:
					t.Fatalf("%s.%s is odd, and has a value", f.Name, member.Name)
				}
				row[member.Name] = whole
			}
		}
	})
	if rows == 0 {
		t.Error("no operation has rows")
	}
}

func firstRow(list any, item string) map[string]any {
	if wrapped, ok := list.(map[string]any); ok {
		list = wrapped[item]
	}
	return list.([]any)[0].(map[string]any)
}

// TestRefusalsInAnswers adds to good answers that the call failed, and lets the
// failure stand alone: neither is a success, and no write is refused for sure.
func TestRefusalsInAnswers(t *testing.T) {
	everyOperation(t, func(t *rapid.T, x *exchange) {
		code := rapid.SampledFrom([]string{"Code", "code", "CODE"}).Draw(t, "code")
		message := rapid.SampledFrom([]string{"Message", "message", "MESSAGE"}).Draw(t, "message")
		if x.operation.Response.Field("Code") == nil && rapid.Bool().Draw(t, "beside the answer") {
			x.members[code], x.members[message] = "ParameterIllegal", "as told"
		} else {
			x.members = map[string]any{"RequestId": "R-1", code: "ParameterIllegal", message: "as told"}
		}
		_, err := x.read(rapid.Bool().Draw(t, "absent lists"))
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Code != "ParameterIllegal" || e.Message != "as told" || e.Operation != x.operation.Name {
			t.Fatalf("%v", err)
		}
		want := Refused
		if !x.operation.Repeatable() {
			want = Unknown
		}
		if got := OutcomeOf(err); got != want {
			t.Fatalf("%v, want %v", got, want)
		}
		if n := strings.Count(e.Error(), x.operation.Name); n != 1 {
			t.Fatalf("the operation stands %d times in %q", n, e)
		}
	})
}

// TestNothingIsNoAnswer: no operation is content with an empty object, and none
// that tells something with its request ID alone, whatever absent lists mean,
// save those whose list may be all that they have to tell.
func TestNothingIsNoAnswer(t *testing.T) {
	onlyLists := []string{"QueryDSRecord", "QueryDnsHost"}
	silent := []string{"QueryContactInfo", "QueryArtExtension", "QueryTransferOutInfo", "QueryTransferInByInstanceId", "TransferInCheckMailToken"}
	for _, o := range Operations() {
		for _, absentLists := range []bool{false, true} {
			x := &exchange{operation: o, request: o.NewRequest(), members: map[string]any{}}
			_, err := x.read(absentLists)
			if err == nil && !slices.Contains(silent, o.Name) {
				t.Errorf("%s is content with {}", o.Name)
			}
			x.members["RequestId"] = "R-1"
			got, err := x.read(absentLists)
			may := absentLists && slices.Contains(onlyLists, o.Name) || o.Response.typ == reflect.TypeFor[DoneResponse]() || o.Name == "CancelTask"
			if (err == nil) != may && !slices.Contains(silent, o.Name) {
				t.Errorf("%s, absent lists %v: %v", o.Name, absentLists, err)
			}
			if err == nil && may && absentLists && slices.Contains(onlyLists, o.Name) {
				for i := range o.Response.Fields {
					if f := &o.Response.Fields[i]; f.List && reflect.ValueOf(got).Elem().FieldByIndex(f.index).IsNil() {
						t.Errorf("%s: %s is not told", o.Name, f.Name)
					}
				}
			}
		}
	}
}

// TestAnswersAreAboutTheRequest refuses the answer to another request.
func TestAnswersAreAboutTheRequest(t *testing.T) {
	checked := 0
	everyOperation(t, func(t *rapid.T, x *exchange) {
		for _, e := range x.operation.echo {
			checked++
			whole := x.members[e.answer.Name]
			x.members[e.answer.Name] = "7" + strings.TrimLeft(fmt.Sprint(whole), "-")
			_, err := x.read(false)
			a, ok := errors.AsType[*AnswerError](err)
			if !ok || a.Member != e.answer.Name || a.Asked == "" || a.Got == "" || OutcomeOf(err) != Unknown {
				t.Fatalf("%v", err)
			}
			x.members[e.answer.Name] = whole
		}
	})
	if checked == 0 {
		t.Error("no answer repeats its request")
	}
}

// TestListShapes reads every list of every answer in the shapes in which it may
// stand there.
func TestListShapes(t *testing.T) {
	everyOperation(t, func(t *rapid.T, x *exchange) {
		for i := range x.operation.Response.Fields {
			f := &x.operation.Response.Fields[i]
			if !f.List || f.Comma {
				continue
			}
			entries := x.members[f.Name]
			if wrapped, ok := entries.(map[string]any); ok {
				entries = wrapped[f.Item]
			}
			shapes := map[string]any{"bare": entries}
			if f.Item != "" {
				shapes["wrapped"] = map[string]any{f.Item: entries}
				shapes["wrapped in another case"] = map[string]any{strings.ToUpper(f.Item): entries}
			}
			if f.ItemToo != "" {
				shapes["wrapped by the other name"] = map[string]any{f.ItemToo: entries}
			}
			if one := entries.([]any); len(one) == 1 {
				shapes["single"] = one[0]
				if f.Item != "" {
					shapes["single, wrapped"] = map[string]any{f.Item: one[0]}
				}
			}
			for name, shape := range shapes {
				x.members[f.Name] = shape
				got, err := x.read(false)
				if diff := cmp.Diff(x.answer, got); diff != "" || err != nil {
					t.Fatalf("%s %s: %v %s", f.Name, name, err, diff)
				}
			}
			x.members[f.Name] = entries
		}
	})
}

// TestEmptyLists tells lists without elements from lists that are not there.
func TestEmptyLists(t *testing.T) {
	for answer, none := range map[string]bool{
		`[]`: true, `{}`: true, `{"DSRecord":[]}`: true, `{"dsrecord":{}}`: true, `""`: true, `{"DSRecord":""}`: true,
		`null`: false, `{"DSRecord":null}`: false, `[null]`: false, `[{}]`: false, `{"Records":[]}`: false, `7`: false, `"x"`: false, `false`: false,
	} {
		for _, absentLists := range []bool{false, true} {
			var got QueryDSRecordResponse
			r := Reading{Operation: "QueryDSRecord", Request: &QueryDSRecordRequest{DomainName: "example.com"}, AbsentLists: absentLists}
			err := r.Decode([]byte(`{"RequestId":"R-1","DSRecordList":`+answer+`}`), &got)
			told := none || absentLists && (answer == "null" || answer == `{"DSRecord":null}`)
			if told != (err == nil) || told != (got.DSRecordList != nil) || len(got.DSRecordList) > 0 {
				t.Errorf("%s, absent lists %v: %v, %v", answer, absentLists, got.DSRecordList, err)
			}
			if absent := answer == "null" || answer == `{"DSRecord":null}`; !told && errors.Is(err, ErrListAbsent) != absent {
				t.Errorf("%s: %v", answer, err)
			}
		}
	}
}

// TestAbsentListsContradictTotals: a page of which the total says that it has
// entries is not empty.
func TestAbsentListsContradictTotals(t *testing.T) {
	for _, test := range []struct {
		page, total int
		ok          bool
	}{{1, 0, true}, {1, 1, false}, {2, 10, true}, {2, 11, false}} {
		request := &QueryDomainListRequest{Page: Page{PageNum: test.page, PageSize: 10}}
		r := Reading{Operation: "QueryDomainList", Request: request, AbsentLists: true}
		err := r.Decode(fmt.Appendf(nil, `{"RequestId":"R-1","TotalItemNum":%d}`, test.total), &QueryDomainListResponse{})
		if (err == nil) != test.ok {
			t.Errorf("page %d of %d entries: %v", test.page, test.total, err)
		}
	}
}

// TestEnvelopes reads how an answer in an envelope ended.
func TestEnvelopes(t *testing.T) {
	for answer, want := range map[string]string{
		`{"code":"200","message":"success","data":{"RequestId":"R-1","Code":"200","Message":"success"}}`: "",
		`{"RequestId":"R-1"}`:                                                           "",
		`{"RequestId":"R-1","success":true}`:                                            "",
		`{"RequestId":"R-1","Message":"Success"}`:                                       "",
		`{"code":"400","data":{"RequestId":"R-1"}}`:                                     "CancelTask: 400:  (request R-1)",
		`{"code":400,"message":"no such task","data":{"RequestId":"R-1"}}`:              "CancelTask: 400: no such task (request R-1)",
		`{"code":"200","data":{"RequestId":"R-1","Code":"TaskNotExist","Message":"x"}}`: "CancelTask: TaskNotExist: x (request R-1)",
		`{"RequestId":"R-1","Success":false}`:                                           "CancelTask: HTTP status 200 without an error code: was it the service that answered? (request R-1)",
		`{"code":"200","data":null}`:                                                    "CancelTask: the answer does not say RequestId",
		`{}`:                                                                            "CancelTask: the answer does not say RequestId",
	} {
		r := Reading{Operation: "CancelTask", Request: &CancelTaskRequest{TaskNo: "T-1"}}
		got := ""
		if err := r.Decode([]byte(answer), &CancelTaskResponse{}); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", answer, got, want)
		}
	}
	for code, want := range map[string]Outcome{"400": Refused, "404": Refused, "500": Unknown, "Throttling.User": NotDone} {
		if got := OutcomeOf(&Error{Operation: "CancelTask", HTTPStatus: 200, Code: code, Answered: true}); got != want {
			t.Errorf("%s: %v, want %v", code, got, want)
		}
	}
}

// TestShownAnswers: a call whose answer is only shown may tell anything but a
// failure, unless it writes.
func TestShownAnswers(t *testing.T) {
	for _, test := range []struct {
		operation, answer string
		ok                bool
	}{
		{"QueryDSRecord", `{"RequestId":"R-1"}`, true},
		{"QueryDSRecord", `{"RequestId":"R-1","Code":"Busy"}`, false},
		{"SaveBatchTaskForModifyingDomainDns", `{"RequestId":"R-1"}`, false},
		{"SomethingNew", `{}`, true},
		{"SomethingNew", `{"Code":"Busy","Message":"x"}`, false},
	} {
		var into Response = new(DoneResponse)
		if o := Lookup(test.operation); o != nil {
			into = o.NewResponse()
		}
		r := Reading{Operation: test.operation}
		if err := r.Decode([]byte(test.answer), into); (err == nil) != test.ok {
			t.Errorf("%s %s: %v", test.operation, test.answer, err)
		}
	}
}

// TestCursors tells the end of a list from a cursor that is not understood.
func TestCursors(t *testing.T) {
	for cursor, ok := range map[string]bool{
		`{}`: true, `{"TaskNo":"T-1","CreateTimeLong":1509528171000}`: true, `{"taskNo":null}`: true, `{"TaskNo":"","TaskNum":0}`: true,
		`null`: false, `""`: false, `{"Next":"T-1"}`: false, `{"TaskNo":{"a":1}}`: false, `{"CreateTimeLong":1509528171000}`: false, `"T-1"`: false,
	} {
		r := Reading{Operation: "QueryTaskInfoHistory", Request: &QueryTaskInfoHistoryRequest{PageSize: 1}}
		err := r.Decode([]byte(`{"RequestId":"R-1","Objects":[],"NextPageCursor":`+cursor+`}`), &QueryTaskInfoHistoryResponse{})
		if (err == nil) != ok {
			t.Errorf("%s: %v", cursor, err)
		}
	}
}
