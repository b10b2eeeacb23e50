package fleet_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/domainsync/domainsync/executor/fleet"
)

// digestOf is that of a file in a directory of its own.
func digestOf(t *testing.T, text, state string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fleet.hcl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, diags := fleet.Load(path, fleet.LoadOptions{State: state})
	if f == nil {
		t.Fatal(diags.Error())
	}
	return f.Digest()
}

// wholeFile has each block and argument. Each line stands for itself.
const wholeFile = `job "corp" {
  dir = "accounts/a"
  schedule = "17 3 * * *"
  timezone = "Asia/Shanghai"
  action = "apply"
  approve = ["lock", "money"]
  targets = ["a.example", "b.example"]
  priority = 3
  notify = ["ops", "all"]
  heartbeat = "corp"
  state = "@state.url"
  policy = "policy.hcl"
}
job "audit" {
  dir = "accounts/b"
  action = "plan"
}
approval {
  delegation = 1
}
person "ada" {
  role = "approver"
  aliases = ["ada@example.com", "EXAMPLE\\ada"]
  token {
    sha256 = "50d858e0985ecc7f60418aaf0cc5ab587f42c2570a884095a9e8ccacd0f6545c"
    expires = "2027-06-30"
  }
}
pages {
  session = "6h"
  metrics = "viewer"
  proxy {
    from = ["127.0.0.1", "192.0.2.0/24"]
    header = "X-Forwarded-User"
  }
}
retention {
  lines = "700h"
  runs = "9000h"
  acts = "9001h"
}
`

// TestDigestIsOfTheMeaning: each argument counts, and nothing else does.
func TestDigestIsOfTheMeaning(t *testing.T) {
	t.Parallel()
	whole := digestOf(t, wholeFile, "")
	for change, to := range map[string]string{
		`"accounts/a"`: `"accounts/c"`, `"17 3`: `"17 4`, `Asia/Shanghai`: `Asia/Tokyo`, `  action = "plan"`: ``, `"lock", `: ``, `"a.example", `: ``,
		`priority = 3`: `priority = 4`, `notify = ["ops", "all"]`: `notify = []`, `heartbeat = "corp"`: ``, `@state`: `@other`, `policy.hcl`: `p.hcl`,
		`delegation = 1`: `identity = 1`, `"approver"`: `"admin"`, `"ada@example.com", `: ``, `50d8`: `50d9`, `06-30`: `06-29`, `"6h"`: `"7h"`,
		`metrics = "viewer"`: ``, `"127.0.0.1", `: ``, `-User`: `-Name`, `"700h"`: `"701h"`, `9000h`: `9002h`, `9001h`: `9003h`, `job "audit"`: `job "b"`,
		`person "ada"`: `person "zoe"`,
	} {
		if digestOf(t, strings.Replace(wholeFile, change, to, 1), "") == whole {
			t.Errorf("%s in place of %s changes nothing", to, change)
		}
	}
	for change, to := range map[string]string{
		`"accounts/a"`: `"./accounts//a"`, `["lock", "money"]`: `["none", "money", "lock"]`, `"ops", "all"`: `"all", "ops"`, `"a.example", "b.example"`: `"b.example", "a.example"`,
		`"ada@example.com", `: `"ADA@example.com", `, "job \"corp\" {": "# The first one.\njob \"corp\" {\n", `  action = "apply"`: ``,
	} {
		if digestOf(t, strings.Replace(wholeFile, change, to, 1), "") != whole {
			t.Errorf("%s in place of %s changes the digest", to, change)
		}
	}
	one, other, _ := strings.Cut(wholeFile, "approval {")
	if digestOf(t, "approval {"+other+one, "") != whole {
		t.Error("the order of blocks changes the digest")
	}
}

// TestDigestKnowsEachArgument: one more that a program knows is one that the file above
// has to have.
func TestDigestKnowsEachArgument(t *testing.T) {
	t.Parallel()
	var all []fleet.Argument
	for _, more := range [][]fleet.Argument{fleet.Arguments(), fleet.PersonArguments(), fleet.TokenArguments(), fleet.PagesArguments(), fleet.ProxyArguments(), fleet.RetentionArguments()} {
		all = append(all, more...)
	}
	for _, a := range all {
		if !strings.Contains(wholeFile, "  "+a.Name+" = ") {
			t.Errorf("what the argument %s says may not be in the digest", a.Name)
		}
	}
}

// TestDigestIsThatOfEachMachine: where its directory and its state lie is another matter.
func TestDigestIsThatOfEachMachine(t *testing.T) {
	t.Parallel()
	file := "job \"corp\" {\n  dir = \"../accounts/a\"\n}\njob \"other\" {\n  dir = \"/srv/other\"\n}\n"
	one, other := digestOf(t, file, "postgres://a:secret@db.example.com/x"), digestOf(t, file, "@/etc/state.url")
	if one != other {
		t.Error("two machines have two digests of one file")
	}
}
