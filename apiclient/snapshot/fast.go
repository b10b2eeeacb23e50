package snapshot

import (
	"bytes"
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// fastReader reads names as [Write] writes them, several times faster than the
// standard library does. What it does not know it leaves to that: escapes, text
// beyond ASCII, null, unknown members.
type fastReader struct {
	rest    []byte
	bad     bool
	strings map[string]string // nameservers repeat: one text each
}

// domain reads a name; false means that it has to be read otherwise.
func (f *fastReader) domain(raw []byte) (d Domain, ok bool) {
	f.rest, f.bad = raw, false
	f.object(func(key string) { f.member(&d, key) })
	return d, !f.bad && len(f.rest) == 0
}

func (f *fastReader) member(d *Domain, key string) {
	switch key {
	case "name":
		d.Name = string(f.text())
	case "instance_id":
		d.InstanceID = string(f.text())
	case "registered":
		d.Registered = f.time()
	case "expires":
		d.Expires = f.time()
	case "expires_unclear":
		d.ExpiresUnclear = f.truth()
	case "status":
		d.Status = wire.DomainStatus(f.intern(f.text()))
	case "nameservers":
		d.Nameservers = f.texts()
	case "transfer_lock":
		d.TransferLock = wire.LockStatus(f.intern(f.text()))
	case "update_lock":
		d.UpdateLock = wire.LockStatus(f.intern(f.text()))
	case "transfer_out":
		d.TransferOut = wire.TransferOutStatus(f.intern(f.text()))
	case "ds_records":
		d.DSRecords = list(f, (*fastReader).record)
	case "hosts":
		d.Hosts = list(f, (*fastReader).host)
	case "contacts":
		d.Contacts = make(map[wire.ContactType]Contact)
		f.object(func(role string) { d.Contacts[wire.ContactType(role)] = f.contact() })
	case "registrant_updating":
		d.RegistrantUpdating = wire.UpdatingStatus(f.intern(f.text()))
	case "real_name":
		d.RealName = wire.RealNameStatus(f.intern(f.text()))
	case "email_hold":
		d.EmailHold = f.truth()
	case "email_unverified":
		d.EmailUnverified = f.truth()
	case "privacy":
		d.Privacy = new(f.truth())
	case "auto_renew":
		d.AutoRenew = new(f.truth())
	case "ens_address":
		d.ENSAddress = new(string(f.text()))
	case "premium":
		d.Premium = f.truth()
	case "premium_unknown":
		d.PremiumUnknown = f.truth()
	case "row":
		d.Row = string(f.text())
	case "read":
		d.Read = list(f, (*fastReader).readTime)
	default:
		f.bad = true
	}
}

func (f *fastReader) readTime() (r ReadTime) {
	f.object(func(key string) {
		switch key {
		case "at":
			r.At = f.time()
		case "facts":
			f.between('[', ']', func() {
				facts, ok := factsOfWord(f.intern(f.text()))
				r.Facts |= facts
				f.bad = f.bad || !ok
			})
		default:
			f.bad = true
		}
	})
	return r
}

func (f *fastReader) record() (r DSRecord) {
	f.object(func(key string) {
		switch key {
		case "key_tag":
			r.KeyTag = f.number()
		case "algorithm":
			r.Algorithm = f.number()
		case "digest_type":
			r.DigestType = f.number()
		case "digest":
			r.Digest = string(f.text())
		default:
			f.bad = true
		}
	})
	return r
}

func (f *fastReader) host() (h Host) {
	f.object(func(key string) {
		switch key {
		case "name":
			h.Name = string(f.text())
		case "addresses":
			h.Addresses = f.texts()
		default:
			f.bad = true
		}
	})
	return h
}

func (f *fastReader) contact() (c Contact) {
	f.object(func(key string) {
		if key == "zh" {
			c.Zh = f.zhContact()
			return
		}
		f.textInto(c.member(key))
	})
	return c
}

func (f *fastReader) zhContact() (c ZhContact) {
	f.object(func(key string) {
		f.textInto(c.member(key))
	})
	return c
}

// textInto reads a text into a member, nil where there is none.
func (f *fastReader) textInto(member *string) {
	if member == nil {
		f.bad = true
		return
	}
	*member = f.intern(f.text())
}

// byte steps over a byte where it is the one that follows.
func (f *fastReader) byte(c byte) bool {
	if len(f.rest) == 0 || f.rest[0] != c {
		return false
	}
	f.rest = f.rest[1:]
	return true
}

// require steps over a byte that has to follow.
func (f *fastReader) require(c byte) { f.bad = f.bad || !f.byte(c) }

// between reads elements with commas between an opening and a closing byte.
func (f *fastReader) between(opening, closing byte, element func()) {
	f.require(opening)
	if f.byte(closing) {
		return
	}
	for !f.bad {
		element()
		if !f.byte(',') {
			f.require(closing)
			return
		}
	}
}

func (f *fastReader) object(member func(key string)) {
	f.between('{', '}', func() {
		key := f.text()
		f.require(':')
		member(f.intern(key))
	})
}

func list[T any](f *fastReader, element func(*fastReader) T) []T {
	all := []T{}
	f.between('[', ']', func() { all = append(all, element(f)) })
	return all
}

func (f *fastReader) texts() []string {
	all := make([]string, 0, 4)
	f.between('[', ']', func() { all = append(all, f.intern(f.text())) })
	return all
}

// text reads a text of printable ASCII without escapes.
func (f *fastReader) text() []byte {
	f.require('"')
	for i, c := range f.rest {
		if c == '"' {
			t := f.rest[:i]
			f.rest = f.rest[i+1:]
			return t
		}
		if c < ' ' || c == '\\' || c > '~' {
			break
		}
	}
	f.bad = true
	return nil
}

// number reads a whole number of at most nine digits.
func (f *fastReader) number() int {
	n, digits := 0, 0
	for len(f.rest) > 0 && f.rest[0] >= '0' && f.rest[0] <= '9' {
		n = n*10 + int(f.rest[0]-'0')
		f.rest = f.rest[1:]
		digits++
	}
	if digits == 0 || digits > 9 || digits > 1 && n < 10 {
		f.bad = true
	}
	return n
}

func (f *fastReader) truth() bool {
	rest, isTrue := bytes.CutPrefix(f.rest, []byte("true"))
	if !isTrue {
		var isFalse bool
		rest, isFalse = bytes.CutPrefix(f.rest, []byte("false"))
		f.bad = f.bad || !isFalse
	}
	f.rest = rest
	return isTrue
}

func (f *fastReader) time() (t time.Time) {
	if text := f.text(); !f.bad {
		f.bad = t.UnmarshalText(text) != nil
	}
	return t
}

func (f *fastReader) intern(b []byte) string {
	if s, ok := f.strings[string(b)]; ok {
		return s
	}
	s := string(b)
	if len(f.strings) < maxStrings {
		f.strings[s] = s
	}
	return s
}

// maxStrings bounds how many texts are kept for their repetition.
const maxStrings = 1 << 20
