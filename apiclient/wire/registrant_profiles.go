package wire

import "time"

// SaveRegistrantProfileRequest makes a registrant profile, or changes the one
// whose number it gives. Every member is optional to the service, which does
// not say what a profile needs, nor whether a change clears what is left out:
// send a whole one. Sent twice without a number it makes two profiles.
type SaveRegistrantProfileRequest struct {
	RegistrantProfileID      int64                 `wire:"RegistrantProfileId,min=1" doc:"profile to change; without it a new one is made"`
	RegistrantProfileType    RegistrantProfileType `wire:"RegistrantProfileType" doc:"registries that it is for; may be left out"`
	RegistrantType           RegistrantType        `wire:"RegistrantType,tell" doc:"1 a person, 2 an organisation"`
	DefaultRegistrantProfile *bool                 `wire:"DefaultRegistrantProfile" doc:"true: the account's default from now on"`
	Contact
	ZhContact
	Common
}

// SaveRegistrantProfileResponse says which profile was saved.
type SaveRegistrantProfileResponse struct {
	Meta
	RegistrantProfileID int64 `wire:"RegistrantProfileId,must" doc:"the profile"`
}

// QueryRegistrantProfilesRequest asks for a page of the account's registrant
// profiles. Without RegistrantType the service filters for persons: ask once
// for each type.
type QueryRegistrantProfilesRequest struct {
	PageNum                  int                   `wire:"PageNum,min=0,default=0" doc:"page to return, from 1; 0 is the first"`
	PageSize                 int                   `wire:"PageSize,min=0,max=5000,default=0" doc:"entries of a page; 0 leaves it to the service"`
	RegistrantProfileID      int64                 `wire:"RegistrantProfileId,min=1" doc:"only this profile"`
	RegistrantProfileType    RegistrantProfileType `wire:"RegistrantProfileType" doc:"only profiles for these registries"`
	RegistrantType           RegistrantType        `wire:"RegistrantType,default=1" doc:"only persons (1) or organisations (2)"`
	RegistrantOrganization   string                `wire:"RegistrantOrganization" doc:"only this registrant"`
	Email                    string                `wire:"Email" doc:"only this e-mail address"`
	RealNameStatus           RealNameStatus        `wire:"RealNameStatus" doc:"only this state of the real-name verification"`
	DefaultRegistrantProfile bool                  `wire:"DefaultRegistrantProfile,default=false" doc:"true: only the default profile"`
	Common
}

// ProfileQueries returns the questions that together find all registrant
// profiles: of both types of holders, for both kinds of registries. One profile
// can be in several answers.
func ProfileQueries() (all []QueryRegistrantProfilesRequest) {
	for _, kind := range []RegistrantProfileType{CommonProfile, CNNICProfile} {
		for _, holder := range []RegistrantType{Person, Organization} {
			all = append(all, QueryRegistrantProfilesRequest{RegistrantType: holder, RegistrantProfileType: kind})
		}
	}
	return all
}

// Respelled returns the question to ask instead where the service refuses this
// one for its kind of registries: the other spelling of it, then none at all.
func (r QueryRegistrantProfilesRequest) Respelled() (instead QueryRegistrantProfilesRequest, ok bool) {
	switch r.RegistrantProfileType {
	case "":
		return r, false
	case CNNICProfile:
		r.RegistrantProfileType = CNICProfile
	default:
		r.RegistrantProfileType = ""
	}
	return r, true
}

// QueryRegistrantProfilesResponse is a page of registrant profiles.
type QueryRegistrantProfilesResponse struct {
	Meta
	Paged
	RegistrantProfiles []RegistrantProfile `wire:"RegistrantProfiles,must,item=RegistrantProfile" doc:"the profiles of the page"`
}

// RegistrantProfile is a set of contact data that the account keeps.
type RegistrantProfile struct {
	RegistrantProfileID      int64                 `wire:"RegistrantProfileId,must" doc:"the profile"`
	RegistrantProfileType    RegistrantProfileType `wire:"RegistrantProfileType" doc:"registries that it is for"`
	RegistrantType           RegistrantType        `wire:"RegistrantType,tell" doc:"1 a person, 2 an organisation"`
	DefaultRegistrantProfile bool                  `wire:"DefaultRegistrantProfile,tell" doc:"the account's default"`
	RealNameStatus           RealNameStatus        `wire:"RealNameStatus" doc:"verification of the real name; registrations need SUCCEED"`
	EmailVerificationStatus  EmailStatus           `wire:"EmailVerificationStatus,tell" doc:"1 where the address is verified"`
	CreateTime               time.Time             `wire:"CreateTime,layout=second" doc:"when it was made"`
	UpdateTime               time.Time             `wire:"UpdateTime,layout=second" doc:"when it was changed last"`
	Contact
	ZhRegistrantOrganization string `wire:"ZhRegistrantOrganization,newer" doc:"the registrant in Chinese"`
	ZhRegistrantName         string `wire:"ZhRegistrantName,newer" doc:"the contact person in Chinese"`
	ZhProvince               string `wire:"ZhProvince,newer" doc:"province in Chinese"`
	ZhCity                   string `wire:"ZhCity,newer" doc:"city in Chinese"`
	ZhAddress                string `wire:"ZhAddress,newer" doc:"street and number in Chinese"`
	Lacks                    Lacks  // what the row does not tell
}

// DeleteRegistrantProfileRequest deletes a registrant profile.
type DeleteRegistrantProfileRequest struct {
	RegistrantProfileID int64 `wire:"RegistrantProfileId,required,min=1" doc:"the profile"`
	Common
}

// SetDefaultRegistrantProfileRequest makes a registrant profile the default.
type SetDefaultRegistrantProfileRequest struct {
	RegistrantProfileID int64 `wire:"RegistrantProfileId,required,min=1" doc:"the profile"`
	CommonIP
}

// DeleteContactTemplatesRequest deletes registrant profiles. The answer does
// not say which of them could not be deleted. That commas separate the numbers
// is how other operations do it; the reference does not say.
type DeleteContactTemplatesRequest struct {
	RegistrantProfileIDs []int64 `wire:"RegistrantProfileIds,required,comma,min=1" doc:"the profiles"`
	CommonIP
}
