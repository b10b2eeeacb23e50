package fleet

// What stands in an act in place of what somebody may not read.
const (
	reasonWithheld  = "(a reason, which viewers do not see)"
	addressWithheld = "(from an address, which admins see)"
)

// SeenBy returns the act as a role may read it. What the program writes is for everybody,
// and so is the reason of a no, in which persons of the plan are masked. Any other reason
// is what somebody has typed: it may name anybody, and nothing at hand says whom, so that
// it cannot be masked, and viewers do not get it. From where people sign in is for admins.
func (a Act) SeenBy(r Role) Act {
	switch a.Deed {
	case DeedServe, DeedStop, DeedReload, DeedDeclare, DeedBegin, DeedEnd, DeedRestore, DeedApprove, DeedReject, DeedRule, DeedGlass:
	case DeedSignIn, DeedSignOut:
		a.Detail = withheld(a.Detail, addressWithheld, r.Permits(Admin))
	default: // DeedPause, DeedResume, DeedAsk, DeedCancel, and what may come to be
		a.Detail = withheld(a.Detail, reasonWithheld, r.Permits(Approver))
	}
	return a
}

// withheld returns a text, or what stands in its place for those who may not read it.
func withheld(text, instead string, may bool) string {
	if may || text == "" {
		return text
	}
	return instead
}

// SeenBy returns the entry as a role may read it.
func (e Entry) SeenBy(r Role) Entry {
	for _, act := range []**Act{&e.Paused, &e.Asked} {
		if *act != nil {
			seen := (*act).SeenBy(r)
			*act = &seen
		}
	}
	return e
}
