package simulator_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/simulator"
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// glued is an account of a name with hosts (S1), one that delegates to them
// (S2), one whose update lock is on (S3), and one in ENS and .art (S4).
func glued() *snapshot.Account {
	return &snapshot.Account{FormatVersion: 1, Domains: []snapshot.Domain{
		{
			Name: "example.com", InstanceID: "S1", Nameservers: []string{"ns1.example.org", "ns2.example.org"},
			Hosts: []snapshot.Host{
				{Name: "example.com", Addresses: []string{"192.0.2.9"}},
				{Name: "ns1.example.com", Addresses: []string{"192.0.2.1", "2001:db8::1"}},
				{Name: "ns2.example.com", Addresses: []string{"192.0.2.2"}},
			},
			DSRecords: []snapshot.DSRecord{
				{KeyTag: 11, Algorithm: 13, DigestType: 1, Digest: strings.Repeat("AB", 20)},
				{KeyTag: 11, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("AB", 32)},
				{KeyTag: 12, Algorithm: 13, DigestType: 2, Digest: strings.Repeat("CD", 32)},
			},
		},
		{Name: "example.net", InstanceID: "S2", Nameservers: []string{"ns1.example.com", "ns1.example.org"}},
		{
			Name: "locked.example", InstanceID: "S3", Nameservers: []string{"ns1.example.org"}, UpdateLock: wire.LockOn,
			Hosts: []snapshot.Host{{Name: "ns1.locked.example", Addresses: []string{"192.0.2.3"}}},
		},
		{Name: "example.art", InstanceID: "S4", Nameservers: []string{"ns1.example.org"}},
	}}
}

// hosts returns the hosts of a name by their labels.
func (w *world) hosts(instance string) map[string][]string {
	w.Helper()
	all := map[string][]string{}
	for _, h := range ask[wire.QueryDnsHostResponse](w, &wire.QueryDnsHostRequest{InstanceID: instance}).DNSHostList {
		all[h.DNSName] = h.IPList
	}
	return all
}

// succeeded checks that the only detail of a task did.
func (w *world) succeeded(answer *wire.TaskResponse) {
	w.Helper()
	if d := w.detail(answer.TaskNo); d.TaskStatus != wire.DetailSuccess {
		w.Errorf("%s: %s", d.TaskType, d.ErrorMsg)
	}
}

// fails checks that the only detail of a call's task fails, and why.
func (w *world) fails(r wire.Request, why string) {
	w.Helper()
	if d := w.end(r); d.TaskStatus != wire.DetailFailure || !strings.Contains(d.ErrorMsg, why) {
		w.Errorf("%+v: %s: %s, want %q", r, d.TaskStatus, d.ErrorMsg, why)
	}
}

// failing is a case in which the detail of a call fails.
func failing(r wire.Request, why string) func(*world) {
	return func(w *world) { w.Helper(); w.fails(r, why) }
}

// saves are the checks of a call that saves a task for one name: it succeeded,
// and what else is seen.
func saves(check func(w *world)) func(*world, wire.Response) {
	return seen(func(w *world, answer *wire.TaskResponse) {
		w.Helper()
		w.succeeded(answer)
		check(w)
	})
}

// given is a good call that needs nothing before.
func given(r wire.Request) func(*world) wire.Request { return func(*world) wire.Request { return r } }

var v4 = []string{"192.0.2.7"}

var hostBehaviours = map[string]behaviour{
	"QueryDnsHost": {
		account: glued(),
		good:    given(&wire.QueryDnsHostRequest{InstanceID: "S1"}),
		seen: seen(func(w *world, answer *wire.QueryDnsHostResponse) {
			want := []wire.DNSHost{
				{DNSName: "@", IPList: []string{"192.0.2.9"}},
				{DNSName: "ns1", IPList: []string{"192.0.2.1", "2001:db8::1"}},
				{DNSName: "ns2", IPList: []string{"192.0.2.2"}},
			}
			if diff := cmp.Diff(want, answer.DNSHostList); diff != "" {
				w.Error(diff)
			}
		}),
		others: map[string]func(*world){
			"a name without hosts": func(w *world) {
				if got := w.hosts("S2"); len(got) != 0 {
					w.Errorf("got %v", got)
				}
			},
		},
	},
	"SaveSingleTaskForCreatingDnsHost": {
		account: glued(),
		good: given(&wire.SaveSingleTaskForCreatingDnsHostRequest{
			InstanceID: "S2", DNSName: "NS1", IP: []string{"2001:DB8:0::7", "192.0.2.7", "192.0.2.7", "::ffff:192.0.2.8"},
		}),
		seen: saves(func(w *world) {
			want := map[string][]string{"ns1": {"192.0.2.7", "192.0.2.8", "2001:db8::7"}}
			if diff := cmp.Diff(want, w.hosts("S2")); diff != "" {
				w.Error(diff)
			}
			logged := []string{"DNS Host Creation Succeeded:  -> ns1.example.net 192.0.2.7,192.0.2.8,2001:db8::7"}
			if diff := cmp.Diff(logged, w.changes("example.net")); diff != "" {
				w.Error(diff)
			}
		}),
		refused: append(notHosts("example.net", func(label string) wire.Request {
			return &wire.SaveSingleTaskForCreatingDnsHostRequest{InstanceID: "S2", DNSName: label, IP: v4}
		}), append(notAddresses(func(ip string) wire.Request {
			return &wire.SaveSingleTaskForCreatingDnsHostRequest{InstanceID: "S2", DNSName: "ns1", IP: []string{"192.0.2.1", ip}}
		}), refusal{&wire.SaveSingleTaskForCreatingDnsHostRequest{InstanceID: "S9", DNSName: "ns1", IP: v4}, "DomainNotExist"})...),
		others: map[string]func(*world){
			"a host that exists":     failing(&wire.SaveSingleTaskForCreatingDnsHostRequest{InstanceID: "S1", DNSName: "ns1", IP: v4}, "exists already"),
			"the update lock is on":  failing(&wire.SaveSingleTaskForCreatingDnsHostRequest{InstanceID: "S3", DNSName: "ns2", IP: v4}, "locked"),
			"as many as can be":      manyAddresses,
			"a host two labels deep": deepHost,
		},
	},
	"SaveSingleTaskForModifyingDnsHost": {
		account: glued(),
		good:    given(&wire.SaveSingleTaskForModifyingDnsHostRequest{InstanceID: "S1", DNSName: "ns1", IP: []string{"192.0.2.8", "192.0.2.7"}}),
		seen: saves(func(w *world) {
			want := map[string][]string{"@": {"192.0.2.9"}, "ns1": {"192.0.2.7", "192.0.2.8"}, "ns2": {"192.0.2.2"}}
			if diff := cmp.Diff(want, w.hosts("S1")); diff != "" {
				w.Error(diff)
			}
		}),
		refused: append(notHosts("example.com", func(label string) wire.Request {
			return &wire.SaveSingleTaskForModifyingDnsHostRequest{InstanceID: "S1", DNSName: label, IP: v4}
		}), append(notAddresses(func(ip string) wire.Request {
			return &wire.SaveSingleTaskForModifyingDnsHostRequest{InstanceID: "S1", DNSName: "ns1", IP: []string{ip}}
		}), refusal{&wire.SaveSingleTaskForModifyingDnsHostRequest{InstanceID: "S9", DNSName: "ns1", IP: v4}, "DomainNotExist"})...),
		others: map[string]func(*world){
			"a host that does not exist": failing(&wire.SaveSingleTaskForModifyingDnsHostRequest{InstanceID: "S1", DNSName: "ns3", IP: v4}, "does not exist"),
			"the update lock is on":      failing(&wire.SaveSingleTaskForModifyingDnsHostRequest{InstanceID: "S3", DNSName: "ns1", IP: v4}, "locked"),
		},
	},
	"SaveSingleTaskForDeletingDnsHost": {
		account: glued(),
		good:    given(&wire.SaveSingleTaskForDeletingDnsHostRequest{InstanceID: "S1", DNSName: "ns2"}),
		seen: saves(func(w *world) {
			want := map[string][]string{"@": {"192.0.2.9"}, "ns1": {"192.0.2.1", "2001:db8::1"}}
			if diff := cmp.Diff(want, w.hosts("S1")); diff != "" {
				w.Error(diff)
			}
		}),
		refused: append(notHosts("example.com", func(label string) wire.Request {
			return &wire.SaveSingleTaskForDeletingDnsHostRequest{InstanceID: "S1", DNSName: label}
		}), refusal{&wire.SaveSingleTaskForDeletingDnsHostRequest{InstanceID: "S9", DNSName: "ns1"}, "DomainNotExist"}),
		others: map[string]func(*world){
			"a host that does not exist": failing(&wire.SaveSingleTaskForDeletingDnsHostRequest{InstanceID: "S1", DNSName: "ns3"}, "does not exist"),
			"the update lock is on":      failing(&wire.SaveSingleTaskForDeletingDnsHostRequest{InstanceID: "S3", DNSName: "ns1"}, "locked"),
			"a host in use":              hostInUse,
		},
	},
	"SaveSingleTaskForSynchronizingDnsHost": {
		account: glued(),
		good: func(w *world) wire.Request {
			w.s.ChangeAtRegistry("example.com", func(r *simulator.Registry) {
				r.Hosts = []snapshot.Host{{Name: "ns9.example.com", Addresses: v4}}
			})
			if got := w.hosts("S1"); len(got) != 3 {
				w.Errorf("the service knows what it has not read: %v", got)
			}
			return &wire.SaveSingleTaskForSynchronizingDnsHostRequest{InstanceID: "S1"}
		},
		seen: saves(func(w *world) {
			if diff := cmp.Diff(map[string][]string{"ns9": v4}, w.hosts("S1")); diff != "" {
				w.Error(diff)
			}
		}),
		others: map[string]func(*world){
			"other tasks work on what the registry has": func(w *world) {
				w.s.ChangeAtRegistry("example.com", func(r *simulator.Registry) { r.Hosts = nil })
				w.fails(&wire.SaveSingleTaskForModifyingDnsHostRequest{InstanceID: "S1", DNSName: "ns1", IP: v4}, "does not exist")
				if got := w.hosts("S1"); len(got) != 0 {
					w.Errorf("the task has not read the registry: %v", got)
				}
			},
			"the update lock does not stop reading": func(w *world) {
				w.s.ChangeAtRegistry("locked.example", func(r *simulator.Registry) { r.Hosts = nil })
				w.end(&wire.SaveSingleTaskForSynchronizingDnsHostRequest{InstanceID: "S3"})
				if got := w.hosts("S3"); len(got) != 0 {
					w.Errorf("got %v", got)
				}
			},
		},
	},
}

// notHosts are calls with labels that name no host below a name.
func notHosts(domain string, call func(label string) wire.Request) []refusal {
	var all []refusal
	for _, label := range []string{"ns1.", ".ns1", "-ns1", "ns 1", strings.Repeat("a", 64), domain, "ns1." + domain} {
		all = append(all, refusal{call(label), "InvalidDnsName"})
	}
	return all
}

// notAddresses are calls with addresses that no host has.
func notAddresses(call func(ip string) wire.Request) []refusal {
	var all []refusal
	for _, ip := range []string{"192.0.2", "192.0.2.256", "ns1", "fe80::1%eth0", "127.0.0.1", "::1", "0.0.0.0", "224.0.0.1"} {
		all = append(all, refusal{call(ip), "InvalidIp"})
	}
	return all
}

func manyAddresses(w *world) {
	ips := make([]string, 13)
	for i := range ips {
		ips[i] = fmt.Sprintf("192.0.2.%d", i+1)
	}
	w.succeeded(ask[wire.TaskResponse](w, &wire.SaveSingleTaskForCreatingDnsHostRequest{InstanceID: "S2", DNSName: "ns1", IP: ips}))
	if got := w.hosts("S2")["ns1"]; len(got) != 13 {
		w.Errorf("got %v", got)
	}
}

func deepHost(w *world) {
	w.succeeded(ask[wire.TaskResponse](w, &wire.SaveSingleTaskForCreatingDnsHostRequest{InstanceID: "S2", DNSName: "a.ns", IP: v4}))
	if got := w.hosts("S2")["a.ns"]; !slices.Equal(got, v4) {
		w.Errorf("got %v", got)
	}
}

// hostInUse deletes a host that another name delegates to, then again when
// that name is delegated elsewhere.
func hostInUse(w *world) {
	remove := &wire.SaveSingleTaskForDeletingDnsHostRequest{InstanceID: "S1", DNSName: "ns1"}
	w.fails(remove, "nameserver of example.net (1 in all)")
	if got := w.hosts("S1"); len(got) != 3 {
		w.Errorf("it was deleted all the same: %v", got)
	}
	w.call(&wire.SaveBatchTaskForModifyingDomainDnsRequest{DomainName: []string{"example.net"}, DomainNameServer: []string{"ns1.example.org"}})
	w.succeeded(ask[wire.TaskResponse](w, remove))
	if got := w.hosts("S1"); len(got) != 2 {
		w.Errorf("hosts %v", got)
	}
}

// TestDelegationsToHostsThatDoNotExist fail only where that is asked for.
func TestDelegationsToHostsThatDoNotExist(t *testing.T) {
	t.Parallel()
	for _, required := range []bool{false, true} {
		_, c := inProcess(t, simulator.Options{Account: glued(), RequireHosts: required})
		for server, exists := range map[string]bool{
			"ns1.example.com": true, "ns2.example.com": true, "example.com": true, "ns1.example.org": true,
			"ns3.example.com": false, "a.ns1.example.com": false, "ns1.example.net": false, "example.net": false,
		} {
			no := c.save(setDNS, []string{"example.net"}, dns(server, "ns9.example.org")...)
			d := c.details(no)[0]
			if ok := exists || !required; (d.TaskStatus == wire.DetailSuccess) != ok || ok == strings.Contains(d.ErrorMsg, "does not exist: "+server) {
				t.Errorf("%s, required %v: %s: %s", server, required, d.TaskStatus, d.ErrorMsg)
			}
			if got := c.info("example.net").DNSList; slices.Contains(got, server) != (exists || !required) {
				t.Errorf("%s, required %v: nameservers %v", server, required, got)
			}
		}
		no := c.save(setDNS, []string{"example.net"}, "AliyunDns=true")
		if d := c.details(no)[0]; d.TaskStatus != wire.DetailSuccess {
			t.Errorf("the service's own nameservers: %s", d.ErrorMsg)
		}
	}
}
