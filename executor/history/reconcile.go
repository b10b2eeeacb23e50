package history

import (
	"cmp"
	"slices"
	"time"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/journal"
)

// Agreement says how what the account tells of an order stands to what the journal knows.
type Agreement string

// The agreements. Those of [Agreement.Differs] need somebody who looks.
const (
	Agrees      Agreement = "agrees"        // the order ended as the journal says, or neither knows an end
	EndUnknown  Agreement = "end not taken" // it has ended, which the journal does not know yet
	Contradicts Agreement = "contradicts"   // it ended otherwise, or goes on where the journal knows an end
	OtherNames  Agreement = "other names"   // the task is not about the name
	NotListed   Agreement = "not listed"    // the account tells nothing of the task
	TooOld      Agreement = "too old"       // neither does it of any task as old as that
	Unread      Agreement = "unread"        // its task cannot be read
	TaskFound   Agreement = "task found"    // the journal knows no task, but one of the account orders for the name
	NoTask      Agreement = "no task"       // the journal knows no task, and the account shows none
)

// Differs reports whether somebody must find out what was ordered.
func (a Agreement) Differs() bool { return slices.Contains(Differences(), a) }

// Differences are the agreements of which each needs somebody who looks.
func Differences() []Agreement {
	return []Agreement{Contradicts, TaskFound, OtherNames, NotListed, Unread}
}

// AccountAnswer is what the account says of an order. It never tells a price.
type AccountAnswer struct {
	Agreement Agreement `json:"agreement"`
	// Task is the order task that it tells of, with its type and when it was saved.
	Task    string    `json:"task,omitempty"`
	Type    string    `json:"type,omitempty"`
	Created time.Time `json:"created,omitzero"`
	// Status is where the order for the name stands, and Message what is said of it.
	Status  string `json:"status,omitempty"`
	Message string `json:"message,omitempty"`
}

// Text is the answer in a few words.
func (a *AccountAnswer) Text() string {
	text := string(a.Agreement)
	if a.Agreement == TaskFound {
		text += " " + a.Task
	}
	if a.Status != "" && a.Agreement != Agrees {
		text += ", " + a.Status
	}
	if a.Message != "" {
		text += ": " + a.Message
	}
	return text
}

// Orders are where the account and the journal differ about order tasks.
type Orders struct {
	// Since is from when on they were compared, and Oldest when the oldest task was saved
	// that the account lists since then; zero: it lists none.
	Since  time.Time `json:"since"`
	Oldest time.Time `json:"oldest,omitzero"`
	// Compared counts the orders that were compared, Earlier those from before.
	Compared int `json:"compared"`
	Earlier  int `json:"earlier"`
	// Unknown are the account's tasks that may order something and that the journal does
	// not know, the oldest first.
	Unknown []UnknownOrder `json:"unknown"`
	// Missing are the journal's order tasks of which the account tells nothing though it
	// lists tasks that are as old.
	Missing []string `json:"missing"`
}

// An UnknownOrder is an order task of the account that the journal does not know: of
// another machine, of the console, or of records that were lost.
type UnknownOrder struct {
	executor.AccountTask
	Domains []executor.OrderedName `json:"domains"`
	Problem string                 `json:"problem,omitempty"` // why not all of them are known
}

// Differ reports whether the account and the journal differ about orders.
func (s *Spending) Differ() bool {
	return len(s.Account.Unknown)+len(s.Account.Missing) > 0 || slices.ContainsFunc(s.Purchases, func(p Purchase) bool {
		return p.Account != nil && p.Account.Agreement.Differs()
	})
}

// Tasks returns the order tasks of the journal since a time, in order. Parts of a second
// do not count, for the account's lists tell none: [Spending.Reconcile] compares these.
func (s *Spending) Tasks(since time.Time) (all []string) {
	since = since.Truncate(time.Second)
	for i := range s.Purchases {
		if p := &s.Purchases[i]; p.Task != "" && !p.At.Before(since) {
			all = append(all, p.Task)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// forgiven is for how long the service is taken to list tasks. It keeps them for a time
// that nobody states; what is missing earlier is missing.
const forgiven = 30 * 24 * time.Hour

// Reconcile adds what the account says of each order.
func (s *Spending) Reconcile(c *executor.OrderComparison, now time.Time) {
	o := &Orders{Since: c.Since, Oldest: c.Oldest, Unknown: []UnknownOrder{}, Missing: []string{}}
	s.Account = o
	for _, t := range c.Unknown {
		if order, ok := c.Orders[t.Task]; ok {
			o.Unknown = append(o.Unknown, UnknownOrder{t, append([]executor.OrderedName{}, order.Domains...), order.Problem})
		}
	}
	missing := make(map[string]bool)
	var untold []*Purchase // of which the journal knows no task
	for i := range s.Purchases {
		p := &s.Purchases[i]
		if p.At.Before(c.Since) {
			o.Earlier++
			continue
		}
		if o.Compared++; p.Task == "" {
			untold = append(untold, p)
			continue
		}
		p.Account = answerOf(p, c, now)
		if p.Account.Agreement == NotListed && !missing[p.Task] {
			missing[p.Task] = true
			o.Missing = append(o.Missing, p.Task)
		}
	}
	slices.Sort(o.Missing)
	o.findUntold(untold)
}

// findUntold looks for a task of the account for each order of which the journal knows
// none. A task is that of one order: of one whose outcome nobody knows before one that was
// refused, and of the earlier one before the later.
func (o *Orders) findUntold(orders []*Purchase) {
	refused := func(p *Purchase) int {
		if p.Counts() {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(orders, func(a, b *Purchase) int { return cmp.Or(refused(a)-refused(b), a.At.Compare(b.At)) })
	byName := o.namesOfUnknown()
	for _, p := range orders {
		var at int
		if p.Account, at = foundFor(p, byName[p.Domain]); at >= 0 {
			byName[p.Domain] = slices.Delete(byName[p.Domain], at, at+1)
		}
	}
}

// namesOfUnknown returns the unknown tasks of each name.
func (o *Orders) namesOfUnknown() map[string][]*UnknownOrder {
	byName := make(map[string][]*UnknownOrder)
	for i := range o.Unknown {
		for _, d := range o.Unknown[i].Domains {
			byName[d.Domain] = append(byName[d.Domain], &o.Unknown[i])
		}
	}
	return byName
}

// answerOf returns what the account says of an order whose task is known.
func answerOf(p *Purchase, c *executor.OrderComparison, now time.Time) *AccountAnswer {
	order, told := c.Orders[p.Task]
	a := &AccountAnswer{Task: p.Task, Type: string(order.Type), Created: order.Created}
	at := slices.IndexFunc(order.Domains, func(d executor.OrderedName) bool { return d.Domain == p.Domain })
	switch {
	case at >= 0:
		a.tell(&order.Domains[at])
		a.Agreement = agreementOf(p.State, &order.Domains[at])
	case !order.Listed && len(order.Domains) == 0:
		a.Agreement, a.Message = NotListed, order.Problem
		if !told && now.Sub(p.At) > forgiven && (c.Oldest.IsZero() || p.At.Before(c.Oldest)) {
			a.Agreement = TooOld
		}
	case order.Problem != "":
		a.Agreement, a.Message = Unread, order.Problem
	default:
		a.Agreement = OtherNames
	}
	return a
}

// tell adds where the order for a name stands.
func (a *AccountAnswer) tell(d *executor.OrderedName) {
	a.Status, a.Message = string(d.Status), d.Message
}

// agreementOf compares where an order stands by the journal and by the account.
func agreementOf(s journal.State, told *executor.OrderedName) Agreement {
	switch ended := s == journal.Succeeded || s == journal.Failed; {
	case !ended && told.Ended():
		return EndUnknown
	case ended && !told.Ended(), ended && told.Succeeded() != (s == journal.Succeeded):
		return Contradicts
	}
	return Agrees
}

// foundFor returns what the account says of an order whose task nobody knows, and which of
// some tasks for its name it is; -1: none.
func foundFor(p *Purchase, tasks []*UnknownOrder) (a *AccountAnswer, which int) {
	for i, t := range tasks {
		if apart := t.Created.Sub(p.At).Abs(); !t.Created.IsZero() && apart > clocksApart || !t.MayOrderOf(p.Kind) {
			continue
		}
		at := slices.IndexFunc(t.Domains, func(d executor.OrderedName) bool { return d.Domain == p.Domain })
		a := &AccountAnswer{Agreement: TaskFound, Task: t.Task, Type: string(t.Type), Created: t.Created}
		a.tell(&t.Domains[at])
		return a, i
	}
	return &AccountAnswer{Agreement: NoTask}, -1
}

// clocksApart is by how much a task may seem to be older or younger than its order: the
// list tells its time as a text, of which nobody knows the zone. A request is taken within
// a quarter of an hour or never.
const clocksApart = 24 * time.Hour
