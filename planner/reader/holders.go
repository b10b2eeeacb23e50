package reader

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/domainsync/domainsync/apiclient/wire"
)

// Rows of a scroll tell the holder of a name and its e-mail address, which no fact of a
// name is taken from: they lack the rest of the contact. But a row that shows another
// one than before says that the contact has changed, whether the log tells it or not.

const (
	// rowMark stands between what a row tells of a name and what it tells of its holder.
	rowMark = ":"
	// keyDigits say of which key the hash of a holder is.
	keyDigits = 4
	// holderDigits are those of the hash: it is compared with one other of the same name.
	holderDigits = 12
)

// rowKey is the key for what rows tell of holders; nil: nothing is kept, or compared.
func (f *fetcher) rowKey() []byte {
	switch e := f.Earlier; {
	case f.Keeper != nil:
		return f.Keeper.hashKey()
	case e != nil && e.Readings != nil && len(e.Readings.hashKeys) > 0:
		return e.Readings.hashKeys[0]
	}
	return nil
}

// holderMark stands for what a row tells of a holder, behind what stands for the rest
// of it. Nobody without the key can try which texts these are.
func holderMark(key []byte, it *wire.AdvancedDomainItem) string {
	if key == nil {
		return ""
	}
	id := sha256.Sum256(key)
	texts := it.RegistrantOrganization + "\x00" + it.ZhRegistrantOrganization + "\x00" + it.Email
	return rowMark + hex.EncodeToString(id[:])[:keyDigits] + hash(key, "holder of a row", texts)[:holderDigits]
}

// sameRow reports whether a row of now shows a name as one from before. Of its holder
// that is not known where one of the two tells none, or has another key.
func sameRow(now, before string) bool {
	now, holder, _ := strings.Cut(now, rowMark)
	before, held, _ := strings.Cut(before, rowMark)
	if now != before {
		return false
	}
	known := len(holder) > keyDigits && len(held) > keyDigits && holder[:keyDigits] == held[:keyDigits]
	return !known || holder == held
}
