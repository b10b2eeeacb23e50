package attr

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/miekg/dns"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// DSRecords is the name of the attribute that signs a delegation.
const DSRecords = "ds_records"

// DefaultDSHold is longer than resolvers keep the DS records of any common
// suffix (RFC 6781, section 4.1.2).
const DefaultDSHold = 48 * time.Hour

// maxDSRecords is the most that the service takes for one name.
const maxDSRecords = 8

var dsRecords = &Attribute{
	Name:     DSRecords,
	LogWords: []string{"DS", "DNSSEC"},
	Facts:    snapshot.DSRecords,
	Safety:   func(Input) snapshot.Facts { return snapshot.UpdateLock },
	Hazard:   Delegation,
	Locked:   true,
	Zoned:    true,
	// A key that stands for its digest is written by hand only.
	Members: dsMembers,

	Decode:    decodeDSRecords,
	Observe:   func(d *snapshot.Domain) Value { return NewDSSet(d.DSRecords) },
	Element:   func(v Value, element string) Value { return v.(DSSet).element(element) },
	Restore:   restoredRecords,
	Stages:    dsStages,
	Cty:       func(v Value) cty.Value { return v.(DSSet).cty() },
	unmarshal: unmarshalAs[DSSet],
	diff:      dsChanges,

	Requests: []wire.Request{&wire.SaveSingleTaskForAddingDSRecordRequest{}, &wire.SaveSingleTaskForModifyingDSRecordRequest{}, &wire.SaveSingleTaskForDeletingDSRecordRequest{}},
	Doc: Doc{
		Type:    "list(object)",
		Summary: "The DS records at the registry, at most 8; an empty list makes the name unsigned.",
		Example: `[{ key_tag = 2371, algorithm = 13, digest_type = 2, digest = "0F83BA8D8F6A9C52E1D6C4B4BA9E1E7DD21A6FA4EBD7B9B0F41D3B45C8B6A7D1" }]`,
		Reads:   "QueryDSRecord",
		Calls:   "SaveSingleTaskForAddingDSRecord, SaveSingleTaskForModifyingDSRecord, SaveSingleTaskForDeletingDSRecord",
		Notes:   "A DNSKEY may stand for its digest: { flags, protocol, algorithm, public_key, digest_type }. New records are added first; an old one goes when a declared one has been live for ds_hold (48h). The last ones go only by an empty list. Two live records with one key tag cannot be told apart by the service, so one of them does not change alone. Where the nameservers change, too, there is ds_hold between the stages: the records of a name that becomes unsigned go before it moves, those of one that becomes signed come after it has moved, and with other keys the old records go last. With ds_hold = \"0s\" all of it is of one apply, in that order.",
	},
}

// DSRecord is a delegation signer (RFC 4034, section 5). One that was declared
// by its key has the key in place of the digest, which depends on the name.
type DSRecord struct {
	snapshot.DSRecord
	Flags     int    `json:"flags,omitempty"`
	Protocol  int    `json:"protocol,omitempty"`
	PublicKey string `json:"public_key,omitempty"` // base64
}

// DSSet is a set of DS records, canonical and sorted.
type DSSet []DSRecord

// Quality says that a name is signed.
func (s DSSet) Quality() string {
	if len(s) == 0 {
		return ""
	}
	return "signed"
}

// NewDSSet returns the set of the records, whose digests are upper-case.
func NewDSSet(records []snapshot.DSRecord) DSSet {
	s := make(DSSet, len(records))
	for i, r := range records {
		s[i].DSRecord = r
	}
	return s.canonical()
}

func (s DSSet) canonical() DSSet {
	slices.SortFunc(s, func(a, b DSRecord) int {
		return cmp.Or(cmp.Compare(a.KeyTag, b.KeyTag), cmp.Compare(a.Algorithm, b.Algorithm),
			cmp.Compare(a.DigestType, b.DigestType), strings.Compare(a.Digest, b.Digest), strings.Compare(a.PublicKey, b.PublicKey))
	})
	return append(DSSet{}, slices.Compact(s)...)
}

// of returns the set for a name: keys become the digests that they have there.
func (s DSSet) of(name string) DSSet {
	bound := make(DSSet, len(s))
	for i, r := range s {
		bound[i].DSRecord = r.DSRecord
		if r.PublicKey != "" {
			key := r.dnskey()
			key.Hdr.Name = dns.Fqdn(name)
			bound[i].Digest = strings.ToUpper(key.ToDS(uint8(r.DigestType)).Digest)
		}
	}
	return bound.canonical()
}

func (r DSRecord) dnskey() *dns.DNSKEY {
	return &dns.DNSKEY{
		Flags: uint16(r.Flags), Protocol: uint8(r.Protocol), Algorithm: uint8(r.Algorithm), PublicKey: r.PublicKey,
	}
}

// Equal reports whether both sets hold the same records.
func (s DSSet) Equal(other Value) bool { return slices.Equal(s, other.(DSSet)) }

// String lists the records as zone files write them (RFC 4034, section 5.3).
func (s DSSet) String() string {
	if len(s) == 0 {
		return "none"
	}
	return strings.Join(s.Lines(), ", ")
}

// Lines writes the records one by one, for they are long.
func (s DSSet) Lines() []string {
	texts := make([]string, len(s))
	for i, r := range s {
		texts[i] = r.String()
	}
	return texts
}

// String writes the record, or the key in its place (RFC 4034, section 2.2).
func (r DSRecord) String() string {
	if r.PublicKey != "" {
		return fmt.Sprintf("%d of the key %d %d %d %s", r.DigestType, r.Flags, r.Protocol, r.Algorithm, r.PublicKey)
	}
	return fmt.Sprintf("%d %d %d %s", r.KeyTag, r.Algorithm, r.DigestType, r.Digest)
}

func (s DSSet) cty() cty.Value {
	if len(s) == 0 {
		return cty.EmptyTupleVal
	}
	vals := make([]cty.Value, len(s))
	for i, r := range s {
		vals[i] = cty.ObjectVal(r.cty())
	}
	return cty.TupleVal(vals)
}

func (r DSRecord) cty() map[string]cty.Value {
	if r.PublicKey != "" {
		return map[string]cty.Value{
			"flags": cty.NumberIntVal(int64(r.Flags)), "protocol": cty.NumberIntVal(int64(r.Protocol)),
			"algorithm": cty.NumberIntVal(int64(r.Algorithm)), "public_key": cty.StringVal(r.PublicKey),
			"digest_type": cty.NumberIntVal(int64(r.DigestType)),
		}
	}
	return map[string]cty.Value{
		"key_tag": cty.NumberIntVal(int64(r.KeyTag)), "algorithm": cty.NumberIntVal(int64(r.Algorithm)),
		"digest_type": cty.NumberIntVal(int64(r.DigestType)), "digest": cty.StringVal(r.Digest),
	}
}

// element returns the records that an element names: all of a key tag, or the
// one that dsElement names in full. Nil where there is none.
func (s DSSet) element(element string) Value {
	var found DSSet
	for _, r := range s {
		if strconv.Itoa(r.KeyTag) == element || dsElement(r) == element {
			found = append(found, r)
		}
	}
	if found == nil {
		return nil
	}
	return found
}

// dsElement names one record where its key tag alone does not.
func dsElement(r DSRecord) string {
	return fmt.Sprintf("%d-%d-%d-%s", r.KeyTag, r.Algorithm, r.DigestType, r.Digest[:min(8, len(r.Digest))])
}

// restoredRecords returns the live records as they were before changes, which others
// have left alone.
func restoredRecords(live Value, changes []Replaced) Value {
	records, _ := live.(DSSet)
	for _, c := range changes {
		before, _ := c.Before.(DSSet)
		after, _ := c.After.(DSSet)
		records = append(records.minus(after), before...)
	}
	return records.canonical()
}

func (s DSSet) has(r DSRecord) bool { return slices.Contains(s, r) }

// minus returns the records that are not in the other set.
func (s DSSet) minus(other DSSet) DSSet { return slices.DeleteFunc(slices.Clone(s), other.has) }

// byTag sorts the records by their key tag.
func (s DSSet) byTag() map[int]DSSet {
	tags := make(map[int]DSSet)
	for _, r := range s {
		tags[r.KeyTag] = append(tags[r.KeyTag], r)
	}
	return tags
}

// A rollover is the change of a name's DS records.
type rollover struct {
	Input
	attribute *Attribute
	want      DSSet
	live      DSSet
	room      int // for records that are added
	changes   []Change
}

// dsChanges adds what is missing, changes the only live record of a key tag in
// place, and deletes what is not declared.
func dsChanges(a *Attribute, in Input) []Change {
	r := &rollover{Input: in, attribute: a, want: in.Desired.(DSSet).of(in.Name), live: a.Observe(in.Live).(DSSet)}
	missing, extra := r.want.minus(r.live).byTag(), r.live.minus(r.want).byTag()
	live := r.live.byTag()
	r.room = maxDSRecords - len(r.live)
	for _, tag := range slices.Sorted(maps.Keys(missing)) {
		gone, come := extra[tag], missing[tag]
		if len(gone) > 0 && len(gone) == len(live[tag]) && (len(gone) == 1 || r.hasSuccessor(tag, live)) {
			r.replace(tag, gone, come)
			delete(extra, tag)
			continue
		}
		for _, record := range come {
			r.add(record, len(come)+len(live[tag]) > 1)
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(extra)) {
		r.remove(tag, extra[tag], len(live[tag]), len(missing[tag]))
	}
	return r.changes
}

// hasSuccessor reports whether a declared record with another key tag is live,
// or can be, while the records of a tag are removed.
func (r *rollover) hasSuccessor(tag int, live map[int]DSSet) bool {
	return slices.ContainsFunc(r.want, func(record DSRecord) bool {
		return record.KeyTag != tag && (r.live.has(record) || len(live[record.KeyTag]) == 0)
	})
}

func (r *rollover) change(element string, action Action, before, after Value) *Change {
	r.changes = append(r.changes, Change{
		ID: ElementID(r.Name, r.attribute.Name, element), Domain: r.Name, Attribute: r.attribute.Name, Element: element,
		Action: action, Before: before, After: after, Hazard: r.attribute.Hazard, Status: Ready,
	})
	return &r.changes[len(r.changes)-1]
}

// step adds a step to a change, which needs the one before it.
func (c *Change) step(name string, request wire.Request) {
	s := Step{ID: StepID(c.ID, name), Request: request}
	if n := len(c.Steps); n > 0 {
		s.Needs = []string{c.Steps[n-1].ID}
	}
	c.Steps = append(c.Steps, s)
}

// add adds a record. One whose key tag is ambiguous is named in full.
func (r *rollover) add(record DSRecord, ambiguous bool) {
	element := strconv.Itoa(record.KeyTag)
	if ambiguous {
		element = dsElement(record)
	}
	c := r.change(element, Create, nil, DSSet{record})
	c.step(string(Create), r.adding(record))
	c.ResetsClock = []string{dsMark(r.Name, record)}
	r.checkRoom(c, 1)
}

// checkRoom holds a change back that adds more records than there is room for.
func (r *rollover) checkRoom(c *Change, more int) {
	switch r.room -= more; {
	case more <= 0 || r.room >= 0:
	case len(r.live) < maxDSRecords || len(r.kept()) > 0:
		c.WaitFor(ForHold, Deferred, "it is added when an old one has gone: a name has %d DS records at most", maxDSRecords)
	default:
		c.Block(Blocked, "the name has %d DS records, the most that the service takes, and an old one goes only when a declared one has been live: declare one of the old ones, too, until the others have gone", maxDSRecords)
	}
}

func (r *rollover) adding(record DSRecord) wire.Request {
	return &wire.SaveSingleTaskForAddingDSRecordRequest{
		DomainName: r.Name, KeyTag: record.KeyTag, Algorithm: wire.DSAlgorithm(record.Algorithm),
		DigestType: wire.DSDigestType(record.DigestType), Digest: record.Digest,
	}
}

// deleting deletes all records that have a key tag when it is executed: it names
// the tag and nothing else.
func (r *rollover) deleting(tag int) wire.Request {
	return &wire.SaveSingleTaskForDeletingDSRecordRequest{DomainName: r.Name, KeyTag: tag}
}

// replace puts records in the place of all that have their key tag. A single
// one is changed. Several are deleted first: deleting them later would delete
// the new ones as well. Another digest of the only live key may come at any
// time.
func (r *rollover) replace(tag int, gone, come DSSet) {
	c := r.change(strconv.Itoa(tag), Update, gone, come)
	if i := slices.IndexFunc(come, gone[0].sameKey); i > 0 {
		come = slices.Clone(come)
		come[0], come[i] = come[i], come[0]
	}
	added := come
	if len(gone) == 1 {
		c.step(string(Update), &wire.SaveSingleTaskForModifyingDSRecordRequest{
			DomainName: r.Name, KeyTag: tag, Algorithm: wire.DSAlgorithm(come[0].Algorithm),
			DigestType: wire.DSDigestType(come[0].DigestType), Digest: come[0].Digest,
		})
		added = come[1:]
	} else {
		c.step(string(Delete), r.deleting(tag))
	}
	if RemovesKey(c) && (len(gone) > 1 || r.Settings.DSHold > 0) {
		r.hold(c)
	}
	for _, record := range added {
		c.step("create-"+dsElement(record), r.adding(record))
	}
	for _, record := range come {
		c.ResetsClock = append(c.ResetsClock, dsMark(r.Name, record))
	}
	r.checkRoom(c, len(come)-len(gone))
}

// dsStages returns the records of the key tag after each step of a change.
func dsStages(c *Change) []Value {
	var live DSSet
	stages := make([]Value, len(c.Steps))
	for i, s := range c.Steps {
		switch r := s.Request.(type) {
		case *wire.SaveSingleTaskForDeletingDSRecordRequest:
			live = nil
		case *wire.SaveSingleTaskForModifyingDSRecordRequest:
			live = NewDSSet([]snapshot.DSRecord{{KeyTag: r.KeyTag, Algorithm: int(r.Algorithm), DigestType: int(r.DigestType), Digest: r.Digest}})
		case *wire.SaveSingleTaskForAddingDSRecordRequest:
			live = append(slices.Clone(live), NewDSSet([]snapshot.DSRecord{{KeyTag: r.KeyTag, Algorithm: int(r.Algorithm), DigestType: int(r.DigestType), Digest: r.Digest}})...).canonical()
		}
		if live != nil {
			stages[i] = live
		}
	}
	return stages
}

// RemovesKey reports whether a change of DS records removes, if only for a
// while, the last record of a key.
func RemovesKey(c *Change) bool {
	before, _ := c.Before.(DSSet)
	after, _ := c.After.(DSSet)
	return c.Action == Delete || c.Action == Update && (len(before) != 1 || !slices.ContainsFunc(after, before[0].sameKey))
}

// sameKey reports whether two records are digests of one key, as far as records
// tell.
func (r DSRecord) sameKey(other DSRecord) bool {
	return r.KeyTag == other.KeyTag && r.Algorithm == other.Algorithm && r.DigestType != other.DigestType
}

// remove deletes the records with a key tag that are not declared, unless there
// are or come others with it.
func (r *rollover) remove(tag int, extra DSSet, live, come int) {
	element, alone := strconv.Itoa(tag), len(extra) == live && come == 0
	if !alone {
		element = dsElement(extra[0])
	}
	c := r.change(element, Delete, extra, nil)
	c.step(string(Delete), r.deleting(tag))
	if !alone {
		c.Block(Blocked, "%d live records have the key tag %d, and the service cannot tell them apart: sign with another key, or remove all of them", live, tag)
	}
	if len(r.want) > 0 {
		r.hold(c)
	}
}

// kept returns the declared records that are live.
func (r *rollover) kept() DSSet {
	return slices.DeleteFunc(slices.Clone(r.want), func(record DSRecord) bool { return !r.live.has(record) })
}

// hold lets an old record go only when a declared record that stays has been
// live for the time of ds_hold. Until then resolvers may know only the old
// ones.
func (r *rollover) hold(c *Change) {
	for _, record := range r.kept() {
		c.StartsClock = append(c.StartsClock, dsMark(r.Name, record))
	}
	switch until := LiveSince(c.StartsClock, r.Seen, r.Now).Add(r.Settings.DSHold); {
	case len(c.StartsClock) == 0 && !r.canStandBeside():
		c.Block(Blocked, "no declared DS record can stand beside the live ones, whose key tags they have: sign with a key that has another tag, or set ds_hold = \"0s\" if the nameservers serve both keys")
	case len(c.StartsClock) == 0 && r.Settings.DSHold == 0:
		c.WaitFor(ForHold, Deferred, "it goes in the next apply, when a declared DS record is live")
	case len(c.StartsClock) == 0:
		c.WaitFor(ForHold, Deferred, "it goes when a declared DS record has been live for %s", Hours(r.Settings.DSHold))
	case until.After(r.Now):
		c.WaitFor(ForHold, Deferred, "it goes on %s, when a declared DS record has been live for %s", Date(until), Hours(r.Settings.DSHold))
	}
}

// canStandBeside reports whether a declared record that is not live can be
// added beside the live ones, or can replace another digest of its key.
func (r *rollover) canStandBeside() bool {
	live := r.live.byTag()
	return slices.ContainsFunc(r.want, func(record DSRecord) bool {
		others := live[record.KeyTag]
		return len(others) == 0 || len(others) == 1 && (others[0].sameKey(record) || r.Settings.DSHold == 0)
	})
}

// DSMarks returns the marks of the declared records of a name that are live, and
// of those that are not.
func DSMarks(name string, declared DSSet, live *snapshot.Domain) (there, gone []string) {
	has := NewDSSet(live.DSRecords)
	for _, record := range declared.of(name) {
		if has.has(record) {
			there = append(there, dsMark(name, record))
		} else {
			gone = append(gone, dsMark(name, record))
		}
	}
	return there, gone
}

// dsMark is how the journal names a record that it has seen live.
func dsMark(name string, record DSRecord) string {
	return name + "/" + DSRecords + "/" + record.String()
}

func decodeDSRecords(v cty.Value) (Value, []Problem) {
	ty := v.Type()
	if !ty.IsTupleType() && !ty.IsListType() && !ty.IsSetType() {
		return nil, []Problem{wrongType(v, "a list of DS records")}
	}
	var s DSSet
	var problems []Problem
	for i, e := range elements(v) {
		record, problem := decodeDSRecord(e)
		if problem != nil {
			problem.Path = append(cty.IndexIntPath(i), problem.Path...)
			problems = append(problems, *problem)
			continue
		}
		s = append(s, record)
	}
	if problems != nil {
		return nil, problems
	}
	s = s.canonical()
	if len(s) > maxDSRecords {
		return nil, []Problem{{
			Summary: "Too many DS records",
			Detail:  fmt.Sprintf("There are %d; the service takes at most %d.", len(s), maxDSRecords),
		}}
	}
	return s, nil
}

// dsMembers are the members of a record, and those of a DNSKEY in its place.
var dsMembers, dnskeyMembers = []string{"key_tag", "algorithm", "digest_type", "digest"},
	[]string{"flags", "protocol", "algorithm", "public_key", "digest_type"}

func decodeDSRecord(v cty.Value) (DSRecord, *Problem) {
	o, problem := newObject(v, "a DS record: { key_tag, algorithm, digest_type, digest }")
	if problem != nil {
		return DSRecord{}, problem
	}
	if o.has("public_key") {
		return decodeDNSKEY(o)
	}
	var r DSRecord
	r.KeyTag, r.Algorithm, r.DigestType = o.number("key_tag", 0, 65535), o.number("algorithm", 0, 255), o.number("digest_type", 0, 255)
	r.Digest = strings.ToUpper(o.textWithoutSpaces("digest"))
	o.only(dsMembers)
	return r, o.check(func() *Problem { return checkDS(r) })
}

// decodeDNSKEY reads a key from which the record is computed.
func decodeDNSKEY(o *object) (DSRecord, *Problem) {
	var r DSRecord
	r.Flags, r.Protocol = o.number("flags", 0, 65535), o.number("protocol", 0, 255)
	r.Algorithm, r.PublicKey = o.number("algorithm", 0, 255), o.textWithoutSpaces("public_key")
	r.DigestType = int(wire.SHA256)
	if o.has("digest_type") {
		r.DigestType = o.number("digest_type", 0, 255)
	}
	o.only(dnskeyMembers)
	problem := o.check(func() *Problem { return checkKey(r) })
	if problem == nil {
		r.KeyTag = int(r.dnskey().KeyTag())
	}
	return r, problem
}

// keyLengths are the lengths of keys in bytes, of algorithms whose keys have one
// (RFC 5933, RFC 6605, RFC 8080).
var keyLengths = map[int]int{12: 64, 13: 64, 14: 96, 15: 32, 16: 57}

func checkKey(r DSRecord) *Problem {
	key, err := base64.StdEncoding.DecodeString(r.PublicKey)
	length, fixed := keyLengths[r.Algorithm]
	switch {
	case err != nil || len(key) == 0:
		return &Problem{Summary: "Not a key", Detail: "A public key is written in base64.", Path: cty.GetAttrPath("public_key")}
	case fixed && len(key) != length:
		return &Problem{Summary: "Wrong length of a key", Detail: fmt.Sprintf("A key of algorithm %d has %d bytes, not %d.", r.Algorithm, length, len(key)), Path: cty.GetAttrPath("public_key")}
	case r.Flags&dns.ZONE == 0 || r.Flags&dns.REVOKE != 0 || r.Protocol != 3:
		return &Problem{Summary: "Not a zone key", Detail: "A zone key has bit 256 of its flags set, bit 128 not, and protocol 3 (RFC 4034, section 2.1; RFC 5011, section 3)."}
	}
	if r.dnskey().ToDS(uint8(r.DigestType)) == nil {
		return &Problem{Summary: "Unknown digest type", Detail: fmt.Sprintf("No digest of type %d can be computed of a key: use 1, 2 or 4.", r.DigestType), Path: cty.GetAttrPath("digest_type")}
	}
	return checkAlgorithm(r.Algorithm)
}

// digestLengths are the lengths of digests in hexadecimal (RFC 3658, RFC 4509,
// RFC 5933, RFC 6605).
var digestLengths = map[int]int{1: 40, 2: 64, 3: 64, 4: 96}

func checkDS(r DSRecord) *Problem {
	if p := checkAlgorithm(r.Algorithm); p != nil {
		return p
	}
	length, ok := digestLengths[r.DigestType]
	switch {
	case !ok:
		return &Problem{Summary: "Unknown digest type", Detail: fmt.Sprintf("%d is not one of 1, 2, 3, 4.", r.DigestType), Path: cty.GetAttrPath("digest_type")}
	case strings.Trim(r.Digest, "0123456789ABCDEF") != "":
		return &Problem{Summary: "Not a digest", Detail: "A digest is written in hexadecimal.", Path: cty.GetAttrPath("digest")}
	case len(r.Digest) != length:
		return &Problem{Summary: "Wrong length of a digest", Detail: fmt.Sprintf("A digest of type %d has %d hexadecimal digits, not %d.", r.DigestType, length, len(r.Digest)), Path: cty.GetAttrPath("digest")}
	}
	return nil
}

func checkAlgorithm(n int) *Problem {
	known := wire.DSAlgorithm(0).Known()
	if slices.Contains(known, strconv.Itoa(n)) {
		return nil
	}
	return &Problem{Summary: "Unknown algorithm", Detail: fmt.Sprintf("%d is not one of %s.", n, strings.Join(known, ", ")), Path: cty.GetAttrPath("algorithm")}
}
