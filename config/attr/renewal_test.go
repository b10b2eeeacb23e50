package attr_test

import (
	"encoding/json"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/config/attr"
)

func TestAmounts(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0.00", "10.1": "10.10", "0.07": "0.07", "1234567.5": "1,234,567.50", "1e3": "1,000.00",
		"-1": "", "1.001": "", "1e12": "",
	} {
		x, _, err := big.ParseFloat(text, 10, 512, big.ToNearestEven)
		if err != nil {
			t.Fatal(err)
		}
		a, ok := attr.ParseAmount(x)
		if ok != (want != "") || ok && a.String() != want {
			t.Errorf("%s is %s (%v), want %q", text, a, ok, want)
		}
	}
}

// TestAmountsSurviveJSON is the law that an amount is written exactly.
func TestAmountsSurviveJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := attr.Amount(rapid.Int64Range(0, 100_000_000_000).Draw(t, "amount"))
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var b attr.Amount
		if err := json.Unmarshal(data, &b); err != nil || a != b {
			t.Fatalf("%s is written as %s and read as %s (%v)", a, data, b, err)
		}
	})
}

func TestExpiriesOfOneTermAreEqual(t *testing.T) {
	leap := time.Date(2028, 2, 29, 3, 0, 0, 0, time.UTC)
	registry := attr.Expiry{Time: time.Date(2029, 2, 28, 3, 0, 0, 0, time.FixedZone("", 8*60*60))}
	if !registry.Equal(attr.Expiry{Time: leap.AddDate(1, 0, 0)}) {
		t.Error("a year from 29 February ends on the 28th or the 1st")
	}
	if registry.Equal(attr.Expiry{Time: leap}) || registry.Equal(attr.Lapse("no")) {
		t.Error("other terms are not equal")
	}
}
