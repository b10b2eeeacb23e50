package attr

import (
	"encoding/json"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// RedemptionName is the name of the attribute that redeems names.
const RedemptionName = "redemption"

var redemption = &Attribute{
	Name:     RedemptionName,
	LogWords: []string{"REDEMPTION", "REDEEM"},
	Facts:    snapshot.Expiry | snapshot.Status,
	Safety:   func(in Input) snapshot.Facts { return snapshot.TransferOut | in.Desired.(Redemption).quoteFacts(in) },
	Hazard:   Money,
	PriceOf:  func(p *Prices) *Amount { return p.Redeem },

	Precedes: "the name is redeemed first",

	Decode: decodeRedemption,
	Observe: func(d *snapshot.Domain) Value {
		return RedemptionState{Redeem: needsRedemption(d), Expires: d.Expires.UTC()}
	},
	Cty:       ctyRedemption,
	unmarshal: unmarshalRedemption,
	diff:      redemptionChanges,

	Requests: []wire.Request{&wire.SaveBatchTaskForCreatingOrderRedeemRequest{}, &wire.CheckDomainRequest{}},
	Doc: Doc{
		Type:    "object",
		Summary: "Redeems the name when it has expired for so long that it can no longer be renewed.",
		Example: `{ max_price = 120 }`,
		Reads:   "QueryDomainList; QueryDomainByDomainName of names to redeem, CheckDomain of premium ones",
		Calls:   "SaveBatchTaskForCreatingOrderRedeem",
		Notes:   "It costs many times what a renewal does: nothing is redeemed that does not declare it, without a budget block, or where neither prices nor max_price says what it costs. Never for a name that is being transferred out. Whatever else is declared of the name waits until it is redeemed. coupon and promotion are numbers of vouchers.",
	},
}

// Redemption is the permission to redeem a name.
type Redemption struct{ Terms }

// Equal reports whether both are the same permission.
func (r Redemption) Equal(other Value) bool {
	o, ok := other.(Redemption)
	return ok && r == o
}

// String writes the permission in words.
func (r Redemption) String() string { return "when it is needed" + r.words() }

// RedemptionState is whether a name must be redeemed.
type RedemptionState struct {
	Redeem bool `json:"redeem"`
	// Expires is the end of the term that is over. Zero: any.
	Expires time.Time `json:"expires,omitzero"`
}

// Equal reports whether both are the same state.
func (s RedemptionState) Equal(other Value) bool {
	o, ok := other.(RedemptionState)
	return ok && s.Redeem == o.Redeem && (s.Expires.IsZero() || o.Expires.IsZero() || Expiry{s.Expires}.Equal(Expiry{o.Expires}))
}

// End returns when the term ended.
func (s RedemptionState) End() time.Time { return s.Expires }

// String writes the state in words.
func (s RedemptionState) String() string {
	if s.Redeem {
		return "expired on " + s.Expires.UTC().Format(time.DateOnly)
	}
	return "redeemed"
}

func needsRedemption(d *snapshot.Domain) bool { return d.Status == wire.NeedsRedemption }

func decodeRedemption(v cty.Value) (Value, []Problem) {
	o, problem := newObject(v, "an object such as { max_price = 120 }")
	if problem != nil {
		return nil, []Problem{*problem}
	}
	o.only(termNames)
	r := Redemption{o.terms()}
	if o.problem != nil {
		return nil, []Problem{*o.problem}
	}
	return r, nil
}

// ctyRedemption writes a permission. A live state gives none: an import
// declares no purchases.
func ctyRedemption(v Value) cty.Value {
	r, ok := v.(Redemption)
	if !ok {
		return cty.NullVal(cty.DynamicPseudoType)
	}
	members := make(map[string]cty.Value)
	r.cty(members)
	return cty.ObjectVal(members)
}

// unmarshalRedemption reads a live state, which says whether to redeem, or a
// permission.
func unmarshalRedemption(data []byte) (Value, error) {
	var standing struct{ Redeem *bool }
	if err := json.Unmarshal(data, &standing); err != nil {
		return nil, err
	}
	if standing.Redeem != nil {
		return unmarshalAs[RedemptionState](data)
	}
	return unmarshalAs[Redemption](data)
}

func redemptionChanges(a *Attribute, in Input) []Change {
	live := a.Observe(in.Live).(RedemptionState)
	if !live.Redeem {
		return nil
	}
	want := in.Desired.(Redemption)
	id := ChangeID(in.Name, a.Name)
	c := Change{
		ID: id, Domain: in.Name, Attribute: a.Name, Action: Update, Hazard: a.Hazard, Status: Ready,
		Before: live, After: RedemptionState{},
		Steps: []Step{{ID: StepID(id, "redeem"), Request: &wire.SaveBatchTaskForCreatingOrderRedeemRequest{
			OrderRedeemParam: []wire.Redemption{{DomainName: in.Name, CurrentExpirationDate: in.Live.Expires}}, Payment: want.payment(),
		}}},
	}
	if in.Live.TransferOut == wire.TransferOutPending {
		c.Block(Blocked, transferringOut)
	}
	price := in.Prices.Redeem
	if in.Live.Premium {
		price = nil
	}
	want.setCost(&c, 0, price, in.Prices.Currency, in.Live.Premium)
	want.checkQuote(&c, in, 0)
	return []Change{c}
}
