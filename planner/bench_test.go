package planner_test

import (
	"fmt"
	"testing"

	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/planner"
)

// large returns a portfolio of n names and its live state, in which one name
// in every has other nameservers; 0: none has.
func large(n, every int) planner.Input {
	in := planner.Input{Portfolio: portfolio(), Live: account()}
	values := map[string]attr.Value{
		"nameservers": hosts("ns1.example.net", "ns2.example.net"), "transfer_lock": attr.Bool(false),
	}
	shared := declare("", values)
	for i := range n {
		d := shared
		d.Name = fmt.Sprintf("name%07d.com", i)
		in.Portfolio.Domains = append(in.Portfolio.Domains, d)
		have := live(d.Name, "ns1.example.net", "ns2.example.net")
		if every > 0 && i%every == 0 {
			have.Nameservers = []string{"ns1.example.org"}
		}
		in.Live.Domains = append(in.Live.Domains, have)
	}
	return in
}

func BenchmarkDiff(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		for _, every := range []int{0, 30, 1} {
			b.Run(fmt.Sprintf("names=%d/changed=1in%d", n, every), func(b *testing.B) {
				if testing.Short() && n > 10_000 {
					b.Skip("needs gigabytes")
				}
				in := large(n, every)
				b.ReportAllocs()
				for b.Loop() {
					planner.Diff(in)
				}
			})
		}
	}
}

// BenchmarkRecheck rechecks a saved plan of which every change still holds, and
// one of which the account holds no name any more.
func BenchmarkRecheck(b *testing.B) {
	for _, n := range []int{10_000, 20_000} {
		saved, still, gone := planner.Diff(large(n, 1)), large(n, 1), large(n, 1)
		gone.Live.Domains = nil
		for title, in := range map[string]planner.Input{"held": still, "gone": gone} {
			b.Run(fmt.Sprintf("names=%d/%s", n, title), func(b *testing.B) {
				if testing.Short() && n > 10_000 {
					b.Skip("takes long")
				}
				for b.Loop() {
					planner.Recheck(saved, in)
				}
			})
		}
	}
}
