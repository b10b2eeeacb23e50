package attr

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/internal/words"
)

const (
	// maxYears is the most that a name can be bought for, from now.
	maxYears = 10
	// maxDaysLeft is as long as a renewal can always keep within mostYears.
	maxDaysLeft = 9 * 365
)

var renewal = &Attribute{
	Name:        "renewal",
	LogWords:    []string{"RENEW", "RENEWAL"},
	NotLogWords: []string{"AUTO", "AUTOMATIC"},
	Group:       GroupTerm,
	Facts:       snapshot.Expiry,
	Safety:      func(in Input) snapshot.Facts { return in.Desired.(Renewal).safetyFacts(in) },
	Price:       func(in Input) snapshot.Facts { return in.Desired.(Renewal).priceFacts(in) },
	Hazard:      Money,
	PriceOf:     func(p *Prices) *Amount { return p.Renew },

	Decode:    decodeRenewal,
	Observe:   func(d *snapshot.Domain) Value { return Expiry{d.Expires.UTC()} },
	Cty:       ctyRenewal,
	unmarshal: unmarshalRenewal,
	diff:      renewalChanges,

	Requests: []wire.Request{&wire.SaveBatchTaskForCreatingOrderRenewRequest{}, &wire.QueryDomainRealTimePriceRequest{}, &wire.CheckDomainRequest{}},
	Doc: Doc{
		Type:    "object",
		Summary: "Renews the name for `years` (1) when fewer than `min_days_left` days of its term are left, or for as many as those days need.",
		Example: `{ min_days_left = 60, years = 1, max_price = 20 }`,
		Reads:   "QueryDomainList; QueryDomainByDomainName of names to renew, QueryDomainRealTimePrice where prices does not tell what that costs, and else CheckDomain of premium ones",
		Calls:   "SaveBatchTaskForCreatingOrderRenew",
		Notes:   "It costs money: nothing is bought without a budget block, nor where neither prices, the service nor max_price says what it costs. What the service says of several years counts as the larger of the price of the term and as many times the price of a year. max_price is for the whole order. Never for a name that is being transferred out, and never beyond 10 years from now. A premium name needs max_price, and is not renewed where the service asks more. coupon and promotion are numbers of vouchers.",
	},
}

// Renewal is the term that a name is to have.
type Renewal struct {
	MinDaysLeft int `json:"min_days_left"`
	Years       int `json:"years"`
	Terms
}

// Equal reports whether both are the same policy.
func (r Renewal) Equal(other Value) bool {
	o, ok := other.(Renewal)
	return ok && r == o
}

// Term returns the years of one order at least.
func (r Renewal) Term() int { return r.Years }

// DaysLeft returns how many days before the end of its term the name is renewed.
func (r Renewal) DaysLeft() int { return r.MinDaysLeft }

// String writes the policy in words.
func (r Renewal) String() string {
	return fmt.Sprintf("%s when fewer than %d days are left", words.Count(r.Years, "year"), r.MinDaysLeft) + r.words()
}

func decodeRenewal(v cty.Value) (Value, []Problem) {
	o, problem := newObject(v, "an object such as { min_days_left = 60, years = 1, max_price = 20 }")
	if problem != nil {
		return nil, []Problem{*problem}
	}
	o.only(append([]string{"min_days_left", "years"}, termNames...))
	r := Renewal{MinDaysLeft: o.number("min_days_left", 1, maxDaysLeft), Years: 1}
	if o.has("years") {
		r.Years = o.number("years", 1, maxYears)
	}
	r.Terms = o.terms()
	if o.problem != nil {
		return nil, []Problem{*o.problem}
	}
	return r, nil
}

// ctyRenewal writes a policy. A live expiry gives none: an import declares no
// purchases.
func ctyRenewal(v Value) cty.Value {
	r, ok := v.(Renewal)
	if !ok {
		return cty.NullVal(cty.DynamicPseudoType)
	}
	members := map[string]cty.Value{
		"min_days_left": cty.NumberIntVal(int64(r.MinDaysLeft)), "years": cty.NumberIntVal(int64(r.Years)),
	}
	r.cty(members)
	return cty.ObjectVal(members)
}

// unmarshalRenewal reads an expiry, which is a text, or a policy.
func unmarshalRenewal(data []byte) (Value, error) {
	if data[0] == '"' {
		return unmarshalAs[Expiry](data)
	}
	var r Renewal
	err := json.Unmarshal(data, &r)
	return r, err
}

func renewalChanges(a *Attribute, in Input) []Change {
	want := in.Desired.(Renewal)
	years := want.YearsAt(in.Live.Expires, in.Now)
	if !in.Live.Expires.Before(in.Now.AddDate(0, 0, want.MinDaysLeft)) || years == 0 {
		return nil
	}
	id := ChangeID(in.Name, a.Name)
	order := wire.Renewal{DomainName: in.Name, CurrentExpirationDate: in.Live.Expires, SubscriptionDuration: years}
	price, premium := orderPrice(times(in.Prices.Renew, years), in, years)
	if premium {
		order.PermitPremiumRenew = new(true)
	}
	c := Change{
		ID: id, Domain: in.Name, Attribute: a.Name, Action: Update, Hazard: a.Hazard, Status: Ready,
		Before: Expiry{in.Live.Expires.UTC()}, After: Expiry{in.Live.Expires.AddDate(years, 0, 0).UTC()},
		Steps: []Step{{ID: StepID(id, "renew"), Request: &wire.SaveBatchTaskForCreatingOrderRenewRequest{
			OrderRenewParam: []wire.Renewal{order}, Payment: want.payment(),
		}}},
	}
	switch {
	case needsRedemption(in.Live) && !in.Declares(RedemptionName):
		c.Block(Blocked, "it expired too long ago to be renewed: declare redemption to have it redeemed first")
	case needsRedemption(in.Live):
		c.Block(Waiting, "the name is redeemed first")
	case in.Live.TransferOut == wire.TransferOutPending:
		c.Block(Blocked, transferringOut)
	}
	want.setCost(&c, years, price, in.Prices.Currency, premium)
	want.checkQuote(&c, in, years)
	want.checkTold(&c, in, premium)
	return []Change{c}
}

// safetyFacts is what must be known before a name is renewed. Of a premium name it is
// what its registration costs, where nobody says what the renewal does.
func (r Renewal) safetyFacts(in Input) snapshot.Facts {
	f := snapshot.TransferOut
	switch told := in.Live.Renewal; {
	case in.Live.PremiumUnknown:
		return f | snapshot.PriceKind
	case r.priceFacts(in) != 0 && (told == nil || told.Price == 0): // nobody said what it asks
		return f | r.quoteFacts(in)
	}
	return f
}

// priceFacts is what tells the price of a renewal. The service is asked where it can
// make a difference, and nobody else knows.
func (r Renewal) priceFacts(in Input) snapshot.Facts {
	d := in.Live
	switch {
	case !in.Buys, d.PremiumUnknown, d.TransferOut == "", d.TransferOut == wire.TransferOutPending, needsRedemption(d),
		d.Premium && r.MaxPrice == 0, !d.Premium && in.Prices.Renew != nil:
		return 0
	}
	return snapshot.RenewalPriced
}

// YearsAt returns for how long a name is renewed: as declared, or as long as it
// takes, but never to more than the registries' ten years from then.
func (r Renewal) YearsAt(expires, now time.Time) int {
	years, until := r.Years, now.AddDate(0, 0, r.MinDaysLeft)
	for years < maxYears && expires.AddDate(years, 0, 0).Before(until) {
		years++
	}
	for years > 0 && expires.AddDate(years, 0, 0).After(now.AddDate(maxYears, 0, 0)) {
		years--
	}
	return years
}
