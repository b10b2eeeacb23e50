package attr_test

import (
	"testing"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
)

// TestApprovalHash: what a person looks at makes another change of it; when it is
// made, and what an order carries beside it, does not.
func TestApprovalHash(t *testing.T) {
	fresh := func() *attr.Change {
		return &attr.Change{
			ID: "example.com/registration", Domain: "example.com", Attribute: "registration", Action: attr.Create, Hazard: attr.Money, Status: attr.Ready,
			After: attr.NameserverSet{"registered"}, Cost: &attr.Cost{Count: 1, Years: 1, Amount: 1000, Currency: "USD", Known: true},
			Steps: []attr.Step{{ID: "example.com/registration#register", Request: &wire.SaveBatchTaskForCreatingOrderActivateRequest{
				OrderActivateParam: []wire.Registration{{DomainName: "example.com", SubscriptionDuration: 1}},
			}}},
		}
	}
	order := func(c *attr.Change) *wire.Registration {
		return &c.Steps[0].Request.(*wire.SaveBatchTaskForCreatingOrderActivateRequest).OrderActivateParam[0]
	}
	hash := fresh().ApprovalHash()
	if len(hash) != 64 {
		t.Fatalf("it is %q", hash)
	}
	for name, alter := range map[string]func(c *attr.Change){
		"a status":    func(c *attr.Change) { c.Status, c.Reason = attr.Deferred, "over the budget" },
		"a need":      func(c *attr.Change) { c.Need("example.net/hosts/ns1#create") },
		"a place":     func(c *attr.Change) { c.Source.Line = 7 },
		"nameservers": func(c *attr.Change) { order(c).AliyunDNS, order(c).DNS1 = new(false), "ns1.example.net" },
		"privacy":     func(c *attr.Change) { order(c).EnableDomainProxy = new(true) },
	} {
		c := fresh()
		if alter(c); c.ApprovalHash() != hash {
			t.Errorf("with %s it is another change", name)
		}
	}
	for name, alter := range map[string]func(c *attr.Change){
		"an ID":     func(c *attr.Change) { c.ID = "example.net/registration" },
		"a before":  func(c *attr.Change) { c.Before = attr.NameserverSet{"lapsed"} },
		"an after":  func(c *attr.Change) { c.After = attr.NameserverSet{"lapsed"} },
		"a hazard":  func(c *attr.Change) { c.Hazard = attr.None },
		"a price":   func(c *attr.Change) { c.Cost.Amount = 1001 },
		"a request": func(c *attr.Change) { order(c).SubscriptionDuration = 2 },
		"a holder":  func(c *attr.Change) { order(c).RegistrantProfileID = 9 },
		"no step":   func(c *attr.Change) { c.Steps = nil },
	} {
		c := fresh()
		if alter(c); c.ApprovalHash() == hash {
			t.Errorf("with another %s it is the same change", name)
		}
	}
}
