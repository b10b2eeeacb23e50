package reader_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner/reader"
)

// memory answers at once what is asked of n names, of which one in every has
// other nameservers than the files declare; 0: none has.
type memory struct {
	reader.Service
	n, every int
}

func (m memory) QueryDomainList(_ context.Context, r *wire.QueryDomainListRequest) (*wire.QueryDomainListResponse, error) {
	page := new(wire.QueryDomainListResponse)
	page.TotalItemNum = m.n
	for i := (r.PageNum - 1) * r.PageSize; i < min(m.n, r.PageNum*r.PageSize); i++ {
		name := fmt.Sprintf("name%05d.com", i)
		page.Data = append(page.Data, wire.DomainItem{DomainName: name, InstanceID: "S" + name})
	}
	return page, nil
}

func (m memory) QueryDomainByDomainName(_ context.Context, r *wire.QueryDomainByDomainNameRequest) (*wire.QueryDomainByDomainNameResponse, error) {
	info := new(wire.QueryDomainByDomainNameResponse)
	info.DomainName, info.UserID, info.DNSList = r.DomainName, "1", []string{"ns1.example.net", "ns2.example.net"}
	info.TransferProhibitionLock, info.UpdateProhibitionLock = wire.LockOff, wire.LockOff
	var i int
	if _, err := fmt.Sscanf(r.DomainName, "name%d.com", &i); err == nil && m.every > 0 && i%m.every == 0 {
		info.DNSList = []string{"ns1.example.org"}
	}
	return info, nil
}

func (memory) ScrollDomainList(context.Context, *wire.ScrollDomainListRequest) (*wire.ScrollDomainListResponse, error) {
	return nil, &wire.Error{HTTPStatus: 404, Code: "InvalidApi.NotFound"}
}

func (memory) ListServerLock(context.Context, *wire.ListServerLockRequest) (*wire.ListServerLockResponse, error) {
	return nil, &wire.Error{HTTPStatus: 404, Code: "InvalidApi.NotFound"}
}

func (m memory) QueryDSRecord(context.Context, *wire.QueryDSRecordRequest) (*wire.QueryDSRecordResponse, error) {
	return new(wire.QueryDSRecordResponse), nil
}

func (m memory) QueryContactInfo(_ context.Context, r *wire.QueryContactInfoRequest) (*wire.QueryContactInfoResponse, error) {
	c := new(wire.QueryContactInfoResponse)
	c.RegistrantName = "Ada Example"
	return c, nil
}

// BenchmarkFetch reads names of a service that answers at once: what is left is
// the reader's own work, and that of finding out what to ask.
func BenchmarkFetch(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		for _, every := range []int{0, 30, 1} {
			b.Run(fmt.Sprintf("names=%d/changed=1in%d", n, every), func(b *testing.B) {
				if testing.Short() && n > 10_000 {
					b.Skip("takes seconds")
				}
				p := wanted(n)
				for i := range p.Domains {
					p.Domains[i] = declare(p.Domains[i].Name, map[string]attr.Value{
						"nameservers": hosts("ns1.example.net", "ns2.example.net"), "transfer_lock": attr.Bool(false), "tech": attr.Contact{"name": "Ada Example"},
					})
				}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := reader.Fetch(b.Context(), memory{n: n, every: every}, p, reader.Options{}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
