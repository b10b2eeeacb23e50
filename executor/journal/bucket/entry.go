package bucket

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// The kinds of entries. They stand in the buckets of users.
const (
	kindAppend     = "append"     // adds records
	kindTurn       = "turn"       // a holder begins: nothing of those before it follows
	kindCompaction = "compaction" // the records are these, and none of those before
)

// An entry is one object of the log.
type entry struct {
	ID     string `json:"id"` // of whoever wrote it, to know it again
	Kind   string `json:"kind"`
	Number int64  `json:"number"` // its place in the log
	Fence  int64  `json:"fence"`
	// Next is the number that a record after it gets.
	Next    int64    `json:"next"`
	Records []record `json:"records,omitempty"`
	// Turns are the numbers of all turns before a compaction, which stay there: a
	// late writer of an older holder finds its number taken.
	Turns []int64 `json:"turns,omitempty"`
}

// A record is a [store.Record] in JSON, where texts are bytes.
type record struct {
	Number int64  `json:"number"`
	Fence  int64  `json:"fence"`
	Run    int64  `json:"run,omitempty"`
	Batch  int64  `json:"batch,omitempty"`
	Kind   []byte `json:"kind"`
	Key    []byte `json:"key,omitempty"`
	At     int64  `json:"at"`
	Data   []byte `json:"data,omitempty"`
}

func toRecords(all []store.Record) []record {
	out := make([]record, len(all))
	for i, r := range all {
		out[i] = record{r.Number, r.Fence, r.Run, r.Batch, []byte(r.Kind), []byte(r.Key), r.At, r.Data}
	}
	return out
}

func fromRecords(all []record) []store.Record {
	out := make([]store.Record, len(all))
	for i, r := range all {
		out[i] = store.Record{Number: r.Number, Fence: r.Fence, Run: r.Run, Batch: r.Batch, Kind: string(r.Kind), Key: string(r.Key), At: r.At, Data: r.Data}
	}
	return out
}

// A tenure is the object of one holder of an account, which it renews.
type tenure struct {
	ID     string `json:"id"`
	Holder string `json:"holder"`   // for people
	Lease  int64  `json:"lease_ms"` // how long it holds after the object was written
	Closed bool   `json:"closed"`   // it was given back
}

// version is that of the form of objects.
const version = 1

// encode writes a value as an object: a line with the version, the length and the
// checksum of the JSON that follows.
func encode(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return append(fmt.Appendf(nil, "domainsync %d %d %x\n", version, len(body), sha256.Sum256(body)), body...), nil
}

// decode reads what encode wrote.
func decode(data []byte, v any) error {
	line, body, ok := bytes.Cut(data, []byte("\n"))
	var form, length int
	var sum []byte
	if _, err := fmt.Sscanf(string(line), "domainsync %d %d %x", &form, &length, &sum); !ok || err != nil {
		return errors.New("it is no object of domainsync")
	}
	switch actual := sha256.Sum256(body); {
	case form > version:
		return fmt.Errorf("it was written by a newer domainsync (version %d, this program knows %d): use that one", form, version)
	case len(body) != length:
		return fmt.Errorf("it has %d bytes of %d", len(body), length)
	case !bytes.Equal(sum, actual[:]):
		return errors.New("its checksum is wrong")
	}
	return json.Unmarshal(body, v)
}

// newID returns an identity that nobody else has.
func newID() string { return rand.Text() }
