package bucket_test

import (
	"strings"
	"testing"

	"github.com/domainsync/domainsync/executor/journal/bucket"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// TestURLsThatAreRefused: each with what is wrong, and without what may be secret.
func TestURLsThatAreRefused(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		"s3://hunter2@bucket/p":                        "credentials do not belong into its URL",
		"oss://user:hunter2@bucket/p":                  "credentials do not belong into its URL",
		"s3://":                                        "names no bucket",
		"s3://bucket:80/p":                             "names no bucket",
		"s3://bucket/p#hunter2":                        "a part after #",
		"s3://bucket/p?key=hunter2":                    `its URL says "key"`,
		"s3://bucket/p?endpoint=http://s3.example.com": "its endpoint http://s3.example.com is not reached by HTTPS",
		"oss://bucket/p?region=r&endpoint=http://oss.example.com":     "its endpoint http://oss.example.com is not reached by HTTPS",
		"s3://bucket/p?endpoint=https://user:hunter2@s3.example.com/": "its endpoint is not understood",
		"oss://bucket/p?endpoint=https://oss.example.com":             "its region is not known",
		"oss://bucket:hunter2/p":                                      "it is no URL",
		"oss://%zz@hunter2":                                           "it is no URL",
	} {
		_, err := openWithKey(t.Context(), state, store.Options{Endpoint: "e", Account: "a"})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want %q", state, err, want)
		}
	}
}

// TestRedacted: a URL is told without what may be secret.
func TestRedacted(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]string{
		"oss://hunter2@bucket/p?region=hunter2#hunter2": "oss://bucket/p",
		"s3://bucket/p/":               "s3://bucket/p/",
		"s3://%zz":                     "s3://…",
		"s3://AK:123/hunter2@bucket/p": "s3://…",
	} {
		if got := bucket.Redacted(state); got != want {
			t.Errorf("%s is told as %s, want %s", state, got, want)
		}
	}
}
