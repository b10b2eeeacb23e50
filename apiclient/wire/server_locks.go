package wire

import "time"

// ListServerLockRequest asks for a page of the registry locks of the account: locks
// that a registry takes off on a person's word only, sold for a term of their own.
type ListServerLockRequest struct {
	Page
	DomainName       string    `wire:"DomainName,idna" doc:"only the lock of this name"`
	LockProductID    string    `wire:"LockProductId" doc:"only locks of this product"`
	ServerLockStatus int       `wire:"ServerLockStatus" doc:"only locks in this state; which number is which is not documented"`
	BeginStartDate   time.Time `wire:"BeginStartDate,ms" doc:"begins then or later"`
	EndStartDate     time.Time `wire:"EndStartDate,ms" doc:"begins then or before"`
	StartExpireDate  time.Time `wire:"StartExpireDate,ms" doc:"ends then or later"`
	EndExpireDate    time.Time `wire:"EndExpireDate,ms" doc:"ends then or before"`
	OrderBy          string    `wire:"OrderBy" doc:"EXPIRE_DATE: sorted by the end"`
	OrderByType      OrderBy   `wire:"OrderByType" doc:"sort direction"`
	Common
}

// ListServerLockResponse is a page of the registry locks.
type ListServerLockResponse struct {
	Meta
	Paged
	Data []ServerLock `wire:"Data,must" doc:"the locks of the page"`
}

// ServerLock is the registry lock of one name. What its times look like, and its
// states, is not documented.
type ServerLock struct {
	DomainName       string    `wire:"DomainName,must,idna" doc:"the name"`
	DomainInstanceID string    `wire:"DomainInstanceId" doc:"the name's instance"`
	LockInstanceID   string    `wire:"LockInstanceId" doc:"the lock's instance"`
	LockProductID    string    `wire:"LockProductId" doc:"the product behind it"`
	UserID           string    `wire:"UserId" doc:"the account that holds it"`
	ServerLockStatus string    `wire:"ServerLockStatus" doc:"its state"`
	StartDate        time.Time `wire:"StartDate,layout=second" doc:"when it begins"`
	ExpireDate       time.Time `wire:"ExpireDate,layout=second" doc:"when it ends"`
	GmtCreate        time.Time `wire:"GmtCreate,layout=second" doc:"when it was ordered"`
	GmtModified      time.Time `wire:"GmtModified,layout=second" doc:"when it was changed last"`
}
