package wire

import (
	"reflect"
	"testing"
	"time"
)

func TestOperationsAreDescribed(t *testing.T) {
	all := Operations()
	if len(all) != len(table) || len(all) == 0 {
		t.Fatalf("%d operations of %d", len(all), len(table))
	}
	for _, o := range all {
		if o.Summary == "" || o.Section == "" || o.Group == "" {
			t.Errorf("%s lacks a summary, a section or a group", o.Name)
		}
		if Lookup(o.Name) != o || OperationOf(o.NewRequest()) != o {
			t.Errorf("%s is not found again", o.Name)
		}
		if o.Request.Field("lang") == nil || o.Response.Field("requestid") == nil {
			t.Errorf("%s lacks a member that all operations have", o.Name)
		}
		if o.Async() && o.Access != Write {
			t.Errorf("%s saves tasks and is no write", o.Name)
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
			if !f.List || f.Items == 0 {
				t.Errorf("%s: %s is a batch without items", where, f.Name)
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

func TestListsOfAnswersNameTheirItems(t *testing.T) {
	for _, o := range Operations() {
		var walk func(s *Schema)
		walk = func(s *Schema) {
			for i := range s.Fields {
				f := &s.Fields[i]
				if f.List && f.Item == "" {
					t.Errorf("%s: the list %s has no item: XML cannot hold it", o.Name, f.Name)
				}
				if f.Members != nil {
					walk(f.Members)
				}
			}
		}
		walk(o.Response)
	}
}

func TestRepeatableOperations(t *testing.T) {
	for name, want := range map[string]bool{
		"QueryDomainList": true, "PollTaskResult": true, "AcknowledgeTaskResult": true, "CancelTask": true,
		"SaveBatchTaskForModifyingDomainDns": false, "SaveBatchTaskForUpdateProhibitionLock": false,
	} {
		if got := Lookup(name).Repeatable(); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestBatchSize(t *testing.T) {
	for name, want := range map[string]int{
		"SaveBatchTaskForModifyingDomainDns": 1000, "AcknowledgeTaskResult": 13, "QueryDSRecord": 1,
	} {
		if got := Lookup(name).BatchSize(); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
}

func TestEnumerationsKnowTheirCodes(t *testing.T) {
	for i, s := range TaskStatus("").Known() {
		if got := TaskStatus(s).Code(); got != i+1 {
			t.Errorf("%s: %d", s, got)
		}
	}
	for i, s := range DetailStatus("").Known() {
		if got := DetailStatus(s).Code(); got != i {
			t.Errorf("%s: %d", s, got)
		}
		if i == 0 {
			continue // a missing code reads as 0
		}
		if got := (&TaskDetail{TaskStatusCode: i}).Status(); string(got) != s {
			t.Errorf("code %d: %q, want %q", i, got, s)
		}
	}
}

func TestParseTime(t *testing.T) {
	want := time.Date(2017, 11, 1, 9, 22, 51, 0, time.UTC)
	for _, in := range []string{"1509528171000", "2017-11-01 17:22:51", "Nov 01,2017 17:22:51", "Nov 01, 2017 17:22:51", " 1509528171000 "} {
		if got, err := ParseTime(in); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", " ", "0"} {
		if got, err := ParseTime(in); err != nil || !got.IsZero() {
			t.Errorf("%q: %v, %v; want the zero time", in, got, err)
		}
	}
	for _, in := range []string{"soon", "2017-13-01 00:00:00", "2017-11-01T17:22:51Z"} {
		if got, err := ParseTime(in); err == nil {
			t.Errorf("%q is %v", in, got)
		}
	}
}
