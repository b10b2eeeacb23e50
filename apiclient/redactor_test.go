package apiclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// TestRefusalsHoldNoSecretOfTheRequest: the service repeats the whole request
// where its signature is wrong.
func TestRefusalsHoldNoSecretOfTheRequest(t *testing.T) {
	const key = "K3y&1% ü"
	for name, call := range map[string]func(c *Client) error{
		"a known operation": func(c *Client) error {
			_, err := c.TransferInReenterTransferAuthorizationCode(t.Context(), &wire.TransferInReenterTransferAuthorizationCodeRequest{
				DomainName: "example.com", TransferAuthorizationCode: key,
			})
			return err
		},
		"another one": func(c *Client) error {
			_, err := c.Raw(t.Context(), "UnlockDoor", []wire.Param{{Name: "DomainName", Value: "example.com"}, {Name: "Doors.1.Password", Value: key}})
			return err
		},
	} {
		var log bytes.Buffer
		c, _ := newClient(t, func(_ int, _ *http.Request, form url.Values) (*http.Response, error) {
			var params []wire.Param
			for name := range form {
				params = append(params, wire.Param{Name: name, Value: form.Get(name)})
			}
			body, _ := json.Marshal(map[string]string{
				"RequestId": "R-1", "Code": "SignatureDoesNotMatch",
				"Message": fmt.Sprintf("%q is wrong, the string to sign is POST&%%2F&%s", key, appendEncoded(nil, canonical(params))),
			})
			return answered(403, string(body))
		}, func(c *Config) {
			c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		err := call(c)
		e, ok := errors.AsType[*wire.Error](err)
		if !ok || e.Code != "SignatureDoesNotMatch" || !strings.Contains(e.Message, "DomainName%3Dexample.com%26") {
			t.Fatalf("%s: %v", name, err)
		}
		for _, text := range []string{err.Error(), log.String()} {
			if strings.Contains(text, "K3y") || strings.Contains(text, "testid") {
				t.Errorf("%s: a secret is in %s", name, text)
			}
		}
	}
}

func TestRedactor(t *testing.T) {
	c := redactor{
		credential: Credential{AccessKeyID: "testid", Secret: "test/secret"}, signature: "aB+/=",
		params: []wire.Param{{Name: "DomainName", Value: "example.com"}, {Name: "Token", Value: "a b"}},
	}
	for in, want := range map[string]string{
		"nothing to hide in example.com":             "nothing to hide in example.com",
		"of testid with test/secret":                 "of [secret] with [secret]",
		"aB%2B%2F%3D and aB%252B%252F%253D":          "[secret] and [secret]",
		"the token a b, a%20b":                       "the token [secret], [secret]",
		"?AccessKeyId=gZzDF***&Action=X&Signature=":  "?AccessKeyId=[secret]&Action=X&Signature=[secret]",
		"Signature=a%26b%3D&SignatureMethod=HMAC":    "Signature=[secret]&SignatureMethod=HMAC",
		"&amp;securitytoken=xy&amp;Lang=en":          "&amp;securitytoken=[secret]&amp;Lang=en",
		"Signature%3Dx%252By%26Lang%3Den":            "Signature%3D[secret]%26Lang%3Den",
		"A%3D1%26Token%3Dx%2521%26B%3D2 the end":     "A%3D1%26Token%3D[secret]%26B%3D2 the end",
		"A%253D1%2526Token%253Dx%2526B the end":      "A%253D1%2526Token%253D[secret]%2526B the end",
		`"http://127.0.0.1/?Keys.1.Password=x" ends`: `"http://127.0.0.1/?Keys.1.Password=[secret]" ends`,
	} {
		if got := c.text(in); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", in, got, want)
		}
	}
}
