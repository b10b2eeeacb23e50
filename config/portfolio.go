// Package config reads HCL files into the checked desired state of an account.
package config

import (
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// Portfolio is the desired state of one account: one directory of files.
type Portfolio struct {
	Dir     string
	Account Account
	Limits  Limits
	Refresh Refresh
	// Retention says what the state forgets, and when.
	Retention Retention
	Guard     Guard
	// Alarm says from when on a name that nothing keeps makes runs red.
	Alarm Alarm
	// Drift says what a run does with what somebody else has changed.
	Drift Drift
	// Declared are the attributes of the account with a value, in the table's
	// order.
	Declared []Declared
	Budget   *Budget                // nil: nothing is bought
	Prices   map[string]attr.Prices // by suffix, canonical
	Domains  []Domain               // sorted by name
	Holds    []Hold                 // in the order of their labels
	Released []Released             // in the order of their labels
	checks   *checks                // nil: none
	// Operator is what the operator permits at most; nil: everything. See
	// [Portfolio.Under].
	Operator *OperatorPolicy
	// Places are where settings stand, such as guard.max_delegations and prices.com.renew.
	Places map[string]hcl.Range
	// Scope has the values of variables and locals by root, var and local, where
	// [Options.KeepScope] asks for them; nil: it does not.
	Scope map[string]cty.Value
	// Shared is what names refer to.
	Shared Shared
	// Steps is how much evaluation took; see Bounds.
	Steps int
	// provenance tells through which blocks values come; see [Portfolio.TemplateOf].
	provenance provenance
	// Hash identifies the whole input: files, what they read, and variables.
	Hash string
}

// Account says which account the files describe.
type Account struct {
	ID        string // "": any account
	Endpoint  string // "": the default
	Profile   string // of the credentials file; "": the default chain
	Unmanaged Unmanaged
	// AbsentLists says what an answer without its list tells.
	AbsentLists AbsentLists
}

// AbsentLists says what an answer of the service tells that lacks its list.
type AbsentLists string

// What an answer without its list tells.
const (
	AbsentUnknown AbsentLists = "unknown" // nothing; the default
	AbsentNone    AbsentLists = "none"    // that the list is empty
)

// Unmanaged says what to do about names of the account that no file declares.
type Unmanaged string

// What to do about unmanaged names.
const (
	IgnoreUnmanaged Unmanaged = "ignore"
	ReportUnmanaged Unmanaged = "report" // the default
	RefuseUnmanaged Unmanaged = "error"
)

// Limits bounds the calls to the service.
type Limits struct {
	DefaultQPS float64            // calls a second of each operation
	QPS        map[string]float64 // by operation
	BatchSize  int                // names in one call at most
	// BatchProfiles gives many names the contact of a registrant profile in one
	// call: an operation that not all sites of the service have.
	BatchProfiles bool
}

// Refresh says how the account is read.
type Refresh struct {
	// PageSize is the number of entries in a page of the lists for which the
	// service states no most.
	PageSize int
	// MaxAge is after how long a name is read again, even where nothing tells that
	// it has changed.
	MaxAge time.Duration
}

// criticalMaxAge is the longest MaxAge of a name that is critical.
const criticalMaxAge = 24 * time.Hour

// DefaultRefresh returns how the account is read without a refresh block.
func DefaultRefresh() Refresh { return Refresh{PageSize: 200, MaxAge: 30 * 24 * time.Hour} }

// MaxAgeOf returns after how long a name is read again, even where nothing tells
// that it has changed.
func (p *Portfolio) MaxAgeOf(name string) time.Duration {
	if d := p.Domain(name); d != nil && d.Settings.Critical {
		return min(p.Refresh.MaxAge, criticalMaxAge)
	}
	return p.Refresh.MaxAge
}

// DefaultLimits returns the limits of a configuration without a limits block.
// Only CheckDomain's is published; the others adapt to the service's answers.
func DefaultLimits() Limits {
	l := Limits{DefaultQPS: 10, QPS: make(map[string]float64), BatchSize: 1000}
	for _, o := range wire.Operations() {
		if o.QPS > 0 {
			l.QPS[o.Name] = o.QPS
		}
	}
	return l
}

// Rate returns the calls a second that are allowed for an operation, 0 for any
// number. It is never more than the service is known to take.
func (l Limits) Rate(operation string) float64 {
	rate, ok := l.QPS[operation]
	if !ok {
		rate = l.DefaultQPS
	}
	if o := wire.Lookup(operation); o != nil && o.QPS > 0 && (rate > o.QPS || rate == 0) {
		return o.QPS
	}
	return rate
}

// Guard refuses what a plan changes beyond what its owner expects. A nil limit
// means no limit, unless its field says otherwise.
type Guard struct {
	MaxChangePercent     *int // of the managed names; not applied below 10 names
	MaxDelegations       *int // names whose delegation changes
	MaxRegistrantChanges *int // names that get another registrant
	MaxReleased          *int // names that were declared at the last apply and are not now; nil: max(10, 1 % of the names)
	// StopAll says that a guard that refuses anything refuses the whole plan, renewals
	// included.
	StopAll     bool
	MaxFailures *int // failed changes after which nothing more is sent
	// FilesLimits are what the files say of the limits that the command line has set for
	// this run, by their names; see [Guard.SetForOneRun].
	FilesLimits map[string]*int
	// RegistrantTransferProhibition says whether a new registrant keeps a name
	// from being transferred out for 60 days; nil: not stated, and no registrant
	// changes.
	RegistrantTransferProhibition *bool
}

// DefaultGuard returns the guard of a configuration without a guard block.
func DefaultGuard() Guard {
	return Guard{MaxChangePercent: new(30), MaxRegistrantChanges: new(0), MaxFailures: new(50)}
}

// Domain returns the desired state of a canonical name, nil where the files do
// not declare it.
func (p *Portfolio) Domain(name string) *Domain {
	i, declared := sort.Find(len(p.Domains), func(i int) int { return strings.Compare(name, p.Domains[i].Name) }) // a name is large: none is copied
	if !declared {
		return nil
	}
	return &p.Domains[i]
}

// EachPersonal passes the personal texts of all that the files declare of the account and
// its names, one after the other.
func (p *Portfolio) EachPersonal(each func(field, text string) string) {
	ofAll := func(all []Declared) {
		for i := range all {
			attr.MapPersonal(all[i].Value, each)
		}
	}
	ofAll(p.Declared)
	var last *Declared
	for i := range p.Domains {
		all := p.Domains[i].Declared
		if len(all) == 0 || last == &all[0] { // names of one block share what they declare
			continue
		}
		last = &all[0]
		ofAll(all)
	}
}

// Policy returns what the files state for all names.
func (p *Portfolio) Policy() attr.Policy {
	policy := attr.Policy{TransferProhibition: p.Guard.RegistrantTransferProhibition, BatchProfiles: p.Limits.BatchProfiles}
	for i := range p.Declared {
		if stated, ok := p.Declared[i].Value.(attr.Stated); ok {
			stated.State(&policy)
		}
	}
	return policy
}

// Hold forbids changes of some names.
type Hold struct {
	Label      string
	Names      []string  // canonical, sorted
	Attributes []string  // in the table's order; empty: all
	Until      time.Time // zero: for good
	Reason     string    // not empty where the hold is for good
	Source     hcl.Range
}

// endOfTime is when a hold ends that is for good.
func endOfTime() time.Time { return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }

// End is when the hold ends: a hold that is for good ends with the year 9999.
func (h *Hold) End() time.Time {
	if h.Until.IsZero() {
		return endOfTime()
	}
	return h.Until
}

// Covers reports whether the hold is of an attribute; "" stands for a whole name. What
// says the same thing in another way is held with it: nameservers are not replaced by
// alidns, either.
func (h *Hold) Covers(attribute string) bool {
	if len(h.Attributes) == 0 || slices.Contains(h.Attributes, attribute) {
		return true
	}
	group := groupOf(attribute)
	return group != "" && slices.ContainsFunc(h.Attributes, func(held string) bool { return groupOf(held) == group })
}

// groupOf returns the group of an attribute; "": it has none, or is one of another version
// of the program, as a state may hold it.
func groupOf(attribute string) string {
	if a := attr.Lookup(attribute); a != nil {
		return a.Group
	}
	return ""
}

// IsOn reports whether the hold is on at a time.
func (h *Hold) IsOn(at time.Time) bool { return h.End().After(at) }

// Domain is the desired state of one name.
type Domain struct {
	Name string // canonical: lower case, A-labels
	// Declared are the attributes with a value, in the table's order. Names of
	// one block share the slice where nothing differs between them.
	Declared []Declared
	Settings attr.Settings
	Template string     // the name of the template that its block names; "": none
	Source   *hcl.Range // of the block's header
}

// Declared is an attribute with the value that the files give it.
type Declared struct {
	Attribute *attr.Attribute
	Value     attr.Value
	Source    *hcl.Range // of the expression, in the block or its template
}

// Declares reports whether the domain declares the attribute of that name.
func (d *Domain) Declares(attribute string) bool { return d.Value(attribute) != nil }

// Value returns the declared value of an attribute, nil where it is unmanaged.
func (d *Domain) Value(attribute string) attr.Value {
	for i := range d.Declared {
		if d.Declared[i].Attribute.Name == attribute {
			return d.Declared[i].Value
		}
	}
	return nil
}
