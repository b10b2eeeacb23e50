package job_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/apiclient"
	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/executor/job"
	"github.com/domainsync/domainsync/executor/journal"
)

// BenchmarkUndo takes back a run that has changed every name of an account, with a state
// in a directory and the simulator in process, without limits: reading the records, plan,
// hold and changes together.
func BenchmarkUndo(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 20_000, 100_000} {
		b.Run(fmt.Sprintf("names=%d", n), func(b *testing.B) {
			if testing.Short() && n > 1_000 {
				b.Skip("takes long")
			}
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				j := appliedJob(b, n)
				b.StartTimer()
				r, err := j.Undo(b.Context(), job.UndoOptions{Run: 1, Forced: true})
				if err != nil || len(r.Reasons) > 0 || len(r.Report.Changes) != n {
					b.Fatalf("it ends with %v for %v, after %d changes", err, r.Reasons, len(r.Report.Changes))
				}
			}
		})
	}
}

// appliedJob returns a job whose first run has delegated each of n names.
func appliedJob(b *testing.B, n int) *job.Job {
	b.Helper()
	account := &snapshot.Account{ID: "42"}
	var files strings.Builder
	files.WriteString("guard {\n  max_change_percent = 100\n  max_delegations = 1000000\n}\ndomains \"all\" {\n  nameservers = [\"ns1.example.org\"]\n  names = [\n")
	for i := range n {
		name := fmt.Sprintf("example%d.com", i)
		fmt.Fprintf(&files, "    %q,\n", name)
		account.Domains = append(account.Domains, snapshot.Domain{
			Name: name, InstanceID: name, Nameservers: []string{"ns0.example.net"}, DSRecords: []snapshot.DSRecord{}, Hosts: []snapshot.Host{}, Expires: time.Now().AddDate(2, 0, 0),
		})
	}
	files.WriteString("  ]\n}\n")
	portfolio, diags := config.LoadFS(mainFile(files.String()), config.Options{})
	if diags.HasErrors() {
		b.Fatal(diags)
	}
	client, err := apiclient.New(apiclient.Config{
		Endpoint: endpoint, Credentials: apiclient.Static{AccessKeyID: "testid", Secret: "testsecret"}, Transport: simulator.New(simulator.Options{Account: account}).Transport(),
	})
	if err != nil {
		b.Fatal(err)
	}
	j := &job.Job{Name: "corp", Portfolio: portfolio, Service: client, Endpoint: endpoint, Version: "test", Journal: job.InState(b.TempDir(), journal.Options{})}
	if r, err := j.Apply(b.Context(), job.ApplyOptions{}); err != nil || len(r.Reasons) > 0 {
		b.Fatalf("the apply ends with %v for %+v", err, r)
	}
	return j
}
