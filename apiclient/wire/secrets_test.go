package wire

import "testing"

func TestSecret(t *testing.T) {
	for name, want := range map[string]bool{
		"TransferAuthorizationCode": true, "token": true, "TaskResult": true, "AuditInfo": true,
		"AccessKeyId": true, "accessid": true, "Signature": true, "SecurityToken": true,
		"NewSecretKey": true, "Keys.1.Password": true, "OldPasswords.2": true,
		"DomainName": false, "DomainName.1": false, "TaskNo": false, "TaskResultStatus": false,
		"SignatureMethod": false, "NextToken": false, "": false,
	} {
		if got := Secret(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
