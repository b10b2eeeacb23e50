package wire

// monthsAYear is what the terms of list prices are counted in.
const monthsAYear = 12

// OwnPrice reports whether list prices do not hold for the name: it is a premium
// name, or its registry sets the price.
func (r *CheckDomainResponse) OwnPrice() bool { return r.Premium || r.DynamicCheck }

// ListPrice returns the list price of a registration for so many years and its
// currency; ok is false where the answer states none. It says nothing of names
// with a price of their own. The service's published metadata count the terms of
// StaticPriceInfo in months and the money in yuan, whatever currency was asked
// for. A term of less than a year can only be one in years: no name is registered
// for months. Of several prices for one term the highest counts.
func (r *CheckDomainResponse) ListPrice(years int, asked FeeCurrency) (money float64, currency FeeCurrency, ok bool) {
	if r.OwnPrice() {
		return 0, "", false
	}
	for _, p := range r.StaticPriceInfo {
		in := CNY
		switch {
		case p.Action != activate || !(p.Money > 0):
			continue
		case p.Period == years && p.Period < monthsAYear:
			in = asked
		case p.Period != years*monthsAYear:
			continue
		}
		if !ok || p.Money > money {
			money, currency, ok = p.Money, in, true
		}
	}
	return money, currency, ok
}

// activate is what list prices call a registration.
const activate = "activate"

// PriceOf returns what an order for so many years of a name with a price of its
// own costs at most. Whole is the price that was told for the whole term, yearly
// the one that was told for a year; 0 is one that was not told. Whether the price
// for a term is that of all its years is not documented: where both are the same,
// it may be that of each.
func PriceOf[N int64 | float64](whole, yearly N, years int) float64 {
	if yearly <= 0 {
		yearly = whole // which may be that of each year
	}
	return max(float64(whole), float64(yearly)*float64(max(years, 1)))
}
