package fleet

import (
	"fmt"
	"net/netip"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
)

// Pages say how a fleet is looked at over HTTP.
type Pages struct {
	// Session is how long a browser stays signed in.
	Session time.Duration
	// Metrics is the least role that sees /metrics; "": everybody does.
	Metrics Role
	// Proxy is what stands before the process; nil: nothing does.
	Proxy *Proxy
}

// A Proxy is what passes requests on, and is believed.
type Proxy struct {
	// Header is where it says who has signed in there; "": it does not.
	Header string
	// From are the addresses that it comes from.
	From []netip.Prefix
}

// Trusts reports whether an address is one of the proxy's.
func (p *Proxy) Trusts(address netip.Addr) bool {
	if p == nil {
		return false
	}
	address = address.Unmap().WithZone("")
	return slices.ContainsFunc(p.From, func(from netip.Prefix) bool { return from.Contains(address) })
}

// How long a browser can stay signed in, and does unless something else is said.
const (
	leastSession = 5 * time.Minute
	mostSession  = 30 * 24 * time.Hour
	usualSession = 12 * time.Hour
)

// metricsOpen is the word for metrics that everybody sees.
const metricsOpen = "open"

// pagesArguments are those of the pages block, in the order of the reference.
var pagesArguments = []Argument{
	{Name: "session", Type: "text", Default: `"12h"`, Meaning: "How long a browser stays signed in: from 5m to 720h."},
	{Name: "metrics", Type: "text", Default: `"open"`, Meaning: `Who sees /metrics, where names of domains stand: "open" is everybody who reaches the address; "viewer" or another role wants a person's token, as Authorization: Bearer.`},
}

// proxyArguments are those of a proxy block.
var proxyArguments = []Argument{
	{Name: "from", Type: "list of addresses", required: true, Meaning: `The addresses that the proxy comes from, such as "127.0.0.1" or "192.0.2.0/24". What another address says is not believed. From here X-Forwarded-For and X-Forwarded-Proto are believed, too.`},
	{Name: "header", Type: "text", Default: "people sign in with their tokens", Meaning: "The header in which the proxy says who has signed in there, by a person's name or alias, such as X-Forwarded-User. The proxy must remove that header from what it gets."},
}

// PagesArguments are those of the pages block, in the order of the reference.
func PagesArguments() []Argument { return slices.Clone(pagesArguments) }

// ProxyArguments are those of a proxy block.
func ProxyArguments() []Argument { return slices.Clone(proxyArguments) }

// readPages reads how the fleet is looked at.
func (l *loader) readPages(block *hcl.Block) {
	if !l.First(block, &l.pages) {
		return
	}
	schema := schemaOf(pagesArguments)
	schema.Blocks = []hcl.BlockHeaderSchema{{Type: "proxy"}}
	content := l.Content(block.Body, schema, l.pages)
	if a := content.Attributes["session"]; a != nil {
		l.file.Pages.Session = l.session(a)
	}
	if a := content.Attributes["metrics"]; a != nil {
		if text, ok := l.Text(a); ok && text != metricsOpen {
			l.file.Pages.Metrics = l.role(a, metricsOpen)
		}
	}
	var first *hcl.Range
	for _, proxy := range content.Blocks {
		if l.First(proxy, &first) {
			l.file.Pages.Proxy = l.proxy(proxy)
		}
	}
}

// session computes how long a browser stays signed in.
func (l *loader) session(a *hcl.Attribute) time.Duration {
	text, ok := l.Text(a)
	if !ok {
		return usualSession
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < leastSession || d > mostSession {
		l.ReportAt(a.Expr.Range().Ptr(), "Not a time", "session = %q: write how long a browser stays signed in, from 5m to 720h, such as 12h.", text)
	}
	return d
}

// proxy reads what stands before the process.
func (l *loader) proxy(block *hcl.Block) *Proxy {
	args := l.Content(block.Body, schemaOf(proxyArguments), block.DefRange.Ptr()).Attributes
	p := new(Proxy)
	if a := args["header"]; a != nil {
		p.Header = l.header(a)
	}
	if a := args["from"]; a != nil {
		p.From = l.prefixes(a)
	}
	return p
}

// headerName is what a header can be called.
var headerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,63}$`)

// ownHeaders say other things than who a person is: browsers and proxies set them for
// whoever asks.
var ownHeaders = []string{
	"Accept", "Authorization", "Connection", "Content-Length", "Content-Type", "Cookie", "Forwarded", "From", "Host", "Origin", "Referer",
	"Transfer-Encoding", "Upgrade", "User-Agent", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto",
}

// header computes in which header a proxy says who a person is.
func (l *loader) header(a *hcl.Attribute) string {
	name, ok := l.Text(a)
	if !ok {
		return ""
	}
	canonical := textproto.CanonicalMIMEHeaderKey(name)
	if !headerName.MatchString(name) || slices.Contains(ownHeaders, canonical) || strings.HasPrefix(canonical, "Sec-") {
		l.ReportAt(a.Expr.Range().Ptr(), "Not a header", "%q is no header that says who a person is: X-Forwarded-User is one.", name)
	}
	return canonical
}

// prefixes computes the addresses that a proxy comes from.
func (l *loader) prefixes(a *hcl.Attribute) (all []netip.Prefix) {
	texts, at := l.texts(a, "addresses"), a.Expr.Range().Ptr()
	for _, text := range texts {
		prefix, err := prefixOf(text)
		if err != nil {
			l.ReportAt(at, "Not an address", "%s: write an address as 127.0.0.1, or a network as 192.0.2.0/24.", sentence(err))
			continue
		}
		all = append(all, prefix)
	}
	if len(texts) == 0 {
		l.ReportAt(at, "No address", "from is empty, so that no proxy is believed: name the addresses that it comes from.")
	}
	return all
}

// prefixOf reads an address or a network. All addresses are none: everybody could say who
// they are.
func prefixOf(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return netip.Prefix{}, fmt.Errorf("%q is no address", text)
	case prefix.Bits() == 0:
		return netip.Prefix{}, fmt.Errorf("%q is everybody, who could then say that they are anybody", text)
	case prefix.Addr().Is4In6():
		return netip.Prefix{}, fmt.Errorf("%q is a network of IPv4, written as one of IPv6", text)
	case prefix != prefix.Masked():
		return netip.Prefix{}, fmt.Errorf("%q is an address in the network %s", text, prefix.Masked())
	}
	return prefix, nil
}
