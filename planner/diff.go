package planner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// Input is all that a plan follows from.
type Input struct {
	Portfolio *config.Portfolio
	Live      *Live
	History   History
	// Log is what the service's change log tells; see [FetchLog].
	Log Log
	// Only limits the plan to some names.
	Only Selection
	// Listed are the names of which the list was asked; nil: it was read whole.
	Listed map[string]bool
	// Limit is the most names that the plan changes; the others are deferred.
	// 0: no limit.
	Limit int
	// Approval says which changes may be made; nil: all of them.
	Approval *Approval
	// Due are the names whose readings of before are due to be read again by their
	// age, and were not: another run reads them.
	Due int
	// Applied says that the plan is made to be applied: it tells what is to be recorded
	// of names, so that later plans know who has changed what.
	Applied bool
	// Transfers are names to be transferred into the account, by name: the plan orders
	// these, and nothing that files declare. Nil: it is of the files.
	Transfers []attr.Transfer
	// Undo is what is taken back: the plan changes that alone. Nil: it is of the files.
	Undo *Undo
	// Version is the program's, for the plan's header.
	Version string

	// refusing are the guards that refuse what they count; see guarded.
	refusing []Guard
	asked    *asked   // nil: what is not known is not asked for
	overlay  *overlay // of Undo, over the portfolio
}

// Diff compares what is declared with what is live. It is a function of its
// input alone: the same input gives the same plan, byte for byte.
func Diff(in Input) *Plan { return guarded(in, diff) }

// diff does so for guards that are known to refuse. Others are counted only.
func diff(in Input) *Plan {
	d := newDiffer(in)
	d.plan.OwedRelocks = append(d.plan.OwedRelocks, in.History.OwedRelocks...)
	d.decide()
	d.plan.absentLists()
	ofFiles := in.Transfers == nil // else nothing declared is looked at, and nothing of it is over
	if ofFiles {
		d.plan.wait(in)
	}
	d.plan.finish(in)
	if ofFiles {
		d.plan.markThreats(&in)
		d.plan.markLeft(&in)
	}
	d.plan.addSettings(in.Portfolio)
	if in.Applied {
		d.plan.Baseline = d.nextBaseline()
		d.plan.Agreed = d.agreed()
	}
	return d.plan
}

// decide applies all rules: to the account, to each name, and across names.
func (d *differ) decide() {
	if d.Transfers != nil {
		d.orderTransfers()
		d.applyPlanRules()
		d.askForOthers()
		return
	}
	d.account()
	live := d.Live.Domains
	for i := range d.Portfolio.Domains {
		want := &d.Portfolio.Domains[i]
		d.makeRoom(i)
		live = d.unmanagedBefore(live, want.Name)
		if len(live) == 0 || live[0].Name != want.Name {
			d.missing(want)
			continue
		}
		d.unlessSettled(i, func() { d.domain(want, &live[0]) })
		live = live[1:]
	}
	d.unmanagedBefore(live, "")
	d.applyPlanRules()
	d.askForOthers()
}

// newDiffer returns a plan of which nothing is planned yet.
func newDiffer(in Input) *differ {
	d := differ{Input: in, policy: in.Portfolio.Policy(), plan: newPlan(in), holds: holdsByName(in), failed: failuresByName(in.Live)}
	d.doubts, d.orders = reasonsByName(in.History.InDoubt, true), reasonsByName(in.History.Ordered, false)
	d.approvals = recordsByChange(&in)
	d.bought, d.heldBefore = NewBought(in.History.Purchases), HeldBefore(in.History, in.Live.ReadAt)
	d.others = ForeignTasksOf(in.Live.Tasks)
	d.doubted = doubtfulAttributes(in.History.InDoubt)
	if d.hash.policy = d.policy; in.History.Baseline != nil {
		d.hash.key = in.History.Baseline.Key
	}
	d.budget, d.foreign = budget(in)
	d.seen = func(mark string) time.Time { return in.History.Seen[mark] }
	return &d
}

func newPlan(in Input) *Plan {
	p := &Plan{
		FormatVersion: FormatVersion, Version: in.Version,
		Endpoint: in.Live.Endpoint, Account: in.Live.ID, ReadAt: in.Live.ReadAt.UTC(),
		ConfigHash: in.Portfolio.Hash,
		Failures:   append([]snapshot.Failure{}, in.Live.Failures...),
		Declared:   make([]string, len(in.Portfolio.Domains)),
		// Lists are written as [], never as null.
		Diagnostics: []Diagnostic{}, Changes: []attr.Change{},
		Missing: []string{}, Unmanaged: []string{}, OwedRelocks: []string{},
	}
	for i := range in.Portfolio.Domains {
		p.Declared[i] = in.Portfolio.Domains[i].Name
	}
	if in.Transfers != nil {
		p.Declared = in.History.Declared // what files declare stays as it was
	}
	if in.Undo != nil {
		undo := *in.Undo
		undo.Stale = slices.Clone(in.overlay.stale)
		p.Undo, p.Declared = &undo, in.History.Declared
		p.Restores = in.overlay.restores
	}
	return p
}

// differ holds a plan while it grows.
type differ struct {
	Input
	policy                   attr.Policy
	plan                     *Plan
	unselectedProfileChanges []attr.Change             // of registrant profiles, in a plan of names alone
	holds                    map[string][]*config.Hold // by name, the one that ends last first
	failed                   map[string][]snapshot.Failure
	seen                     func(mark string) time.Time
	doubts                   map[string]string // of names of which nothing may change, and why
	doubted                  map[string]bool   // of them, the attributes, as name/attribute
	orders                   map[string]string // of names for which an order is under way
	others                   ForeignTasks      // of somebody else, that have not ended, by name
	hash                     hasher
	bought                   Bought
	heldBefore               map[string]time.Time // when names that left the account were last known to be there
	approvals                approvalRecords
	budget                   *Budget
	foreign                  string // the currency of purchases that the budget cannot count
	changed                  int    // names that an apply changes
	// reordered says that a rule made steps wait for others, or held some back.
	reordered bool
}

// holdsByName returns the holds of each name that is held when the state was
// read, the longest first.
func holdsByName(in Input) map[string][]*config.Hold {
	held := make(map[string][]*config.Hold)
	for i := range in.Portfolio.Holds {
		h := &in.Portfolio.Holds[i]
		if !h.IsOn(in.Live.ReadAt) {
			continue
		}
		for _, name := range h.Names {
			held[name] = append(held[name], h)
		}
	}
	for _, holds := range held {
		slices.SortStableFunc(holds, func(a, b *config.Hold) int { return b.End().Compare(a.End()) })
	}
	return held
}

// holdOf returns the hold block that holds an attribute of a name back, the longest
// where there are several; nil: none.
func (d *differ) holdOf(name, attribute string) *config.Hold {
	for _, h := range d.holds[name] {
		if h.Covers(attribute) {
			return h
		}
	}
	return nil
}

func failuresByName(live *Live) map[string][]snapshot.Failure {
	failed := make(map[string][]snapshot.Failure)
	for _, f := range live.Failures {
		failed[f.Domain] = append(failed[f.Domain], f)
	}
	return failed
}

// unmanagedBefore notes the live names before the next declared one ("": all)
// and returns the others.
func (d *differ) unmanagedBefore(live []snapshot.Domain, next string) []snapshot.Domain {
	for len(live) > 0 && (next == "" || live[0].Name < next) {
		d.unmanaged(live[0].Name)
		live = live[1:]
	}
	return live
}

func (d *differ) unmanaged(name string) {
	d.plan.Summary.Unmanaged++
	if d.Portfolio.Account.Unmanaged != config.IgnoreUnmanaged && d.Only.Has(name) {
		d.plan.Unmanaged = append(d.plan.Unmanaged, name)
	}
}

func (d *differ) missing(want *config.Domain) {
	if d.Only.Has(want.Name) && !d.leaveMissing(want.Name) && !d.lacksTransfers() && !d.waitForTransferIn(want) && !d.planRegistration(want) && !d.holdMissing(want) && !d.tellEnded(want) {
		d.plan.Missing = append(d.plan.Missing, want.Name)
	}
}

// tellEnded warns of a name that the account lacks and that the files let end: it went
// as it was to go, which is no reason for a run to be red until somebody edits a file.
// It reports whether the name is such a one.
func (d *differ) tellEnded(want *config.Domain) bool {
	if !isToEnd(want) {
		return false
	}
	d.plan.Diagnostics = append(d.plan.Diagnostics, Diagnostic{
		Severity: SeverityWarning, Domain: want.Name, Summary: "Gone, as the files let it end",
		Detail: "The account does not hold the name any more, and lapse says that it may end. Take it out of the files.",
	})
	return true
}

// holdMissing blocks what is declared of a name that the account lacks and that
// a hold block or a pause of all its attributes covers: whoever holds it knows that
// it is missing. It reports whether there is such a hold.
func (d *differ) holdMissing(want *config.Domain) bool {
	why := d.whyHeld(&attr.Change{Domain: want.Name})
	if why == "" {
		return false
	}
	reason := "the account lacks the name, which is " + why
	for i := range want.Declared {
		d.plan.Changes = append(d.plan.Changes, placeholder(want, &want.Declared[i], attr.Create, attr.Held, reason))
	}
	d.warnAbsent(want, "Missing, and held", "The account lacks the name, which is "+why+".")
	return true
}

// warnAbsent says why a name is not there. It is for names of which nothing is
// declared, so that no change can say it.
func (d *differ) warnAbsent(want *config.Domain, summary, detail string) {
	if len(want.Declared) > 0 {
		return
	}
	d.plan.Summary.Absent++
	d.plan.Diagnostics = append(d.plan.Diagnostics, Diagnostic{Severity: SeverityWarning, Domain: want.Name, Summary: summary, Detail: detail})
}

// domain adds the changes of one name.
func (d *differ) domain(want *config.Domain, live *snapshot.Domain) {
	if !d.Only.Has(want.Name) {
		return
	}
	d.warnSelfRenewed(want, live)
	d.startClocks(want, live)
	s := subject{want: want, live: live}
	for i := range want.Declared {
		if d.leaves(want.Name, want.Declared[i].Attribute.Name) {
			continue
		}
		s.changes = append(s.changes, d.attribute(want, &want.Declared[i], live)...)
	}
	d.applyNameRules(&s)
	d.add(s.changes)
}

// add takes the changes of one name into the plan.
func (d *differ) add(changes []attr.Change) {
	if slices.ContainsFunc(changes, func(c attr.Change) bool { return c.Planned() }) {
		d.changed++
	}
	d.plan.Changes = append(d.plan.Changes, changes...)
}

const (
	// steadyAfter is after how many names those behind them are expected to change
	// as often.
	steadyAfter = 1000
	// spareChanges are the most changes of one name for which room is kept.
	spareChanges = 64
)

// makeRoom makes room for the changes of the names that are left, when so many have
// been compared, as if they changed as often as these. A list that grows bit by bit
// is held twice each time, and the changes of a million names are many.
func (d *differ) makeRoom(compared int) {
	n := len(d.plan.Changes)
	if compared < steadyAfter || cap(d.plan.Changes)-n >= spareChanges {
		return
	}
	left := float64(n) / float64(compared) * float64(len(d.Portfolio.Domains)-compared)
	d.plan.Changes = slices.Grow(d.plan.Changes, int(left)+int(left)/16+spareChanges)
}

// attribute returns the changes of one attribute of one name.
func (d *differ) attribute(want *config.Domain, decl *config.Declared, live *snapshot.Domain) []attr.Change {
	a := decl.Attribute
	switch lacks := d.lacks(live, a.Facts); {
	case d.asked.waitsFor(live.Name, lacks):
		return nil // no question rests on what it may be
	case lacks != 0:
		return []attr.Change{d.unknown(want, decl, lacks)}
	}
	in := d.inputOf(want, decl, live)
	changes := changesOf(decl, in)
	if d.Undo == nil { // else neither the files nor the account call for them
		d.setOrigins(want, decl, changes)
	}
	if len(changes) == 0 || d.lacksPrice(a, in, &changes[0]) {
		return changes
	}
	if a.Safety != nil {
		if lacks := d.lacks(live, a.Safety(in)); lacks != 0 {
			for i := range changes {
				changes[i].Overrule(attr.Unknown, "%s", d.whyUnknown(want.Name, lacks))
			}
		}
	}
	return changes
}

// inputOf is what the changes of one attribute of one name follow from.
func (d *differ) inputOf(want *config.Domain, decl *config.Declared, live *snapshot.Domain) attr.Input {
	in := attr.Input{
		Name: want.Name, Desired: decl.Value, Live: live, Settings: want.Settings, Policy: d.policy, Account: d.Live,
		Declares: want.Declares, Now: d.Live.ReadAt, Seen: d.seen,
	}
	if decl.Attribute.RegistersNames() {
		in.Left = d.leftAt(want.Name)
	}
	if decl.Attribute.Hazard == attr.Money {
		in.Prices, in.Buys = d.Portfolio.PricesOf(want.Name), d.Portfolio.Budget != nil
	}
	return in
}

// changesOf returns the changes of one attribute, whose facts are known.
func changesOf(decl *config.Declared, in attr.Input) []attr.Change {
	changes := decl.Attribute.Changes(in)
	for i := range changes {
		changes[i].Source = source(decl)
		changes[i].ListedBy = listedBy(decl.Attribute, in.Live)
	}
	return changes
}

// unknown stands for the changes of an attribute whose live value is not known.
func (d *differ) unknown(want *config.Domain, decl *config.Declared, facts snapshot.Facts) attr.Change {
	return placeholder(want, decl, attr.Update, attr.Unknown, d.whyUnknown(want.Name, facts))
}

// placeholder stands for the changes of an attribute that cannot be told now.
func placeholder(want *config.Domain, decl *config.Declared, action attr.Action, status attr.Status, reason string) attr.Change {
	return attr.Change{
		ID:     attr.ChangeID(want.Name, decl.Attribute.Name),
		Domain: want.Name, Attribute: decl.Attribute.Name, Action: action,
		After: decl.Value, Hazard: decl.Attribute.HazardOf(decl.Value), Source: source(decl),
		Status: status, Reason: reason,
	}
}

func (d *differ) whyUnknown(name string, facts snapshot.Facts) string {
	for _, of := range []string{name, ""} { // "" is the account
		for _, f := range d.failed[of] {
			if f.Facts&facts != 0 {
				return "could not be read: " + f.Operation + ": " + f.Message
			}
		}
	}
	return "the live state does not say: " + strings.Join(facts.Names(), ", ")
}

func source(decl *config.Declared) attr.Source {
	if decl.Source == nil {
		return attr.Source{}
	}
	return attr.Source{File: decl.Source.Filename, Line: decl.Source.Start.Line}
}

// reasonsByName returns the reason of the first change of each name, with the
// attribute where that is wanted. Names of one task share the text, so that
// they are shown together.
func reasonsByName(changes map[string]string, withAttribute bool) map[string]string {
	reasons := make(map[string]string)
	for _, id := range slices.Sorted(maps.Keys(changes)) {
		name, attribute, _ := strings.Cut(id, "/")
		switch {
		case reasons[name] != "":
		case withAttribute:
			reasons[name] = fmt.Sprintf("%s (%s)", changes[id], attribute)
		default:
			reasons[name] = changes[id]
		}
	}
	return reasons
}

// sort brings the changes into their order.
func (p *Plan) sort() {
	order := make(map[string]int)
	for i, a := range attr.Planned() {
		order[a.Name] = i
	}
	slices.SortStableFunc(p.Changes, func(a, b attr.Change) int {
		return cmp.Or(strings.Compare(a.Domain, b.Domain), order[a.Attribute]-order[b.Attribute], strings.Compare(a.Element, b.Element))
	})
}

// finish sorts, counts, guards and predicts.
func (p *Plan) finish(in Input) {
	p.sort()
	slices.Sort(p.OwedRelocks)
	p.count(in)
	p.approvedBy(in)
	p.sumPurchases(in)
	p.tellSelfRenewals(in)
	p.guard(in)
	p.warn(in)
	p.threaten(&in)
	p.predict(in)
}

func (p *Plan) count(in Input) {
	s := &p.Summary
	*s = Summary{
		Names: len(in.Portfolio.Domains), Transfers: len(in.Transfers), Missing: len(p.Missing), Unmanaged: s.Unmanaged, Absent: s.Absent, Overdue: len(p.Overdue),
		Changes: make(map[attr.Status]int), Attributes: make(map[string]int), Unapproved: p.lackedHazards(in.Approval),
	}
	selected := 0
	for i := range in.Portfolio.Domains {
		if in.Only.Has(in.Portfolio.Domains[i].Name) {
			selected++
		}
	}
	if selected < s.Names {
		s.Selected = &selected
	}
	s.standing(in)
	last := ""
	for c := range p.Differences() {
		s.Changes[c.Status]++
		switch c.Origin {
		case attr.Edit:
			s.Edits++
		case attr.Drift:
			s.Drifts++
		case attr.NoOrigin:
		}
		if c.Status != attr.Ready {
			continue
		}
		s.Attributes[c.Attribute]++
		if c.Domain != last {
			s.Changed, last = s.Changed+1, c.Domain
		}
	}
}

// standing counts the names that the plan compares by what was read of them before
// the account was, with the oldest time of that, and the others of which something
// was read now beside the lists.
func (s *Summary) standing(in Input) {
	for want, live := range declaredNames(in.Portfolio, in.Live) {
		if live == nil || !in.Only.Has(want.Name) {
			continue
		}
		standing := in.Live.Standing(live, ^snapshot.Facts(0))
		if standing == 0 {
			if live.Known(ofReads)&^(live.FromList|live.FromScroll) != 0 {
				s.ReadNow++
			}
			continue
		}
		s.Standing++
		for _, r := range live.Read {
			if s.Oldest.IsZero() || r.At.Before(s.Oldest) {
				s.Oldest = r.At.UTC()
			}
		}
	}
	if s.Standing == 0 {
		s.ReadNow = 0 // there is nothing to tell apart
	}
	s.Due = in.Due
}

func (p *Plan) warn(in Input) {
	p.warnDistrust(in.Log)
	p.warnUnknownAccount(in)
	p.warnOthers(in)
	p.warnOthersSpent(in)
	p.foreseeBudget(in)
	p.warnOverdue()
	p.warnMissingHosts(in)
	p.warnEndedHolds(in)
	p.warnReleased(in)
	p.consequences(in)
	p.warnRejected(in)
	p.warnUndo()
	if in.Portfolio.Account.Unmanaged == config.RefuseUnmanaged {
		for _, name := range p.Unmanaged {
			p.Diagnostics = append(p.Diagnostics, Diagnostic{
				Severity: SeverityError, Domain: name, Summary: "Unmanaged name",
				Detail: `The account holds the name and no file declares it. Declare it, or set unmanaged = "report" in the account block.`,
			})
		}
	}
}
