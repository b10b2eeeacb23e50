package planner

import (
	"context"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// lacks reports whether the account lacks a declared name: it may be on its
// way.
func (f *fetcher) lacks(p *config.Portfolio, live *Live) bool {
	return slices.ContainsFunc(p.Domains, func(d config.Domain) bool {
		return f.Only.Has(d.Name) && live.Domain(d.Name) == nil
	})
}

// onTheWay are the states of a transfer into the account that has not ended, in
// the order of its way: one that moves on while they are read is seen in the next.
var onTheWay = []wire.SimpleTransferInStatus{
	wire.TransferInSubmitted, wire.TransferInAuthorization, wire.TransferInNameCheck, wire.TransferInKeyCheck, wire.TransferInPending,
}

// transfersIn reads which names are being transferred into the account, state by
// state: the list keeps all transfers that there ever were. A key that may not
// ask for them is no reason to plan nothing.
func (f *fetcher) transfersIn(ctx context.Context, live *Live) error {
	found := make(map[string]wire.SimpleTransferInStatus) // by name
	for _, state := range onTheWay {
		err := f.transfersInState(ctx, state, found)
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			f.note(live, "", snapshot.Listed, "QueryTransferInList", err)
			return nil
		}
	}
	live.TransfersIn = make([]snapshot.TransferIn, 0, len(found))
	for name, state := range found {
		live.TransfersIn = append(live.TransfersIn, snapshot.TransferIn{Domain: name, State: state})
	}
	live.Sort()
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

// arrives reports whether a name is being transferred into the account.
func arrives(live *Live, name string) bool {
	return slices.ContainsFunc(live.TransfersIn, func(t snapshot.TransferIn) bool { return t.Domain == name })
}

// transferWords say where a transfer into the account stands.
var transferWords = map[wire.SimpleTransferInStatus]string{
	wire.TransferInSubmitted:     "it was submitted",
	wire.TransferInAuthorization: "its holder has to agree by e-mail",
	wire.TransferInNameCheck:     "the name is being reviewed",
	wire.TransferInKeyCheck:      "its transfer key has to be right",
	wire.TransferInPending:       "the other registrar has to release it",
}

// arriving stands for the changes of a name that is being transferred in: what
// is declared of it waits until it is there. It reports whether that is so.
func (d *differ) arriving(want *config.Domain) bool {
	i := slices.IndexFunc(d.Live.TransfersIn, func(t snapshot.TransferIn) bool { return t.Domain == want.Name })
	if i < 0 {
		return false
	}
	state := d.Live.TransfersIn[i].State
	words := transferWords[state]
	if words == "" {
		words = "its state is " + strings.ToLower(string(state))
	}
	for j := range want.Declared {
		c := d.unknown(want, &want.Declared[j], 0)
		c.Status, c.Reason = attr.Waiting, "the name is being transferred into the account: "+words
		d.plan.Changes = append(d.plan.Changes, c)
	}
	d.absent(want, "Being transferred in", "The name is on its way into the account: "+words+".")
	return true
}

// leaving warns of declared names that are being transferred away.
func (p *Plan) leaving(in Input) {
	for i := range in.Live.Domains {
		name := in.Live.Domains[i].Name
		if in.Live.Domains[i].TransferOut != wire.TransferOutPending || !in.Only.Has(name) {
			continue
		}
		if _, declared := slices.BinarySearch(p.Declared, name); declared {
			p.Diagnostics = append(p.Diagnostics, Diagnostic{
				Severity: SeverityWarning, Domain: name, Summary: "Being transferred away",
				Detail: "Another registrar has asked for the name: it leaves the account within days, unless domainsync transfers out cancel keeps it.",
			})
		}
	}
}
