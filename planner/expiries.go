package planner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// Expiries are when names end, as the last list of names told it, and which of them
// somebody has to look after. A run that ends before it has a plan has nothing else to
// go by.
type Expiries struct {
	ReadAt time.Time // when the list was read
	// Applied says that an apply has said by its files which names somebody has to look
	// after; otherwise a plan has.
	Applied bool
	Names   []NameExpiry // sorted
}

// NameExpiry is when a name ends.
type NameExpiry struct {
	Name    string
	Expires time.Time // zero: the account lacks the name, or does not tell it
	// SelfRenewed says that the service renews the name by itself.
	SelfRenewed bool
	// Alarm is what the files say of its end; no days of expiry: nobody has to look.
	Alarm config.Alarm
}

// LastKnown is what is known of the ends of names by a run that ended before it had a
// plan.
type LastKnown struct {
	ReadAt time.Time // when that was read; zero: nothing is known
	// Threats are the names that are endangered by it: the run has verified nothing that
	// keeps them.
	Threats []Threat
	// Unread is how many of the declared names are lacking in what was read, and Example
	// is the first of them.
	Unread  int
	Example string
}

// ExpiriesOf returns when the names end that somebody has to look after, for an account
// whose list was read whole. Only the files of an apply say which these are: what any
// other one says, such as that of a change under review, counts only where no apply has
// said it before. Before is what was known then; nil: nothing.
func ExpiriesOf(in *Input, before *Expiries) *Expiries {
	e := &Expiries{ReadAt: in.Live.ReadAt.UTC(), Applied: in.Applied}
	if !in.Applied && before != nil && before.Applied {
		e.Applied = true
		for _, x := range before.Names {
			e.add(x.Name, in.Live.Domain(x.Name), x.Alarm)
		}
		return e
	}
	for want, live := range declaredNames(in.Portfolio, in.Live) {
		alarm := in.Portfolio.AlarmOf(want)
		if isToEnd(want) {
			alarm = config.Alarm{}
		}
		e.add(want.Name, live, alarm)
	}
	for _, name := range in.LeftFiles() {
		e.add(name, in.Live.Domain(name), in.Portfolio.AlarmOf(nil))
	}
	slices.SortFunc(e.Names, func(x, y NameExpiry) int { return strings.Compare(x.Name, y.Name) })
	return e
}

func (e *Expiries) add(name string, live *snapshot.Domain, alarm config.Alarm) {
	x := NameExpiry{Name: name, Alarm: alarm}
	if live != nil {
		x.Expires, x.SelfRenewed = live.Expires.UTC(), live.AutoRenew != nil && *live.AutoRenew
	}
	e.Names = append(e.Names, x)
}

func (e *Expiries) of(name string) *NameExpiry {
	i, ok := slices.BinarySearchFunc(e.Names, name, func(x NameExpiry, name string) int { return strings.Compare(x.Name, name) })
	if !ok {
		return nil
	}
	return &e.Names[i]
}

// Made takes in that a change was made and verified.
func (e *Expiries) Made(c *attr.Change) {
	x := e.of(c.Domain)
	if x == nil {
		return
	}
	if term, ok := c.After.(attr.Ending); ok && term.End().After(x.Expires) {
		x.Expires = term.End().UTC()
	}
	if attr.Lookup(c.Attribute).Facts&snapshot.AutoRenew != 0 {
		x.SelfRenewed = attr.IsOn(c.After)
	}
}

// At returns what is known at a time, by the files of a run; nil: they could not be read,
// and what the files said before counts.
func (e *Expiries) At(now time.Time, p *config.Portfolio) *LastKnown {
	k := new(LastKnown)
	if e == nil {
		e = new(Expiries)
	}
	k.ReadAt = e.ReadAt
	for i := range e.Names {
		if t, ok := e.threat(&e.Names[i], now, p); ok {
			k.Threats = append(k.Threats, t)
		}
	}
	sortThreats(k.Threats)
	if p == nil {
		return k
	}
	for i := range p.Domains {
		if name := p.Domains[i].Name; e.of(name) == nil {
			k.Unread, k.Example = k.Unread+1, cmp.Or(k.Example, name)
		}
	}
	return k
}

// threat returns the threat that a name ends, where nothing is verified that keeps it.
func (e *Expiries) threat(x *NameExpiry, now time.Time, p *config.Portfolio) (Threat, bool) {
	t := threatened{name: x.Name, live: &snapshot.Domain{Name: x.Name, Expires: x.Expires, AutoRenew: new(x.SelfRenewed)}}
	if p == nil {
		p = &config.Portfolio{Alarm: x.Alarm}
	} else if t.want = p.Domain(x.Name); t.want == nil && (x.Alarm.ExpiryDays == 0 || p.ReleasedBy(x.Name) != nil) {
		return Threat{}, false
	}
	t.in, t.leftFiles = &Input{Portfolio: p, Live: &Live{ReadAt: now}}, t.want == nil
	if !t.mayEnd() || !t.isUrgent() || renewsItself(t.live, now) {
		return Threat{}, false
	}
	row, left := rowOf(endangeredID), x.Expires.Sub(now)
	severity := t.endangeredSeverity(left)
	sentence := fmt.Sprintf("%sThe run ended before it had a plan, so nothing that it verified keeps the name. Its end was read on %s, %s.",
		t.expiredWords(), attr.Date(e.ReadAt), Age(now.Sub(e.ReadAt)))
	return Threat{
		ID: row.id, Domain: x.Name, Severity: severity, Summary: row.summaryOf(severity, left > 0), Sentence: sentence,
		Deadline: x.Expires.UTC(), AsOf: e.ReadAt,
	}, true
}

// Age says how long ago something was.
func Age(d time.Duration) string {
	if d < days(1) {
		return "less than a day ago"
	}
	return words.Count(int(d/days(1)), "day") + " ago"
}

// String says what is not known, "" where something is known of every name.
func (k *LastKnown) String() string {
	const cannot = "This run ended before it had a plan, and cannot tell which names are endangered"
	switch {
	case k.ReadAt.IsZero():
		return cannot + ": no earlier readings can be read from this state. Find out why the run ended, and run it again."
	case k.Unread > 0:
		return fmt.Sprintf("%s of those that nobody has read before: %s. Find out why the run ended, and run it again.", cannot, words.List([]string{k.Example}, k.Unread-1))
	}
	return ""
}
