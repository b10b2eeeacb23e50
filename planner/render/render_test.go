package render_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/render"
)

var update = flag.Bool("update", false, "rewrite what the tests expect")

// nameserverChange is a change as planner.Diff makes it.
func nameserverChange(name string, before, after attr.NameserverSet, source attr.Source) attr.Change {
	id := attr.ChangeID(name, "nameservers")
	return attr.Change{
		ID: id, Domain: name, Attribute: "nameservers", Action: attr.Update,
		Before: before, After: after, Hazard: attr.Delegation, Status: attr.Ready, Source: source,
		Steps: []attr.Step{{ID: attr.StepID(id, "set"), Request: &wire.SaveBatchTaskForModifyingDomainDnsRequest{
			DomainName: []string{name}, DomainNameServer: after,
		}}},
	}
}

// sample is a plan with something of everything.
func sample() *planner.Plan {
	before := attr.NewNameserverSet([]string{"ns1.old.example", "ns2.old.example"})
	after := attr.NewNameserverSet([]string{"ns1.new.example", "ns2.new.example"})
	at := attr.Source{File: "main.hcl", Line: 3}
	p := &planner.Plan{
		FormatVersion: planner.FormatVersion, Version: "test", Account: "1406926474064770",
		Endpoint: "https://domain-intl.aliyuncs.com", ReadAt: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), ConfigHash: "abc",
		Summary: planner.Summary{
			Names: 15070, Changed: 13, Seconds: 71,
			Changes: map[attr.Status]int{attr.Ready: 13, attr.Blocked: 2}, Attributes: map[string]int{"nameservers": 12, "update_lock": 1},
			Missing: 1, Unmanaged: 2,
		},
		Conditions: []planner.Condition{{
			ID: "overdue", Domain: "example.com", Attribute: "nameservers", Severity: planner.Ticket, Summary: "Overdue", Reason: "It has waited.",
			Since: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), Deadline: time.Date(2026, 5, 8, 12, 0, 0, 0, time.UTC), Makes: "failed",
		}},
		Diagnostics: []planner.Diagnostic{{
			Severity: "warning", Summary: "Only one nameserver", Domain: "a1.example",
			Detail: "When it cannot be reached, the name does not resolve.", Source: &at,
		}},
		Missing: []string{"gone.example"}, Unmanaged: []string{"other.example", "xn--bcher-kva.example"},
		OwedRelocks: []string{"open.example"},
		Guards: []planner.Guard{
			{Name: "max_change_percent", Limit: 30, Value: 1},
			{Name: "max_delegations", Limit: 10, Value: 12, Refuses: true, StopsAll: true},
		},
		Calls: []planner.Calls{
			{Operation: "SaveBatchTaskForModifyingDomainDns", Calls: 12, Seconds: 1.2},
			{Operation: "PollTaskResult", Calls: 5, Seconds: 70},
		},
		Failures: []snapshot.Failure{{
			Domain: "lost.example", Facts: snapshot.Locks, Operation: "QueryDomainByDomainName", Message: "Throttling.User: slow down", RequestID: "A-1",
		}},
		Declared: []string{"a1.example"},
	}
	for i := range 10 {
		p.Changes = append(p.Changes, nameserverChange(fmt.Sprintf("a%d.example", i), before, after, at))
	}
	for i := range 2 {
		c := nameserverChange(fmt.Sprintf("b%d.example", i), before, attr.NewNameserverSet([]string{fmt.Sprintf("ns1.b%d.example", i)}), at)
		p.Changes = append(p.Changes, c)
	}
	for i := range 2 {
		c := nameserverChange(fmt.Sprintf("c%d.example", i), before, after, at)
		c.Block(attr.Blocked, "DS records stand that the files do not declare: with other nameservers the name may stop resolving; set keep_ds = true if the new ones serve the same keys")
		p.Changes = append(p.Changes, c)
	}
	c := nameserverChange("d.example", before, after, at)
	c.Attribute, c.ID, c.Before, c.After, c.Hazard = "update_lock", "d.example/update_lock", attr.Bool(true), attr.Bool(false), attr.LockHazard
	c.Steps = nil
	p.Changes = append(p.Changes, c)
	p.Changes = append(p.Changes, attr.TemporaryUnlock("a1.example", []string{"a1.example/nameservers#set"}))
	return p
}

func TestJSONIsTheSavedForm(t *testing.T) {
	for name, p := range map[string]*planner.Plan{"full": sample(), "empty": planner.Diff(planner.Input{
		Portfolio: &config.Portfolio{}, Live: &planner.Live{},
	})} {
		var got strings.Builder
		if err := render.JSON(&got, p); err != nil {
			t.Fatal(err)
		}
		want, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s: JSON writes another form than Encode:\n%s", name, diff)
		}
	}
}

func TestSamplePlan(t *testing.T) {
	for name, print := range map[string]func(io.Writer, *planner.Plan) error{
		"sample.txt": func(w io.Writer, p *planner.Plan) error { return render.Text(w, p, render.TextOptions{}) },
		"sample.md":  markdown,
	} {
		var got strings.Builder
		if err := print(&got, sample()); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%s (rewrite with -update):\n%s", name, diff)
		}
	}
}

// TestColoursChangeNothingElse prints with and without colours.
func TestColoursChangeNothingElse(t *testing.T) {
	var plain, coloured strings.Builder
	if err := render.Text(&plain, sample(), render.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := render.Text(&coloured, sample(), render.TextOptions{Color: true}); err != nil {
		t.Fatal(err)
	}
	codes := regexp.MustCompile("\x1b\\[[0-9]+m")
	if diff := cmp.Diff(plain.String(), codes.ReplaceAllString(coloured.String(), "")); diff != "" {
		t.Error(diff)
	}
	for _, want := range []string{"\x1b[33m~ \x1b[0m", "\x1b[31mRefused by guard \x1b[0m", "\x1b[1mRefused: "} {
		if !strings.Contains(coloured.String(), want) {
			t.Errorf("%q is not there", want)
		}
	}
}

// TestWarningsOfOneKindAreCounted: a plan of 200 registrants has 200 warnings that differ
// in whom the service sends mail, and shows some of them.
func TestWarningsOfOneKindAreCounted(t *testing.T) {
	p := &planner.Plan{}
	for i := range 200 {
		name := fmt.Sprintf("d%03d.example", i)
		p.Diagnostics = append(p.Diagnostics, planner.Diagnostic{
			Severity: planner.SeverityWarning, Domain: name, Summary: "The registrant changes", Detail: "The service sends mail to somebody@" + name + ".",
		})
	}
	p.Diagnostics = append(p.Diagnostics, planner.Diagnostic{Severity: planner.SeverityWarning, Domain: "d000.example", Summary: "Another kind", Detail: "It is shown."})
	var short, long strings.Builder
	for o, b := range map[render.TextOptions]*strings.Builder{{}: &short, {Details: true}: &long} {
		if err := render.Text(b, p, o); err != nil {
			t.Fatal(err)
		}
	}
	const hint = "--details lists what is only counted here."
	for _, want := range []string{"… and 190 other such warnings of 190 names", "Another kind", "d009.example", hint} {
		if !strings.Contains(short.String(), want) {
			t.Errorf("%q is missing in\n%s", want, short.String())
		}
	}
	if got := strings.Count(short.String(), "The registrant changes"); got != 10 {
		t.Errorf("%d warnings are shown", got)
	}
	if got := strings.Count(long.String(), "The registrant changes"); got != 200 || strings.Contains(long.String(), hint) {
		t.Errorf("with --details %d warnings are shown", got)
	}
}

// TestDetailsNameEverything prints a plan that has more of everything than is
// shown at first.
func TestDetailsNameEverything(t *testing.T) {
	p := hugePlan(500, 100)
	for i := range 100 {
		p.Missing = append(p.Missing, fmt.Sprintf("m%d.example", i))
	}
	var short, long strings.Builder
	if err := render.Text(&short, p, render.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := render.Text(&long, p, render.TextOptions{Details: true}); err != nil {
		t.Fatal(err)
	}
	for i := range p.Changes {
		if !strings.Contains(long.String(), p.Changes[i].Domain) {
			t.Errorf("%s is not named", p.Changes[i].Domain)
		}
	}
	const hint = "--details lists what is only counted here."
	if regexp.MustCompile(`and [0-9,]+ more`).MatchString(long.String()) || strings.Contains(long.String(), hint) {
		t.Error("something is only counted")
	}
	if !strings.Contains(short.String(), "… and 60 other such changes of 300 names") || !strings.Contains(short.String(), hint) {
		t.Errorf("the short form does not say what it leaves out:\n%s", short.String())
	}
}

// TestErrorsOfTheWriterComeBack prints into a full disk.
func TestErrorsOfTheWriterComeBack(t *testing.T) {
	for name, print := range map[string]func(io.Writer, *planner.Plan) error{
		"text":     func(w io.Writer, p *planner.Plan) error { return render.Text(w, p, render.TextOptions{}) },
		"markdown": markdown,
		"json":     render.JSON,
	} {
		if err := print(full{}, hugePlan(1000, 1000)); !errors.Is(err, errFull) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

var errFull = errors.New("no space left on device")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func markdown(w io.Writer, p *planner.Plan) error {
	return render.Markdown(w, p, render.MarkdownOptions{})
}
