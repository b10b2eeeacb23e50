package planner

import (
	"maps"

	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/personal"
)

// Labels are those that files give a name.
type Labels = attr.Labels

// ownerLabel is the label of names by which people route what they are told.
const ownerLabel = "owner"

// Owner returns whose the name of a condition is by its labels, with a mask in place of a
// person's address; "": nobody says so.
func (c *Condition) Owner() string { return personal.NewMasker().Text(c.Labels.Get(ownerLabel)) }

// NameSettings are what files call a name by, for whoever routes what a plan tells of it.
type NameSettings struct {
	Labels   attr.Labels `json:"labels,omitempty"`
	Critical bool        `json:"critical,omitempty"`
}

// SettingsByName are the settings of names.
type SettingsByName map[string]NameSettings

// mapText returns the settings with other words in their labels, and notes in some where
// there are any.
func (all SettingsByName) mapText(with func(string) string, some *bool) SettingsByName {
	mapped := maps.Clone(all)
	for name, was := range all {
		if s := (NameSettings{was.Labels.MapText(with), was.Critical}); s != was {
			mapped[name], *some = s, true
		}
	}
	return mapped
}

// NameSettingsOf returns the settings of a name; none where no file declares it.
func NameSettingsOf(p *config.Portfolio, name string) (s NameSettings) {
	if p == nil || name == "" {
		return s
	}
	if d := p.Domain(name); d != nil {
		s = NameSettings{d.Settings.Labels, d.Settings.Critical}
	}
	return s
}

// addSettings adds the settings of the names of which the plan tells something.
func (p *Plan) addSettings(files *config.Portfolio) {
	add := func(name string) {
		if s := NameSettingsOf(files, name); s != (NameSettings{}) {
			if p.Settings == nil {
				p.Settings = make(SettingsByName)
			}
			p.Settings[name] = s
		}
	}
	for i := range p.Changes {
		add(p.Changes[i].Domain)
	}
	for i := range p.Threats {
		add(p.Threats[i].Domain)
	}
	for i := range p.Diagnostics {
		add(p.Diagnostics[i].Domain)
	}
	for i := range p.Failures {
		add(p.Failures[i].Domain)
	}
	for _, name := range p.Missing {
		add(name)
	}
}
