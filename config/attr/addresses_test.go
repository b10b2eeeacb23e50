package attr_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/config/attr"
)

// specialPurpose are the rows of the registries of special-purpose addresses
// (RFC 6890, RFC 8190 and what was registered since), and the ranges that
// RFC 4291, RFC 5771 and RFC 1112 set apart, with whether others can reach a
// host there. What is for documentation can stand for any address.
var specialPurpose = map[string]bool{
	"0.0.0.0/8": false, "10.0.0.0/8": false, "100.64.0.0/10": false, "127.0.0.0/8": false,
	"169.254.0.0/16": false, "172.16.0.0/12": false, "192.0.0.0/24": false, "192.168.0.0/16": false,
	"192.88.99.0/24": false, "198.18.0.0/15": false, "224.0.0.0/4": false, "240.0.0.0/4": false, "255.255.255.255/32": false,
	"192.31.196.0/24": true, "192.52.193.0/24": true, "192.175.48.0/24": true,
	"192.0.2.0/24": true, "198.51.100.0/24": true, "203.0.113.0/24": true,

	"::/128": false, "::1/128": false, "::/96": false, "64:ff9b::/96": false, "64:ff9b:1::/48": false,
	"100::/64": false, "100:0:0:1::/64": false, "2001::/32": false, "2001:1::/32": false, "2001:2::/48": false,
	"2001:10::/28": false, "2001:20::/28": false, "2001:30::/28": false, "2001::/24": false,
	"2001:3::/32": true, "2001:4:112::/48": true, "2620:4f:8000::/48": true, "2001:db8::/32": true, "3fff::/20": true,
	"5f00::/16": false, "fc00::/7": false, "fe80::/10": false, "fec0::/10": false, "ff00::/8": false,
	"4000::/3": false, "e000::/4": false,

	"2002:a00::/24": false, "2002:c0a8::/32": false, "2002:e000::/20": false, "2002:c633:6400::/40": true,
	"::ffff:10.0.0.0/104": false, "::ffff:100.64.0.0/106": false, "::ffff:240.0.0.0/100": false, "::ffff:198.51.100.0/120": true,
}

// inside are ranges of which larger ones of specialPurpose say something else.
var inside = []string{"2001:3::/32", "2001:4:112::/48", "2001:200::/23", "2001:db8::/32"}

// TestHostAddresses draws addresses of every special range, its ends among them,
// and wants those refused that others cannot reach, however they are written.
func TestHostAddresses(t *testing.T) {
	for text, reachable := range specialPurpose {
		t.Run(text, func(t *testing.T) {
			prefix := netip.MustParsePrefix(text)
			rapid.Check(t, func(t *rapid.T) {
				ip := addressOf(t, prefix)
				for _, other := range inside {
					if p := netip.MustParsePrefix(other); p.Contains(ip) && p.Bits() > prefix.Bits() {
						t.Skip("another range says what it is")
					}
				}
				checkHostAddress(t, ip, reachable)
			})
		})
	}
}

// TestOrdinaryHostAddresses draws addresses of networks, some beside the special
// ranges.
func TestOrdinaryHostAddresses(t *testing.T) {
	for _, text := range []string{
		"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
		"169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
		"198.20.0.0", "223.255.255.255", "2000::", "2001:200::", "2001:500::1", "2003::", "2400:cb00::1", "2a00:1450::1", "2002:808:808::1", "::ffff:8.8.8.8",
	} {
		checkHostAddress(t, netip.MustParseAddr(text), true)
	}
}

// addressOf draws an address of a range, one of its ends as often as not.
func addressOf(t *rapid.T, prefix netip.Prefix) netip.Addr {
	at := prefix.Masked().Addr().AsSlice()
	fill := rapid.SampledFrom([]string{"first", "last", "any"}).Draw(t, "which")
	for i := prefix.Bits(); i < len(at)*8; i++ {
		if fill == "last" || fill == "any" && rapid.Bool().Draw(t, "bit") {
			at[i/8] |= 0x80 >> (i % 8)
		}
	}
	ip, _ := netip.AddrFromSlice(at)
	return ip
}

func checkHostAddress(t interface {
	Errorf(format string, args ...any)
}, ip netip.Addr, reachable bool,
) {
	for _, text := range []string{ip.String(), strings.ToUpper(ip.StringExpanded())} {
		v := cty.ObjectVal(map[string]cty.Value{"ns1": cty.TupleVal([]cty.Value{cty.StringVal(text)})})
		read, problems := attr.Lookup(attr.GlueHosts).Decode(v)
		switch {
		case reachable && (len(problems) > 0 || read.String() != "ns1 "+ip.Unmap().String()):
			t.Errorf("%s is read as %v: %+v", text, read, problems)
		case !reachable && (len(problems) != 1 || problems[0].Warning || problems[0].Summary != "Unreachable address" || len(problems[0].Path) != 2):
			t.Errorf("%s is accepted, or refused in another way: %+v", text, problems)
		}
	}
}
