package attr

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/crypto/sha3"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/apiclient/wire"
)

var ensAddress = &Attribute{
	Name:     "ens_address",
	LogWords: []string{"ENS"},
	Facts:    snapshot.Wallet,
	Suffixes: []string{"art", "club", "kred", "luxe", "xyz"},
	Hazard:   Identity,

	Decode:    decodeWallet,
	Observe:   func(d *snapshot.Domain) Value { return Wallet(strings.ToLower(*d.ENSAddress)) },
	Cty:       ctyWallet,
	unmarshal: unmarshalAs[Wallet],
	diff:      walletChanges,

	Requests: []wire.Request{&wire.SaveSingleTaskForAssociatingEnsRequest{}, &wire.SaveSingleTaskForDisassociatingEnsRequest{}},
	Doc: Doc{
		Type:    "string",
		Summary: "The wallet of the name in the Ethereum Name Service; an empty string is none.",
		Example: `"0x52908400098527886e0f7030069857d2e4169ee7"`,
		Reads:   "QueryEnsAssociation",
		Calls:   "SaveSingleTaskForAssociatingEns, SaveSingleTaskForDisassociatingEns",
		Notes:   "Names below .art, .club, .kred, .luxe and .xyz have it. 0x and 40 hexadecimal digits; where their letter case varies it must be the checksum of EIP-55, and it makes no difference otherwise. What is paid to the name goes to that wallet.",
	},
}

// Wallet is an Ethereum address in lower case, "" for none.
type Wallet string

// Equal reports whether both are the same address.
func (w Wallet) Equal(other Value) bool { return w == other.(Wallet) }

// String returns the address.
func (w Wallet) String() string { return string(w) }

// ctyWallet writes none as null: most names have no wallet, and files do not
// say so.
func ctyWallet(v Value) cty.Value {
	if v.(Wallet) == "" {
		return cty.NullVal(cty.String)
	}
	return cty.StringVal(v.String())
}

func walletChanges(a *Attribute, in Input) []Change {
	want := in.Desired.(Wallet)
	changes := update(a, in, func() wire.Request {
		if want == "" {
			return &wire.SaveSingleTaskForDisassociatingEnsRequest{DomainName: in.Name}
		}
		return &wire.SaveSingleTaskForAssociatingEnsRequest{DomainName: in.Name, Address: want.String()}
	})
	return setActions(changes, want == "", a.Observe(in.Live).(Wallet) == "")
}

// setActions names what the change of a value does that may be none before or
// after.
func setActions(changes []Change, noneAfter, noneBefore bool) []Change {
	for i := range changes {
		switch {
		case noneAfter:
			changes[i].Action = Delete
		case noneBefore:
			changes[i].Action = Create
		}
	}
	return changes
}

func decodeWallet(v cty.Value) (Value, []Problem) {
	if v.Type() != cty.String {
		return nil, []Problem{wrongType(v, "the address of a wallet")}
	}
	address := strings.TrimSpace(v.AsString())
	if address == "" {
		return Wallet(""), nil
	}
	digits, prefixed := strings.CutPrefix(address, "0x")
	raw, err := hex.DecodeString(digits)
	if !prefixed || err != nil || len(raw) != 20 {
		return nil, []Problem{{
			Summary: "Not a wallet",
			Detail:  fmt.Sprintf("%q is no Ethereum address: that is 0x and 40 hexadecimal digits.", address),
		}}
	}
	lower := strings.ToLower(digits)
	if digits != lower && digits != strings.ToUpper(digits) && digits != checksummed(lower) {
		return nil, []Problem{{
			Summary: "Wrong checksum of a wallet",
			Detail:  fmt.Sprintf("The letter case of %q is not that of its checksum (EIP-55), so some digit is wrong. Copy the address again; in lower case it is not checked.", address),
		}}
	}
	return Wallet("0x" + lower), nil
}

// checksummed writes an address, which is in lower case and has no prefix, in
// the letter case of its checksum (EIP-55).
func checksummed(digits string) string {
	h := sha3.NewLegacyKeccak256()
	h.Write([]byte(digits))
	sum := hex.EncodeToString(h.Sum(nil))
	out := []byte(digits)
	for i, c := range out {
		if c >= 'a' && sum[i] >= '8' {
			out[i] = c - 'a' + 'A'
		}
	}
	return string(out)
}
