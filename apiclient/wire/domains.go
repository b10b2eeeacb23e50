package wire

import "time"

// Page selects one page of an answer that is paged by number.
type Page struct {
	PageNum  int `wire:"PageNum,required,min=1" doc:"page to return, from 1"`
	PageSize int `wire:"PageSize,required,min=1" doc:"entries of a page"`
}

// Paged are the members of an answer that is paged by number. NextPage is
// missing from some answers: use [Paged.More].
type Paged struct {
	CurrentPageNum int  `wire:"CurrentPageNum" doc:"page returned"`
	PageSize       int  `wire:"PageSize" doc:"entries of a page"`
	TotalItemNum   int  `wire:"TotalItemNum,must" doc:"entries in all"`
	TotalPageNum   int  `wire:"TotalPageNum" doc:"pages in all"`
	NextPage       bool `wire:"NextPage" doc:"another page follows"`
	PrePage        bool `wire:"PrePage" doc:"a page precedes"`
}

// More reports whether a page follows the one that was asked for. NextPage is
// no witness: it is absent from some answers and wrong in others.
func (p Paged) More(asked int) bool { return asked < p.TotalPageNum }

// QueryDomainListRequest asks for a page of the names in the account.
type QueryDomainListRequest struct {
	Page
	StartExpirationDate   time.Time         `wire:"StartExpirationDate,ms" doc:"expires on this day or later"`
	EndExpirationDate     time.Time         `wire:"EndExpirationDate,ms" doc:"expires on this day or before"`
	StartRegistrationDate time.Time         `wire:"StartRegistrationDate,ms" doc:"registered on this day or later"`
	EndRegistrationDate   time.Time         `wire:"EndRegistrationDate,ms" doc:"registered on this day or before"`
	QueryType             QueryType         `wire:"QueryType" doc:"only names that need renewal (1) or redemption (2)"`
	ProductDomainType     ProductDomainType `wire:"ProductDomainType" doc:"only names of this kind of suffix"`
	OrderByType           OrderBy           `wire:"OrderByType,default=DESC" doc:"sort direction"`
	OrderKeyType          OrderKey          `wire:"OrderKeyType" doc:"sort key; the time of entry unless told otherwise"`
	DomainName            string            `wire:"DomainName" doc:"only names that contain this"`
	DomainGroupID         string            `wire:"DomainGroupId" doc:"only names of this group"`
	DNS                   string            `wire:"Dns,idna,newer" doc:"only names with this nameserver"`
	Common
}

// QueryDomainListResponse is a page of the names in the account.
type QueryDomainListResponse struct {
	Meta
	Paged
	Data []DomainItem `wire:"Data,must,item=Domain" doc:"the names of the page"`
}

// DomainItem is one name in the list.
type DomainItem struct {
	DomainName             string         `wire:"DomainName,must,idna" doc:"the name"`
	InstanceID             string         `wire:"InstanceId" doc:"the name's instance"`
	ProductID              string         `wire:"ProductId" doc:"the product behind the instance"`
	DomainType             DomainType     `wire:"DomainType" doc:"kind of suffix; a country's is cTLD here, ccTLD in requests"`
	DomainStatus           DomainStatus   `wire:"DomainStatus" doc:"what the name needs: 1 renewal, 2 redemption, 3 nothing"`
	DomainAuditStatus      RealNameStatus `wire:"DomainAuditStatus" doc:"verification of the registrant's real name"`
	RegistrantType         RegistrantType `wire:"RegistrantType" doc:"1 a person, 2 an organisation"`
	RegistrationDate       time.Time      `wire:"RegistrationDate,layout=list" doc:"when it was registered"`
	RegistrationDateLong   time.Time      `wire:"RegistrationDateLong,ms" doc:"the same, exactly"`
	ExpirationDate         time.Time      `wire:"ExpirationDate,layout=list" doc:"when it expires"`
	ExpirationDateLong     time.Time      `wire:"ExpirationDateLong,ms" doc:"the same, exactly"`
	ExpirationDateStatus   NameStatus     `wire:"ExpirationDateStatus" doc:"1 not expired, 2 expired"`
	ExpirationCurrDateDiff int            `wire:"ExpirationCurrDateDiff" doc:"days until it expires, negative afterwards"`
	Premium                bool           `wire:"Premium,tell" doc:"a premium name"`
	DomainGroupID          string         `wire:"DomainGroupId" doc:"the name's group"`
	DomainGroupName        string         `wire:"DomainGroupName" doc:"the group's name"`
	Remark                 string         `wire:"Remark,prose" doc:"the owner's note"`
	DNSList                []string       `wire:"DnsList,item=Dns,itemtoo=DnsList,idna,newer" doc:"nameservers"`
	AutoRenewEnabled       *bool          `wire:"AutoRenewEnabled,newer" doc:"whether the service renews the name by itself"`
	Registrar              string         `wire:"Registrar,newer" doc:"the registrar"`
	Lacks                  Lacks          // what the row does not tell
}

// Expires returns when the name expires, from the exact member where it is there.
func (d *DomainItem) Expires() time.Time { return first(d.ExpirationDateLong, d.ExpirationDate) }

// ExpiresAt returns when the name expires, and both readings of the text where
// that is all the answer tells.
func (d *DomainItem) ExpiresAt() Span { return exactly(d.ExpirationDateLong, either(d.ExpirationDate)) }

// Registered returns when the name was registered.
func (d *DomainItem) Registered() time.Time { return first(d.RegistrationDateLong, d.RegistrationDate) }

func first(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// QueryDomainByDomainNameRequest asks for the facts of one name.
type QueryDomainByDomainNameRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Common
}

// QueryDomainByInstanceIdRequest asks for the facts of one instance.
type QueryDomainByInstanceIdRequest struct {
	InstanceID string `wire:"InstanceId,required" doc:"the name's instance"`
	Common
}

// DomainInfo are the facts of one name. QueryDomainByDomainName writes a
// passed verification as SUCCEEDED, QueryDomainByInstanceId as SUCCEED; the
// samples of the latter have RegistrantInfoStatus for RegistrantUpdatingStatus
// and no request ID.
type DomainInfo struct {
	Meta
	DomainName                   string            `wire:"DomainName,must,echo,idna" doc:"the name"`
	InstanceID                   string            `wire:"InstanceId,echo" doc:"the name's instance"`
	UserID                       string            `wire:"UserId,must" doc:"the account that holds the name"`
	DNSList                      []string          `wire:"DnsList,item=Dns,itemtoo=DnsList,idna" doc:"nameservers"`
	TransferProhibitionLock      LockStatus        `wire:"TransferProhibitionLock" doc:"the transfer lock"`
	UpdateProhibitionLock        LockStatus        `wire:"UpdateProhibitionLock" doc:"the update lock"`
	RegistrationDate             time.Time         `wire:"RegistrationDate,layout=second" doc:"when it was registered"`
	RegistrationDateLong         time.Time         `wire:"RegistrationDateLong,ms" doc:"the same, exactly"`
	ExpirationDate               time.Time         `wire:"ExpirationDate,layout=second" doc:"when it expires"`
	ExpirationDateLong           time.Time         `wire:"ExpirationDateLong,ms" doc:"the same, exactly"`
	Premium                      bool              `wire:"Premium,tell" doc:"a premium name"`
	DomainNameProxyService       bool              `wire:"DomainNameProxyService,tell" doc:"WHOIS privacy"`
	DomainNameVerificationStatus RealNameStatus    `wire:"DomainNameVerificationStatus" doc:"verification of the name"`
	RealNameStatus               RealNameStatus    `wire:"RealNameStatus" doc:"verification of the registrant's real name"`
	RegistrantType               RegistrantType    `wire:"RegistrantType" doc:"1 a person, 2 an organisation"`
	RegistrantUpdatingStatus     UpdatingStatus    `wire:"RegistrantUpdatingStatus,alias=RegistrantInfoStatus" doc:"whether the registrant is being changed"`
	RegistrantName               string            `wire:"RegistrantName" doc:"the registrant's contact person"`
	RegistrantOrganization       string            `wire:"RegistrantOrganization" doc:"the registrant"`
	ZhRegistrantName             string            `wire:"ZhRegistrantName" doc:"the contact person in Chinese"`
	ZhRegistrantOrganization     string            `wire:"ZhRegistrantOrganization" doc:"the registrant in Chinese"`
	Email                        string            `wire:"Email" doc:"the registrant's e-mail address"`
	EmailVerificationStatus      EmailStatus       `wire:"EmailVerificationStatus,tell" doc:"1 where the address is verified"`
	EmailVerificationClientHold  bool              `wire:"EmailVerificationClientHold,tell" doc:"on hold for an unverified address"`
	TransferOutStatus            TransferOutStatus `wire:"TransferOutStatus" doc:"whether the name is being transferred away"`
}

// Expires returns when the name expires.
func (d *DomainInfo) Expires() time.Time { return first(d.ExpirationDateLong, d.ExpirationDate) }

// Registered returns when the name was registered.
func (d *DomainInfo) Registered() time.Time { return first(d.RegistrationDateLong, d.RegistrationDate) }

// QueryDomainByDomainNameResponse are the facts of one name.
type QueryDomainByDomainNameResponse struct{ DomainInfo }

// QueryDomainByInstanceIdResponse are the facts of one instance.
type QueryDomainByInstanceIdResponse struct{ DomainInfo }

// TaskResponse is the answer of every operation that saves a task. An answer
// without a task number leaves open whether the task was saved.
type TaskResponse struct {
	Meta
	TaskNo string `wire:"TaskNo,must" doc:"the task that was saved"`
}

// DoneResponse is the answer of every operation that says no more than that
// it did what was asked.
type DoneResponse struct{ Meta }

// lacking returns the member without which nothing shows that the service
// answered.
func (r *DoneResponse) lacking() string { return r.lackingID() }

// SaveBatchTaskForModifyingDomainDnsRequest sets the nameservers of names. The
// update lock forbids it.
type SaveBatchTaskForModifyingDomainDnsRequest struct {
	DomainName       []string `wire:"DomainName,required,batch,items=1000,idna" doc:"names that get the nameservers"`
	AliyunDNS        bool     `wire:"AliyunDns,required" doc:"true: Alibaba Cloud DNS, and no nameservers are named"`
	DomainNameServer []string `wire:"DomainNameServer,items=13,idna,unless=AliyunDns" doc:"nameservers, where AliyunDns is false"`
	Common
}

// SaveBatchTaskForTransferProhibitionLockRequest switches the transfer lock.
type SaveBatchTaskForTransferProhibitionLockRequest struct {
	DomainName []string `wire:"DomainName,required,batch,items=1000,idna" doc:"names whose lock is switched"`
	Status     bool     `wire:"Status,required" doc:"true: locked"`
	Common
}

// SaveBatchTaskForUpdateProhibitionLockRequest switches the update lock.
type SaveBatchTaskForUpdateProhibitionLockRequest struct {
	DomainName []string `wire:"DomainName,required,batch,items=1000,idna" doc:"names whose lock is switched"`
	Status     bool     `wire:"Status,required" doc:"true: locked"`
	Common
}

// SaveSingleTaskForTransferProhibitionLockRequest switches the transfer lock
// of one name.
type SaveSingleTaskForTransferProhibitionLockRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Status     bool   `wire:"Status,required" doc:"true: locked"`
	Common
}

// SaveSingleTaskForUpdateProhibitionLockRequest switches the update lock of
// one name.
type SaveSingleTaskForUpdateProhibitionLockRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Status     bool   `wire:"Status,required" doc:"true: locked"`
	Common
}

// SaveBatchTaskForDomainNameProxyServiceRequest switches WHOIS privacy.
type SaveBatchTaskForDomainNameProxyServiceRequest struct {
	DomainName  []string `wire:"DomainName,required,batch,items=1000,idna" doc:"names whose privacy is switched"`
	Status      bool     `wire:"Status,required" doc:"true: the registrant is hidden"`
	ServiceType string   `wire:"ServiceType" doc:"whose privacy service; cnnicRegistryService is one"`
	Common
}

// CheckDomainRequest asks whether a name can be registered, and for what
// price. The service takes 10 of these calls a second from one account and 100
// from all of them.
type CheckDomainRequest struct {
	DomainName  string      `wire:"DomainName,required,idna" doc:"the name"`
	FeeCommand  FeeCommand  `wire:"FeeCommand" doc:"the price to tell: create, renew, transfer or restore"`
	FeeCurrency FeeCurrency `wire:"FeeCurrency" doc:"currency of the price; newer descriptions list USD alone"`
	FeePeriod   int         `wire:"FeePeriod,min=1,max=10" doc:"years that the price is for"`
	CommonLang
}

// CheckDomainResponse says whether a name can be registered. Its samples in
// XML have the root CheckDomain, against the rule that all others keep.
type CheckDomainResponse struct {
	Meta
	DomainName      string       `wire:"DomainName,must,echo,idna" doc:"the name"`
	Avail           Availability `wire:"Avail,must" doc:"1 free, 0 not, 3 and 4 around a registration in advance, -1 abnormal, -2 suspended, -3 blacklisted"`
	Reason          string       `wire:"Reason,prose" doc:"why it cannot be registered, in the registry's words"`
	Premium         bool         `wire:"Premium,tell,quoted" doc:"a premium name, with a price of its own"`
	DynamicCheck    bool         `wire:"DynamicCheck" doc:"the registry sets the price, and list prices do not hold"`
	Price           int64        `wire:"Price" doc:"price of a premium name, its registration's by the reference's words"`
	StaticPriceInfo []PriceInfo  `wire:"StaticPriceInfo,item=PriceInfo,newer" doc:"list prices, of registrations only"`
}

// PriceInfo is a list price.
type PriceInfo struct {
	Action string  `wire:"action,newer" doc:"what the price is for; activate is a registration"`
	Money  float64 `wire:"money,newer" doc:"the price in yuan, whatever currency was asked for"`
	Period int     `wire:"period,newer" doc:"months that it is for"`
}
