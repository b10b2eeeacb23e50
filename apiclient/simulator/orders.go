package simulator

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

const mostYears = 10 // from now until a name expires

func (s *Simulator) register(c *call, r *wire.SaveBatchTaskForCreatingOrderActivateRequest) (wire.Response, error) {
	items := make([]item, len(r.OrderActivateParam))
	for i := range r.OrderActivateParam {
		var err error
		if items[i], err = s.registration(&r.OrderActivateParam[i]); err != nil {
			return nil, err
		}
	}
	return s.saveOrder(c, r.Payment, items)
}

func (s *Simulator) registerOne(c *call, r *wire.SaveSingleTaskForCreatingOrderActivateRequest) (wire.Response, error) {
	if err := checkName(r.DomainName); err != nil {
		return nil, err
	}
	it, err := s.registration(&r.Registration)
	if err != nil {
		return nil, err
	}
	return s.saveOrder(c, r.Payment, []item{it})
}

// registration is a name that is to be registered.
func (s *Simulator) registration(r *wire.Registration) (item, error) {
	holder, realName, err := s.registrant(&r.Registrant)
	if err != nil {
		return item{}, err
	}
	years := max(r.SubscriptionDuration, 1)
	premium := s.market.premium(r.DomainName)
	e := effect{outside: true, words: expiryInWords, end: func(on *domain, at time.Time) (result, failure string) {
		if failure := s.cannotRegister(r, on, realName()); failure != "" {
			return "", failure
		}
		began := at.UTC().Truncate(time.Second)
		d := snapshot.Domain{
			Name: r.DomainName, Registered: began, Expires: began.AddDate(years, 0, 0), Premium: premium,
			Nameservers: aliyun(r.DomainName), Privacy: new(s.market.BareOrders || isTrue(r.EnableDomainProxy, true)),
		}
		if !s.market.BareOrders && !isTrue(r.AliyunDNS, true) {
			d.Nameservers = []string{r.DNS1, r.DNS2}
			slices.Sort(d.Nameservers)
			d.Nameservers = slices.Compact(d.Nameservers)
		}
		for _, role := range wire.ContactType("").Known() {
			setContactOf(&d, wire.ContactType(role), holder)
		}
		d.RealName = realName()
		s.account.put(&domain{Domain: complete(d, at)})
		return "", ""
	}}
	price := s.market.prices(r.DomainName).of(wire.FeeRegister, years)
	return item{Purchase{Type: wire.TaskRegister, Domain: r.DomainName, Years: years, Price: price}, e}, nil
}

// registrant returns who is to hold a name, and how to find out the state of
// that real name later.
func (s *Simulator) registrant(r *wire.Registrant) (snapshot.Contact, func() wire.RealNameStatus, error) {
	if r.RegistrantProfileID == 0 {
		c := wire.Contact{
			RegistrantOrganization: r.RegistrantOrganization, RegistrantName: r.RegistrantName, Country: r.Country,
			Province: r.Province, City: r.City, Address: r.Address, PostalCode: r.PostalCode,
			TelArea: r.TelArea, Telephone: r.Telephone, TelExt: r.TelExt, Email: r.Email,
		}
		if err := checkContact(&c, true); err != nil {
			return snapshot.Contact{}, nil, err
		}
		if !s.emailVerified(c.Email) {
			return snapshot.Contact{}, nil, errEmailNotVerified
		}
		return snapshot.NewContact(r.RegistrantType, c, r.ZhContact), func() wire.RealNameStatus { return wire.RealNameNone }, nil
	}
	p := s.profiles.find(r.RegistrantProfileID)
	switch {
	case p == nil:
		return snapshot.Contact{}, nil, errNoProfile
	case !s.emailVerified(p.Email):
		return snapshot.Contact{}, nil, errEmailNotVerified
	}
	return contactOf(p), func() wire.RealNameStatus { return p.RealNameStatus }, nil
}

// cannotRegister says why a name is not registered, "" where it is.
func (s *Simulator) cannotRegister(r *wire.Registration, on *domain, realName wire.RealNameStatus) string {
	availability, reason := s.availability(r.DomainName)
	premium := s.market.premium(r.DomainName)
	switch {
	case checkName(r.DomainName) != nil:
		return "The domain name is not valid."
	case on != nil:
		return "The domain name has been registered."
	case availability != wire.Available:
		return "The domain name cannot be registered: " + reason + "."
	case !isTrue(r.AliyunDNS, true) && s.options.RequireHosts && s.account.withoutHost([]string{r.DNS1, r.DNS2}) != "":
		return noHost(s.account.withoutHost([]string{r.DNS1, r.DNS2}))
	case r.RegistrantProfileID != 0 && !realName.Passed():
		return "The real name of the registrant profile is not verified."
	case premium && !isTrue(r.PermitPremiumActivation, false):
		return "The domain name is a premium one, which the order does not permit."
	case traitsOf(r.DomainName).trademark && !isTrue(r.TrademarkDomainActivation, false):
		return "The domain name holds a trademark, which the order does not permit."
	}
	return ""
}

func (s *Simulator) renew(c *call, r *wire.SaveBatchTaskForCreatingOrderRenewRequest) (wire.Response, error) {
	items := make([]item, len(r.OrderRenewParam))
	for i := range r.OrderRenewParam {
		items[i] = s.renewal(r.OrderRenewParam[i])
	}
	return s.saveOrder(c, r.Payment, items)
}

func (s *Simulator) renewOne(c *call, r *wire.SaveSingleTaskForCreatingOrderRenewRequest) (wire.Response, error) {
	return s.saveOneOrder(c, r.Payment, s.renewal(wire.Renewal{
		DomainName: r.DomainName, CurrentExpirationDate: r.CurrentExpirationDate,
		SubscriptionDuration: r.SubscriptionDuration, PermitPremiumRenew: r.PermitPremiumRenew,
	}))
}

// renewal is a name that is to be renewed.
func (s *Simulator) renewal(r wire.Renewal) item {
	years := max(r.SubscriptionDuration, 1)
	e := effect{words: expiryInWords, end: func(d *domain, at time.Time) (result, failure string) {
		premium := s.market.premium(d.Name)
		expires := d.Expires.AddDate(years, 0, 0)
		switch {
		case !s.trueDate(d, r.CurrentExpirationDate):
			return "", errDate
		case phaseOf(d.Name, d.Expires, at) == redemption:
			return "", "The domain name can only be redeemed."
		case phaseOf(d.Name, d.Expires, at) == deletion:
			return "", "The domain name is being deleted."
		case d.TransferOut == wire.TransferOutPending:
			return "", "The domain name is being transferred out."
		case expires.After(at.AddDate(mostYears, 0, 0)):
			return "", "The domain name would expire in more than 10 years."
		case (premium || d.Premium) && !isTrue(r.PermitPremiumRenew, false):
			return "", "The domain name is a premium one, which the order does not permit."
		}
		d.Expires = expires
		s.account.datesChanged(d)
		return "", ""
	}}
	return s.extension(wire.TaskRenew, r.DomainName, r.CurrentExpirationDate, years, e)
}

func (s *Simulator) redeem(c *call, r *wire.SaveBatchTaskForCreatingOrderRedeemRequest) (wire.Response, error) {
	items := make([]item, len(r.OrderRedeemParam))
	for i := range r.OrderRedeemParam {
		items[i] = s.redemption(r.OrderRedeemParam[i])
	}
	return s.saveOrder(c, r.Payment, items)
}

func (s *Simulator) redeemOne(c *call, r *wire.SaveSingleTaskForCreatingOrderRedeemRequest) (wire.Response, error) {
	return s.saveOneOrder(c, r.Payment, s.redemption(wire.Redemption{
		DomainName: r.DomainName, CurrentExpirationDate: r.CurrentExpirationDate,
	}))
}

// redemption is a name that is to be redeemed, which renews it for a year.
func (s *Simulator) redemption(r wire.Redemption) item {
	e := effect{words: expiryInWords, end: func(d *domain, at time.Time) (result, failure string) {
		phase := phaseOf(d.Name, d.Expires, at)
		switch {
		case !s.trueDate(d, r.CurrentExpirationDate):
			return "", errDate
		case phase == deletion:
			return "", "The domain name is being deleted."
		case phase != redemption:
			return "", "The domain name does not need redemption."
		}
		d.Expires = d.Expires.AddDate(1, 0, 0)
		s.account.datesChanged(d)
		return "", ""
	}}
	return s.extension(wire.TaskRedeem, r.DomainName, r.CurrentExpirationDate, 1, e)
}

// extension is a later expiry of a name that is bought.
func (s *Simulator) extension(kind wire.TaskType, name string, date time.Time, years int, e effect) item {
	command := wire.FeeRenew
	if kind == wire.TaskRedeem {
		command = wire.FeeRedeem
	}
	p := Purchase{Type: kind, Domain: name, Expires: date, Years: years, Price: s.market.prices(name).of(command, years)}
	if d := s.account.byName[name]; d != nil && date.IsZero() {
		p.Expires = d.Expires
	}
	p.Expires = p.Expires.Round(0).UTC()
	return item{p, e}
}

const errDate = "The current expiration date of the domain name is not the one of the order."

// trueDate reports whether a name expires at that time, to the second, which is
// what the text forms of it have. Nothing is claimed by the zero time.
func (s *Simulator) trueDate(d *domain, date time.Time) bool {
	return date.IsZero() || s.market.AnyDate || date.Truncate(time.Second).Equal(d.Expires.Truncate(time.Second))
}

func expiryInWords(d *snapshot.Domain) string { return d.Expires.In(wire.Zone).Format(time.DateOnly) }

// saveOneOrder saves an order of one name. Unlike a batch call it refuses a
// name that the account lacks, and one that another such task is open for.
func (s *Simulator) saveOneOrder(c *call, pay wire.Payment, it item) (wire.Response, error) {
	if s.account.byName[it.Domain] == nil {
		return nil, errNoDomain
	}
	if s.busy(c.request, it.Domain, it.effect) {
		return nil, refusal(400, "TaskIsBeingProcessed", errBusy)
	}
	return s.saveOrder(c, pay, []item{it})
}

// elements returns what a request says of each element of its list apart from
// the name, or one empty text where it has none.
func elements(r wire.Request) []string {
	texts := []string{""}
	for _, p := range wire.Params(r) {
		_, rest, _ := strings.Cut(p.Name, ".")
		number, member, isElement := strings.Cut(rest, ".")
		if !isElement {
			continue
		}
		n, _ := strconv.Atoi(number) // it is one
		for len(texts) < n {
			texts = append(texts, "")
		}
		if member != "DomainName" {
			texts[n-1] += "&" + member + "=" + p.Value
		}
	}
	return texts
}
