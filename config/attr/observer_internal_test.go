package attr

import (
	"fmt"
	"testing"

	"github.com/domainsync/domainsync/apiclient/snapshot"
)

// TestElementsShareWhatIsObserved: the value of an attribute is put together once
// for all of its elements that are looked at one after the other.
func TestElementsShareWhatIsObserved(t *testing.T) {
	t.Parallel()
	live := new(snapshot.Account)
	var changes []*Change
	for i := range 2 {
		d := snapshot.Domain{Name: fmt.Sprintf("n%d.example", i), Nameservers: []string{"ns1.example.net"}}
		for j := range 1000 {
			label := fmt.Sprintf("h%d", j)
			d.Hosts = append(d.Hosts, snapshot.Host{Name: label + "." + d.Name, Addresses: []string{"192.0.2.1"}})
			changes = append(changes, &Change{Domain: d.Name, Attribute: GlueHosts, Element: label})
		}
		live.Domains = append(live.Domains, d)
		changes = append(changes, &Change{Domain: d.Name, Attribute: "nameservers"})
	}
	o := NewObserver(live)
	for _, c := range changes {
		want, _ := NewObserver(live).Observe(c)
		if got, ok := o.Observe(c); !ok || !got.Equal(want) {
			t.Fatalf("%s %s is %v, want %v", c.Domain, c.Element, got, want)
		}
	}
	if o.looks != 4 {
		t.Errorf("%d values were put together for 2,002 changes of 4 attributes", o.looks)
	}
}
