package wire

// OrderedTransfer is one name in an order of transfers in.
type OrderedTransfer struct {
	DomainName            string `wire:"DomainName,required,idna" doc:"the name"`
	AuthorizationCode     string `wire:"AuthorizationCode,required,secret" doc:"transfer key of the losing registrar"`
	RegistrantProfileID   int64  `wire:"RegistrantProfileId,min=1" doc:"profile with the registrant"`
	PermitPremiumTransfer *bool  `wire:"PermitPremiumTransfer,default=false" doc:"true: transfer it though it is a premium name"`
}

// SaveBatchTaskForCreatingOrderTransferRequest orders transfers of names into the
// account. It costs the price of every name, which pays for a year.
type SaveBatchTaskForCreatingOrderTransferRequest struct {
	OrderTransferParam []OrderedTransfer `wire:"OrderTransferParam,required,batch,items=1000" doc:"names to transfer"`
	Payment
	Common
}

// QueryDomainRealTimePriceRequest asks what orders cost. The official typed client
// alone has it.
type QueryDomainRealTimePriceRequest struct {
	Currency   FeeCurrency  `wire:"Currency" doc:"currency of the prices"`
	DomainItem []PricedItem `wire:"DomainItem,required" doc:"what is to be bought"`
	Common
}

// PricedItem is something that could be bought.
type PricedItem struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Action     string `wire:"Action,required" doc:"what is bought; renew is the one that is shown"`
	Period     int    `wire:"Period,min=1,max=10" doc:"years"`
	Suffix     string `wire:"Suffix" doc:"the name's suffix"`
}

// QueryDomainRealTimePriceResponse tells prices. Its members Success and ErrorCode are
// those that every answer may have which is a failure.
type QueryDomainRealTimePriceResponse struct {
	Meta
	Module RealTimePrices `wire:"Module,must" doc:"the prices"`
}

// RealTimePrices are prices of orders.
type RealTimePrices struct {
	DomainPrices []RealTimePrice `wire:"DomainPrices,must" doc:"one for each item"`
}

// RealTimePrice is what one order costs. Whether a price is that of all years, or of
// each, is not documented.
type RealTimePrice struct {
	DomainName string       `wire:"DomainName,must,idna" doc:"the name"`
	Action     string       `wire:"Action" doc:"what is bought"`
	Period     int          `wire:"Period" doc:"years"`
	Price      float64      `wire:"Price,tell" doc:"the price"`
	Currency   FeeCurrency  `wire:"Currency" doc:"its currency"`
	Premium    bool         `wire:"Premium,tell" doc:"a premium name, with a price of its own"`
	Avail      Availability `wire:"Avail" doc:"whether it can be bought, as CheckDomain has it"`
	Reason     string       `wire:"Reason,prose" doc:"why it cannot"`
	Lacks      Lacks        // what the row does not tell
}
