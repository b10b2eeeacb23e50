package wire

import "testing"

// TestListPrices: one term's price is never another's, nor one currency's, nor
// that of a name with a price of its own.
func TestListPrices(t *testing.T) {
	months := []PriceInfo{{"activate", 78, 12}, {"activate", 150, 24}, {"renew", 85, 36}, {"activate", 700, 120}}
	inYears := []PriceInfo{{"activate", 10.5, 1}, {"activate", 20, 2}}
	for _, test := range []struct {
		name     string
		answer   CheckDomainResponse
		years    int
		money    float64
		currency FeeCurrency
	}{
		{"a year in months", CheckDomainResponse{StaticPriceInfo: months}, 1, 78, CNY},
		{"two years in months", CheckDomainResponse{StaticPriceInfo: months}, 2, 150, CNY},
		{"ten years in months", CheckDomainResponse{StaticPriceInfo: months}, 10, 700, CNY},
		{"what is a renewal", CheckDomainResponse{StaticPriceInfo: months}, 3, 0, ""},
		{"a term that is not told", CheckDomainResponse{StaticPriceInfo: months}, 5, 0, ""},
		{"a year in years", CheckDomainResponse{StaticPriceInfo: inYears}, 1, 10.5, USD},
		{"two years in years", CheckDomainResponse{StaticPriceInfo: inYears}, 2, 20, USD},
		{"another in years", CheckDomainResponse{StaticPriceInfo: inYears}, 3, 0, ""},
		{"the highest", CheckDomainResponse{StaticPriceInfo: []PriceInfo{{"activate", 5, 12}, {"activate", 9, 12}, {"activate", 7, 12}}}, 1, 9, CNY},
		{"no price", CheckDomainResponse{StaticPriceInfo: []PriceInfo{{"activate", 0, 12}, {"activate", -3, 12}}, Price: 1286}, 1, 0, ""},
		{"a premium name", CheckDomainResponse{Premium: true, StaticPriceInfo: months}, 1, 0, ""},
		{"a price of the registry", CheckDomainResponse{DynamicCheck: true, StaticPriceInfo: months}, 1, 0, ""},
	} {
		money, currency, ok := test.answer.ListPrice(test.years, USD)
		if money != test.money || currency != test.currency || ok != (test.money > 0) {
			t.Errorf("%s: %v %s %t, want %v %s", test.name, money, currency, ok, test.money, test.currency)
		}
	}
}

// TestPriceOf holds that a price is never below that of either reading.
func TestPriceOf(t *testing.T) {
	for _, test := range []struct {
		whole, yearly int64
		years         int
		want          float64
	}{
		{100, 100, 1, 100}, // no doubt
		{300, 100, 3, 300}, // of all years
		{100, 100, 3, 300}, // of each year
		{100, 0, 3, 300},   // nobody knows
		{250, 100, 3, 300}, // the longer, the cheaper, or not
		{500, 100, 3, 500}, // the first year is cheap
		{0, 0, 3, 0},
		{0, 100, 2, 200},
	} {
		if got := PriceOf(test.whole, test.yearly, test.years); got != test.want {
			t.Errorf("%+v: %v", test, got)
		}
	}
}
