package job

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/internal/personal"
	"github.com/domainsync/domainsync/planner"
)

// Acceptance says of which conditions somebody knows, and which of the others make a
// run fail.
type Acceptance struct {
	// Known tells whether somebody knows of what is blocked, overdue or missing, or
	// threatens a name: of an attribute of a name, of the name as a whole ("") where the
	// account lacks it, or of a threat by its ID. Nil: of nothing.
	Known func(name, attribute string) bool
	// KnownAs tells the same of what has exactly this look ([Look]), whatever was
	// accepted before. Nil: of nothing.
	KnownAs func(name, attribute, look string) bool
	// FailOn are the severities that make [Failed]; nil: each kind does as
	// [ConditionKinds] says.
	FailOn []Severity
}

// An appraisal says of conditions since when they are, who knows of them, and what
// they make.
type appraisal struct {
	Acceptance
	// seen says since when the state knows of conditions, and what was accepted; nil:
	// there is no state.
	seen map[string]time.Time
	now  time.Time
	// accepted are the accepted looks by the marks without them, from seen.
	accepted map[string][]acceptedLook
}

// acceptedLook is what a condition looked like when it was accepted.
type acceptedLook struct {
	look     string
	deadline time.Time // zero: it had none
	at       time.Time
	mark     string
}

const (
	// conditionMarks and acceptedMarks are how the marks begin in the journal of
	// conditions, and of what was accepted of them.
	conditionMarks = "condition "
	acceptedMarks  = "accepted "
	// unapprovedWait is for how long a change may wait to be approved before somebody
	// has to see to that.
	unapprovedWait = 3 * 24 * time.Hour
	// deadlineSlack is by how much a date may move that is told from when it was seen
	// first, or from readings of one day.
	deadlineSlack = 24 * time.Hour
)

// subjectOf is what the marks of a condition have of it: words without blanks.
func subjectOf(c *Condition) string {
	word := func(s string) string { return strings.ReplaceAll(orDash(s), " ", "_") }
	return c.ID + " " + word(c.Domain) + " " + word(c.Attribute)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// appraise completes a condition by what the state and the options of the run say.
func (a *appraisal) appraise(c *Condition) {
	if at, ok := a.seen[conditionMarks+subjectOf(c)]; a.seen != nil && c.Since.IsZero() {
		if c.Since = a.now.UTC(); ok {
			c.Since = at.UTC()
		}
	}
	if c.ID == kindUnapproved && !c.Since.IsZero() && a.now.Sub(c.Since) >= unapprovedWait {
		c.Severity = Ticket
	}
	a.accept(c)
	if a.FailOn != nil && (c.Makes == Failed || c.Makes == "") {
		if c.Makes = ""; slices.Contains(a.FailOn, c.Severity) {
			c.Makes = Failed
		}
	}
}

// acceptedAs returns by which word a condition is accepted; ok is false for the kinds
// that cannot be.
func acceptedAs(c *Condition) (attribute string, ok bool) {
	switch c.ID {
	case kindBlocked, kindOverdue, kindMissing:
		return c.Attribute, true
	}
	return c.ID, planner.IsThreat(c.ID) && planner.CanBeAccepted(c.ID)
}

// accept makes a condition one that somebody knows of, where somebody does. One that
// was accepted as something else is not accepted any more.
func (a *appraisal) accept(c *Condition) {
	as, ok := acceptedAs(c)
	if !ok {
		return
	}
	look := Look(c)
	switch known := a.Known != nil && a.Known(c.Domain, as); {
	case a.KnownAs != nil && a.KnownAs(c.Domain, as, look):
	case !known:
		return
	default:
		before := a.looksOf(subjectOf(c))
		if len(before) > 0 && !slices.ContainsFunc(before, func(l acceptedLook) bool { return l.stands(look, c.Deadline) }) {
			c.Reason += fmt.Sprintf(" It was accepted on %s, when it looked different. Accept it as it is now with --accept %s=%s.",
				before[0].at.UTC().Format(time.DateOnly), strings.TrimSuffix(c.Domain+"/"+as, "/"), look)
			return
		}
	}
	c.Severity, c.Makes = Known, ""
}

// Look returns a short hash of the reason of a condition, which tells whether it is the
// one that was accepted. E-mail addresses count as far as everybody may read them.
func Look(c *Condition) string {
	sum := sha256.Sum256([]byte(personal.NewMasker().Text(c.Reason)))
	return hex.EncodeToString(sum[:4])
}

// stands reports whether a condition still looks as it did.
func (l *acceptedLook) stands(look string, deadline time.Time) bool {
	return l.look == look && l.deadline.IsZero() == deadline.IsZero() && l.deadline.Sub(deadline).Abs() < deadlineSlack
}

// looksOf returns how a condition looked when it was accepted.
func (a *appraisal) looksOf(subject string) []acceptedLook {
	if a.accepted == nil {
		a.accepted = make(map[string][]acceptedLook)
		for mark, at := range a.seen {
			if of, ok := strings.CutPrefix(mark, acceptedMarks); ok {
				a.addLook(mark, of, at)
			}
		}
	}
	return a.accepted[subject]
}

// addLook reads a mark of what was accepted, without how it begins.
func (a *appraisal) addLook(mark, of string, at time.Time) {
	words := strings.Split(of, " ")
	if len(words) != 5 {
		return
	}
	l := acceptedLook{look: words[4], at: at, mark: mark}
	if unix, err := strconv.ParseInt(words[3], 10, 64); err == nil && unix != 0 {
		l.deadline = time.Unix(unix, 0)
	}
	subject := strings.Join(words[:3], " ")
	a.accepted[subject] = append(a.accepted[subject], l)
}

func acceptedMark(c *Condition) string {
	unix := int64(0)
	if !c.Deadline.IsZero() {
		unix = c.Deadline.Unix()
	}
	return fmt.Sprintf("%s%s %d %s", acceptedMarks, subjectOf(c), unix, Look(c))
}

// rememberedOfKind bounds how many conditions of one kind a state remembers.
const rememberedOfKind = 10_000

// marks returns what the state is to remember of the conditions of an apply, and what
// to forget: conditions of what it has looked at that are over, and what was accepted of
// names that no file declares any more.
func (a *appraisal) marks(all []Condition, looked func(name, attribute string) bool, declared func(name string) bool) (begun, over []string) {
	begun, there := a.begun(all)
	for i := range all {
		c := &all[i]
		if _, can := acceptedAs(c); can && c.Severity == Known {
			mark := acceptedMark(c)
			for _, l := range a.looksOf(subjectOf(c)) {
				if l.stands(Look(c), c.Deadline) {
					mark = l.mark
				} else {
					over = append(over, l.mark)
				}
			}
			there[mark], begun = true, append(begun, mark)
		}
	}
	for mark := range a.seen {
		words := strings.Split(mark, " ")
		switch {
		case there[mark]:
		case strings.HasPrefix(mark, conditionMarks) && len(words) == 4 && looked(words[2], words[3]),
			strings.HasPrefix(mark, acceptedMarks) && len(words) == 6 && looked(words[2], words[3]) && !declared(words[2]):
			over = append(over, mark)
		}
	}
	slices.Sort(over)
	return begun, slices.Compact(over)
}

// begun returns the marks of the conditions that the state does not know yet, as many
// as it is to remember, and of all that are there: which come first depends on the day.
func (a *appraisal) begun(all []Condition) (marks []string, there map[string]bool) {
	there = make(map[string]bool, len(all))
	var fresh []*Condition
	ofKind := make(map[string]int)
	for i := range all {
		c := &all[i]
		mark := conditionMarks + subjectOf(c)
		there[mark] = true
		if _, known := a.seen[mark]; known {
			ofKind[c.ID]++
		} else {
			fresh = append(fresh, c)
		}
	}
	for _, c := range fresh {
		if ofKind[c.ID]++; ofKind[c.ID] <= rememberedOfKind {
			marks = append(marks, conditionMarks+subjectOf(c))
		}
	}
	return marks, there
}

// recall takes over what the state has seen.
func (a *appraisal) recall(seen map[string]time.Time) { a.seen, a.accepted = seen, nil }

// conditions returns those of the run as it stands.
func (r *run) conditions() []Condition {
	r.appraisal.now = r.Clock.Now()
	return conditionsOf(r.result, r.appraisal, r.Portfolio)
}

// rememberConditions records since when there are the conditions of an apply, and what
// was accepted of them. Where that fails, the run has ended as it has: they begin with
// the next one.
func (r *run) rememberConditions(ended error) {
	p := r.result.Plan
	if r.result.Operation != Applying || p == nil || !r.identified || r.transfers != nil || isUnwritable(ended) {
		return
	}
	looked := func(name, attribute string) bool {
		switch {
		case p.Partial:
			return false
		case name == "-":
			return r.only.All()
		case attribute == "-":
			return r.only.Has(name)
		}
		return r.only.HasAttribute(name, attribute)
	}
	declared := func(name string) bool { return r.Portfolio.Domain(name) != nil }
	begun, over := r.appraisal.marks(r.result.Conditions, looked, declared)
	if len(begun)+len(over) == 0 {
		return
	}
	err := r.journal.Sight(r.hard, begun, over, r.Service.ServiceClock().Latest(r.Clock.Now()))
	if err != nil && r.Log != nil {
		r.Log.Warn("the state could not remember since when there are the conditions of this run", "error", err)
	}
}
