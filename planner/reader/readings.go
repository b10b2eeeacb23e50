package reader

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/domainsync/domainsync/apiclient/snapshot"
	"github.com/domainsync/domainsync/planner"
)

// Blobs keep pieces of data by their keys, in which nothing is sure to last.
type Blobs interface {
	Keys(ctx context.Context) ([]string, error)
	Get(ctx context.Context, key string) (data []byte, ok bool, err error)
	Put(ctx context.Context, key string, data []byte) error
	Delete(ctx context.Context, keys ...string) error
}

// Readings are what was read of the names of an account before, and when. They are
// a cache: what is missing is read again, and nothing that they say causes or
// permits a change.
type Readings struct {
	// Account has the names, each with all that was known of it when it was read
	// last. Nothing else of it counts.
	Account *planner.Live
	// Since is from when on the change log has to be asked whether the names have
	// changed: what it said before that is taken in.
	Since time.Time
	// keys are the pieces that hold them.
	keys []string
}

// ReadingsOf returns what a snapshot of an account has as readings.
func ReadingsOf(a *planner.Live) *Readings {
	r := &Readings{Account: a, Since: a.ReadAt}
	for i := range a.Domains {
		timed(&a.Domains[i], a.ReadAt)
	}
	return r
}

// timed notes of all facts of a name when they were read.
func timed(d *snapshot.Domain, at time.Time) {
	for i := range d.Read {
		d.Read[i].At = d.Read[i].At.UTC()
	}
	d.NoteRead(^readFacts(d), at.UTC())
}

// piece is the head of a piece of readings. A snapshot of its names follows it.
type piece struct {
	Version  int    `json:"version"`
	Endpoint string `json:"endpoint"`
	Account  string `json:"account,omitempty"`
	Run      string `json:"run"` // of the reading that wrote it
	// Checked is up to when the change log was taken in before the names were
	// written.
	Checked time.Time `json:"checked"`
	// Saw, in the last piece of a whole reading, are the pieces whose names it has
	// compared with the list and the log: what they say and the reading did not write
	// anew stands as of Checked.
	Saw []string `json:"saw,omitempty"`
}

const pieceVersion = 1

// LoadReadings puts together what was read of an account at an endpoint. A piece
// that cannot be understood counts as none; bad says how many there are.
func LoadReadings(ctx context.Context, b Blobs, endpoint string) (r *Readings, bad int, err error) {
	keys, err := b.Keys(ctx)
	if err != nil {
		return nil, 0, err
	}
	decoder, err := newDecoder()
	if err != nil {
		return nil, 0, err
	}
	defer decoder.Close()
	r = &Readings{Account: &planner.Live{FormatVersion: snapshot.FormatVersion, Endpoint: endpoint}}
	l := loading{endpoint: endpoint, decoder: decoder, at: make(map[string]int), pieces: make(map[string]*piece)}
	for _, key := range keys {
		if key == optionalKey {
			continue
		}
		data, ok, err := b.Get(ctx, key)
		switch {
		case err != nil:
			return nil, bad, err
		case !ok:
			continue // somebody has put it together with others meanwhile
		}
		r.keys = append(r.keys, key)
		if err := l.add(key, data); err != nil {
			bad++
		}
	}
	r.Account.Domains, r.Since = l.domains, l.since()
	r.Account.Sort()
	return r, bad, nil
}

// loading puts pieces together. Of two entries of a name the one counts that was
// checked later.
type loading struct {
	endpoint string
	decoder  *zstd.Decoder
	pieces   map[string]*piece
	domains  []snapshot.Domain
	from     []string       // the piece of each of the domains
	at       map[string]int // in the domains, by name
}

func (l *loading) add(key string, data []byte) error {
	p, account, err := decodePiece(l.decoder, data)
	if err != nil {
		return err
	}
	if p.Endpoint != l.endpoint {
		return nil
	}
	l.pieces[key] = p
	for i := range account.Domains {
		d := &account.Domains[i]
		timed(d, account.ReadAt)
		n, seen := l.at[d.Name]
		switch {
		case !seen:
			l.at[d.Name] = len(l.domains)
			l.domains, l.from = append(l.domains, *d), append(l.from, key)
		case !p.Checked.Before(l.pieces[l.from[n]].Checked):
			l.domains[n], l.from[n] = *d, key
		}
	}
	return nil
}

// readFacts are the facts of a name whose time of reading it tells itself.
func readFacts(d *snapshot.Domain) (f snapshot.Facts) {
	for _, r := range d.Read {
		f |= r.Facts
	}
	return f
}

// since returns from when on the log must be asked: of each piece in use, from
// when it was checked on, or when a whole reading that saw it was.
func (l *loading) since() (since time.Time) {
	checked := make(map[string]time.Time, len(l.pieces))
	for key, p := range l.pieces {
		checked[key] = latest(checked[key], p.Checked)
		for _, seen := range p.Saw {
			checked[seen] = latest(checked[seen], p.Checked)
		}
	}
	for i, key := range slices.Sorted(maps.Keys(toSet(l.from))) {
		if i == 0 || checked[key].Before(since) {
			since = checked[key]
		}
	}
	return since
}

func toSet(all []string) map[string]bool {
	set := make(map[string]bool)
	for _, x := range all {
		set[x] = true
	}
	return set
}

// newEncoder returns what compresses pieces. It takes megabytes, so that one does
// for all pieces of a reading.
func newEncoder() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest),
		zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
}

// encodePiece writes a piece.
func encodePiece(z *zstd.Encoder, p *piece, a *planner.Live) ([]byte, error) {
	head, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z.Reset(&b)
	_, err = z.Write(append(head, '\n'))
	if err == nil {
		err = snapshot.Write(z, a)
	}
	err = errors.Join(err, z.Close())
	return b.Bytes(), err
}

// mostPiece is the most that the text of a piece may hold: more is none of ours.
const mostPiece = 4 << 30

// newDecoder returns what reads pieces again, one after the other.
func newDecoder() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostPiece), zstd.WithDecoderMaxWindow(64<<20))
}

// decodePiece reads what encodePiece wrote. The checksum of the compression tells
// what was damaged.
func decodePiece(z *zstd.Decoder, data []byte) (*piece, *planner.Live, error) {
	if err := z.Reset(bytes.NewReader(data)); err != nil {
		return nil, nil, err
	}
	head := make([]byte, 0, 256)
	for one := make([]byte, 1); len(head) < 1<<20; head = append(head, one[0]) {
		if _, err := io.ReadFull(z, one); err != nil {
			return nil, nil, err
		}
		if one[0] == '\n' {
			break
		}
	}
	var p piece
	if err := json.Unmarshal(head, &p); err != nil {
		return nil, nil, err
	}
	if p.Version != pieceVersion {
		return nil, nil, fmt.Errorf("readings of version %d", p.Version)
	}
	a, err := snapshot.Read(z)
	return &p, a, err
}

// A Keeper writes what a reading finds out, as it comes. After a write that failed
// it writes nothing more. It is safe for use by many goroutines at once.
type Keeper struct {
	Blobs  Blobs
	Before *Readings // what it begins with; nil: nothing
	// Failed is told, once, that readings cannot be kept.
	Failed func(error)

	mu      sync.Mutex
	encoder *zstd.Encoder
	run     string
	n       int
	failed  bool
}

// key returns a new key, so that the order of keys is that of their writing.
func (k *Keeper) key(now time.Time) string {
	if k.run == "" {
		k.run = strings.ToLower(rand.Text()[:12])
	}
	k.n++
	return fmt.Sprintf("%013d-%s-%06d", now.UnixMilli(), k.run, k.n)
}

// put writes names as one piece.
func (k *Keeper) put(ctx context.Context, now time.Time, p piece, a *planner.Live) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed {
		return
	}
	key := k.key(now)
	p.Version, p.Endpoint, p.Account, p.Run = pieceVersion, a.Endpoint, a.ID, k.run
	var err error
	if k.encoder == nil {
		k.encoder, err = newEncoder()
	}
	var data []byte
	if err == nil {
		data, err = encodePiece(k.encoder, &p, a)
	}
	if err == nil {
		err = k.Blobs.Put(ctx, key, data)
	}
	if err != nil {
		k.fail(err)
	}
}

func (k *Keeper) fail(err error) {
	if k.failed = true; k.Failed != nil {
		k.Failed(err)
	}
}

// manyPieces is how many are put together to one.
const manyPieces = 40

// finish ends a whole reading by its last piece: the names are those that are not
// written yet, all gives everything that is known.
func (k *Keeper) finish(ctx context.Context, now time.Time, last piece, names *planner.Live, all func() *planner.Live) {
	if k.Before == nil || len(k.Before.keys) < manyPieces {
		k.put(ctx, now, last, names)
		return
	}
	last.Saw = nil
	k.put(ctx, now, last, all())
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed {
		return
	}
	if err := k.Blobs.Delete(ctx, k.Before.keys...); err != nil {
		k.fail(err)
	}
}
