package simulator

import (
	"regexp"
	"strings"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// contactField is a member of contact data, and what its texts look like.
type contactField struct {
	member   string
	optional bool // registries do without it
	value    func(c *wire.Contact) string
	valid    func(text string) bool
}

// Latin script is what registries of generic suffixes take.
var (
	latin   = regexp.MustCompile(`^[ -~]{1,200}$`).MatchString
	country = regexp.MustCompile(`^[A-Z]{2}$`).MatchString
	postal  = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z -]{0,15}$`).MatchString
	area    = regexp.MustCompile(`^[0-9]{1,5}$`).MatchString
	phone   = regexp.MustCompile(`^[0-9]{4,15}$`).MatchString
	digits  = regexp.MustCompile(`^[0-9]{1,10}$`).MatchString
)

var contactFields = []contactField{
	{"RegistrantOrganization", false, func(c *wire.Contact) string { return c.RegistrantOrganization }, latin},
	{"RegistrantName", false, func(c *wire.Contact) string { return c.RegistrantName }, latin},
	{"Country", false, func(c *wire.Contact) string { return c.Country }, country},
	{"Province", false, func(c *wire.Contact) string { return c.Province }, latin},
	{"City", false, func(c *wire.Contact) string { return c.City }, latin},
	{"Address", false, func(c *wire.Contact) string { return c.Address }, latin},
	{"PostalCode", false, func(c *wire.Contact) string { return c.PostalCode }, postal},
	{"TelArea", false, func(c *wire.Contact) string { return c.TelArea }, area},
	{"Telephone", false, func(c *wire.Contact) string { return c.Telephone }, phone},
	{"TelExt", true, func(c *wire.Contact) string { return c.TelExt }, digits},
	{"Email", false, func(c *wire.Contact) string { return c.Email }, isAddress},
}

// checkContact refuses contact data that no registry takes; whole: also what
// lacks a member that each registry wants.
func checkContact(c *wire.Contact, whole bool) error {
	for _, f := range contactFields {
		text := f.value(c)
		switch {
		case text == "" && whole && !f.optional:
			return refusal(400, "Missing"+f.member, f.member+" is mandatory for this action.")
		case text != "" && (!f.valid(text) || strings.TrimSpace(text) != text):
			return refusal(400, "Invalid"+f.member, "Specified parameter "+f.member+" is not valid: registries do not take it.")
		}
	}
	return nil
}

func (s *Simulator) verifyContact(c *call, r *wire.VerifyContactFieldRequest) (wire.Response, error) {
	if r.DomainName != "" {
		if err := checkName(r.DomainName); err != nil {
			return nil, err
		}
	}
	if err := checkContact(&r.Contact, false); err != nil {
		return nil, err
	}
	return &wire.DoneResponse{Meta: c.meta()}, nil
}

// defaultContact is the contact of all names and roles for which nothing else
// is known, and of the profile that the account has from the start.
var defaultContact = snapshot.Contact{
	Type: wire.Organization, Organization: "Example Ltd", Name: "Ada Example", Email: "hostmaster@example.com",
	Country: "GB", Province: "London", City: "London", Address: "1 Example Street", PostalCode: "N1 1AA",
	PhoneCountryCode: "44", Phone: "2000000000",
	Zh: snapshot.ZhContact{
		Organization: "Example Ltd", Name: "Ada Example", Province: "London", City: "London", Address: "1 Example Street",
	},
}
