package wire

import "time"

// QueryTransferOutInfoRequest asks where the transfer out of a name stands.
type QueryTransferOutInfoRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Common
}

// QueryTransferOutInfoResponse is the transfer out of a name.
type QueryTransferOutInfoResponse struct {
	Meta
	Status                            TransferOutStep `wire:"Status,tell" doc:"1 checking the phone, 2 the e-mail address, 3 key sent, 4 under way, 5 done, 8 failed"`
	Email                             string          `wire:"Email" doc:"address that the transfer key was sent to"`
	TransferAuthorizationCodeSendDate time.Time       `wire:"TransferAuthorizationCodeSendDate,layout=second" doc:"when the key was sent"`
	ExpirationDate                    time.Time       `wire:"ExpirationDate,layout=second" doc:"when the key, not the name, expires"`
	PendingRequestDate                time.Time       `wire:"PendingRequestDate,layout=second" doc:"when the registry was asked for the transfer"`
	ResultCode                        string          `wire:"ResultCode" doc:"why it failed, clientRejected for one"`
	ResultMsg                         string          `wire:"ResultMsg,prose" doc:"the same in words"`
}

// SaveSingleTaskForQueryingTransferAuthorizationCodeRequest asks for the
// transfer key of a name, with which it can be taken to another registrar. The
// task's result holds it: see [TaskDetail].
type SaveSingleTaskForQueryingTransferAuthorizationCodeRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Common
}

// SaveSingleTaskForCancelingTransferOutRequest cancels a transfer out.
type SaveSingleTaskForCancelingTransferOutRequest struct {
	DomainName string `wire:"DomainName,required,idna" doc:"the name"`
	Common
}
