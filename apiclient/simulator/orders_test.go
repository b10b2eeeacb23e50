package simulator_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// The world of a test begins on 3 February 2026. These are the dates of names
// that can be renewed, renewed though they have expired, redeemed, and neither.
var (
	soon = time.Date(2026, 12, 1, 2, 3, 4, 567e6, time.UTC)
	late = time.Date(2026, 1, 20, 2, 3, 4, 0, time.UTC)
	lost = time.Date(2025, 12, 20, 2, 3, 4, 0, time.UTC)
	gone = time.Date(2025, 11, 1, 2, 3, 4, 0, time.UTC)
)

func ageing() *snapshot.Account {
	ns := []string{"ns1.example.net", "ns2.example.net"}
	registered := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	name := func(name string, expires time.Time) snapshot.Domain {
		return snapshot.Domain{Name: name, InstanceID: "S-" + name, Registered: registered, Expires: expires, Nameservers: ns}
	}
	locked := name("locked.com", soon)
	locked.UpdateLock, locked.TransferLock = wire.LockOn, wire.LockOn
	return &snapshot.Account{Domains: []snapshot.Domain{
		name("gone.com", gone), name("late.com", late), locked, name("lost.cn", lost), name("lost.com", lost),
		name("premium-soon.com", soon), name("soon.com", soon), name("soon.example", soon),
	}}
}

func renewals(rs ...wire.Renewal) *wire.SaveBatchTaskForCreatingOrderRenewRequest {
	return &wire.SaveBatchTaskForCreatingOrderRenewRequest{OrderRenewParam: rs}
}

func renewal(name string, expires time.Time, years int) wire.Renewal {
	return wire.Renewal{DomainName: name, CurrentExpirationDate: expires, SubscriptionDuration: years}
}

func renewOne(name string, expires time.Time, years int) *wire.SaveSingleTaskForCreatingOrderRenewRequest {
	return &wire.SaveSingleTaskForCreatingOrderRenewRequest{DomainName: name, CurrentExpirationDate: expires, SubscriptionDuration: years}
}

func redemptions(name string, expires time.Time) *wire.SaveBatchTaskForCreatingOrderRedeemRequest {
	return &wire.SaveBatchTaskForCreatingOrderRedeemRequest{OrderRedeemParam: []wire.Redemption{{DomainName: name, CurrentExpirationDate: expires}}}
}

func redeemOne(name string, expires time.Time) *wire.SaveSingleTaskForCreatingOrderRedeemRequest {
	return &wire.SaveSingleTaskForCreatingOrderRedeemRequest{DomainName: name, CurrentExpirationDate: expires}
}

// registration is an order of a name for the profile that the account has from
// the start.
func registration(name string, change ...func(*wire.Registration)) wire.Registration {
	r := wire.Registration{DomainName: name, SubscriptionDuration: 2, Registrant: wire.Registrant{RegistrantProfileID: ourProfile}}
	for _, c := range change {
		c(&r)
	}
	return r
}

func registrations(rs ...wire.Registration) *wire.SaveBatchTaskForCreatingOrderActivateRequest {
	return &wire.SaveBatchTaskForCreatingOrderActivateRequest{OrderActivateParam: rs}
}

// byContact replaces the profile by Ada's contact data.
func byContact(r *wire.Registration) {
	c := adaContact()
	r.Registrant = wire.Registrant{
		RegistrantType: wire.Person, RegistrantOrganization: c.RegistrantOrganization, RegistrantName: c.RegistrantName,
		Country: c.Country, Province: c.Province, City: c.City, Address: c.Address, PostalCode: c.PostalCode,
		TelArea: c.TelArea, Telephone: c.Telephone, TelExt: c.TelExt, Email: c.Email,
	}
}

func (w *world) expires(name string) time.Time {
	w.Helper()
	return w.domain(name).Expires()
}

// bought requires what was bought, in words.
func (w *world) bought(want ...string) {
	w.Helper()
	var got []string
	for _, p := range w.s.Purchases() {
		words := fmt.Sprint(p.Count, " ", p.Type, " ", p.Domain, " ", p.Years, " for ", p.Price)
		if !p.Expires.IsZero() {
			words += " from " + p.Expires.Format(time.DateOnly)
		}
		got = append(got, words)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.Errorf("purchases: (-want +got)\n%s", diff)
	}
}

// market sets what can be bought, and returns what the balance is later.
func (w *world) market(m simulator.Market) (balance func() float64) {
	w.Helper()
	if err := w.s.SetMarket(m); err != nil {
		w.Fatal(err)
	}
	return func() float64 { return *w.s.Market().Balance }
}

// ordered checks an order: its task did its work, and what else is seen.
func ordered(kind wire.TaskType, check func(w *world, d wire.TaskDetail)) func(*world, wire.Response) {
	return seen(func(w *world, answer *wire.TaskResponse) {
		w.Helper()
		d := w.detail(answer.TaskNo)
		if d.TaskStatus != wire.DetailSuccess || d.TaskType != kind || d.InstanceID == "" {
			w.Fatalf("got %+v", d)
		}
		check(w, d)
	})
}

func isRegistered(w *world, d wire.TaskDetail) {
	w.Helper()
	now := time.Now().UTC()
	got := w.domain("fresh.com")
	if got.InstanceID != d.InstanceID || !got.Registered().Equal(now) || !got.Expires().Equal(now.AddDate(2, 0, 0)) || !got.DomainNameProxyService ||
		got.RegistrantOrganization != "Example Ltd" || got.RealNameStatus != wire.RealNameSucceeded || len(got.DNSList) != 2 {
		w.Errorf("got %+v", got)
	}
	list := ask[wire.QueryDomainListResponse](w, &wire.QueryDomainListRequest{Page: wire.Page{PageNum: 1, PageSize: 1}})
	if list.TotalItemNum != 9 || list.Data[0].DomainName != "fresh.com" || list.Data[0].DomainStatus != wire.Normal {
		w.Errorf("the list begins with %+v", list.Data)
	}
	w.bought("1 ORDER_ACTIVATE fresh.com 2 for 21")
	if got := ask[wire.CheckDomainResponse](w, &wire.CheckDomainRequest{DomainName: "fresh.com"}); got.Avail != wire.Taken {
		w.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{"Domain Name Registration Succeeded:  -> 2028-02-03"}, w.changes("fresh.com")); diff != "" {
		w.Error(diff)
	}
}

// lastToExpire returns the name that the list has at its end.
func (w *world) lastToExpire() string {
	w.Helper()
	return ask[wire.QueryDomainListResponse](w, &wire.QueryDomainListRequest{
		Page: wire.Page{PageNum: 1, PageSize: 1}, OrderKeyType: wire.ByExpiration,
	}).Data[0].DomainName
}

func isRenewed(w *world, _ wire.TaskDetail) {
	w.Helper()
	if got := w.lastToExpire(); got != "soon.com" {
		w.Errorf("%s is the last to expire", got)
	}
	if got := w.expires("soon.com"); !got.Equal(soon.AddDate(3, 0, 0)) {
		w.Errorf("it expires %v", got)
	}
	w.bought("1 ORDER_RENEW soon.com 3 for 33 from 2026-12-01")
	if diff := cmp.Diff([]string{"Domain Name Renewal Succeeded: 2026-12-01 -> 2029-12-01"}, w.changes("soon.com")); diff != "" {
		w.Error(diff)
	}
}

func isRedeemed(w *world, _ wire.TaskDetail) {
	w.Helper()
	if got := w.expires("lost.com"); !got.Equal(lost.AddDate(1, 0, 0)) {
		w.Errorf("it expires %v", got)
	}
	w.bought("1 ORDER_REDEEM lost.com 1 for 90 from 2025-12-20")
	w.does(renewals(renewal("lost.com", lost.AddDate(1, 0, 0), 1)))
}

var orderBehaviours = map[string]behaviour{
	"SaveBatchTaskForCreatingOrderActivate": {
		account: ageing(),
		good:    func(*world) wire.Request { return registrations(registration("fresh.com")) },
		seen:    ordered(wire.TaskRegister, isRegistered),
		refused: []refusal{
			{registrations(registration("fresh.com", func(r *wire.Registration) { r.RegistrantProfileID = 4711 })), "ContactTemplateNotExist"},
			{registrations(registration("fresh.com", byContact)), "RegContactEmailNotVerified"},
		},
		others: map[string]func(w *world){
			"a name of the account":            failing(registrations(registration("soon.com")), "registered"),
			"a name of others":                 failing(registrations(registration("taken-shop.com")), "In use"),
			"a name that is no registered one": failing(registrations(registration("www.soon.com")), "not valid"),
			"a premium name":                   failing(registrations(registration("premium-shop.com")), "premium"),
			"a trademark":                      failing(registrations(registration("my-trademark.com")), "trademark"),
			"what has to be permitted": func(w *world) {
				w.does(registrations(registration("premium-shop.com", func(r *wire.Registration) { r.PermitPremiumActivation = new(true) })))
				w.does(registrations(registration("my-trademark.com", func(r *wire.Registration) { r.TrademarkDomainActivation = new(true) })))
				if !w.domain("premium-shop.com").Premium || w.domain("my-trademark.com").Premium {
					w.Error("it is not the one name that is a premium one")
				}
			},
			"a name that left the account": func(w *world) {
				w.s.Remove("soon.com")
				w.fails(registrations(registration("soon.com")), "In use")
			},
			"a real name that is not verified": func(w *world) {
				id := w.made()
				order := registrations(registration("fresh.com", func(r *wire.Registration) { r.RegistrantProfileID = id }))
				if got := w.code(order); got != "RegContactEmailNotVerified" {
					w.Errorf("with an address that is not verified: %q", got)
				}
				w.verified(ada)
				w.fails(order, "real name")
				w.bought()
				w.s.SetRealName(id, wire.RealNamePassed)
				w.does(order)
				if diff := cmp.Diff(adaContact(), w.contact("fresh.com", wire.BillingContact)); diff != "" {
					w.Error(diff)
				}
			},
			"by contact data": func(w *world) {
				w.verified(ada)
				w.does(registrations(registration("fresh.com", byContact, func(r *wire.Registration) {
					r.AliyunDNS, r.DNS1, r.DNS2, r.EnableDomainProxy = new(false), "ns2.example.org", "ns1.example.org", new(false)
				})))
				got := w.domain("fresh.com")
				if got.RegistrantName != "Ada Lovelace" || got.RegistrantType != wire.Person || got.RealNameStatus != wire.RealNameNone || got.DomainNameProxyService {
					w.Errorf("got %+v", got)
				}
				if diff := cmp.Diff([]string{"ns1.example.org", "ns2.example.org"}, got.DNSList); diff != "" {
					w.Error(diff)
				}
			},
			"one name twice": func(w *world) {
				balance := w.market(simulator.Market{Balance: new(100.0)})
				answer := ask[wire.TaskResponse](w, registrations(registration("fresh.com"), registration("fresh.com")))
				details := w.raw.details(answer.TaskNo)
				if details[0].TaskStatus != wire.DetailSuccess || details[1].TaskStatus != wire.DetailFailure {
					w.Errorf("got %+v", details)
				}
				w.bought("1 ORDER_ACTIVATE fresh.com 2 for 21")
				if got := balance(); got != 79 {
					w.Errorf("the balance is %v", got)
				}
			},
		},
	},
	"SaveSingleTaskForCreatingOrderActivate": {
		account: ageing(),
		good: func(*world) wire.Request {
			return &wire.SaveSingleTaskForCreatingOrderActivateRequest{Registration: registration("fresh.com")}
		},
		seen: ordered(wire.TaskRegister, isRegistered),
		refused: []refusal{
			{&wire.SaveSingleTaskForCreatingOrderActivateRequest{Registration: registration("example.invalid")}, "DomainSuffixUnsupported"},
			{&wire.SaveSingleTaskForCreatingOrderActivateRequest{Registration: registration("www.example.com")}, "InvalidDomainName"},
			{&wire.SaveSingleTaskForCreatingOrderActivateRequest{Registration: registration("fresh.com", func(r *wire.Registration) { r.RegistrantProfileID = 4711 })}, "ContactTemplateNotExist"},
		},
		others: map[string]func(w *world){
			"a name of the account": failing(&wire.SaveSingleTaskForCreatingOrderActivateRequest{Registration: registration("soon.com")}, "registered"),
		},
	},
	"SaveBatchTaskForCreatingOrderRenew": {
		account: ageing(),
		good: func(w *world) wire.Request {
			w.lastToExpire()
			return renewals(renewal("soon.com", soon, 3))
		},
		seen: ordered(wire.TaskRenew, isRenewed),
		others: map[string]func(w *world){
			"a name that the account lacks": failing(renewals(renewal("other.com", soon, 1)), "does not exist"),
			"a date that is not true":       failing(renewals(renewal("soon.com", soon.AddDate(-1, 0, 0), 1)), "expiration date"),
			"a name that is to be redeemed": failing(renewals(renewal("lost.com", lost, 1)), "redeemed"),
			"a name that is being deleted":  failing(renewals(renewal("gone.com", gone, 1)), "being deleted"),
			"more than ten years":           failing(renewals(renewal("soon.com", soon, 10)), "10 years"),
			"a premium name":                failing(renewals(renewal("premium-soon.com", soon, 1)), "premium"),
			"a name that is being transferred out": func(w *world) {
				w.s.Change("soon.com", func(d *snapshot.Domain) { d.TransferOut = wire.TransferOutPending })
				w.fails(renewals(renewal("soon.com", soon, 1)), "transferred out")
			},
			"what failed is in the log": func(w *world) {
				w.fails(renewals(renewal("soon.com", late, 1)), "expiration date")
				if diff := cmp.Diff([]string{"Domain Name Renewal Failed: 2026-12-01"}, w.changes("soon.com")); diff != "" {
					w.Error(diff)
				}
			},
			"a name that has expired": func(w *world) {
				w.does(renewals(renewal("late.com", late, 1)))
				if got := w.expires("late.com"); !got.Equal(late.AddDate(1, 0, 0)) {
					w.Errorf("it expires %v", got)
				}
			},
			"no date and no years": func(w *world) {
				w.does(renewals(wire.Renewal{DomainName: "soon.example"}))
				w.bought("1 ORDER_RENEW soon.example 1 for 22 from 2026-12-01")
			},
			"a date without its fraction": func(w *world) { w.does(renewals(renewal("soon.com", soon.Truncate(time.Second), 1))) },
			"a locked name": func(w *world) {
				w.does(renewals(renewal("locked.com", soon, 1)))
				if d := w.domain("locked.com"); d.UpdateProhibitionLock != wire.LockOn {
					w.Errorf("got %+v", d)
				}
			},
			"a premium name that may be": func(w *world) {
				r := renewal("premium-soon.com", soon, 1)
				r.PermitPremiumRenew = new(true)
				w.market(simulator.Market{Premium: map[string]simulator.Prices{"premium-soon.com": {Renew: 500}}})
				w.does(renewals(r))
				w.bought("1 ORDER_RENEW premium-soon.com 1 for 500 from 2026-12-01")
			},
			"an order that is sent twice": func(w *world) {
				order := renewals(renewal("soon.com", soon, 1))
				w.does(order)
				w.fails(order, "expiration date")
				w.bought("1 ORDER_RENEW soon.com 1 for 11 from 2026-12-01")
				key := wire.Key(order) + fmt.Sprintf("&DomainName=soon.com&CurrentExpirationDate=%d&SubscriptionDuration=1", soon.UnixMilli())
				if diff := cmp.Diff(map[string]int{key: 2}, w.s.Saved()); diff != "" {
					w.Error(diff)
				}
			},
			"a service that takes any date": func(w *world) {
				w.market(simulator.Market{AnyDate: true})
				order := renewals(renewal("soon.com", soon, 1))
				w.does(order)
				w.does(order)
				w.bought("2 ORDER_RENEW soon.com 1 for 22 from 2026-12-01")
			},
		},
	},
	"SaveSingleTaskForCreatingOrderRenew": {
		account: ageing(),
		good:    func(*world) wire.Request { return renewOne("soon.com", soon, 3) },
		seen:    ordered(wire.TaskRenew, isRenewed),
		others: map[string]func(w *world){
			"a date that is not true": failing(renewOne("soon.com", late, 1), "expiration date"),
			"a busy name": func(w *world) {
				w.slow(time.Minute)
				w.call(renewOne("soon.com", soon, 1))
				if got := w.code(renewOne("soon.com", soon, 1)); got != "TaskIsBeingProcessed" {
					w.Errorf("got %q", got)
				}
			},
		},
	},
	"SaveBatchTaskForCreatingOrderRedeem": {
		account: ageing(),
		good:    func(*world) wire.Request { return redemptions("lost.com", lost) },
		seen:    ordered(wire.TaskRedeem, isRedeemed),
		others: map[string]func(w *world){
			"a name that the account lacks":   failing(redemptions("other.com", lost), "does not exist"),
			"a date that is not true":         failing(redemptions("lost.com", late), "expiration date"),
			"a name that has not expired":     failing(redemptions("soon.com", soon), "does not need"),
			"a name that renewal would help":  failing(redemptions("late.com", late), "does not need"),
			"a name that is being deleted":    failing(redemptions("gone.com", gone), "being deleted"),
			"a name of CNNIC, a day too late": failing(redemptions("lost.cn", lost), "being deleted"),
		},
	},
	"SaveSingleTaskForCreatingOrderRedeem": {
		account: ageing(),
		good:    func(*world) wire.Request { return redeemOne("lost.com", lost) },
		seen:    ordered(wire.TaskRedeem, isRedeemed),
		others: map[string]func(w *world){
			"a date that is not true": failing(redeemOne("lost.com", late), "expiration date"),
		},
	},
}

// TestOrdersArePaid with money, vouchers and promotions; what fails is paid
// back.
func TestOrdersArePaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, behaviour{account: ageing()})
		balance := w.market(simulator.Market{
			Balance: new(105.0), Prices: map[string]simulator.Prices{"com": {Renew: 10}, "*": {Renew: 20}},
			Coupons: map[string]float64{"C1": 5, "C2": 1000}, Promotions: map[string]float64{"P1": 0.5},
		})
		spend := func(want float64, pay wire.Payment, rs ...wire.Renewal) {
			t.Helper()
			order := renewals(rs...)
			order.Payment = pay
			before := balance()
			w.call(order)
			if got := before - balance(); got != want {
				t.Errorf("it cost %v, want %v", got, want)
			}
		}
		refuse := func(code string, pay wire.Payment, rs ...wire.Renewal) {
			t.Helper()
			order := renewals(rs...)
			order.Payment = pay
			if got := w.code(order); got != code {
				t.Errorf("got %q, want %q", got, code)
			}
		}
		yes := new(true)
		com := func(years int) wire.Renewal { return renewal("soon.com", w.expires("soon.com"), years) }
		example := renewal("soon.example", soon, 1)
		refuse("MissingCouponNo", wire.Payment{UseCoupon: yes}, com(1))
		refuse("InvalidCouponNo", wire.Payment{UseCoupon: yes, CouponNo: "P1"}, com(1))
		refuse("MissingPromotionNo", wire.Payment{UsePromotion: yes}, com(1))
		refuse("InvalidPromotionNo", wire.Payment{UsePromotion: yes, PromotionNo: "C1"}, com(1))
		refuse("InsufficientBalance", wire.Payment{}, com(1), renewal("other.com", soon, 10))
		spend(0, wire.Payment{}, renewal("other.com", soon, 10)) // paid back
		spend(30, wire.Payment{CouponNo: "C1", PromotionNo: "P1"}, com(1), example)
		spend(5, wire.Payment{UseCoupon: yes, CouponNo: "C1"}, com(1))
		refuse("InvalidCouponNo", wire.Payment{UseCoupon: yes, CouponNo: "C1"}, com(1))
		spend(10, wire.Payment{UsePromotion: yes, PromotionNo: "P1"}, com(2))
		spend(10, wire.Payment{UsePromotion: yes, PromotionNo: "P1"}, com(2))
		spend(0, wire.Payment{UseCoupon: yes, CouponNo: "C2"}, com(1))
		spend(20, wire.Payment{}, renewal("locked.com", soon, 2), com(3)) // the latter is too long
		refuse("InsufficientBalance", wire.Payment{}, renewal("locked.com", w.expires("locked.com"), 4))
		if got := balance(); got != 30 {
			t.Errorf("the balance is %v", got)
		}
		w.bought(
			"1 ORDER_RENEW locked.com 2 for 20 from 2026-12-01", "1 ORDER_RENEW soon.com 1 for 10 from 2026-12-01",
			"1 ORDER_RENEW soon.com 1 for 5 from 2027-12-01", "1 ORDER_RENEW soon.com 2 for 10 from 2028-12-01",
			"1 ORDER_RENEW soon.com 2 for 10 from 2030-12-01", "1 ORDER_RENEW soon.com 1 for 0 from 2032-12-01",
			"1 ORDER_RENEW soon.example 1 for 20 from 2026-12-01",
		)
	})
}

// TestCouponsOfFailedOrders shows that a coupon is good again when nothing was
// bought with it, and only then.
func TestCouponsOfFailedOrders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, behaviour{account: ageing()})
		w.market(simulator.Market{Balance: new(1000.0), Coupons: map[string]float64{"C1": 5}})
		w.slow(time.Minute)
		order := func(want string, rs ...wire.Renewal) {
			t.Helper()
			r := renewals(rs...)
			r.Payment = wire.Payment{UseCoupon: new(true), CouponNo: "C1"}
			if got := w.code(r); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			<-time.After(40 * time.Second)
		}
		over, fits := renewal("other.com", soon, 10), renewal("soon.com", soon, 1)
		order("", over)
		order("InvalidCouponNo", fits) // the first order is open
		order("", over, fits)
		order("InvalidCouponNo", over)
		order("InvalidCouponNo", over)
	})
}

// TestOpenOrdersHoldTheirMoney until they fail.
func TestOpenOrdersHoldTheirMoney(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, behaviour{account: ageing()})
		balance := w.market(simulator.Market{Balance: new(22.0)})
		w.slow(time.Minute)
		first := ask[wire.TaskResponse](w, renewals(renewal("soon.com", soon, 1)))
		w.call(renewals(renewal("soon.com", soon, 1))) // fails, for the first one is open
		if got := balance(); got != 0 {
			t.Errorf("the balance is %v", got)
		}
		if got := w.code(renewals(renewal("locked.com", soon, 1))); got != "InsufficientBalance" {
			t.Errorf("got %q", got)
		}
		w.bought()
		w.call(&wire.CancelTaskRequest{TaskNo: first.TaskNo})
		time.Sleep(time.Minute)
		if got := balance(); got != 22 {
			t.Errorf("the balance is %v", got)
		}
		w.bought()
		if got := w.expires("soon.com"); !got.Equal(soon) {
			t.Errorf("it expires %v", got)
		}
	})
}

// TestMoneyCountsInTheMonthOfItsOrder, whenever the order ends; what fails counts in none.
func TestMoneyCountsInTheMonthOfItsOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, behaviour{account: ageing()})
		w.market(simulator.Market{Prices: map[string]simulator.Prices{"com": {Renew: 10}}})
		month := func() string { return time.Now().UTC().Format("2006-01") }
		w.slow(20 * 24 * time.Hour)
		first := month()
		w.call(renewals(renewal("soon.com", soon, 2)))
		w.call(renewals(renewal("soon.com", soon, 1))) // fails, for the first one is open
		if got := w.s.SpentByMonth(); len(got) != 0 {
			t.Errorf("before any order has ended: %v", got)
		}
		for month() == first {
			time.Sleep(24 * time.Hour)
		}
		second := month()
		w.call(renewals(renewal("soon.com", w.expires("soon.com"), 1)))
		time.Sleep(40 * 24 * time.Hour)
		if diff := cmp.Diff(map[string]float64{first: 20, second: 10}, w.s.SpentByMonth()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// TestLapsedNamesComeBack walks a name from its expiry over its redemption to
// its end, after which anybody can have it.
func TestLapsedNamesComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, behaviour{account: ageing()})
		until := func(at time.Time) { time.Sleep(time.Until(at)) }
		available := func(want wire.Availability) {
			t.Helper()
			if got := ask[wire.CheckDomainResponse](w, &wire.CheckDomainRequest{DomainName: "locked.com"}); got.Avail != want {
				t.Errorf("got %+v, want %s", got, want)
			}
		}
		until(soon.AddDate(0, 0, 45))
		if d := w.domain("locked.com"); d.UpdateProhibitionLock != wire.LockOff || d.TransferProhibitionLock != wire.LockOn {
			t.Errorf("got %+v", d)
		}
		w.fails(renewals(renewal("locked.com", soon, 1)), "redeemed")
		w.does(redemptions("locked.com", soon))
		w.does(renewals(renewal("locked.com", soon.AddDate(1, 0, 0), 1)))
		end := soon.AddDate(2, 0, 0)
		available(wire.Taken)
		until(end.AddDate(0, 0, 59))
		w.fails(redemptions("locked.com", end), "being deleted")
		available(wire.PreDeletion)
		until(end.AddDate(0, 0, 64))
		if got := w.code(&wire.QueryDomainByDomainNameRequest{DomainName: "locked.com"}); got != "DomainNotExist" {
			t.Errorf("got %q", got)
		}
		available(wire.Available)
		w.does(registrations(registration("locked.com")))
		if d := w.domain("locked.com"); !d.Registered().Equal(time.Now().Truncate(time.Second)) || d.TransferProhibitionLock.On() {
			t.Errorf("got %+v", d)
		}
		if words := strings.Join(w.changes("locked.com"), "\n"); strings.Count(words, "\n") != 4 {
			t.Errorf("the log says\n%s", words)
		}
	})
}

// TestRegistriesMayRequireHosts of what a registration delegates to, too.
func TestRegistriesMayRequireHosts(t *testing.T) {
	t.Parallel()
	for required, want := range map[bool]wire.DetailStatus{false: wire.DetailSuccess, true: wire.DetailFailure} {
		_, c := inProcess(t, simulator.Options{Account: three(), RequireHosts: required})
		task := call[wire.TaskResponse](c, "SaveSingleTaskForCreatingOrderActivate", "DomainName=fresh.com", "RegistrantProfileId=3600001",
			"AliyunDns=false", "Dns1=ns1.example.org", "Dns2=ns9.example.com").TaskNo
		if d := c.details(task)[0]; d.TaskStatus != want {
			t.Errorf("required %v: got %+v", required, d)
		}
	}
}

// TestRegistrantsAreNeeded: without a profile there have to be contact data.
func TestRegistrantsAreNeeded(t *testing.T) {
	t.Parallel()
	_, c := inProcess(t, simulator.Options{Account: three()})
	for want, call := range map[string][]string{
		"400 MissingRegistrantType":     {"SaveSingleTaskForCreatingOrderActivate", "DomainName=fresh.com"},
		"400 MissingOrderActivateParam": {"SaveBatchTaskForCreatingOrderActivate", "OrderActivateParam.1.DomainName=fresh.com"},
	} {
		if got := c.refused(call[0], call[1:]...); got != want {
			t.Errorf("%v: got %s", call, got)
		}
	}
}
