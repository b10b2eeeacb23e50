package pages

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/domainsync/domainsync/internal/inert"
	"github.com/domainsync/domainsync/internal/webpage"
	"github.com/domainsync/domainsync/internal/words"
)

// money is the page of what accounts may spend, and have spent.
func (s *Site) money(p *page) error {
	all, search, err := p.searched()
	if err != nil {
		return err
	}
	c, short := &moneyContent{Search: search}, 0
	for i := range all {
		e := &all[i]
		for _, b := range e.Budgets {
			c.Rows = append(c.Rows, moneyRow{
				Job: inert.Text(e.Name), To: toJob(e.Name), Currency: inert.Text(b.Currency), Per: inert.Text(b.Per),
				Amount: amount(b.Amount), Spent: amount(b.Spent), Left: amount(b.Left), Short: e.Of(moneyShort) > 0, left: b.Left / max(b.Amount, 1),
			})
		}
		if e.Of(moneyShort) > 0 {
			short++
		}
	}
	slices.SortStableFunc(c.Rows, func(x, y moneyRow) int { return cmp.Compare(x.left, y.left) })
	c.Rows, c.Pages = onePage(c.Rows, accountsShown, p.request.URL)
	p.view.Thing = "cost"
	if short > 0 {
		p.show("money", words.Count(short, "account")+" "+words.Plural(short, "has", "have")+" too small a budget for the renewals of the next 90 days"+like(search), webpage.Minded, c)
		return nil
	}
	p.show("money", "Budgets of the accounts"+like(search), webpage.Calm, c)
	return nil
}

// moneyShort is the condition of a budget that falls short.
const moneyShort = "money_short"

// moneyContent is what that page has.
type moneyContent struct {
	Search string
	Rows   []moneyRow
	Pages  *pagesOf
}

// A moneyRow is the budget of one account.
type moneyRow struct {
	Job, To, Currency, Per string
	Amount, Spent, Left    string
	Short                  bool

	left float64 // of the whole
}

// amount writes an amount of money.
func amount(x float64) string { return fmt.Sprintf("%.2f", x) }
