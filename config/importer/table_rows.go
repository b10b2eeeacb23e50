package importer

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/words"
)

// A contactRow is a row of a table of contacts.
type contactRow struct {
	line    int
	name    string     // canonical; "": the row says nothing, or no name
	contact attr.Value // nil: the row has none
	wrong   error      // why it cannot be used
}

// says is equal for rows that tell the same.
func (r contactRow) says() string {
	if r.contact == nil {
		return ""
	}
	return r.contact.String()
}

// row reads a row.
func (t *ContactTable) row(row []string, r *tableReader, at map[string]int, line int) contactRow {
	found := contactRow{line: line}
	if len(row) != len(r.header) {
		found.wrong = fmt.Errorf("it has %d fields, and the first line has %d, separated by %s: quote a field that has one of them in it", len(row), len(r.header), separators[r.Comma])
		return found
	}
	texts := make(map[string]string)
	for field, i := range at {
		if text := strings.TrimSpace(row[i]); text != "" && text != "(blank)" { // as exports write nothing
			texts[field] = text
		}
	}
	written := texts[domainField]
	delete(texts, domainField)
	switch {
	case written == "" && len(texts) == 0:
		return found
	case written == "":
		found.wrong = fmt.Errorf("column %q: it has no name", t.columns[domainField])
		return found
	}
	var err error
	if found.name, err = wire.CanonicalName(written); err != nil {
		found.name, found.wrong = "", fmt.Errorf("column %q: %w", t.columns[domainField], err)
		return found
	}
	if len(texts) > 0 {
		found.contact, found.wrong = t.contact(texts)
	}
	return found
}

// contact makes a contact of the texts of a row.
func (t *ContactTable) contact(texts map[string]string) (attr.Value, error) {
	var wrong []error
	fail := func(field, why string) {
		wrong = append(wrong, fmt.Errorf("column %q: %s", t.columns[field], why))
	}
	values := make(map[string]cty.Value, len(texts))
	code, number := attr.SplitPhone(texts["phone"])
	switch given := strings.TrimLeft(strings.Trim(texts["phone_country_code"], "+() "), "0"); {
	case code == "" || number == "":
	case given == "" || given == code:
		texts["phone_country_code"], texts["phone"] = code, number
	default:
		fail("phone", fmt.Sprintf("%q begins with the calling code %s, and the column %q says %s", texts["phone"], code, t.columns["phone_country_code"], given))
		delete(texts, "phone")
	}
	for _, field := range slices.Sorted(maps.Keys(texts)) {
		text := texts[field]
		switch why := undeclarable(field, text); {
		case why == "":
			values[field] = cty.StringVal(text)
		case field == "phone_extension" && placeholder(field, text): // nobody needs one
		default:
			fail(field, why)
		}
	}
	if len(values) == 0 {
		return nil, errors.Join(wrong...)
	}
	contact, problems := t.attribute.Decode(cty.ObjectVal(values))
	for _, p := range problems {
		field := ""
		if len(p.Path) > 0 {
			field = p.Path[0].(cty.GetAttrStep).Name
		}
		fail(field, strings.TrimSuffix(p.Detail, "."))
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return contact, nil
}

// placeholders are what people and programs write where they know nothing.
var placeholders = []string{
	"n/a", "#n/a", "n.a.", "n. a.", "none", "(none)", "null", "(null)", "<null>", "nil", "undefined", "unknown", "(unknown)",
	"tbd", "t.b.d.", "todo", "xxx", "empty", "(empty)", "not available", "not applicable", "not provided", "not disclosed",
	"#ref!", "#value!", "#name?", "#null!", "#div/0!", "#num!", "redacted for privacy", "redacted", "无", "暂无", "未知",
}

// placeholder reports whether a text of a field stands for nothing. What
// programs for statistics write could be a name in other letter case, and is
// Namibia.
func placeholder(field, text string) bool {
	switch text {
	case "nan", "NaN":
		return true
	case "NA":
		return field != "country"
	}
	if slices.Contains(placeholders, strings.ToLower(strings.Join(strings.Fields(text), " "))) {
		return true
	}
	return strings.IndexFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) < 0
}

// undeclarable says why a field of a contact cannot have a text, "" where it
// can.
func undeclarable(field, text string) string {
	switch {
	case placeholder(field, text):
		return fmt.Sprintf("%q stands for nothing: leave the field empty, or say what is true", text)
	case strings.HasPrefix(text, "="):
		return fmt.Sprintf("%q is a formula of a spreadsheet, and not its value: export the values", text)
	case strings.ContainsRune(text, unicode.ReplacementChar):
		return fmt.Sprintf("%q has a character that was lost when the table was converted: export it again in UTF-8", text)
	case misdecoded(text) != "":
		return fmt.Sprintf("%q is %q that was read in a wrong encoding: export the table again in UTF-8", text, misdecoded(text))
	case strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) }) >= 0:
		return fmt.Sprintf("%q has a control character", text)
	}
	return ""
}

// misdecoded returns what a text was before somebody read its UTF-8 as Latin-1,
// as in MÃ¼ller for Müller; "" where nobody did.
func misdecoded(text string) string {
	bytes := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return ""
		}
		bytes = append(bytes, byte(r))
	}
	if len(bytes) == len(text) || !utf8.Valid(bytes) {
		return ""
	}
	return string(bytes)
}

// rowsShown is how many rows that cannot be used are listed.
const rowsShown = 100

// Contacts are what a table says, by name.
type Contacts struct {
	ByName map[string]attr.Value
	file   string
	rows   map[string][]contactRow
	order  []string // names in the order of their first rows
	wrong  []contactRow
}

func (c *Contacts) add(row contactRow) {
	if row.name == "" {
		if row.wrong != nil {
			c.wrong = append(c.wrong, row)
		}
		return
	}
	if c.rows[row.name] == nil {
		c.order = append(c.order, row.name)
	}
	c.rows[row.name] = append(c.rows[row.name], row)
}

// finish decides which contact each name has. Of several rows that differ none
// is used: nobody can tell which one is true.
func (c *Contacts) finish() {
	c.ByName = make(map[string]attr.Value)
	for _, name := range c.order {
		rows := c.rows[name]
		first := rows[0]
		for _, other := range rows[1:] {
			if first.wrong != nil || other.wrong != nil || first.says() != other.says() {
				first.wrong = errors.Join(first.wrong, fmt.Errorf("line %d is of the same name and says something else: none of its rows is used", other.line))
			}
		}
		switch {
		case first.wrong != nil:
			c.wrong = append(c.wrong, first)
		case first.contact != nil:
			c.ByName[name] = first.contact
		}
	}
	slices.SortFunc(c.wrong, func(x, y contactRow) int { return x.line - y.line })
}

// LeftOut says which rows are not used, and which are of names that the account
// does not have.
func (c *Contacts) LeftOut(a *snapshot.Account) (sentences []string) {
	for _, row := range c.wrong[:min(len(c.wrong), rowsShown)] {
		of := ""
		if row.name != "" {
			of = wire.UnicodeName(row.name) + ": "
		}
		why := words.Truncate(strings.ReplaceAll(row.wrong.Error(), "\n", "; "), longestMistake)
		sentences = append(sentences, fmt.Sprintf("%s:%d: %s%s.", c.file, row.line, of, why))
	}
	if more := len(c.wrong) - rowsShown; more > 0 {
		sentences = append(sentences, fmt.Sprintf("%s: %s that cannot be used.", c.file, words.Count(more, "more row")))
	}
	var foreign []string
	for _, name := range c.order {
		if a.Domain(name) == nil {
			foreign = append(foreign, fmt.Sprintf("%s (line %d)", wire.UnicodeName(name), c.rows[name][0].line))
		}
	}
	if n := len(foreign); n > 0 {
		shown := words.List(foreign[:min(n, namesShown)], n-namesShown)
		sentences = append(sentences, fmt.Sprintf("%s: names that the zone does not have: %d. %s", c.file, n, shown))
	}
	return sentences
}

// longestMistake bounds what is said of one row, in characters: a field of a
// table can be as long as the table.
const longestMistake = 400

// Without counts the names of the account that have no contact.
func (c *Contacts) Without(a *snapshot.Account) (n int) {
	for i := range a.Domains {
		if c.ByName[a.Domains[i].Name] == nil {
			n++
		}
	}
	return n
}
