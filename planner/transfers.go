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

// transfersIn reads which names are being transferred into the account. A key
// that may not ask for them is no reason to plan nothing.
func (f *fetcher) transfersIn(ctx context.Context, live *Live) error {
	found := []snapshot.TransferIn{}
	for page := 1; ; page++ {
		resp, err := f.r.QueryTransferInList(ctx, &wire.QueryTransferInListRequest{Page: wire.Page{PageNum: page, PageSize: f.PageSize}})
		if ctx.Err() != nil {
			return err
		}
		if err != nil {
			live.Failures = append(live.Failures, snapshot.Failure{
				Facts: snapshot.Listed, Operation: "QueryTransferInList", Message: err.Error(), RequestID: wire.RequestIDOf(err),
			})
			return nil
		}
		for _, t := range resp.Data {
			if t.SimpleTransferInStatus != wire.TransferInSucceeded && t.SimpleTransferInStatus != wire.TransferInFailed {
				found = append(found, snapshot.TransferIn{Domain: t.DomainName, State: t.SimpleTransferInStatus})
			}
		}
		if !resp.NextPage || len(resp.Data) == 0 {
			live.TransfersIn = found
			live.Sort()
			return nil
		}
	}
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
