package wire

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMember(t *testing.T) {
	for _, test := range []struct{ operation, parameter, want string }{
		{"QueryDomainByDomainName", "DomainName", "DomainName"},
		{"QueryDomainByDomainName", "domainname", "DomainName"},
		{"QueryDomainByDomainName", "DomainName.1", ""},
		{"QueryDomainByDomainName", "Domain", ""},
		{"SaveBatchTaskForModifyingDomainDns", "DomainName.1000", "DomainName"},
		{"SaveBatchTaskForModifyingDomainDns", "DomainName", ""},
		{"SaveBatchTaskForModifyingDomainDns", "DomainName.0", ""},
		{"SaveBatchTaskForModifyingDomainDns", "DomainName.x", ""},
		{"SaveBatchTaskForModifyingDomainDns", "DomainName.1.x", ""},
		{"SaveBatchTaskForCreatingOrderRenew", "OrderRenewParam.2.CurrentExpirationDate", "CurrentExpirationDate"},
		{"SaveBatchTaskForCreatingOrderRenew", "OrderRenewParam.2", ""},
		{"SaveBatchTaskForCreatingOrderRenew", "OrderRenewParam.2.Nothing", ""},
		{"SubmitEmailVerification", "Email", "Email"},
		{"SubmitEmailVerification", "Email.1", ""},
	} {
		got := ""
		if f := Lookup(test.operation).Request.Member(test.parameter); f != nil {
			got = f.Name
		}
		if got != test.want {
			t.Errorf("%s %s is %q, want %q", test.operation, test.parameter, got, test.want)
		}
	}
}

func TestAllMembers(t *testing.T) {
	var got []string
	for _, f := range Lookup("SaveBatchTaskForCreatingOrderRenew").Request.All() {
		got = append(got, f.Path)
	}
	want := []string{
		"OrderRenewParam.N", "OrderRenewParam.N.DomainName", "OrderRenewParam.N.CurrentExpirationDate",
		"OrderRenewParam.N.SubscriptionDuration", "OrderRenewParam.N.PermitPremiumRenew",
		"UseCoupon", "CouponNo", "UsePromotion", "PromotionNo", "Lang", "UserClientIp",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
