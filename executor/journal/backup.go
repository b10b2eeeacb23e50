package journal

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// backupFormat is the version of the form of backups.
const backupFormat = 1

// A backup is lines of JSON, packed by gzip: a head, a line for each record, and an
// end that counts them and has a checksum of the lines before. Names of members
// stand in the files of users: never rename one.
type (
	backupHead struct {
		Format   int       `json:"domainsync_state"`
		Endpoint text      `json:"endpoint"` // "" where the records do not say it
		Account  text      `json:"account"`
		Place    text      `json:"place"` // what it was made of
		TakenAt  time.Time `json:"taken_at"`
	}
	backupRecord struct {
		Run   int64  `json:"run,omitempty"`
		Batch int64  `json:"batch,omitempty"`
		Kind  text   `json:"kind"`
		Key   text   `json:"key,omitempty"`
		At    int64  `json:"at"`
		Data  []byte `json:"data,omitempty"`
	}
	backupEnd struct {
		Records int    `json:"records"`
		SHA256  string `json:"sha256"`
	}
)

// A Backup is the records of an account as they were at one moment.
type Backup struct {
	Account Account // as far as the records say it
	Place   string  // what it was made of
	TakenAt time.Time
	Records int

	id      string
	records []store.Record
}

// BackUp writes the records of an account in a state, as they are at one moment. A
// run may be at work meanwhile.
func BackUp(ctx context.Context, state string, o Options, w io.Writer) (b *Backup, err error) {
	o.ReadOnly = true
	s, err := openStore(ctx, state, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return Place{s, Where(state)}.BackUp(ctx, In(s, o).Now(), w)
}

// BackUp is [BackUp] for a store that is open.
func (p Place) BackUp(ctx context.Context, now time.Time, w io.Writer) (*Backup, error) {
	a, there, err := ownerOf(ctx, p.Store)
	if err != nil || !there {
		return nil, cmp.Or(err, ErrNoJournal)
	}
	b := &Backup{Account: a, Place: p.Name, TakenAt: now.UTC()}
	packed := gzip.NewWriter(w)
	lines := lineWriter{w: packed, sum: sha256.New()}
	lines.write(backupHead{backupFormat, text(a.Endpoint), text(a.Account), text(b.Place), b.TakenAt})
	for r, err := range recordsOf(ctx, p.Store) {
		if err != nil {
			return nil, err
		}
		b.Records++
		lines.write(backupRecord{r.Run, r.Batch, text(r.Kind), text(r.Key), r.At, r.Data})
	}
	lines.write(backupEnd{b.Records, hex.EncodeToString(lines.sum.Sum(nil))})
	return b, errors.Join(lines.err, packed.Close())
}

// lineWriter writes lines of JSON and sums them up, until an error.
type lineWriter struct {
	w   io.Writer
	sum hash.Hash
	err error
}

func (l *lineWriter) write(v any) {
	line, err := json.Marshal(v)
	if err == nil && l.err == nil {
		line = append(line, '\n')
		_, err = l.w.Write(line)
		l.sum.Write(line)
	}
	l.err = cmp.Or(l.err, err)
}

// errCutBackup says that a backup lacks its end.
var errCutBackup = errors.New("it is cut: take a whole one")

// ReadBackup reads a backup, and makes sure that all of it is there.
func ReadBackup(r io.Reader) (*Backup, error) {
	unpacked, err := gzip.NewReader(r)
	if err != nil {
		return nil, errors.New("it is no backup of a state")
	}
	lines, sum := bufio.NewReaderSize(unpacked, 1<<16), sha256.New()
	var head backupHead
	line, err := lines.ReadBytes('\n')
	if err != nil || json.Unmarshal(line, &head) != nil || head.Format == 0 {
		return nil, errors.New("it is no backup of a state")
	}
	if head.Format > backupFormat {
		return nil, fmt.Errorf("it was written by a newer domainsync (version %d, this program knows %d): use that one", head.Format, backupFormat)
	}
	b := &Backup{Account: Account{Endpoint: string(head.Endpoint), Account: string(head.Account)}, Place: string(head.Place), TakenAt: head.TakenAt}
	for {
		sum.Write(line)
		if line, err = lines.ReadBytes('\n'); err != nil {
			return nil, errCutBackup
		}
		end, err := b.take(line)
		switch {
		case err != nil:
			return nil, fmt.Errorf("record %d: %w", b.Records+1, err)
		case end == nil:
			continue
		case end.Records != b.Records || end.SHA256 != hex.EncodeToString(sum.Sum(nil)):
			return nil, errors.New("its checksum is wrong: take another one")
		}
		if _, err := lines.ReadByte(); !errors.Is(err, io.EOF) {
			return nil, errors.New("something stands behind its end")
		}
		b.id = end.SHA256
		return b, nil
	}
}

// take reads a line behind the head: a record, or the end.
func (b *Backup) take(line []byte) (*backupEnd, error) {
	if bytes.Contains(line, []byte(`"sha256":`)) && !bytes.Contains(line, []byte(`"kind":`)) {
		end := new(backupEnd)
		return end, json.Unmarshal(line, end)
	}
	var r backupRecord
	if err := json.Unmarshal(line, &r); err != nil {
		return nil, err
	}
	b.Records++
	b.records = append(b.records, store.Record{Run: r.Run, Batch: r.Batch, Kind: string(r.Kind), Key: string(r.Key), At: r.At, Data: r.Data})
	return nil, nil //nolint:nilnil // it is a record
}

// Restore puts a backup into a state, whose account the options name. The state must
// have no records of it, or be what is left of the same restore. What was recorded
// after the backup is missing, so the journal remembers everything only since now.
func (b *Backup) Restore(ctx context.Context, state string, o Options) (err error) {
	s, err := openStore(ctx, state, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return b.RestoreTo(ctx, Place{s, Where(state)}, In(s, o).Now())
}

// RestoreTo is Restore for a store that is open.
func (b *Backup) RestoreTo(ctx context.Context, to Place, now time.Time) error {
	a := arrival{
		id: b.id, from: fmt.Sprintf("the backup of %s with the checksum %.12s", b.TakenAt.UTC().Format(time.RFC3339), b.id), to: to, now: now,
		records: func(yield func(store.Record, error) bool) {
			for i := range b.records {
				if !yield(b.records[i], nil) {
					return
				}
			}
		},
	}
	if err := a.copy(ctx, func(*move) bool { return false }); err != nil {
		return err
	}
	lost, err := lossRecord(Loss{Reason: "it was restored from a backup of " + b.TakenAt.UTC().Format(time.RFC3339), At: now})
	if err != nil {
		return err
	}
	return a.end(context.WithoutCancel(ctx), lost)
}
