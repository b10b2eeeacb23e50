package wire

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// DefaultEndpoint is the address of the service outside mainland China.
const DefaultEndpoint = "https://domain-intl.aliyuncs.com"

// Origin is who named an endpoint, which decides what it may be.
type Origin int

// The origins of an endpoint.
const (
	FromFile        Origin = iota // a file of the configuration, which a pull request can change
	FromCommandLine               // the person or the job that runs the program
)

// ParseEndpoint checks the address of the service and returns it as scheme and
// host: HTTPS, or HTTP to a loopback address. Where no scheme is given it is HTTPS;
// to a loopback address, where either is usual, it must be given. A file may name hosts of the
// service only, without a port: whoever can change a file must not be able to
// have signed requests sent elsewhere.
func ParseEndpoint(s string, from Origin) (string, error) {
	text := strings.TrimSpace(s)
	if text != "" && !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return "", fmt.Errorf("endpoint %q is no address: write it like %s", s, DefaultEndpoint)
	}
	host := strings.ToLower(u.Host)
	switch {
	case u.User != nil, u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return "", fmt.Errorf("endpoint %q has more than a scheme, a host and a port: write it like %s", s, DefaultEndpoint)
	case u.Scheme != "https" && u.Scheme != "http":
		return "", fmt.Errorf("endpoint %q does not use HTTPS: write https://%s", s, host)
	case from == FromFile && (u.Scheme != "https" || !serviceHost.MatchString(host)):
		return "", fmt.Errorf("endpoint %q stands in a file, and a file may name domain.aliyuncs.com, domain-intl.aliyuncs.com and domain-REGION.aliyuncs.com only, over HTTPS and without a port: name another one with --endpoint on the command line", s)
	case Loopback(u.Hostname()) && !strings.Contains(s, "://"):
		return "", fmt.Errorf("endpoint %q has no scheme, and a loopback address may be served with TLS or without: write http://%s, as the simulator does unless it has --tls, or https://%s", s, host, host)
	case u.Scheme == "http" && !Loopback(u.Hostname()):
		return "", fmt.Errorf("endpoint %q does not use HTTPS, which only loopback addresses may leave out: write https://%s", s, host)
	}
	return u.Scheme + "://" + host, nil
}

// serviceHost matches the hosts of the service itself: one label, domain or
// domain-REGION, directly below the zone of the service's owner. What that
// owner's customers can name, their stores, programs and gateways, lies at
// least one label deeper. A region is at most four words, as in ap-southeast-1.
var serviceHost = regexp.MustCompile(`^domain(-[a-z0-9]{1,12}){0,4}\.aliyuncs\.com$`)

// Loopback reports whether a host is this machine: an address, or localhost.
func Loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}
