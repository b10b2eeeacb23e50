package config

import (
	"fmt"
	"reflect"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/config/attr"
)

// An argument is what a domain, domains or template block can say: the
// attributes of the table, the settings, and the template.
type argument struct {
	name      string
	order     int
	attribute *attr.Attribute // nil: a setting, or the template
	// decode turns a known value other than null into an attr.Value, a setting,
	// or a *layer for the template.
	decode func(v cty.Value) (any, []attr.Problem)
	// set applies a setting, or the default in place of null.
	set func(s *attr.Settings, value any)
}

// arguments holds all arguments in the order of the attribute table.
var arguments = allArguments()

func allArguments() []*argument {
	var all []*argument
	for _, a := range attr.OfNames() {
		all = append(all, &argument{name: a.Name, attribute: a, decode: decodeAttribute(a)})
	}
	all = append(all,
		&argument{name: "temporary_unlock", decode: decodeBool, set: setting(func(s *attr.Settings) *bool { return &s.TemporaryUnlock })},
		&argument{name: "keep_ds", decode: decodeBool, set: setting(func(s *attr.Settings) *bool { return &s.KeepDS })},
		&argument{name: "ds_hold", decode: decodeDuration, set: setting(func(s *attr.Settings) *time.Duration { return &s.DSHold })},
		&argument{name: "critical", decode: decodeBool, set: setting(func(s *attr.Settings) *bool { return &s.Critical })},
		&argument{name: "expiry_alarm_days", decode: decodeAlarmDays, set: setting(func(s *attr.Settings) *int { return &s.ExpiryAlarmDays })},
		&argument{name: "labels", decode: decodeLabels, set: setting(func(s *attr.Settings) *attr.Labels { return &s.Labels })},
		&argument{name: "template", decode: decodeTemplate},
	)
	for i, a := range all {
		a.order = i
	}
	return all
}

func argumentNames() []string {
	var names []string
	for _, a := range arguments {
		names = append(names, a.name)
	}
	return names
}

// decodeAttribute hides that a missing attr.Value is not a missing any.
func decodeAttribute(a *attr.Attribute) func(cty.Value) (any, []attr.Problem) {
	return func(v cty.Value) (any, []attr.Problem) {
		value, problems := a.Decode(v)
		if value == nil {
			return nil, problems
		}
		return value, problems
	}
}

// setting returns the set of one member of the settings.
func setting[T any](member func(*attr.Settings) *T) func(*attr.Settings, any) {
	return func(s *attr.Settings, value any) {
		v, ok := value.(T)
		if !ok {
			defaults := attr.DefaultSettings()
			v = *member(&defaults)
		}
		*member(s) = v
	}
}

// decodeDuration reads a time such as "48h" or "90m".
func decodeDuration(v cty.Value) (any, []attr.Problem) {
	if v.Type() != cty.String {
		return nil, wrongType(`a duration such as "48h"`, v)
	}
	d, err := time.ParseDuration(v.AsString())
	if err != nil || d < 0 {
		return nil, []attr.Problem{{
			Summary: "Not a duration",
			Detail:  fmt.Sprintf("%q is no duration: write hours, minutes and seconds, such as \"48h\" or \"90m\".", v.AsString()),
		}}
	}
	return d, nil
}

func decodeBool(v cty.Value) (any, []attr.Problem) {
	b, err := attr.ToBool(v)
	if err != nil {
		return nil, wrongType("true or false", v)
	}
	return b.True(), nil
}

func decodeLabels(v cty.Value) (any, []attr.Problem) { return attr.DecodeLabels(v) }

// layerType is the type of what template.NAME refers to.
var layerType = cty.Capsule("template", reflect.TypeFor[layer]())

func decodeTemplate(v cty.Value) (any, []attr.Problem) {
	if v.Type() != layerType {
		return nil, wrongType("a reference to a template, such as template.corp", v)
	}
	return v.EncapsulatedValue().(*layer), nil
}

func wrongType(wanted string, got cty.Value) []attr.Problem {
	return []attr.Problem{{
		Summary: "Wrong type",
		Detail:  fmt.Sprintf("This must be %s, not %s.", wanted, describe(got)),
	}}
}
