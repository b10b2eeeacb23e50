package personal_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/internal/personal"
)

// TestFindsPersonsInTexts: known texts are found as whole words, and e-mail
// addresses always.
func TestFindsPersonsInTexts(t *testing.T) {
	var f personal.Finder
	for _, known := range []personal.Text{
		{"name", "Ada Example"},
		{"name", "Ada Example Jr"},
		{"organization", "example.com"},
		{"phone", "2000000001"},
		{"zh_name", "王小明"},
		{"city", "Ulm"},
		{"email", "odd/one@example.com"},
	} {
		f.Add(known.Field, known.Text)
	}
	for text, want := range map[string]string{
		"":                            "",
		"nothing of it":               "nothing of it",
		"Ada Example wrote":           "<name> wrote",
		"by Ada Example.":             "by <name>.",
		"by Ada Example Jr, not Ada":  "by <name>, not Ada",
		"Adas: Ada Examples":          "Adas: Ada Examples",
		"of example.com":              "of <organization>",
		"of www.example.com":          "of www.example.com",
		"phone=2000000001;":           "phone=<phone>;",
		"12000000001":                 "12000000001",
		"联系人王小明无效":                    "联系人<zh_name>无效",
		"Ulm":                         "Ulm", // too short to be meant
		"mail to bob@example.com.":    "mail to <email>.",
		"emails/bob@example.com#make": "emails/<email>#make",
		"odd/one@example.com":         "<email>",
		"@ and a@ and @b":             "@ and a@ and @b",
	} {
		got := f.Replace(text, func(field, _ string) string { return "<" + field + ">" })
		if got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
}

// TestMasksTellTextsApart: texts are equal where their masks are, no mask tells
// the text, and what is masked stays as it is.
func TestMasksTellTextsApart(t *testing.T) {
	texts := rapid.OneOf(rapid.StringMatching(`[ab]{1,3}( [ab]{1,3}){0,2}`), rapid.StringMatching(`[ab]{1,3}@(a|b)\.example`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		m := personal.NewMasker()
		masks := make(map[string]string)
		for _, text := range rapid.SliceOf(texts).Draw(t, "texts") {
			field := "name"
			if strings.Contains(text, "@") {
				field = personal.Email
			}
			mask := m.Mask(field, text)
			if of, known := masks[mask]; known && of != text {
				t.Fatalf("%q and %q look like %q", of, text, mask)
			}
			if masks[mask] = text; m.Mask(field, text) != mask {
				t.Fatalf("%q looks like %q, then like %q", text, mask, m.Mask(field, text))
			}
			if len(strings.Fields(text)) > 0 && mask == text {
				t.Fatalf("%q is not masked", text)
			}
			if again := m.Mask(field, mask); again != mask {
				t.Fatalf("%q, which is masked, became %q", mask, again)
			}
		}
	})
}

// TestOwnersRecogniseTheirMask: the forms that people see.
func TestOwnersRecogniseTheirMask(t *testing.T) {
	m := personal.NewMasker()
	for _, test := range []struct{ field, text, want string }{
		{"email", "hostmaster@example.com", "h…@example.com"},
		{"email", "henry@example.com", "h…@example.com (2)"},
		{"email", "hostmaster@example.com", "h…@example.com"},
		{"name", "Ada Example", "A… E…"},
		{"address", "1 Example Street", "1… E… S…"},
		{"zh_name", "王小明", "王…"},
		{"name", "ada@home", "a…"}, // the host of an address alone stays
	} {
		if got := m.Mask(test.field, test.text); got != test.want {
			t.Errorf("%s %q looks like %q, not %q", test.field, test.text, got, test.want)
		}
	}
	if got := m.Text("Ada Example <hostmaster@example.com>, new@example.net"); got != "A… E… <h…@example.com>, n…@example.net" {
		t.Errorf("in a text it is %q", got)
	}
	var none *personal.Masker
	if got := none.Mask("name", "Ada") + none.Text("a@example.com") + none.Texts([]string{"b@example.com"})[0]; got != "Adaa@example.comb@example.com" {
		t.Errorf("no masker makes %q", got)
	}
}
