package apiclient

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// signedForm returns the body of a request: the parameters of the operation
// and of the protocol with their signature, and the signature by itself.
func signedForm(operation string, params []wire.Param, c Credential, at time.Time) (form []byte, signature string) {
	all := make([]wire.Param, 0, len(params)+9)
	all = append(
		append(all, params...),
		wire.Param{Name: "AccessKeyId", Value: c.AccessKeyID},
		wire.Param{Name: "Action", Value: operation},
		wire.Param{Name: "Format", Value: string(wire.JSON)},
		wire.Param{Name: "SignatureMethod", Value: "HMAC-SHA1"},
		wire.Param{Name: "SignatureNonce", Value: nonce()},
		wire.Param{Name: "SignatureVersion", Value: "1.0"},
		wire.Param{Name: "Timestamp", Value: at.UTC().Format("2006-01-02T15:04:05Z")},
		wire.Param{Name: "Version", Value: wire.Version},
	)
	if c.SecurityToken != "" {
		all = append(all, wire.Param{Name: "SecurityToken", Value: c.SecurityToken})
	}
	form = canonical(all)
	signature = sign("POST", form, c.Secret)
	form = append(form, "&Signature="...)
	return appendEncoded(form, signature), signature
}

// nonce returns a value that no other request carries: the service refuses one
// that it has seen.
func nonce() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return hex.EncodeToString(random[:])
}

// canonical sorts the parameters by name and writes them as a query string.
func canonical(params []wire.Param) []byte {
	slices.SortFunc(params, func(a, b wire.Param) int { return strings.Compare(a.Name, b.Name) })
	size := 128 // room for the signature
	for _, p := range params {
		size += len(p.Name) + len(p.Value) + len(p.Value)/2 + 2
	}
	b := make([]byte, 0, size)
	for i, p := range params {
		if i > 0 {
			b = append(b, '&')
		}
		b = appendEncoded(b, p.Name)
		b = append(b, '=')
		b = appendEncoded(b, p.Value)
	}
	return b
}

// sign returns the signature of canonical parameters (signature version 1.0).
func sign(method string, canonical []byte, secret string) string {
	text := make([]byte, 0, len(canonical)+len(canonical)/2+16)
	text = append(text, method...)
	text = append(text, "&%2F&"...)
	text = appendEncoded(text, canonical)
	mac := hmac.New(sha1.New, append([]byte(secret), '&'))
	mac.Write(text)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// appendEncoded percent-encodes a text (RFC 3986): a blank is %20 and never +.
func appendEncoded[T string | []byte](b []byte, text T) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(text) {
		c := text[i]
		if unreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', digits[c>>4], digits[c&15])
		}
	}
	return b
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~'
}
