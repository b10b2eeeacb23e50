package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
)

// statusInText finds what may be the status of an answer in the text of an error, and what
// calls it so before it. The library for messages says of most only the text.
var statusInText = regexp.MustCompile(`(?i)((?:status|code|http/[\d.]+)\W{0,3})?\b([45]\d\d)\b`)

// statusOf returns the status of an answer that a text tells; 0: none. A number is one
// where the words around it say so: others are ports and parts of addresses.
func statusOf(text string) int {
	for _, at := range statusInText.FindAllStringSubmatchIndex(text, -1) {
		status, err := strconv.Atoi(text[at[4]:at[5]])
		if meaning := http.StatusText(status); err == nil && (at[2] >= 0 || meaning != "" && strings.HasPrefix(text[at[5]:], " "+meaning)) {
			return status
		}
	}
	return 0
}

// whyOf says why something was not delivered, in words of our own: errors of libraries
// hold addresses, and with them secrets.
func whyOf(err error, timeout time.Duration) error {
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return errors.New("the name of its host could not be resolved")
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return errors.New("the certificate of its host is not valid")
	}
	if e, ok := errors.AsType[*textproto.Error](err); ok {
		return fmt.Errorf("the server refuses it with code %d", e.Code)
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, router.ErrServiceTimeout) {
		return fmt.Errorf("no answer within %v", timeout)
	}
	if e, ok := errors.AsType[syscall.Errno](err); ok {
		return errors.New(e.Error()) // connection refused, network is unreachable
	}
	return errors.New("the connection failed, or the answer was not understood")
}

// whyNotSent is whyOf for a message that the library could not send.
func whyNotSent(err error, timeout time.Duration) error {
	why := whyOf(err, timeout)
	if status := statusOf(err.Error()); status != 0 && why.Error() == whyOf(errors.New(""), timeout).Error() {
		return fmt.Errorf("the answer has status %d", status)
	}
	return why
}
