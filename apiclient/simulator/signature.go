package simulator

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the service's signature version 1.0
	"encoding/base64"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// stringToSign returns what a call's signature is made of: the method and all
// decoded parameters but the signature, those without a value included.
func stringToSign(method string, params []wire.Param) string {
	unsigned := filter(params, func(p wire.Param) bool { return p.Name != "Signature" })
	return method + "&%2F&" + string(encode(nil, string(canonicalQuery(unsigned))))
}

// canonicalQuery writes decoded parameters as both schemes sign them: sorted,
// in percent encoding, those without a value included.
func canonicalQuery(params []wire.Param) []byte {
	sorted := slices.Clone(params)
	slices.SortFunc(sorted, func(x, y wire.Param) int {
		return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.Value, y.Value))
	})
	var query []byte
	for i, p := range sorted {
		if i > 0 {
			query = append(query, '&')
		}
		query = encode(query, p.Name)
		query = append(query, '=')
		query = encode(query, p.Value)
	}
	return query
}

// signature signs with HMAC-SHA1 (signature version 1.0).
func signature(secret, text string) string {
	h := hmac.New(sha1.New, []byte(secret+"&"))
	_, _ = h.Write([]byte(text)) // never fails
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// encode appends a text in percent encoding (RFC 3986, section 2).
func encode(to []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~' {
			to = append(to, c)
		} else {
			to = append(to, '%', hex[c>>4], hex[c&15])
		}
	}
	return to
}
