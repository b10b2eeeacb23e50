package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// loadPolicy writes a policy into a file and reads it.
func loadPolicy(t *testing.T, text string) (*config.OperatorPolicy, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "policy.hcl")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o, diags := config.LoadOperatorPolicy(file)
	return o, strings.ReplaceAll(diags.String(), file, "policy.hcl")
}

// limitsOf says what a portfolio permits of what a policy has ceilings for.
func limitsOf(p *config.Portfolio) string {
	var all []string
	for _, name := range []string{"max_change_percent", "max_delegations", "max_registrant_changes", "max_released", "max_failures"} {
		limit := *p.Guard.Limits()[name]
		if name == "max_released" {
			limit = new(p.MaxReleased())
		}
		if limit != nil {
			all = append(all, fmt.Sprint(name, "=", *limit))
		}
	}
	if p.Guard.StopAll {
		all = append(all, "stop_all")
	}
	if p.Budget != nil {
		all = append(all, p.Budget.String())
	}
	return strings.Join(all, " ")
}

// TestCeilings: of each setting what is narrower or equal stays, what is wider counts as
// the ceiling and is told with both places, and where nothing is stated the ceiling counts
// without a word.
func TestCeilings(t *testing.T) {
	t.Parallel()
	guard := func(name string, value any) string { return fmt.Sprintf("guard {\n %s = %v\n}", name, value) }
	budget := func(lines ...string) string { return "budget {\n " + strings.Join(lines, "\n ") + "\n}" }
	type row struct{ files, counts, told string }
	tests := map[string][]row{}
	for _, name := range []string{"max_change_percent", "max_delegations", "max_registrant_changes", "max_released", "max_failures"} {
		tests[guard(name, 5)] = []row{
			{guard(name, 4), name + "=4", ""},
			{guard(name, 5), name + "=5", ""},
			{guard(name, 6), name + "=5", "guard." + name + ": 6 (main.hcl:2), counts 5 (policy.hcl:2)"},
			{"", name + "=", ""},
		}
	}
	tests[guard("stop_all", true)] = []row{
		{guard("stop_all", true), "stop_all", ""},
		{guard("stop_all", false), "stop_all", "guard.stop_all: false (main.hcl:2), counts true (policy.hcl:2)"},
		{"", "stop_all", ""},
	}
	tests[budget("amount = 5")] = []row{
		{budget("amount = 4"), "4.00 USD a month", ""},
		{budget("amount = 5"), "5.00 USD a month", ""},
		{budget("amount = 6"), "5.00 USD a month", "budget: 6.00 USD a month (main.hcl:1), counts 5.00 USD a month (policy.hcl:1)"},
		{budget("amount = 2", `per = "run"`, "per_month_max = 9"), "2.00 USD a run and 5.00 a month", "budget: 2.00 USD a run and 9.00 a month (main.hcl:1), counts 2.00 USD a run and 5.00 a month (policy.hcl:1)"},
		{budget("amount = 4", `currency = "EUR"`), "0.00 EUR a month", "budget: 4.00 EUR a month (main.hcl:1), counts 0.00 EUR a month, for its budget is in USD (policy.hcl:1)"},
		{"", "", ""},
	}
	tests[budget("amount = 3", `per = "run"`, "per_month_max = 8")] = []row{
		{budget("amount = 2"), "2.00 USD a month", ""},
		{budget("amount = 2", `per = "run"`, "per_month_max = 7"), "2.00 USD a run and 7.00 a month", ""},
		{budget("amount = 6"), "3.00 USD a run and 6.00 a month", "budget: 6.00 USD a month (main.hcl:1), counts 3.00 USD a run and 6.00 a month (policy.hcl:1)"},
		{budget("amount = 9", `per = "run"`, "per_month_max = 9"), "3.00 USD a run and 8.00 a month", "budget: 9.00 USD a run and 9.00 a month (main.hcl:1), counts 3.00 USD a run and 8.00 a month (policy.hcl:1)"},
	}
	tests[budget("amount = 0")] = []row{{budget("amount = 6"), "0.00 USD a month", "budget: 6.00 USD a month (main.hcl:1), counts 0.00 USD a month (policy.hcl:1)"}}
	for policy, rows := range tests {
		o, problems := loadPolicy(t, policy)
		if o == nil {
			t.Errorf("%s: %s", policy, problems)
			continue
		}
		for _, row := range rows {
			files := loadPortfolio(t, row.files)
			was := limitsOf(files)
			under, ceilings := files.Under(o)
			if got := " " + limitsOf(under) + " "; !strings.Contains(got, " "+row.counts) || strings.HasSuffix(row.counts, "=") && !strings.Contains(got, " "+row.counts+whereUnstated(row.counts)+" ") {
				t.Errorf("%s\nunder %s: counts%s", row.files, policy, got)
			}
			var told []string
			for _, c := range ceilings {
				c.Policy.Filename = filepath.Base(c.Policy.Filename)
				told = append(told, fmt.Sprintf("%s: %s (%s:%d), counts %s (%s:%d)", c.Setting, c.Stated, c.Source.Filename, c.Source.Start.Line, c.Most, c.Policy.Filename, c.Policy.Start.Line))
			}
			if got := strings.Join(told, "; "); got != row.told {
				t.Errorf("%s\nunder %s: told %q, want %q", row.files, policy, got, row.told)
			}
			if limitsOf(files) != was {
				t.Errorf("%s: the files themselves have changed", row.files)
			}
			if again, more := under.Under(o); limitsOf(again) != limitsOf(under) || len(more) > 0 && row.told == "" {
				t.Errorf("%s: under the same policy again counts %s", row.files, limitsOf(again))
			}
		}
	}
}

// whereUnstated is what counts where the files state nothing: the default where that is less.
func whereUnstated(setting string) string {
	if setting == "max_registrant_changes=" {
		return "0"
	}
	return "5"
}

// TestCeilingsBindTheCommandLine: a limit for one run is under the policy, too.
func TestCeilingsBindTheCommandLine(t *testing.T) {
	t.Parallel()
	o, _ := loadPolicy(t, "guard {\n max_delegations = 5\n}")
	for given, want := range map[int]int{4: 4, 5: 5, 6: 5} {
		files := loadPortfolio(t, "guard {\n max_delegations = 3\n}")
		files.Guard.SetForOneRun("max_delegations", given)
		under, ceilings := files.Under(o)
		if got := *under.Guard.MaxDelegations; got != want || (len(ceilings) == 1) != (given > 5) || len(ceilings) == 1 && ceilings[0].Source != nil {
			t.Errorf("--guard max_delegations=%d: counts %d, told %v", given, got, ceilings)
		}
		if got := under.Ceilings().Guards["max_delegations"]; got != 3 {
			t.Errorf("recorded is %d", got)
		}
	}
}

// TestBudgetsUnderAPolicy: whatever is spent within both budgets is spent within the one
// that counts, and nothing else is.
func TestBudgetsUnderAPolicy(t *testing.T) {
	t.Parallel()
	draw := func(t *rapid.T, which string) *config.Budget {
		b := &config.Budget{Amount: attr.Amount(rapid.IntRange(0, 9).Draw(t, which)), Currency: "USD", Per: config.PerMonth}
		if rapid.Bool().Draw(t, which+" of each run") {
			b.Per, b.PerMonthMax = config.PerRun, b.Amount+attr.Amount(rapid.IntRange(1, 9).Draw(t, which+" of the month"))
		}
		return b
	}
	spends := func(b *config.Budget, run, month attr.Amount) bool {
		return run <= b.Amount && month <= b.OfMonth()
	}
	rapid.Check(t, func(t *rapid.T) {
		files, most := draw(t, "files"), draw(t, "policy")
		under, _ := (&config.Portfolio{Budget: files}).Under(&config.OperatorPolicy{Ceilings: config.Ceilings{Budget: most}})
		for run := range attr.Amount(20) {
			for month := run; month < 20; month++ {
				if both, counts := spends(files, run, month) && spends(most, run, month), spends(under.Budget, run, month); both != counts {
					t.Fatalf("%s under %s is %s: %d a run and %d a month is %v, want %v", files, most, under.Budget, run, month, counts, both)
				}
			}
		}
	})
}

// TestPricesUnderAPolicy: a purchase is compared with what the policy states of the
// longest suffix of its name, for its years and in its currency.
func TestPricesUnderAPolicy(t *testing.T) {
	t.Parallel()
	o, _ := loadPolicy(t, "budget {\n amount = 1000\n}\nprices {\n uk = { renew = 5 }\n com = { renew = 10, redeem = 80 }\n co_uk = { renew = 7 }\n}")
	renew, redeem := func(p *attr.Prices) *attr.Amount { return p.Renew }, func(p *attr.Prices) *attr.Amount { return p.Redeem }
	for _, test := range []struct {
		name  string
		price func(*attr.Prices) *attr.Amount
		cost  attr.Cost
		want  string
	}{
		{"a.com", renew, attr.Cost{Amount: 900, Known: true, Currency: "USD"}, ""},
		{"a.com", renew, attr.Cost{Amount: 1000, Known: true, Currency: "USD"}, ""},
		{"a.com", renew, attr.Cost{Amount: 1001, Known: true, Currency: "USD"}, "it may cost 10.01 USD, and the operator's policy permits 10.00 (policy.hcl:6)"},
		{"a.com", renew, attr.Cost{Amount: 1001, Currency: "USD"}, "it may cost 10.01 USD, and the operator's policy permits 10.00 (policy.hcl:6)"},
		{"a.com", renew, attr.Cost{Amount: 3000, Years: 3, Known: true, Currency: "USD"}, ""},
		{"a.com", renew, attr.Cost{Amount: 3001, Years: 3, Known: true, Currency: "USD"}, "it may cost 30.01 USD, and the operator's policy permits 30.00 (policy.hcl:6)"},
		{"a.com", renew, attr.Cost{Amount: 1, Known: true, Currency: "EUR"}, "it may cost 0.01 EUR, and the operator's policy states prices in USD (policy.hcl:6)"},
		{"a.com", redeem, attr.Cost{Amount: 8000, Known: true, Currency: "USD"}, ""},
		{"a.com", redeem, attr.Cost{Amount: 8001, Known: true, Currency: "USD"}, "it may cost 80.01 USD, and the operator's policy permits 80.00 (policy.hcl:6)"},
		{"a.co.uk", renew, attr.Cost{Amount: 700, Known: true, Currency: "USD"}, ""},
		{"a.org.uk", renew, attr.Cost{Amount: 600, Known: true, Currency: "USD"}, "it may cost 6.00 USD, and the operator's policy permits 5.00 (policy.hcl:5)"},
		{"a.uk", redeem, attr.Cost{Amount: 600, Known: true, Currency: "USD"}, ""},
		{"a.org", renew, attr.Cost{Amount: 600, Known: true, Currency: "USD"}, ""},
	} {
		got := o.WhyTooDear(test.name, &test.cost, test.price)
		if dir, file, found := strings.Cut(got, " ("); found {
			got = dir + " (" + filepath.Base(file)
		}
		if got != test.want {
			t.Errorf("%s for %v: %q, want %q", test.name, test.cost, got, test.want)
		}
	}
	_, told := loadPortfolio(t, "prices {\n com = { renew = 11 }\n org = { renew = 11 }\n co_uk = { renew = 6 }\n}").Under(o)
	if len(told) != 1 || told[0].Setting != "prices.com.renew" || told[0].Stated != "11.00" || told[0].Most != "10.00" || told[0].Source.Start.Line != 2 || told[0].Policy.Start.Line != 6 {
		t.Errorf("told %+v", told)
	}
}

// TestHazardsUnderAPolicy: what may be made, by whom, and for how long a yes counts.
func TestHazardsUnderAPolicy(t *testing.T) {
	t.Parallel()
	o, problems := loadPolicy(t, "approval {\n hazards = [\"lock\", \"money\"]\n auto_approve = [\"lock\"]\n max_age = \"72h\"\n max_plan_age = \"12h\"\n}")
	if o == nil {
		t.Fatal(problems)
	}
	var none *config.OperatorPolicy
	for _, h := range attr.Hazards() {
		may := h == attr.None || h == attr.LockHazard || h == attr.Money
		if why := o.WhyForbidden(h); (why == "") != may || !may && !strings.Contains(why, "policy.hcl:2") {
			t.Errorf("%s: %q", h, why)
		}
		if none.WhyForbidden(h) != "" || new(config.OperatorPolicy).WhyForbidden(h) != "" {
			t.Errorf("%s is forbidden by no policy, or by one that says nothing of it", h)
		}
	}
	if got := fmt.Sprint(o.Unasked(nil), o.Unasked([]attr.Hazard{attr.Money}), o.Unasked([]attr.Hazard{attr.LockHazard, attr.Money}), none.Unasked(nil) == nil); got != "[lock] [] [lock] true" {
		t.Errorf("without a person may be made %s", got)
	}
	if o.ApprovalAge != 72*time.Hour || o.PlanAge != 12*time.Hour {
		t.Errorf("ages %v and %v", o.ApprovalAge, o.PlanAge)
	}
	if o, problems := loadPolicy(t, "approval {\n hazards = []\n}"); o == nil || o.WhyForbidden(attr.LockHazard) == "" || o.WhyForbidden(attr.None) != "" {
		t.Errorf("an empty list forbids all hazards: %s", problems)
	}
}

// TestBrokenPolicies: whatever is wrong with a policy is an error with its place, and
// there is no policy then.
func TestBrokenPolicies(t *testing.T) {
	t.Parallel()
	const loops = "guard {\n max_delegations = length([for a in range(1000) : [for b in range(1000) : range(1000)]])\n}"
	for text, want := range map[string]string{
		"":                                     "permits everything",
		"guard {\n}":                           "permits everything",
		"guard {\n stop_all = false\n}":        "permits everything",
		"prices {\n com = {}\n}":               "permits everything",
		"approval {\n hazards = null\n}":       "permits everything",
		loops:                                  "Value too large",
		"guard {":                              "policy.hcl line 1",
		"domain \"example.com\" {}":            "A policy has guard, budget, prices and approval blocks",
		"guard {\n max_delegation = 5\n}":      "Did you mean \"max_delegations\"?",
		"guard {\n max_delegations = -1\n}":    "policy.hcl line 2",
		"guard {\n max_delegations = var.x\n}": "policy.hcl line 2",
		"guard {\n max_delegations = length(file(\"main.hcl\"))\n}": "there is no file",
		"guard {}\nguard {}": "Duplicate guard block",
		"guard {\n registrant_transfer_prohibition = true\n}":                               "Not a ceiling",
		"budget {\n amount = \"much\"\n}":                                                   "policy.hcl line 2",
		"budget {\n amount = 1\n per = \"run\"\n}":                                          "per_month_max",
		"prices {\n com = 5\n}":                                                             "policy.hcl line 2",
		"approval {\n hazards = [\"delegations\"]\n}":                                       "Did you mean \"delegation\"?",
		"approval {\n hazards = \"lock\"\n}":                                                "must be a list of hazards",
		"approval {\n auto_approve = [null]\n}":                                             "No hazard is called",
		"approval {\n max_age = \"never\"\n}":                                               "Not a duration",
		"approval {\n max_plan_age = \"0h\"\n}":                                             "Not a duration",
		"approval {\n max_plan_age = \"100000h\"\n}":                                        "Not a duration",
		"approval {\n hazard = [\"lock\"]\n}":                                               "Did you mean \"hazards\"?",
		"guard {\n max_delegations = 5\n}\n" + strings.Repeat("# much too long\n", 100_000): "more than",
	} {
		o, told := loadPolicy(t, text)
		if flat := strings.Join(strings.Fields(told), " "); o != nil || !strings.Contains(flat, want) {
			t.Errorf("%.60q: %v, %q", text, o, told)
		}
	}
	for _, path := range []string{filepath.Join(t.TempDir(), "policy.hcl"), t.TempDir(), os.DevNull} {
		if o, diags := config.LoadOperatorPolicy(path); o != nil || !diags.HasErrors() || !strings.Contains(diags.String(), path) {
			t.Errorf("%s: %v, %s", path, o, diags)
		}
	}
}
