package render_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/executor"
	"github.com/domainsync/domainsync/executor/history"
	"github.com/domainsync/domainsync/executor/render"
	"github.com/domainsync/domainsync/internal/inert/inerttest"
)

// TestMoneyDifferences: each way in which an account can differ about an order is a line
// that names it and acts on nobody, and thousands of them are counted.
func TestMoneyDifferences(t *testing.T) {
	t.Parallel()
	tell := func(s *history.Spending) string {
		var b bytes.Buffer
		if err := render.MoneyDifferences(&b, s); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text := tell(&history.Spending{Account: &history.Orders{Since: began, Compared: 1, Earlier: 2}})
	if !strings.Contains(text, "1 order since 2026-") || !strings.Contains(text, "2 earlier orders were not") || !strings.Contains(text, "agree about them") {
		t.Errorf("of what is equal it says\n%s", text)
	}
	for _, a := range history.Differences() {
		s := &history.Spending{Account: &history.Orders{Since: began, Compared: 1}}
		for _, hostile := range append(inerttest.Hostile(), "plain") {
			s.Purchases = append(s.Purchases, history.Purchase{
				Run: 7, At: began, Domain: "example.com", Kind: "renewal", State: "succeeded",
				Account: &history.AccountAnswer{Agreement: a, Task: hostile, Status: "S", Message: hostile},
			})
		}
		text = tell(s)
		if !strings.Contains(text, "\nexample.com: the renewal of "+began.UTC().Format("2006-01-02")+" (run 7) ") || strings.Contains(text, "agree about them") {
			t.Errorf("%s: it says\n%s", a, text)
		}
		if strings.ContainsAny(text, "\x1b\r\u202e") {
			t.Errorf("%s: it acts:\n%q", a, text)
		}
	}
	many := &history.Spending{Account: &history.Orders{Since: began, Oldest: began}}
	for range 1000 {
		many.Purchases = append(many.Purchases,
			history.Purchase{At: began, Domain: "example.com", Account: &history.AccountAnswer{Agreement: history.NotListed, Task: "T"}},
			history.Purchase{At: began, Domain: "example.com", Account: &history.AccountAnswer{Agreement: history.TooOld}},
			history.Purchase{At: began, Domain: "example.com", Account: &history.AccountAnswer{Agreement: history.EndUnknown}},
		)
		many.Account.Unknown = append(many.Account.Unknown, history.UnknownOrder{Domains: make([]executor.OrderedName, 9)})
	}
	text = tell(many)
	for _, want := range []string{"Of 1,000 orders the account does not tell any more", "1,000 orders have ended", " and 4 more"} {
		if !strings.Contains(text, want) {
			t.Errorf("of many it lacks %q:\n%s", want, text)
		}
	}
	if n := strings.Count(text, "980 more like that"); n != 2 || strings.Count(text, "\n") > 50 {
		t.Errorf("of many it says\n%s", text)
	}
}
