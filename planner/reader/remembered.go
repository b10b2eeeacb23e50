package reader

import (
	"context"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/planner"
)

// Remembered returns an account as its names were read last, each fact with the time
// of that; now is the time of the account. Names that the last list lacked are left
// out. Bad counts pieces that cannot be understood.
//
// It is for people to look at: no plan that is applied may rest on it.
func Remembered(ctx context.Context, b Blobs, endpoint, account string, now time.Time) (live *planner.Live, bad int, err error) {
	before, bad, err := LoadReadings(ctx, b, endpoint)
	if err != nil {
		return nil, bad, err
	}
	held, err := LoadHeld(ctx, b, endpoint)
	if err != nil {
		return nil, bad, err
	}
	live = before.Account
	live.ID, live.ReadAt = account, now.UTC()
	if held.names != "" {
		live.Domains = held.complete(live.Domains)
	}
	live.Left = held.left
	return live, bad, nil
}

// complete returns the names of the list: what was read of them, and of those of which
// nothing was read but the list, that it had them. Read is sorted by name.
func (h *Held) complete(read []snapshot.Domain) []snapshot.Domain {
	listed := []snapshot.ReadTime{{At: h.at.UTC(), Facts: ^snapshot.Facts(0)}} // of all of them: nobody changes it
	all := make([]snapshot.Domain, 0, strings.Count(h.names, "\n"))
	for name := range strings.Lines(h.names) {
		name = strings.TrimSuffix(name, "\n")
		for len(read) > 0 && read[0].Name < name {
			read = read[1:]
		}
		if len(read) > 0 && read[0].Name == name {
			all = append(all, read[0])
			continue
		}
		all = append(all, snapshot.Domain{Name: name, PremiumUnknown: true, Read: listed})
	}
	return all
}
