package wire

import "time"

// Contact is a person or an organisation in Latin script. Samples leave TelExt
// out, and what a contact has in Chinese is told on the China site alone.
type Contact struct {
	RegistrantOrganization string `wire:"RegistrantOrganization,tell" doc:"the holder: an organisation, or a person's name"`
	RegistrantName         string `wire:"RegistrantName,tell" doc:"the contact person"`
	Country                string `wire:"Country,tell" doc:"country, two letters (ISO 3166-1)"`
	Province               string `wire:"Province,tell" doc:"province or state"`
	City                   string `wire:"City,tell" doc:"city"`
	Address                string `wire:"Address,tell" doc:"street and number"`
	PostalCode             string `wire:"PostalCode,tell" doc:"postal code"`
	TelArea                string `wire:"TelArea,tell" doc:"calling code of the country, digits only"`
	Telephone              string `wire:"Telephone,tell" doc:"phone number without the calling code"`
	TelExt                 string `wire:"TelExt,noted" doc:"extension of the phone number"`
	Email                  string `wire:"Email,tell" doc:"e-mail address"`
}

// ZhContact is the same in Chinese script, for the China site only.
type ZhContact struct {
	ZhRegistrantOrganization string `wire:"ZhRegistrantOrganization,noted" doc:"the holder in Chinese; China site only"`
	ZhRegistrantName         string `wire:"ZhRegistrantName,noted" doc:"the contact person in Chinese; China site only"`
	ZhProvince               string `wire:"ZhProvince,noted" doc:"province in Chinese; China site only"`
	ZhCity                   string `wire:"ZhCity,noted" doc:"city in Chinese; China site only"`
	ZhAddress                string `wire:"ZhAddress,noted" doc:"street and number in Chinese; China site only"`
}

// QueryContactInfoRequest asks for one contact of a name.
type QueryContactInfoRequest struct {
	DomainName  string      `wire:"DomainName,required,idna" doc:"the name"`
	ContactType ContactType `wire:"ContactType,required" doc:"which contact"`
	Common
}

// QueryContactInfoResponse is one contact of a name. It does not say whether
// the contact is a person or an organisation.
type QueryContactInfoResponse struct {
	Meta
	CreateDate time.Time `wire:"CreateDate,layout=second" doc:"when the name was registered"`
	Contact
	ZhContact
}

// SaveBatchTaskForUpdatingContactInfoByNewContactRequest gives names another
// contact. Whether it clears what is left out is not documented: send a whole
// contact. A new registrant is a new holder: old and new one get mail, the
// address must be verified, and .cn names pass real-name verification again.
// The update lock forbids it.
type SaveBatchTaskForUpdatingContactInfoByNewContactRequest struct {
	DomainName            []string       `wire:"DomainName,required,batch,items=1000,idna" doc:"names that get the contact"`
	ContactType           ContactType    `wire:"ContactType,required" doc:"which contact"`
	RegistrantType        RegistrantType `wire:"RegistrantType,required" doc:"1 a person, 2 an organisation"`
	TransferOutProhibited *bool          `wire:"TransferOutProhibited,default=false" doc:"true: no transfer out for 60 days; registrants only"`
	Contact
	ZhContact
	Common
}

func (r *SaveBatchTaskForUpdatingContactInfoByNewContactRequest) task() TaskType {
	return r.ContactType.Task()
}

// SaveBatchTaskForUpdatingContactInfoByRegistrantProfileIdRequest gives names
// the contact that a registrant profile holds.
type SaveBatchTaskForUpdatingContactInfoByRegistrantProfileIdRequest struct {
	DomainName            []string    `wire:"DomainName,required,batch,items=1000,idna" doc:"names that get the contact"`
	ContactType           ContactType `wire:"ContactType,required" doc:"which contact"`
	RegistrantProfileID   int64       `wire:"RegistrantProfileId,required,min=1" doc:"profile with the contact"`
	TransferOutProhibited *bool       `wire:"TransferOutProhibited,default=false" doc:"true: no transfer out for 60 days; registrants only"`
	Common
}

func (r *SaveBatchTaskForUpdatingContactInfoByRegistrantProfileIdRequest) task() TaskType {
	return r.ContactType.Task()
}

// SaveSingleTaskForUpdatingContactInfoRequest gives one name the contact that
// a registrant profile holds.
type SaveSingleTaskForUpdatingContactInfoRequest struct {
	DomainName          string      `wire:"DomainName,required,idna" doc:"the name"`
	InstanceID          string      `wire:"InstanceId" doc:"the name's instance"`
	ContactType         ContactType `wire:"ContactType,required" doc:"which contact"`
	RegistrantProfileID int64       `wire:"RegistrantProfileId,required,min=1" doc:"profile with the contact"`
	AddTransferLock     *bool       `wire:"AddTransferLock,default=false" doc:"true: no transfer out for 60 days; registrants only"`
	Common
}

func (r *SaveSingleTaskForUpdatingContactInfoRequest) task() TaskType { return r.ContactType.Task() }

// VerifyContactFieldRequest checks contact data without saving them. What is
// required depends on the registry. Bad data can only show as a refusal: a
// good answer holds nothing but its request ID.
type VerifyContactFieldRequest struct {
	DomainName     string         `wire:"DomainName,idna" doc:"the name whose registry's rules count"`
	RegistrantType RegistrantType `wire:"RegistrantType" doc:"1 a person, 2 an organisation"`
	Contact
	ZhContact
	Common
}
