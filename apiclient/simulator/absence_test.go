package simulator_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// What becomes of a call about something that does not exist.
const (
	nothing  = "nothing"  // a list without entries
	fails    = "fails"    // the task does, for that name
	succeeds = "succeeds" // it is what the operation makes
	answers  = "answers"  // the answer says so: the operation's own tests look at it
)

// absence is a call about something that does not exist.
type absence struct {
	member string // that names it
	value  string
	want   string // one of the above, or the code of a refusal
}

// absent are the members that name something, with what names nothing.
var absent = []absence{
	{"DomainName", "absent.example", "DomainNotExist"},
	{"InstanceId", "S0", "DomainNotExist"},
	{"DnsName", "absent", fails},
	{"KeyTag", "4711", fails},
	{"RegistrantProfileId", "4711", "ContactTemplateNotExist"},
	{"RegistrantProfileIds", "4711", "ContactTemplateNotExist"},
	{"TaskNo", "absent", "ParameterIllegal"},
	{"TaskDetailNo", "absent", answers},
	{"AuditRecordId", "4711", "ParameterIllegal"},
	{"Id", "4711", "ParameterIllegal"},
	{"Token", "absent", "ParameterIllegal"},
	{"KeyWord", "absent", nothing},
	{"ScrollId", "absent", "InvalidScrollId"},
}

// absences are what else becomes of such calls.
var absences = map[string]string{
	"CheckDomain/DomainName":                            answers,
	"CheckTransferInFeasibility/DomainName":             answers,
	"VerifyContactField/DomainName":                     answers,
	"SaveBatchTaskForCreatingOrderActivate/DomainName":  succeeds,
	"SaveSingleTaskForCreatingOrderActivate/DomainName": succeeds,
	"SaveSingleTaskForCreatingDnsHost/DnsName":          succeeds,
	"SaveBatchTaskForCreatingOrderTransfer/DomainName":  succeeds,
	"QueryDomainRealTimePrice/DomainName":               answers,
	"SaveSingleTaskForAddingDSRecord/KeyTag":            succeeds,
	"QueryTransferInByInstanceId/InstanceId":            "ParameterIllegal",
	"ScrollDomainList/ScrollId":                         "InvalidScrollId",

	// The addresses of contacts name nothing; those of these operations do.
	"QueryEmailVerification/Email":  "ParameterIllegal",
	"ListEmailVerification/Email":   nothing,
	"SubmitEmailVerification/Email": answers,
	"ResendEmailVerification/Email": answers,
	"DeleteEmailVerification/Email": answers,
}

// aboutNothing are operations whose members name nothing that could be absent.
var aboutNothing = map[string]bool{"GetOperationOssUploadPolicy": true, "QueryTaskList": true, "QueryTaskInfoHistory": true}

// absencesOf returns the calls about what does not exist that an operation has.
func absencesOf(o *wire.Operation) (all []absence) {
	for _, f := range o.Request.All() {
		if f.Kind == wire.Struct {
			continue
		}
		a := absence{member: f.Name, want: absences[o.Name+"/"+f.Name]}
		for _, known := range absent {
			if known.member == f.Name {
				a.value = known.value
				if a.want == "" {
					a.want = known.want
				}
			}
		}
		switch {
		case a.want == "":
			continue
		case a.value == "":
			a.value = "absent@example.com"
		case absences[o.Name+"/"+f.Name] != "":
		case o.Entries() != nil:
			a.want = nothing
		case o.BatchSize() > 1 && a.want == "DomainNotExist":
			a.want = fails
		}
		all = append(all, a)
	}
	return all
}

// absent makes a good call about something that does not exist.
func (w *world) absent(good wire.Request, a absence) {
	o, found := wire.OperationOf(good), false
	var params []wire.Param
	for _, p := range wire.Params(good) {
		if p.Name == a.member || strings.HasPrefix(p.Name, a.member+".") || strings.HasSuffix(p.Name, ".1."+a.member) {
			p.Value, found = a.instead(p.Value), true
		}
		params = append(params, p)
	}
	if !found { // the good call does not look for it
		params = append(params, wire.Param{Name: a.member, Value: a.value})
	}
	r, err := wire.DecodeRequest(o, params)
	if err != nil {
		w.Fatal(err)
	}
	if got := w.outcome(o, r); got != a.want {
		w.Errorf("%+v: got %s, want %s", r, got, a.want)
	}
}

// instead returns what names nothing in the place of what a good call names.
// What a name can be asked for depends on its suffix, which stays.
func (a absence) instead(good string) string {
	if a.member != "DomainName" {
		return a.value
	}
	return "absent-" + strings.ReplaceAll(good, ",", ",absent-")
}

// outcome makes a call and returns what became of it, in the words of absences.
func (w *world) outcome(o *wire.Operation, r wire.Request) string {
	w.Helper()
	answer := o.NewResponse()
	err := w.c.Do(w.Context(), r, answer)
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Code
	}
	if err != nil {
		w.Fatal(err)
	}
	if task, ok := answer.(*wire.TaskResponse); ok {
		return w.became(task.TaskNo)
	}
	if f := o.Entries(); f != nil {
		if n := memberOf(reflect.ValueOf(answer).Elem(), f.Name).Len(); n > 0 {
			return fmt.Sprintf("%d entries", n)
		}
		return nothing
	}
	return answers
}

// became returns what became of the first name of a task, "" while it runs.
func (w *world) became(taskNo string) string {
	details := ask[wire.QueryTaskDetailListResponse](w, &wire.QueryTaskDetailListRequest{TaskNo: taskNo, PageNum: 1, PageSize: 10}).Data
	switch details[0].TaskStatus {
	case wire.DetailSuccess:
		return succeeds
	case wire.DetailFailure:
		return fails
	}
	return "running"
}

// TestEveryOperationNamesSomething: each operation is called about something
// that does not exist, apart from those that are about nothing.
func TestEveryOperationNamesSomething(t *testing.T) {
	t.Parallel()
	for _, o := range wire.Operations() {
		if named := len(absencesOf(o)) > 0; named == aboutNothing[o.Name] {
			t.Errorf("%s names something that could be absent: %v", o.Name, named)
		}
	}
}
