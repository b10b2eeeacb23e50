package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// homes are where attributes and operations may be named freely: what the
// program knows of an attribute stands in its file of config/attr, what it knows
// of an operation in apiclient. Everybody else ranges over their tables.
var homes = []string{"config/attr", "apiclient"}

// anyOperation allows the names of all operations.
const anyOperation = "any operation"

// namesOutside are the names that stand elsewhere, by file, or for all files of a
// directory. Rules across attributes name those that they are about, in one file.
var namesOutside = []struct {
	place string
	names string // all that are allowed there
	why   string
}{
	{"cmd/domainsync/audits.go", "QueryOperationAuditInfoList QueryOperationAuditInfoDetail SubmitOperationAuditInfo SubmitOperationCredentials CancelOperationAudit", "the command makes these calls"},
	{"cmd/domainsync/changelog.go", "QueryChangeLogList", "the command makes this call"},
	{"cmd/domainsync/check.go", "CheckDomain", "the command makes this call"},
	{"cmd/domainsync/emails.go", "ListEmailVerification SubmitEmailVerification VerifyEmail ResendEmailVerification DeleteEmailVerification", "the command makes these calls"},
	{"cmd/domainsync/emails.go", `"emails"`, "the command is called so, too"},
	{"cmd/domainsync/profiles.go", "QueryRegistrantProfiles", "the command makes this call"},
	{"cmd/domainsync/sync.go", "QueryDomainByDomainName SaveSingleTaskForSynchronizingDnsHost SaveSingleTaskForSynchronizingDSRecord", "the command makes these calls"},
	{"cmd/domainsync/sync.go", `"hosts"`, "the command is called so, too"},
	{"cmd/domainsync/tasks.go", "QueryTaskList QueryTaskInfoHistory QueryTaskDetailList QueryTaskDetailHistory CancelTask PollTaskResult AcknowledgeTaskResult", "the command makes these calls"},
	{"cmd/domainsync/transfers.go", "QueryTransferInList QueryTransferInByInstanceId TransferInRefetchWhoisEmail TransferInResendMailToken TransferInReenterTransferAuthorizationCode SaveSingleTaskForCancelingTransferIn SaveSingleTaskForCancelingTransferOut QueryTransferOutInfo SaveSingleTaskForQueryingTransferAuthorizationCode", "the command makes these calls"},
	{"cmd/domainsync/transfers_order.go", "CheckTransferInFeasibility", "the command makes this call, which takes a secret"},

	{"config/contacts.go", "attr.ContactFields attr.DecodeContact", "contact blocks are values that several attributes take"},
	{"config/tests/members.go", "attr.RegistrantType attr.RegistrantTypes", "accounts that tests write by hand have the words of files for types of contacts"},
	{"config/language.go", "attr.RegistrantProfile", "the blocks of the language are described in one place, whatever they declare"},

	{"executor/fleet/persons.go", `"admin"`, "a role is called so, too"},
	{"executor/testrunner/history.go", "attr.Expiry", "the history of a test tells when a name that was bought expired before"},
	{"executor", "PollTaskResult AcknowledgeTaskResult QueryTaskList QueryTaskInfoHistory QueryTaskDetailList QueryTaskDetailHistory", "tasks are followed, whatever they change"},

	{"planner/reader", anyOperation, "every read of the service is a row there, and what makes it"},
	{"planner/reads.go", anyOperation, "a plan knows which reads tell what it needs, and forecasts them"},
	{"planner/permissions.go", "QueryTaskList QueryTaskInfoHistory QueryTaskDetailList QueryTaskDetailHistory PollTaskResult AcknowledgeTaskResult QueryChangeLogList", "runs call what no attribute has: the operations of tasks and of the log"},
	{"planner/predict.go", "QueryTaskList QueryTaskInfoHistory PollTaskResult AcknowledgeTaskResult", "the calls are forecast by which tasks are followed"},

	{"planner/lock.go", "attr.UpdateLock attr.TemporaryUnlock", "the update lock blocks the changes of other attributes"},
	{"planner/signed_names.go", "attr.DSRecords attr.DSSet attr.DSMarks attr.RemovesKey", "a signed name moves in stages: nameservers and DS records together"},
	{"planner/carry.go", "attr.OrderOf", "the order that registers a name carries what else is declared of it"},
	{"planner/predict_follows.go", "attr.OrderedName", "what follows a registration is forecast from what its order carries"},
	{"planner/report/tables.go", `"nameservers" "lapse"`, "columns of tables are called so, too"},
	{"planner/recheck.go", "attr.LimitOrder", "an order carries no more than the one that was approved"},
}

// mention is a place that names an attribute, something that belongs to one, or
// an operation.
type mention struct {
	what      string
	line      int
	operation bool
}

// allowed reports whether an exception is about the mention.
func (m mention) allowed(names string) bool {
	return names == anyOperation && m.operation || names != anyOperation && slices.Contains(strings.Fields(names), m.what)
}

// vocabulary is what mentions are of.
type vocabulary struct {
	attributes map[string]bool // their names
	own        map[string]bool // what the files of attributes and of values export
	operations map[string]bool
}

// newVocabulary reads the names of the two tables, and what those sources of
// config/attr export that are of one attribute, or of the values of some.
func newVocabulary(sources []*ast.File) vocabulary {
	v := vocabulary{make(map[string]bool), make(map[string]bool), make(map[string]bool)}
	for _, a := range attr.All() {
		v.attributes[a.Name] = true
	}
	for _, o := range wire.Operations() {
		v.operations[o.Name] = true
	}
	for _, f := range sources {
		if !makesAttribute(f) && !slices.ContainsFunc(f.Decls, isEqual) {
			continue
		}
		for _, d := range f.Decls {
			for _, name := range declaredNames(d) {
				if ast.IsExported(name) {
					v.own[name] = true
				}
			}
		}
	}
	return v
}

// makesAttribute reports whether a file is that of an attribute.
func makesAttribute(f *ast.File) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		if literal, ok := n.(*ast.CompositeLit); ok {
			kind, _ := literal.Type.(*ast.Ident)
			found = found || kind != nil && kind.Name == "Attribute"
		}
		return true
	})
	return found
}

// declaredNames returns the names that a declaration gives to its package.
func declaredNames(d ast.Decl) (names []string) {
	if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
		return []string{f.Name.Name}
	}
	if d, ok := d.(*ast.GenDecl); ok {
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, spec.Name.Name)
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					names = append(names, name.Name)
				}
			}
		}
	}
	return names
}

// isEqual reports whether a declaration is the method Equal, which types of values
// have.
func isEqual(d ast.Decl) bool {
	f, ok := d.(*ast.FuncDecl)
	return ok && f.Recv != nil && f.Name.Name == "Equal"
}

// mentions returns where a file names what is in the vocabulary: by a text that
// is nothing but the name, by what config/attr exports of attributes and values, by a
// request or an answer of an operation, or by the method that makes the call.
func (v vocabulary) mentions(files *token.FileSet, f *ast.File) (all []mention) {
	packages := make(map[string]string) // paths by the name in this file
	for _, i := range f.Imports {
		imported := strings.Trim(i.Path.Value, `"`)
		name := path.Base(imported)
		if i.Name != nil {
			name = i.Name.Name
		}
		packages[name] = imported
	}
	ast.Inspect(f, func(n ast.Node) bool {
		what := ""
		switch n := n.(type) {
		case *ast.BasicLit:
			what = v.text(n.Value)
		case *ast.SelectorExpr:
			from := ""
			if x, ok := n.X.(*ast.Ident); ok {
				from = packages[x.Name]
			}
			what = v.selected(from, n.Sel.Name)
		}
		if what != "" {
			all = append(all, mention{what, files.Position(n.Pos()).Line, v.operations[what]})
		}
		return true
	})
	return all
}

// text returns what a literal names.
func (v vocabulary) text(literal string) string {
	text, err := strconv.Unquote(literal)
	switch {
	case err != nil:
	case v.attributes[text]:
		return literal
	case v.operations[text]:
		return text
	}
	return ""
}

// selected returns what a name of a package, or a field or method, names.
func (v vocabulary) selected(from, name string) string {
	request := strings.TrimSuffix(strings.TrimSuffix(name, "Request"), "Response")
	switch {
	case from == module+"/config/attr" && v.own[name]:
		return "attr." + name
	case v.operations[name] || from == module+"/apiclient/wire" && v.operations[request]:
		return request
	}
	return ""
}

// within reports whether a file is, or is below, a place.
func within(file, place string) bool { return file == place || strings.HasPrefix(file, place+"/") }

func TestArchitectureNames(t *testing.T) {
	t.Parallel()
	var sources []*ast.File
	eachSource(t, func(name string, _ *token.FileSet, f *ast.File) {
		if path.Dir(name) == "config/attr" {
			sources = append(sources, f)
		}
	})
	v := newVocabulary(sources)
	if len(v.own) < 20 {
		t.Fatalf("config/attr exports %d names of attributes: nothing was checked", len(v.own))
	}
	needed := make(map[string]bool) // of the table, with the place
	eachSource(t, func(name string, files *token.FileSet, f *ast.File) {
		if slices.ContainsFunc(homes, func(home string) bool { return within(name, home) }) {
			return
		}
		for _, m := range v.mentions(files, f) {
			allowed := false
			for _, e := range namesOutside {
				if (name == e.place || path.Dir(name) == e.place) && m.allowed(e.names) {
					allowed, needed[e.place+" "+m.what], needed[e.place+" "+e.names] = true, true, true
				}
			}
			if !allowed {
				t.Errorf("%s:%d names %s: meaning belongs into the attribute's file, as a member of it or an interface of its values, and others range over the table", name, m.line, m.what)
			}
		}
	})
	for _, e := range namesOutside {
		names := strings.Fields(e.names)
		if e.names == anyOperation {
			names = []string{anyOperation}
		}
		for _, name := range names {
			if !needed[e.place+" "+name] {
				t.Errorf("%s does not name %s any more: take it out of the table", e.place, name)
			}
		}
	}
}

// TestArchitectureNamesCatches shows that the test can find something.
func TestArchitectureNamesCatches(t *testing.T) {
	t.Parallel()
	parse := func(code string) (*token.FileSet, *ast.File) {
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, "a.go", "package a\n"+code, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		return files, f
	}
	_, own := parse("const Color = \"color\"\nvar shade = &Attribute{}\ntype paint string\nfunc (p paint) Equal(Value) bool { return true }\nfunc Mix() {}")
	_, value := parse("type Tone string\nfunc (t Tone) Equal(Value) bool { return true }")
	_, shared := parse("type Change struct{}\nfunc Lookup() {}")
	v := newVocabulary([]*ast.File{own, value, shared})
	const attributes, requests = `import "` + module + `/config/attr"` + "\n", `import "` + module + `/apiclient/wire"` + "\n"
	for code, want := range map[string]string{
		attributes + "func f(v attr.Value) { _, _ = v.(attr.Tone) }":                     "attr.Tone",
		attributes + "func f(v attr.Value) { switch v.(type) { case nil, attr.Tone: } }": "attr.Tone",
		attributes + "func f(c *attr.Change) bool { return c.Attribute == attr.Color }":  "attr.Color",
		attributes + "func f() { attr.Mix() }":                                           "attr.Mix",
		`import other "` + module + `/config/attr"` + "\nvar _ other.Tone":               "attr.Tone",
		attributes + `func f(c *attr.Change) bool { return c.Attribute == "privacy" }`:   `"privacy"`,
		"const x = `tech`": "`tech`",
		`var limits = map[string]int{"CheckDomain": 10}`:                                             "CheckDomain",
		requests + "func f(r wire.Request) bool { _, ok := r.(*wire.CancelTaskRequest); return ok }": "CancelTask",
		requests + "var answer wire.CancelTaskResponse":                                              "CancelTask",
		"func f(s service) { s.CancelTask(nil) }":                                                    "CancelTask",
		attributes + "func f(c *attr.Change, v attr.Value) { attr.Lookup(c.Attribute) }":             "",
		requests + `func f(r wire.Request) { println(wire.OperationOf(r).Name, "the tech") }`:        "",
		"type t struct { Tone string `json:\"privacy\"` }\nvar x = t{}.Tone":                         "",
	} {
		got := v.mentions(parse(code))
		if want == "" && len(got) > 0 || want != "" && (len(got) != 1 || got[0].what != want) {
			t.Errorf("%s\n names %v, want %q", code, got, want)
		}
	}
}
