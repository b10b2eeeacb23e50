package tests

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// notByHand are members of a snapshot's names that say how it was read, and the name,
// which is the block's label.
var notByHand = []string{"name", "row", "read"}

// facts are what a domain block of an account may say, as a snapshot has it, with
// their types.
var facts = membersOf(reflect.TypeFor[snapshot.Domain](), notByHand)

// membersOf returns the types of the members of a part of a snapshot by their names,
// without some.
func membersOf(part reflect.Type, without []string) map[string]reflect.Type {
	types := make(map[string]reflect.Type)
	for field := range part.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" && !slices.Contains(without, name) {
			types[name] = field.Type
		}
	}
	return types
}

// notOfAccounts are members of a snapshot that say how it was read, the number, and the
// names, which are blocks.
var notOfAccounts = []string{"format_version", "endpoint", "account", "read_at", "domains", "failures"}

// otherMembers are what an account that is written by hand may have besides its names.
var otherMembers = slices.Sorted(maps.Keys(membersOf(reflect.TypeFor[snapshot.Account](), notOfAccounts)))

// byHand makes an account of domain blocks, and of what else a snapshot has.
func (l *loader) byHand(args hcl.Attributes, blocks hcl.Blocks) *snapshot.Account {
	account := &snapshot.Account{FormatVersion: snapshot.FormatVersion, Domains: []snapshot.Domain{}}
	for _, name := range otherMembers {
		a := args[name]
		if a == nil {
			continue
		}
		if v, ok := l.constant(a); ok && !v.IsNull() {
			text, err := ctyjson.Marshal(v, v.Type())
			if err == nil {
				err = decodeMember(account, name, text)
			}
			if err != nil {
				l.errorAt(a.Expr.Range().Ptr(), "Wrong value of "+name, "%v.", err)
			}
		}
	}
	places := make(map[string]*hcl.Range)
	for _, block := range blocks {
		name, err := wire.CanonicalName(block.Labels[0])
		if err != nil {
			l.errorAt(block.LabelRanges[0].Ptr(), "Not a domain name", "%v.", err)
			continue
		}
		if before := places[name]; before != nil {
			l.errorAt(block.DefRange.Ptr(), fmt.Sprintf("Duplicate domain %q", name), "The account has it already on line %d.", before.Start.Line)
			continue
		}
		places[name] = block.DefRange.Ptr()
		account.Domains = append(account.Domains, l.domain(name, block))
	}
	var text bytes.Buffer
	if err := snapshot.Write(&text, account); err != nil {
		l.errorAt(l.account, "Wrong account", "%v.", err)
		return nil
	}
	canonical, err := snapshot.Read(&text)
	if err != nil {
		l.errorAt(l.account, "Wrong account", "%v.", err)
		return nil
	}
	canonical.ReadAt = time.Time{}
	return canonical
}

// domain reads the facts of one name.
func (l *loader) domain(name string, block *hcl.Block) snapshot.Domain {
	d := snapshot.Domain{Name: name}
	content := l.Content(block.Body, &hcl.BodySchema{Attributes: arguments(slices.Sorted(maps.Keys(facts))...)}, block.DefRange.Ptr())
	for fact, a := range content.Attributes {
		v, ok := l.constant(a)
		if !ok || v.IsNull() {
			continue
		}
		if err := setFact(&d, fact, v); err != nil {
			l.errorAt(a.Expr.Range().Ptr(), "Wrong value of "+fact, "%v.", err)
		}
	}
	return d
}

// setFact gives a name one fact, in the form of a snapshot or as people write it.
func setFact(d *snapshot.Domain, fact string, v cty.Value) error {
	text, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return err
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		return err
	}
	if plain, err = asSnapshot(d.Name, facts[fact], plain); err != nil {
		return err
	}
	if text, err = json.Marshal(plain); err != nil {
		return err
	}
	return decodeMember(d, fact, text)
}

// decodeMember gives a part of a snapshot one member.
func decodeMember(to any, member string, text []byte) error {
	text, err := json.Marshal(map[string]json.RawMessage{member: text})
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(to); err != nil {
		return fmt.Errorf("%s; it is written as in a snapshot", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// asSnapshot turns what people write into what a snapshot has of a type: true and false
// for locks, days for times, hosts by their labels.
func asSnapshot(name string, ty reflect.Type, v any) (any, error) {
	switch x := v.(type) {
	case bool:
		if ty == reflect.TypeFor[wire.LockStatus]() {
			return wire.Lock(x), nil
		}
	case string:
		if ty == reflect.TypeFor[time.Time]() {
			if day, err := time.Parse(time.DateOnly, x); err == nil {
				return day, nil
			}
		}
	case map[string]any:
		if ty == reflect.TypeFor[[]snapshot.Host]() {
			return hostsByLabel(name, x), nil
		}
		if ty.Kind() == reflect.Map && ty.Key() == reflect.TypeFor[wire.ContactType]() {
			return x, knownRoles(x)
		}
	}
	return v, nil
}

func hostsByLabel(name string, byLabel map[string]any) []any {
	hosts := []any{}
	for label, addresses := range byLabel {
		hosts = append(hosts, map[string]any{"name": label + "." + name, "addresses": addresses})
	}
	return hosts
}

// knownRoles checks the roles of contacts.
func knownRoles(contacts map[string]any) error {
	known := wire.ContactType("").Known()
	for role := range contacts {
		if !slices.Contains(known, role) {
			return fmt.Errorf("there is no role %q.%s There are %s", role, attr.DidYouMean(attr.Meant(role, known)), strings.Join(known, ", "))
		}
	}
	return nil
}
