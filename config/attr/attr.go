// Package attr is the table of everything that can be declared of a subject.
//
// All that the program knows of an attribute stands in one file of this
// package. Everyone else ranges over the table.
package attr

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/personal"
)

// The groups of attributes.
const (
	GroupDelegation = "delegation" // where a name is delegated to
	GroupTerm       = "term"       // what is to become of a name that expires
)

// An Attribute is one thing that can be declared of a domain or of the account.
type Attribute struct {
	// Name is its name in HCL, plans and journals. It is never renamed.
	Name string
	// Group names the attributes that say the same thing in different ways: a
	// domain declares one of them at most. See Contradicts.
	Group string
	// Unsets says that null takes away what a template says of any attribute of
	// the group: all of them are about one thing. Elsewhere null says something
	// of its own attribute alone.
	Unsets bool
	// Against names further attributes that a domain cannot declare beside it.
	// It is enough when one of the two names the other.
	Against []string
	// Facts must be known to observe it.
	Facts snapshot.Facts
	// Suffixes are the last labels of the names that have it; nil: all names.
	Suffixes []string
	// Safety returns the facts that must be known of a name before the
	// attribute changes there; nil for none. They are read for names that would
	// change, and no others.
	Safety func(in Input) snapshot.Facts
	// Price returns the facts that tell what a change costs, 0 where nobody is asked;
	// nil: its changes cost nothing, or files alone say how much. They are read before
	// those of Safety. Where they cannot be, the price is not known.
	Price func(in Input) snapshot.Facts
	// PriceOf returns the price that its changes cost, a year of it where they buy years.
	// Nil: they cost nothing.
	PriceOf func(*Prices) *Amount
	// Precedes is why whatever else is declared of a name waits while its change is
	// to be made: before that the registry changes nothing. "": nothing waits.
	Precedes string
	// PersonalElements is the field of its elements where they are personal texts; "":
	// they are not, or it has none.
	PersonalElements string
	// Inert says that it changes nothing of the account: it tells plans something,
	// and no call is ever made for it.
	Inert bool
	// Ends says that a name which declares it is to end with its term.
	Ends bool
	// Hazard is what a mistake in it can cost.
	Hazard Hazard
	// HazardOn is what it can cost to switch it on, where that is less; "": the
	// same.
	HazardOn Hazard
	// Locked says that the update lock blocks its changes.
	Locked bool
	// Requests are those of its changes, of what checks these beforehand, and of reads
	// that no fact of it asks for: who declares it needs leave to send them.
	Requests []wire.Request
	// LogWords are phrases, in capitals, each with words of entries of the service's
	// change log that are about it; NotLogWords of those that are not all the same.
	LogWords, NotLogWords []string
	// Members are those of its objects, in the order in which people write them.
	Members []string
	// Columns are those of its members that import takes from the columns of a
	// table; nil: none are.
	Columns []string
	// Blocks says that it is declared in blocks of its own, one for each of its
	// elements, whose label names the element. Only one of the account is.
	Blocks bool
	// Zoned says that import declares it of the names in a zone file.
	Zoned bool
	// Shared says that many names have the same value whatever else they have,
	// so that import writes it into templates.
	Shared bool
	// OnWord is what names are where it and all others with the word are on, as locked;
	// "": its own name says it.
	OnWord string

	// Decode turns a known value other than null into its canonical form. The
	// value is nil where a problem is an error.
	Decode func(v cty.Value) (Value, []Problem)
	// Check says what is wrong with a value for one name, where that depends on
	// the name; nil: it does not.
	Check func(name string, v Value) []Problem
	// Observe returns the live value. All Facts are known. Nil: it is an
	// attribute of the account.
	Observe func(d *snapshot.Domain) Value
	// ObserveAccount is Observe for an attribute of the account, nil otherwise.
	ObserveAccount func(a *snapshot.Account) Value
	// Element returns the part of a value that a change of one element is
	// about; nil where the value has no such part. Attributes that change as a
	// whole leave it out.
	Element func(v Value, element string) Value
	// Part is Element where the change itself must tell what it is about.
	Part func(live Value, c *Change) Value
	// Former returns the value that files declare to bring back what changes of elements
	// have changed; nil where they do not tell it. Nil: no change of an element does.
	Former func(changes []Replaced) Value
	// Restore returns the value to be declared to bring back what changes have changed;
	// live is nil while it is not known. Nil: it is that before the only change.
	Restore func(live Value, changes []Replaced) Value
	// Sent returns what a request gives a name, with what the service never tells of it;
	// nil where it does not say that. Nil: requests say no more than changes.
	Sent func(wire.Request) Value
	// Expect returns the steps that a change will have when the one that it follows
	// has been made, as far as that can be told before. Nil: its changes follow
	// none.
	Expect func(c *Change, in Input) []Step
	// Carry puts a declared value into the order that registers the name, and
	// reports whether an order can carry it. Nil: none can.
	Carry func(v Value, order *wire.Registration) bool
	// Stages returns the live value of what a change is about after each of its
	// steps, where there are several; nil: each step makes the whole change.
	Stages func(c *Change) []Value
	// Pending says why the live value may still change by itself: the service
	// is working on a change. "" where it may not. Nil: it never does.
	Pending func(d *snapshot.Domain) string
	// Hosts returns the whole names of the host objects that a change makes or
	// changes, or that it deletes. Nil: its changes are about none.
	Hosts func(c *Change) []string
	// SavedProfile returns the number of the registrant profile that a change saves, 0
	// for one that it makes. Nil: its changes save none.
	SavedProfile func(c *Change) int64
	// DeletedEmail returns the e-mail address that a change deletes, "" for none.
	// Nil: its changes delete none.
	DeletedEmail func(c *Change) string
	// RealNameLoss says why a name gives up its verified real name by a planned
	// change; "" where it does not, or nobody can tell. Profiles are those of the
	// account, as far as they are known. Nil: no change of it does that.
	RealNameLoss func(c *Change, profiles []snapshot.Profile) string
	// Mails returns who gets mail when it changes, in order. Nil: the change gives a
	// name no other registrant, and nobody gets any.
	Mails func(c *Change) []string
	// Cty writes a canonical value as HCL has it, for import; null where it says
	// nothing that files would say.
	Cty func(v Value) cty.Value

	Doc Doc

	unmarshal func(data []byte) (Value, error)
	// diff is Changes; the attribute is its own first argument, since a file's
	// functions cannot name the variable that holds them.
	diff func(a *Attribute, in Input) []Change
}

// ObserveChange returns the live value of what a change is about, to compare
// with its Before and After.
func (a *Attribute) ObserveChange(c *Change, d *snapshot.Domain) Value {
	return a.part(a.Observe(d), c)
}

// part returns what a change is about of a value.
func (a *Attribute) part(v Value, c *Change) Value {
	switch {
	case c.Element == "":
		return v
	case a.Part != nil:
		return a.Part(v, c)
	case a.Element != nil:
		return a.Element(v, c.Element)
	}
	return v
}

// Stage returns what is live of what a change is about before one of its steps
// and after it.
func (a *Attribute) Stage(c *Change, step int) (before, after Value) {
	if a.Stages == nil || len(c.Steps) == 1 {
		return c.Before, c.After
	}
	stages := append([]Value{c.Before}, a.Stages(c)...)
	return stages[step], stages[step+1]
}

// Changes returns what brings the live value to the declared one, nothing
// where they are equal. Facts and Safety are known.
func (a *Attribute) Changes(in Input) []Change { return a.diff(a, in) }

// HazardOf returns what a mistake in a change to a value can cost.
func (a *Attribute) HazardOf(after Value) Hazard {
	if a.HazardOn != "" && IsOn(after) {
		return a.HazardOn
	}
	return a.Hazard
}

// Contradicts reports whether a domain cannot declare both: within one block
// that is a mistake, and a block's own displaces the one of its template.
func (a *Attribute) Contradicts(b *Attribute) bool {
	return a != b && (a.Group != "" && a.Group == b.Group || slices.Contains(a.Against, b.Name) || slices.Contains(b.Against, a.Name))
}

// yields reports whether a value stands against none: what its attribute is against
// holds for its other values.
func yields(v Value) bool {
	y, ok := v.(interface{ Yields() bool })
	return ok && y.Yields()
}

// StandsAgainst reports whether a domain cannot declare both values, which are of
// these attributes.
func StandsAgainst(a *Attribute, v Value, b *Attribute, w Value) bool {
	return a.Contradicts(b) && !yields(v) && !yields(w)
}

// Together returns the attributes that say the same thing of a name as one of them, in
// the order of the table, itself among them.
func Together(attribute string) []string {
	a := Lookup(attribute)
	if a == nil || a.Group != GroupDelegation {
		return []string{attribute}
	}
	var names []string
	for _, other := range table {
		if other.Group == a.Group {
			names = append(names, other.Name)
		}
	}
	return names
}

// RegistersNames reports whether its changes register names: it is observed in
// whether the account has the name.
func (a *Attribute) RegistersNames() bool { return a.Facts&snapshot.Presence != 0 }

// For reports whether a name of its suffix can have the attribute.
func (a *Attribute) For(name string) bool {
	return a.Suffixes == nil || slices.Contains(a.Suffixes, name[strings.LastIndexByte(name, '.')+1:])
}

// FactsOf returns those of the facts that a name can have.
func FactsOf(name string, facts snapshot.Facts) snapshot.Facts {
	for _, a := range table {
		if facts&a.Facts != 0 && !a.For(name) {
			facts &^= a.Facts
		}
	}
	return facts
}

// PendingIn says why the live value may be about to become another one, ""
// where it is not.
func (a *Attribute) PendingIn(d *snapshot.Domain) string {
	if a.Pending == nil {
		return ""
	}
	return a.Pending(d)
}

// Doc describes an attribute to users.
type Doc struct {
	Type    string // in HCL
	Summary string // one sentence
	Example string // an HCL expression
	Reads   string // the operations that tell the live value
	Calls   string // the operations that change it; "" where nothing does
	Notes   string // what to mind
}

// Input is what the changes of one attribute of one domain follow from.
type Input struct {
	Name     string // canonical; "": the account
	Desired  Value
	Live     *snapshot.Domain // nil: the account
	Settings Settings
	// Policy is what the files state for all names.
	Policy Policy
	// Account is what is known of the account as a whole; nil: nothing.
	Account *snapshot.Account
	// Declares reports whether the domain declares the attribute of that name.
	Declares func(attribute string) bool
	// Seen returns since when something is live as declared, as far as the
	// journal knows (Change.StartsClock); zero where it does not know. It may
	// be nil.
	Seen func(mark string) time.Time
	// Left is when the account was last known to hold a name that it lacks now; zero:
	// nobody remembers that it did.
	Left time.Time
	// Prices are those of the name's suffix.
	Prices Prices
	// Buys says that the files have a budget: without one nothing is bought.
	Buys bool
	Now  time.Time // when the live state was read
}

// Policy is what the files state for all names of the account.
type Policy struct {
	// TransferProhibition says whether a new registrant keeps a name from
	// being transferred out for 60 days; nil: not stated.
	TransferProhibition *bool
	// Emails are the addresses that the files declare to be verified.
	Emails Emails
	// Profiles are the registrant profiles that the files declare, by label.
	Profiles Profiles
	// BatchProfiles gives many names the contact of a profile in one call.
	BatchProfiles bool
}

// Settings are a domain's switches that are not state of the account.
type Settings struct {
	// TemporaryUnlock lets the update lock be opened for a change and closed
	// again.
	TemporaryUnlock bool
	// KeepDS lets the nameservers of a signed name change while its DS records
	// stay as they are: the new nameservers serve the same keys.
	KeepDS bool
	// DSHold is how long a new DS record must have been live before an old one
	// goes.
	DSHold time.Duration
	// Critical names are read again after a day at the latest, whatever the refresh
	// block says.
	Critical bool
	// ExpiryAlarmDays is how many days before its end a name makes runs red that
	// nothing keeps. 0: as many as the alarm block says. [NoExpiryAlarm]: it never does,
	// since somebody else looks after its end.
	ExpiryAlarmDays int
	// Labels say whose the name is, for reports and notices.
	Labels Labels
}

// NoExpiryAlarm are the alarm days of a name of which somebody else looks after the
// end.
const NoExpiryAlarm = -1

// DefaultSettings returns the settings of a domain that states none.
func DefaultSettings() Settings { return Settings{DSHold: DefaultDSHold} }

// GivesUp reports whether the settings give up what protects a name that states none:
// its DS records, the time for which old ones stay, or the alarm of its end.
func (s *Settings) GivesUp() bool {
	return s.KeepDS || s.DSHold < DefaultDSHold || s.ExpiryAlarmDays == NoExpiryAlarm
}

// CheckSettings warns of settings of a name that do nothing beside its values.
func CheckSettings(s *Settings, value func(attribute string) Value) []Problem {
	if !s.TemporaryUnlock || IsOn(value(UpdateLock)) {
		return nil
	}
	return []Problem{{
		Warning: true, Summary: "temporary_unlock without update_lock",
		Detail: "It opens no lock: only one that the files declare is opened for a change and closed again. Declare " + UpdateLock + " = true beside it, or remove it.",
	}}
}

// Problem is what is wrong with a declared value.
type Problem struct {
	Warning bool
	Summary string
	Detail  string
	Path    cty.Path // where in the value
}

// A Value is the canonical form of an attribute's value: equal values are
// equal states. It marshals to JSON.
type Value interface {
	// Equal reports whether both are the same state. Other is of the same type.
	Equal(other Value) bool
	// String writes the value for people.
	String() string
}

// Personal is a value that holds personal texts: they tell who somebody is.
type Personal interface {
	Value
	// MapPersonal returns the value with others in place of its personal texts,
	// which it passes with the field that holds them, in one order.
	MapPersonal(with personal.Map) Value
}

// Differing returns what of two values is not the same, for those that have
// parts; others as they are.
func Differing(before, after Value) (Value, Value) {
	if parts, ok := before.(interface {
		Differing(after Value) (Value, Value)
	}); ok && after != nil {
		return parts.Differing(after)
	}
	return before, after
}

// Listed is a value with parts of which each is long: people read them one
// below the other.
type Listed interface {
	Value
	// Lines writes the parts, each for a line of its own.
	Lines() []string
}

// Nameservers returns the hosts to which a value delegates names, sorted; none
// where it does not say.
func Nameservers(v Value) []string {
	if delegates, ok := v.(interface{ Nameservers() []string }); ok {
		return delegates.Nameservers()
	}
	return nil
}

// Addresses returns those that a declared value of a domain gives to a host below
// it; none where it is not about the host, or deletes it.
func Addresses(v Value, host, domain string) []string {
	if hosts, ok := v.(interface {
		Addresses(host, domain string) []string
	}); ok {
		return hosts.Addresses(host, domain)
	}
	return nil
}

// Ordering is a declared value for which something is ordered.
type Ordering interface {
	Value
	// Term is for how many years.
	Term() int
}

// Referring is a declared contact that may stand for a registrant profile of the
// files.
type Referring interface {
	Value
	// ProfileLabel returns the label of the profile, "" where it is none.
	ProfileLabel() string
	// Email returns the e-mail address, "" where it says none.
	Email() string
}

// Stated is a declared value of the account that the attributes of names look
// at.
type Stated interface {
	Value
	// State adds the value to what the files state for all names.
	State(policy *Policy)
}

// Recurring is a declared value that buys a new term before the old one ends.
type Recurring interface {
	Value
	DaysLeft() int // how many days before the end
	Term() int     // for how many years at least
	// YearsAt returns for how many years a name that expires at a time is renewed at
	// another one; 0: it has as long a term as it can.
	YearsAt(expires, at time.Time) int
}

// Ending is what is live of the term of a name: an order begins at its end.
type Ending interface {
	Value
	// End is when the term ends; zero where that is not known.
	End() time.Time
}

// Titled is a value after which import calls the names that have it in common.
type Titled interface {
	Value
	// Title is a few words; "" where nothing is to be said.
	Title() string
}

// Referable is a value that import writes as a block of its own, which stands
// once whatever names have it, and in whatever role.
type Referable interface {
	Value
	// Block says how the block is written.
	Block() Block
	// StandsFor reports whether a block of the value can stand for another value
	// with its key, too.
	StandsFor(other Value) bool
}

// Block says how a [Referable] value is written as a block.
type Block struct {
	Type  string // of the block, with which references to it begin
	About string // what such blocks tell
	Label string // what the block is called after
	// Key is equal for values that one block may stand for.
	Key string
	// Whole says that nothing is missing: such a value can stand for others.
	Whole bool
}

// Describing is a value that gives its names a quality, by which import calls them.
type Describing interface {
	Value
	// Quality is a word such as signed; "" where there is nothing to say.
	Quality() string
}

// Switch is a value that is on or off.
type Switch interface {
	Value
	// On reports whether it is on.
	On() bool
}

// IsOn reports whether a value is a switch that is on.
func IsOn(v Value) bool {
	s, ok := v.(Switch)
	return ok && s.On()
}

// Overlap returns of two sets what leaves, what enters and what stays, nil for
// nothing; ok is false where the values are no sets, or share nothing.
func Overlap(before, after Value) (gone, come, kept Value, ok bool) {
	set, isSet := before.(interface {
		Overlap(after Value) (gone, come, kept Value)
	})
	if !isSet {
		return nil, nil, nil, false
	}
	gone, come, kept = set.Overlap(after)
	return gone, come, kept, kept != nil
}

// accountTable holds the attributes of the account in the order in which they
// are shown.
var accountTable = []*Attribute{
	emails,
	registrantProfile,
}

// table holds the attributes of a domain in the order in which they are shown.
var table = []*Attribute{
	nameservers,
	alidns,
	dsRecords,
	hosts,
	registrant,
	adminContact,
	billingContact,
	techContact,
	transferLock,
	updateLock,
	privacy,
	ensAddress,
	art,
	registration,
	redemption,
	renewal,
	lapse,
	autoRenew,
}

// All returns the attributes in the order in which they are shown, those of
// the account first.
func All() []*Attribute { return append(slices.Clone(accountTable), table...) }

// ordered holds the attributes of a domain that no file declares: a command orders
// what they change.
var ordered = []*Attribute{transferIn}

// Planned returns the attributes that plans can have changes of, in the order in which
// they are shown.
func Planned() []*Attribute { return append(All(), ordered...) }

// OfAccount returns the attributes of the account.
func OfAccount() []*Attribute { return accountTable }

// OfNames returns the attributes of a domain.
func OfNames() []*Attribute { return table }

// Lookup returns the attribute of that name, nil where there is none.
func Lookup(name string) *Attribute {
	for _, attributes := range [][]*Attribute{table, accountTable, ordered} {
		for _, a := range attributes {
			if a.Name == name {
				return a
			}
		}
	}
	return nil
}

// Unmarshal reads a value that was written as JSON; null is nil.
func (a *Attribute) Unmarshal(data []byte) (Value, error) {
	if string(data) == "null" || len(data) == 0 {
		return nil, nil
	}
	return a.unmarshal(data)
}

// unmarshalAs is the unmarshal of an attribute whose values are of type V.
func unmarshalAs[V Value](data []byte) (Value, error) {
	var v V
	err := json.Unmarshal(data, &v)
	return v, err
}
