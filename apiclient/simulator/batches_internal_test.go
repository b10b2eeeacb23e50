package simulator

import (
	"testing"

	"github.com/domainsync/domainsync/apiclient/wire"
)

func TestTaskTypesThatTheReferenceDoesNotName(t *testing.T) {
	t.Parallel()
	for request, want := range map[wire.Request]wire.TaskType{
		&wire.SaveSingleTaskForCancelingTransferInRequest{}:               "CANCELING_TRANSFER_IN",
		&wire.SaveSingleTaskForQueryingTransferAuthorizationCodeRequest{}: "QUERYING_TRANSFER_AUTHORIZATION_CODE",
		&wire.SaveSingleTaskForAddingDSRecordRequest{}:                    "ADDING_DS_RECORD",
		&wire.SaveSingleTaskForSaveArtExtensionRequest{}:                  "SAVE_ART_EXTENSION",
		&wire.SaveSingleTaskForUpdateProhibitionLockRequest{}:             wire.TaskUpdateLock,
		&wire.SaveBatchTaskForTransferProhibitionLockRequest{}:            wire.TaskTransferLock,
	} {
		if got := taskType(request); got != want || !wire.OperationOf(request).Saves(got) {
			t.Errorf("%T: %s, want %s", request, got, want)
		}
	}
}
