package simulator

import (
	"errors"
	"fmt"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// youngFor is how long a name cannot leave after its registration.
const youngFor = 60 * day

// transferOut is the last transfer out of a name.
type transferOut struct {
	wire.QueryTransferOutInfoResponse
	key string
}

func (s *Simulator) queryTransferOut(c *call, r *wire.QueryTransferOutInfoRequest) (wire.Response, error) {
	out := s.transfersOut[r.DomainName]
	switch {
	case out == nil && s.account.byName[r.DomainName] == nil:
		return nil, errNoDomain
	case out == nil:
		return &wire.QueryTransferOutInfoResponse{Meta: c.meta()}, nil
	}
	answer := out.QueryTransferOutInfoResponse
	answer.Meta = c.meta()
	return &answer, nil
}

func (s *Simulator) queryTransferKey(c *call, r *wire.SaveSingleTaskForQueryingTransferAuthorizationCodeRequest) (wire.Response, error) {
	return s.saveSingle(c, r.DomainName, effect{end: func(d *domain, at time.Time) (key, failure string) {
		switch {
		case d.TransferLock.On():
			return "", "The domain name is locked: transfer prohibited."
		case d.TransferOut == wire.TransferOutPending:
			return "", "The domain name is being transferred out."
		case phaseOf(d.Name, d.Expires, at) > expired:
			return "", "The domain name has expired, and renewal does not help."
		case at.Sub(d.Registered) < youngFor:
			return "", "The domain name was registered less than 60 days ago."
		case at.Before(d.prohibited):
			return "", "The registrant of the domain name was changed less than 60 days ago."
		}
		holder := d.contact(wire.RegistrantContact).Email
		key = s.send(holder, "The transfer key of "+wire.UnicodeName(d.Name), at)
		s.transfersOut[d.Name] = &transferOut{key: key, QueryTransferOutInfoResponse: wire.QueryTransferOutInfoResponse{
			Status: wire.TransferOutKeySent, Email: holder,
			TransferAuthorizationCodeSendDate: at, ExpirationDate: at.Add(transferLifetime),
		}}
		return key, ""
	}})
}

func (s *Simulator) cancelTransferOut(c *call, r *wire.SaveSingleTaskForCancelingTransferOutRequest) (wire.Response, error) {
	words := func(d *snapshot.Domain) string { return string(d.TransferOut) }
	return s.saveSingle(c, r.DomainName, effect{words: words, end: func(d *domain, _ time.Time) (_, failure string) {
		out := s.transfersOut[d.Name]
		if out == nil || out.Status != wire.TransferOutKeySent && out.Status != wire.TransferOutRequested {
			return "", "The domain name is not being transferred out."
		}
		out.reject()
		d.TransferOut = wire.TransferOutNormal
		return "", ""
	}})
}

func (o *transferOut) reject() {
	o.Status, o.key = wire.TransferOutFailed, ""
	o.ResultCode, o.ResultMsg = "clientRejected", "Transfer out rejected"
}

// RequestTransferOut asks the registry for a name as another registrar does,
// with the transfer key. Five days later the name leaves the account, unless
// that is cancelled. The registry refuses a key that is wrong or has expired,
// and a name that is locked.
func (s *Simulator) RequestTransferOut(name, key string) error {
	name, err := wire.CanonicalName(name)
	if err != nil {
		return fmt.Errorf("transfer out: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.advance()
	d, out := s.account.byName[name], s.transfersOut[name]
	var why string
	switch {
	case d == nil:
		why = "the account lacks the name"
	case d.TransferLock.On():
		why = "the name is locked"
	case out == nil || out.Status != wire.TransferOutKeySent || out.key != key:
		why = "the transfer key is wrong"
	case !now.Before(out.ExpirationDate):
		why = "the transfer key has expired"
	default:
		s.leave(d, out, now)
		return nil
	}
	return errors.New("transfer out of " + name + ": " + why)
}

// leave lets a name leave the account when the registry has waited.
func (s *Simulator) leave(d *domain, out *transferOut, now time.Time) {
	d.TransferOut = wire.TransferOutPending
	out.Status, out.PendingRequestDate = wire.TransferOutRequested, now
	s.schedule(now.Add(registryWaits), func(time.Time) {
		if out.Status == wire.TransferOutRequested && s.transfersOut[d.Name] == out {
			out.Status = wire.TransferOutDone
			s.account.remove(d.Name)
		}
	})
}

// observeTransferOut makes up what belongs to the status that a name was given
// from outside.
func (s *Simulator) observeTransferOut(d *domain, now time.Time) {
	out := s.transfersOut[d.Name]
	under := out != nil && out.Status == wire.TransferOutRequested
	switch pending := d.TransferOut == wire.TransferOutPending; {
	case pending && !under:
		out = &transferOut{}
		s.transfersOut[d.Name] = out
		s.leave(d, out, now)
	case !pending && under:
		out.reject()
	}
}
