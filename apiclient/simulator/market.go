package simulator

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// Market is what can be bought, and for how much. What it does not tell of a
// name follows from the name itself: see docs/simulator.md.
type Market struct {
	// Balance is the money of the account in USD; nil: more than anything costs.
	Balance *float64 `json:"balance,omitempty"`
	// Prices are list prices by suffix, "*" for each other one. Nil: those of
	// [DefaultPrices].
	Prices map[string]Prices `json:"prices,omitempty"`
	// Premium are names that have prices of their own.
	Premium map[string]Prices `json:"premium,omitempty"`
	// Names say whether names that the account lacks can be registered.
	Names map[string]wire.Availability `json:"names,omitempty"`
	// Coupons are vouchers by number: USD off one order.
	Coupons map[string]float64 `json:"coupons,omitempty"`
	// Promotions are promotion coupons by number: the share of the price, from
	// 0 to 1, that they take off any number of orders.
	Promotions map[string]float64 `json:"promotions,omitempty"`
	// ListPrices makes CheckDomain tell the list prices of registrations, as
	// newer answers do; [Readings.StaticPrice] says in which units.
	ListPrices bool `json:"list_prices,omitempty"`
	// AnyDate lets orders through whose CurrentExpirationDate is not true. That
	// the service refuses them is not documented.
	AnyDate bool `json:"any_date,omitempty"`
	// BareOrders registers names as if their orders said nothing of nameservers
	// and privacy.
	BareOrders bool `json:"bare_orders,omitempty"`
}

// Prices are in USD: of a year, or of the redemption.
type Prices struct {
	Register float64 `json:"register"`
	Renew    float64 `json:"renew"`
	Redeem   float64 `json:"redeem"`
	Transfer float64 `json:"transfer"`
}

// DefaultPrices are list prices by suffix where no market has others.
func DefaultPrices() map[string]Prices {
	return map[string]Prices{
		"com": {Register: 10.5, Renew: 11, Redeem: 90, Transfer: 10.5},
		"*":   {Register: 20, Renew: 22, Redeem: 120, Transfer: 20},
	}
}

// Validate reports the first mistake: a [MemberError].
func (m Market) Validate() error {
	if _, err := m.canonical(); err != nil {
		return err
	}
	for member, list := range map[string]map[string]Prices{"prices": m.Prices, "premium": m.Premium} {
		for name, p := range list {
			if min(p.Register, p.Renew, p.Redeem, p.Transfer) < 0 {
				return inMember(memberOf(member, name), "prices are not negative")
			}
		}
	}
	for name, a := range m.Names {
		if !slices.Contains(a.Known(), string(a)) {
			return inMember(memberOf("names", name), "%q is none of %s", a, strings.Join(a.Known(), ", "))
		}
	}
	for no, off := range m.Coupons {
		if off < 0 {
			return inMember(memberOf("coupons", no), "the value of a coupon is not negative")
		}
	}
	for no, share := range m.Promotions {
		if share < 0 || share > 1 {
			return inMember(memberOf("promotions", no), "the share of a promotion is from 0 to 1")
		}
	}
	if m.Balance != nil && math.IsNaN(*m.Balance) {
		return inMember("balance", "it is no number")
	}
	return nil
}

// memberOf returns the path of what a map has for a key.
func memberOf(member, key string) string { return fmt.Sprintf("%s[%q]", member, key) }

// ReadMarket reads a market as JSON and checks it.
func ReadMarket(r io.Reader) (Market, error) {
	m, err := readStrictly[Market](r)
	if err != nil {
		return m, fmt.Errorf("market: %w", err)
	}
	if err := m.Validate(); err != nil {
		return m, fmt.Errorf("market: %w", err)
	}
	return m, nil
}

// canonical returns the market with names and suffixes in the form in which
// they are compared.
func (m Market) canonical() (Market, error) {
	var errs [3]error
	m.Prices, errs[0] = canonicalKeys("prices", m.Prices)
	m.Premium, errs[1] = canonicalKeys("premium", m.Premium)
	m.Names, errs[2] = canonicalKeys("names", m.Names)
	return m, cmp.Or(errs[:]...)
}

func canonicalKeys[V any](member string, all map[string]V) (map[string]V, error) {
	if all == nil {
		return nil, nil
	}
	canonical := make(map[string]V, len(all))
	for name, value := range all {
		key, err := wire.CanonicalName(name)
		if name == "*" {
			key, err = name, nil
		}
		if err != nil {
			return nil, &MemberError{memberOf(member, name), err}
		}
		if _, twice := canonical[key]; twice {
			return nil, inMember(memberOf(member, name), "the name is there twice")
		}
		canonical[key] = value
	}
	return canonical, nil
}

// SetMarket replaces what can be bought, balance and coupons included.
func (s *Simulator) SetMarket(m Market) error {
	if err := m.Validate(); err != nil {
		return err
	}
	m, err := m.canonical()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	s.market = m.clone()
	return nil
}

// Market returns what can be bought now.
func (s *Simulator) Market() Market {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	return s.market.clone()
}

// clone copies what calls change.
func (m Market) clone() Market {
	if m.Balance != nil {
		m.Balance = new(*m.Balance)
	}
	m.Prices, m.Premium, m.Names = maps.Clone(m.Prices), maps.Clone(m.Premium), maps.Clone(m.Names)
	m.Coupons, m.Promotions = maps.Clone(m.Coupons), maps.Clone(m.Promotions)
	return m
}

// traits are what the words of a name's first label say of it.
type traits struct {
	availability       wire.Availability
	premium, trademark bool
	dynamic            bool // its registry sets the price, and nobody calls it premium
	locked, young      bool // where it is registered elsewhere
}

func traitsOf(name string) traits {
	t := traits{availability: wire.Available}
	label, _, _ := strings.Cut(name, ".")
	for word := range strings.SplitSeq(label, "-") {
		switch word {
		case "taken":
			t.availability = wire.Taken
		case "upcoming":
			t.availability = wire.PreRegistration
		case "suspended":
			t.availability = wire.Suspended
		case "blacklisted":
			t.availability = wire.Blacklisted
		case "premium":
			t.premium = true
		case "dynamic":
			t.dynamic = true
		case "trademark":
			t.trademark = true
		case "locked":
			t.locked = true
		case "young":
			t.young = true
		}
	}
	return t
}

// premium reports whether a name is called a premium one.
func (m *Market) premium(name string) bool {
	_, own := m.own(name)
	return own && !traitsOf(name).dynamic
}

// own returns the prices of a name that has some of its own.
func (m *Market) own(name string) (Prices, bool) {
	if p, ok := m.Premium[name]; ok {
		return p, true
	}
	p := float64(100 * (1 + hash(name)%50))
	return Prices{Register: p, Renew: p, Redeem: p + 100, Transfer: p}, traitsOf(name).premium || traitsOf(name).dynamic
}

// list returns the list prices of a name's suffix, the longest one that has
// some.
func (m *Market) list(name string) Prices {
	all := m.Prices
	if all == nil {
		all = DefaultPrices()
	}
	for _, suffix, ok := strings.Cut(name, "."); ok; _, suffix, ok = strings.Cut(suffix, ".") {
		if p, ok := all[suffix]; ok {
			return p
		}
	}
	return all["*"]
}

// prices returns what a name costs.
func (m *Market) prices(name string) Prices {
	if p, ok := m.own(name); ok {
		return p
	}
	return m.list(name)
}

// availability says whether a name can be registered, and why not.
func (s *Simulator) availability(name string) (wire.Availability, string) {
	if d := s.account.byName[name]; d != nil {
		if phaseOf(name, d.Expires, s.account.aged) == deletion {
			return wire.PreDeletion, "Pending delete"
		}
		return wire.Taken, "In use"
	}
	a, known := s.market.Names[name]
	if !known {
		a = traitsOf(name).availability
		if t := s.transfersIn.of(name); s.account.elsewhere[name] || t != nil && t.Status != wire.TransferInDone {
			a = wire.Taken
		}
	}
	reasons := map[wire.Availability]string{
		wire.Taken: "In use", wire.PreRegistration: "Not open for registration yet", wire.PreDeletion: "Pending delete",
		wire.Abnormal: "Abnormal", wire.Suspended: "Registration suspended", wire.Blacklisted: "Reserved",
	}
	return a, reasons[a]
}

// yuan is what a dollar costs.
const yuan = 7

// cents rounds an amount of money.
func cents(x float64) float64 { return math.Round(x*100) / 100 }

func (s *Simulator) checkDomain(c *call, r *wire.CheckDomainRequest) (wire.Response, error) {
	if err := checkName(r.DomainName); err != nil {
		return nil, err
	}
	answer := &wire.CheckDomainResponse{Meta: c.meta(), DomainName: r.DomainName}
	answer.Avail, answer.Reason = s.availability(r.DomainName)
	rate := 1.0
	if r.FeeCurrency == wire.CNY {
		rate = yuan
	}
	if p, own := s.market.own(r.DomainName); own {
		answer.Premium, answer.DynamicCheck = s.market.premium(r.DomainName), true
		years := r.FeePeriod
		if s.options.Readings.PremiumPrice == "year" {
			years = 1
		}
		answer.Price = int64(math.Ceil(p.of(r.FeeCommand, years) * rate))
	} else {
		s.ordinary(answer, r, rate)
	}
	return answer, nil
}

// ordinaryPrice is the Price of a name that is not premium, where one is
// stated: the samples have it, and no table says of what.
const ordinaryPrice = 1286

// ordinary fills in what is said of the price of a name that is not premium;
// rate is that of the currency that was asked for.
func (s *Simulator) ordinary(answer *wire.CheckDomainResponse, r *wire.CheckDomainRequest, rate float64) {
	if s.options.Readings.OrdinaryPrice == "stated" {
		answer.Price = ordinaryPrice
	}
	if !s.market.ListPrices {
		return
	}
	years := max(r.FeePeriod, 1)
	info := wire.PriceInfo{Action: "activate", Period: 12 * years}
	if s.options.Readings.StaticPrice == "years" {
		info.Period = years
	} else {
		rate = yuan // whatever currency was asked for
	}
	info.Money = cents(s.market.list(r.DomainName).of(wire.FeeRegister, years) * rate)
	answer.StaticPriceInfo = []wire.PriceInfo{info}
}

// of returns the price of so many years, or of a redemption.
func (p Prices) of(command wire.FeeCommand, years int) float64 {
	n := float64(max(years, 1))
	switch command {
	case wire.FeeRenew:
		return cents(p.Renew * n)
	case wire.FeeRedeem:
		return p.Redeem
	case wire.FeeTransferIn:
		return p.Transfer
	}
	return cents(p.Register * n)
}
