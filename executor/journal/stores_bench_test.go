package journal_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/domainsync/domainsync/executor/journal"
	"github.com/domainsync/domainsync/executor/journal/buckettest"
	"github.com/domainsync/domainsync/executor/journal/pgtest"
)

// A place is a state to be measured, and how many bytes it takes.
type place struct {
	state string
	size  func() (int64, error)
}

// places are one of each kind. Their servers are on this machine, so a round trip costs
// next to nothing; the database makes each commit durable.
func places(b *testing.B) map[string]place {
	b.Helper()
	dir := b.TempDir()
	c := pgtest.Start(b, "fsync=on")
	pooled := c.Pooled()
	bucket := buckettest.Start(b, "oss")
	database := func() place {
		url := c.NewDatabase(b)
		return place{url, func() (int64, error) { return tableSize(b.Context(), url) }}
	}
	direct, behind := database(), database()
	return map[string]place{
		"directory": {dir, func() (int64, error) {
			info, err := os.Stat(filepath.Join(dir, "journal.db"))
			if err != nil {
				return 0, err
			}
			return info.Size(), nil
		}},
		"postgres":  direct,
		"pgbouncer": {pooled(behind.state), behind.size},
		"bucket":    {bucket.URL("prefix"), func() (int64, error) { return bucket.Size(), nil }},
	}
}

// tableSize returns how many bytes the records of a database take, with their indexes.
func tableSize(ctx context.Context, url string) (bytes int64, err error) {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return 0, err
	}
	err = c.QueryRow(ctx, `SELECT pg_total_relation_size('domainsync_records')`).Scan(&bytes)
	return bytes, errors.Join(err, c.Close(ctx))
}

func begun(b *testing.B, state string) (*journal.Journal, *journal.Ledger) {
	b.Helper()
	j, err := journal.Open(b.Context(), state, journal.Options{
		Endpoint: "https://domain.example", Account: "1",
		Credential: func(context.Context) (id, secret, token string, err error) { return "id", "secret", "", nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	l, err := j.Begin(b.Context(), journal.Run{Kind: journal.Apply, Began: time.Now()})
	if err != nil {
		b.Fatal(err)
	}
	return j, l
}

// BenchmarkStores measures each kind of store: durable commits, one after the other,
// as a run makes them; and whole changes, a thousand in a call, with the bytes that
// they leave.
func BenchmarkStores(b *testing.B) {
	all := places(b)
	for _, kind := range []string{"directory", "postgres", "pgbouncer", "bucket"} {
		p := all[kind]
		b.Run("commits/"+kind, func(b *testing.B) {
			j, l := begun(b, p.state)
			for b.Loop() {
				if _, err := l.Intend(b.Context(), []journal.Intent{{Operation: "o", Steps: []string{"a.example/x#set"}, Names: []string{"a.example"}, At: time.Now()}}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			if err := j.Close(); err != nil {
				b.Fatal(err)
			}
		})
		b.Run("changes/"+kind, func(b *testing.B) {
			before, err := p.size()
			if err != nil {
				b.Fatal(err)
			}
			j, l := begun(b, p.state)
			n := 0
			for b.Loop() {
				if err := changed(b.Context(), l, n); err != nil {
					b.Fatal(err)
				}
				n++
			}
			b.ReportMetric(float64(n*atOnce)/b.Elapsed().Seconds(), "changes/s")
			if err := j.Close(); err != nil {
				b.Fatal(err)
			}
			after, err := p.size()
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(after-before)/float64(n*atOnce), "B/change")
		})
	}
}

// atOnce is how many changes one call makes.
const atOnce = 1000

// changed records what becomes of a call with many names.
func changed(ctx context.Context, l *journal.Ledger, call int) error {
	now := time.Now()
	in := journal.Intent{Operation: "SaveBatchTaskForModifyingDomainDns", Key: "ns1.example.net ns2.example.net", At: now, Request: map[string]string{"Lang": "en"}}
	for i := range atOnce {
		name := fmt.Sprintf("name-%d-%d.example", call, i)
		in.Names, in.Steps = append(in.Names, name), append(in.Steps, name+"/nameservers#set")
		in.Request[fmt.Sprintf("DomainName.%d", i+1)] = name
	}
	batches, err := l.Intend(ctx, []journal.Intent{in})
	if err != nil {
		return err
	}
	id := batches[0].Batch
	if err := l.Submit(ctx, journal.Submission{Batch: id, Task: fmt.Sprintf("75addb07-28a3-450e-b5ec-%012d", call), RequestID: "ED7DAB5C-DA2F-4B83-8F5A-A6E1D5F3D4B6", At: now}); err != nil {
		return err
	}
	var results []journal.Result
	var acks []journal.Acknowledgement
	var seen []journal.Verification
	for i, step := range in.Steps {
		detail := fmt.Sprintf("75addb07-28a3-450e-b5ec-%06d%06d", call, i)
		results = append(results, journal.Result{Batch: id, Detail: detail, Step: step, Success: true, At: now})
		acks = append(acks, journal.Acknowledgement{Detail: detail, At: now})
		seen = append(seen, journal.Verification{Change: in.Names[i] + "/nameservers", Verdict: "verified", At: now})
	}
	if err := l.Settle(ctx, results); err != nil {
		return err
	}
	for some := range slices.Chunk(acks, 13) {
		if err := l.Acknowledge(ctx, some); err != nil {
			return err
		}
	}
	return l.Verify(ctx, seen)
}
