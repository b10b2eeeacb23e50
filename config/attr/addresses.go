package attr

import "net/netip"

// specialRanges are the ranges of addresses that are no place on the public
// Internet, with what they are: of the special-purpose registries (RFC 6890 and
// what was added since) those that are not globally reachable, and what others
// reserve. Ranges for documentation are not among them: examples use them.
var specialRanges = []struct {
	prefix netip.Prefix
	what   string // "it is …"
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "an address of this network (RFC 791)"},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private address (RFC 1918)"},
	{netip.MustParsePrefix("100.64.0.0/10"), "an address shared by a provider's customers (RFC 6598)"},
	{netip.MustParsePrefix("127.0.0.0/8"), "a loopback address (RFC 1122)"},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local address (RFC 3927)"},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private address (RFC 1918)"},
	{netip.MustParsePrefix("192.0.0.0/24"), "an address for protocols (RFC 6890)"},
	{netip.MustParsePrefix("192.88.99.0/24"), "an address of former 6to4 relays (RFC 7526)"},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private address (RFC 1918)"},
	{netip.MustParsePrefix("198.18.0.0/15"), "an address for benchmarks (RFC 2544)"},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address (RFC 5771)"},
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved address (RFC 1112)"},

	{netip.MustParsePrefix("::1/128"), "the loopback address (RFC 4291)"},
	{netip.MustParsePrefix("64:ff9b::/96"), "an IPv4 address that each network translates for itself (RFC 6052)"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "an IPv4 address that each network translates for itself (RFC 8215)"},
	{netip.MustParsePrefix("100::/64"), "an address whose packets are thrown away (RFC 6666)"},
	{netip.MustParsePrefix("fc00::/7"), "a unique local address (RFC 4193)"},
	{netip.MustParsePrefix("fe80::/10"), "a link-local address (RFC 4291)"},
	{netip.MustParsePrefix("fec0::/10"), "a site-local address (RFC 3879)"},
	{netip.MustParsePrefix("ff00::/8"), "a multicast address (RFC 4291)"},
	{netip.MustParsePrefix("2001::/32"), "a Teredo address (RFC 4380)"},
	{netip.MustParsePrefix("2001::/23"), "an address for protocols (RFC 2928)"},
}

var (
	// globalUnicast is all of IPv6 that is given out to networks.
	globalUnicast = netip.MustParsePrefix("2000::/3")
	// anycast are ranges below 2001::/23 in which everybody reaches somebody:
	// AMT relays and the nameservers of AS112 (RFC 7450, RFC 7535).
	anycast = []netip.Prefix{netip.MustParsePrefix("2001:3::/32"), netip.MustParsePrefix("2001:4:112::/48")}
	// sixToFour holds an IPv4 address in bits 16 to 47 (RFC 3056).
	sixToFour = netip.MustParsePrefix("2002::/16")
)

// specialRangeOf says what kind of address it is that others cannot reach, ""
// for one that they can.
func specialRangeOf(ip netip.Addr) string {
	ip = ip.Unmap()
	if sixToFour.Contains(ip) {
		b := ip.As16()
		if what := specialRangeOf(netip.AddrFrom4([4]byte(b[2:6]))); what != "" {
			return "6to4 of " + what
		}
		return ""
	}
	for _, p := range anycast {
		if p.Contains(ip) {
			return ""
		}
	}
	for _, s := range specialRanges {
		if s.prefix.Contains(ip) {
			return s.what
		}
	}
	if ip.Is6() && !globalUnicast.Contains(ip) {
		return "an address that no network has (RFC 4291)"
	}
	return ""
}
