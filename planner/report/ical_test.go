package report_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
	"github.com/domainsync/domainsync/planner/report"
)

// icalOf is the calendar of a report.
func icalOf(t *testing.T, r *report.Report) string {
	t.Helper()
	var text strings.Builder
	if err := r.WriteICal(&text); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

// entriesOf reads the entries of a calendar by RFC 5545, with each line by its name.
func entriesOf(t *testing.T, text string) (entries []map[string]string) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line) {
			t.Errorf("%d octets, or a line end, or half a character: %q", len(line), line)
		}
	}
	unescape := strings.NewReplacer(`\n`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`)
	inAlarm := false
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n ", ""), "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		switch {
		case line == "BEGIN:VEVENT":
			entries = append(entries, make(map[string]string))
		case line == "BEGIN:VALARM", line == "END:VALARM":
			inAlarm = line == "BEGIN:VALARM"
		case len(entries) == 0:
		case inAlarm:
			entries[len(entries)-1]["ALARM "+name] += value + " "
		default:
			entries[len(entries)-1][name] = unescape.Replace(value)
		}
	}
	return entries
}

// TestCalendarFileHasOneEntryForEachDay compares the entries with the days of the
// snapshot.
func TestCalendarFileHasOneEntryForEachDay(t *testing.T) {
	t.Parallel()
	eachDrawn(t, func(t *testing.T, in planner.Input, r *report.Report) {
		want, got := make(map[string]int), make(map[string]int)
		for _, d := range in.Live.Domains {
			if !d.Expires.IsZero() {
				want[fmt.Sprintf("%d%02d%02d", d.Expires.Year(), d.Expires.Month(), d.Expires.Day())]++
			}
		}
		uids := make(map[string]bool)
		for _, e := range entriesOf(t, icalOf(t, r)) {
			if uids[e["UID"]] {
				t.Fatalf("two entries are %s", e["UID"])
			}
			uids[e["UID"]] = true
			got[e["DTSTART;VALUE=DATE"]] = strings.Count(e["DESCRIPTION"], "\n")
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// expiringOn is an input of names that expire on some days from now, as the map says.
func expiringOn(days map[string]int) planner.Input {
	in := planner.Input{
		Portfolio: &config.Portfolio{Guard: config.DefaultGuard(), Limits: config.DefaultLimits(), Alarm: config.DefaultAlarm()},
		Live:      &planner.Live{ID: "1406926474064770", ReadAt: time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)},
	}
	for name, n := range days {
		in.Portfolio.Domains = append(in.Portfolio.Domains, config.Domain{Name: name})
		in.Live.Domains = append(in.Live.Domains, snapshot.Domain{Name: name, Expires: in.Live.ReadAt.AddDate(0, 0, n)})
	}
	sortInput(&in)
	return in
}

// TestCalendarWithoutEntries: it has one component, the time zone, as RFC 5545 wants of a
// calendar, and is read by a program that looks for more.
func TestCalendarWithoutEntries(t *testing.T) {
	t.Parallel()
	text := icalOf(t, &report.Report{Account: "42", ReadAt: time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)})
	const zone = "BEGIN:VTIMEZONE\r\nTZID:Etc/UTC\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\nEND:VCALENDAR\r\n"
	if !strings.HasSuffix(text, zone) {
		t.Errorf("a calendar without entries is\n%s", text)
	}
	cal, err := ics.ParseCalendar(strings.NewReader(text))
	if err != nil || len(cal.Components) != 1 || len(cal.Events()) != 0 {
		t.Errorf("it is read as %+v, %v", cal, err)
	}
	in := expiringOn(map[string]int{"a.com": 40})
	if strings.Contains(icalOf(t, report.New(in, planner.Diff(in), report.Options{})), "VTIMEZONE") {
		t.Error("a calendar with entries has a time zone, of which no entry makes use")
	}
}

// TestEntriesAreUpdated: what is read again has the same UIDs and a higher sequence, and
// what is of other names has other UIDs.
func TestEntriesAreUpdated(t *testing.T) {
	t.Parallel()
	read := func(in planner.Input, targets ...string) (uid, sequence string) {
		if len(targets) > 0 {
			var err error
			if in.Only, err = planner.SelectTargets(targets); err != nil {
				t.Fatal(err)
			}
		}
		e := entriesOf(t, icalOf(t, report.New(in, planner.Diff(in), report.Options{Targets: targets})))[0]
		return e["UID"], e["SEQUENCE"]
	}
	before := expiringOn(map[string]int{"a.com": 40, "b.com": 40})
	uid, sequence := read(before)
	after := expiringOn(map[string]int{"a.com": 40, "c.com": 40})
	after.Live.ReadAt = after.Live.ReadAt.Add(time.Hour)
	againUID, again := read(after)
	if uid != "expiry-20270110-1406926474064770@domainsync" || againUID != uid || again <= sequence {
		t.Errorf("%s %s, then %s %s", uid, sequence, againUID, again)
	}
	one, _ := read(before, "a.com")
	other, _ := read(before, "b.com")
	if one == uid || other == uid || one == other {
		t.Errorf("some names have the entries of others: %s, %s, %s", uid, one, other)
	}
}

// TestEntriesSayWhatKeepsNames: endangered names come first, and what is let go on
// purpose is marked and does not alarm.
func TestEntriesSayWhatKeepsNames(t *testing.T) {
	t.Parallel()
	in := expiringOn(map[string]int{"a.com": 5, "b.com": 5, "z.com": 5, "gone.com": 50})
	declare := func(name, attribute string, v attr.Value) {
		d := in.Portfolio.Domain(name)
		d.Declared = append(d.Declared, config.Declared{Attribute: attr.Lookup(attribute), Value: v})
	}
	declare("a.com", "lapse", attr.Lapse("sold; \\ to, Ada\nExample"))
	declare("gone.com", "lapse", attr.Lapse("over"))
	in.Live.Domain("b.com").AutoRenew = new(true)
	entries := entriesOf(t, icalOf(t, report.New(in, planner.Diff(in), report.Options{})))
	if len(entries) != 2 {
		t.Fatalf("%d entries", len(entries))
	}
	first, second := entries[0], entries[1]
	if first["SUMMARY"] != "3 names expire: z.com, b.com, a.com (1 on purpose)" || first["ALARM TRIGGER"] != "-P30D -P7D -P1D " {
		t.Errorf("the first entry is %q", first)
	}
	want := "z.com: endangered, nothing keeps it\nb.com: the service renews it by itself\n" +
		`a.com: it lapses on purpose: sold; \ to, Ada\nExample` + "\nRead 2026-12-01."
	if diff := cmp.Diff(want, first["DESCRIPTION"]); diff != "" {
		t.Error(diff)
	}
	if second["SUMMARY"] != "Expires: gone.com (on purpose)" || second["ALARM TRIGGER"] != "" {
		t.Errorf("the second entry is %q", second)
	}
}

// TestEntriesAlarmOfWhatIsRenewedAgainstTheFiles: a name that the files let lapse, and that
// the service renews all the same, costs money: it is not marked as ending on purpose.
func TestEntriesAlarmOfWhatIsRenewedAgainstTheFiles(t *testing.T) {
	t.Parallel()
	ends := time.Date(2027, 1, 10, 0, 0, 0, 0, time.UTC)
	r := &report.Report{Names: []report.Name{
		{Name: "gone.com", Expires: ends, Lapse: "sold", Keeper: planner.LetEnd},
		{Name: "stays.com", Expires: ends, Lapse: "sold", Keeper: planner.KeptByService},
		{Name: "stays.net", Expires: ends.AddDate(0, 0, 1), Lapse: "sold", Keeper: planner.KeptByService},
	}}
	entries := entriesOf(t, icalOf(t, r))
	if len(entries) != 2 || entries[0]["SUMMARY"] != "2 names expire: stays.com, gone.com (1 on purpose)" {
		t.Fatalf("the entries are %q", entries)
	}
	if e := entries[1]; e["SUMMARY"] != "Expires: stays.net" || e["ALARM TRIGGER"] == "" || !strings.Contains(e["DESCRIPTION"], "though the files let it lapse: sold") {
		t.Errorf("the entry is %q", e)
	}
}

// TestEntriesOfManyNames are cut, and say how many more there are.
func TestEntriesOfManyNames(t *testing.T) {
	t.Parallel()
	days := make(map[string]int)
	for i := range 1234 {
		days[fmt.Sprintf("xn--bcher-kva%04d.com", i)] = 30
	}
	e := entriesOf(t, icalOf(t, report.New(expiringOn(days), planner.Diff(expiringOn(days)), report.Options{})))
	text := e[0]["DESCRIPTION"]
	if len(e) != 1 || !strings.Contains(text, "and 1,134 more") || !regexp.MustCompile(`^1,234 names expire: .* and 1,231 more$`).MatchString(e[0]["SUMMARY"]) {
		t.Errorf("%d entries, the first is %s", len(e), e[0]["SUMMARY"])
	}
}
