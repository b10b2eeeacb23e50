package config_test

import (
	"testing"

	"github.com/domainsync/domainsync/config"
)

// TestNothingLiftsADocumentedLimit: whatever files and command line allow, the
// service is not asked faster than it is known to take.
func TestNothingLiftsADocumentedLimit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limits     config.Limits
		check, any float64
	}{
		"defaults":              {config.DefaultLimits(), 10, 10},
		"a rate for all":        {config.Limits{DefaultQPS: 1000}, 10, 1000},
		"a lower rate for all":  {config.Limits{DefaultQPS: 2}, 2, 2},
		"a rate for it":         {config.Limits{DefaultQPS: 5, QPS: map[string]float64{"CheckDomain": 50}}, 10, 5},
		"a lower rate for it":   {config.Limits{DefaultQPS: 5, QPS: map[string]float64{"CheckDomain": 1}}, 1, 5},
		"no limit for anything": {config.Limits{}, 10, 0},
	} {
		if check, other := test.limits.Rate("CheckDomain"), test.limits.Rate("QueryDomainList"); check != test.check || other != test.any {
			t.Errorf("%s: CheckDomain %v, others %v; want %v and %v", name, check, other, test.check, test.any)
		}
	}
}
