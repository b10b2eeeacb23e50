package reader

import (
	"context"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// readAccount reads facts of the account that are not yet known.
func (f *fetcher) readAccount(ctx context.Context, facts snapshot.Facts) error {
	for i := range accountRows {
		r := &accountRows[i]
		if wanted := facts & r.facts; wanted == 0 || f.live.Has(wanted) {
			continue
		}
		if err := r.read(f, ctx, r); err != nil && stops(ctx, err) && !r.isSpared(err) {
			return err
		} else if err != nil {
			f.note("", facts&r.facts, r.operation, err)
		}
	}
	return nil
}

// isSpared reports whether an error says no more than that the key may not make a read
// without which the others go on.
func (r *accountRow) isSpared(err error) bool {
	return r.spared && wire.NotOffered(err) && !wrongKey(err)
}

// emailPage is the most addresses in one answer.
const emailPage = 5000

func (f *fetcher) emails(ctx context.Context, _ *accountRow) error {
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
		f.live.Emails = all
	}
	return err
}
