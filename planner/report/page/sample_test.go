package page_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

var (
	now = time.Date(2026, 11, 30, 9, 30, 0, 0, time.UTC)
	// sampleSuffixes are drawn from the first ones more often.
	sampleSuffixes = []string{"com", "net", "example", "co.uk", "org", "io", "de", "shop", "fr", "みんな"}
	sampleChecks   = []report.Check{
		{ID: "transfer_lock", Title: "Transfer lock", About: "Nobody takes the name to another registrar."},
		{ID: "update_lock", Title: "Update lock", About: "Nobody changes the nameservers without opening it."},
		{ID: "dnssec", Title: "DNSSEC", About: "The registry has DS records of the name."},
		{ID: "privacy", Title: "Privacy", About: "The public directory does not show who holds the name."},
		{ID: "email", Title: "E-mail verified", About: "The holder's address is verified."},
		{ID: "real_name", Title: "Real name", About: "The holder's real name is verified."},
	}
	sampleOperators = []string{"hichina", "example-dns", "one", "two-fast"}
)

// words are what texts of a sample are made of.
type texts struct{ name, reason, group, value string }

var plainTexts = texts{"shop", "kept as it is for the move to the new mail service", "web", "ns1.example.net ns2.example.net"}

// sampleReport is a report of so many names with all sections, whose numbers are counted
// from its names. The same seed draws the same one.
func sampleReport(seed uint64, names int, say texts) *report.Report {
	rng := rand.New(rand.NewPCG(seed, 87)) //nolint:gosec // it draws cases
	r := &report.Report{
		FormatVersion: report.Version, Version: "v1.2.3", Account: "123456", Endpoint: "https://example.com", ReadAt: now, OldestRead: now.Add(-30 * time.Hour),
		By: "labels.owner", Groups: []string{say.group, "mail", "brand", ""}, Suffixes: sampleSuffixes, Names: make([]report.Name, names),
	}
	for i := range 24 {
		r.Calendar.Months = append(r.Calendar.Months, now.AddDate(0, 0, 1-now.Day()).AddDate(0, i, 0).Format("2006-01"))
	}
	r.Coverage.Checks = sampleChecks
	drawSets(rng, r)
	for i := range r.Names {
		r.Names[i] = drawName(rng, r, i, say)
	}
	slices.SortFunc(r.Names, func(a, b report.Name) int { return strings.Compare(a.ASCII, b.ASCII) })
	countNames(r, say)
	countCalendar(r)
	countCoverage(r)
	countSets(r)
	drawForecast(rng, r, say)
	drawDifferences(rng, r, say)
	drawRuns(rng, r, say)
	return r
}

func drawSets(rng *rand.Rand, r *report.Report) {
	for i := range 12 {
		operator := sampleOperators[rng.IntN(len(sampleOperators))]
		x := report.NameserverSet{Number: i + 1, Title: operator, Operators: []string{operator}, Suffixes: []string{"net"}, Networks: []string{"192.0.2.0/24"}}
		for k := range 2 {
			x.Nameservers = append(x.Nameservers, fmt.Sprintf("ns%d.%s-%02d.net", k+1, operator, i))
		}
		x.Risks = []report.Answer{report.No, report.Yes, report.Yes, []report.Answer{report.Yes, report.No, report.Unknown}[rng.IntN(3)]}
		r.Nameservers.Sets = append(r.Nameservers.Sets, x)
	}
}

func drawName(rng *rand.Rand, r *report.Report, i int, say texts) report.Name {
	n := report.Name{
		Suffix: sampleSuffixes[min(rng.IntN(10), rng.IntN(10), rng.IntN(10))], Labels: []string{}, Flags: []string{}, Protected: []report.Answer{},
		Standing: report.Managed, ReadAt: now, Group: r.Groups[rng.IntN(len(r.Groups))],
	}
	n.Name = fmt.Sprintf("%s-%06d.%s", say.name, i, n.Suffix)
	n.ASCII = n.Name
	if n.Suffix == "みんな" {
		n.ASCII = fmt.Sprintf("%s-%06d.xn--q9jyb4c", say.name, i)
	}
	switch rng.IntN(40) {
	case 0:
		n.Standing = report.Missing
		return n
	case 1, 2:
		n.Standing, n.Group = report.Unmanaged, ""
	}
	n.Keeper = planner.KeptByFiles
	drawEnd(rng, r, &n, say)
	for range sampleChecks {
		n.Protected = append(n.Protected, []report.Answer{report.Yes, report.Yes, report.Yes, report.Yes, report.No, report.Unknown}[rng.IntN(6)])
	}
	n.Set = min(rng.IntN(13), rng.IntN(13))
	for k, flag := range report.FlagNames() {
		if flag != "endangered" && rng.IntN(60) == k {
			n.Flags = append(n.Flags, flag)
		}
	}
	n.Differences = max(0, rng.IntN(30)-27)
	return n
}

// drawEnd draws when a name ends, and who keeps it.
func drawEnd(rng *rand.Rand, r *report.Report, n *report.Name, say texts) {
	if rng.IntN(50) == 0 {
		n.Month = report.NoDate
		return
	}
	left := rng.IntN(900)
	if rng.IntN(100) == 0 {
		left = -rng.IntN(40) - 1
	}
	n.Expires, n.DaysLeft = now.AddDate(0, 0, left), &left
	n.Month = n.Expires.Format("2006-01")
	switch {
	case left < 0:
		n.Month = report.Expired
	case !slices.Contains(r.Calendar.Months, n.Month):
		n.Month = report.Later
	}
	switch rng.IntN(12) {
	case 0:
		n.Keeper, n.Lapse = planner.LetEnd, say.reason
	case 1, 2:
		n.Keeper = planner.KeptByService
	case 3:
		n.Keeper = planner.KeptByNobody
		if left < 40 {
			n.Severity, n.Flags = planner.Ticket, []string{"endangered"}
			if left < 7 {
				n.Severity = planner.Page
			}
		}
	}
}

func countNames(r *report.Report, say texts) {
	t := &r.Totals
	for i := range r.Names {
		n := &r.Names[i]
		t.Names++
		for _, x := range []struct {
			is bool
			n  *int
		}{
			{n.Standing == report.Managed, &t.Managed},
			{n.Standing == report.Unmanaged, &t.Unmanaged},
			{n.Standing == report.Missing, &t.Missing},
			{n.Lapse != "" && n.Month != "", &t.Lapsing},
			{n.Differences > 0, &t.Differing},
		} {
			if x.is {
				*x.n++
			}
		}
		for _, f := range n.Flags {
			*map[string]*int{
				"endangered": &t.Endangered, "threatened": &t.Threatened, "held": &t.Held, "in_doubt": &t.InDoubt, "released": &t.Released,
				"left_files": &t.LeftFiles, "left_account": &t.LeftAccount,
			}[f]++
		}
		if n.Severity != "" {
			r.Calendar.Endangered = append(r.Calendar.Endangered, report.NameThreat{
				Name: n.Name, Suffix: n.Suffix, Group: n.Group, ID: "ends", Severity: n.Severity, Summary: "ends, and nothing keeps it", Deadline: n.Expires, DaysLeft: n.DaysLeft,
				Sentence: "Nobody renews it: declare a renewal, or a lapse that says why it may end. " + say.reason,
			})
		}
		if slices.Contains(n.Flags, "threatened") {
			r.Threats = append(r.Threats, report.NameThreat{Name: n.Name, Suffix: n.Suffix, Severity: planner.Notice, Summary: "the holder's address is not verified", Sentence: say.reason})
		}
	}
}

func countCell(x *report.Cell, n *report.Name) {
	x.Names++
	if n.Severity != "" {
		x.Endangered++
	}
	switch n.Keeper {
	case planner.LetEnd:
		x.Lapsing++
	case planner.KeptByService:
		x.ByService++
	case planner.KeptByNobody:
		x.Unkept++
	}
}

func countCalendar(r *report.Report) {
	c := &r.Calendar
	c.Total.Months = make([]report.Cell, len(c.Months))
	count := func(x *report.CalendarRow, n *report.Name) {
		x.Names++
		if n.Severity != "" {
			x.Endangered++
		}
		switch at := slices.Index(c.Months, n.Month); {
		case at >= 0:
			countCell(&x.Months[at], n)
		case n.Month == report.Expired:
			countCell(&x.Expired, n)
		case n.Month == report.Later:
			countCell(&x.Later, n)
		default:
			countCell(&x.NoDate, n)
		}
	}
	for _, suffix := range sampleSuffixes {
		x := report.CalendarRow{Suffix: suffix, Months: make([]report.Cell, len(c.Months))}
		for i := range r.Names {
			if n := &r.Names[i]; n.Suffix == suffix && n.Month != "" {
				count(&x, n)
				count(&c.Total, n)
			}
		}
		if x.Names > 0 {
			c.Rows = append(c.Rows, x)
		}
	}
	slices.SortStableFunc(c.Rows, func(a, b report.CalendarRow) int {
		if a.Endangered != b.Endangered {
			return b.Endangered - a.Endangered
		}
		return b.Names - a.Names
	})
}

func countCoverage(r *report.Report) {
	row := func(key string, is func(n *report.Name) bool) report.CoverageRow {
		x := report.CoverageRow{Key: key, Answers: make([]report.Answers, len(sampleChecks))}
		for i := range r.Names {
			n := &r.Names[i]
			if n.Month == "" || !is(n) {
				continue
			}
			x.Names++
			for k, a := range n.Protected {
				*map[report.Answer]*int{report.Yes: &x.Answers[k].Yes, report.No: &x.Answers[k].No, report.Unknown: &x.Answers[k].Unknown}[a]++
			}
		}
		return x
	}
	r.Coverage.Total = row("", func(*report.Name) bool { return true })
	for _, g := range r.Groups {
		r.Coverage.Groups = append(r.Coverage.Groups, row(g, func(n *report.Name) bool { return n.Group == g }))
	}
	for i := range r.Calendar.Rows {
		suffix := r.Calendar.Rows[i].Suffix
		r.Coverage.Suffixes = append(r.Coverage.Suffixes, row(suffix, func(n *report.Name) bool { return n.Suffix == suffix }))
	}
}

func countSets(r *report.Report) {
	s := &r.Nameservers
	for i := range r.Names {
		switch n := &r.Names[i]; {
		case n.Month == "":
		case n.Set == 0:
			s.Unknown++
		default:
			s.Sets[n.Set-1].Names = append(s.Sets[n.Set-1].Names, n.Name)
		}
	}
	for i, title := range []string{"one nameserver", "one operator", "one suffix", "one network"} {
		x := report.Risk{ID: strings.ReplaceAll(title, " ", "_"), Title: title, About: "All of a name fails with it."}
		for k := range s.Sets {
			switch s.Sets[k].Risks[i] {
			case report.Yes:
				x.Sets, x.Names = x.Sets+1, x.Names+len(s.Sets[k].Names)
			case report.Unknown:
				x.UnknownSets, x.UnknownNames = x.UnknownSets+1, x.UnknownNames+len(s.Sets[k].Names)
			}
		}
		s.Risks = append(s.Risks, x)
	}
}

func drawForecast(rng *rand.Rand, r *report.Report, say texts) {
	f := &r.Forecast
	budget := attr.Amount(max(1, len(r.Names)) * 40_00 / 8)
	f.Currency, f.Budget = "CNY", &report.Budget{Amount: budget, Per: "month", OfMonth: budget, Spent: budget / 5}
	for _, m := range r.Calendar.Months {
		f.Months = append(f.Months, report.ForecastMonth{Month: m, Budget: new(budget)})
	}
	for i := range r.Names {
		n := &r.Names[i]
		at := slices.Index(r.Calendar.Months, n.Month)
		if at < 0 || n.Keeper != planner.KeptByFiles && n.Keeper != planner.KeptByService {
			continue
		}
		x := report.Renewal{Name: n.Name, Suffix: n.Suffix, Group: n.Group, Due: n.Expires, Expires: n.Expires, Years: 1, ByService: n.Keeper == "service", Waits: say.reason}
		if n.Suffix != "shop" {
			x.Amount, x.AtMost = new(attr.Amount(7800+rng.IntN(9000))), rng.IntN(5) == 0
		}
		f.Renewals = append(f.Renewals, x)
		countRenewal(&f.Months[at], &x)
		if x.Amount == nil {
			f.Unpriced = append(f.Unpriced, x)
		}
	}
	for i := range f.Months {
		f.Months[i].Short = max(0, f.Months[i].Amount-budget)
	}
	slices.SortFunc(f.Renewals, func(a, b report.Renewal) int { return a.Due.Compare(b.Due) })
	if len(f.Unpriced) > 0 {
		f.UnpricedBySuffix = []report.Count{{Key: "shop", Number: len(f.Unpriced)}}
	}
}

func countRenewal(m *report.ForecastMonth, x *report.Renewal) {
	n, sum, unpriced := &m.Renewals, &m.Amount, &m.Unpriced
	if x.ByService {
		n, sum, unpriced = &m.ByService, &m.AmountByService, &m.UnpricedByService
	}
	*n++
	if x.Amount == nil {
		*unpriced++
		return
	}
	*sum += *x.Amount
}

func drawDifferences(rng *rand.Rand, r *report.Report, say texts) {
	held := report.HeldNames{Hold: report.Hold{Kind: "hold", Label: "migration", Reason: say.reason, Until: now.AddDate(0, 0, 9), Source: &attr.Source{File: "main.hcl", Line: 12}}}
	for i := range r.Names {
		n := &r.Names[i]
		switch {
		case n.Standing == report.Missing:
			r.Missing = append(r.Missing, report.Lacking{Name: n.Name, Suffix: n.Suffix, Group: n.Group, Source: attr.Source{File: "names.hcl", Line: 3}, Registers: i%2 == 0})
		case n.Standing == report.Unmanaged:
			r.Unmanaged = append(r.Unmanaged, report.Undeclared{Name: n.Name, Suffix: n.Suffix, Expires: n.Expires, Released: say.reason})
		case rng.IntN(80) == 0:
			r.Drift = append(r.Drift, report.Drifted{
				Name: n.Name, Attribute: attr.Lookup("nameservers").Name, Live: say.value, Declared: "ns1.example.com ns2.example.com", Status: attr.Ready, Since: now.Add(-50 * time.Hour),
				Entry: &report.DriftEntry{At: now.Add(-20 * time.Hour), Operation: say.value, Address: "192.0.2.7"},
			})
			r.Totals.Drifted++
		}
		if slices.Contains(n.Flags, "held") {
			held.Names = append(held.Names, n.Name)
		}
		if slices.Contains(n.Flags, "left_account") {
			r.Left = append(r.Left, report.Gone{Name: n.Name, Suffix: n.Suffix, From: "account", Seen: now.AddDate(0, -1, 0), Declared: true, Released: say.reason})
		}
	}
	if len(held.Names) > 0 {
		r.Holds = []report.HeldNames{held}
	}
}

func drawRuns(rng *rand.Rand, r *report.Report, say texts) {
	u := &r.Runs
	u.Known, u.Since = true, now.AddDate(-1, 0, 0)
	for i := range 14 {
		u.Months = append(u.Months, report.RunMonth{Month: now.AddDate(0, 0, 1-now.Day()).AddDate(0, i-13, 0).Format("2006-01")})
	}
	for i := range min(400, 20+len(r.Names)/10) {
		x := report.RunRow{
			ID: int64(1000 - i), Kind: "apply", Status: "ended", Began: now.Add(-time.Duration(i) * 21 * time.Hour), By: "ada on build.example.com", Link: say.value,
			ExitCode: new(0), Names: rng.IntN(50), ChangeCounts: report.ChangeCounts{Made: rng.IntN(40), Failed: max(0, rng.IntN(20)-17), Open: max(0, rng.IntN(20)-16)},
		}
		x.Changes = x.Made + x.Failed + x.Open
		if x.Failed > 0 {
			x.ExitCode, x.Because = new(4), say.reason
		}
		m := &u.Months[slices.IndexFunc(u.Months, func(m report.RunMonth) bool { return m.Month == x.Began.Format("2006-01") })]
		if rng.IntN(3) == 0 {
			x.Money = []report.Money{{Currency: "CNY", Amount: attr.Amount(rng.IntN(90000)), Known: rng.IntN(4) > 0, Orders: 1 + rng.IntN(9)}}
			m.Money = addMoney(m.Money, x.Money[0])
			u.Orders = append(u.Orders, report.Order{Run: x.ID, At: x.Began, Name: say.name + ".com", Kind: "renewal", Years: 1, Amount: x.Money[0].Amount, Currency: "CNY", State: "settled"})
		}
		m.Runs, m.Changes, m.Made, m.Failed, m.Open = m.Runs+1, m.Changes+x.Changes, m.Made+x.Made, m.Failed+x.Failed, m.Open+x.Open
		if *x.ExitCode != 0 {
			m.FailedRuns++
		}
		u.Rows = append(u.Rows, x)
	}
}

func addMoney(all []report.Money, x report.Money) []report.Money {
	for i := range all {
		if all[i].Known == x.Known {
			all[i].Amount, all[i].Orders = all[i].Amount+x.Amount, all[i].Orders+x.Orders
			return all
		}
	}
	return append(all, x)
}
