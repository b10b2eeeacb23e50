package attr

import (
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

var transferLock = &Attribute{
	Name:     "transfer_lock",
	LogWords: []string{"TRANSFER LOCK", "TRANSFER PROHIBITION"},
	Facts:    snapshot.TransferLock,
	Hazard:   UnlockHazard,
	HazardOn: LockHazard,
	Shared:   true,
	OnWord:   "locked",

	Decode:    decodeBool,
	Observe:   func(d *snapshot.Domain) Value { return Bool(d.TransferLock.On()) },
	Cty:       ctyBool,
	unmarshal: unmarshalAs[Bool],
	diff:      transferLockChanges,

	Requests: []wire.Request{&wire.SaveBatchTaskForTransferProhibitionLockRequest{}},
	Doc: Doc{
		Type:    "bool",
		Summary: "Whether the name is locked against transfer to another registrar.",
		Example: "true",
		Reads:   "QueryDomainByDomainName",
		Calls:   "SaveBatchTaskForTransferProhibitionLock",
		Notes:   "It blocks no other change.",
	},
}

func transferLockChanges(a *Attribute, in Input) []Change {
	return update(a, in, func() wire.Request {
		return &wire.SaveBatchTaskForTransferProhibitionLockRequest{
			DomainName: []string{in.Name}, Status: bool(in.Desired.(Bool)),
		}
	})
}
