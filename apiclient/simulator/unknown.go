package simulator

import (
	"maps"
	"slices"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// protocolParameters are those of all calls, which no operation has.
var protocolParameters = map[string]bool{
	"action": true, "version": true, "format": true, "accesskeyid": true, "signature": true, "signaturemethod": true, "signatureversion": true,
	"signaturenonce": true, "signaturetype": true, "timestamp": true, "securitytoken": true, "regionid": true, "lang": true, "userclientip": true,
}

// noteUnknown remembers the parameters of a call that the simulator does not
// know, and says so when one comes for the first time: the service may know
// them, and answer otherwise.
func (s *Simulator) noteUnknown(o *wire.Operation, params []wire.Param) {
	for _, p := range params {
		name, _, _ := strings.Cut(p.Name, ".")
		if protocolParameters[strings.ToLower(name)] || o.Request.Field(name) != nil || p.Value == "" {
			continue
		}
		if at := o.Name + "." + name; !s.unknown[at] {
			s.unknown[at] = true
			if s.options.Log != nil {
				s.options.Log.Warn("a parameter that the simulator does not know was passed over", "operation", o.Name, "parameter", name)
			}
		}
	}
}

// UnknownParameters returns the parameters that calls had and the simulator does
// not know, as Operation.Parameter.
func (s *Simulator) UnknownParameters() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.AppendSeq([]string{}, slices.Values(slices.Sorted(maps.Keys(s.unknown))))
}
