package attr

import (
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// A Transfer is a name that is to be transferred into the account. Its transfer key
// is no part of it: that is a secret, which no plan and no journal has.
type Transfer struct {
	Name    string // canonical
	Profile string // of the registrant, its number or name; "": none is said
	Premium bool   // also where it has a price of its own
	// MaxPrice is the most that the order may cost; 0: the price that is known decides.
	MaxPrice Amount
}

// keyNotKept stands for a transfer key in plans and journals.
const keyNotKept = "[secret]"

// Facts returns what must be known of a name that is elsewhere before a transfer is ordered.
func (t Transfer) Facts() snapshot.Facts {
	if t.Profile != "" {
		return snapshot.Transferable | snapshot.Profiles
	}
	return snapshot.Transferable
}

// PriceFacts returns what tells its price, 0 where nobody has to be asked.
func (t Transfer) PriceFacts(in Input) snapshot.Facts {
	if !in.Buys || in.Prices.Transfer != nil && !t.Premium || in.Live.Arrival.Refusal != "" {
		return 0
	}
	return snapshot.RenewalPriced
}

// change is the order of a transfer, of which nothing is known yet.
func (t Transfer) change() Change {
	a := transferIn
	return Change{
		ID: ChangeID(t.Name, a.Name), Domain: t.Name, Attribute: a.Name, Action: Create, Hazard: a.Hazard, Status: Ready,
		Before: Arrival{State: Elsewhere}, After: Arrival{State: Ordered},
	}
}

// Unknown stands for the order of a transfer of which nobody knows whether it is to be
// made, and says why.
func (t Transfer) Unknown(why string) Change {
	c := t.change()
	c.Block(Unknown, "%s", why)
	return c
}

// Change returns the change that orders a transfer. How the name stands is known, and
// so are its facts where it can be ordered.
func (t Transfer) Change(in Input) Change {
	a, c := in.Live.Arrival, t.change()
	c.Before = arrivalOf(a)
	order := wire.OrderedTransfer{DomainName: t.Name, AuthorizationCode: keyNotKept}
	price, premium := orderPrice(in.Prices.Transfer, in, 1)
	switch {
	case a.Held:
		c.Block(Blocked, "the account holds the name already")
	case a.UnderWay:
		c.Block(Waiting, "the name is on its way into the account: domainsync transfers in show %s tells where it stands", t.Name)
	case a.Refusal != "":
		c.Block(Blocked, "the service does not transfer the name: %s", a.Refusal)
	case premium && !t.Premium:
		c.Block(Blocked, "it is a premium name with a price of its own: give --premium and --max-price to transfer it all the same")
	}
	if t.Profile != "" && c.Status == Ready {
		profile, why := findProfile(in.Account, t.Profile)
		if profile == nil {
			c.Block(Blocked, "%s", why)
		} else {
			order.RegistrantProfileID = profile.ID
		}
	}
	if premium {
		order.PermitPremiumTransfer = new(true)
	}
	terms := Terms{MaxPrice: t.MaxPrice}
	terms.setCost(&c, 1, price, in.Prices.Currency, premium)
	terms.checkTold(&c, in, premium)
	c.Steps = []Step{{ID: StepID(c.ID, "transfer"), Request: &wire.SaveBatchTaskForCreatingOrderTransferRequest{
		OrderTransferParam: []wire.OrderedTransfer{order},
	}}}
	return c
}

// WithKeys returns a request that orders transfers with the keys of its names, as it
// is sent; others as they are. Missing are the names that have none.
func WithKeys(r wire.Request, key func(name string) string) (_ wire.Request, missing []string) {
	order, ok := r.(*wire.SaveBatchTaskForCreatingOrderTransferRequest)
	if !ok {
		return r, nil
	}
	filled := *order
	filled.OrderTransferParam = make([]wire.OrderedTransfer, len(order.OrderTransferParam))
	for i, t := range order.OrderTransferParam {
		t.AuthorizationCode = ""
		if key != nil {
			t.AuthorizationCode = key(t.DomainName)
		}
		if t.AuthorizationCode == "" {
			missing = append(missing, t.DomainName)
		}
		filled.OrderTransferParam[i] = t
	}
	return &filled, missing
}
