package wire

import "time"

// Payment says how an order is paid. It applies to the whole order.
type Payment struct {
	UseCoupon    *bool  `wire:"UseCoupon,default=false" doc:"true: pay with a voucher"`
	CouponNo     string `wire:"CouponNo" doc:"the voucher"`
	UsePromotion *bool  `wire:"UsePromotion,default=false" doc:"true: use a promotion coupon"`
	PromotionNo  string `wire:"PromotionNo" doc:"the promotion coupon"`
}

// Registration is one name in a registration order. The registrant is a
// profile whose real name is verified, or is given here.
type Registration struct {
	DomainName           string `wire:"DomainName,required,idna" doc:"the name"`
	SubscriptionDuration int    `wire:"SubscriptionDuration,min=1,max=10,default=1" doc:"years"`
	Registrant
	AliyunDNS                 *bool  `wire:"AliyunDns,default=true" doc:"true: Alibaba Cloud DNS, and Dns1 and Dns2 do not count"`
	DNS1                      string `wire:"Dns1,idna,unless=AliyunDns" doc:"first nameserver, where AliyunDns is false"`
	DNS2                      string `wire:"Dns2,idna,unless=AliyunDns" doc:"second nameserver, where AliyunDns is false"`
	EnableDomainProxy         *bool  `wire:"EnableDomainProxy,default=true" doc:"WHOIS privacy"`
	PermitPremiumActivation   *bool  `wire:"PermitPremiumActivation,default=false" doc:"true: buy it though it is a premium name"`
	TrademarkDomainActivation *bool  `wire:"TrademarkDomainActivation" doc:"true: buy it though it holds a trademark"`
}

// Registrant is the holder of a name that is ordered: a profile, or contact
// data in its place. The reference wants an extension of the phone number and
// the Chinese members as well; not everyone has those.
type Registrant struct {
	RegistrantProfileID    int64          `wire:"RegistrantProfileId,min=1" doc:"profile with the registrant; the other members of the registrant do not count then"`
	RegistrantType         RegistrantType `wire:"RegistrantType,unless=RegistrantProfileId" doc:"1 a person, 2 an organisation"`
	RegistrantOrganization string         `wire:"RegistrantOrganization,unless=RegistrantProfileId" doc:"the holder: an organisation, or a person's name"`
	RegistrantName         string         `wire:"RegistrantName,unless=RegistrantProfileId" doc:"the contact person"`
	Country                string         `wire:"Country,unless=RegistrantProfileId" doc:"country, two letters (ISO 3166-1)"`
	Province               string         `wire:"Province,unless=RegistrantProfileId" doc:"province or state"`
	City                   string         `wire:"City,unless=RegistrantProfileId" doc:"city"`
	Address                string         `wire:"Address,unless=RegistrantProfileId" doc:"street and number"`
	PostalCode             string         `wire:"PostalCode,unless=RegistrantProfileId" doc:"postal code"`
	TelArea                string         `wire:"TelArea,unless=RegistrantProfileId" doc:"calling code of the country, digits only"`
	Telephone              string         `wire:"Telephone,unless=RegistrantProfileId" doc:"phone number without the calling code"`
	TelExt                 string         `wire:"TelExt" doc:"extension of the phone number"`
	Email                  string         `wire:"Email,unless=RegistrantProfileId" doc:"e-mail address, which must be verified"`
	ZhContact
}

// SaveBatchTaskForCreatingOrderActivateRequest orders registrations. It costs
// the price of every name that is free. The service takes 100,000
// registrations a week. Privacy is on unless EnableDomainProxy is false. Its
// sample leaves out the prefix OrderActivateParam.1 and is wrong.
type SaveBatchTaskForCreatingOrderActivateRequest struct {
	OrderActivateParam []Registration `wire:"OrderActivateParam,required,batch,items=1000" doc:"names to register"`
	Payment
	Common
}

// SaveSingleTaskForCreatingOrderActivateRequest orders one registration. It
// costs the name's price.
type SaveSingleTaskForCreatingOrderActivateRequest struct {
	Registration
	Payment
	Common
}

// Renewal is one name in a renewal order.
type Renewal struct {
	DomainName            string    `wire:"DomainName,required,idna" doc:"the name"`
	CurrentExpirationDate time.Time `wire:"CurrentExpirationDate,ms" doc:"when the name expires now; send it always, it tells a second order from the first"`
	SubscriptionDuration  int       `wire:"SubscriptionDuration,min=1,max=10,default=1" doc:"years to add"`
	PermitPremiumRenew    *bool     `wire:"PermitPremiumRenew,default=false,newer" doc:"true: renew it though it is a premium name"`
}

// SaveBatchTaskForCreatingOrderRenewRequest orders renewals. It costs the
// price of every name for every year.
type SaveBatchTaskForCreatingOrderRenewRequest struct {
	OrderRenewParam []Renewal `wire:"OrderRenewParam,required,batch,items=1000" doc:"names to renew"`
	Payment
	Common
}

// SaveSingleTaskForCreatingOrderRenewRequest orders one renewal. It costs the
// name's price for every year.
type SaveSingleTaskForCreatingOrderRenewRequest struct {
	DomainName            string    `wire:"DomainName,required,idna" doc:"the name"`
	CurrentExpirationDate time.Time `wire:"CurrentExpirationDate,required,ms" doc:"when the name expires now"`
	SubscriptionDuration  int       `wire:"SubscriptionDuration,required,min=1,max=10" doc:"years to add"`
	PermitPremiumRenew    *bool     `wire:"PermitPremiumRenew,default=false,newer" doc:"true: renew it though it is a premium name"`
	Payment
	Common
}

// Redemption is one name in a redemption order.
type Redemption struct {
	DomainName            string    `wire:"DomainName,required,idna" doc:"the name"`
	CurrentExpirationDate time.Time `wire:"CurrentExpirationDate,ms" doc:"when the name expired; send it always, it tells a second order from the first"`
}

// SaveBatchTaskForCreatingOrderRedeemRequest orders redemptions of names that
// can no longer be renewed. It costs the redemption price of every name, which
// is many times that of a renewal.
type SaveBatchTaskForCreatingOrderRedeemRequest struct {
	OrderRedeemParam []Redemption `wire:"OrderRedeemParam,required,batch,items=1000" doc:"names to redeem"`
	Payment
	Common
}

// SaveSingleTaskForCreatingOrderRedeemRequest orders one redemption. It costs
// the name's redemption price.
type SaveSingleTaskForCreatingOrderRedeemRequest struct {
	DomainName            string    `wire:"DomainName,required,idna" doc:"the name"`
	CurrentExpirationDate time.Time `wire:"CurrentExpirationDate,required,ms" doc:"when the name expired"`
	Payment
	Common
}
