package config

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/internal/words"
)

// A Ceiling of an operator's policy counts where the files, or the command line, state
// more.
type Ceiling struct {
	Setting string // such as guard.max_delegations
	Stated  string // in words
	Most    string // in words: what counts
	// Source is where the files state it; nil: the command line does.
	Source *hcl.Range
	// Policy is where the policy says what counts.
	Policy hcl.Range
	// OfPrice says that what is stated stays, and forbids purchases.
	OfPrice bool
}

// Under returns the files with an operator's policy over them, and which of its ceilings
// count in the place of what is stated, sorted by setting. Where nothing is stated the
// ceiling counts without a word. Prices stay as they are stated, for they are what is
// counted: what costs more than a ceiling is not bought ([OperatorPolicy.WhyTooDear]).
func (p *Portfolio) Under(o *OperatorPolicy) (*Portfolio, []Ceiling) {
	if o == nil {
		return p, nil
	}
	q := *p
	q.Operator = o
	all := slices.Concat(q.guardUnder(o), q.budgetUnder(o), p.pricesOver(o))
	slices.SortFunc(all, func(x, y Ceiling) int {
		return cmp.Or(strings.Compare(x.Setting, y.Setting), strings.Compare(x.Stated, y.Stated))
	})
	return &q, all
}

// ceiling returns one that counts for a setting which the files state; ok is false where
// they do not.
func (p *Portfolio) ceiling(o *OperatorPolicy, setting, stated, most string) (_ Ceiling, ok bool) {
	at, ok := p.Places[setting]
	return Ceiling{Setting: setting, Stated: stated, Most: most, Source: &at, Policy: o.Ceilings.Places[setting]}, ok
}

func (p *Portfolio) guardUnder(o *OperatorPolicy) (all []Ceiling) {
	limits := p.Guard.Limits()
	p.Guard.FilesLimits = maps.Clone(p.Guard.FilesLimits)
	for name, most := range o.Ceilings.Guards {
		setting := "guard." + name
		of := p.guardLimit(name)
		if of == nil && name == "max_released" {
			of = new(p.defaultReleased())
		}
		lower := of == nil || *of > most
		if lower && of != nil {
			if c, stated := p.ceiling(o, setting, words.Number(*of), words.Number(most)); stated {
				all = append(all, c)
			}
		}
		at := limits[name]
		if _, once := p.Guard.FilesLimits[name]; once {
			if lower {
				p.Guard.FilesLimits[name] = &most
			}
			if **at > most {
				all = append(all, Ceiling{Setting: setting, Stated: words.Number(**at), Most: words.Number(most), Policy: o.Ceilings.Places[setting]})
				*at = &most
			}
		} else if lower {
			*at = &most
		}
	}
	if o.Ceilings.StopAll && !p.Guard.StopAll {
		p.Guard.StopAll = true
		if c, stated := p.ceiling(o, "guard.stop_all", "false", "true"); stated {
			all = append(all, c)
		}
	}
	return all
}

func (p *Portfolio) budgetUnder(o *OperatorPolicy) (all []Ceiling) {
	is, most := p.Budget, o.Ceilings.Budget
	if is == nil || most == nil {
		return nil
	}
	b := is.within(most)
	if b == is {
		return nil
	}
	p.Budget = b
	words := b.String()
	if is.Currency != most.Currency {
		words += ", for its budget is in " + most.Currency
	}
	if c, stated := p.ceiling(o, "budget", is.String(), words); stated {
		all = append(all, c)
	}
	return all
}

// within returns the budget that spends neither more than this one nor more than
// another, itself where it is the smaller in each way. Two currencies cannot be
// compared: then nothing is spent.
func (b *Budget) within(most *Budget) *Budget {
	if b.Currency != most.Currency {
		return &Budget{Currency: b.Currency, Per: PerMonth}
	}
	ofMonth := min(b.OfMonth(), most.OfMonth())
	ofRun := ofMonth
	for _, x := range []*Budget{b, most} {
		if x.Per == PerRun {
			ofRun = min(ofRun, x.Amount)
		}
	}
	switch {
	case b.OfMonth() == ofMonth && (b.Per == PerRun && b.Amount == ofRun || ofRun == ofMonth):
		return b
	case ofRun < ofMonth:
		return &Budget{Amount: ofRun, Currency: b.Currency, Per: PerRun, PerMonthMax: ofMonth}
	}
	return &Budget{Amount: ofMonth, Currency: b.Currency, Per: PerMonth}
}

// pricesOver returns the ceilings of prices below which the files state more.
func (p *Portfolio) pricesOver(o *OperatorPolicy) (all []Ceiling) {
	for suffix, prices := range p.Prices {
		of, ceilings := o.Ceilings.pricesOf("name." + suffix)
		most := pricesByKind(ceilings)
		for kind, price := range pricesByKind(&prices) {
			if m := *most[kind]; m == nil || *price == nil || **price <= *m {
				continue
			}
			setting := "prices." + suffix + "." + kind
			c, _ := p.ceiling(o, setting, (*price).String(), (*most[kind]).String())
			c.Policy, c.OfPrice = o.Ceilings.Places["prices."+of+"."+kind], true
			all = append(all, c)
		}
	}
	return all
}
