package wire

// RAMActions returns the actions of RAM, the service's access control, that permit a
// call of an operation. Stated reports whether the service's documentation names the
// action; where it does not, the operation's own name stands beside the action of
// operations like it, and what RAM does not know permits nothing.
func RAMActions(operation string) (actions []string, stated bool) {
	if action, ok := statedActions[operation]; ok {
		return []string{"domain:" + action}, true
	}
	if action, ok := likelyActions[operation]; ok {
		return []string{"domain:" + action, "domain:" + operation}, false
	}
	return []string{"domain:" + operation}, false
}

// statedActions are the actions of the service's authorization rules for this API
// (Domain Names, "Authentication rules for the Domains API", read in November 2026).
// Many operations share one.
var statedActions = actionsOf(map[string][]string{
	"DomainInfoModification":     {"SaveSingleTaskForUpdatingContactInfo", "SaveBatchTaskForUpdatingContactInfoByNewContact", "SaveBatchTaskForUpdatingContactInfoByRegistrantProfileId"},
	"DomainTransferInOperation":  {"TransferInReenterTransferAuthorizationCode", "TransferInRefetchWhoisEmail", "TransferInResendMailToken", "SaveSingleTaskForCancelingTransferIn"},
	"DomainTransferOutOperation": {"SaveSingleTaskForCancelingTransferOut", "SaveSingleTaskForQueryingTransferAuthorizationCode"},
	"DnsHostModification":        {"SaveSingleTaskForModifyingDnsHost", "SaveSingleTaskForCreatingDnsHost", "SaveSingleTaskForSynchronizingDnsHost", "SaveSingleTaskForDeletingDnsHost"},
	"DnsModification":            {"SaveBatchTaskForModifyingDomainDns"},
	"SecuritySetting":            {"SaveSingleTaskForTransferProhibitionLock", "SaveBatchTaskForTransferProhibitionLock", "SaveSingleTaskForUpdateProhibitionLock", "SaveBatchTaskForUpdateProhibitionLock"},
	"CreateOrderRenew":           {"SaveSingleTaskForCreatingOrderRenew", "SaveBatchTaskForCreatingOrderRenew"},
	"QueryCommonInfo":            {"QueryDomainList", "QueryDomainByInstanceId", "QueryContactInfo", "QueryAdvancedDomainList", "VerifyContactField"},
	"QueryDomainTask":            {"QueryTaskList", "QueryTaskInfoHistory", "QueryTaskDetailList", "QueryTaskDetailHistory", "PollTaskResult"},
	"QueryChangeLog":             {"QueryChangeLogList"},
	"QueryDomainTransferIn":      {"QueryTransferInByInstanceId", "QueryTransferInList", "CheckTransferInFeasibility"},
	"TransferInCheckMailToken":   {"TransferInCheckMailToken"},
	"QueryDomainTransferOut":     {"QueryTransferOutInfo"},
	"QueryDnsHost":               {"QueryDnsHost"},
	"QueryRegistrantProfile":     {"QueryRegistrantProfiles"},
	"QueryEmailVerification":     {"ListEmailVerification", "QueryEmailVerification"},
	"AcknowledgeTaskResult":      {"AcknowledgeTaskResult"},
	"CancelTask":                 {"CancelTask"},
	"CancelOperationAudit":       {"CancelOperationAudit"},
	"RegistrantProfileOperation": {"SaveRegistrantProfile", "DeleteRegistrantProfile"},
	"EmailVerificationOperation": {"DeleteEmailVerification", "VerifyEmail", "ResendEmailVerification", "SubmitEmailVerification"},
})

// likelyActions are the actions of operations like those that the rules leave out.
var likelyActions = actionsOf(map[string][]string{
	"QueryCommonInfo":            {"QueryDomainByDomainName", "ScrollDomainList"},
	"QueryDomain":                {"CheckDomain"},
	"CreateOrderActivate":        {"SaveSingleTaskForCreatingOrderActivate", "SaveBatchTaskForCreatingOrderActivate"},
	"CreateOrderRedeem":          {"SaveSingleTaskForCreatingOrderRedeem", "SaveBatchTaskForCreatingOrderRedeem"},
	"CreateOrderTransfer":        {"SaveBatchTaskForCreatingOrderTransfer"},
	"RegistrantProfileOperation": {"SetDefaultRegistrantProfile", "DeleteContactTemplates"},
})

// actionsOf turns the operations of each action into the action of each operation.
func actionsOf(operations map[string][]string) map[string]string {
	actions := make(map[string]string)
	for action, names := range operations {
		for _, name := range names {
			actions[name] = action
		}
	}
	return actions
}
