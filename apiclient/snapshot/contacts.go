package snapshot

import (
	"strings"
	"time"
	"unicode"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// Contact is a person or an organisation behind a name, in Latin script and
// for the China site in Chinese.
type Contact struct {
	Type             wire.RegistrantType `json:"type,omitempty"`         // told of registrants only
	Organization     string              `json:"organization,omitempty"` // the holder, a person's name too
	Name             string              `json:"name,omitempty"`         // the contact person
	Email            string              `json:"email,omitempty"`
	Country          string              `json:"country,omitempty"` // two letters (ISO 3166-1)
	Province         string              `json:"province,omitempty"`
	City             string              `json:"city,omitempty"`
	Address          string              `json:"address,omitempty"`
	PostalCode       string              `json:"postal_code,omitempty"`
	PhoneCountryCode string              `json:"phone_country_code,omitempty"` // digits only
	Phone            string              `json:"phone,omitempty"`
	PhoneExtension   string              `json:"phone_extension,omitempty"`
	Zh               ZhContact           `json:"zh,omitzero"`
	// Lacks names the members, as files do and with a blank between them, that
	// the service left out of its answer: it may have a value for them or not.
	Lacks string `json:"untold,omitempty"`
}

// ZhContact is what a contact has in Chinese script.
type ZhContact struct {
	Organization string `json:"organization,omitempty"`
	Name         string `json:"name,omitempty"`
	Province     string `json:"province,omitempty"`
	City         string `json:"city,omitempty"`
	Address      string `json:"address,omitempty"`
}

// NewContact returns a contact as the service's types have it.
func NewContact(kind wire.RegistrantType, c wire.Contact, zh wire.ZhContact) Contact {
	return Contact{
		Type: kind, Organization: c.RegistrantOrganization, Name: c.RegistrantName, Email: c.Email,
		Country: c.Country, Province: c.Province, City: c.City, Address: c.Address, PostalCode: c.PostalCode,
		PhoneCountryCode: c.TelArea, Phone: c.Telephone, PhoneExtension: c.TelExt,
		Zh: ZhContact{
			Organization: zh.ZhRegistrantOrganization, Name: zh.ZhRegistrantName,
			Province: zh.ZhProvince, City: zh.ZhCity, Address: zh.ZhAddress,
		},
	}
}

// Wire returns the contact in the service's types, which have no member for
// its kind.
func (c Contact) Wire() (wire.Contact, wire.ZhContact) {
	latin := wire.Contact{
		RegistrantOrganization: c.Organization, RegistrantName: c.Name, Email: c.Email,
		Country: c.Country, Province: c.Province, City: c.City, Address: c.Address, PostalCode: c.PostalCode,
		TelArea: c.PhoneCountryCode, Telephone: c.Phone, TelExt: c.PhoneExtension,
	}
	return latin, wire.ZhContact{
		ZhRegistrantOrganization: c.Zh.Organization, ZhRegistrantName: c.Zh.Name,
		ZhProvince: c.Zh.Province, ZhCity: c.Zh.City, ZhAddress: c.Zh.Address,
	}
}

// member returns the text of a member by its name in files, nil for none.
func (c *Contact) member(name string) *string {
	switch name {
	case "type":
		return (*string)(&c.Type)
	case "organization":
		return &c.Organization
	case "name":
		return &c.Name
	case "email":
		return &c.Email
	case "country":
		return &c.Country
	case "province":
		return &c.Province
	case "city":
		return &c.City
	case "address":
		return &c.Address
	case "postal_code":
		return &c.PostalCode
	case "phone_country_code":
		return &c.PhoneCountryCode
	case "phone":
		return &c.Phone
	case "phone_extension":
		return &c.PhoneExtension
	case "untold":
		return &c.Lacks
	}
	return nil
}

func (c *ZhContact) member(name string) *string {
	switch name {
	case "organization":
		return &c.Organization
	case "name":
		return &c.Name
	case "province":
		return &c.Province
	case "city":
		return &c.City
	case "address":
		return &c.Address
	}
	return nil
}

// ContactFacts are the facts that the contacts of a name are, by role.
var ContactFacts = map[wire.ContactType]Facts{
	wire.RegistrantContact: RegistrantContact, wire.AdminContact: AdminContact,
	wire.BillingContact: BillingContact, wire.TechContact: TechContact,
}

// Email is an e-mail address of the account. The service gives names only to
// registrants with a verified one.
type Email struct {
	Address  string `json:"address"` // canonical
	Verified bool   `json:"verified"`
	// Sent is when the last verification mail left; its link lives 3 days.
	Sent time.Time `json:"sent,omitzero"`
}

// Email returns the entry of a canonical address, nil for none.
func (a *Account) Email(address string) *Email {
	for i := range a.Emails {
		if a.Emails[i].Address == address {
			return &a.Emails[i]
		}
	}
	return nil
}

func byAddress(x, y Email) int { return strings.Compare(x.Address, y.Address) }

// Canonical returns the contact in the one form in which contacts are
// compared: single spaces, the country in upper case, the host of the e-mail
// address in lower case, phone numbers as digits. What is no address or number
// stays as it is.
func (c Contact) Canonical() Contact {
	for _, text := range []*string{
		&c.Organization, &c.Name, &c.Province, &c.City, &c.Address, &c.PostalCode,
		&c.Zh.Organization, &c.Zh.Name, &c.Zh.Province, &c.Zh.City, &c.Zh.Address,
	} {
		*text = strings.Join(strings.Fields(*text), " ")
	}
	c.Country = strings.ToUpper(strings.TrimSpace(c.Country))
	c.Email = CanonicalEmail(c.Email)
	c.PhoneCountryCode = strings.TrimLeft(PhoneDigits(c.PhoneCountryCode), "0")
	c.Phone, c.PhoneExtension = PhoneDigits(c.Phone), PhoneDigits(c.PhoneExtension)
	return c
}

// CanonicalEmail writes the host of an e-mail address in lower case: the part
// before it belongs to the host alone (RFC 5321, section 2.4).
func CanonicalEmail(address string) string {
	address = strings.TrimSpace(address)
	at := strings.LastIndexByte(address, '@')
	return address[:at+1] + strings.ToLower(address[at+1:])
}

// PhoneDigits returns the digits of a phone number as people write it, and what
// is none as it is.
func PhoneDigits(s string) string {
	s = strings.TrimSpace(s)
	var digits []byte
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case strings.ContainsRune("+./()", r), unicode.IsSpace(r), unicode.Is(unicode.Pd, r): // hyphens and dashes
		default:
			return s
		}
	}
	return string(digits)
}
