package reader

import (
	"context"
	"errors"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// onTheWay are the states of a transfer into the account that has not ended, in
// the order of its way: one that moves on while they are read is seen in the next.
var onTheWay = []wire.SimpleTransferInStatus{
	wire.TransferInSubmitted, wire.TransferInAuthorization, wire.TransferInNameCheck, wire.TransferInKeyCheck, wire.TransferInPending,
}

// transfersIn reads which names are being transferred into the account, state by
// state: the list keeps all transfers that there ever were. A key that may not
// ask for them is no reason to plan nothing.
func (f *fetcher) transfersIn(ctx context.Context) error {
	found := make(map[string]wire.SimpleTransferInStatus) // by name
	for _, state := range onTheWay {
		err := f.transfersInState(ctx, state, found)
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			f.note("", snapshot.Listed, "QueryTransferInList", err)
			return nil
		}
	}
	f.live.TransfersIn = make([]snapshot.TransferIn, 0, len(found))
	for name, state := range found {
		f.live.TransfersIn = append(f.live.TransfersIn, snapshot.TransferIn{Domain: name, State: state})
	}
	f.live.Sort()
	return nil
}

// transfersInState adds the transfers in one state, and others that have not
// ended where the service lets them through.
func (f *fetcher) transfersInState(ctx context.Context, state wire.SimpleTransferInStatus, found map[string]wire.SimpleTransferInStatus) error {
	req := &wire.QueryTransferInListRequest{Page: wire.Page{PageSize: f.PageSize}, SimpleTransferInStatus: state}
	return eachPage(ctx, req, f.r.QueryTransferInList, func(resp *wire.QueryTransferInListResponse) bool {
		for _, t := range resp.Data {
			if t.SimpleTransferInStatus != wire.TransferInSucceeded && t.SimpleTransferInStatus != wire.TransferInFailed {
				found[t.DomainName] = t.SimpleTransferInStatus
			}
		}
		return false
	})
}

// arrival asks how a name stands that is to be transferred into the account: whether
// the account holds it, and how its last transfer stands.
func (f *fetcher) arrival(ctx context.Context, d *snapshot.Domain, may optional) (wire.Lacks, error) {
	held := snapshot.Domain{Name: d.Name, PremiumUnknown: true}
	_, err := f.info(ctx, &held, may)
	if e, ok := errors.AsType[*wire.Error](err); err != nil && (!ok || e.Code != "DomainNotExist" || e.Answered) {
		return nil, err
	}
	a := snapshot.Arrival{Held: err == nil}
	var last wire.TransferIn
	req := &wire.QueryTransferInListRequest{Page: wire.Page{PageSize: f.PageSize}, DomainName: wire.UnicodeName(d.Name)}
	err = eachPage(ctx, req, f.r.QueryTransferInList, func(resp *wire.QueryTransferInListResponse) bool {
		for _, t := range resp.Data {
			if t.DomainName != d.Name {
				continue
			}
			a.UnderWay = a.UnderWay || t.SimpleTransferInStatus != wire.TransferInSucceeded && t.SimpleTransferInStatus != wire.TransferInFailed
			if last.InstanceID == "" || t.Submitted().After(last.Submitted()) {
				last = t
			}
		}
		return false
	})
	if err != nil {
		return nil, err
	}
	a.Last = last.InstanceID
	d.Arrival = &a
	return nil, nil
}

// feasible asks whether a name can be transferred into the account.
func (f *fetcher) feasible(ctx context.Context, d *snapshot.Domain, _ optional) (wire.Lacks, error) {
	if f.Feasible == nil || d.Arrival == nil {
		return nil, errors.New("its transfer key is not known")
	}
	refusal, err := f.Feasible(ctx, d.Name)
	if err == nil {
		d.Arrival.Checked, d.Arrival.Refusal = true, refusal
	}
	return nil, err
}
