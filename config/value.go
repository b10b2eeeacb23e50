package config

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/jsonvalue"
)

// Value returns the desired state as expressions see it, as portfolio, with some of
// its members by name, or with all of them: nil. docs/portfolio.schema.json describes
// it. Names that declare the same share one value: it may be made of a million.
func (p *Portfolio) Value(members []string) (cty.Value, error) {
	made := make(map[string]cty.Value)
	for name, make := range portfolioMembers {
		if members != nil && !slices.Contains(members, name) {
			continue
		}
		v, err := make(p)
		if err != nil {
			return cty.NilVal, err
		}
		made[name] = v
	}
	return cty.ObjectVal(made), nil
}

// portfolioMembers makes each member of the desired state.
var portfolioMembers = map[string]func(p *Portfolio) (cty.Value, error){
	"account":  (*Portfolio).accountValue,
	"alarm":    func(p *Portfolio) (cty.Value, error) { return jsonvalue.Of(alarmJSON(p.Alarm)) },
	"budget":   func(p *Portfolio) (cty.Value, error) { return jsonvalue.Of(p.Budget) },
	"domains":  (*Portfolio).domainsValue,
	"guard":    func(p *Portfolio) (cty.Value, error) { return jsonvalue.Of(p.Guard.json()) },
	"holds":    (*Portfolio).holdsValue,
	"prices":   func(p *Portfolio) (cty.Value, error) { return jsonvalue.Of(p.Prices) },
	"released": (*Portfolio).releasedValue,
}

// alarmJSON is an alarm block as expressions see it.
type alarmJSON struct {
	PageDays   int `json:"page_days"`
	ExpiryDays int `json:"expiry_days"`
}

// guardJSON is a guard block as expressions see it: no limit is null.
type guardJSON struct {
	MaxChangePercent              *int  `json:"max_change_percent"`
	MaxDelegations                *int  `json:"max_delegations"`
	MaxRegistrantChanges          *int  `json:"max_registrant_changes"`
	MaxReleased                   *int  `json:"max_released"`
	MaxFailures                   *int  `json:"max_failures"`
	StopAll                       bool  `json:"stop_all"`
	RegistrantTransferProhibition *bool `json:"registrant_transfer_prohibition"`
}

func (g *Guard) json() guardJSON {
	return guardJSON{
		g.MaxChangePercent, g.MaxDelegations, g.MaxRegistrantChanges, g.MaxReleased, g.MaxFailures, g.StopAll, g.RegistrantTransferProhibition,
	}
}

// accountValue returns the account block, with each attribute of the account, null
// where it is not declared.
func (p *Portfolio) accountValue() (cty.Value, error) {
	all := map[string]cty.Value{
		"id": cty.StringVal(p.Account.ID), "endpoint": cty.StringVal(p.Account.Endpoint), "profile": cty.StringVal(p.Account.Profile),
		"unmanaged": cty.StringVal(string(p.Account.Unmanaged)), "absent_lists": cty.StringVal(string(p.Account.AbsentLists)),
	}
	for _, a := range attr.OfAccount() {
		all[a.Name] = cty.NullVal(cty.DynamicPseudoType)
	}
	for i := range p.Declared {
		d := &p.Declared[i]
		v, err := jsonvalue.Of(d.Value)
		if err != nil {
			return cty.NilVal, err
		}
		if before := all[d.Attribute.Name]; d.Attribute.Blocks && !before.IsNull() {
			elements := before.AsValueMap()
			for name, element := range v.AsValueMap() {
				elements[name] = element
			}
			v = cty.ObjectVal(elements)
		}
		all[d.Attribute.Name] = v
	}
	return cty.ObjectVal(all), nil
}

// declaredAlike is what the value of a name follows from, but for its name.
type declaredAlike struct {
	first *Declared
	n     int
	settingsAlike
	source *hcl.Range
}

// settingsAlike is what the settings of a name follow from.
type settingsAlike struct {
	settings attr.Settings
	template string
	holds    string // labels, each with a line of its own
}

// domainsValue returns the names. Names of one block share what they declare, and so
// their values.
func (p *Portfolio) domainsValue() (cty.Value, error) {
	holds := p.holdLabels()
	maker := domainsMaker{values: jsonvalue.NewMaker(), settings: make(map[settingsAlike]map[string]cty.Value)}
	known := make(map[declaredAlike]cty.Value)
	all := make(map[string]cty.Value, len(p.Domains))
	for i := range p.Domains {
		d := &p.Domains[i]
		key := declaredAlike{n: len(d.Declared), settingsAlike: settingsAlike{d.Settings, d.Template, strings.Join(holds[d.Name], "\n")}, source: d.Source}
		if len(d.Declared) > 0 {
			key.first = &d.Declared[0]
		}
		v, ok := known[key]
		if !ok {
			var err error
			if v, err = maker.domain(d, key.settingsAlike); err != nil {
				return cty.NilVal, err
			}
			known[key] = v
		}
		all[d.Name] = v
	}
	return cty.ObjectVal(all), nil
}

// domainsMaker makes the values of names.
type domainsMaker struct {
	values   *jsonvalue.Maker
	settings map[settingsAlike]map[string]cty.Value
}

// domain returns what is declared of a name: each attribute of the table, null where
// nothing is, and the settings.
func (m *domainsMaker) domain(d *Domain, s settingsAlike) (cty.Value, error) {
	shared, ok := m.settings[s]
	if !ok {
		var err error
		if shared, err = m.settingsValues(s); err != nil {
			return cty.NilVal, err
		}
		m.settings[s] = shared
	}
	all := maps.Clone(shared)
	if d.Source != nil {
		all["source"] = cty.ObjectVal(map[string]cty.Value{"file": cty.StringVal(d.Source.Filename), "line": cty.NumberIntVal(int64(d.Source.Start.Line))})
	}
	for i := range d.Declared {
		v, err := m.values.Of(d.Declared[i].Value)
		if err != nil {
			return cty.NilVal, err
		}
		all[d.Declared[i].Attribute.Name] = v
	}
	return cty.ObjectVal(all), nil
}

// settingsJSON are the settings of a name as expressions see them.
type settingsJSON struct {
	Template        *string           `json:"template"`
	Labels          map[string]string `json:"labels"`
	Critical        bool              `json:"critical"`
	TemporaryUnlock bool              `json:"temporary_unlock"`
	KeepDS          bool              `json:"keep_ds"`
	DSHold          string            `json:"ds_hold"`
	ExpiryAlarmDays *int              `json:"expiry_alarm_days"`
	Holds           []string          `json:"holds"`
	Source          *attr.Source      `json:"source"`
}

// settingsValues returns the members of a name of which no attribute is declared.
func (m *domainsMaker) settingsValues(of settingsAlike) (map[string]cty.Value, error) {
	s := settingsJSON{
		Labels: of.settings.Labels.Map(), Critical: of.settings.Critical, TemporaryUnlock: of.settings.TemporaryUnlock,
		KeepDS: of.settings.KeepDS, DSHold: of.settings.DSHold.String(),
	}
	if of.template != "" {
		s.Template = &of.template
	}
	if of.holds != "" {
		s.Holds = strings.Split(of.holds, "\n")
	}
	switch days := of.settings.ExpiryAlarmDays; days {
	case 0: // as the alarm block says
	case attr.NoExpiryAlarm:
		s.ExpiryAlarmDays = new(0)
	default:
		s.ExpiryAlarmDays = &days
	}
	v, err := m.values.Of(s)
	if err != nil {
		return nil, err
	}
	all := v.AsValueMap()
	for _, a := range attr.OfNames() {
		all[a.Name] = cty.NullVal(cty.DynamicPseudoType)
	}
	return all, nil
}

// holdLabels returns the labels of the holds of each name, whenever they end.
func (p *Portfolio) holdLabels() map[string][]string {
	byName := make(map[string][]string)
	for i := range p.Holds {
		for _, name := range p.Holds[i].Names {
			byName[name] = append(byName[name], p.Holds[i].Label)
		}
	}
	return byName
}

func (p *Portfolio) holdsValue() (cty.Value, error) {
	type holdJSON struct {
		Names      []string    `json:"names"`
		Attributes []string    `json:"attributes"`
		Until      *time.Time  `json:"until"`
		Reason     string      `json:"reason"`
		Source     attr.Source `json:"source"`
	}
	all := make(map[string]holdJSON, len(p.Holds))
	for i := range p.Holds {
		h := &p.Holds[i]
		x := holdJSON{Names: h.Names, Attributes: h.Attributes, Reason: h.Reason, Source: attr.Source{File: h.Source.Filename, Line: h.Source.Start.Line}}
		if !h.Until.IsZero() {
			x.Until = new(h.Until.UTC())
		}
		all[h.Label] = x
	}
	return jsonvalue.Of(all)
}

func (p *Portfolio) releasedValue() (cty.Value, error) {
	type releasedJSON struct {
		Names  []string    `json:"names"`
		Reason string      `json:"reason"`
		Source attr.Source `json:"source"`
	}
	all := make(map[string]releasedJSON, len(p.Released))
	for i := range p.Released {
		r := &p.Released[i]
		all[r.Label] = releasedJSON{r.Names, r.Reason, attr.Source{File: r.Source.Filename, Line: r.Source.Start.Line}}
	}
	return jsonvalue.Of(all)
}
