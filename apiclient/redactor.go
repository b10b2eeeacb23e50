package apiclient

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// redactedText stands where a secret was.
const redactedText = "[secret]"

// redactor takes out of texts what a request must not show: what it was signed
// with, and its parameters that are secret. The service repeats both, where a
// signature is wrong for one.
type redactor struct {
	credential Credential
	signature  string
	params     []wire.Param // of the operation
}

// text takes the secrets out of a text, percent-encoded once or twice too, as
// they stand in a form and in a string to sign. What other requests were signed
// with goes, too.
func (c *redactor) text(text string) string {
	for _, secret := range c.secrets() {
		if secret == "" {
			continue
		}
		once := string(appendEncoded(nil, secret))
		twice := string(appendEncoded(nil, once))
		for _, form := range []string{twice, once, secret} {
			text = strings.ReplaceAll(text, form, redactedText)
		}
	}
	return parameterPattern.ReplaceAllStringFunc(text, func(found string) string {
		parts := parameterPattern.FindStringSubmatch(found)
		if !wire.Secret(parts[2]) {
			return found
		}
		return strings.Join(parts[1:], "") + redactedText
	})
}

// parameterPattern matches a parameter and its value in a query that is encoded
// not at all, once or twice.
var parameterPattern = func() *regexp.Regexp {
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

func (c *redactor) secrets() []string {
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
func (c *redactor) json(text []byte) []byte {
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
func (c *redactor) error(err error) error {
	return &redactedError{text: c.text(err.Error()), cause: err}
}

// redactedError is an error without its secrets. It is still recognised by
// errors.Is, but gives its cause to nobody.
type redactedError struct {
	text  string
	cause error
}

// Error returns the text without secrets.
func (e *redactedError) Error() string { return e.text }

// Is reports whether the cause is the target.
func (e *redactedError) Is(target error) bool { return errors.Is(e.cause, target) }
