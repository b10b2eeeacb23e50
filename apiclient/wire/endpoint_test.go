package wire

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseEndpoint(t *testing.T) {
	const more, noHTTPS, file, scheme = "has more than", "does not use HTTPS", "stands in a file", "has no scheme"
	for _, test := range []struct {
		in, file, line string // the endpoint, or a part of the error
	}{
		{"https://domain-intl.aliyuncs.com", "=", "="},
		{"https://DOMAIN.aliyuncs.com/", "https://domain.aliyuncs.com", "https://domain.aliyuncs.com"},
		{"domain-ap-southeast-1.aliyuncs.com", "https://domain-ap-southeast-1.aliyuncs.com", "https://domain-ap-southeast-1.aliyuncs.com"},
		{"https://domain-cn-hangzhou.aliyuncs.com", "=", "="},
		{"https://domain.ap-southeast-1.aliyuncs.com", file, "="},
		{"https://registrar.example.com", file, "="},
		{"https://domain.aliyuncs.com.example.com", file, "="},
		{"https://aliyuncs.com", file, "="},
		{"https://evilaliyuncs.com", file, "="},
		{"https://1234.cn-hangzhou.fc.aliyuncs.com", file, "="}, // a customer's program
		{"https://domain.aliyuncs.com:8443", file, "="},
		{"https://domain.aliyuncs.com@example.com", more, more},
		{"https://domain.aliyuncs.com#example.com", more, more},
		{"https://domain.aliyuncs.com/path", more, more},
		{"https://domain.aliyuncs.com?a=b", more, more},
		{"http://domain.aliyuncs.com", file, noHTTPS},
		{"http://127.0.0.1:8080", file, "="},
		{"http://[::1]:8080", file, "="},
		{"http://localhost:8080", file, "="},
		{"http://localhost.example.com:8080", file, noHTTPS},
		{"127.0.0.1:8080", file, scheme},
		{"127.0.0.1", file, scheme},
		{"[::1]:8080", file, scheme},
		{"Localhost:8080", file, "write http://localhost:8080"},
		{"registrar.example.com:8443", file, "https://registrar.example.com:8443"},
		{"http://192.0.2.1", file, noHTTPS},
		{"ftp://domain.aliyuncs.com", noHTTPS, noHTTPS},
		{"", "is no address", "is no address"},
		{"https://", "is no address", "is no address"},
		{"https://%zz", "is no address", "is no address"},
	} {
		for from, want := range []string{test.file, test.line} {
			got, err := ParseEndpoint(test.in, Origin(from))
			if want == "=" {
				want = test.in
			}
			switch {
			case strings.HasPrefix(want, "http") && (err != nil || got != want):
				t.Errorf("%q from %d: %q, %v; want %q", test.in, from, got, err, want)
			case !strings.HasPrefix(want, "http") && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("%q from %d: %q, error %v; want one with %q", test.in, from, got, err, want)
			}
		}
	}
}

// TestFileNamesNoHostOfACustomer puts what customers can name into every place
// of a host below the zone of the service's owner.
func TestFileNamesNoHostOfACustomer(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"domain", "domain-x", "domain-intl", "domain-cn-hangzhou", "bucket", "x.domain"} {
		for _, below := range []string{"oss", "oss-cn-hangzhou", "oss-accelerate", "cn-hangzhou.fc", "cn-hangzhou.alicontainer", "domain", "domain-intl", "www"} {
			for _, form := range []string{"https://%s.%s.aliyuncs.com", "%s.%s.aliyuncs.com", "https://%s.%s.aliyuncs.com/"} {
				s := fmt.Sprintf(form, name, below)
				if got, err := ParseEndpoint(s, FromFile); err == nil {
					t.Errorf("%q in a file is %q", s, got)
				}
			}
		}
	}
	for _, s := range []string{
		"https://domainx.aliyuncs.com", "https://domain-.aliyuncs.com", "https://domain--x.aliyuncs.com", "https://domain_x.aliyuncs.com",
		"https://oss-cn-hangzhou.aliyuncs.com", "https://xn--domain-x.aliyuncs.com", "https://domain.aliyuncs.com.", "https://domain-\u00edntl.aliyuncs.com",
		"https://domain-a-b-c-d-e.aliyuncs.com", "https://domain-aaaaaaaaaaaaa.aliyuncs.com", "https://domain.aliyuncs.com:443", "https://domain.aliyuncs.com\n.example.com",
	} {
		if got, err := ParseEndpoint(s, FromFile); err == nil {
			t.Errorf("%q in a file is %q", s, got)
		}
	}
}
