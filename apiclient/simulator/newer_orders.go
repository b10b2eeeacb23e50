package simulator

import (
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// transferTask is what tasks are called that order transfers, which no reference
// names.
const transferTask wire.TaskType = "CREATING_ORDER_TRANSFER"

func (s *Simulator) orderTransfers(c *call, r *wire.SaveBatchTaskForCreatingOrderTransferRequest) (wire.Response, error) {
	items := make([]item, len(r.OrderTransferParam))
	for i := range r.OrderTransferParam {
		t := &r.OrderTransferParam[i]
		if t.RegistrantProfileID != 0 && s.profiles.find(t.RegistrantProfileID) == nil {
			return nil, errNoProfile
		}
		price := s.market.prices(t.DomainName).of(wire.FeeTransferIn, 1)
		items[i] = item{Purchase{Type: transferTask, Domain: t.DomainName, Years: 1, Price: price}, s.transferring(t)}
	}
	return s.saveOrder(c, r.Payment, items)
}

// transferring begins a transfer when its order has ended.
func (s *Simulator) transferring(t *wire.OrderedTransfer) effect {
	name, key, premium := t.DomainName, t.AuthorizationCode, isTrue(t.PermitPremiumTransfer, false)
	return effect{outside: true, words: expiryInWords, end: func(on *domain, at time.Time) (result, failure string) {
		last := s.transfersIn.of(name)
		switch {
		case checkName(name) != nil:
			return "", "The domain name is not valid."
		case on != nil:
			return "", "The domain name is in this account already."
		case last != nil && !last.ended():
			return "", "The domain name is being transferred already."
		case s.market.premium(name) && !premium:
			return "", "The domain name is a premium one, which the order does not permit."
		}
		s.begin(TransferIn{Name: name, Given: key}.withDefaults(), at)
		return "", ""
	}}
}

// actions are what is bought, in the words of orders.
var actions = map[string]wire.FeeCommand{
	"activate": wire.FeeRegister, "renew": wire.FeeRenew, "redeem": wire.FeeRedeem, "transfer": wire.FeeTransferIn,
}

func (s *Simulator) realTimePrices(c *call, r *wire.QueryDomainRealTimePriceRequest) (wire.Response, error) {
	answer := &wire.QueryDomainRealTimePriceResponse{Meta: c.meta()}
	currency, rate := wire.USD, 1.0
	if r.Currency == wire.CNY {
		currency, rate = wire.CNY, yuan
	}
	for _, it := range r.DomainItem {
		command, known := actions[it.Action]
		if !known {
			return nil, refusal(400, "InvalidAction", "Specified parameter DomainItem.Action is not valid.")
		}
		if err := checkName(it.DomainName); err != nil {
			return nil, err
		}
		years, premium := max(it.Period, 1), s.market.premium(it.DomainName)
		priced := years
		if s.options.Readings.PremiumPrice == "year" {
			priced = 1
		}
		p := wire.RealTimePrice{DomainName: it.DomainName, Action: it.Action, Period: years, Currency: currency, Premium: premium}
		p.Price = cents(s.market.prices(it.DomainName).of(command, priced) * rate)
		p.Avail, p.Reason = s.availability(it.DomainName)
		answer.Module.DomainPrices = append(answer.Module.DomainPrices, p)
	}
	return answer, nil
}
