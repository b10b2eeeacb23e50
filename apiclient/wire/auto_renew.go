package wire

// SetupDomainAutoRenewRequest switches whether the service renews a name by itself.
// How it is switched off is not documented: the word that is sent is the one that
// belongs to SET.
type SetupDomainAutoRenewRequest struct {
	InstanceID string             `wire:"InstanceId,required" doc:"the name's instance"`
	Operation  AutoRenewOperation `wire:"Operation,required" doc:"what is done: SET or CANCEL"`
	Common
}

// SetupDomainAutoRenewResponse says whether it was done.
type SetupDomainAutoRenewResponse struct {
	Meta
	Result bool `wire:"Result,must" doc:"true: it was done"`
}
