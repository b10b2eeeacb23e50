package planner

import (
	"context"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// accountReads are all calls that tell facts of the account as a whole.
var accountReads = []struct {
	operation string
	facts     snapshot.Facts
	do        func(f *fetcher, ctx context.Context, live *Live) error
}{
	{"ListEmailVerification", snapshot.Emails, (*fetcher).emails},
}

// readAccount reads facts of the account that are not yet known.
func (f *fetcher) readAccount(ctx context.Context, live *Live, facts snapshot.Facts) error {
	for _, r := range accountReads {
		if wanted := facts & r.facts; wanted == 0 || live.Has(wanted) {
			continue
		}
		if err := r.do(f, ctx, live); err != nil && stops(ctx, err) {
			return err
		} else if err != nil {
			f.note(live, "", facts&r.facts, r.operation, err)
		}
	}
	return nil
}

// emailPage is the most addresses in one answer.
const emailPage = 5000

func (f *fetcher) emails(ctx context.Context, live *Live) error {
	all := []snapshot.Email{}
	seen := make(map[string]bool)
	for n := 1; ; n++ {
		page, err := f.r.ListEmailVerification(ctx, &wire.ListEmailVerificationRequest{PageNum: n, PageSize: emailPage})
		if err != nil {
			return err
		}
		for i := range page.Data {
			e := &page.Data[i]
			address := snapshot.CanonicalEmail(e.Email)
			if !seen[address] {
				all = append(all, snapshot.Email{Address: address, Verified: e.VerificationStatus == wire.EmailVerified})
			}
			seen[address] = true
		}
		if !page.More(n) {
			live.Emails = all
			return nil
		}
	}
}
