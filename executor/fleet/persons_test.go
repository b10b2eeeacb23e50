package fleet_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/domainsync/domainsync/executor/fleet"
)

// anyJob is a job, which each file must have: three lines.
const anyJob = "job \"fine\" {\n  dir = \"accounts/a\"\n}\n"

// withPersons returns a file with a job and these persons.
func withPersons(blocks string) string { return anyJob + blocks }

func TestPersonsOfAFile(t *testing.T) {
	t.Parallel()
	hash := fleet.HashOfToken("dst_one")
	f, _, said := load(t, withPersons(fmt.Sprintf(`
person "zoe" {
  role = "viewer"
}

person "ada" {
  role    = "approver"
  aliases = ["Ada@example.com", "EXAMPLE\\ada", "ada l"]

  token {
    sha256  = "%s"
    expires = "2027-06-30"
  }

  token {
    sha256  = "%s"
    expires = "2027-01-01T08:00:00+08:00"
  }
}
`, hash, strings.ToUpper(fleet.HashOfToken("dst_two").String()))))
	if said != "" {
		t.Fatal(said)
	}
	if len(f.People) != 2 || f.People[0].Name != "ada" || f.People[1].Name != "zoe" {
		t.Fatalf("people are %+v", f.People)
	}
	ada := f.Person("ada")
	if ada.Role != fleet.Approver || len(ada.Tokens) != 2 || ada.Tokens[0].Hash != hash || f.Person("zoe").Role != fleet.Viewer {
		t.Errorf("ada is %+v", ada)
	}
	for _, name := range []string{"ada", "ADA", "ada@example.com", "Ada@Example.com", `example\ADA`, "Ada L"} {
		if f.Person(name) != ada {
			t.Errorf("%q is not ada", name)
		}
	}
	for _, name := range []string{"", "ad", "ada@example.co", "ada ", " ada", "ada\n", "ada@example.com, zoe", "\u212Bda", "zo\u00e9", strings.Repeat("a", 300)} {
		if p := f.Person(name); p != nil {
			t.Errorf("%q is %s", name, p.Name)
		}
	}
	for _, test := range []struct {
		token, at, want string
	}{
		{"dst_one", "2027-06-30T23:59:59Z", "ada"},
		{"dst_one", "2027-07-01T00:00:00Z", ""},
		{"dst_two", "2026-12-31T23:59:59Z", "ada"},
		{"dst_two", "2027-01-01T00:00:00Z", ""},
		{"dst_three", "2026-11-30T00:00:00Z", ""},
		{"", "2026-11-30T00:00:00Z", ""},
	} {
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		name := ""
		if p := f.PersonOfToken(fleet.HashOfToken(test.token), at); p != nil {
			name = p.Name
		}
		if name != test.want {
			t.Errorf("%q at %s is %q, want %q", test.token, test.at, name, test.want)
		}
	}
}

// TestLettersThatLookLikeOthers are no second way to be somebody: U+212A folds to k.
func TestLettersThatLookLikeOthers(t *testing.T) {
	t.Parallel()
	f, _, said := load(t, withPersons("person \"kim\" {\n  role = \"admin\"\n  aliases = [\"kim@example.com\"]\n}\n"))
	if f == nil {
		t.Fatal(said)
	}
	for _, name := range []string{"\u212Aim", "\u212Aim@example.com", "k\u0131m", "kim@\u0435xample.com"} {
		if p := f.Person(name); p != nil {
			t.Errorf("%q is %s", name, p.Name)
		}
	}
}

func TestMistakesInPersons(t *testing.T) {
	t.Parallel()
	hash := fleet.HashOfToken("dst_one").String()
	token := func(args string) string {
		return "person \"a\" {\n  role = \"admin\"\n  token {\n" + args + "  }\n}\n"
	}
	person := func(name, rest string) string {
		return "person \"" + name + "\" {\n  role = \"admin\"\n" + rest + "}\n"
	}
	for _, test := range []struct{ name, text, want, place string }{
		{"a name", person("Ada", ""), `"Ada" is no name of a person`, "line 4"},
		{"no role", "person \"a\" {\n}\n", `"role" is required`, "line 4"},
		{"a role", "person \"a\" {\n  role = \"approvers\"\n}\n", `Did you mean "approver"?`, "line 5"},
		{"a role that is no text", "person \"a\" {\n  role = 7\n}\n", "role is a text", "line 5"},
		{"an argument", person("a", "  alias = []\n"), `Did you mean "aliases"?`, "line 6"},
		{"a name twice", person("a", "") + person("a", ""), "already, on line 4", "line 7"},
		{"an alias that is a name", person("a", "") + person("b", "  aliases = [\"A\"]\n"), "already, on line 4", "line 9"},
		{"a name that is an alias", person("a", "  aliases = [\"b\"]\n") + person("b", ""), "already, on line 6", "line 8"},
		{"an alias twice", person("a", "  aliases = [\"x@example.com\"]\n") + person("b", "  aliases = [\"X@example.com\"]\n"), "already, on line 6", "line 10"},
		{"an alias that is none", person("a", "  aliases = [\"\"]\n"), "is no alias", "line 6"},
		{"an alias of two lines", person("a", "  aliases = [\"a\\nb\"]\n"), "is no alias", "line 6"},
		{"an alias that is not ASCII", person("a", "  aliases = [\"\u0430da\"]\n"), "is no alias", "line 6"},
		{"an alias that is no list", person("a", "  aliases = \"x\"\n"), "aliases is a list of names", "line 6"},
		{"no hash", token("    expires = \"2027-06-30\"\n"), `"sha256" is required`, "line 6"},
		{"no end", token("    sha256 = \"" + hash + "\"\n"), `"expires" is required`, "line 6"},
		{"a hash that is short", token("    sha256 = \"abcdef\"\n    expires = \"2027-06-30\"\n"), "64 hexadecimal digits", "line 6"},
		{"a hash that is none", token("    sha256 = \"" + strings.Repeat("x", 64) + "\"\n    expires = \"2027-06-30\"\n"), "64 hexadecimal digits", "line 6"},
		{"the hash of nothing", token("    sha256 = \"" + fleet.HashOfToken("").String() + "\"\n    expires = \"2027-06-30\"\n"), "SHA-256 of nothing", "line 7"},
		{"an end that is no date", token("    sha256 = \"" + hash + "\"\n    expires = \"30.6.2027\"\n"), `"30.6.2027" is no date`, "line 8"},
		{"a hash twice", token("    sha256 = \""+hash+"\"\n    expires = \"2027-06-30\"\n") + strings.Replace(token("    sha256 = \""+strings.ToUpper(hash)+"\"\n    expires = \"2027-06-30\"\n"), `"a"`, `"b"`, 1), "is on line 7", "line 14"},
		{"a block", person("a", "  tokens {\n  }\n"), `Did you mean "token"?`, "line 6"},
	} {
		t.Run(strings.ReplaceAll(test.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			f, _, said := load(t, withPersons(test.text))
			if f != nil {
				t.Fatalf("it was taken: %+v", f.People)
			}
			if !strings.Contains(said, test.want) || !strings.Contains(said, "fleet.hcl "+test.place) || strings.Count(said, "Error: ") != 1 {
				t.Errorf("it says\n%s\nwant %q at %q", said, test.want, test.place)
			}
		})
	}
}

// TestTokenInAFileIsNotRepeated: what stands there by mistake may be read by others, but
// no more of them than before.
func TestTokenInAFileIsNotRepeated(t *testing.T) {
	t.Parallel()
	const secret = "dst_OpenSesame0123456789"
	f, _, said := load(t, withPersons("person \"a\" {\n  role = \"admin\"\n  token {\n    sha256 = \""+secret+"\"\n    expires = \"2027-06-30\"\n  }\n}\n"))
	if f != nil || strings.Contains(said, secret) || !strings.Contains(said, "Make another one") {
		t.Errorf("it says\n%s", said)
	}
}

func TestExpiredTokenIsTold(t *testing.T) {
	t.Parallel()
	for expires, warned := range map[string]bool{"2026-11-29": true, "2026-11-30": false, "2026-11-30T12:00:00Z": true, "2026-11-30T12:00:01Z": false} {
		f, _, said := load(t, withPersons("person \"a\" {\n  role = \"admin\"\n  token {\n    sha256 = \""+fleet.HashOfToken("x").String()+"\"\n    expires = \""+expires+"\"\n  }\n}\n"))
		if f == nil || strings.Contains(said, "Warning: Token has expired") != warned || warned && !strings.Contains(said, "fleet.hcl line 8") {
			t.Errorf("%s: it says\n%s", expires, said)
		}
	}
}

func TestRolesPermit(t *testing.T) {
	t.Parallel()
	all := append(fleet.Roles(), "", "owner")
	var permitted []string
	for _, have := range all {
		for _, need := range all {
			if have.Permits(need) {
				permitted = append(permitted, string(have)+">"+string(need))
			}
		}
	}
	want := []string{"viewer>viewer", "approver>viewer", "approver>approver", "admin>viewer", "admin>approver", "admin>admin"}
	if !slices.Equal(permitted, want) {
		t.Errorf("%v, want %v", permitted, want)
	}
}

// TestTokensHaveAForm: of those that are made, and of nothing that somebody makes up.
func TestTokensHaveAForm(t *testing.T) {
	made := fleet.NewToken()
	if !fleet.HasTokenForm(made) || made == fleet.NewToken() {
		t.Errorf("a token is %s", made)
	}
	for _, other := range []string{"", "dst_", "dst_ada", made[4:], made + "A", made[:46], made[:46] + "!", strings.ToUpper(made[:4]) + made[4:], made + "\n"} {
		if fleet.HasTokenForm(other) {
			t.Errorf("%q passes for a token", other)
		}
	}
}
