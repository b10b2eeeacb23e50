package config_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestEachPersonOfFiles: whoever files declare, of the account and of a name in whatever
// block, is among those who are masked.
func TestEachPersonOfFiles(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("account {\n  emails = [\"account@example.com\"]\n}\n")
	for _, who := range []string{"own", "shared", "inherited"} {
		fmt.Fprintf(&text, "contact %q {\n  type = \"individual\"\n  name = \"Ada %s\"\n  email = \"%s@example.com\"\n  country = \"GB\"\n  province = \"London\"\n  city = \"London\"\n"+
			"  address = \"1 Example Street\"\n  postal_code = \"N1 1AA\"\n  phone_country_code = \"44\"\n  phone = \"2000000001\"\n}\n", who, who, who)
	}
	text.WriteString(`
domain "a-example.com" {
  admin = contact.own
}

domain "c-example.com" {
  template = template.corp
}

template "corp" {
  tech = contact.inherited
}

domains "shared" {
  names   = ["b-example.com", "d-example.com", "e-example.com"]
  billing = contact.shared
}
`)
	told := make(map[string]bool)
	loaded(t, text.String()).EachPersonal(func(field, text string) string {
		told[field+" "+text] = true
		return text
	})
	for _, want := range []string{"email account@example.com", "name Ada own", "name Ada shared", "name Ada inherited", "email own@example.com", "email shared@example.com", "email inherited@example.com"} {
		if !told[want] {
			t.Errorf("%s is not told of: %v", want, told)
		}
	}
}
