package simulator

import (
	"strings"
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

// TestTasksHaveWords: whoever reads a list of tasks is not left with a name in
// capitals.
func TestTasksHaveWords(t *testing.T) {
	t.Parallel()
	for _, o := range wire.Operations() {
		if !o.Async() || o.Task == "" && !strings.HasPrefix(o.Name, "SaveSingleTaskFor") || o.Group == wire.Contacts {
			continue // the request decides
		}
		kind := taskType(o.NewRequest())
		for _, lang := range []wire.Lang{wire.English, wire.Chinese} {
			if describe(kind, lang) == string(kind) {
				t.Errorf("%s saves a %s, which has no words in %s", o.Name, kind, lang)
			}
		}
	}
}
