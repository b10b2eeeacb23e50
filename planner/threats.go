package planner

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// ThreatSeverity says how soon somebody has to look at a condition, such as a threat.
type ThreatSeverity string

// The severities, from the one that says most.
const (
	Page   ThreatSeverity = "page"   // it wakes somebody
	Ticket ThreatSeverity = "ticket" // somebody has to see to it
	Notice ThreatSeverity = "notice" // to be told: there is time left
	// Accepted is of what somebody has said to be meant, or to be known. No threat has it.
	Accepted ThreatSeverity = "known"
)

// ThreatSeverities returns all severities, from the one that says most.
func ThreatSeverities() []ThreatSeverity { return []ThreatSeverity{Page, Ticket, Notice, Accepted} }

// CompareSeverities brings the severest first.
func CompareSeverities(x, y ThreatSeverity) int {
	all := ThreatSeverities()
	return cmp.Compare(slices.Index(all, x), slices.Index(all, y))
}

const (
	// pageWithin and ticketWithin are how long before its deadline a threat that
	// comes by itself wakes somebody, or makes a run red.
	pageWithin   = 7 * 24 * time.Hour
	ticketWithin = 30 * 24 * time.Hour
	// transferWait is how long a registry waits at most before it gives a name to the
	// registrar that asked for it.
	transferWait = 5 * 24 * time.Hour
	// linkLasts is how long the link in a mail leads somewhere that asks to verify an
	// address, and verifyWithin how long a registrar waits for that before it puts a
	// name on hold (ICANN's registrar accreditation agreement of 2013).
	linkLasts    = 3 * 24 * time.Hour
	verifyWithin = 15 * 24 * time.Hour
)

// A Threat is a state that a name is in, and that takes it away, stops it from
// resolving, or spends money against what the files say.
type Threat struct {
	ID       string         `json:"id"` // of its row in the table
	Domain   string         `json:"domain"`
	Severity ThreatSeverity `json:"severity"`
	Summary  string         `json:"summary"`
	Sentence string         `json:"sentence"` // what it means, and what to do
	// Deadline is when it comes to its end at the latest; zero: it has, or nobody
	// knows when.
	Deadline time.Time `json:"deadline,omitzero"`
	// AsOf is when the facts were read on which it rests, where that was before the
	// account was; zero: they were read now.
	AsOf time.Time `json:"as_of,omitzero"`
}

// ThreatKind is what a threat is, for people.
type ThreatKind struct {
	ID, Severity, Summary, Deadline string
}

// A threatRow is one state that threatens names. All that is said of it stands here.
type threatRow struct {
	id       string
	severity ThreatSeverity
	// first has it told before all others that are as severe.
	first bool
	// soon and past are the summaries of a notice, and after the deadline; "": as of the
	// others.
	soon, past string
	// byDeadline says that it comes by itself at its deadline: it is a notice first,
	// then a ticket, and wakes somebody in the end.
	byDeadline bool
	summary    string
	deadline   string         // when it is, for the documentation
	facts      snapshot.Facts // that it rests on, beside what the list of names tells
	// clocked has the journal keep since when the state is seen.
	clocked bool
	// passing says that it ends by itself, so that it is looked at each day.
	passing bool
	// read is when the row's state was read; nil: when its facts were.
	read func(t *threatened) time.Time
	// left says that it is about names that the account lacks.
	left bool
	// severityBy is the severity so long before the deadline; nil: that of all that
	// comes by itself.
	severityBy func(t *threatened, left time.Duration) ThreatSeverity
	severities string // by that, for the documentation
	// leftFiles says that it is also about names that left the files without a word.
	leftFiles bool
	// lasting says that nobody can accept it.
	lasting bool
	// holds reports whether a name is in the state.
	holds func(t *threatened) bool
	// tell says what it means for the name; ok is false where it threatens it not yet.
	// Nil: the sentence says it of every name, and there is no deadline.
	tell     func(t *threatened) (sentence string, deadline time.Time, ok bool)
	sentence string
}

// threatened is a name while the table is applied to it.
type threatened struct {
	in        *Input
	plan      *Plan // nil: nothing is planned
	name      string
	want      *config.Domain     // nil: no file declares the name
	live      *snapshot.Domain   // of the account; nil: it lacks the name
	departed  *snapshot.Departed // nil: nobody remembers that it left the account
	leftFiles bool               // without a word
	changes   []attr.Change      // of the name
	orders    orderHistory
	since     time.Time // when the journal saw the state first; zero: it did not
	read      time.Time // when the facts of the row were read
}

// threatRows is the table of the states that threaten a name.
var threatRows = []threatRow{
	{
		id: endangeredID, severity: Ticket, first: true, byDeadline: true, leftFiles: true, lasting: true, summary: "Expires, and nothing keeps it", soon: "Expires soon", past: "Expired, and nothing keeps it",
		deadline: "when the name expires", severityBy: (*threatened).endangeredSeverity,
		severities: "notice, ticket from `alarm.expiry_days` (30) before its deadline, page from `alarm.page_days` (7) before it",
		holds:      (*threatened).mayEnd, tell: (*threatened).tellEndangered,
	},
	{
		id: "transfer_out", severity: Page, summary: "Being transferred away", facts: snapshot.TransferOut, clocked: true, passing: true,
		deadline: "5 days after it was seen first",
		holds:    func(t *threatened) bool { return t.live.TransferOut == wire.TransferOutPending },
		tell: func(t *threatened) (string, time.Time, bool) {
			return "Another registrar has asked for the name: it leaves the account by then, unless domainsync transfers out cancel keeps it.",
				t.first().Add(transferWait), true
		},
	},
	{
		id: "left_account", severity: Page, summary: "Left the account", clocked: true, left: true,
		holds: func(t *threatened) bool { return t.departed != nil },
		tell:  (*threatened).tellLeft,
	},
	{
		id: "email_hold", severity: Page, summary: "On hold for an unverified e-mail address", facts: snapshot.Holder, passing: true,
		holds:    func(t *threatened) bool { return t.live.EmailHold },
		sentence: "The name does not resolve until somebody follows the link in the mail to its registrant. domainsync emails resend sends it again.",
	},
	{
		id: "email_unverified", severity: Ticket, summary: "The registrant's e-mail address is not verified", facts: snapshot.Holder,
		deadline: "when the link in the mail ends, or 15 days after the name was registered or the mail was sent",
		holds:    func(t *threatened) bool { return !t.live.EmailHold },
		tell:     (*threatened).verificationEnds,
	},
	{
		id: "real_name_failed", severity: Ticket, summary: "The real name failed its verification",
		holds:    func(t *threatened) bool { return t.live.RealName == wire.RealNameFailed },
		sentence: "A registry may put the name on hold, and some changes of it are refused. Give it a registrant whose real name is verified.",
	},
	{
		id: "registrant_pending", severity: Ticket, summary: "A change of the registrant does not end", facts: snapshot.Holder, clocked: true, passing: true,
		deadline: "7 days after it was seen first",
		holds:    func(t *threatened) bool { return t.live.RegistrantUpdating == wire.UpdatingPending },
		tell:     (*threatened).pendingTooLong,
	},
	{
		id: "registry_lock_ends", severity: Notice, byDeadline: true, summary: "The registry lock ends",
		deadline: "the end of the lock",
		holds:    func(t *threatened) bool { return t.in.Live.RegistryLock(t.name) != nil },
		read:     func(t *threatened) time.Time { return cmp.Or(t.in.Live.RegistryLock(t.name).Read, t.in.Live.ReadAt) },
		tell: func(t *threatened) (string, time.Time, bool) {
			end := t.in.Live.RegistryLock(t.name).Expires
			return "From then on the registry changes the name without asking a person. Order the lock anew.", end, end.Sub(t.in.Live.ReadAt) <= ticketWithin
		},
	},
	{
		id: "renewed_against_lapse", severity: Notice, byDeadline: true, summary: "Renewed by the service, though it is to lapse", facts: snapshot.AutoRenew,
		deadline: "3 days before the name expires",
		holds:    (*threatened).renewedAgainstLapse,
		tell: func(t *threatened) (string, time.Time, bool) {
			return fmt.Sprintf("The files let the name expire on %s, and the service renews it by itself before that, %s and past the budget. %s",
				t.live.Expires.UTC().Format(time.DateOnly), t.renewalPrice(), t.switchOff()), t.live.Expires.Add(-selfRenewed), true
		},
	},
}

// first is when the state of a name was seen first.
func (t *threatened) first() time.Time {
	if !t.since.IsZero() && t.since.Before(t.read) {
		return t.since
	}
	return t.read
}

// verificationEnds tells of a registrant's address that has to be verified: the
// service asks for that when a name is new, and by mail.
func (t *threatened) verificationEnds() (string, time.Time, bool) {
	text := "Somebody has to follow the link in the mail to its registrant by then, or the name is put on hold and does not resolve."
	now, asked, linkEnds := t.in.Live.ReadAt, time.Time{}, time.Time{}
	if t.live.EmailUnverified {
		asked = t.live.Registered
	}
	if e := t.in.Live.Email(snapshot.CanonicalEmail(t.live.Contacts[wire.RegistrantContact].Email)); e != nil && !e.Verified && e.Sent.After(asked) {
		asked, linkEnds = e.Sent, e.Sent.Add(linkLasts)
	}
	deadline := asked.Add(verifyWithin)
	switch {
	case asked.IsZero() || !deadline.After(now): // it was not put on hold then
		return "", time.Time{}, false
	case linkEnds.After(now):
		return text + " domainsync emails resend sends another one.", linkEnds, true
	}
	return text + " Where its link has ended, domainsync emails resend sends another one.", deadline, true
}

// pendingTooLong tells of a change of the registrant whose wait is over its limit.
// Where a declared change waits for it, that is overdue, and says the same.
func (t *threatened) pendingTooLong() (string, time.Time, bool) {
	limit := t.first().Add(serviceLimit)
	if t.in.Live.ReadAt.Before(limit) || t.plan != nil && slices.ContainsFunc(t.plan.Overdue, func(o Overdue) bool {
		return o.Domain == t.live.Name && attr.Lookup(o.Attribute).PendingIn(t.live) != ""
	}) {
		return "", limit, false
	}
	return fmt.Sprintf("The service has been working on it since %s, and queries still show the registrant of before. Ask the service why it does not end.",
		attr.Date(t.first())), limit, true
}

// renewedAgainstLapse reports whether the service will renew a name that the files
// let expire, and this plan does not switch that off.
func (t *threatened) renewedAgainstLapse() bool {
	return t.want != nil && isToEnd(t.want) && renewsItself(t.live, t.in.Live.ReadAt) &&
		!slices.ContainsFunc(t.changes, func(c attr.Change) bool { return c.Planned() && attr.Lookup(c.Attribute).Facts&snapshot.AutoRenew != 0 })
}

// isToEnd reports whether the files let a name expire.
func isToEnd(want *config.Domain) bool {
	return slices.ContainsFunc(want.Declared, func(d config.Declared) bool { return d.Attribute.Ends })
}

// renewalPrice says what the service will ask for a year of a name: what it says
// itself where it was asked, else what the files say.
func (t *threatened) renewalPrice() string {
	if told := t.live.Renewal; told != nil && told.Price > 0 && told.Currency != "" {
		term := "a year"
		if told.Years > 1 {
			term = "for " + words.Count(told.Years, "year")
		}
		return fmt.Sprintf("for %s %s %s, as it says itself,", attr.Amount(math.Ceil(told.Price*100-1e-6)), told.Currency, term)
	}
	prices := t.in.Portfolio.PricesOf(t.live.Name)
	if t.live.Premium || t.live.PremiumUnknown || prices.Renew == nil {
		return "at a price that the files do not say"
	}
	return fmt.Sprintf("for %s %s a year", prices.Renew, prices.Currency)
}

// switchOff says how a name is kept from being renewed by the service.
func (t *threatened) switchOff() string {
	for i := range t.changes {
		if c := &t.changes[i]; attr.Lookup(c.Attribute).Facts&snapshot.AutoRenew != 0 {
			return fmt.Sprintf("The change that switches this off does not run: %s.", strings.TrimSuffix(c.Reason, "."))
		}
	}
	return "Declare auto_renew = false beside lapse."
}

// apply returns the threat of a row to a name; ok is false where there is none.
func (r *threatRow) apply(t *threatened) (threat Threat, ok bool) {
	t.read = t.in.Live.ReadAt
	if t.live != nil {
		t.read = readTime(t.in.Live, t.live, r.facts)
	}
	if r.read != nil {
		t.read = r.read(t)
	}
	if r.clocked {
		t.since = t.in.History.Seen[threatMark(r.id, t.name)]
	}
	threat = Threat{ID: r.id, Domain: t.name, Severity: r.severity, Summary: r.summary, Sentence: r.sentence}
	if r.tell != nil {
		if threat.Sentence, threat.Deadline, ok = r.tell(t); !ok {
			return threat, false
		}
	}
	now := t.in.Live.ReadAt
	switch left := threat.Deadline.Sub(now); {
	case r.severityBy != nil:
		threat.Severity = r.severityBy(t, left)
	case r.byDeadline:
		threat.Severity = severityBy(left)
	}
	threat.Summary = r.summaryOf(threat.Severity, threat.Deadline.After(now))
	if t.read.Before(now) {
		threat.AsOf = t.read.UTC()
	}
	threat.Deadline = threat.Deadline.UTC()
	return threat, true
}

// summaryOf is the summary of a threat before its deadline, or after it.
func (r *threatRow) summaryOf(s ThreatSeverity, before bool) string {
	switch {
	case s == Notice:
		return cmp.Or(r.soon, r.summary)
	case !before:
		return cmp.Or(r.past, r.summary)
	}
	return r.summary
}

// readTime returns when the oldest of some facts of a name was read.
func readTime(live *Live, d *snapshot.Domain, facts snapshot.Facts) time.Time {
	at := live.ReadAt
	for _, r := range d.Read {
		if r.Facts&facts != 0 && r.At.Before(at) {
			at = r.At
		}
	}
	return at
}

// severityBy is that of a threat that comes by itself, so long before.
func severityBy(left time.Duration) ThreatSeverity {
	switch {
	case left <= pageWithin:
		return Page
	case left <= ticketWithin:
		return Ticket
	}
	return Notice
}

// threaten finds the threats to the declared names. It uses what was read anyway
// and asks for nothing more.
func (p *Plan) threaten(in *Input) {
	p.Threats, p.Rescues, p.Summary.Unwatched = nil, nil, 0
	orders := historyOf(in.History.Purchases)
	rest := p.Changes
	for want, live := range declaredNames(in.Portfolio, in.Live) {
		t := threatenedName(in, want, want.Name, live)
		t.plan, t.orders = p, orders
		t.changes, rest = splitChanges(want.Name, rest)
		p.Threats = t.appendAll(p.Threats)
		if r, ok := t.rescue(); ok {
			p.Rescues = append(p.Rescues, r)
		}
		if want.Settings.ExpiryAlarmDays == attr.NoExpiryAlarm && !isToEnd(want) {
			p.Summary.Unwatched++
		}
	}
	for _, name := range in.LeftFiles() {
		t := threatenedName(in, nil, name, in.Live.Domain(name))
		t.plan, t.leftFiles = p, true
		p.Threats = t.appendAll(p.Threats)
	}
	sortThreats(p.Threats)
	p.countThreats()
}

// countThreats counts the names that are endangered, and those that something else
// threatens.
func (p *Plan) countThreats() {
	p.Summary.Endangered = countNames(p.Threats, (*Threat).IsEndangered)
	p.Summary.Threatened = countNames(p.Threats, func(t *Threat) bool { return !t.IsEndangered() })
}

// threatenedName returns a name for the table to be applied to.
func threatenedName(in *Input, want *config.Domain, name string, live *snapshot.Domain) threatened {
	t := threatened{in: in, name: name, want: want, live: live}
	if live == nil {
		t.departed = in.Live.Departed(name)
	}
	return t
}

// appendAll appends the threats to a name.
func (t *threatened) appendAll(all []Threat) []Threat {
	for i := range threatRows {
		if r := &threatRows[i]; r.left == (t.live == nil) && (r.leftFiles || !t.leftFiles) && r.holds(t) {
			if threat, ok := r.apply(t); ok {
				all = append(all, threat)
			}
		}
	}
	return all
}

// Threats returns the threats to all names of an account, whatever files say.
func Threats(live *Live) []Threat {
	in := &Input{Live: live, Portfolio: new(config.Portfolio)}
	var all []Threat
	for i := range live.Domains {
		t := threatenedName(in, nil, live.Domains[i].Name, &live.Domains[i])
		all = t.appendAll(all)
	}
	for i := range live.Left {
		t := threatenedName(in, nil, live.Left[i].Domain, nil)
		all = t.appendAll(all)
	}
	sortThreats(all)
	return all
}

// InDanger reports whether a name is in a state that threatens it and that may have
// ended by itself since it was read.
func InDanger(d *snapshot.Domain) bool {
	t := threatened{name: d.Name, live: d}
	for i := range threatRows {
		if r := &threatRows[i]; r.passing && r.holds(&t) {
			return true
		}
	}
	return false
}

// sortThreats brings the severest first, and of these the nearest deadline: what has
// none has begun.
func sortThreats(all []Threat) {
	slices.SortStableFunc(all, func(x, y Threat) int {
		return cmp.Or(CompareSeverities(x.Severity, y.Severity), rankOf(x.ID)-rankOf(y.ID),
			x.Deadline.Compare(y.Deadline), strings.Compare(x.ID, y.ID), strings.Compare(x.Domain, y.Domain))
	})
}

// rankOf is lower for what is told before all others that are as severe.
func rankOf(id string) int {
	if r := rowOf(id); r != nil && r.first {
		return 0
	}
	return 1
}

// countNames counts the names that some of the threats are to.
func countNames(all []Threat, of func(*Threat) bool) int {
	names := make(map[string]bool)
	for i := range all {
		if of(&all[i]) {
			names[all[i].Domain] = true
		}
	}
	return len(names)
}

// threatMarks is how the marks of states begin in the journal that threaten a name.
const threatMarks = "threat "

func threatMark(id, name string) string { return threatMarks + id + " " + name }

// markThreats has the journal keep since when states are seen, and forget those that
// are over. What was read before begins or ends none.
func (p *Plan) markThreats(in *Input) {
	for want, live := range declaredNames(in.Portfolio, in.Live) {
		for i := range threatRows {
			r := &threatRows[i]
			if !r.clocked || r.left != (live == nil) {
				continue
			}
			if t := threatenedName(in, want, want.Name, live); r.holds(&t) && r.isFresh(&t) {
				p.StartsClock = append(p.StartsClock, threatMark(r.id, want.Name))
			}
		}
	}
	for _, mark := range slices.Sorted(maps.Keys(in.History.Seen)) {
		if r, name := rowOfMark(mark); r != nil && r.isOver(in, name) {
			p.ResetsClock = append(p.ResetsClock, mark)
		}
	}
}

// isFresh reports whether the facts of the row are known of a name as they are now.
func (r *threatRow) isFresh(t *threatened) bool {
	return t.live == nil || t.live.Has(r.facts) && t.in.Live.Standing(t.live, r.facts) == 0
}

// isOver reports whether a name is known not to be in the state of the row any more.
func (r *threatRow) isOver(in *Input, name string) bool {
	t := threatenedName(in, in.Portfolio.Domain(name), name, in.Live.Domain(name))
	switch {
	case r.left: // what is remembered of a name outlives the files that declare it
		return t.live != nil
	case t.live == nil:
		return in.Listed == nil // the list was read whole
	}
	return t.want == nil || r.isFresh(&t) && !r.holds(&t)
}

// rowOfMark returns the row and the name that a mark is of; nil for other marks.
func rowOfMark(mark string) (r *threatRow, name string) {
	of, ok := strings.CutPrefix(mark, threatMarks)
	if !ok {
		return nil, ""
	}
	id, name, _ := strings.Cut(of, " ")
	return rowOf(id), name
}

// rowOf returns the row of an ID; nil for none.
func rowOf(id string) *threatRow {
	for i := range threatRows {
		if threatRows[i].id == id {
			return &threatRows[i]
		}
	}
	return nil
}

// Threatened reports whether a threat is left that somebody has to look at, and that
// nobody knows of yet: see [IsThreat].
func (p *Plan) Threatened(known func(domain, threat string) bool) bool {
	return slices.ContainsFunc(p.Threats, func(t Threat) bool {
		return t.Severity != Notice && (!CanBeAccepted(t.ID) || !known(t.Domain, t.ID))
	})
}

// CanBeAccepted reports whether it ends the alarm of a threat that somebody knows of
// it: only the files say that a name may end.
func CanBeAccepted(id string) bool {
	r := rowOf(id)
	return r == nil || !r.lasting
}

// IsThreat reports whether a threat has the ID.
func IsThreat(id string) bool { return rowOf(id) != nil }

// ThreatKinds returns all threats, for people.
func ThreatKinds() []ThreatKind {
	kinds := make([]ThreatKind, len(threatRows))
	for i, r := range threatRows {
		kinds[i] = ThreatKind{r.id, string(r.severity), r.summary, cmp.Or(r.deadline, "none")}
		switch {
		case r.severities != "":
			kinds[i].Severity = r.severities
		case r.byDeadline:
			kinds[i].Severity = fmt.Sprintf("%s, %s from %s before its deadline, %s from %s before it",
				Notice, Ticket, words.Count(int(ticketWithin.Hours()/24), "day"), Page, words.Count(int(pageWithin.Hours()/24), "day"))
		}
	}
	return kinds
}
