package reader

import (
	"context"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/planner"
)

// accountReads are all calls that tell facts of the account as a whole.
var accountReads = []struct {
	operation string
	facts     snapshot.Facts
	do        func(f *fetcher, ctx context.Context, live *planner.Live) error
}{
	{"ListEmailVerification", snapshot.Emails, (*fetcher).emails},
	{"QueryRegistrantProfiles", snapshot.Profiles, (*fetcher).profiles},
}

// readAccount reads facts of the account that are not yet known.
func (f *fetcher) readAccount(ctx context.Context, live *planner.Live, facts snapshot.Facts) error {
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

func (f *fetcher) emails(ctx context.Context, live *planner.Live) error {
	all := []snapshot.Email{}
	seen := make(map[string]bool)
	req := &wire.ListEmailVerificationRequest{PageNum: 1, PageSize: emailPage}
	err := eachPage(ctx, req, f.r.ListEmailVerification, func(page *wire.ListEmailVerificationResponse) bool {
		for i := range page.Data {
			e := &page.Data[i]
			address := snapshot.CanonicalEmail(e.Email)
			if !seen[address] {
				all = append(all, snapshot.Email{Address: address, Verified: e.VerificationStatus == wire.EmailVerified, Sent: e.TokenSendTime.UTC()})
			}
			seen[address] = true
		}
		return false
	})
	if err == nil {
		live.Emails = all
	}
	return err
}
