package wire

import (
	"strings"
	"testing"
)

func TestMembersInWords(t *testing.T) {
	for _, test := range []struct{ operation, member, kind, rules string }{
		{"QueryDomainByDomainName", "DomainName", "Name", "required"},
		{"QueryDomainList", "PageNum", "Integer", "required; at least 1"},
		{"QueryDomainList", "OrderByType", "String", "one of ASC DESC; default DESC"},
		{"QueryDomainList", "StartExpirationDate", "Milliseconds", ""},
		{"PollTaskResult", "TaskResultStatus", "Integer", "one of 2 3"},
		{"SaveBatchTaskForModifyingDomainDns", "DomainName", "Name", "required; at most 1000 elements"},
		{"SubmitEmailVerification", "Email", "String, joined by commas", "required"},
	} {
		f := Lookup(test.operation).Request.Field(test.member)
		if f.Type() != test.kind || strings.Join(f.Rules(), "; ") != test.rules {
			t.Errorf("%s %s is %q: %q", test.operation, test.member, f.Type(), f.Rules())
		}
	}
	result := Lookup("PollTaskResult").Response.Field("Data").Members.Field("TaskResult")
	if got := result.Rules(); len(got) != 1 || got[0] != "secret" {
		t.Errorf("got %q", got)
	}
}
