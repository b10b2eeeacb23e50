package reader

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

func (f *fetcher) dsRecords(ctx context.Context, d *snapshot.Domain, _ optional) (wire.Lacks, error) {
	resp, err := f.r.QueryDSRecord(ctx, &wire.QueryDSRecordRequest{DomainName: d.Name})
	if err != nil {
		return nil, err
	}
	d.DSRecords = make([]snapshot.DSRecord, len(resp.DSRecordList))
	for i, r := range resp.DSRecordList {
		d.DSRecords[i] = snapshot.DSRecord{
			KeyTag: r.KeyTag, Algorithm: int(r.Algorithm), DigestType: int(r.DigestType), Digest: strings.ToUpper(strings.Join(strings.Fields(r.Digest), "")),
		}
	}
	return nil, nil
}

// hosts asks by instance, which the list tells; without the list the name's
// facts tell it first.
func (f *fetcher) hosts(ctx context.Context, d *snapshot.Domain, may optional) (wire.Lacks, error) {
	if d.InstanceID == "" {
		lacks, err := f.info(ctx, d, may)
		if err != nil {
			return nil, err
		}
		if d.InstanceID == "" {
			return nil, lackError("QueryDomainByDomainName", lacks, "InstanceId")
		}
	}
	resp, err := f.r.QueryDnsHost(ctx, &wire.QueryDnsHostRequest{InstanceID: d.InstanceID})
	if err != nil {
		return nil, err
	}
	d.Hosts = make([]snapshot.Host, len(resp.DNSHostList))
	for i, h := range resp.DNSHostList {
		d.Hosts[i] = snapshot.NewHost(h.DNSName, d.Name, h.IPList)
	}
	slices.SortFunc(d.Hosts, func(x, y snapshot.Host) int { return strings.Compare(x.Name, y.Name) })
	return nil, nil
}

// wallet asks the Ethereum Name Service itself: what the service has in its own
// books may be out of date.
func (f *fetcher) wallet(ctx context.Context, d *snapshot.Domain, _ optional) (wire.Lacks, error) {
	resp, err := f.r.QueryEnsAssociation(ctx, &wire.QueryEnsAssociationRequest{DomainName: d.Name})
	if err != nil {
		return nil, err
	}
	d.ENSAddress = new(resp.Address)
	return nil, nil
}

func (f *fetcher) artwork(ctx context.Context, d *snapshot.Domain, may optional) (wire.Lacks, error) {
	resp, err := f.r.QueryArtExtension(ctx, &wire.QueryArtExtensionRequest{DomainName: d.Name})
	if err != nil {
		return nil, err
	}
	if _, lacks := may.split(resp.Lacks); len(lacks) > 0 {
		return nil, errors.New(lacks.Why(lacks[0].Member))
	}
	d.Art = new(snapshot.Art(resp.ArtExtension))
	return nil, nil
}
