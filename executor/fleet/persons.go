package fleet

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/domainsync/domainsync/config/attr"
)

// A Role is what a person may do with a fleet. Each may what those before it may.
type Role string

// The roles.
const (
	Viewer   Role = "viewer"   // looks at jobs and plans, with personal data masked
	Approver Role = "approver" // sees it, approves and rejects changes, has jobs run, and has runs end
	Admin    Role = "admin"    // pauses and resumes jobs: a paused one renews no name
)

// Roles returns the roles, the least first.
func Roles() []Role { return []Role{Viewer, Approver, Admin} }

// Permits reports whether the role may what another one may at least. A role that there
// is not permits nothing, and nothing permits what needs one.
func (r Role) Permits(least Role) bool {
	have, need := slices.Index(Roles(), r), slices.Index(Roles(), least)
	return need >= 0 && have >= need
}

// PersonsWith returns the names of those who may do what takes a role, in order.
func (f *File) PersonsWith(least Role) (names []string) {
	for i := range f.People {
		if f.People[i].Role.Permits(least) {
			names = append(names, f.People[i].Name)
		}
	}
	slices.Sort(names)
	return names
}

// A Person is somebody who may look at a fleet, and act on it.
type Person struct {
	Name string
	Role Role
	// Aliases are what the person is called elsewhere: by a proxy that has people sign
	// in, or where commands are run.
	Aliases []string
	Tokens  []Token
	Source  hcl.Range // of its header
}

// A Token proves who a person is, while it has not expired.
type Token struct {
	Hash    TokenHash
	Expires time.Time // the first moment at which it proves nothing
	Source  hcl.Range // of its hash
}

// A TokenHash is the SHA-256 of a token. It tells nobody the token.
type TokenHash [sha256.Size]byte

// HashOfToken returns the hash of a token.
func HashOfToken(token string) TokenHash { return sha256.Sum256([]byte(token)) }

// String is the hash as a file has it.
func (h TokenHash) String() string { return hex.EncodeToString(h[:]) }

// Person returns the person of a name or an alias, whatever their case; nil: there is
// none.
func (f *File) Person(nameOrAlias string) *Person {
	wanted, ok := foldName(nameOrAlias)
	if !ok {
		return nil
	}
	for i := range f.People {
		p := &f.People[i]
		if p.Name == wanted || slices.ContainsFunc(p.Aliases, func(alias string) bool { return strings.EqualFold(alias, wanted) }) {
			return p
		}
	}
	return nil
}

// PersonOfToken returns whose token a hash is of; nil: nobody's, or it has expired.
// It compares with all tokens, so that the time it takes tells nothing of them.
func (f *File) PersonOfToken(hash TokenHash, now time.Time) *Person {
	var found *Person
	for i := range f.People {
		for _, t := range f.People[i].Tokens {
			if subtle.ConstantTimeCompare(t.Hash[:], hash[:]) == 1 && now.Before(t.Expires) {
				found = &f.People[i]
			}
		}
	}
	return found
}

// foldName returns a name or an alias in the case that they are compared in; false: it
// can be none. Letters outside of ASCII are refused: some fold to those of ASCII, so that
// one person could look like another.
func foldName(name string) (string, bool) {
	if !personAlias.MatchString(name) {
		return "", false
	}
	return strings.ToLower(name), true
}

// personAlias is what a person can be called elsewhere: visible ASCII, such as
// ada@example.com or EXAMPLE\ada.
var personAlias = regexp.MustCompile(`^[!-~]([ -~]{0,252}[!-~])?$`)

// personArguments are those of a person block, in the order of the reference.
var personArguments = []Argument{
	{Name: "role", Type: "text", required: true, Meaning: `"viewer" looks at everything, with personal data masked; "approver" sees it, approves and rejects changes, has jobs run, and has runs end; "admin" pauses and resumes them. Each may what those before it may.`},
	{
		Name: "aliases", Type: "list of texts", Default: "none",
		Meaning: "What the person is called elsewhere: by the header of a proxy, or where commands are run. Upper and lower case are the same. Nobody else has the same name or alias.",
	},
}

// tokenArguments are those of a token block.
var tokenArguments = []Argument{
	{Name: "sha256", Type: "text", required: true, Meaning: "The SHA-256 of the token, as domainsync jobs token prints it: 64 hexadecimal digits. The token itself stands nowhere."},
	{Name: "expires", Type: "text", required: true, Meaning: "The last day on which the token is taken, in UTC, as 2027-06-30; or the moment at which it is taken no more, as 2027-06-30T12:00:00Z."},
}

// PersonArguments are those of a person block, in the order of the reference.
func PersonArguments() []Argument { return slices.Clone(personArguments) }

// TokenArguments are those of a token block of a person.
func TokenArguments() []Argument { return slices.Clone(tokenArguments) }

// people is what a loader knows of persons.
type people struct {
	called map[string]*hcl.Range    // by name and alias, in lower case
	hashes map[TokenHash]*hcl.Range // of tokens
}

func newPeople() people {
	return people{called: make(map[string]*hcl.Range), hashes: make(map[TokenHash]*hcl.Range)}
}

func (l *loader) readPerson(block *hcl.Block) {
	name, at := block.Labels[0], block.DefRange.Ptr()
	p := Person{Name: name, Source: *at}
	if !jobName.MatchString(name) {
		l.ReportAt(&block.LabelRanges[0], "Not a name of a person", "%q is no name of a person: it has up to 64 characters of a-z, 0-9, dot, _ and -, and begins and ends with a letter or a digit. What else the person is called are its aliases.", name)
	} else {
		l.call(name, &block.LabelRanges[0])
	}
	schema := schemaOf(personArguments)
	schema.Blocks = []hcl.BlockHeaderSchema{{Type: "token"}}
	content := l.Content(block.Body, schema, at)
	p.Role = l.role(content.Attributes["role"])
	if a := content.Attributes["aliases"]; a != nil {
		p.Aliases = l.aliases(a)
	}
	for _, token := range content.Blocks {
		if t, ok := l.token(name, token); ok {
			p.Tokens = append(p.Tokens, t)
		}
	}
	l.file.People = append(l.file.People, p)
}

// call notes what a person is called, and refuses what somebody is called already.
func (l *loader) call(name string, at *hcl.Range) {
	folded := strings.ToLower(name)
	if first := l.people.called[folded]; first != nil {
		l.ReportAt(at, "Two persons of one name", "%q is a person's name or alias already, on line %d: one that is counted twice would approve for two.", name, first.Start.Line)
		return
	}
	l.people.called[folded] = at
}

// knownRoles are the words for roles, with others before them.
func knownRoles(others ...string) []string {
	for _, r := range Roles() {
		others = append(others, string(r))
	}
	return others
}

// role computes a role; others are further words that could have been meant.
func (l *loader) role(a *hcl.Attribute, others ...string) Role {
	word, ok := l.Text(a)
	if !ok {
		return ""
	}
	if known := knownRoles(others...); !slices.Contains(knownRoles(), word) {
		l.ReportAt(a.Expr.Range().Ptr(), "Unknown role", "%q is no role. There are %s.%s", word, strings.Join(known, ", "), attr.DidYouMean(attr.Meant(word, known)))
	}
	return Role(word)
}

// aliases computes what a person is called elsewhere.
func (l *loader) aliases(a *hcl.Attribute) []string {
	all := l.texts(a, "names")
	for _, alias := range all {
		if !personAlias.MatchString(alias) {
			l.ReportAt(a.Expr.Range().Ptr(), "Not an alias", "%q is no alias: it has up to 254 characters of ASCII, and neither begins nor ends with a blank.", alias)
			continue
		}
		l.call(alias, a.Expr.Range().Ptr())
	}
	return all
}

// token reads a token of a person.
func (l *loader) token(person string, block *hcl.Block) (t Token, ok bool) {
	args := l.Content(block.Body, schemaOf(tokenArguments), block.DefRange.Ptr()).Attributes
	hash, okHash := l.tokenHash(block, args["sha256"])
	expires, okExpires := l.expiry(args["expires"])
	if !okHash || !okExpires {
		return Token{}, false
	}
	if now := l.o.Now; !now.IsZero() && !now.Before(expires) {
		l.Report(&hcl.Diagnostic{
			Severity: hcl.DiagWarning, Summary: "Token has expired", Subject: args["expires"].Expr.Range().Ptr(),
			Detail: fmt.Sprintf("This token of %s is taken no more: take it out, and make another one with domainsync jobs token.", person),
		})
	}
	return Token{Hash: hash, Expires: expires, Source: args["sha256"].Expr.Range()}, true
}

// tokenHash computes the hash of a token. What is none may be a secret: the mistake is
// told of the block, so that its line is not shown.
func (l *loader) tokenHash(block *hcl.Block, a *hcl.Attribute) (hash TokenHash, ok bool) {
	text, ok := l.Text(a)
	if !ok {
		return hash, false
	}
	at := a.Expr.Range().Ptr()
	if strings.HasPrefix(text, TokenPrefix) {
		l.ReportAt(&block.DefRange, "A token, not its hash", "This is the token itself, and whoever reads the file can use it. Make another one with domainsync jobs token, and put its hash here.")
		return hash, false
	}
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(hash) {
		l.ReportAt(&block.DefRange, "Not a hash", "sha256 is no SHA-256 of a token: that has 64 hexadecimal digits. domainsync jobs token prints one.")
		return hash, false
	}
	hash = TokenHash(b)
	if hash == HashOfToken("") {
		l.ReportAt(at, "Not a hash", "This is the SHA-256 of nothing: domainsync jobs token prints that of a token.")
		return hash, false
	}
	if first := l.people.hashes[hash]; first != nil {
		l.ReportAt(at, "One token twice", "The same token is on line %d: each proves who one person is.", first.Start.Line)
		return hash, false
	}
	l.people.hashes[hash] = at
	return hash, true
}

// expiry computes the first moment at which a token is taken no more.
func (l *loader) expiry(a *hcl.Attribute) (time.Time, bool) {
	text, ok := l.Text(a)
	if !ok {
		return time.Time{}, false
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1), true
	}
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		l.ReportAt(a.Expr.Range().Ptr(), "Not a date", "%q is no date: write a day as 2027-06-30, or a moment as 2027-06-30T12:00:00Z.", text)
		return time.Time{}, false
	}
	return moment.UTC(), true
}
