package fleet_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

func TestPagesOfAFile(t *testing.T) {
	t.Parallel()
	f, _, said := load(t, anyJob+`
pages {
  session = "90m"
  metrics = "viewer"

  proxy {
    header = "x-forwarded-user"
    from   = ["127.0.0.1", "2001:db8::/32", "::ffff:192.0.2.7"]
  }
}
`)
	if said != "" {
		t.Fatal(said)
	}
	if p := f.Pages; p.Session != 90*time.Minute || p.Metrics != fleet.Viewer || p.Proxy.Header != "X-Forwarded-User" {
		t.Errorf("pages are %+v", p)
	}
	for text, trusted := range map[string]bool{
		"127.0.0.1": true, "::ffff:127.0.0.1": true, "127.0.0.2": false, "2001:db8:1::1": true, "2001:db9::1": false, "192.0.2.7": true, "::ffff:192.0.2.7": true, "192.0.2.8": false,
	} {
		if f.Pages.Proxy.Trusts(netip.MustParseAddr(text)) != trusted {
			t.Errorf("%s is trusted: %v", text, !trusted)
		}
	}
	if f.Pages.Proxy.Trusts(netip.Addr{}) {
		t.Error("no address is trusted")
	}
}

func TestPagesUnlessSaid(t *testing.T) {
	t.Parallel()
	f, _, said := load(t, anyJob)
	if f == nil || f.Pages.Session != 12*time.Hour || f.Pages.Metrics != "" || f.Pages.Proxy.Trusts(netip.MustParseAddr("127.0.0.1")) {
		t.Errorf("pages are %+v: %s", f, said)
	}
	f, _, said = load(t, anyJob+"pages {\n  metrics = \"open\"\n}\n")
	if f == nil || f.Pages.Metrics != "" || f.Pages.Session != 12*time.Hour {
		t.Errorf("pages are %+v: %s", f, said)
	}
}

func TestMistakesInPages(t *testing.T) {
	t.Parallel()
	proxy := func(header, from string) string {
		return "pages {\n  proxy {\n    header = " + header + "\n    from = " + from + "\n  }\n}\n"
	}
	for _, test := range []struct{ name, text, want, place string }{
		{"a session that is short", "pages {\n  session = \"1m\"\n}\n", "from 5m to 720h", "line 5"},
		{"a session that is long", "pages {\n  session = \"721h\"\n}\n", "from 5m to 720h", "line 5"},
		{"a session that is no time", "pages {\n  session = \"day\"\n}\n", "from 5m to 720h", "line 5"},
		{"a session that is a number", "pages {\n  session = 12\n}\n", "session is a text", "line 5"},
		{"metrics", "pages {\n  metrics = \"viewers\"\n}\n", `Did you mean "viewer"?`, "line 5"},
		{"an argument", "pages {\n  sessions = \"1h\"\n}\n", `Did you mean "session"?`, "line 5"},
		{"two blocks", "pages {\n}\npages {\n}\n", "is on line 4", "line 6"},
		{"two proxies", "pages {\n  proxy {\n    from = [\"127.0.0.1\"]\n  }\n  proxy {\n    from = [\"127.0.0.1\"]\n  }\n}\n", "is on line 5", "line 8"},
		{"a proxy from nowhere", "pages {\n  proxy {\n    header = \"X-User\"\n  }\n}\n", `"from" is required`, "line 5"},
		{"a proxy from no address", proxy(`"X-User"`, "[]"), "from is empty", "line 7"},
		{"a name", proxy(`"X-User"`, `["localhost"]`), `"localhost" is no address`, "line 7"},
		{"everybody", proxy(`"X-User"`, `["0.0.0.0/0"]`), "is everybody", "line 7"},
		{"everybody by IPv6", proxy(`"X-User"`, `["::/0"]`), "is everybody", "line 7"},
		{"a network of IPv4 as IPv6", proxy(`"X-User"`, `["::ffff:0.0.0.0/96"]`), "written as one of IPv6", "line 7"},
		{"an address in a network", proxy(`"X-User"`, `["192.0.2.1/24"]`), "in the network 192.0.2.0/24", "line 7"},
		{"a header of two lines", proxy(`"X-User\r\nX"`, `["127.0.0.1"]`), "is no header", "line 6"},
		{"a header of others", proxy(`"cookie"`, `["127.0.0.1"]`), "is no header", "line 6"},
		{"a header of browsers", proxy(`"Sec-Fetch-Site"`, `["127.0.0.1"]`), "is no header", "line 6"},
	} {
		t.Run(strings.ReplaceAll(test.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			f, _, said := load(t, anyJob+test.text)
			if f != nil {
				t.Fatalf("it was taken: %+v", f.Pages)
			}
			if !strings.Contains(said, test.want) || !strings.Contains(said, "fleet.hcl "+test.place) || strings.Count(said, "Error: ") != 1 {
				t.Errorf("it says\n%s\nwant %q at %q", said, test.want, test.place)
			}
		})
	}
}
