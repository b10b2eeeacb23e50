package simulator

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

// ensSuffixes are the suffixes whose registries are joined with the Ethereum
// Name Service.
var ensSuffixes = map[string]bool{"art": true, "club": true, "kred": true, "luxe": true, "xyz": true}

var errSuffix = refusal(400, "DomainSuffixUnsupported", "The suffix of the domain name does not support the operation.")

// withSuffix returns a name of the account that has one of certain suffixes.
func (s *Simulator) withSuffix(name string, suffixes map[string]bool) (*domain, error) {
	d := s.account.byName[name]
	switch {
	case !suffixes[suffixOf(name)]:
		return nil, errSuffix
	case d == nil:
		return nil, errNoDomain
	}
	return d, nil
}

func (s *Simulator) ensAssociation(c *call, r *wire.QueryEnsAssociationRequest) (wire.Response, error) {
	d, err := s.withSuffix(r.DomainName, ensSuffixes)
	if err != nil {
		return nil, err
	}
	return &wire.QueryEnsAssociationResponse{Meta: c.meta(), Address: ensAddress(&d.Domain)}, nil
}

func (s *Simulator) localENSAssociation(c *call, r *wire.QueryLocalEnsAssociationRequest) (wire.Response, error) {
	d, err := s.withSuffix(r.DomainName, ensSuffixes)
	if err != nil {
		return nil, err
	}
	answer := &wire.QueryLocalEnsAssociationResponse{Meta: c.meta(), Address: ensAddress(&d.Domain)}
	if d.bound != nil {
		answer.Address = *d.bound
	}
	return answer, nil
}

func (s *Simulator) associateENS(c *call, r *wire.SaveSingleTaskForAssociatingEnsRequest) (wire.Response, error) {
	digits, prefixed := strings.CutPrefix(r.Address, "0x")
	if raw, err := hex.DecodeString(digits); !prefixed || err != nil || len(raw) != 20 {
		return nil, refusal(400, "InvalidAddress", "Specified parameter Address is not valid: it is 0x and 40 hexadecimal digits.")
	}
	return s.saveENS(c, r.DomainName, func(d *domain) string {
		d.bind(r.Address)
		return ""
	})
}

func (s *Simulator) disassociateENS(c *call, r *wire.SaveSingleTaskForDisassociatingEnsRequest) (wire.Response, error) {
	return s.saveENS(c, r.DomainName, func(d *domain) string {
		if ensAddress(&d.Domain) == "" {
			return "No wallet is associated with the domain name."
		}
		d.bind("")
		return ""
	})
}

func (s *Simulator) saveENS(c *call, name string, change func(*domain) (failure string)) (wire.Response, error) {
	if _, err := s.withSuffix(name, ensSuffixes); err != nil {
		return nil, err
	}
	return s.saveSingle(c, name, effect{
		end:   func(d *domain, _ time.Time) (result, failure string) { return "", change(d) },
		words: ensAddress,
	})
}

// ensAddress is the wallet that the Ethereum Name Service has for a name.
func ensAddress(d *snapshot.Domain) string {
	if d.ENSAddress == nil {
		return ""
	}
	return *d.ENSAddress
}

// bind sets a name's wallet, in the Ethereum Name Service and in the service's
// own books. Who holds the name there can set another one without the service.
func (d *domain) bind(address string) { d.ENSAddress, d.bound = &address, &address }
