package report

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/words"
	"github.com/domainsync/domainsync/planner"
)

const (
	// namesInTitle and namesInEntry are how many names the title and the text of an entry
	// have at most: calendars cut longer ones.
	namesInTitle = 3
	namesInEntry = 100
)

// alarmsBefore are how long before an entry it alarms, as durations of RFC 5545.
var alarmsBefore = []string{"-P30D", "-P7D", "-P1D"}

// WriteICal writes a calendar (RFC 5545) with one entry for each day, in UTC, on which
// names of the account expire. An entry has the same UID each time, so that a calendar
// that reads it again updates what it has. It alarms 30, 7 and 1 days before, unless the
// files let all of its names end. A calendar without entries has a time zone alone.
func (r *Report) WriteICal(w io.Writer) error {
	cal := ics.NewCalendar()
	cal.SetProductId("-//domainsync//report//EN")
	cal.SetMethod(ics.MethodPublish)
	cal.SetXWRCalName("Domain names of " + inert.Text(cmp.Or(r.Account, "the account")))
	byDay := make(map[string][]*Name)
	for i := range r.Names {
		if n := &r.Names[i]; !n.Expires.IsZero() {
			day := n.Expires.Format("20060102")
			byDay[day] = append(byDay[day], n)
		}
	}
	for _, day := range sortedGroups(byDay) {
		r.addEntry(cal.AddEvent("expiry-"+day+"-"+r.entryOwner()+"@domainsync"), byDay[day])
	}
	if len(byDay) == 0 {
		addClock(cal)
	}
	return cal.SerializeTo(w, ics.WithNewLine("\r\n"))
}

// addClock adds the time zone of the entries to a calendar without one. RFC 5545 wants
// something in each calendar, and some programs refuse one that has nothing: whoever
// subscribes to it sees an empty calendar so, and no error.
func addClock(cal *ics.Calendar) {
	utc := cal.AddTimezone("Etc/UTC").AddStandard()
	utc.SetProperty(ics.ComponentPropertyDtStart, "19700101T000000")
	utc.SetProperty(ics.ComponentProperty(ics.PropertyTzoffsetfrom), "+0000")
	utc.SetProperty(ics.ComponentProperty(ics.PropertyTzoffsetto), "+0000")
}

// entryOwner is what tells the entries of a calendar from those of others: the account,
// and which of its names are meant.
func (r *Report) entryOwner() string {
	owner := cmp.Or(r.Account, "account")
	if !r.Partial {
		return inert.Text(owner)
	}
	hash := sha256.Sum256([]byte(strings.Join(slices.Sorted(slices.Values(r.Targets)), "\n")))
	return inert.Text(owner) + "-" + hex.EncodeToString(hash[:4])
}

// addEntry fills in the entry of the names that expire on one day.
func (r *Report) addEntry(e *ics.VEvent, names []*Name) {
	slices.SortStableFunc(names, func(x, y *Name) int { return cmp.Compare(rank(x), rank(y)) })
	lapsing := 0
	for _, n := range names {
		if n.Keeper == planner.LetEnd {
			lapsing++
		}
	}
	day := names[0].Expires
	e.SetDtStampTime(r.ReadAt)
	e.SetModifiedAt(r.ReadAt)
	e.SetSequence(int(r.ReadAt.Unix() / 60)) // what was read later counts
	e.SetAllDayStartAt(day)
	e.SetAllDayEndAt(day.AddDate(0, 0, 1))
	e.SetTimeTransparency(ics.TransparencyTransparent)
	e.SetSummary(entryTitle(names, lapsing))
	e.SetDescription(r.entryText(names))
	if lapsing == len(names) {
		return
	}
	for _, before := range alarmsBefore {
		a := e.AddAlarm()
		a.SetAction(ics.ActionDisplay)
		a.SetTrigger(before)
		a.SetDescription(entryTitle(names, lapsing))
	}
}

// rank is lower for names of which somebody has to know first.
func rank(n *Name) int {
	switch {
	case n.Severity != "":
		return 0
	case n.Keeper == planner.LetEnd:
		return 2
	}
	return 1
}

func entryTitle(names []*Name, lapsing int) string {
	var shown []string
	for _, n := range names[:min(len(names), namesInTitle)] {
		shown = append(shown, inert.Text(n.Name))
	}
	title := "Expires: "
	if len(names) > 1 {
		title = words.Count(len(names), "name") + " expire: "
	}
	title += words.List(shown, len(names)-len(shown))
	switch {
	case lapsing == len(names):
		title += " (on purpose)"
	case lapsing > 0:
		title += fmt.Sprintf(" (%s on purpose)", words.Number(lapsing))
	}
	return title
}

// entryText lists the names of an entry, and who keeps each.
func (r *Report) entryText(names []*Name) string {
	var lines []string
	for _, n := range names[:min(len(names), namesInEntry)] {
		lines = append(lines, inert.Text(n.Name)+": "+n.keptInWords())
	}
	if left := len(names) - len(lines); left > 0 {
		lines = append(lines, fmt.Sprintf("and %s more: domainsync domains list lists them", words.Number(left)))
	}
	return strings.Join(append(lines, "Read "+r.ReadAt.Format(time.DateOnly)+"."), "\n")
}

var keptBy = map[planner.Keeper]string{
	planner.KeptByFiles: "the files renew it", planner.KeptByService: "the service renews it by itself", planner.KeptByNobody: "nothing renews it",
}

// keptInWords says what keeps a name beyond its end.
func (n *Name) keptInWords() string {
	by := keptBy[n.Keeper]
	switch {
	case n.Severity != "":
		by = "endangered, nothing keeps it"
	case n.Lapse != "":
		by = "it lapses on purpose: " + inert.Text(n.Lapse)
		if n.Keeper == planner.KeptByService {
			by = "the service renews it by itself, though the files let it lapse: " + inert.Text(n.Lapse)
		}
	}
	if n.Group != "" {
		by += " (" + inert.Text(n.Group) + ")"
	}
	return by
}
