package simulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// claim is what a call says of itself, in either of the service's schemes:
// signature version 1.0 has it in the parameters, ACS3-HMAC-SHA256 in headers.
type claim struct {
	headers         bool // which scheme it is
	action, version string
	key             string // access key ID
	nonce           string
	signed          string // the time
	signature       string
	refused         *wire.Error // it lacks something, or is of no scheme that is known
	text            string      // what is signed
	sign            func(secret, text string) string
}

// readClaim reads what a call says of itself.
func (in *incoming) readClaim() claim {
	h := in.http.Header
	authorization := h.Get("Authorization")
	// Clients of version 1.0 send some of the headers, too.
	if strings.HasPrefix(authorization, "ACS3-") || h.Get("X-Acs-Action") != "" && in.get("Signature") == "" {
		return in.inHeaders(authorization)
	}
	return in.inParameters()
}

func (in *incoming) inParameters() claim {
	c := claim{
		action: in.get("Action"), version: in.get("Version"), key: in.get("AccessKeyId"), nonce: in.get("SignatureNonce"),
		signed: in.get("Timestamp"), signature: in.get("Signature"), sign: signature,
	}
	for _, name := range []string{
		"Action", "Version", "AccessKeyId", "Signature", "SignatureMethod", "Timestamp", "SignatureVersion", "SignatureNonce",
	} {
		if in.get(name) == "" {
			c.refused = missing(name)
			return c
		}
	}
	switch {
	case in.get("SignatureMethod") != "HMAC-SHA1":
		c.refused = refusal(400, "InvalidSignatureMethod", "Specified signature method is not valid: use HMAC-SHA1.")
	case in.get("SignatureVersion") != "1.0":
		c.refused = refusal(400, "InvalidParameter", "The specified parameter SignatureVersion is not valid: use 1.0.")
	default:
		c.text = stringToSign(in.http.Method, in.params)
	}
	return c
}

func missing(name string) *wire.Error {
	return refusal(400, "MissingParameter", "The input parameter \""+name+"\" that is mandatory for processing this request is not supplied.")
}

// acs3 is the algorithm of the scheme whose claims are in headers.
const acs3 = "ACS3-HMAC-SHA256"

func (in *incoming) inHeaders(authorization string) claim {
	h := in.http.Header
	c := claim{
		headers: true, action: h.Get("X-Acs-Action"), version: h.Get("X-Acs-Version"), nonce: h.Get("X-Acs-Signature-Nonce"),
		signed: h.Get("X-Acs-Date"), sign: hmacSHA256,
	}
	for _, name := range []string{
		"Authorization", "x-acs-action", "x-acs-version", "x-acs-date", "x-acs-signature-nonce", "x-acs-content-sha256",
	} {
		if h.Get(name) == "" {
			c.refused = missing(name)
			return c
		}
	}
	algorithm, rest, _ := strings.Cut(authorization, " ")
	fields := authorizationFields(rest)
	headers := signedHeaders(fields["SignedHeaders"])
	c.key, c.signature = fields["Credential"], fields["Signature"]
	switch {
	case algorithm != acs3:
		c.refused = refusal(400, "InvalidSignatureMethod", "Specified signature method is not valid: use "+acs3+".")
	case c.key == "" || c.signature == "" || !signsAll(headers, h):
		c.refused = refusal(400, "IncompleteSignature", "The request signature does not conform to the scheme: "+
			"Authorization has a Credential, SignedHeaders with host and all x-acs headers, and a Signature.")
	default:
		c.text = in.acs3Text(headers)
	}
	return c
}

// authorizationFields reads Credential=…,SignedHeaders=…,Signature=….
func authorizationFields(s string) map[string]string {
	fields := make(map[string]string, 3)
	for part := range strings.SplitSeq(s, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	return fields
}

func signedHeaders(s string) []string {
	names := strings.Split(strings.ToLower(s), ";")
	slices.Sort(names)
	return names
}

// signsAll reports whether what has to be signed is: where the call goes, and
// all that its x-acs headers say.
func signsAll(signed []string, h http.Header) bool {
	for name := range h {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-acs-") && !slices.Contains(signed, name) {
			return false
		}
	}
	return slices.Contains(signed, "host")
}

// acs3Text returns what a call's signature is made of: the hash of its method,
// path, query, signed headers and body in canonical form.
func (in *incoming) acs3Text(headers []string) string {
	request, body := []string{in.http.Method, "/", string(canonicalQuery(in.query))}, hashed(in.body)
	for _, name := range headers {
		values := slices.Clone(in.http.Header.Values(name))
		switch name {
		case "host":
			values = []string{in.http.Host}
		case "x-acs-content-sha256":
			values = []string{body} // whatever it says itself
		}
		for i := range values {
			values[i] = strings.TrimSpace(values[i])
		}
		slices.Sort(values)
		request = append(request, name+":"+strings.Join(values, ","))
	}
	request = append(request, "", strings.Join(headers, ";"), body)
	return acs3 + "\n" + hashed([]byte(strings.Join(request, "\n")))
}

func hashed(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func hmacSHA256(secret, text string) string {
	h := hmac.New(sha256.New, []byte(secret))
	_, _ = h.Write([]byte(text)) // never fails
	return hex.EncodeToString(h.Sum(nil))
}

// wantedFormat is the form in which a call wants its answer: what the parameter
// says, else XML; in the scheme with headers what the Accept header says, else
// JSON.
func (in *incoming) wantedFormat() (wire.Format, bool) {
	format, ok := wire.ParseFormat(in.get("Format"))
	if in.claim.headers && in.get("Format") == "" {
		accept := strings.ToLower(in.http.Header.Get("Accept"))
		if !strings.Contains(accept, "xml") || strings.Contains(accept, "json") {
			return wire.JSON, true
		}
	}
	return format, ok
}
