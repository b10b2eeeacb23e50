package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// Readings choose between the ways in which the reference can be read: what it
// leaves open, and where its tables and samples disagree. A member that is ""
// has the first of the values that [ReadingTable] lists, which is what the
// service very probably does.
type Readings struct {
	CNNIC             string `json:"cnnic"`
	CNIC              string `json:"cnic"`
	MonthTimes        string `json:"month_times"`
	StatedTimes       string `json:"stated_times"`
	ListedNameservers string `json:"listed_nameservers"`
	ListedAutoRenew   string `json:"listed_auto_renew"`
	EmptyLists        string `json:"empty_lists"`
	PremiumPrice      string `json:"premium_price"`
	OrdinaryPrice     string `json:"ordinary_price"`
	StaticPrice       string `json:"static_price"`
	NewerOperations   string `json:"newer_operations"`
	ScrollStart       string `json:"scroll_start"`
	ChangeLogTimes    string `json:"change_log_times"`
	ChangeLogDates    string `json:"change_log_dates"`
}

// What a service does with a spelling, or with a filter, of a request.
const (
	Accepted = "accepted"
	Ignored  = "ignored"
	Refused  = "refused"
)

// Reading is one of the choices of [Readings].
type Reading struct {
	Name   string // the member in JSON
	Doc    string
	Values []string // the first is what the service very probably does

	of func(*Readings) *string
}

// ReadingTable returns all choices of [Readings].
func ReadingTable() []Reading { return slices.Clone(readingTable) }

var readingTable = []Reading{
	{
		"cnnic", "registrant profiles whose kind of registry is spelled cnnic in a request",
		[]string{Accepted, Ignored, Refused},
		func(r *Readings) *string { return &r.CNNIC },
	},
	{
		"cnic", "registrant profiles whose kind of registry is spelled cnic, as one table has it",
		[]string{Refused, Ignored, Accepted},
		func(r *Readings) *string { return &r.CNIC },
	},
	{
		"month_times", "the zone of times such as Jan 02,2006 15:04:05",
		[]string{"utc", "utc+8"},
		func(r *Readings) *string { return &r.MonthTimes },
	},
	{
		"stated_times", "times as samples have them, or as tables state them: 2006-01-02T15:04:05Z in QueryTaskInfoHistory and QueryTransferInList, Jan 02,2006 15:04:05 in ListEmailVerification",
		[]string{"sampled", "stated"},
		func(r *Readings) *string { return &r.StatedTimes },
	},
	{
		"listed_nameservers", "nameservers in the list of names: none, or as DnsList.Dns or DnsList.DnsList",
		[]string{"absent", "Dns", "DnsList"},
		func(r *Readings) *string { return &r.ListedNameservers },
	},
	{
		"listed_auto_renew", "whether the list of names tells that the service renews a name by itself",
		[]string{"present", "absent"},
		func(r *Readings) *string { return &r.ListedAutoRenew },
	},
	{
		"empty_lists", `a list without entries in JSON: {"Item":[]} where lists are wrapped, [], {}, null, or no member`,
		[]string{"wrapped", "array", "object", "null", "absent"},
		func(r *Readings) *string { return &r.EmptyLists },
	},
	{
		"premium_price", "the price of a premium name is for FeePeriod years, or for one whatever FeePeriod is",
		[]string{"term", "year"},
		func(r *Readings) *string { return &r.PremiumPrice },
	},
	{
		"ordinary_price", "CheckDomain states a Price of a name that is not premium, too, which is 1286 in the samples and nobody knows of what",
		[]string{"absent", "stated"},
		func(r *Readings) *string { return &r.OrdinaryPrice },
	},
	{
		"static_price", "where a market has list_prices, StaticPriceInfo is in months and yuan, or in years and the currency that was asked for",
		[]string{"months", "years"},
		func(r *Readings) *string { return &r.StaticPrice },
	},
	{
		"newer_operations", "the operations that the reference lacks and today's official clients have: ScrollDomainList and others",
		[]string{"present", "absent"},
		func(r *Readings) *string { return &r.NewerOperations },
	},
	{
		"scroll_start", "the first answer of ScrollDomainList has no names and no total, or the first page",
		[]string{"empty", "names"},
		func(r *Readings) *string { return &r.ScrollStart },
	},
	{
		"change_log_times", "the zone of the times in QueryChangeLogList: that of all such texts, or UTC by the words of its table",
		[]string{"utc+8", "utc"},
		func(r *Readings) *string { return &r.ChangeLogTimes },
	},
	{
		"change_log_dates", "QueryChangeLogList looks at the times that a request names, or at their days",
		[]string{"exact", "days"},
		func(r *Readings) *string { return &r.ChangeLogDates },
	},
}

// Set chooses by name; an error says which names or values there are.
func (r *Readings) Set(name, value string) error {
	var names []string
	for _, one := range readingTable {
		names = append(names, one.Name)
		switch {
		case one.Name != name:
		case !slices.Contains(one.Values, value):
			return fmt.Errorf("reading %s: %q is none of %s", name, value, strings.Join(one.Values, ", "))
		default:
			*one.of(r) = value
			return nil
		}
	}
	return fmt.Errorf("there is no reading %q, only %s", name, strings.Join(names, ", "))
}

// Get returns what is chosen for a name, "" where there is no such reading.
func (r Readings) Get(name string) string {
	for _, one := range readingTable {
		if one.Name == name {
			return *one.of(&r)
		}
	}
	return ""
}

// OtherReadings returns the readings that differ from the default ones in one
// choice, by NAME=VALUE, and one that differs in all, as Together.
func OtherReadings() map[string]Readings {
	all := make(map[string]Readings)
	var together Readings
	for _, one := range readingTable {
		for _, value := range one.Values[1:] {
			var r Readings
			*one.of(&r) = value
			all[one.Name+"="+value] = r
			*one.of(&together) = value
		}
	}
	together.EmptyLists = "object" // a list that is not there leaves its facts open
	all[Together] = together
	return all
}

// Together is the name of the readings that differ in all choices.
const Together = "all together"

// Tells reports whether a service of these readings tells of a list that has no
// entries that it has none. One that is absent or null tells nothing.
func (r Readings) Tells() bool { return r.EmptyLists != "absent" && r.EmptyLists != "null" }

// Validate reports the first value that is not one.
func (r Readings) Validate() error {
	full := r.withDefaults()
	for _, one := range readingTable {
		if err := new(Readings).Set(one.Name, *one.of(&full)); err != nil {
			return err
		}
	}
	return nil
}

func (r Readings) withDefaults() Readings {
	for _, one := range readingTable {
		if to := one.of(&r); *to == "" {
			*to = one.Values[0]
		}
	}
	return r
}

// style is how answers are written.
func (r Readings) style() wire.Style {
	st := wire.Style{StatedTimes: r.StatedTimes == "stated"}
	if r.EmptyLists != "wrapped" {
		st.EmptyList = wire.EmptyList(r.EmptyLists)
	}
	if r.MonthTimes == "utc+8" {
		st.Months = wire.Zone
	}
	if r.ChangeLogTimes == "utc" {
		st.ChangeLog = time.UTC
	}
	if r.ListedNameservers == "DnsList" {
		st.ListedNameservers = r.ListedNameservers
	}
	return st
}

// profileKind reads the kind of registries that a request names, "" where it does
// not count; an error refuses the request.
func (r Readings) profileKind(t wire.RegistrantProfileType) (kind wire.RegistrantProfileType, err error) {
	does := Accepted
	switch t {
	case wire.CNNICProfile:
		does = r.CNNIC
	case wire.CNICProfile:
		does = r.CNIC
	}
	switch does {
	case Refused:
		return "", refusal(400, "InvalidRegistrantProfileType", "Specified parameter RegistrantProfileType is not valid.")
	case Ignored:
		return "", nil
	}
	return spelled(t), nil
}
