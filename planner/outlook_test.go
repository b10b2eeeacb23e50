package planner_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// TestOutlooks: who keeps a name, and what is renewed of it in two years.
func TestOutlooks(t *testing.T) {
	t.Parallel()
	declaring := func(values map[string]attr.Value) func(*planner.Input) {
		return func(in *planner.Input) { in.Portfolio.Domains = []config.Domain{declare("a.com", values)} }
	}
	for what, test := range map[string]struct {
		days     int // until the name expires
		happened func(*planner.Input)
		keeper   planner.Keeper
		renewals string // due, years and amount of each
	}{
		"renewed each year": {100, func(*planner.Input) {}, planner.KeptByFiles, "2026-12-31 1y 11.00; 2028-01-01 1y 11.00"},
		"due today":         {30, func(*planner.Input) {}, planner.KeptByFiles, "2026-11-21 1y 11.00; 2027-10-22 1y 11.00; 2028-10-22 1y 11.00"},
		"over the budget":   {30, func(in *planner.Input) { in.Portfolio.Budget.Amount = 5 }, planner.KeptByFiles, "2026-11-21 1y 11.00; 2027-10-22 1y 11.00; 2028-10-22 1y 11.00"},
		"for two years": {
			30, declaring(map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 30, Years: 2}}), planner.KeptByFiles, "2026-11-21 2y 22.00",
		},
		"more days than a year has": {
			100, declaring(map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 800, Years: 1}}), planner.KeptByFiles,
			"2026-11-21 2y 22.00; 2026-12-22 1y 11.00; 2027-12-22 1y 11.00",
		},
		"no price": {100, func(in *planner.Input) { in.Portfolio.Prices = nil }, planner.KeptByFiles, "2026-12-31 1y ?; 2028-01-01 1y ?"},
		"premium":  {100, func(in *planner.Input) { in.Live.Domains[0].Premium = true }, planner.KeptByFiles, "2026-12-31 1y ?; 2028-01-01 1y ?"},
		"a most price": {
			30, func(in *planner.Input) {
				declaring(map[string]attr.Value{"renewal": attr.Renewal{MinDaysLeft: 60, Years: 1, Terms: attr.Terms{MaxPrice: 1500}}})(in)
				in.Portfolio.Prices = nil
			}, planner.KeptByFiles, "2026-11-21 1y at most 15.00; 2027-10-22 1y ?; 2028-10-22 1y ?",
		},
		"ordered": {
			30, func(in *planner.Input) {
				in.History.Purchases = []planner.Purchase{{
					Change: "a.com/renewal", Before: attr.Expiry{Time: in.Live.Domains[0].Expires}, Amount: 1100, Currency: "USD", At: readAt, Done: true,
				}}
			}, planner.KeptByFiles, "2026-11-21 1y 11.00 pending; 2027-10-22 1y 11.00; 2028-10-22 1y 11.00",
		},
		"let go":                   {100, declaring(map[string]attr.Value{"lapse": attr.Lapse("over")}), planner.LetEnd, ""},
		"undeclared":               {100, func(in *planner.Input) { in.Portfolio.Domains = nil }, planner.KeptByNobody, ""},
		"nothing said of its term": {100, declaring(nil), planner.KeptByNobody, ""},
		"renewed by the service": {
			100, func(in *planner.Input) { in.Portfolio.Domains, in.Live.Domains[0].AutoRenew = nil, new(true) }, planner.KeptByService,
			"2027-02-26 1y 11.00 by the service; 2028-02-27 1y 11.00 by the service",
		},
		"let go, and renewed by the service": {
			100, func(in *planner.Input) {
				declaring(map[string]attr.Value{"lapse": attr.Lapse("over")})(in)
				in.Live.Domains[0].AutoRenew = new(true)
			}, planner.KeptByService, "2027-02-26 1y 11.00 by the service; 2028-02-27 1y 11.00 by the service",
		},
		"too late for the service": {
			2, func(in *planner.Input) { in.Portfolio.Domains, in.Live.Domains[0].AutoRenew = nil, new(true) }, planner.KeptByNobody, "",
		},
		"the plan switches that off": {
			100, func(in *planner.Input) {
				declaring(map[string]attr.Value{"auto_renew": attr.AutoRenew(false)})(in)
				in.Live.Domains[0].AutoRenew, in.Live.Domains[0].InstanceID = new(true), "S1"
			}, planner.KeptByNobody, "",
		},
		"the files come first": {
			100, func(in *planner.Input) { in.Live.Domains[0].AutoRenew = new(true) }, planner.KeptByFiles, "2026-12-31 1y 11.00; 2028-01-01 1y 11.00",
		},
		"to be redeemed": {-40, func(in *planner.Input) { in.Live.Domains[0].Status = wire.NeedsRedemption }, planner.KeptByNobody, ""},
		"no date":        {0, func(in *planner.Input) { in.Live.Domains[0].Expires = time.Time{} }, planner.KeptByFiles, ""},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			in := ending(test.days, test.happened)
			n := 0
			for o := range planner.Diff(in).Outlooks(&in, readAt.AddDate(2, 0, 0)) {
				n++
				if o.Keeper != test.keeper {
					t.Errorf("%s keeps it, want %s", o.Keeper, test.keeper)
				}
				if diff := cmp.Diff(test.renewals, foreseenInWords(o.Renewals)); diff != "" {
					t.Error(diff)
				}
			}
			if n != 1 {
				t.Errorf("%d names", n)
			}
		})
	}
}

func foreseenInWords(all []planner.Foreseen) string {
	var texts []string
	for _, f := range all {
		amount := "?"
		if f.Priced {
			amount = f.Amount.String()
		}
		if f.AtMost {
			amount = "at most " + amount
		}
		text := fmt.Sprintf("%s %dy %s", f.Due.Format(time.DateOnly), f.Years, amount)
		if f.ByService {
			text += " by the service"
		}
		if f.Pending != "" {
			text += " pending"
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}
