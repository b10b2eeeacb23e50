package attr

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/domainsync/domainsync/internal/words"
)

// An Amount is money in hundredths of its currency's unit, so that sums are
// exact.
type Amount int64

// maxAmount bounds what sums are made of.
const maxAmount = 1_000_000_000_00

// ParseAmount returns a number as an amount; false where it is negative, larger
// than a billion, or has more than two decimals.
func ParseAmount(x *big.Float) (Amount, bool) {
	hundredths := new(big.Float).Mul(x, big.NewFloat(100))
	f, _ := hundredths.Float64()
	if !(f >= 0 && f <= maxAmount) {
		return 0, false
	}
	n := int64(f + 0.5)
	off, _ := hundredths.Sub(hundredths, new(big.Float).SetInt64(n)).Float64()
	return Amount(n), off > -1e-6 && off < 1e-6
}

// String writes the amount with two decimals and commas between thousands.
func (a Amount) String() string {
	return fmt.Sprintf("%s.%02d", words.Number(a/100), a%100)
}

// MarshalJSON writes the amount as a number of units.
func (a Amount) MarshalJSON() ([]byte, error) {
	text := fmt.Sprintf("%d.%02d", a/100, a%100)
	return []byte(strings.TrimSuffix(strings.TrimRight(text, "0"), ".")), nil
}

// JSONShape tells that an amount is a number in plans.
func (Amount) JSONShape() any { return 0.0 }

// UnmarshalJSON reads a number of units.
func (a *Amount) UnmarshalJSON(data []byte) error {
	x, _, err := big.ParseFloat(string(data), 10, 256, big.ToNearestEven)
	if err != nil {
		return fmt.Errorf("%s is no amount of money", data)
	}
	var ok bool
	if *a, ok = ParseAmount(x); !ok {
		return fmt.Errorf("%s is no amount of money", data)
	}
	return nil
}

func (a Amount) big() *big.Float {
	x, _, err := big.ParseFloat(fmt.Sprintf("%d.%02d", a/100, a%100), 10, 512, big.ToNearestEven)
	if err != nil {
		panic(err) // digits and a point
	}
	return x
}

// Prices are what a name of some suffix costs, each a year; nil: not known.
// All are in the budget's currency.
type Prices struct {
	Register *Amount `json:"register,omitempty"`
	Renew    *Amount `json:"renew,omitempty"`
	Redeem   *Amount `json:"redeem,omitempty"`   // not a year's, but the redemption's
	Transfer *Amount `json:"transfer,omitempty"` // into the account, with the year that it adds
	Currency string  `json:"currency,omitempty"`
}

// Cost is what a change buys.
type Cost struct {
	Count    int    `json:"count"`  // names
	Years    int    `json:"years"`  // of all of them
	Amount   Amount `json:"amount"` // where it is not known: the most that the owner allows, 0 for no bound
	Currency string `json:"currency"`
	Known    bool   `json:"known"`
}

// String writes years and price.
func (c Cost) String() string {
	if c.Years == 0 {
		return c.Price()
	}
	return words.Count(c.Years, "year") + ", " + c.Price()
}

// Price writes the price alone.
func (c Cost) Price() string {
	switch {
	case c.Known:
		return c.Amount.String() + " " + c.Currency
	case c.Amount > 0:
		return "at most " + c.Amount.String() + " " + c.Currency
	}
	return "price not known"
}

// Bounded reports whether it is known what the purchase costs at most.
func (c Cost) Bounded() bool { return c.Known || c.Amount > 0 }

// Plus adds up two costs.
func (c Cost) Plus(other Cost) Cost {
	if c.Count == 0 {
		return other
	}
	c.Count, c.Years, c.Amount = c.Count+other.Count, c.Years+other.Years, c.Amount+other.Amount
	c.Known = c.Known && other.Known
	return c
}
