package wire

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/idna"
)

// profile maps Unicode names to A-labels as a registry reads them (UTS 46,
// nontransitional). It lets "_" and "r3---sn" through, which host names of
// nameservers have.
var profile = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.StrictDomainName(false),
	idna.CheckHyphens(false),
	idna.BidiRule(),
)

// CanonicalName returns a domain or host name in the one form in which names
// are compared: lower case, A-labels, no final dot. It refuses names that DNS
// cannot hold (RFC 1035, section 2.3.4).
func CanonicalName(name string) (string, error) {
	s := strings.TrimSuffix(strings.TrimSpace(name), ".")
	if s == "" {
		return "", errors.New("the name is empty")
	}
	if !isCanonical(s) {
		ascii, err := toASCII(s)
		if err != nil {
			return "", fmt.Errorf("%q is no domain name: %w", name, err)
		}
		s = strings.TrimSuffix(ascii, ".")
	}
	if err := checkLabels(s); err != nil {
		return "", err
	}
	return s, nil
}

// toASCII writes a name in A-labels. It refuses what does not come back: the
// name is sent in Unicode, and the service must read the same one.
func toASCII(s string) (string, error) {
	ascii, err := profile.ToASCII(s)
	if err != nil {
		return "", err
	}
	unicode, err := profile.ToUnicode(ascii)
	if err != nil {
		return "", err
	}
	if again, err := profile.ToASCII(unicode); err != nil || again != ascii {
		return "", errors.New("its A-labels stand for another name")
	}
	return ascii, nil
}

// isCanonical reports whether a name is canonical as it stands, as most are.
func isCanonical(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' {
			continue
		}
		return false
	}
	return !strings.Contains(s, "xn--")
}

func checkLabels(s string) error {
	if len(s) > 253 {
		return fmt.Errorf("%q is longer than 253 characters", s)
	}
	for label := range strings.SplitSeq(s, ".") {
		switch {
		case label == "":
			return fmt.Errorf("%q has an empty label", s)
		case len(label) > 63:
			return fmt.Errorf("the label %q is longer than 63 characters", label)
		case label[0] == '-' || label[len(label)-1] == '-':
			return fmt.Errorf("the label %q begins or ends with a hyphen", label)
		case !isLDH(label):
			return fmt.Errorf("%q has a character that no domain name holds", label)
		}
	}
	return nil
}

// isLDH reports whether a label is of letters, digits, hyphens and underscores.
func isLDH(label string) bool {
	for i := range len(label) {
		c := label[i]
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			continue
		}
		return false
	}
	return true
}

// UnicodeName returns a canonical name as people read it and as the service
// takes it: it refuses names that begin with xn--.
func UnicodeName(canonical string) string {
	if !strings.Contains(canonical, "xn--") {
		return canonical
	}
	u, err := profile.ToUnicode(canonical)
	if err != nil {
		return canonical
	}
	return u
}

// LiveName makes a name that the service shows canonical. A name that cannot be
// is kept, in lower case and without final dots: what the account holds is a
// fact, however odd. What files declare is judged by [CanonicalName] instead.
func LiveName(shown string) string {
	if c, err := CanonicalName(shown); err == nil {
		return c
	}
	if t := strings.TrimRight(shown, "."); t != "" {
		shown = t
	}
	shown = strings.ToLower(shown)
	if c, err := CanonicalName(shown); err == nil {
		return c
	}
	return shown
}
