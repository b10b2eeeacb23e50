package attr_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/text/language"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/config/attr"
)

// TestCountriesAreThoseOfISO3166 compares our table with the regions of CLDR,
// which know reserved codes and former countries as well.
func TestCountriesAreThoseOfISO3166(t *testing.T) {
	reserved := []string{"AC", "CP", "CQ", "DG", "EA", "EZ", "IC", "TA", "UN"} // exceptionally, on request
	former := []string{"AN", "NQ", "NT", "PC", "PZ", "SU", "CT", "FQ", "JT", "MI", "PU", "WK", "CS", "YU"}
	for first := 'A'; first <= 'Z'; first++ {
		for second := 'A'; second <= 'Z'; second++ {
			code := string(first) + string(second)
			region, err := language.ParseRegion(code)
			want := err == nil && region.IsCountry() && !region.IsPrivateUse() && region.Canonicalize() == region &&
				!slices.Contains(reserved, code) && !slices.Contains(former, code)
			for _, written := range []string{code, strings.ToLower(code), " " + code + " "} {
				_, problems := attr.DecodeContact(cty.ObjectVal(map[string]cty.Value{"country": cty.StringVal(written)}))
				if got := len(problems) == 0; got != want {
					t.Errorf("%q is a country: %v, want %v", written, got, want)
				}
			}
		}
	}
}

// wrongTexts are texts that a member of a contact cannot have, with what is said
// of them.
var wrongTexts = map[string]map[string]string{
	"type": {"company": `none of "individual" and "enterprise"`, "": "none of", "Enterprise": "none of"},
	"country": {
		"UK": `"UK" is the code of no country (ISO 3166-1): write "GB"`, "uk": `write "GB"`, "EL": `write "GR"`,
		"EN": "the code of no country", "XX": "the code of no country", "EU": "the code of no country", "XK": "the code of no country",
		"England": "is no country", "GBR": "is no country", "826": "is no country", "中国": "is no country", "G": "is no country", "": "cannot be cleared",
	},
	"email": {
		"nobody": "no e-mail address", "@example.com": "no e-mail address", "ada@": "no e-mail address", "ada@localhost": "no e-mail address",
		"ada@-example.com": "no e-mail address", "ada@example..com": "no e-mail address", "ada@192.0.2.1": "no e-mail address",
		"ada@example.com, bob@example.com": "no e-mail address", "Ada <ada@example.com>": "no e-mail address", "mailto:ada@example.com": "no e-mail address",
		"ada at example.com": "no e-mail address", "http://example.com": "no e-mail address", "ada@example.com.": "no e-mail address", " ": "cannot be cleared",
	},
	"phone": {
		"+44 20 7946 0000": `write phone_country_code = "44" and phone = "2079460000"`, "+86 138 0000 0000": `write phone_country_code = "86" and phone = "13800000000"`,
		"+1.2025550100": `"1" and phone = "2025550100"`, "0044 20 7946 0000": `"44" and phone = "2079460000"`, "(+44) 20 7946 0000": `"44" and phone = "2079460000"`,
		"+44 (0)20 7946 0000": `"44" and phone = "2079460000"`, "+353 1 5550100": `"353" and phone = "15550100"`, "+7(495)5550100": `"7" and phone = "4955550100"`,
		"(0)20 7946 0000": `a 0 in brackets, which is dialled within the country only: write the digits that follow the calling code, "2079460000"`,
		"+":               "cannot be cleared", "00": "no phone number within a country", "+0": "no phone number within a country", "+44": "no phone number within a country",
		"call me": "no phone number", "8.61E+12": "no phone number", "20 7946 0000 ext. 5": "no phone number", "": "cannot be cleared",
	},
	"phone_country_code": {
		"GB": "no phone number", "1876": `write phone_country_code = "1"`, "4420": `write phone_country_code = "44"`, "83x": "no phone number",
		"0": "cannot be cleared", "4": "no calling code", "35": "no calling code", "": "cannot be cleared",
	},
	"phone_extension": {"x5": "no phone number"},
}

// rightTexts are texts that a member can have, with their canonical form.
var rightTexts = map[string]map[string]string{
	"type":               {"individual": "individual", "enterprise": "enterprise"},
	"country":            {"GB": "GB", "gb": "GB", " cn ": "CN", "NA": "NA"},
	"email":              {"Ada@Example.COM": "Ada@example.com", "a.b+c@mail.example.co.uk": "a.b+c@mail.example.co.uk", "ada@bücher.example": "ada@bücher.example"},
	"phone":              {"20 7946 0000": "2079460000", "(020) 7946-0000": "02079460000", "138.0000.0000": "13800000000"},
	"phone_country_code": {"44": "44", "+44": "44", "0044": "44", "(86)": "86", "1": "1", "353": "353"},
	"phone_extension":    {"5": "5", "05": "05"},
	"name":               {"Ada  Example": "Ada Example", "Žofia Ñandú": "Žofia Ñandú"},
	"organization":       {"Example, Inc.": "Example, Inc."},
	"province":           {"London": "London", "-": "-"},
	"city":               {"None": "None"},
	"address":            {"1 Example\nStreet": "1 Example Street"},
	"postal_code":        {"01234": "01234"},
}

// TestContactsAreCheckedWhereverTheyStand: in blocks and objects, as contacts of
// a name and in registrant profiles.
func TestContactsAreCheckedWhereverTheyStand(t *testing.T) {
	places := map[string]func(cty.Value) (attr.Contact, []attr.Problem){
		"a contact": attr.DecodeContact,
		"the contact of a name": func(v cty.Value) (attr.Contact, []attr.Problem) {
			c, problems := attr.Lookup("tech").Decode(v)
			if c == nil {
				return nil, problems
			}
			return c.(attr.Contact), problems
		},
		"a registrant profile": func(v cty.Value) (attr.Contact, []attr.Problem) {
			fields := map[string]cty.Value{"id": cty.NumberIntVal(7)}
			maps.Copy(fields, v.AsValueMap())
			p, problems := attr.Lookup(attr.RegistrantProfile).Decode(cty.ObjectVal(map[string]cty.Value{"legal": cty.ObjectVal(fields)}))
			if p == nil {
				return nil, problems
			}
			return p.(attr.Profiles)["legal"].Contact, problems
		},
	}
	fields, _ := attr.ContactFields()
	for place, decode := range places {
		for _, member := range fields {
			if len(rightTexts[member]) == 0 {
				t.Errorf("%s has no text in the table", member)
			}
			for text, want := range rightTexts[member] {
				c, problems := decode(cty.ObjectVal(map[string]cty.Value{member: cty.StringVal(text)}))
				if len(problems) > 0 || c[member] != want {
					t.Errorf("%s: %s = %q: got %q and %v, want %q", place, member, text, c[member], problems, want)
				}
			}
			for text, want := range wrongTexts[member] {
				c, problems := decode(cty.ObjectVal(map[string]cty.Value{member: cty.StringVal(text)}))
				if len(problems) != 1 || !strings.Contains(problems[0].Detail, want) {
					t.Errorf("%s: %s = %q: got %v and %v, want …%s…", place, member, text, c, problems, want)
				}
			}
		}
	}
}

// TestPhoneBesideItsCallingCode: a number that begins with the code as a word of
// its own has it twice; digits that happen to be the same do not.
func TestPhoneBesideItsCallingCode(t *testing.T) {
	for _, test := range []struct{ code, phone, want string }{
		{"86", "86-138 0000 0000", `write the number without it, "13800000000"`},
		{"86", "86 13800000000", "without it"},
		{"1", "1-202-555-0100", `"2025550100"`},
		{"44", "(44) 20 7946 0000", "without it"},
		{"+44", "44.2079460000", "without it"},
		{"86", "8613800000", ""},
		{"1", "123-4567", ""},
		{"44", "44", ""},
		{"44", "20 7946 0044", ""},
		{"86", "138 0000 0000", ""},
	} {
		_, problems := attr.DecodeContact(cty.ObjectVal(map[string]cty.Value{
			"phone_country_code": cty.StringVal(test.code), "phone": cty.StringVal(test.phone),
		}))
		if test.want == "" && len(problems) > 0 || test.want != "" && (len(problems) != 1 || !strings.Contains(problems[0].Detail, test.want)) {
			t.Errorf("%s beside %s: %v, want …%s…", test.phone, test.code, problems, test.want)
		}
	}
}

// TestSplitPhoneLosesNoDigit: what is written for callers from abroad comes apart
// into what it was put together from.
func TestSplitPhoneLosesNoDigit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom([]string{"1", "7", "20", "44", "49", "86", "353", "420", "852", "971"}).Draw(t, "code")
		number := rapid.StringMatching(`[1-9][0-9]{3,10}`).Draw(t, "number")
		before := rapid.SampledFrom([]string{"+", "00", "(+", " + "}).Draw(t, "before")
		after := rapid.SampledFrom([]string{" ", ".", "-", "", " (0)", "/", "\u00a0", "\u2013"}).Draw(t, "after")
		gotCode, gotNumber := attr.SplitPhone(before + code + after + number)
		if gotCode != code || gotNumber != number {
			t.Fatalf("%s%s%s%s comes apart into %q and %q", before, code, after, number, gotCode, gotNumber)
		}
		more := rapid.SampledFrom([]string{" ext. 5", "x5", "#5", ", 5", " / +" + code + " 5"}).Draw(t, "more")
		if gotCode, gotNumber := attr.SplitPhone(before + code + after + number + more); gotCode != "" || onlyDigits(gotNumber) == gotNumber {
			t.Fatalf("%s%s%s%s%s comes apart into %q and %q", before, code, after, number, more, gotCode, gotNumber)
		}
		if gotCode, gotNumber := attr.SplitPhone(number); gotCode != "" || gotNumber != number {
			t.Fatalf("%s comes apart into %q and %q", number, gotCode, gotNumber)
		}
	})
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
