package simulator

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// unsold are suffixes that nobody registers names under (RFC 6761 and others).
var unsold = map[string]bool{"arpa": true, "invalid": true, "local": true, "localhost": true, "onion": true, "test": true}

// checkName refuses what cannot be registered, whoever asks: a name that does
// not stand right below a suffix, or a suffix that is not sold.
func checkName(name string) error {
	if unsold[name[strings.LastIndexByte(name, '.')+1:]] {
		return refusal(400, "DomainSuffixUnsupported", "The suffix of the domain name is not supported.")
	}
	if !registrable(name) {
		return refusal(400, "InvalidDomainName", "The domain name is not valid: it has to stand right below a suffix.")
	}
	return nil
}

// registrable reports whether a name stands right below a suffix of the Public
// Suffix List, private ones aside, and is one that registries take.
func registrable(name string) bool {
	label, rest, dotted := strings.Cut(name, ".")
	if !dotted || strings.Contains(label, "_") || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
		return false
	}
	suffix, icann := publicsuffix.PublicSuffix(name)
	for !icann && strings.Contains(suffix, ".") { // a private one: what it is registered under
		_, parent, _ := strings.Cut(suffix, ".")
		suffix, icann = publicsuffix.PublicSuffix(parent)
	}
	return rest == suffix
}
