package simulator

import (
	"time"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// call is one request that passed the front: authentic, and valid for its
// operation.
type call struct {
	operation *wire.Operation
	request   wire.Request
	id        string    // RequestId
	now       time.Time // on the service's clock
	clientIP  string
	lang      wire.Lang
	hits      []*Fault // the faults that hit it
}

func (c *call) meta() wire.Meta { return wire.Meta{RequestID: c.id} }

// A handler executes a call on the account, under its lock.
type handler func(s *Simulator, c *call) (wire.Response, error)

// handlers holds what each operation does. An operation is one function and
// its line.
var handlers = index(
	on((*Simulator).listDomains),
	on((*Simulator).scrollDomains),
	on((*Simulator).listAdvanced),
	on((*Simulator).setAutoRenew),
	on((*Simulator).listServerLocks),
	on((*Simulator).domainByName),
	on((*Simulator).domainByInstance),
	on((*Simulator).setNameservers),
	on((*Simulator).setTransferLock),
	on((*Simulator).setUpdateLock),
	on((*Simulator).setOneTransferLock),
	on((*Simulator).setOneUpdateLock),
	on((*Simulator).pollResults),
	on((*Simulator).acknowledge),
	on((*Simulator).listTasks),
	on((*Simulator).taskHistory),
	on((*Simulator).listDetails),
	on((*Simulator).detailHistory),
	on((*Simulator).cancelTask),
	on((*Simulator).changes),

	on((*Simulator).checkDomain),
	on((*Simulator).register),
	on((*Simulator).registerOne),
	on((*Simulator).renew),
	on((*Simulator).renewOne),
	on((*Simulator).redeem),
	on((*Simulator).redeemOne),
	on((*Simulator).orderTransfers),
	on((*Simulator).realTimePrices),

	on((*Simulator).contactInfo),
	on((*Simulator).setContactByData),
	on((*Simulator).setContactByProfile),
	on((*Simulator).setOneContact),
	on((*Simulator).verifyContact),
	on((*Simulator).setPrivacy),

	on((*Simulator).listProfiles),
	on((*Simulator).saveProfile),
	on((*Simulator).setDefaultProfile),
	on((*Simulator).deleteProfile),
	on((*Simulator).deleteProfiles),

	on((*Simulator).listEmails),
	on((*Simulator).queryEmail),
	on((*Simulator).submitEmails),
	on((*Simulator).resendEmails),
	on((*Simulator).verifyEmail),
	on((*Simulator).deleteEmails),

	on((*Simulator).listHosts),
	on((*Simulator).createHost),
	on((*Simulator).modifyHost),
	on((*Simulator).deleteHost),
	on((*Simulator).synchronizeHosts),

	on((*Simulator).dsRecords),
	on((*Simulator).addDSRecord),
	on((*Simulator).modifyDSRecord),
	on((*Simulator).deleteDSRecord),
	on((*Simulator).synchronizeDSRecords),

	on((*Simulator).ensAssociation),
	on((*Simulator).localENSAssociation),
	on((*Simulator).associateENS),
	on((*Simulator).disassociateENS),

	on((*Simulator).artExtension),
	on((*Simulator).saveArtExtension),

	on((*Simulator).listTransfersIn),
	on((*Simulator).queryTransferIn),
	on((*Simulator).checkFeasibility),
	on((*Simulator).checkMailToken),
	on((*Simulator).resendMailToken),
	on((*Simulator).refetchEmail),
	on((*Simulator).reenterKey),
	on((*Simulator).cancelTransferIn),

	on((*Simulator).queryTransferOut),
	on((*Simulator).queryTransferKey),
	on((*Simulator).cancelTransferOut),

	on((*Simulator).listAudits),
	on((*Simulator).queryAudit),
	on((*Simulator).submitAudit),
	on((*Simulator).uploadPolicy),
	on((*Simulator).submitCredentials),
	on((*Simulator).cancelAudit),
)

type entry struct {
	operation *wire.Operation
	handler   handler
}

func index(entries ...entry) map[string]handler {
	m := make(map[string]handler, len(entries))
	for _, e := range entries {
		m[e.operation.Name] = e.handler
	}
	return m
}

// on makes the line of a function; the type of its request says which
// operation it is.
func on[R any, P interface {
	*R
	wire.Request
}](f func(s *Simulator, c *call, r P) (wire.Response, error)) entry {
	return entry{
		operation: wire.OperationOf(P(new(R))),
		handler:   func(s *Simulator, c *call) (wire.Response, error) { return f(s, c, c.request.(P)) },
	}
}

// refusal is an answer with an error code; its operation and request ID are
// filled in by the front.
func refusal(status int, code, message string) *wire.Error {
	return &wire.Error{HTTPStatus: status, Code: code, Message: message}
}
