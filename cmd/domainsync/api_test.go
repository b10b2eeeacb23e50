package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/wire"
)

func TestMasked(t *testing.T) {
	t.Parallel()
	tree, err := parseJSON([]byte(`{"TaskNo":"T-1","Data":{"TaskDetail":[
		{"TaskResult":"pass-word","taskresult":"","DomainName":"example.com"},
		{"TaskResult":{"password":"x"},"TryCount":5,"CreateTime":null}]},
		"Signature":"s","NewSecretKey":7,"accessid":"key"}`))
	if err != nil {
		t.Fatal(err)
	}
	want, err := parseJSON([]byte(`{"TaskNo":"T-1","Data":{"TaskDetail":[
		{"TaskResult":"[secret]","taskresult":"","DomainName":"example.com"},
		{"TaskResult":"[secret]","TryCount":5,"CreateTime":null}]},
		"Signature":"[secret]","NewSecretKey":"[secret]","accessid":"[secret]"}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, masked(tree)); diff != "" {
		t.Error(diff)
	}
}

// TestEntriesIn takes the shapes in which the service writes lists.
func TestEntriesIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		`{"Data":{"Domain":[{"a":1},{"a":2}]}}`: 2,
		`{"data":{"domain":{"a":1}}}`:           1,
		`{"Data":[{"a":1},{"a":2},{"a":3}]}`:    3,
		`{"Data":{"DomainName":"example.com"}}`: 1,
		`{"Data":{"Domain":[]}}`:                0,
		`{"Data":{}}`:                           0,
		`{"Data":null}`:                         0,
		`{}`:                                    0,
	} {
		tree, err := parseJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := entriesIn(tree, wire.Lookup("QueryDomainList").Entries()); len(got) != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	names := []string{"QueryDomainList", "QueryTaskList", "CancelTask"}
	for name, want := range map[string]string{
		"QueryDomainsList": ". Did you mean QueryDomainList?",
		"querytasklist":    ". Did you mean QueryTaskList?",
		"Task":             ". Did you mean CancelTask or QueryTaskList?",
		"Nothing":          ".",
	} {
		if got := didYouMean(name, names); got != want {
			t.Errorf("%s%s want %s", name, got, want)
		}
	}
}

// TestHazards wants every operation that spends money or changes ownership to
// ask, and one that nobody knows as well.
func TestHazards(t *testing.T) {
	t.Parallel()
	for _, o := range wire.Operations() {
		if got := (&apiCall{operation: o.Name, known: o}).hazard() != ""; got != o.Asks() {
			t.Errorf("%s asks: %v", o.Name, got)
		}
	}
	for name, want := range map[string]bool{"QueryThings": false, "MakeThing": true, "Querying": true, "CheckThing": false} {
		if got := (&apiCall{operation: name}).hazard() != ""; got != want {
			t.Errorf("%s asks: %v", name, got)
		}
	}
}

// TestEveryOperationIsAtHand finds and describes all operations of the
// reference with all their members, and completes them.
func TestEveryOperationIsAtHand(t *testing.T) {
	t.Parallel()
	listed := 0
	for line := range strings.Lines(readText(t, "../../apiclient/wire/testdata/operations.txt")) {
		words := strings.Fields(line)
		if len(words) != 2 {
			continue
		}
		listed++
		o, err := findOperation(strings.ToUpper(words[1]))
		if err != nil {
			t.Error(err)
			continue
		}
		var text strings.Builder
		if err := describe(o).writeText(&text); err != nil {
			t.Fatal(err)
		}
		for _, f := range append(o.Request.All(), o.Response.All()...) {
			if !strings.Contains(text.String(), "\n"+f.Path+" ") || f.Doc == "" || !strings.Contains(text.String(), f.Doc) {
				t.Errorf("%s is described without %s", o.Name, f.Path)
			}
		}
		if members, _ := completeCall(nil, []string{o.Name}, ""); len(members) == 0 {
			t.Errorf("no member of %s is completed", o.Name)
		}
		if missing, ok := errors.AsType[*wire.ParameterError](validated(o)); !ok && requires(o) {
			t.Errorf("%s is called without what it requires", o.Name)
		} else if ok && (missing.Operation != o.Name || missing.Member == "") {
			t.Errorf("%s: %v", o.Name, missing)
		}
	}
	if listed != 71 {
		t.Errorf("%d operations are listed", listed)
	}
}

// validated is the error of a call without parameters.
func validated(o *wire.Operation) error {
	_, err := request(o, nil)
	return err
}

// requires reports whether a call needs more than a page.
func requires(o *wire.Operation) bool {
	return slices.ContainsFunc(o.Request.Fields, func(f wire.Field) bool {
		return f.Required && f.Name != "PageNum" && f.Name != "PageSize"
	})
}
