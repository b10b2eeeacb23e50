package tests

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// notByHand are members of a snapshot's names that say how it was read, and the name,
// which is the block's label.
var notByHand = []string{"name", "row", "read"}

// facts are what a domain block of an account may say, as a snapshot has it, with
// their types.
var facts = membersOf(reflect.TypeFor[snapshot.Domain](), notByHand...)

// notOfAccounts are members of a snapshot that say how it was read, the number, and the
// names, which are blocks.
var notOfAccounts = []string{"format_version", "endpoint", "account", "read_at", "domains", "failures"}

// otherMembers are what an account that is written by hand may have besides its names.
var otherMembers = slices.Sorted(maps.Keys(membersOf(reflect.TypeFor[snapshot.Account](), notOfAccounts...)))

// byHand makes an account of domain blocks, and of what else a snapshot has.
func (l *loader) byHand(args hcl.Attributes, blocks hcl.Blocks) *snapshot.Account {
	account := &snapshot.Account{FormatVersion: snapshot.FormatVersion, Domains: []snapshot.Domain{}}
	for _, name := range otherMembers {
		a := args[name]
		if a == nil {
			continue
		}
		if v, ok := l.Constant(a); ok && !v.IsNull() {
			l.setMember(account, a, v)
		}
	}
	places := make(map[string]*hcl.Range)
	for _, block := range blocks {
		name, err := wire.CanonicalName(block.Labels[0])
		if err != nil {
			l.ReportAt(block.LabelRanges[0].Ptr(), "Not a domain name", "%v.", err)
			continue
		}
		if before := places[name]; before != nil {
			l.ReportAt(block.DefRange.Ptr(), fmt.Sprintf("Duplicate domain %q", name), "The account has it already on line %d.", before.Start.Line)
			continue
		}
		places[name] = block.DefRange.Ptr()
		d, _ := l.domain(name, block)
		account.Domains = append(account.Domains, d)
	}
	var text bytes.Buffer
	if err := snapshot.Write(&text, account); err != nil {
		l.ReportAt(l.account, "Wrong account", "%v.", err)
		return nil
	}
	canonical, err := snapshot.Read(&text)
	if err != nil {
		l.ReportAt(l.account, "Wrong account", "%v.", err)
		return nil
	}
	canonical.ReadAt = time.Time{}
	return canonical
}

// domain reads the facts of one name, and returns the arguments that tell them.
func (l *loader) domain(name string, block *hcl.Block) (snapshot.Domain, hcl.Attributes) {
	d := snapshot.Domain{Name: name}
	content := l.Content(block.Body, &hcl.BodySchema{Attributes: arguments(slices.Sorted(maps.Keys(facts))...)}, block.DefRange.Ptr())
	for _, a := range content.Attributes {
		if v, ok := l.Constant(a); ok && !v.IsNull() {
			l.setMember(&d, a, v)
		}
	}
	return d, content.Attributes
}

// setMember gives a part of a snapshot the member that an argument is called after, in
// the form of a snapshot or as people write it.
func (l *loader) setMember(to any, a *hcl.Attribute, v cty.Value) {
	plain, err := plainOf(v)
	if err != nil {
		l.ReportAt(a.Expr.Range().Ptr(), "Wrong value of "+a.Name, "%v.", err)
		return
	}
	if d, ok := to.(*snapshot.Domain); ok && facts[a.Name] == reflect.TypeFor[[]snapshot.Host]() {
		plain = hostsByLabel(d.Name, plain)
	}
	if wrong := decodeMember(to, a.Name, plain); wrong != nil {
		l.Report(mistake(a.Name, a.Expr, wrong.path, wrong.detail))
	}
}

// decodeMember gives a part of a snapshot one member.
func decodeMember(to any, member string, v any) *memberError {
	field := fieldOf(reflect.ValueOf(to).Elem(), member)
	return decode(v, field.Addr().Interface())
}

// fieldOf returns the field of a struct that JSON calls so.
func fieldOf(part reflect.Value, member string) reflect.Value {
	for i := range part.NumField() {
		if name, _, _ := strings.Cut(part.Type().Field(i).Tag.Get("json"), ","); name == member {
			return part.Field(i)
		}
	}
	panic("there is no member " + member)
}

// hostsByLabel returns hosts as a snapshot has them, of a map by their labels.
func hostsByLabel(name string, v any) any {
	byLabel, ok := v.(map[string]any)
	if !ok {
		return v
	}
	hosts := []any{}
	for label, addresses := range byLabel {
		hosts = append(hosts, map[string]any{"name": label + "." + name, "addresses": addresses})
	}
	return hosts
}
