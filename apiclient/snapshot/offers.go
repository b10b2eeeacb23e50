package snapshot

import "github.com/domainsync/domainsync/apiclient/wire"

// Offer is what the service says of a name that the account lacks.
type Offer struct {
	Availability wire.Availability `json:"availability"`
	Reason       string            `json:"reason,omitempty"`  // why it cannot be registered
	Premium      bool              `json:"premium,omitempty"` // list prices do not hold
	// Price is that of a registration for so many years, the most that it may
	// be. 0: not told.
	Price    float64          `json:"price,omitempty"`
	Years    int              `json:"years,omitempty"`
	Currency wire.FeeCurrency `json:"currency,omitempty"`
}

// Quote is what the service asks for a premium name: for a year more or, where
// the name needs it, for its redemption.
type Quote struct {
	Price    float64          `json:"price,omitempty"` // 0: not told
	Currency wire.FeeCurrency `json:"currency,omitempty"`
}

// RenewalPrice is what the service asks for a renewal of a name that the account
// holds.
type RenewalPrice struct {
	Years int `json:"years"` // of the renewal
	// Price is the most that it may cost. 0: nobody knows.
	Price    float64          `json:"price,omitempty"`
	Currency wire.FeeCurrency `json:"currency,omitempty"`
	Premium  bool             `json:"premium,omitempty"` // the name has a price of its own
	// Why says why the price is not known; "" where it is, or the service has no
	// operation that tells it.
	Why string `json:"why,omitempty"`
}

// Arrival is how a name stands that is to be transferred into the account.
type Arrival struct {
	Held bool `json:"held,omitempty"` // the account holds it
	// UnderWay says that it is on its way into the account.
	UnderWay bool `json:"under_way,omitempty"`
	// Last is the instance of its last transfer into the account, "" for none.
	Last string `json:"last,omitempty"`
	// Checked says that the service was asked whether it can be transferred with the
	// key that was given, and Refusal is why it cannot; "": it can.
	Checked bool   `json:"checked,omitempty"`
	Refusal string `json:"refusal,omitempty"`
}

// Profile is a set of contact data that the account keeps for registrations.
type Profile struct {
	ID       int64                      `json:"id"`
	Kind     wire.RegistrantProfileType `json:"kind,omitempty"` // the registries that it is for
	Default  bool                       `json:"default,omitempty"`
	RealName wire.RealNameStatus        `json:"real_name,omitempty"`
	Contact  Contact                    `json:"contact,omitzero"`
	// EmailVerified says whether its e-mail address is verified. Nil: not read.
	EmailVerified *bool `json:"email_verified,omitempty"`
	// Lacks are the members of the answer that did not tell it.
	Lacks []string `json:"untold,omitempty"`
}

func byID(x, y Profile) int { return int(min(max(x.ID-y.ID, -1), 1)) }
