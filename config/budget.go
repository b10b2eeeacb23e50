package config

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// Budget is what may be spent. Without one nothing is bought.
type Budget struct {
	Amount   attr.Amount `json:"amount"`
	Currency string      `json:"currency"`
	Per      Period      `json:"per"`
	// PerMonthMax is the most that all runs of a month spend, where the amount is that of
	// one run; 0: the amount is that of a month.
	PerMonthMax attr.Amount `json:"per_month_max,omitempty"`
}

// OfMonth returns the most that is spent in a month.
func (b *Budget) OfMonth() attr.Amount {
	if b.Per == PerRun {
		return b.PerMonthMax
	}
	return b.Amount
}

// Period is how long a budget lasts.
type Period string

// The periods of a budget.
const (
	PerMonth Period = "month" // of the calendar, in UTC
	PerRun   Period = "run"
)

// defaultCurrency is that of the service's international site.
const defaultCurrency = "USD"

// PricesOf returns the prices of a name: those of its longest suffix that the
// files know.
func (p *Portfolio) PricesOf(name string) attr.Prices {
	var found attr.Prices
	for _, suffix, ok := strings.Cut(name, "."); ok; _, suffix, ok = strings.Cut(suffix, ".") {
		if prices, known := p.Prices[suffix]; known {
			found = prices
			break
		}
	}
	if found.Currency = defaultCurrency; p.Budget != nil {
		found.Currency = p.Budget.Currency
	}
	return found
}

func (l *loader) evaluateBudget(block *hcl.Block) {
	args, budget := l.arguments(block), &Budget{Currency: defaultCurrency, Per: PerMonth}
	l.portfolio.Budget = budget
	l.place("budget", *header(block))
	if a := args["amount"]; a != nil {
		budget.Amount = l.amount(a)
	}
	if s, ok := l.textArgument(args["currency"]); ok {
		if budget.Currency = s; !isCurrency(s) {
			l.errorAt(args["currency"].Expr.Range().Ptr(), "Not a currency", "%q is no currency: write its three letters (ISO 4217), such as \"USD\".", s)
		}
	}
	if s, ok := l.textArgument(args["per"]); ok {
		if budget.Per = Period(s); budget.Per != PerMonth && budget.Per != PerRun {
			l.errorAt(args["per"].Expr.Range().Ptr(), "Unknown value", "%q is neither \"month\" (the default) nor \"run\".", s)
		}
	}
	l.evaluateMonthMax(block, args, budget)
}

// evaluateMonthMax reads the bound of a month, which a budget of each run must have: how
// many runs there are nobody decides when it is written.
func (l *loader) evaluateMonthMax(block *hcl.Block, args hcl.Attributes, budget *Budget) {
	a := args["per_month_max"]
	switch {
	case a == nil && budget.Per == PerRun:
		l.errorAt(header(block), "No bound of a month", "With per = \"run\" each run may spend the amount, and a run that is repeated spends it again. State per_month_max, the most that all runs of a month spend together.")
	case a != nil && budget.Per != PerRun:
		l.errorAt(a.NameRange.Ptr(), "Not a budget of each run", "per_month_max stands beside per = \"run\". Without that, amount is the bound of the month already.")
	case a != nil:
		if budget.PerMonthMax = l.amount(a); budget.PerMonthMax < budget.Amount {
			l.errorAt(a.Expr.Range().Ptr(), "Amount out of range", "per_month_max is %s, less than the amount of one run, %s.", budget.PerMonthMax, budget.Amount)
		}
	}
}

func isCurrency(s string) bool {
	return len(s) == 3 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// amount reads an amount of money.
func (l *loader) amount(a *hcl.Attribute) attr.Amount {
	v, ok := l.convert(a.Expr, cty.Number, a.Name, "an amount of money")
	if !ok {
		return 0
	}
	amount, ok := attr.ParseAmount(v.AsBigFloat())
	if !ok {
		l.errorAt(a.Expr.Range().Ptr(), "Not an amount of money", "%s must be a number, 0 or more, with at most two decimals.", a.Name)
	}
	return amount
}

// evaluatePrices reads the prices of suffixes, one an argument. An argument's
// name cannot hold the point of a suffix such as co.uk: co_uk stands for it.
func (l *loader) evaluatePrices(block *hcl.Block) {
	args, diags := block.Body.JustAttributes()
	l.diags = append(l.diags, diags...)
	l.portfolio.Prices = make(map[string]attr.Prices, len(args))
	for _, name := range sortedKeys(args) {
		a := args[name]
		suffix, err := wire.CanonicalName(strings.ReplaceAll(name, "_", "."))
		if err != nil {
			l.errorAt(a.NameRange.Ptr(), "Not a suffix", "%s", words.Sentence(err))
			continue
		}
		if !isSuffix(suffix) {
			l.errorAt(a.NameRange.Ptr(), "Unknown suffix", "The Public Suffix List knows no suffix %q, so no name has these prices. Check the spelling.", wire.UnicodeName(suffix))
			continue
		}
		if _, twice := l.portfolio.Prices[suffix]; twice {
			l.errorAt(a.NameRange.Ptr(), "Duplicate suffix", "The prices of %q are stated twice, in two spellings.", suffix)
			continue
		}
		l.portfolio.Prices[suffix] = l.prices(a)
		for kind := range pricesByKind(new(attr.Prices)) {
			l.place("prices."+suffix+"."+kind, a.Range)
		}
	}
}

// prices reads the prices of one suffix.
func (l *loader) prices(a *hcl.Attribute) (p attr.Prices) {
	v, ok := l.value(a.Expr, inBlock)
	if !ok || v.IsNull() {
		return p
	}
	if !v.Type().IsObjectType() && !v.Type().IsMapType() {
		l.errorAt(a.Expr.Range().Ptr(), "Wrong type", "Prices are an object such as { register = 10.5, renew = 11, redeem = 90 }, not %s.", describe(v))
		return p
	}
	of := map[string]**attr.Amount{"register": &p.Register, "renew": &p.Renew, "redeem": &p.Redeem, "transfer": &p.Transfer}
	for it := v.ElementIterator(); it.Next(); {
		k, x := it.Element()
		name := k.AsString()
		at := rangeOf(a.Expr, cty.Path{cty.IndexStep{Key: k}})
		to := of[name]
		if to == nil {
			l.errorAt(at, "Unknown price", "There are register, renew, redeem and transfer, not %q.", name)
			continue
		}
		n, err := convert.Convert(x, cty.Number)
		if err == nil && n.IsNull() {
			continue
		}
		amount, ok := attr.Amount(0), false
		if err == nil {
			amount, ok = attr.ParseAmount(n.AsBigFloat())
		}
		if !ok {
			l.errorAt(at, "Not an amount of money", "%s must be a number, 0 or more, with at most two decimals.", name)
		}
		*to = &amount
	}
	return p
}
