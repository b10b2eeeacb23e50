package attr

import (
	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// UpdateLock is the name of the attribute that blocks the changes of others.
const UpdateLock = "update_lock"

var updateLock = &Attribute{
	Name:     UpdateLock,
	LogWords: []string{"UPDATE LOCK", "UPDATE PROHIBITION", "SECURITY LOCK"},
	Facts:    snapshot.UpdateLock,
	Hazard:   UnlockHazard,
	HazardOn: LockHazard,
	Shared:   true,
	OnWord:   "locked",

	Decode:    decodeBool,
	Observe:   func(d *snapshot.Domain) Value { return Bool(d.UpdateLock.On()) },
	Cty:       ctyBool,
	unmarshal: unmarshalAs[Bool],
	Stages:    func(c *Change) []Value { return []Value{Bool(false), c.After} }, // of a temporary unlock
	diff:      updateLockChanges,

	Requests: []wire.Request{&wire.SaveBatchTaskForUpdateProhibitionLockRequest{}},
	Doc: Doc{
		Type:    "bool",
		Summary: "Whether the name is locked against changes of its nameservers, contacts, DS records and hosts.",
		Example: "true",
		Reads:   "QueryDomainByDomainName",
		Calls:   "SaveBatchTaskForUpdateProhibitionLock",
		Notes:   "While it is on, what it blocks changes only where update_lock = true and temporary_unlock = true are both declared: the lock is opened, the change made, the lock closed again.",
	},
}

func updateLockChanges(a *Attribute, in Input) []Change {
	return update(a, in, func() wire.Request { return switchUpdateLock(in.Name, bool(in.Desired.(Bool))) })
}

func switchUpdateLock(name string, on bool) wire.Request {
	return &wire.SaveBatchTaskForUpdateProhibitionLockRequest{DomainName: []string{name}, Status: on}
}

// TemporaryUnlock opens the update lock of a name for the changes whose steps
// are named, and closes it when they have ended: it is a temporary change
// ([Change.Temporary]). Its stages are "unlock" and "relock"; the blocked steps
// must need the first. It has no hazard of its own: the lock is open for no longer
// than the changes take that need it open, which have theirs.
func TemporaryUnlock(name string, blocked []string) Change {
	id := ChangeID(name, UpdateLock) + "/temporary"
	unlock := StepID(id, "unlock")
	return Change{
		ID: id, Domain: name, Attribute: UpdateLock, Element: "temporary", Action: Update,
		Before: Bool(true), After: Bool(true), Hazard: None, Status: Ready,
		Steps: []Step{
			{ID: unlock, Request: switchUpdateLock(name, false)},
			{
				ID: StepID(id, "relock"), Request: switchUpdateLock(name, true),
				After: append([]string{unlock}, blocked...), Owed: true,
			},
		},
	}
}
