package wire

import "time"

// NameFilter are the names that the newer lists are asked for. Without a member
// they list all names of the account.
type NameFilter struct {
	KeyWord               string            `wire:"KeyWord" doc:"only names that contain this"`
	KeyWordPrefix         *bool             `wire:"KeyWordPrefix" doc:"true: only names that begin with KeyWord"`
	KeyWordSuffix         *bool             `wire:"KeyWordSuffix" doc:"true: only names that end with KeyWord, their suffix not counted"`
	Excluded              string            `wire:"Excluded" doc:"no names that contain this"`
	ExcludedPrefix        *bool             `wire:"ExcludedPrefix" doc:"true: no names that begin with Excluded"`
	ExcludedSuffix        *bool             `wire:"ExcludedSuffix" doc:"true: no names that end with Excluded, their suffix not counted"`
	StartLength           int               `wire:"StartLength,min=0" doc:"only names with so many characters before their suffix, or more"`
	EndLength             int               `wire:"EndLength,min=0" doc:"only names with so many characters before their suffix, or fewer"`
	Suffixs               string            `wire:"Suffixs" doc:"only names below this suffix"`
	StartExpirationDate   time.Time         `wire:"StartExpirationDate,ms" doc:"expires on this day or later"`
	EndExpirationDate     time.Time         `wire:"EndExpirationDate,ms" doc:"expires on this day or before"`
	StartRegistrationDate time.Time         `wire:"StartRegistrationDate,ms" doc:"registered on this day or later"`
	EndRegistrationDate   time.Time         `wire:"EndRegistrationDate,ms" doc:"registered on this day or before"`
	ProductDomainType     ProductDomainType `wire:"ProductDomainType" doc:"only names of this kind of suffix"`
	DomainStatus          ListedStatus      `wire:"DomainStatus" doc:"only names in this state"`
	DomainGroupID         int64             `wire:"DomainGroupId" doc:"only names of this group"`
	ResourceGroupID       string            `wire:"ResourceGroupId" doc:"only names of this resource group"`
	Form                  int               `wire:"Form" doc:"only names of these characters"`
	TradeType             int               `wire:"TradeType" doc:"only names with this state on the market; -1: on none"`
}

// ScrollDomainListRequest asks for the next page of a scroll over the names of the
// account, or begins one. The filter counts in the request that begins.
type ScrollDomainListRequest struct {
	NameFilter
	PageSize int    `wire:"PageSize,required,min=1,max=500" doc:"names of a page"`
	ScrollID string `wire:"ScrollId" doc:"that of the last answer; without it a scroll begins"`
	Common
}

// ScrollDomainListResponse is a page of a scroll. The first one may have no names
// though others follow, and need not say how many there are.
type ScrollDomainListResponse struct {
	Meta
	PageSize     int                  `wire:"PageSize" doc:"names of a page"`
	ScrollID     string               `wire:"ScrollId,must" doc:"what the next request sends"`
	TotalItemNum int                  `wire:"TotalItemNum" doc:"names in all"`
	Data         []AdvancedDomainItem `wire:"Data,item=Domain" doc:"the names of the page"`
}

// QueryAdvancedDomainListRequest asks for a page of the names in the account.
type QueryAdvancedDomainListRequest struct {
	PageNum  int `wire:"PageNum,required,min=1" doc:"page to return, from 1"`
	PageSize int `wire:"PageSize,required,min=1,max=200" doc:"names of a page"`
	NameFilter
	Tag                   []Tag `wire:"Tag,items=21" doc:"only names with these tags"`
	DomainNameSort        *bool `wire:"DomainNameSort" doc:"sort by name; true: descending"`
	ExpirationDateSort    *bool `wire:"ExpirationDateSort" doc:"sort by expiry; true: descending"`
	RegistrationDateSort  *bool `wire:"RegistrationDateSort" doc:"sort by registration; true: descending"`
	ProductDomainTypeSort *bool `wire:"ProductDomainTypeSort" doc:"sort by kind of suffix; true: descending"`
	Common
}

// QueryAdvancedDomainListResponse is a page of the names in the account.
type QueryAdvancedDomainListResponse struct {
	Meta
	Paged
	Data []AdvancedDomainItem `wire:"Data,must,item=Domain" doc:"the names of the page"`
}

// AdvancedDomainItem is one name in the newer lists. Its DomainStatus is one of
// [ListedStatus], of which the states of a [DomainItem] are the first: a finer one
// hides whether the name needs renewal or redemption, and counts as not understood.
type AdvancedDomainItem struct {
	DomainItem
	RegistrantOrganization   string `wire:"RegistrantOrganization" doc:"the registrant"`
	ZhRegistrantOrganization string `wire:"ZhRegistrantOrganization" doc:"the registrant in Chinese"`
	Email                    string `wire:"Email" doc:"the registrant's e-mail address"`
	ResourceGroupID          string `wire:"ResourceGroupId" doc:"the name's resource group"`
	Tag                      []Tag  `wire:"Tag,item=Tag,newer" doc:"the name's tags"`
}

// Tag is a label of a name.
type Tag struct {
	Key   string `wire:"Key" doc:"what the tag is called"`
	Value string `wire:"Value" doc:"its value"`
}
