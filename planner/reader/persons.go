package reader

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// Readings keep no person: in place of the personal texts of a contact stand hashes of
// them, with a key that the state has. Whoever declares a text can tell whether it is
// the one that was read, and that is all that a plan asks of a contact that it leaves
// as it is. What it would change is read anew.

// hiddenMark begins what stands for the personal texts of a contact, in the place of
// its name: field:hash, one after the other.
const hiddenMark = "#hidden:"

// hash stands for a text of a field.
func hash(key []byte, field, text string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(field + "\x00" + text))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// hide takes the personal texts of their contacts out of names. The lists of contacts
// are new ones: others may have those of before.
func hide(key []byte, names []snapshot.Domain) {
	known := make(map[snapshot.Contact]snapshot.Contact) // many names have the same
	for i := range names {
		d := &names[i]
		if len(d.Contacts) == 0 {
			continue
		}
		contacts := make(map[wire.ContactType]snapshot.Contact, len(d.Contacts))
		for role, c := range d.Contacts {
			if _, ok := known[c]; !ok {
				known[c] = hideContact(key, c)
			}
			contacts[role] = known[c]
		}
		d.Contacts = contacts
	}
}

func hideContact(key []byte, c snapshot.Contact) snapshot.Contact {
	if strings.HasPrefix(c.Name, hiddenMark) {
		return c
	}
	var hashes []string
	bare := attr.TakePersonal(c, func(field, text string) { hashes = append(hashes, field+":"+hash(key, field, text)) })
	bare.Name = hiddenMark + strings.Join(hashes, ",")
	return bare
}

// newKey returns a key for hashes.
func newKey() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // it never fails
	return key
}

// A revealer tells what hashes stand for, as far as the files declare it.
type revealer struct {
	p     *config.Portfolio
	texts map[string]string // by hash
	known map[snapshot.Contact]revealed
}

// revealed is a contact as far as its texts are known.
type revealed struct {
	contact snapshot.Contact
	whole   bool
}

func newRevealer(p *config.Portfolio, keys [][]byte) *revealer {
	r := &revealer{p: p, texts: make(map[string]string), known: make(map[snapshot.Contact]revealed)}
	seen := make(map[[2]string]bool)
	learn := func(field, text string) {
		if t := [2]string{field, text}; !seen[t] {
			seen[t] = true
			for _, key := range keys {
				r.texts[hash(key, field, text)] = text
			}
		}
	}
	for _, v := range p.Declared {
		attr.EachPersonal(v.Value, learn)
	}
	for i := range p.Domains {
		for _, v := range p.Domains[i].Declared {
			attr.EachPersonal(v.Value, learn)
		}
	}
	return r
}

// reveal returns a contact with those of its texts that are declared. The others are
// as what the service does not tell.
func (r *revealer) reveal(c snapshot.Contact) revealed {
	hashes, hidden := strings.CutPrefix(c.Name, hiddenMark)
	if !hidden {
		return revealed{c, true}
	}
	if known, ok := r.known[c]; ok {
		return known
	}
	is := revealed{c, true}
	is.contact.Name = ""
	texts := make(map[string]string)
	lacks := strings.Fields(c.Lacks)
	for one := range strings.SplitSeq(hashes, ",") {
		field, hash, _ := strings.Cut(one, ":")
		if text, ok := r.texts[hash]; ok {
			texts[field] = text
		} else if field != "" {
			lacks, is.whole = append(lacks, field), false
		}
	}
	is.contact = attr.PutPersonal(is.contact, texts)
	is.contact.Lacks = strings.Join(lacks, " ")
	r.known[c] = is
	return is
}

// contacts returns a reading of a name with the contacts that stand, and which of some
// facts these are. One whose texts are not all declared stands where it is as the
// files say: then a plan asks for nothing else of it. Partly are the facts of these.
func (r *revealer) contacts(k *snapshot.Domain, facts snapshot.Facts) (with *snapshot.Domain, stand, partly snapshot.Facts) {
	if facts&snapshot.AllContacts == 0 {
		return k, facts, 0
	}
	d := *k
	d.Contacts = make(map[wire.ContactType]snapshot.Contact, len(k.Contacts))
	for role, c := range k.Contacts {
		fact := snapshot.ContactFacts[role]
		is := r.reveal(c)
		switch d.Contacts[role] = is.contact; {
		case is.whole:
		case r.declares(&d, fact):
			partly |= fact
		default:
			delete(d.Contacts, role)
			if facts &^= fact; fact == snapshot.RegistrantContact {
				facts &^= snapshot.Holder // two reads tell what it is
			}
		}
	}
	return &d, facts, partly
}

// declares reports whether the files declare of a name what it has of a fact.
func (r *revealer) declares(d *snapshot.Domain, fact snapshot.Facts) bool {
	want := r.p.Domain(d.Name)
	if want == nil {
		return false
	}
	found := false
	for _, v := range want.Declared {
		if v.Attribute.Facts&fact != 0 && v.Value != nil {
			if found = true; !attr.Shows(v.Attribute.Observe(d), v.Value) {
				return false
			}
		}
	}
	return found
}
