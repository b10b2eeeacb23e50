package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestOperationsOfTheReference compares the table with the reference's table
// of contents. Newer operations count beside it.
func TestOperationsOfTheReference(t *testing.T) {
	list, err := os.ReadFile("testdata/operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]string{}
	for line := range strings.Lines(string(list)) {
		if section, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && section != "#" {
			sections[name] = section
		}
	}
	if len(sections) != 71 {
		t.Fatalf("the list has %d operations, not 71", len(sections))
	}
	newer := map[string]bool{
		"SaveBatchTaskForDomainNameProxyService":                   true,
		"SaveBatchTaskForUpdatingContactInfoByRegistrantProfileId": true,
		"ScrollDomainList":        true,
		"QueryAdvancedDomainList": true,
		"SetupDomainAutoRenew":    true,
		"ListServerLock":          true,

		"SaveBatchTaskForCreatingOrderTransfer": true,
		"QueryDomainRealTimePrice":              true,
	}
	for name, section := range sections {
		if o := Lookup(name); o == nil {
			t.Errorf("%s is not in the table", name)
		} else if o.Section != section || o.Newer() {
			t.Errorf("%s stands under section %q, not %q", name, o.Section, section)
		}
	}
	for _, o := range Operations() {
		if o.Newer() != newer[o.Name] || !o.Newer() && sections[o.Name] == "" {
			t.Errorf("%s is in the table and not in the reference", o.Name)
		}
	}
	if n := len(Operations()); n != len(sections)+len(newer) {
		t.Errorf("the table has %d operations", n)
	}
}

// description is what a description of an operation says, as a data file.
type description struct {
	Name    string          `json:"name"`
	Section string          `json:"section"`
	Access  string          `json:"access"`
	Async   bool            `json:"async"`
	Batch   bool            `json:"batch"`
	Spends  bool            `json:"spends_money"`
	Params  []paramOf       `json:"params"`
	Answer  []memberOf      `json:"response"`
	Text    string          `json:"json_sample_text"`
	Sample  json.RawMessage `json:"json_sample"`
	Shape   json.RawMessage `json:"json_canonical"`
	XML     string          `json:"xml_sample"`
	Newer   struct {
		Sample json.RawMessage `json:"json_sample"`
		XML    string          `json:"xml_sample"`
	} `json:"newer_page"`
}

type paramOf struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Unit     string   `json:"unit"`
	Required bool     `json:"required"`
	Default  any      `json:"default"`
	Enum     []string `json:"enum"`
	Min      *int64   `json:"min"`
	Max      *int64   `json:"max"`
	MaxItems int      `json:"max_items"`
	Repeat   string   `json:"repeat"`
	Member   string   `json:"member"`
}

type memberOf struct {
	Name    string            `json:"name"`
	Type    string            `json:"type"`
	Unit    string            `json:"unit"`
	List    bool              `json:"list"`
	Item    string            `json:"item_name"`
	JSON    string            `json:"json_shape_sdk"`
	XML     string            `json:"xml_shape_sample"`
	Formats []string          `json:"formats"`
	Enum    map[string]string `json:"enum"`
	Fields  []memberOf        `json:"fields"`
}

// descriptions reads the API reference as data, where it is at hand: a file
// that DOMAINSYNC_SAMPLES names, or one beside the checkout.
//
//	{"operations": [{"name": "QueryDomainList", "params": […], "response": […],
//	                 "json_sample": {…}, "json_canonical": {…}, …}, …]}
func descriptions(t *testing.T) []description {
	t.Helper()
	all, err := readDescriptions()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.Skipf("the reference as data is not at hand: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	return all
}

func readDescriptions() ([]description, error) {
	file := os.Getenv("DOMAINSYNC_SAMPLES")
	if file == "" {
		file = filepath.Join("..", "..", "..", "shared", "reference", "operations.json")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var all struct {
		Operations []description `json:"operations"`
	}
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(all.Operations) == 0 {
		return nil, fmt.Errorf("%s holds no operations", file)
	}
	return all.Operations, nil
}

// A difference is one between the types and the reference that is meant. At
// is a pattern (path.Match) of "Operation/request/Member: what", and of
// answers likewise.
type difference struct{ at, why string }

var differences = []difference{
	{"*/request/Page*: min", "pages and their entries are counted from 1, or from 0 where 0 is the default"},
	{"*/request/*ProfileId*: min", "the service numbers profiles from 1; 0 in Go is a number that was not given"},
	{"*/request/AuditRecordId: min", "audits are numbered from 1"},
	{"*/request/Id: min", "audits are numbered from 1"},
	{"SaveBatchTask*/request/DomainName: items", "a call takes 1,000 names by the service's published metadata"},
	{"SaveBatchTask*/request/Order*Param: items", "a call takes 1,000 entries by the service's published metadata"},
	{"AcknowledgeTaskResult/request/TaskDetailNo: items", "a call takes 13 numbers by the service's published metadata"},
	{"AcknowledgeTaskResult/request: batch", "its numbers are a batch: they are pooled over tasks"},
	{"*EmailVerification/request: batch", "its addresses are a batch: a call takes several"},
	{"SaveBatchTaskForModifyingDomainDns/request/DomainNameServer: items", "a name has at most 13 nameservers"},
	{"SaveSingleTaskForModifyingDnsHost/request/Ip: items", "a host has at most 13 addresses, whether it is made or changed"},
	{"SaveBatchTaskForCreatingOrder*/request/Order*Param.DomainName: required", "every entry needs a name"},
	{"SaveBatchTaskForCreatingOrderActivate/request/OrderActivateParam.SubscriptionDuration: m??", "the bounds that the other orders state"},
	{"SaveSingleTaskForCreatingOrderActivate/request/SubscriptionDuration: min", "the bound that the other orders state"},
	{"Save*TaskForCreatingOrder*/request/Use*: default", "one type says how every order is paid; one order states the default"},
	{"QueryEmailVerification/request/Email: required", "there is nothing else to ask by; newer clients require it"},
	{"SaveRegistrantProfile/request/RegistrantProfileType: enum", "the values that queries list"},
	{"QueryRegistrantProfiles/request/RegistrantProfileType: enum", "the table prints cnic, all else cnnic: both are taken"},
	{"QueryRegistrantProfiles/answer/RegistrantProfiles.RegistrantProfileType: enum", "the type of the request, which knows cnic too"},
	{"SubmitOperationCredentials/request/RegType: type", "a digit all the same: one type for registrants everywhere"},
	{"SaveSingleTask*DSRecord/request/KeyTag: min", "a key tag is a number of 16 bits (RFC 4034)"},
	{"QueryDomainByDomainName/answer/*Status: enum", "one type for both spellings of a passed verification"},
	{"QueryTaskDetail*/answer/*TaskType: enum", "one type for all task operations: the history lists two more"},
	{"QueryTaskList/answer/Data.TaskType: enum", "one type for all task operations: the history lists two more"},
	{"PollTaskResult/answer/Data.TaskType: enum", "the type of the other task operations; this one lists no values"},
	{"ListEmailVerification/answer/Data.VerificationTime: *", "written like the times beside it, and like itself where one address is asked for"},
	{"CheckDomain/answer/Premium: enum", "a truth value, whatever its type"},
	{"QueryArtExtension/answer/Title: type", "a number in the table, text in every sample"},
	{"QueryArtExtension/answer/DateOrPeriod: layout", "a date or a period, in free words"},
	{"GetOperationOssUploadPolicy/answer/ExpireTime: type", "milliseconds in a text are a time"},
	{"QueryOperationAuditInfoDetail/answer/Id: type", "the number of the other audit operations, written as text"},
	{"QueryTaskDetailHistory/answer/Objects: shape", "the reference names no item; XML needs one"},
	{"QueryTaskDetailHistory/answer/*.TaskResult: extra", "the details of tasks are one type; this operation lists no result"},
}

// TestTypesKeepTheReference compares every member of every operation with the
// reference, both ways.
func TestTypesKeepTheReference(t *testing.T) {
	used := map[string]bool{}
	differ := func(at, format string, args ...any) {
		for _, d := range differences {
			if ok, err := path.Match(strings.ReplaceAll(d.at, "/", "|"), strings.ReplaceAll(at, "/", "|")); ok && err == nil {
				used[d.at] = true
				return
			}
		}
		t.Errorf("%s: %s", at, fmt.Sprintf(format, args...))
	}
	all := descriptions(t)
	for i := range all {
		d := &all[i]
		o := Lookup(d.Name)
		if o == nil {
			t.Errorf("%s is not in the table", d.Name)
			continue
		}
		compareOperation(o, d, differ)
		compareRequest(o, d, differ)
		compareAnswer(d.Name+"/answer/", o.Response, d.Answer, differ)
	}
	for _, d := range differences {
		if !used[d.at] {
			t.Errorf("the difference at %s is none any more", d.at)
		}
	}
}

type differ func(at, format string, args ...any)

func compareOperation(o *Operation, d *description, differ differ) {
	for _, x := range []struct {
		what       string
		have, want any
	}{
		{"section", o.Section, d.Section},
		{"access", o.Access.String(), d.Access},
		{"async", o.Async(), d.Async},
		{"batch", o.Request.batch != nil, d.Batch},
		{"spends", o.Spends, d.Spends},
	} {
		if x.have != x.want {
			differ(o.Name+"/request: "+x.what, "is %v, the reference has %v", x.have, x.want)
		}
	}
}

func compareRequest(o *Operation, d *description, differ differ) {
	seen := map[string]bool{}
	for i := range d.Params {
		p := &d.Params[i]
		name := strings.TrimSuffix(p.Name, ".N")
		in := o.Request
		if p.Repeat != "" {
			name = p.Repeat + "." + p.Member
			seen[p.Repeat] = true
			list := in.Field(p.Repeat)
			if list == nil || !list.List || list.Members == nil {
				differ(o.Name+"/request/"+p.Repeat+": missing", "there is no list of structures")
				continue
			}
			in = list.Members
		}
		at := o.Name + "/request/" + name
		seen[name] = true
		f := in.Field(name[strings.LastIndex(name, ".")+1:])
		if f == nil {
			differ(at+": missing", "there is no such member")
			continue
		}
		compareParam(at, f, p, differ)
	}
	extra(o.Name+"/request/", "", o.Request, seen, differ)
}

// extra reports members that the reference lacks, apart from newer ones.
func extra(at, prefix string, s *Schema, seen map[string]bool, differ differ) {
	for i := range s.Fields {
		f := &s.Fields[i]
		name := prefix + f.Name
		if f.Newer {
			if seen[name] {
				differ(at+name+": newer", "it is in the reference")
			}
			continue
		}
		if !seen[name] {
			differ(at+name+": extra", "the reference has no such member")
		}
		if f.Members != nil {
			differ(at+name+": items", "is %d, the reference has none", f.Items)
			extra(at, name+".", f.Members, seen, differ)
		}
	}
}

func compareParam(at string, f *Field, p *paramOf, differ differ) {
	want := map[string]string{"Long": "Integer", "RepeatList": "String"}[p.Type]
	if want == "" {
		want = p.Type
	}
	if p.Unit == "ms epoch" {
		want = "Time"
	}
	if have := f.Kind.String(); have != want && !f.Comma || f.Kind == Time && !f.Milli {
		differ(at+": type", "is %s, the reference has %s", have, want)
	}
	if list := p.Type == "RepeatList"; f.List != (list || f.Comma) || list && f.Comma {
		differ(at+": list", "list %v, separated by commas %v; the reference has %s", f.List, f.Comma, p.Type)
	}
	if f.Required != p.Required {
		differ(at+": required", "required %v, the reference has %v", f.Required, p.Required)
	}
	if p.Default != nil && f.Default != fmt.Sprint(p.Default) || p.Default == nil && f.Default != "" {
		differ(at+": default", "is %q, the reference has %v", f.Default, p.Default)
	}
	if f.Items != p.MaxItems {
		differ(at+": items", "is %d, the reference has %d", f.Items, p.MaxItems)
	}
	if p.Enum == nil {
		compareBound(at+": min", f.Min, p.Min, differ)
		compareBound(at+": max", f.Max, p.Max, differ)
	}
	if !sameSet(f.Known, p.Enum) {
		differ(at+": enum", "is %q, the reference has %q", f.Known, p.Enum)
	}
}

func compareBound(at string, have, want *int64, differ differ) {
	if (have == nil) != (want == nil) || have != nil && *have != *want {
		differ(at, "is %s, the reference has %s", boundText(have), boundText(want))
	}
}

func boundText(n *int64) string {
	if n == nil {
		return "none"
	}
	return strconv.FormatInt(*n, 10)
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func compareAnswer(at string, s *Schema, members []memberOf, differ differ) {
	seen := map[string]bool{}
	for i := range members {
		m := &members[i]
		seen[m.Name] = true
		f := s.Field(m.Name)
		if f == nil || f.Name != m.Name {
			differ(at+m.Name+": missing", "there is no such member")
			continue
		}
		compareMember(at+m.Name, f, m, differ)
		if f.Members != nil {
			compareAnswer(at+m.Name+".", f.Members, m.Fields, differ)
		}
	}
	for i := range s.Fields {
		if f := &s.Fields[i]; !seen[f.Name] && !f.Newer {
			differ(at+f.Name+": extra", "the reference has no such member")
		}
	}
}

// patterns are the reference's words for layouts.
var patterns = map[string]string{
	layouts["second"]: "yyyy-MM-dd HH:mm:ss",
	layouts["comma"]:  "yyyy-MM-dd, HH:mm:ss",
	layouts["list"]:   "MMM dd,yyyy HH:mm:ss",
	layouts["task"]:   "MMM dd, yyyy HH:mm:ss",
}

func compareMember(at string, f *Field, m *memberOf, differ differ) {
	want := m.Type
	switch {
	case m.Unit == "ms epoch":
		want = "Time"
	case want == "Long":
		want = "Integer"
	case len(m.Formats) > 0:
		want = "Time"
		if !slices.Contains(m.Formats, patterns[f.Layout]) {
			differ(at+": layout", "is %q, the reference has %q", f.Layout, m.Formats)
			want = m.Type
		}
	}
	have := f.Kind.String()
	if f.Quoted && f.Kind == Boolean {
		have = "String"
	}
	if have != want || f.Milli != (m.Unit == "ms epoch") && f.Kind == Time {
		differ(at+": type", "is %s, the reference has %s %s", have, want, m.Unit)
	}
	if f.List != m.List && !f.Comma {
		differ(at+": list", "is %v, the reference has %v", f.List, m.List)
	}
	if m.List {
		compareShape(at, f, m, differ)
	}
	if want := slices.Collect(maps.Keys(m.Enum)); !sameSet(f.Known, want) {
		differ(at+": enum", "is %q, the reference has %q", f.Known, want)
	}
}

// compareShape compares a list: wrapped in JSON as official clients read it,
// in XML as the samples write it.
func compareShape(at string, f *Field, m *memberOf, differ differ) {
	item := m.Item
	if m.XML == "repeated" {
		item = ""
	}
	bare := m.JSON != "wrapped_array" && item != ""
	if f.Item != item || f.Bare != bare {
		differ(at+": shape", "is item %q, bare %v; the reference has item %q, JSON %s, XML %s", f.Item, f.Bare, m.Item, m.JSON, m.XML)
	}
}
