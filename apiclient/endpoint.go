package apiclient

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Origin is who named an endpoint, which decides what it may be.
type Origin int

// The origins of an endpoint.
const (
	FromFile        Origin = iota // a file of the configuration, which a pull request can change
	FromCommandLine               // the person or the job that runs the program
)

// ParseEndpoint checks the address of the service and returns it as scheme and
// host: HTTPS, or HTTP to a loopback address. A file may name hosts of the
// service's owner only: whoever can change a file must not be able to have
// signed requests sent elsewhere. Hosts with more than two labels before
// aliyuncs.com are programs and stores of that owner's customers.
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
	case from == FromFile && (u.Scheme != "https" || !ownedByService(host)):
		return "", fmt.Errorf("endpoint %q stands in a file, and a file may name hosts like domain-intl.aliyuncs.com only, over HTTPS: name it with --endpoint on the command line", s)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return "", fmt.Errorf("endpoint %q does not use HTTPS, which only loopback addresses may leave out: write https://%s", s, host)
	}
	return u.Scheme + "://" + host, nil
}

// ownedByService reports whether a host, without a port, is of the service's
// owner and not of one of its customers.
func ownedByService(host string) bool {
	labels, ok := strings.CutSuffix(host, ".aliyuncs.com")
	return ok && labels != "" && strings.Count(labels, ".") <= 1
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}
