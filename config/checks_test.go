package config_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/internal/jsonvalue"
)

const checkedNames = `
template "locked" {
  transfer_lock = true
  labels        = { owner = "web" }
}

locals {
  suffixes = ["com", "net"]
}

domain "example.com" {
  template = template.locked
}

domain "example.net" {
  nameservers = ["ns1.example.com", "ns2.example.com"]
}
`

// assertion is a check block with one assertion.
func assertion(severity, test, message string) string {
	return fmt.Sprintf("\ncheck \"c\" {\n  severity = %q\n  assert {\n    %s\n    error_message = %s\n  }\n}\n", severity, test, message)
}

// TestChecksOfFiles judges checks of the desired state when it is loaded.
func TestChecksOfFiles(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct {
		check string
		want  string // of the diagnostics; "": none
	}{
		"holds":            {assertion("error", `condition = length(portfolio.domains) == 2`, `"no"`), ""},
		"no names":         {assertion("error", `names = [for name, d in portfolio.domains : name if d.update_lock != null]`, `"no"`), ""},
		"error":            {assertion("error", `condition = length(portfolio.domains) == 3`, `"there are ${length(portfolio.domains)}"`), "Error: Check \"c\" does not hold|there are 2"},
		"warning":          {assertion("warning", `condition = false`, `"no"`), `Warning: Check "c" does not hold`},
		"names":            {assertion("error", `names = [for name, d in portfolio.domains : name if lookup(d.labels, "owner", "") == ""]`, `"has no owner"`), "example.net (main.hcl:15): has no owner"},
		"local":            {assertion("error", `condition = contains(local.suffixes, "org")`, `"no"`), "does not hold"},
		"null":             {assertion("error", `condition = null`, `"no"`), "condition must be true or false, not null"},
		"number":           {assertion("error", `condition = 1`, `"no"`), "condition must be true or false, not"},
		"no list":          {assertion("error", `names = "example.com"`, `"no"`), "names must be a list of names, not"},
		"list of numbers":  {assertion("error", `names = [1]`, `"no"`), "names must be a list of texts; one of them is"},
		"message":          {assertion("error", `condition = false`, `["no"]`), "error_message must be a text, not"},
		"no attribute":     {assertion("error", `condition = portfolio.domain == null`, `"no"`), `does not have an attribute named "domain"`},
		"misspelled":       {assertion("error", `condition = portfolios.domains == null`, `"no"`), `There is nothing called "portfolios". Expressions refer to var.NAME, local.NAME, portfolio, plan, live.`},
		"each":             {assertion("error", `condition = each.name == null`, `"no"`), "A check is computed once. Use a for expression"},
		"template":         {assertion("error", `condition = template.locked == null`, `"no"`), "No templates here"},
		"function":         {assertion("error", `condition = nonesuch(plan)`, `"no"`), `There is no function named "nonesuch"`},
		"file of a plan":   {assertion("error", `condition = file("x") == plan.account`, `"no"`), "reads no files: put what it needs into a local value"},
		"plan":             {assertion("error", `condition = plan.summary.changed < 1`, `"no"`), ""},
		"live":             {assertion("error", `names = [for name, d in live.domains : name if d.status != "3"]`, `"no"`), ""},
		"severity":         {assertion("fatal", `condition = true`, `"no"`), `severity is "error" (the default) or "warning".`},
		"nothing asserted": {"\ncheck \"c\" {\n}\n", "Check without an assertion"},
		"both":             {assertion("error", "condition = true\nnames = []", `"no"`), "An assertion has either a condition"},
		"neither":          {assertion("error", "", `"no"`), "An assertion has either a condition"},
		"no message":       {"\ncheck \"c\" {\n  assert {\n    condition = true\n  }\n}\n", `The argument "error_message" is required`},
		"twice":            {assertion("error", "condition = true", `"no"`) + assertion("error", "condition = true", `"no"`), `The check "c" is already declared`},
	} {
		_, diags := loadOne(t, checkedNames+test.check)
		got := strings.Join(strings.Fields(diags.String()), " ")
		for want := range strings.SplitSeq(test.want, "|") {
			if !strings.Contains(got, strings.Join(strings.Fields(want), " ")) || test.want == "" && got != "" {
				t.Errorf("%s: %s\nwant %q", title, diags, want)
			}
		}
	}
}

// known is a root with some members.
func known(members map[string]cty.Value) jsonvalue.Root {
	return func(wanted []string) (cty.Value, error) {
		some := make(map[string]cty.Value)
		for name, v := range members {
			if wanted == nil || slices.Contains(wanted, name) {
				some[name] = v
			}
		}
		return cty.ObjectVal(some), nil
	}
}

func changed(n int64) jsonvalue.Root {
	return known(map[string]cty.Value{"summary": cty.ObjectVal(map[string]cty.Value{"changed": cty.NumberIntVal(n)})})
}

// TestUndecidedChecksQuoteNoSensitiveValue: why nobody can tell whether a check of a plan
// holds may quote a value, but none that is sensitive.
func TestUndecidedChecksQuoteNoSensitiveValue(t *testing.T) {
	t.Parallel()
	p := loaded(t, checkedNames+`
variable "secret" {
  default   = "hunter2"
  sensitive = true
}

check "number" {
  assert {
    condition     = nonsensitive(parseint("${var.secret}${plan.summary.changed}", 10)) > 0
    error_message = "It is no number."
  }
}
`)
	failed := p.FailedChecks(changed(1), known(nil))
	if len(failed) != 1 || failed[0].Undecided == "" || strings.Contains(failed[0].Detail(), "hunter") {
		t.Errorf("told %+v", failed)
	}
}

// TestChecksOfPlans judges the others again for each plan.
func TestChecksOfPlans(t *testing.T) {
	t.Parallel()
	live := known(map[string]cty.Value{"domains": cty.ObjectVal(map[string]cty.Value{
		"example.com": cty.ObjectVal(map[string]cty.Value{"status": cty.StringVal("3"), "real_name": cty.DynamicVal}),
		"example.net": cty.ObjectVal(map[string]cty.Value{"status": cty.StringVal("2"), "real_name": cty.StringVal("SUCCEED")}),
	})})
	p := loaded(t, checkedNames+`
check "few" {
  assert {
    condition     = plan.summary.changed < length(portfolio.domains)
    error_message = "${plan.summary.changed} names change."
  }
  assert {
    condition     = alltrue([for i in [1, 2] : plan.summary.changed * i != 6])
    error_message = "Three names change."
  }
}

check "normal" {
  severity = "warning"
  assert {
    names         = [for name, d in live.domains : name if d.status != "3"]
    error_message = "is not in its normal state"
  }
  assert {
    condition     = live.domains["example.org"].status == "3"
    error_message = "example.org is gone."
  }
}

check "verified" {
  assert {
    names         = [for name, d in live.domains : name if d.real_name != "SUCCEED"]
    error_message = "is not verified"
  }
}

check "of files alone" {
  assert {
    condition     = length(portfolio.domains) == 2
    error_message = "There are others."
  }
}
`)
	for _, test := range []struct {
		changed int64
		want    []string
	}{
		{1, nil},
		{2, []string{"few: 2 names change."}},
		{3, []string{"few: 3 names change.", "few: Three names change."}},
		{1, nil}, // nothing of the plan before is remembered
	} {
		var got []string
		for _, f := range p.FailedChecks(changed(test.changed), live) {
			if f.Check == "few" {
				got = append(got, f.Check+": "+f.Detail())
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%d changes: %q, want %q", test.changed, got, test.want)
		}
	}
	failed := p.FailedChecks(changed(0), live)
	if len(failed) != 3 {
		t.Fatalf("%d do not hold: %+v", len(failed), failed)
	}
	if f := failed[0]; f.Severity != config.CheckWarning || f.Counted != 1 || !slices.Equal(f.Names, []string{"example.net"}) || f.Detail() != "example.net: is not in its normal state" || f.Source.File != "main.hcl" || f.Undecided != "" {
		t.Errorf("status: %+v", f)
	}
	if f := failed[1]; !strings.Contains(f.Undecided, "The given key does not identify an element") || f.Message != "example.org is gone." {
		t.Errorf("a name that is not there: %+v", f)
	}
	if f := failed[2]; f.Severity != config.CheckError || !strings.Contains(f.Undecided, "not read") || f.Summary() != `Check "verified" cannot be decided` {
		t.Errorf("what was not read: %+v", f)
	}
	broken := func([]string) (cty.Value, error) { return cty.NilVal, errors.New("the disk is full") }
	for _, f := range p.FailedChecks(broken, live) {
		if !strings.Contains(f.Undecided, "The disk is full.") {
			t.Errorf("without a plan: %+v", f)
		}
	}
}

func TestWordsOfLiveChecks(t *testing.T) {
	t.Parallel()
	p := loaded(t, checkedNames+assertion("error", `condition = live.profiles != null && plan.summary.changed < 5 && alltrue([for name, d in live.domains : d["real_name"] == "SUCCEED" || d.contacts.tech == null])`, `"${length(plan.changes)}"`))
	words := p.WordsOfLiveChecks()
	for _, word := range []string{"profiles", "domains", "real_name", "contacts", "tech"} {
		if !slices.Contains(words, word) {
			t.Errorf("%s is not among %q", word, words)
		}
	}
	for _, text := range []string{"", assertion("error", `condition = plan.real_name == null`, `"no"`)} {
		p := loaded(t, checkedNames+text)
		if words := p.WordsOfLiveChecks(); len(words) > 0 {
			t.Errorf("without a check of what is live: %q", words)
		}
	}
	if failed := loaded(t, checkedNames).FailedChecks(nil, nil); failed != nil {
		t.Errorf("without checks: %v", failed)
	}
}

// TestChecksAreBounded stops checks that take too long, of files and of plans.
func TestChecksAreBounded(t *testing.T) {
	t.Parallel()
	b := config.DefaultBounds()
	b.Steps = 5000
	loops := `length([for a in range(100) : [for b in range(100) : a * b]]) == `
	fsys := fstest.MapFS{"main.hcl": {Data: []byte(checkedNames + assertion("warning", "condition = "+loops+"length(portfolio.domains)", `"no"`))}}
	if _, diags := config.LoadFS(fsys, config.Options{Bounds: b}); !strings.Contains(diags.String(), "Evaluation takes too long") {
		t.Errorf("of files: %s", diags)
	}
	fsys["main.hcl"].Data = []byte(checkedNames + assertion("warning", "condition = length([for a in plan.changes : [for b in plan.changes : a == b]]) == 1", `"no"`))
	p, diags := config.LoadFS(fsys, config.Options{Bounds: b})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	changes := cty.TupleVal(slices.Repeat([]cty.Value{cty.True}, 100))
	plan := known(map[string]cty.Value{"changes": changes})
	if failed := p.FailedChecks(plan, plan); len(failed) != 1 || !strings.Contains(failed[0].Undecided, "Evaluation takes too long") {
		t.Errorf("of a plan: %+v", failed)
	}
	few := known(map[string]cty.Value{"changes": cty.TupleVal([]cty.Value{cty.True})})
	if failed := p.FailedChecks(few, few); len(failed) != 0 {
		t.Errorf("after that: %+v", failed)
	}
}

// TestCheckOfManyNames tells the first of many names, and is quick about it.
func TestCheckOfManyNames(t *testing.T) {
	t.Parallel()
	n := 100_000
	if testing.Short() {
		n = 1000
	}
	_, diags := loadOne(t, fmt.Sprintf("domains \"many\" {\n  names = flatten([for i in range(%d) : [for j in range(100) : \"name${i}-${j}.com\"]])\n  transfer_lock = true\n}\n", n/100)+
		assertion("error", `names = [for name, d in portfolio.domains : name if d.transfer_lock == true && lookup(d.labels, "owner", "") == ""]`, `"has no owner"`))
	if want := "name0-0.com (main.hcl:1), name0-1.com (main.hcl:1)"; !strings.Contains(diags.String(), want) || len(diags.String()) > 2000 {
		t.Errorf("%s\nwant %q", diags, want)
	}
}

func BenchmarkCheckOfNames(b *testing.B) {
	text := "domains \"many\" {\n  names = flatten([for i in range(1000) : [for j in range(100) : \"name${i}-${j}.com\"]])\n  transfer_lock = true\n}\n"
	for title, check := range map[string]string{
		"none":     "",
		"for loop": assertion("error", `names = [for name, d in portfolio.domains : name if d.transfer_lock != true || lookup(d.labels, "owner", "web") == ""]`, `"no"`),
	} {
		b.Run(title, func(b *testing.B) {
			for b.Loop() {
				loaded(b, text+check)
			}
		})
	}
}
