package config_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/domainsync/domainsync/config"
)

var ceilingsAt = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// TestLoosenedSettings: what permits more than before is told with both values and its
// place, what permits less is not, and what is narrowed permits no more than before.
func TestLoosenedSettings(t *testing.T) {
	t.Parallel()
	for title, test := range map[string]struct{ before, after, want string }{
		"nothing":           {"guard {\n max_delegations = 5\n}", "guard {\n max_delegations = 5\n}", ""},
		"tighter":           {"guard {\n max_delegations = 5\n}", "guard {\n max_delegations = 4\n stop_all = true\n}", ""},
		"a first limit":     {"", "guard {\n max_delegations = 4\n}", ""},
		"a guard":           {"guard {\n max_delegations = 5\n}", "guard {\n\n max_delegations = 6\n}", "guard.max_delegations: 5, 6 (main.hcl:3)"},
		"without a limit":   {"guard {\n max_delegations = 5\n}", "", "guard.max_delegations: 5, no limit"},
		"a default":         {"", "guard {\n max_change_percent = 31\n}", "guard.max_change_percent: 30, 31 (main.hcl:2)"},
		"released":          {"", "guard {\n max_released = 11\n}", "guard.max_released: 10, 11 (main.hcl:2)"},
		"released, default": {"guard {\n max_released = 2\n}", "", "guard.max_released: 2, 10"},
		"stop_all":          {"guard {\n stop_all = true\n}", "", "guard.stop_all: true, false"},
		"a budget":          {"budget {\n amount = 5\n}", "budget {\n amount = 6\n}", "budget: 5.00 USD a month, 6.00 USD a month (main.hcl:1)"},
		"a smaller budget":  {"budget {\n amount = 5\n}", "budget {\n amount = 4\n}", ""},
		"no budget":         {"budget {\n amount = 5\n}", "", ""},
		"a first budget":    {"", "budget {\n amount = 1\n}", "budget: nothing, 1.00 USD a month (main.hcl:1)"},
		"of each run":       {"budget {\n amount = 5\n}", "budget {\n amount = 5\n per = \"run\"\n per_month_max = 6\n}", "budget: 5.00 USD a month, 5.00 USD a run and 6.00 a month (main.hcl:1)"},
		"more in a month":   {"budget {\n amount = 5\n per = \"run\"\n per_month_max = 9\n}", "budget {\n amount = 5\n per = \"run\"\n per_month_max = 10\n}", "budget: 5.00 USD a run and 9.00 a month, 5.00 USD a run and 10.00 a month (main.hcl:1)"},
		"another currency":  {"budget {\n amount = 5\n}", "budget {\n amount = 5\n currency = \"EUR\"\n}", "budget: 5.00 USD a month, 5.00 EUR a month (main.hcl:1)"},
		"a price":           {"prices {\n com = { renew = 5 }\n}", "prices {\n com = { renew = 6, redeem = 7 }\n}", "prices.com.redeem: not stated, 7.00 (main.hcl:2), prices.com.renew: 5.00, 6.00 (main.hcl:2)"},
		"a price that goes": {"prices {\n uk = { renew = 9 }\n co_uk = { renew = 5 }\n}", "prices {\n uk = { renew = 9 }\n}", "prices.co.uk.renew: 5.00, 9.00"},
		"a longer suffix":   {"prices {\n uk = { renew = 5 }\n}", "prices {\n uk = { renew = 5 }\n co_uk = { renew = 9 }\n}", "prices.co.uk.renew: 5.00, 9.00 (main.hcl:3)"},
		"lower below":       {"prices {\n uk = { renew = 5 }\n}", "prices {\n uk = { renew = 5 }\n co_uk = { renew = 4 }\n}", ""},
		"a lower price":     {"prices {\n com = { renew = 5 }\n}", "prices {\n com = { renew = 4 }\n}", ""},
		"a hold":            {holdUntil("2026-12-01"), "", "hold.example.com: until 2026-12-01, not held"},
		"a shorter hold":    {holdUntil("2026-12-01"), holdUntil("2026-11-10"), "hold.example.com: until 2026-12-01, until 2026-11-10"},
		"a longer hold":     {holdUntil("2026-12-01"), holdUntil("2026-12-02"), ""},
		"a hold that ended": {holdUntil("2026-10-01"), "", ""},
		"a hold for good":   {holdOf(`reason = "law"`), holdUntil("2026-12-01"), "hold.example.com: for good, until 2026-12-01"},
		"held for good now": {holdUntil("2026-12-01"), holdOf(`reason = "law"`), ""},
		"of an attribute":   {holdOf("attributes = [\"admin\", \"tech\"]\n until = \"2026-12-01\""), holdOf("attributes = [\"admin\"]\n reason = \"law\""), "hold.example.com.tech: until 2026-12-01, not held"},
		"of all now":        {holdOf("attributes = [\"admin\"]\n reason = \"law\""), holdOf(`reason = "law"`), ""},
		"of less than all":  {holdOf(`reason = "law"`), holdOf("attributes = [\"admin\"]\n reason = \"law\""), "hold.example.com: for good, not held"},
	} {
		before, after := ceilingsOf(t, test.before), loadPortfolio(t, test.after)
		loosened := after.LoosenedFrom(before, ceilingsAt)
		var got []string
		for _, x := range loosened {
			text := fmt.Sprintf("%s: %s, %s", x.Setting, x.Before, x.After)
			if x.Source != nil {
				text += fmt.Sprintf(" (%s:%d)", x.Source.Filename, x.Source.Start.Line)
			}
			got = append(got, text)
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%s: %q, want %q", title, strings.Join(got, ", "), test.want)
		}
		narrowed := after.Narrowed(loosened)
		if left := narrowed.LoosenedFrom(before, ceilingsAt); len(left) > 0 {
			t.Errorf("%s: what is narrowed still permits more: %v", title, left)
		}
		if again := after.LoosenedFrom(before, ceilingsAt); len(again) != len(loosened) {
			t.Errorf("%s: narrowing changed the files themselves", title)
		}
	}
}

// TestLimitsForOneRunAreNoPolicy: what the command line sets for one run is neither
// recorded nor a change of what the files permit, and counts all the same.
func TestLimitsForOneRunAreNoPolicy(t *testing.T) {
	t.Parallel()
	before, after := ceilingsOf(t, "guard {\n max_delegations = 5\n}"), loadPortfolio(t, "guard {\n max_delegations = 6\n}")
	after.Guard.SetForOneRun("max_delegations", 100)
	after.Guard.SetForOneRun("max_delegations", 200)
	loosened := after.LoosenedFrom(before, ceilingsAt)
	if len(loosened) != 1 || loosened[0].After != "6" {
		t.Errorf("loosened: %+v", loosened)
	}
	narrowed := after.Narrowed(loosened)
	if got := *narrowed.Guard.MaxDelegations; got != 200 {
		t.Errorf("the limit of this run is %d", got)
	}
	if got := narrowed.Ceilings().Guards["max_delegations"]; got != 5 {
		t.Errorf("recorded is %d", got)
	}
}

func holdUntil(day string) string { return holdOf("until = \"" + day + "\"") }

func holdOf(arguments string) string {
	return "hold \"h\" {\n names = [\"example.com\"]\n " + arguments + "\n}"
}

// ceilingsOf returns what files permit, as a state has kept it.
func ceilingsOf(t *testing.T, text string) *config.Ceilings {
	t.Helper()
	data, err := json.Marshal(loadPortfolio(t, text).Ceilings())
	if err != nil {
		t.Fatal(err)
	}
	c := new(config.Ceilings)
	if err := json.Unmarshal(data, c); err != nil {
		t.Fatal(err)
	}
	return c
}

func loadPortfolio(t *testing.T, text string) *config.Portfolio {
	t.Helper()
	p, diags := config.LoadFS(fstest.MapFS{"main.hcl": {Data: []byte(text + "\ndomain \"example.com\" {}\n")}}, config.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return p
}

// TestHoldsOfAnotherVersion: a state may hold an attribute that this version does not know.
func TestHoldsOfAnotherVersion(t *testing.T) {
	t.Parallel()
	h := config.Hold{Attributes: []string{"of_another_version", "nameservers"}}
	for attribute, want := range map[string]bool{"nameservers": true, "alidns": true, "of_another_version": true, "privacy": false, "renewal": false, "unknown": false, "": false} {
		if got := h.Covers(attribute); got != want {
			t.Errorf("it covers %q: %v, want %v", attribute, got, want)
		}
	}
}
