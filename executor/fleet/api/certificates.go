package api

import (
	"crypto/x509"
	"errors"
)

// certificateTrouble says in words what is wrong with a certificate; false: that is not
// why there is no answer.
func certificateTrouble(err error) (string, bool) {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "nobody vouches for it whom this machine knows; SSL_CERT_FILE names a file with those that it is to know", true
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return "it is of another host: " + e.Error(), true
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return e.Error(), true
	}
	return "", false
}
