package planner

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// A name is endangered when nothing that a run verifies keeps it beyond the date of
// its alarm, whatever the reason. Only the files end that: by lapse, or by a renewal
// that is made.

// endangeredID is the ID of the row in the table of threats.
const endangeredID = "endangered"

// expirySoon is how long before its end a plan tells of a name that nothing keeps, if
// its alarm does not begin earlier.
const expirySoon = 60 * 24 * time.Hour

// IsEndangered reports whether the threat is that the name will end, or has, and that
// nothing keeps it beyond the date of its alarm.
func (t *Threat) IsEndangered() bool { return t.ID == endangeredID && t.Severity != Notice }

// A Rescue is a name that only a change of the plan keeps: it is endangered where
// the change is not made.
type Rescue struct {
	Change string // its ID
	Threat Threat // that its end comes true, but for the reason
}

// days is so many days of 24 hours: in UTC all are.
func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// endangeredSeverity is that of a name by its own alarm.
func (t *threatened) endangeredSeverity(left time.Duration) ThreatSeverity {
	switch alarm := t.in.Portfolio.AlarmOf(t.want); {
	case left < days(alarm.PageDays) || left <= 0:
		return Page
	case left < days(alarm.ExpiryDays):
		return Ticket
	}
	return Notice
}

// mayEnd reports whether a name comes to its end soon, and the files do not say that
// it may, nor that somebody else looks after it.
func (t *threatened) mayEnd() bool {
	ends := t.live.Expires
	if ends.IsZero() || t.want == nil && !t.leftFiles || t.want != nil && isToEnd(t.want) {
		return false
	}
	alarm := t.in.Portfolio.AlarmOf(t.want)
	return alarm.ExpiryDays > 0 && ends.Before(t.in.Live.ReadAt.Add(max(expirySoon, days(alarm.ExpiryDays))))
}

// alarmDate is the date beyond which something has to keep the name.
func (t *threatened) alarmDate() time.Time {
	return t.in.Live.ReadAt.Add(days(t.in.Portfolio.AlarmOf(t.want).ExpiryDays))
}

// tellEndangered says why nothing keeps a name, and what would; ok is false where
// something does.
func (t *threatened) tellEndangered() (why string, end time.Time, ok bool) {
	end = t.live.Expires
	c := t.termChange()
	switch {
	case t.renewedByService(), t.isRescue(c) && t.failed(c) == "":
		return "", end, false
	case !t.isUrgent() && (!t.in.Only.Has(t.name) || c == nil && t.awaitsItsTurn()):
		return "", end, false
	}
	return t.expiredWords() + t.whyNothingKeeps(c), end, true
}

// expiredWords say that a name has expired already, "" where it has not.
func (t *threatened) expiredWords() string {
	switch {
	case t.live.Status == wire.NeedsRedemption:
		return "It has expired, too long ago to be renewed. "
	case !t.live.Expires.After(t.in.Live.ReadAt):
		return "It has expired: it does not resolve, and is lost when its time to be renewed is over. "
	}
	return ""
}

// rescue returns what becomes true of a name where the plan's change is not made that
// keeps it; ok is false where no change does, or its alarm has not begun.
func (t *threatened) rescue() (r Rescue, ok bool) {
	if t.live == nil || !t.mayEnd() || !t.isUrgent() || t.renewedByService() {
		return r, false
	}
	c := t.termChange()
	if !t.isRescue(c) {
		return r, false
	}
	row, left := rowOf(endangeredID), t.live.Expires.Sub(t.in.Live.ReadAt)
	severity := t.endangeredSeverity(left)
	return Rescue{Change: c.ID, Threat: Threat{
		ID: row.id, Domain: t.name, Severity: severity, Summary: row.summaryOf(severity, left > 0), Sentence: strings.TrimSpace(t.expiredWords()), Deadline: t.live.Expires.UTC(),
	}}, true
}

// isRescue reports whether a change keeps a name, and an apply of the plan makes it.
func (t *threatened) isRescue(c *attr.Change) bool { return c != nil && t.plan.mayRun(c) && t.keeps(c) }

// renewedByService reports whether the service will renew a name by itself, and the
// plan does not switch that off.
func (t *threatened) renewedByService() bool {
	return renewsItself(t.live, t.in.Live.ReadAt) && !slices.ContainsFunc(t.changes, func(c attr.Change) bool {
		return t.plan.mayRun(&c) && attr.Lookup(c.Attribute).Facts&snapshot.AutoRenew != 0 && !attr.IsOn(c.After)
	})
}

// isUrgent reports whether the alarm of a name has begun.
func (t *threatened) isUrgent() bool { return t.live.Expires.Before(t.alarmDate()) }

// termChange returns the change of a name that decides most whether it ends: what
// buys a term, or switches automatic renewal. Nil: none is planned.
func (t *threatened) termChange() (found *attr.Change) {
	most := 0
	for i := range t.changes {
		c := &t.changes[i]
		weight := 0
		switch a := attr.Lookup(c.Attribute); {
		case a.Facts&snapshot.AutoRenew != 0 && (attr.IsOn(c.After) || c.Status == attr.Ready):
			weight = 1
		case a.Group == attr.GroupTerm:
			weight = 2
		case a.Precedes != "": // it is redeemed before it is renewed
			weight = 3
		}
		if weight > 0 && t.isRescue(c) {
			weight = 4
		}
		if weight > most {
			found, most = c, weight
		}
	}
	return found
}

// keeps reports whether a change, once it is made, keeps the name beyond the date of
// its alarm.
func (t *threatened) keeps(c *attr.Change) bool {
	a := attr.Lookup(c.Attribute)
	if a.Facts&snapshot.AutoRenew != 0 {
		return attr.IsOn(c.After) && t.live.Expires.After(t.in.Live.ReadAt.Add(selfRenewed))
	}
	term, ok := c.After.(attr.Ending)
	return a.Precedes != "" || ok && !term.End().Before(t.alarmDate())
}

// mayRun reports whether an apply of the plan would send a change at once.
func (p *Plan) mayRun(c *attr.Change) bool {
	return c.Status == attr.Ready && !p.Refused() && !p.HasErrors()
}

// failed says that the order of a change has failed before, "" where it has not.
func (t *threatened) failed(c *attr.Change) string {
	n, last := t.orders.failuresOf(c)
	if n == 0 {
		return ""
	}
	if n == 1 {
		return fmt.Sprintf("Its %s failed on %s", c.Attribute, attr.Date(last))
	}
	return fmt.Sprintf("Its %s has failed %s, last on %s", c.Attribute, words.Count(n, "time"), attr.Date(last))
}

// awaitsItsTurn reports whether the files renew the name later.
func (t *threatened) awaitsItsTurn() bool {
	daysLeft, renewed := t.renewedFrom()
	return renewed && !t.isDue(daysLeft)
}

// renewedFrom returns how many days before its end the files renew a name.
func (t *threatened) renewedFrom() (daysLeft int, ok bool) {
	if t.want == nil {
		return 0, false
	}
	for i := range t.want.Declared {
		if r, is := t.want.Declared[i].Value.(attr.Recurring); is {
			return r.DaysLeft(), true
		}
	}
	return 0, false
}

func (t *threatened) isDue(daysLeft int) bool {
	return t.live.Expires.Before(t.in.Live.ReadAt.Add(days(daysLeft)))
}

// declaresKeeping reports whether the files say that something keeps the name: of one
// that needs redemption, only redemption does.
func declaresKeeping(want *config.Domain, redeem bool) bool {
	return slices.ContainsFunc(want.Declared, func(d config.Declared) bool {
		a := d.Attribute
		switch {
		case a.Precedes != "":
			return redeem
		case redeem:
			return false
		}
		return a.Group == attr.GroupTerm && !a.Ends || a.Facts&snapshot.AutoRenew != 0 && attr.IsOn(d.Value)
	})
}

// whyNothingKeeps says why nothing keeps a name, and what would. The change is the
// one of the plan that might; nil: none.
func (t *threatened) whyNothingKeeps(c *attr.Change) string {
	daysLeft, renewed := t.renewedFrom()
	redeem := t.live.Status == wire.NeedsRedemption
	switch {
	case t.want == nil:
		return "The files declared it before, and do not any more. Declare it again, with renewal or with lapse, or name it in a released block."
	case redeem && !declaresKeeping(t.want, redeem):
		return "Declare redemption to have it redeemed, or lapse to let it go."
	case c != nil:
		return t.whyNotBy(c)
	case !declaresKeeping(t.want, redeem):
		return t.lateRenewal() + "Declare renewal to have it renewed, or lapse to say why it is let go."
	case !t.in.Only.Has(t.name) && t.in.Only.names == nil:
		return "This run leaves the name out (--target), so that nothing keeps it. Run without --target."
	case renewed && !t.isDue(daysLeft):
		alarm := t.in.Portfolio.AlarmOf(t.want).ExpiryDays
		return fmt.Sprintf("The files renew it only when fewer than %s are left. Raise min_days_left to %d or more, or state expiry_alarm_days = %d.", words.Count(daysLeft, "day"), alarm, daysLeft)
	case renewed || redeem:
		return "The plan that is applied leaves its renewal out. Plan again, and apply that."
	}
	return t.lateRenewal() + "Declare renewal to have it renewed at once."
}

// lateRenewal says that the service was to renew a name, and has not in time.
func (t *threatened) lateRenewal() string {
	if t.live.AutoRenew == nil || !*t.live.AutoRenew {
		return ""
	}
	return fmt.Sprintf("The service was to renew it by itself by %s, and has not. ", attr.Date(t.live.Expires.Add(-selfRenewed)))
}

// whyNotBy says why a change of the plan does not keep a name, and what helps.
func (t *threatened) whyNotBy(c *attr.Change) string {
	failed := t.failed(c)
	switch {
	case c.Planned() && !t.keeps(c) && attr.Lookup(c.Attribute).Facts&snapshot.AutoRenew != 0 && !attr.IsOn(c.After):
		return "The plan switches off that the service renews it, and nothing else keeps it. Declare renewal to have it renewed, or lapse to say why it is let go."
	case c.Status == attr.Ready && !t.keeps(c):
		return fmt.Sprintf("Its %s comes too late, or is for too short a time. Declare renewal, for more years.", c.Attribute)
	case c.Status == attr.Ready && failed != "" && t.plan.mayRun(c):
		return failed + ", and is ordered again. Find out why it fails: domainsync runs show tells."
	case c.Status == attr.Ready:
		return fmt.Sprintf("Its %s is ready, and the plan as a whole is refused. See why, or apply with --target %s.", c.Attribute, c.ID)
	}
	text := fmt.Sprintf("Its %s is %s: %s. %s", c.Attribute, strings.ReplaceAll(string(c.Status), "_", " "), strings.TrimSuffix(c.Reason, "."), t.help(c))
	if failed != "" {
		text += " " + failed + "."
	}
	return text
}

// mend is what helps where the reason of a change says how.
const mend = "Mend that, or declare lapse to let the name go."

// help says what ends the wait of a change.
func (t *threatened) help(c *attr.Change) string {
	switch c.Status {
	case attr.Deferred:
		return t.helpDeferred(c)
	case attr.Held:
		return "Take it out of what holds it, or renew the name by hand."
	case attr.Unapproved:
		return fmt.Sprintf("Add %s to --auto-approve, or have a person answer an apply with yes.", c.Hazard)
	case attr.Waiting:
		return "See what it waits for: domainsync tasks lists what the service is working on."
	case attr.Unknown:
		return "Nothing is bought before that is known. Find out why it is not."
	case attr.InDoubt:
		return "domainsync resume finds out what became of it."
	case attr.Blocked, attr.Refused, attr.Ready:
	}
	return mend
}

// helpDeferred says what lets a purchase be made that the budget, a price, a target or
// a limit defers.
func (t *threatened) helpDeferred(c *attr.Change) string {
	switch b := t.plan.Budget; {
	case c.Cause == attr.LimitCause:
		return "Run without --limit, or with a larger one."
	case c.Cause == attr.TargetCause:
		return "Run without --target."
	case c.Cost != nil && b == nil:
		return "State a budget block."
	case c.Cost != nil && c.Cost.Bounded() && c.Cost.Amount > b.Left() && c.Cost.Currency == b.Currency:
		return fmt.Sprintf("Raise the budget by %s %s or more.", c.Cost.Amount-b.Left(), b.Currency)
	case c.Cause == attr.BudgetCause:
		return "Raise the budget."
	}
	return mend // the reason says how
}

// ThreatsAfter returns the threats that are left when the changes of the plan have
// been made, as far as made says that they are and their results verified; otherwise it
// says why not.
func (p *Plan) ThreatsAfter(made func(change string) (ok bool, why string)) []Threat {
	saved := make(map[string]bool)
	var lost []Threat
	for i := range p.Rescues {
		r := &p.Rescues[i]
		ok, why := made(r.Change)
		saved[r.Threat.Domain] = true
		if !ok {
			threat := r.Threat
			_, attribute, _ := strings.Cut(r.Change, "/")
			threat.Sentence = strings.TrimSpace(fmt.Sprintf("%s Its %s was to keep it and is not verified: %s.", threat.Sentence, attribute, strings.TrimSuffix(why, ".")))
			lost = append(lost, threat)
		}
	}
	if len(p.Rescues) == 0 {
		return p.Threats
	}
	all := slices.DeleteFunc(slices.Clone(p.Threats), func(t Threat) bool { return t.ID == endangeredID && saved[t.Domain] })
	all = append(all, lost...)
	sortThreats(all)
	return all
}
