package attr_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config/attr"
	"github.com/domainsync/domainsync/internal/personal"
)

// wholeContact returns a contact with a text in each field that can be found.
func wholeContact(mark string) attr.Contact {
	fields, zh := attr.ContactFields()
	c := make(attr.Contact)
	for _, f := range fields {
		c[f] = mark + f
	}
	for _, f := range zh {
		c["zh_"+f] = mark + "zh" + f
	}
	c["type"], c["country"], c["phone_country_code"] = "enterprise", "GB", "44"
	return c
}

// TestChangesWithoutTheirPersons: no personal text of a change is left in its
// JSON form, wherever in it that stands, and with the texts back it is the change.
func TestChangesWithoutTheirPersons(t *testing.T) {
	old, next := wholeContact("planted-old-"), wholeContact("planted-new-")
	contact := func(c attr.Contact) (wire.Contact, wire.ZhContact) {
		latin := wire.Contact{
			RegistrantOrganization: c["organization"], RegistrantName: c["name"], Country: c["country"], Province: c["province"], City: c["city"],
			Address: c["address"], PostalCode: c["postal_code"], TelArea: c["phone_country_code"], Telephone: c["phone"], TelExt: c["phone_extension"], Email: c["email"],
		}
		return latin, wire.ZhContact{
			ZhRegistrantOrganization: c["zh_organization"], ZhRegistrantName: c["zh_name"], ZhProvince: c["zh_province"], ZhCity: c["zh_city"], ZhAddress: c["zh_address"],
		}
	}
	latin, zh := contact(next)
	const address = "planted-address@example.com"
	for _, c := range []attr.Change{
		{
			ID: "example.com/registrant", Domain: "example.com", Attribute: attr.Registrant, Action: attr.Update, Before: old, After: next, Hazard: attr.Identity,
			Status: attr.Ready, Reason: "as planted-old-name told " + address,
			Steps: []attr.Step{{
				ID:      "example.com/registrant#set",
				Request: &wire.SaveBatchTaskForUpdatingContactInfoByNewContactRequest{DomainName: []string{"example.com"}, ContactType: wire.RegistrantContact, RegistrantType: wire.Organization, Contact: latin, ZhContact: zh},
				Check:   &wire.VerifyContactFieldRequest{RegistrantType: wire.Organization, Contact: latin, ZhContact: zh},
				Needs:   []string{"emails/" + address + "#create"}, After: []string{"example.com/update_lock/temporary#unlock"},
			}},
		},
		{
			ID: "emails/" + address, Attribute: attr.EmailAddresses, Element: address, Action: attr.Create, After: attr.Emails{address: attr.EmailAsked}, Hazard: attr.None,
			Status: attr.Ready, Steps: []attr.Step{{ID: "emails/" + address + "#create", Request: &wire.SubmitEmailVerificationRequest{Email: []string{address}}}},
		},
		{
			ID: "registrant_profile/legal", Attribute: attr.RegistrantProfile, Element: "legal", Action: attr.Update,
			Before: attr.Profiles{"legal": {ID: 7, Contact: old}}, After: attr.Profiles{"legal": {ID: 7, Contact: next}}, Hazard: attr.None,
			Status: attr.Ready, Steps: []attr.Step{{ID: "registrant_profile/legal#save", Request: &wire.SaveRegistrantProfileRequest{RegistrantProfileID: 7, RegistrantType: wire.Organization, Contact: latin, ZhContact: zh}}},
		},
	} {
		t.Run(c.Attribute, func(t *testing.T) {
			var f personal.Finder
			c.EachPersonal(func(field, text string) string { f.Add(field, text); return text })
			back := make(map[string]string)
			hide := func(_, text string) string {
				token := "t" + strings.Repeat("x", len(back)+1)
				back[token] = text
				return token
			}
			hidden := c.MapPersonal(hide, func(s string) string { return f.Replace(s, hide) })
			text := encoded(t, hidden)
			if strings.Contains(text, "planted") {
				t.Errorf("it still tells of persons: %s", text)
			}
			again := hidden.MapPersonal(func(_, text string) string { return back[text] }, func(string) string { return c.Reason })
			again.ID, again.Steps[0].ID, again.Steps[0].Needs = c.ID, c.Steps[0].ID, c.Steps[0].Needs
			if diff := cmp.Diff(encoded(t, c), encoded(t, again)); diff != "" {
				t.Errorf("with its texts back it is another change: %s", diff)
			}
		})
	}
}

func encoded(t *testing.T, c attr.Change) string {
	t.Helper()
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestPersonsOfValues: the texts of one person are told together.
func TestPersonsOfValues(t *testing.T) {
	v := attr.Profiles{"a": {Contact: attr.Contact{"name": "Ada", "email": "ada@example.com", "country": "GB"}}, "b": {Contact: attr.Contact{"name": "Bob", "email": "bob@example.com"}}}
	var got []string
	for _, person := range attr.Persons(v) {
		for _, text := range person {
			got = append(got, text.Field+"="+text.Text)
		}
		got = append(got, "")
	}
	if want := "name=Ada email=ada@example.com  name=Bob email=bob@example.com "; strings.Join(got, " ") != want {
		t.Errorf("the persons are %q", got)
	}
	if all := attr.Persons(attr.Emails{"a@example.com": attr.EmailVerified, "b@example.com": attr.EmailAsked}); len(all) != 2 {
		t.Errorf("two addresses are %v", all)
	}
	if all := attr.Persons(nil); all != nil {
		t.Errorf("nothing tells of %v", all)
	}
	if text := attr.Public(attr.Contact{"type": "enterprise", "name": "Ada Example", "country": "GB"}); text != `enterprise, name "A… E…", country "GB"` {
		t.Errorf("in public it is %s", text)
	}
}
