package planner

import (
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
	"github.com/domainsync/domainsync/config"
	"github.com/domainsync/domainsync/config/attr"
)

// transferWords say where a transfer into the account stands.
var transferWords = map[wire.SimpleTransferInStatus]string{
	wire.TransferInSubmitted:     "it was submitted",
	wire.TransferInAuthorization: "its holder has to agree by e-mail",
	wire.TransferInNameCheck:     "the name is being reviewed",
	wire.TransferInKeyCheck:      "its transfer key has to be right",
	wire.TransferInPending:       "the other registrar has to release it",
}

// waitForTransferIn lets everything that is declared of a name wait while it is
// being transferred into the account. It reports whether it is.
func (d *differ) waitForTransferIn(want *config.Domain) bool {
	state, ok := d.Live.TransferInState(want.Name)
	if !ok {
		return false
	}
	words := transferWords[state]
	if words == "" {
		words = "its state is " + strings.ToLower(string(state))
	}
	for j := range want.Declared {
		c := placeholder(want, &want.Declared[j], attr.Update, attr.Waiting, "the name is being transferred into the account: "+words)
		d.plan.Changes = append(d.plan.Changes, c)
	}
	d.warnAbsent(want, "Being transferred in", "The name is on its way into the account: "+words+".")
	return true
}
