package simulator

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// Purchase is a term of a name that was bought and paid.
type Purchase struct {
	Type   wire.TaskType `json:"type"`
	Domain string        `json:"domain"`
	// Expires is when the name expired as the order said it or, where it said
	// nothing, as it was. Registrations have none.
	Expires time.Time `json:"expires,omitzero"`
	Years   int       `json:"years"`
	Count   int       `json:"count"` // how often
	Price   float64   `json:"price"` // of all of them, in USD
}

func (p Purchase) compare(other Purchase) int {
	return cmp.Or(
		cmp.Compare(p.Domain, other.Domain), cmp.Compare(p.Type, other.Type),
		p.Expires.Compare(other.Expires), cmp.Compare(p.Years, other.Years),
	)
}

// Purchases returns what was bought, by name and term. A count of two is a term
// that was bought twice.
func (s *Simulator) Purchases() []Purchase {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	out := make([]Purchase, 0, len(s.purchases))
	for p, paid := range s.purchases {
		p.Count, p.Price = paid.count, paid.price
		out = append(out, p)
	}
	slices.SortFunc(out, Purchase.compare)
	return out
}

// SpentByMonth returns what purchases cost, in USD, by the month (UTC) in which they
// were ordered, such as 2026-12: that is when the service takes the money. What failed,
// and was paid back, is not in it.
func (s *Simulator) SpentByMonth() map[string]float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.advance()
	return maps.Clone(s.spentByMonth)
}

// paid is how often a term was bought, and for how much in all.
type paid struct {
	count int
	price float64
}

// item is one name in an order.
type item struct {
	Purchase
	effect effect
}

// order is what an order was paid with, until its last name has ended.
type order struct {
	month  string // in which it was saved, as 2026-12
	coupon string // "": none
	off    float64
	open   int  // names
	bought bool // one of them
}

// saveOrder saves a task with a detail per name, and takes the money for all of
// them. What fails is paid back; the coupon, where all of it fails.
func (s *Simulator) saveOrder(c *call, pay wire.Payment, items []item) (wire.Response, error) {
	o, err := s.pay(pay, items)
	if err != nil {
		return nil, err
	}
	o.month = c.now.UTC().Format("2006-01")
	t := s.newTask(taskType(c.request), c.now, c.clientIP)
	key, rest := wire.Key(c.request), elements(c.request)
	for i, it := range items {
		it.effect.ended = func(failure string) { s.settle(o, it.Purchase, failure) }
		s.saved[key+"&DomainName="+it.Domain+rest[i]]++
		s.addDetail(t, c.operation.Name, it.Domain, it.effect)
	}
	return &wire.TaskResponse{Meta: c.meta(), TaskNo: t.no}, nil
}

// pay takes the money for an order. Afterwards each item has the price that was
// paid for it, which is what is paid back.
func (s *Simulator) pay(pay wire.Payment, items []item) (*order, error) {
	m := &s.market
	promotion, err := reduction(pay.UsePromotion, pay.PromotionNo, "PromotionNo", m.Promotions)
	if err != nil {
		return nil, err
	}
	coupon, err := reduction(pay.UseCoupon, pay.CouponNo, "CouponNo", m.Coupons)
	if err != nil {
		return nil, err
	}
	full := 0.0
	for _, it := range items {
		full += it.Price
	}
	share, due := 0.0, 0.0
	if full > 0 {
		share = max(0, full*(1-promotion)-coupon) / full
	}
	for i := range items {
		items[i].Price = cents(items[i].Price * share)
		due += items[i].Price
	}
	if m.Balance != nil {
		if cents(*m.Balance) < cents(due) {
			return nil, refusal(400, "InsufficientBalance", "The balance of the account does not suffice for the order.")
		}
		m.Balance = new(cents(*m.Balance - due))
	}
	o := &order{open: len(items), off: coupon}
	if isTrue(pay.UseCoupon, false) {
		o.coupon = pay.CouponNo
		delete(m.Coupons, o.coupon)
	}
	return o, nil
}

// reduction returns what a coupon takes off.
func reduction(use *bool, no, member string, all map[string]float64) (float64, error) {
	if !isTrue(use, false) {
		return 0, nil
	}
	if no == "" {
		return 0, refusal(400, "Missing"+member, member+" is mandatory for this action.")
	}
	off, ok := all[no]
	if !ok {
		return 0, refusal(400, "Invalid"+member, "Specified parameter "+member+" is not valid: it is unknown or was used.")
	}
	return off, nil
}

// settle counts a purchase, or pays back one that failed.
func (s *Simulator) settle(o *order, p Purchase, failure string) {
	o.open--
	if failure != "" {
		s.payBack(o, p)
		return
	}
	o.bought = true
	price := p.Price
	p.Price, p.Count = 0, 0
	so := s.purchases[p]
	s.purchases[p] = paid{so.count + 1, cents(so.price + price)}
	s.spentByMonth[o.month] = cents(s.spentByMonth[o.month] + price)
}

// payBack pays a name back, and the coupon with the last of its order.
func (s *Simulator) payBack(o *order, p Purchase) {
	m := &s.market
	if m.Balance != nil {
		m.Balance = new(cents(*m.Balance + p.Price))
	}
	if o.coupon == "" || o.open > 0 || o.bought {
		return
	}
	if m.Coupons == nil { // another market
		m.Coupons = make(map[string]float64)
	}
	m.Coupons[o.coupon] = o.off
}
