package apiclient

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// hidden stands where a secret was.
const hidden = "[secret]"

// censor takes out of texts what a request must not show: what it was signed
// with, and its parameters that are secret. The service repeats both, where a
// signature is wrong for one.
type censor struct {
	credential Credential
	signature  string
	params     []wire.Param // of the operation
}

// text takes the secrets out of a text, percent-encoded once or twice too, as
// they stand in a form and in a string to sign. What other requests were signed
// with goes, too.
func (c *censor) text(text string) string {
	for _, secret := range c.secrets() {
		if secret == "" {
			continue
		}
		once := string(appendEncoded(nil, secret))
		twice := string(appendEncoded(nil, once))
		for _, form := range []string{twice, once, secret} {
			text = strings.ReplaceAll(text, form, hidden)
		}
	}
	return pair.ReplaceAllStringFunc(text, func(found string) string {
		parts := pair.FindStringSubmatch(found)
		if !wire.Secret(parts[2]) {
			return found
		}
		return strings.Join(parts[1:], "") + hidden
	})
}

// pair matches a parameter and its value in a query that is encoded not at all,
// once or twice.
var pair = func() *regexp.Regexp {
	const (
		before = `(%26|%2526|\b)`
		name   = `([A-Za-z][\w.]*)`
		other  = `(?:[013-9A-F][0-9A-F]|2[0-57-9A-F])` // no 26, which is &
		plain  = `(=)[^&\s"'<>]*`
		once   = `(%3D)(?:[^&%\s"'<>]|%` + other + `)*`
		twice  = `(%253D)(?:[^&%\s"'<>]|%25` + other + `)*`
	)
	return regexp.MustCompile(`(?i)` + before + name + `(?:` + plain + `|` + once + `|` + twice + `)`)
}()

func (c *censor) secrets() []string {
	all := []string{c.credential.AccessKeyID, c.credential.Secret, c.credential.SecurityToken, c.signature}
	for _, p := range c.params {
		if wire.Secret(p.Name) {
			all = append(all, p.Value)
		}
	}
	return all
}

var stringLiteral = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// json returns a copy of a JSON text with secrets taken out of its strings,
// however they are escaped.
func (c *censor) json(text []byte) []byte {
	return stringLiteral.ReplaceAllFunc(text, func(literal []byte) []byte {
		var s string
		if err := json.Unmarshal(literal, &s); err != nil {
			return literal
		}
		clean := c.text(s)
		if clean == s {
			return literal
		}
		quoted, _ := json.Marshal(clean) // a string always marshals
		return quoted
	})
}

// error returns an error whose text shows no secret.
func (c *censor) error(err error) error {
	return &censored{text: c.text(err.Error()), cause: err}
}

// censored is an error whose text was censored. It is still recognised by
// errors.Is, but gives its cause to nobody.
type censored struct {
	text  string
	cause error
}

// Error returns the text without secrets.
func (e *censored) Error() string { return e.text }

// Is reports whether the cause is the target.
func (e *censored) Is(target error) bool { return errors.Is(e.cause, target) }
