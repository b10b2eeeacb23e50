package snapshot

import "time"

// WithoutPersons returns a copy of an account that tells of no person: contacts,
// registrant profiles and e-mail addresses count as not read. What failed to be read
// stays, without the words of the service, which may name somebody.
func (a *Account) WithoutPersons() *Account {
	bare := *a
	bare.Emails, bare.Profiles = nil, nil
	bare.Domains = forgetPersons(a.Domains)
	bare.Absent = forgetPersons(a.Absent)
	bare.Failures = make([]Failure, len(a.Failures))
	for i, f := range a.Failures {
		f.Message = "not read"
		bare.Failures[i] = f
	}
	return &bare
}

func forgetPersons(domains []Domain) []Domain {
	bare := make([]Domain, len(domains))
	for i := range domains {
		bare[i] = domains[i]
		bare[i].Contacts = nil
		bare[i].NoteRead(AllContacts, time.Time{})
		bare[i].Row = "" // it has hashes of persons
	}
	return bare
}
