package config

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// Ceilings are the most that a run may do: what the files said that were applied last,
// or what a policy file says. It is plain data that a state keeps as JSON.
type Ceilings struct {
	// Whole says that what is not stated is not permitted either: no budget buys
	// nothing, and a price that is not stated bounds no purchase. A guard that is not
	// stated has no limit in any case.
	Whole   bool                   `json:"whole,omitempty"`
	Guards  map[string]int         `json:"guards,omitempty"` // limits by name
	StopAll bool                   `json:"stop_all,omitempty"`
	Budget  *Budget                `json:"budget,omitempty"`
	Prices  map[string]attr.Amount `json:"prices,omitempty"` // by suffix and kind, as co.uk/renew
	Holds   map[string]time.Time   `json:"holds,omitempty"`  // by name, or name/attribute, until when
	// Places say where a ceiling stands, by its setting. A state keeps none.
	Places map[string]hcl.Range `json:"-"`
}

// A Loosened setting permits more than a ceiling.
type Loosened struct {
	Setting       string // such as guard.max_delegations
	Before, After string // in words: the ceiling, and what the files say
	Source        *hcl.Range
	restore       func(*Portfolio)
}

// guardLimit returns the limit that the files state for a guard, whatever the command
// line says for this run; nil: none.
func (p *Portfolio) guardLimit(name string) *int {
	if files, ok := p.Guard.FilesLimits[name]; ok {
		return files
	}
	g := p.Guard
	return *g.Limits()[name]
}

// Limits returns the limits of a guard block by their names.
func (g *Guard) Limits() map[string]**int {
	return map[string]**int{
		"max_change_percent": &g.MaxChangePercent, "max_delegations": &g.MaxDelegations, "max_registrant_changes": &g.MaxRegistrantChanges,
		"max_released": &g.MaxReleased, "max_failures": &g.MaxFailures,
	}
}

// SetForOneRun sets a limit for one run: what the files say stays known.
func (g *Guard) SetForOneRun(name string, limit int) {
	at := g.Limits()[name]
	if g.FilesLimits == nil {
		g.FilesLimits = make(map[string]*int)
	}
	if _, twice := g.FilesLimits[name]; !twice {
		g.FilesLimits[name] = *at
	}
	*at = &limit
}

// minReleased is how many names may leave the files of an account of any size where the
// guard block states no limit.
const minReleased = 10

// MaxReleased is how many names may leave the files: what they state, else one in a
// hundred of the names.
func (p *Portfolio) MaxReleased() int {
	if p.Guard.MaxReleased != nil {
		return *p.Guard.MaxReleased
	}
	return p.defaultReleased()
}

func (p *Portfolio) defaultReleased() int { return max(minReleased, (len(p.Domains)+99)/100) }

// Ceilings returns what the files say.
func (p *Portfolio) Ceilings() *Ceilings {
	c := &Ceilings{
		Whole: true, Guards: make(map[string]int), StopAll: p.Guard.StopAll, Budget: p.Budget,
		Prices: make(map[string]attr.Amount), Holds: make(map[string]time.Time),
	}
	for name := range p.Guard.Limits() {
		if limit := p.guardLimit(name); limit != nil {
			c.Guards[name] = *limit
		}
	}
	for suffix := range p.Prices {
		prices := p.Prices[suffix]
		for kind, price := range pricesByKind(&prices) {
			if *price != nil {
				c.Prices[suffix+"/"+kind] = **price
			}
		}
	}
	for i := range p.Holds {
		for held := range p.Holds[i].held() {
			if end := p.Holds[i].End(); end.After(c.Holds[held]) {
				c.Holds[held] = end
			}
		}
	}
	return c
}

// held are what a hold covers: names, or some of their attributes as name/attribute.
func (h *Hold) held() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, name := range h.Names {
			if len(h.Attributes) == 0 && !yield(name) {
				return
			}
			for _, attribute := range h.Attributes {
				if !yield(name + "/" + attribute) {
					return
				}
			}
		}
	}
}

func pricesByKind(p *attr.Prices) map[string]**attr.Amount {
	return map[string]**attr.Amount{"register": &p.Register, "renew": &p.Renew, "redeem": &p.Redeem, "transfer": &p.Transfer}
}

// LoosenedFrom returns what the files permit beyond ceilings, sorted.
func (p *Portfolio) LoosenedFrom(c *Ceilings, now time.Time) []Loosened {
	if c == nil {
		return nil
	}
	all := slices.Concat(p.loosenedGuards(c), p.loosenedBudget(c), p.loosenedPrices(c), p.loosenedHolds(c, now))
	for i := range all {
		if at, ok := p.Places[all[i].Setting]; ok {
			all[i].Source = &at
		}
	}
	slices.SortFunc(all, func(x, y Loosened) int { return strings.Compare(x.Setting, y.Setting) })
	return all
}

func (p *Portfolio) loosenedGuards(c *Ceilings) (all []Loosened) {
	for name := range p.Guard.Limits() {
		limit := p.guardLimit(name)
		most, stated := c.Guards[name]
		if name == "max_released" {
			stated = stated || c.Whole
			if _, ok := c.Guards[name]; !ok {
				most = p.defaultReleased()
			}
			if limit == nil {
				limit = new(p.defaultReleased())
			}
		}
		if !stated || limit != nil && *limit <= most {
			continue
		}
		after := "no limit"
		if limit != nil {
			after = words.Number(*limit)
		}
		all = append(all, Loosened{Setting: "guard." + name, Before: words.Number(most), After: after, restore: func(q *Portfolio) {
			if _, once := q.Guard.FilesLimits[name]; once {
				q.Guard.FilesLimits = maps.Clone(q.Guard.FilesLimits)
				q.Guard.FilesLimits[name] = &most
				return
			}
			*q.Guard.Limits()[name] = &most
		}})
	}
	if c.StopAll && !p.Guard.StopAll {
		all = append(all, Loosened{Setting: "guard.stop_all", Before: "true", After: "false", restore: func(q *Portfolio) { q.Guard.StopAll = true }})
	}
	return all
}

func (p *Portfolio) loosenedBudget(c *Ceilings) []Loosened {
	is, most := p.Budget, c.Budget
	switch {
	case is == nil, most == nil && !c.Whole, most != nil && is.Currency == most.Currency && is.Amount <= most.Amount && is.OfMonth() <= most.OfMonth():
		return nil
	}
	before := "nothing"
	if most != nil {
		before = most.String()
	}
	return []Loosened{{Setting: "budget", Before: before, After: is.String(), restore: func(q *Portfolio) { q.Budget = most }}}
}

// String writes a budget such as 1,000.00 USD a month.
func (b *Budget) String() string {
	text := fmt.Sprintf("%s %s a %s", b.Amount, b.Currency, b.Per)
	if b.PerMonthMax > 0 {
		text += fmt.Sprintf(" and %s a month", b.PerMonthMax)
	}
	return text
}

// loosenedPrices compares what counts for names below each suffix that either side
// states: a price that goes leaves them to that of a shorter suffix.
func (p *Portfolio) loosenedPrices(c *Ceilings) (all []Loosened) {
	suffixes := make(map[string]bool)
	for suffix := range p.Prices {
		suffixes[suffix] = true
	}
	for at := range c.Prices {
		suffix, _, _ := strings.Cut(at, "/")
		suffixes[suffix] = true
	}
	for suffix := range suffixes {
		prices, from := p.pricesBelow(suffix), c.priced(suffix)
		for kind, price := range pricesByKind(&prices) {
			most, stated := c.Prices[from+"/"+kind]
			if *price == nil || stated && **price <= most || !stated && !c.Whole {
				continue
			}
			x := Loosened{Setting: "prices." + suffix + "." + kind, Before: "not stated", After: (*price).String()}
			var last *attr.Amount
			if stated {
				x.Before, last = most.String(), &most
			}
			x.restore = func(q *Portfolio) {
				these := q.pricesBelow(suffix)
				*pricesByKind(&these)[kind] = last
				q.Prices[suffix] = these
			}
			all = append(all, x)
		}
	}
	return all
}

// pricesBelow returns the prices of names directly below a suffix.
func (p *Portfolio) pricesBelow(suffix string) attr.Prices { return p.PricesOf("name." + suffix) }

// priced returns the suffix whose prices count for names directly below one, as
// [Portfolio.PricesOf] finds it; "": there is none.
func (c *Ceilings) priced(suffix string) string {
	for ; suffix != ""; _, suffix, _ = strings.Cut(suffix, ".") {
		for kind := range pricesByKind(new(attr.Prices)) {
			if _, stated := c.Prices[suffix+"/"+kind]; stated {
				return suffix
			}
		}
	}
	return ""
}

func (p *Portfolio) loosenedHolds(c *Ceilings, now time.Time) (all []Loosened) {
	if len(c.Holds) == 0 {
		return nil
	}
	is := p.Ceilings().Holds
	for held, until := range c.Holds {
		name, attribute, _ := strings.Cut(held, "/")
		end := is[held]
		if end.Before(is[name]) {
			end = is[name]
		}
		if !until.After(now) || !end.Before(until) {
			continue
		}
		h := Hold{Label: "of the last apply", Names: []string{name}, Until: until, Reason: "that it ends earlier is not approved"}
		if attribute != "" {
			h.Attributes = []string{attribute}
		}
		if until.Equal(endOfTime()) {
			h.Until = time.Time{}
		}
		after := "not held"
		if end.After(now) {
			after = holdEnd(end)
		}
		all = append(all, Loosened{
			Setting: "hold." + strings.ReplaceAll(held, "/", "."), Before: holdEnd(until), After: after,
			restore: func(q *Portfolio) { q.Holds = append(q.Holds, h) },
		})
	}
	return all
}

// holdEnd says when a hold ends.
func holdEnd(end time.Time) string {
	if end.Equal(endOfTime()) {
		return "for good"
	}
	return "until " + end.Format(time.DateOnly)
}

// Narrowed returns the files with the ceilings in the place of what is loosened.
func (p *Portfolio) Narrowed(all []Loosened) *Portfolio {
	if len(all) == 0 {
		return p
	}
	q := *p
	q.Prices, q.Holds = maps.Clone(p.Prices), slices.Clone(p.Holds)
	for _, x := range all {
		x.restore(&q)
	}
	return &q
}
