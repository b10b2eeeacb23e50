package importer_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/config/importer"
	"github.com/domainsync/domainsync/planner"
)

// right is a contact with every member, as a table may write them.
var right = map[string]string{
	"type": "enterprise", "organization": "Example, Inc.", "name": "Ada Example", "email": "ada@example.com", "country": "gb",
	"province": "London", "city": "London", "address": "1 Example Street", "postal_code": "N1 1AA",
	"phone_country_code": "+44", "phone": "20 7946 0000", "phone_extension": "5",
}

// canonical is the same as it is declared.
var canonical = func() attr.Contact {
	c := attr.Contact(maps.Clone(right))
	c["country"], c["phone_country_code"], c["phone"] = "GB", "44", "2079460000"
	return c
}()

var members = attr.Lookup("registrant").Columns

// heading is what the tables of the tests call the column of a member.
func heading(member string) string { return "The " + member }

// mapping says so to the program.
func mapping() []string {
	all := []string{"domain=Domain Name"}
	for _, m := range members {
		all = append(all, m+"="+heading(m))
	}
	return all
}

// quoted writes a line of a table.
func quoted(separator string, fields ...string) string {
	for i, f := range fields {
		if strings.ContainsAny(f, "\"\n"+separator) {
			fields[i] = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
		}
	}
	return strings.Join(fields, separator) + "\n"
}

// contactTable writes a table whose rows are names with members of their contacts.
func contactTable(separator string, rows ...[]string) string {
	head := []string{"Domain Name", "Remark"}
	for _, m := range members {
		head = append(head, heading(m))
	}
	text := quoted(separator, head...)
	for _, row := range rows {
		text += quoted(separator, row...)
	}
	return text
}

// row is a name with the right contact, but for some members.
func row(name string, changed map[string]string) []string {
	fields := []string{name, "says \"x\""}
	for _, m := range members {
		text, ok := changed[m]
		if !ok {
			text = right[m]
		}
		fields = append(fields, text)
	}
	return fields
}

func readContacts(t *testing.T, text string, mapping ...string) (*importer.Contacts, error) {
	t.Helper()
	table, err := importer.NewContactTable("c.csv", attr.Lookup("registrant"), mapping)
	if err != nil {
		t.Fatal(err)
	}
	return table.Read([]byte(text))
}

// twoNames is the account that the tables are about.
func twoNames() *snapshot.Account {
	return &snapshot.Account{Domains: []snapshot.Domain{{Name: "alpha.com"}, {Name: "beta.com"}}}
}

// badTexts are texts that no member may have, and more that one may not have,
// with what is said of them. The table over all members of config/attr has the
// rest.
func badTexts(member string) map[string]string {
	bad := map[string]string{"caf\ufffd": "a character that was lost", "MÃ¼ller": "is \"Müller\" that was read in a wrong encoding", "a\x01b": "a control character", "=1+1": "a formula of a spreadsheet"}
	if member != "phone_extension" {
		for _, nothing := range []string{"N/A", "n/a", "-", "--", "none", "NONE", "null", "unknown", "n.a.", "NA", "nan", "?", "???", ".", "#N/A", "(none)", "Not  Available", "无"} {
			bad[nothing] = "stands for nothing"
		}
	}
	switch member {
	case "type":
		bad["Company"] = `none of "individual" and "enterprise"`
	case "country":
		delete(bad, "NA")
		bad["UK"], bad["England"], bad["XX"] = `write "GB"`, "is no country", "the code of no country"
	case "email":
		bad["nobody"], bad["ada@example.com;bob@example.com"], bad["ada@localhost"] = "no e-mail address", "no e-mail address", "no e-mail address"
	case "phone":
		for _, more := range []string{"+1 202 555 0100 ext. 5", "+1 202 555 0100 x5", "001 202 555 0100#5", "+49 30 1234 / +49 40 5678", "+49 30 1234; 030 5678", "tel:+49301234"} {
			bad[more] = "no phone number"
		}
		bad["+1 202 555 0100"], bad["001 202 555 0100"] = "begins with the calling code 1, and", "begins with the calling code 1, and"
		bad["(0)20 7946 0000"], bad["8.61E+12"], bad["44-20 7946 0000"], bad["+44"] = "a 0 in brackets", "no phone number", "begins with the calling code", "no phone number"
	case "phone_country_code":
		bad["GB"], bad["1876"] = "no phone number", "no calling code"
	case "phone_extension":
		bad["x5"] = "no phone number"
	}
	return bad
}

// TestNothingWrongOfATableIsDeclared: over all members and all faults, the row
// is left out and said with its line and column, and the others are read.
func TestNothingWrongOfATableIsDeclared(t *testing.T) {
	for _, member := range members {
		for text, want := range badTexts(member) {
			c, err := readContacts(t, contactTable(",", row("beta.com", nil), row("ALPHA.com.", map[string]string{member: text})), mapping()...)
			if err != nil {
				t.Errorf("%s = %q: %v", member, text, err)
				continue
			}
			if diff := cmp.Diff(map[string]attr.Value{"beta.com": canonical}, c.ByName); diff != "" {
				t.Errorf("%s = %q: (-want +got)\n%s", member, text, diff)
			}
			left := c.LeftOut(twoNames())
			if len(left) != 1 || !strings.HasPrefix(left[0], "c.csv:3: alpha.com: column \""+heading(member)+"\": ") || !strings.Contains(left[0], want) {
				t.Errorf("%s = %q: said is %q, want …%s…", member, text, left, want)
			}
			if c.Without(twoNames()) != 1 {
				t.Errorf("%s = %q: %d names are without", member, text, c.Without(twoNames()))
			}
		}
	}
}

// TestRightRowsOfATableAreDeclared: each member alone, all of them, and texts that
// only look like faults.
func TestRightRowsOfATableAreDeclared(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"":              {},
		"phone":         {"phone": "+44 (0)20 7946 0000"},
		"calling code":  {"phone": "0044.2079460000", "phone_country_code": ""},
		"country":       {"country": " GB "},
		"several lines": {"address": "1\nExample Street"},
		"spaces":        {"name": "  Ada   Example "},
	} {
		c, err := readContacts(t, contactTable(",", row("alpha.com", want)), mapping()...)
		if err != nil || len(c.LeftOut(twoNames())) > 0 {
			t.Errorf("%s: %v, said is %q", text, err, c.LeftOut(twoNames()))
			continue
		}
		if diff := cmp.Diff(map[string]attr.Value{"alpha.com": canonical}, c.ByName); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", text, diff)
		}
	}
	for _, member := range members {
		empty := maps.Clone(right)
		for m := range empty {
			if m != member {
				empty[m] = []string{"", " ", "(blank)"}[len(m)%3]
			}
		}
		c, err := readContacts(t, contactTable(",", row("alpha.com", empty)), mapping()...)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]attr.Value{"alpha.com": attr.Contact{member: canonical[member]}}, c.ByName); diff != "" {
			t.Errorf("%s alone: (-want +got)\n%s", member, diff)
		}
	}
	for member, text := range map[string]string{"country": "NA", "name": "Na", "city": "Nan", "organization": "N-A Ltd", "address": "Ärztestraße 1 Ü", "province": "Île-de-France", "phone_extension": "n/a"} {
		c, err := readContacts(t, contactTable(",", row("alpha.com", map[string]string{member: text})), mapping()...)
		if err != nil || c.ByName["alpha.com"] == nil || member != "phone_extension" && c.ByName["alpha.com"].(attr.Contact)[member] != text {
			t.Errorf("%s = %q: got %v and %v", member, text, c, err)
		}
	}
}

// TestFormsOfATable: whatever separates the fields, ends the lines and encodes
// the text, the contacts are the same.
func TestFormsOfATable(t *testing.T) {
	const sep = "sep=;\n"
	want := map[string]attr.Value{"alpha.com": canonical, "beta.com": canonical}
	for _, separator := range []string{",", ";", "\t", "|"} {
		text := contactTable(separator, row("alpha.com", nil), row("beta.com", nil))
		wide := "\xff\xfe"
		for _, unit := range utf16.Encode([]rune(text)) {
			wide += string([]byte{byte(unit), byte(unit >> 8)})
		}
		forms := map[string]string{
			"plain": text, "mark": "\ufeff" + text, "UTF-16": wide, "Windows": strings.ReplaceAll(text, "\n", "\r\n"),
			"old Mac": strings.ReplaceAll(text, "\n", "\r"), "empty lines": strings.ReplaceAll(text, "\n", "\n\n"), "empty rows": text + strings.Repeat(separator, 13) + "\n",
		}
		if separator == ";" {
			forms["sep="] = sep + text
		}
		for name, form := range forms {
			c, err := readContacts(t, form, mapping()...)
			if err != nil {
				t.Errorf("%q, %s: %v", separator, name, err)
			} else if diff := cmp.Diff(want, c.ByName); diff != "" || len(c.LeftOut(twoNames())) > 0 {
				t.Errorf("%q, %s: said is %q, (-want +got)\n%s", separator, name, c.LeftOut(twoNames()), diff)
			}
		}
	}
}

// TestATableThatIsWrongAsAWholeIsRefused with the place.
func TestATableThatIsWrongAsAWholeIsRefused(t *testing.T) {
	const head = "Domain,City,Mail\n"
	for text, want := range map[string]string{
		"":                                "c.csv is empty",
		"\ufeff":                          "c.csv is empty",
		"Name,City\n":                     `c.csv has no column "Domain"; there are Name, City`,
		"Name;City;Mail\nalpha.com;a;b\n": `c.csv has no column "Domain"; there are Name, City, Mail`,
		"Domain,City,Mail,City\n":         `c.csv has two columns "City", number 2 and number 4`,
		head + "alpha.com,Z\xfcrich,a@example.com\n":                                  "c.csv: it is not text in UTF-8: line 2 has the byte 0xFC in column 12; save it as UTF-8, or, where WINDOWS-1252",
		head + "alpha.com,\xb1\xb1\xbe\xa9,a@example.com\n":                           "where GB18030 is its encoding, convert it: iconv -f GB18030 -t UTF-8",
		head + "alpha.com,Z\x00rich,a@example.com\n":                                  "it is no text: line 2",
		head + "alpha.com,\"London,a@example.com\nbeta.com,\"Paris\",b@example.com\n": "c.csv:3: a quotation mark is missing, or one inside of a field is not doubled. The row began in line 2",
		head + "alpha.com,\"London,a@example.com\nbeta.com,Paris,b@example.com\n":     "a quotation mark is missing",
		head + "alpha.com,Lon\"don,a@example.com\n":                                   "c.csv:2: a quotation mark stands in a field that does not begin with one",
		"sep=,\n" + head + "alpha.com,Lon\"don,a@example.com\n":                       "c.csv:3: a quotation mark",
		"PK\x03\x04\x00\x00": "the workbook of a spreadsheet",
	} {
		c, err := readContacts(t, text, "domain=Domain", "city=City", "email=Mail")
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v and %v, want …%s…", text, c, err, want)
		}
	}
}

// TestRowsThatCannotBeUsedAreSaid: shifted fields, names that are none, several
// rows of one name, names that are not there.
func TestRowsThatCannotBeUsedAreSaid(t *testing.T) {
	const head = "Domain,Organization,City\n"
	used := map[string]string{"alpha.com": "London"}
	for text, want := range map[string][]string{
		"alpha.com,A,London\n":                                      nil,
		"alpha.com,A,London\nbeta.com,Example, Inc.,Paris\n":        {`c.csv:3: it has 4 fields, and the first line has 3, separated by commas: quote a field that has one of them in it.`},
		"alpha.com,A,London\nbeta.com,Paris\n":                      {`c.csv:3: it has 2 fields, and the first line has 3, separated by commas: quote a field that has one of them in it.`},
		"alpha.com,A,London\nbeta.com,B,Paris,\n":                   {`c.csv:3: it has 4 fields, and the first line has 3, separated by commas: quote a field that has one of them in it.`},
		"alpha.com,A,London\n,B,Paris\n":                            {`c.csv:3: column "Domain": it has no name.`},
		"alpha.com,A,London\na b.com,B,Paris\n":                     {`c.csv:3: column "Domain": "a b" has a character that no domain name holds.`},
		"alpha.com,A,London\nbeta.com,B,Paris\nBETA.com,B,Rome\n":   {`c.csv:3: beta.com: line 4 is of the same name and says something else: none of its rows is used.`},
		"alpha.com,A,London\nbeta.com,B,Paris\nbeta.com,,\n":        {`c.csv:3: beta.com: line 4 is of the same name and says something else: none of its rows is used.`},
		"alpha.com,A,London\nbeta.com,B,n/a\nbeta.com,B,Paris\n":    {`c.csv:3: beta.com: column "City": "n/a" stands for nothing: leave the field empty, or say what is true; line 4 is of the same name and says something else: none of its rows is used.`},
		"alpha.com,A,London\nalpha.com,A, London\n":                 nil,
		"alpha.com,A,London\ngamma.com,G,Paris\nDelta.com,D,Rome\n": {`c.csv: names that the zone does not have: 2. gamma.com (line 3), delta.com (line 4)`},
	} {
		c, err := readContacts(t, head+text, "domain=Domain", "organization=Organization", "city=City")
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, c.LeftOut(twoNames())); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", text, diff)
		}
		got := make(map[string]string)
		for _, name := range []string{"alpha.com", "beta.com"} {
			if contact := c.ByName[name]; contact != nil {
				got[name] = contact.(attr.Contact)["city"]
			}
		}
		if diff := cmp.Diff(used, got); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", text, diff)
		}
	}
	c, err := readContacts(t, "Domain,Mail\nalpha.com,"+strings.Repeat("x", 100_000)+"\n", "domain=Domain", "email=Mail")
	if err != nil {
		t.Fatal(err)
	}
	if left := c.LeftOut(twoNames()); len(left) != 1 || len(left[0]) > 500 {
		t.Errorf("a huge field is said in %d sentences of %d bytes", len(left), len(strings.Join(left, "")))
	}
	var many strings.Builder
	many.WriteString(head)
	for i := range 150 {
		fmt.Fprintf(&many, "n%d.com,A,-\n", i)
	}
	c, err = readContacts(t, many.String(), "domain=Domain", "city=City")
	if err != nil {
		t.Fatal(err)
	}
	left := c.LeftOut(twoNames())
	if len(left) != 102 || left[100] != "c.csv: 50 more rows that cannot be used." || !strings.HasSuffix(left[101], "n9.com (line 11) and 140 more") {
		t.Errorf("%d sentences, which end in %q", len(left), left[max(len(left)-2, 0):])
	}
}

// TestMappingsOfATable: what a mapping cannot be.
func TestMappingsOfATable(t *testing.T) {
	for want, mapping := range map[string][]string{
		"write field=column":                            {"domain"},
		"where the field is domain, type":               {"mail=Mail"},
		"say which column of c.csv has the names":       {"email=Mail"},
		"say which columns have the fields":             {"domain=Name"},
		`email is taken from the column "Mail" already`: {"domain=Name", "email=Mail", "email=Other"},
	} {
		if _, err := importer.NewContactTable("c.csv", attr.Lookup("registrant"), mapping); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want …%s…", mapping, err, want)
		}
	}
	c, err := readContacts(t, "Domain,Owner\nalpha.com,Ada\n", "domain=Domain", "organization=Owner", "name=Owner")
	both, _ := c.ByName["alpha.com"].(attr.Contact)
	if err != nil || both["name"] != "Ada" || both["organization"] != "Ada" {
		t.Errorf("one column for two members: %v, %v", c, err)
	}
}

// FuzzContactTable: whatever a table holds, what is read of it can be declared as
// it is, and each row is used or said.
func FuzzContactTable(f *testing.F) {
	f.Add(contactTable(",", row("alpha.com", nil), row("beta.com", map[string]string{"phone": "+44 20 7946 0000"})))
	f.Add(contactTable(";", row("alpha.com", map[string]string{"country": "UK"}), []string{"beta.com", "short"}))
	f.Add("sep=|\nDomain Name|The name\nalpha.com|Ada\nalpha.com|Bob\n")
	f.Add("\xff\xfeD\x00")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := importer.NewContactTable("c.csv", attr.Lookup("registrant"), []string{"domain=Domain Name", "name=The name", "phone=The phone", "country=The country"})
		if err != nil {
			t.Fatal(err)
		}
		c, err := table.Read([]byte(text))
		if err != nil {
			return
		}
		for name, contact := range c.ByName {
			fields := make(map[string]cty.Value)
			for field, text := range contact.(attr.Contact) {
				fields[field] = cty.StringVal(text)
			}
			again, problems := attr.DecodeContact(cty.ObjectVal(fields))
			if len(problems) > 0 || !again.Equal(contact) {
				t.Errorf("%s: %v became %v, %v", name, contact, again, problems)
			}
		}
		none := &snapshot.Account{}
		if left := c.LeftOut(none); len(c.ByName) > 0 && len(left) == 0 {
			t.Errorf("no name is there, and said is nothing of %v", c.ByName)
		}
	})
}

// TestWhatAZoneTellsCanBeDeclared: whatever rows a zone has, an import of it loads,
// and plans to nothing against it.
func TestWhatAZoneTellsCanBeDeclared(t *testing.T) {
	owners := rapid.SampledFrom([]string{"alpha", "beta", "ns1.alpha", "*.alpha", "*", "x..y", "xn--zzzzz-", "_x", "-x", "a\\@b", strings.Repeat("x", 64), "deep.beta", "@", "", "out.net."})
	data := rapid.SampledFrom([]string{
		"NS ns1.example.net.", "NS ns2", "NS .", "NS ns\\@1.example.net.", "NS localhost.", "NS 192.0.2.1.", "NS", "NS _x.example.net.", "NS (", ")",
		"A 192.0.2.1", "A 1.2.3", "AAAA 2001:db8::1", "A 127.0.0.1", "DS 1 13 2 " + strings.Repeat("ab", 32), "DS 1 99 9 ab", "DS 1", "TXT \"x", "BOGUS x",
	})
	rapid.Check(t, func(t *rapid.T) {
		text := "$ORIGIN com.\n@ SOA a. b. 1 2 3 4 5\ngamma NS ns1.example.net.\n"
		for range rapid.IntRange(0, 12).Draw(t, "rows") {
			text += owners.Draw(t, "owner") + " " + data.Draw(t, "data") + "\n"
		}
		z, err := snapshot.ReadZone(strings.NewReader(text), "")
		if err != nil {
			return // the file as a whole
		}
		files := fromAccount(t, z.Account, "")
		plan := planner.Diff(planner.Input{Portfolio: load(t, files), Live: z.Account})
		if len(plan.Changes) > 0 || len(plan.Missing) > 0 {
			t.Fatalf("%s: the plan has changes %v, missing %v", text, plan.Changes, plan.Missing)
		}
		if !slices.Contains(plan.Declared, "gamma.com") {
			t.Fatalf("%s: gamma.com is lost", text)
		}
	})
}
