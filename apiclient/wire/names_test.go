package wire

import (
	"strings"
	"testing"
)

func TestCanonicalName(t *testing.T) {
	long := strings.Repeat("a", 63)
	for in, want := range map[string]string{
		"example.com":                           "example.com",
		" Example.COM. ":                        "example.com",
		"bücher.example":                        "xn--bcher-kva.example",
		"BÜCHER.example":                        "xn--bcher-kva.example",
		"xn--bcher-kva.example":                 "xn--bcher-kva.example",
		"XN--BCHER-KVA.example":                 "xn--bcher-kva.example",
		"straße.example":                        "xn--strae-oqa.example",
		"例子。example":                            "xn--fsqu00a.example",
		"_dmarc.example.com":                    "_dmarc.example.com",
		"R3---sn-ab.example.net":                "r3---sn-ab.example.net",
		"1.2.0.192.in-addr.arpa":                "1.2.0.192.in-addr.arpa",
		long + ".example":                       long + ".example",
		strings.Repeat(long+".", 3) + long[:61]: strings.Repeat(long+".", 3) + long[:61],
	} {
		if got, err := CanonicalName(in); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestCanonicalNameRefuses(t *testing.T) {
	long := strings.Repeat("a", 63)
	for in, want := range map[string]string{
		"":                                      "is empty",
		".":                                     "is empty",
		"a..example":                            "empty label",
		"example.com..":                         "empty label",
		".example":                              "empty label",
		"-a.example":                            "begins or ends with a hyphen",
		"A-.example":                            "begins or ends with a hyphen",
		"a b.example":                           "no domain name holds",
		"a*.example":                            "no domain name holds",
		"ex\x00ample.com":                       "no domain name",
		"xn--a.example":                         "is no domain name",
		long + "a.example":                      "longer than 63",
		strings.Repeat(long+".", 3) + long[:62]: "longer than 253",
	} {
		if got, err := CanonicalName(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %q, error %v; want one with %q", in, got, err, want)
		}
	}
}

// TestLiveNameTakesWhatIsShown: canonical where a name is one, else as it is.
func TestLiveNameTakesWhatIsShown(t *testing.T) {
	long := strings.Repeat("a", 64)
	for shown, want := range map[string]string{
		"BÜCHER.example.": "xn--bcher-kva.example", "Example.COM..": "example.com", "ẞ..": "ss",
		"XN--zzzzz-.com": "xn--zzzzz-.com", "-A.example": "-a.example", "a..B": "a..b", long + ".Example": long + ".example",
		"A B.example": "a b.example", "example": "example", "_ns.Example": "_ns.example", ".": ".", "": "",
	} {
		if got := LiveName(shown); got != want {
			t.Errorf("%q: %q, want %q", shown, got, want)
		}
	}
}

func TestUnicodeName(t *testing.T) {
	for in, want := range map[string]string{
		"example.com":           "example.com",
		"xn--bcher-kva.example": "bücher.example",
		"xn--strae-oqa.example": "straße.example",
		"xn--a.example":         "xn--a.example", // not made by anyone who knows IDNA
	} {
		if got := UnicodeName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// FuzzCanonicalName holds the laws that comparing names rests on: there is one
// canonical form, letter case does not matter, and the way over Unicode, in
// which names are sent, leads back.
func FuzzCanonicalName(f *testing.F) {
	for _, name := range []string{"example.com", "BÜCHER.example.", "xn--bcher-kva.example", "straße.example", "例子。example", "r3---sn.example", "-a", "\xff"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		canonical, err := CanonicalName(name)
		if err != nil {
			return
		}
		if err := checkLabels(canonical); err != nil {
			t.Fatal(err)
		}
		for _, spelling := range []string{canonical, canonical + ".", strings.ToUpper(canonical), UnicodeName(canonical)} {
			if again, err := CanonicalName(spelling); err != nil || again != canonical {
				t.Fatalf("%q is %q, but %q is %q, %v", name, canonical, spelling, again, err)
			}
		}
	})
}
