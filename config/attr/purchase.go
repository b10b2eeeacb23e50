package attr

import (
	"fmt"
	"math"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// Terms are what an owner allows for a purchase.
type Terms struct {
	// MaxPrice is the most that one order for a name may cost; 0: the list
	// price decides.
	MaxPrice  Amount `json:"max_price,omitempty"`
	Coupon    string `json:"coupon,omitempty"`    // the number of a voucher
	Promotion string `json:"promotion,omitempty"` // the number of a promotion coupon
}

// termNames are the members of an object that hold terms.
var termNames = []string{"max_price", "coupon", "promotion"}

// terms reads the members that hold terms.
func (o *object) terms() (t Terms) {
	if o.has("max_price") {
		t.MaxPrice = o.amount("max_price")
	}
	if o.has("coupon") {
		t.Coupon = o.text("coupon")
	}
	if o.has("promotion") {
		t.Promotion = o.text("promotion")
	}
	return t
}

// amount reads a required amount of money above 0.
func (o *object) amount(name string) Amount {
	v, ok := o.get(name, cty.Number)
	if !ok {
		return 0
	}
	a, ok := ParseAmount(v.AsBigFloat())
	if !ok || a == 0 {
		o.fail(name, "Not an amount of money", "%s must be a number above 0 with at most two decimals.", name)
	}
	return a
}

func (t Terms) cty(members map[string]cty.Value) {
	if t.MaxPrice > 0 {
		members["max_price"] = cty.NumberVal(t.MaxPrice.big())
	}
	if t.Coupon != "" {
		members["coupon"] = cty.StringVal(t.Coupon)
	}
	if t.Promotion != "" {
		members["promotion"] = cty.StringVal(t.Promotion)
	}
}

// words adds the terms to what an order is for.
func (t Terms) words() (s string) {
	if t.MaxPrice > 0 {
		s += fmt.Sprintf(", for at most %s", t.MaxPrice)
	}
	if t.Coupon != "" {
		s += ", with coupon " + t.Coupon
	}
	if t.Promotion != "" {
		s += ", with promotion " + t.Promotion
	}
	return s
}

// payment is how an order is paid.
func (t Terms) payment() (p wire.Payment) {
	if t.Coupon != "" {
		p.UseCoupon, p.CouponNo = new(true), t.Coupon
	}
	if t.Promotion != "" {
		p.UsePromotion, p.PromotionNo = new(true), t.Promotion
	}
	return p
}

// setCost makes a change a purchase, and blocks one that is too dear. price is
// that of the whole order, nil where nobody knows it. A premium name has a
// price of its own, so that only its owner's bound says what it may cost.
func (t Terms) setCost(c *Change, years int, price *Amount, currency string, premium bool) {
	c.Cost = &Cost{Count: 1, Years: years, Amount: t.MaxPrice, Currency: currency}
	if price != nil {
		c.Cost.Amount, c.Cost.Known = *price, true
	}
	switch {
	case premium && t.MaxPrice == 0:
		c.Block(Blocked, "it is a premium name with a price of its own: state what it may cost as max_price")
	case price != nil && t.MaxPrice > 0 && *price > t.MaxPrice:
		c.Block(Blocked, "it costs %s %s, and max_price is %s: raise that to buy it all the same", *price, currency, t.MaxPrice)
	}
}

// quoteFacts is what must be known before a name is bought again: premium names
// have prices of their own.
func (t Terms) quoteFacts(in Input) snapshot.Facts {
	if in.Live.PremiumUnknown {
		return snapshot.PriceKind
	}
	if in.Live.Premium && t.MaxPrice > 0 {
		return snapshot.Quoted
	}
	return 0
}

// checkQuote compares what the service asks for a premium name with the owner's
// bound. It can only forbid: the reference says that the answer is the price of
// a registration, whichever price was asked for, so nothing is computed from
// it.
func (t Terms) checkQuote(c *Change, in Input, years int) {
	if q := in.Live.Quote; in.Live.Premium && q != nil {
		t.checkPrice(c, amountOf(q.Price*float64(max(years, 1))), q.Currency, in.Prices.Currency)
	}
}

// checkPrice blocks what the service asks more for than the owner's bound, or
// asks for in another currency.
func (t Terms) checkPrice(c *Change, asked *Amount, currency wire.FeeCurrency, budget string) {
	switch {
	case asked == nil || t.MaxPrice == 0:
	case string(currency) != budget:
		c.Block(Blocked, "the service asks %s %s for it, and max_price is in %s: only a budget in %s can bound it", *asked, currency, budget, currency)
	case *asked > t.MaxPrice:
		c.Block(Blocked, "the service asks %s %s for it, and max_price is %s: raise that to buy it all the same", *asked, currency, t.MaxPrice)
	}
}

// orderPrice returns what an order for so many years costs, nil where nobody knows,
// and whether list, the price that files say, does not hold for the name. Where the
// files say nothing, what the service says counts, if it says it of as many years and
// in the budget's currency.
func orderPrice(list *Amount, in Input, years int) (price *Amount, premium bool) {
	told := in.Live.Renewal
	premium = in.Live.Premium || told != nil && told.Premium
	if list != nil && !premium {
		return list, false
	}
	if told == nil || told.Years != years || string(told.Currency) != in.Prices.Currency {
		return nil, premium
	}
	return amountOf(told.Price), premium
}

// checkTold says why nobody knows the price where the service was asked in vain.
func (t Terms) checkTold(c *Change, in Input, premium bool) {
	told := in.Live.Renewal
	if told == nil || c.Cost.Known {
		return
	}
	switch asked := amountOf(told.Price); {
	case premium && asked == nil && !in.Live.Premium: // nor is it asked again what it costs
		c.Block(Blocked, "the service asks a price of its own for it, as of a premium name, and does not say which")
	case premium:
		t.checkPrice(c, asked, told.Currency, in.Prices.Currency)
	case t.MaxPrice > 0:
	case asked != nil && string(told.Currency) != in.Prices.Currency:
		c.Block(Blocked, "the service asks %s %s for it, and the budget is in %s: state the price in the prices block, or how much it may cost as max_price", *asked, told.Currency, in.Prices.Currency)
	case told.Why != "":
		c.Block(Blocked, "its price is not known, and the service does not tell it: %s; state it in the prices block, or how much it may cost as max_price", told.Why)
	}
}

// amountOf is a price of the service, rounded up; nil where there is none. A
// price beyond all amounts is beyond all budgets, too.
func amountOf(price float64) *Amount {
	if !(price > 0) {
		return nil
	}
	return new(Amount(math.Ceil(min(price*100, 2*maxAmount) - 1e-6)))
}

// transferringOut is why a name that is moving to another registrar is not
// renewed.
const transferringOut = "the name is being transferred out: to keep it, cancel that with domainsync transfers out cancel"

// times is the price of so many years.
func times(a *Amount, years int) *Amount {
	if a == nil {
		return nil
	}
	return new(*a * Amount(years))
}

// Expiry is when a name expires: what purchases change.
type Expiry struct{ time.Time }

// Equal reports whether both are the same expiry.
func (e Expiry) Equal(other Value) bool {
	o, ok := other.(Expiry)
	return ok && SameEnd(e.Time, o.Time)
}

// End returns when the term ends.
func (e Expiry) End() time.Time { return e.Time }

// String writes the day, in UTC.
func (e Expiry) String() string { return "until " + e.UTC().Format(time.DateOnly) }
