package reader

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
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
	// last, and the registry locks, each with its time. Nothing else of it counts.
	Account *planner.Live
	// Since is from when on the change log has to be asked whether the names have
	// changed: what it said before that is taken in.
	Since time.Time
	// keys are the pieces that hold them, bad those that cannot be understood.
	keys, bad []string
	// hashKeys are those of the hashes that stand for persons; none: nothing does.
	hashKeys [][]byte
	// own are the names whose reading is one that verified changes of our own.
	own map[string]Own
}

// ReadingsOf returns what a snapshot of an account has as readings.
func ReadingsOf(a *planner.Live) *Readings {
	a.RegistryLocks = timedLocks(a.RegistryLocks, a.ReadAt)
	r := &Readings{Account: a, Since: a.ReadAt}
	for i := range a.Domains {
		timed(&a.Domains[i], a.ReadAt)
	}
	return r
}

// Begin gives a state that has no readings those of a snapshot: what the next reading
// of it finds is what it would find had the state read the account itself then.
func Begin(ctx context.Context, b Blobs, a *planner.Live) error {
	r := ReadingsOf(a)
	var failed error
	k := &Keeper{Blobs: b, Failed: func(err error) { failed = err }}
	locks := r.Account.RegistryLocks
	for some := range slices.Chunk(r.Account.Domains, mostTogether) {
		names := slices.Clone(some) // persons are taken out of these
		for i := range names {
			names[i].Quote, names[i].Renewal, names[i].Offer = nil, nil, nil
		}
		k.put(ctx, a.ReadAt, piece{Checked: r.Since}, &planner.Live{Endpoint: a.Endpoint, ID: a.ID, ReadAt: a.ReadAt, Domains: names, RegistryLocks: locks})
		locks = nil // once
	}
	return failed
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
	// anew stands as of Checked. That holds as long as all of them are there, and all
	// that the reading wrote: what has changed may stand in one that got lost.
	Saw []string `json:"saw,omitempty"`
	// Pieces is how many that reading wrote, this one included.
	Pieces int `json:"pieces,omitempty"`
	// Names is how many names follow; 0: a former program wrote it.
	Names int `json:"names,omitempty"`
	// HashKeys are those of the hashes that stand for persons, the first of them for
	// those that the reading itself has read.
	HashKeys [][]byte `json:"hash_keys"`
	// Own are those of the names that a run has read to verify its own changes.
	Own map[string]Own `json:"own,omitempty"`
}

// pieceVersion is that of pieces that hold no persons. Those of before are deleted.
const pieceVersion = 2

// errFormer says that a piece is of a version of before.
var errFormer = errors.New("a piece of readings of a former version")

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
	l := loading{endpoint: endpoint, decoder: decoder}
	if err = l.find(ctx, b, keys); err != nil {
		return nil, 0, err
	}
	for _, f := range l.found {
		if f.head != nil {
			r.keys = append(r.keys, f.key)
		} else {
			r.bad = append(r.bad, f.key)
		}
	}
	r.hashKeys, r.own = l.hashKeys(), l.own()
	r.Account.Domains, r.Account.RegistryLocks, r.Since = l.domains, l.locks, l.since()
	r.Account.Sort()
	return r, len(r.bad), nil
}

// loading puts pieces together. Of two entries of a name the one counts that was
// checked later.
type loading struct {
	endpoint string
	decoder  *zstd.Decoder
	held     int // bytes of texts that are held
	found    []foundPiece
	domains  []snapshot.Domain
	from     []int32        // the piece of each of the domains
	at       map[string]int // in the domains, by name
	sets     snapshot.Sets  // of nameservers
	locks    []snapshot.RegistryLock
	locksOf  time.Time // when the piece was checked that has them
}

// foundPiece is a piece that is there.
type foundPiece struct {
	key  string
	data []byte // as it was kept; nil when it was read
	text []byte // of its names, where it is short; nil: data has to be read again
	head *piece // nil: it cannot be understood
}

const (
	// shortPiece is how long a piece is, as it was kept, of which the text is held until
	// its names are read. Nights leave such ones, and to open each of them twice takes
	// longer than to read it.
	shortPiece = 64 << 10
	// mostHeld bounds the texts that are held: then pieces are opened again.
	mostHeld = 16 << 20
)

// open reads the head of a piece, and holds the text of its names where that is short.
func (l *loading) open(f *foundPiece) (err error) {
	if len(f.data) > shortPiece || l.held > mostHeld {
		f.head, err = readHead(l.decoder, f.data)
		return err
	}
	text, err := l.decoder.DecodeAll(f.data, nil)
	if err != nil {
		return err
	}
	head, names, _ := bytes.Cut(text, []byte("\n"))
	if f.head, err = decodeHead(head); err != nil {
		return err
	}
	f.text, l.held = names, l.held+len(names)
	return nil
}

// find reads all pieces: first what their heads say, so that room is made once for
// all names. A list of a million that grows is held twice.
func (l *loading) find(ctx context.Context, b Blobs, keys []string) error {
	names := 0
	for _, key := range keys {
		if key == optionalKey || key == heldKey || key == expiriesKey {
			continue
		}
		data, ok, err := b.Get(ctx, key)
		switch {
		case err != nil:
			return err
		case !ok:
			continue // somebody has put it together with others meanwhile
		}
		f := foundPiece{key: key, data: data}
		err = l.open(&f)
		switch {
		case errors.Is(err, errFormer):
			if err := b.Delete(ctx, key); err != nil {
				return err
			}
			continue
		case err != nil: // it cannot be understood
		case f.head.Endpoint != l.endpoint:
			continue
		default:
			names += min(max(f.head.Names, 0), len(data)) // none takes less than a byte
		}
		l.found = append(l.found, f)
	}
	names = min(names, maxNames)
	l.domains, l.from, l.at = make([]snapshot.Domain, 0, names), make([]int32, 0, names), make(map[string]int, names)
	for i := range l.found {
		if f := &l.found[i]; f.head != nil && l.add(i) != nil {
			f.head = nil
		}
		l.found[i].data, l.found[i].text = nil, nil
	}
	return nil
}

// add takes in the names of a piece.
func (l *loading) add(i int) error {
	f := &l.found[i]
	account, err := f.names(l.decoder)
	if err != nil {
		return err
	}
	if account.RegistryLocks != nil && !f.head.Checked.Before(l.locksOf) {
		l.locks, l.locksOf = timedLocks(account.RegistryLocks, account.ReadAt), f.head.Checked
	}
	together := new(snapshot.Domain) // of all whose facts were read when the account was: nobody changes such a list
	timed(together, account.ReadAt)
	for k := range account.Domains {
		d := &account.Domains[k]
		d.Nameservers = l.sets.Of(d.Nameservers)
		if d.Read == nil {
			d.Read = together.Read
		} else {
			timed(d, account.ReadAt)
		}
		n, seen := l.at[d.Name]
		switch {
		case !seen:
			l.at[d.Name] = len(l.domains)
			l.domains, l.from = append(l.domains, *d), append(l.from, int32(i))
		case !f.head.Checked.Before(l.found[l.from[n]].head.Checked):
			l.domains[n], l.from[n] = *d, int32(i)
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
	checked := make(map[string]time.Time, len(l.found))
	whole := l.whole()
	for _, f := range l.found {
		if f.head == nil {
			continue
		}
		checked[f.key] = latest(checked[f.key], f.head.Checked)
		if !whole(f.head) {
			continue
		}
		for _, seen := range f.head.Saw {
			checked[seen] = latest(checked[seen], f.head.Checked)
		}
	}
	used := make([]bool, len(l.found))
	for _, i := range l.from {
		used[i] = true
	}
	first := true
	for i, f := range l.found {
		if used[i] && (first || checked[f.key].Before(since)) {
			since, first = checked[f.key], false
		}
	}
	return since
}

// hashKeys returns the keys of the hashes that stand for persons.
func (l *loading) hashKeys() (keys [][]byte) {
	for i := range l.found {
		if l.found[i].head == nil {
			continue
		}
		for _, key := range l.found[i].head.HashKeys {
			if !slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, key) }) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// whole returns what reports whether all is there that a whole reading saw or wrote.
func (l *loading) whole() func(p *piece) bool {
	there, runs := make(map[string]bool, len(l.found)), make(map[string]int)
	for _, f := range l.found {
		if f.head != nil {
			there[f.key] = true
			runs[f.head.Run]++
		}
	}
	return func(p *piece) bool {
		return runs[p.Run] == p.Pieces && !slices.ContainsFunc(p.Saw, func(key string) bool { return !there[key] })
	}
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

// openPiece begins to read what encodePiece wrote: its head, as text, and what
// follows. A buffer, other than a reader, is decompressed at once where it is small.
func openPiece(z *zstd.Decoder, data []byte) (head []byte, names io.Reader, err error) {
	if err := z.Reset(bytes.NewBuffer(data)); err != nil {
		return nil, nil, err
	}
	r := bufio.NewReader(z)
	for err = bufio.ErrBufferFull; errors.Is(err, bufio.ErrBufferFull) && len(head) < mostHead; {
		var part []byte
		part, err = r.ReadSlice('\n')
		head = append(head, part...)
	}
	return head, r, err
}

// mostHead is the most that the head of a piece may hold.
const mostHead = 1 << 20

// readHead reads the head of what encodePiece wrote.
func readHead(z *zstd.Decoder, data []byte) (*piece, error) {
	head, _, err := openPiece(z, data)
	if err != nil {
		return nil, err
	}
	return decodeHead(head)
}

// decodeHead understands the head of a piece.
func decodeHead(text []byte) (*piece, error) {
	var p piece
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, err
	}
	if p.Version < pieceVersion {
		return nil, errFormer
	}
	if p.Version != pieceVersion {
		return nil, fmt.Errorf("readings of version %d", p.Version)
	}
	return &p, nil
}

// names reads the names of what encodePiece wrote, whose head was read before. The
// checksum of the compression tells what was damaged.
func (f *foundPiece) names(z *zstd.Decoder) (*planner.Live, error) {
	if f.text != nil {
		return snapshot.Read(bytes.NewReader(f.text))
	}
	_, names, err := openPiece(z, f.data)
	if err != nil {
		return nil, err
	}
	return snapshot.Read(names)
}

// A Keeper writes what a reading finds out, as it comes. After a write that failed
// it writes nothing more. It is safe for use by many goroutines at once.
type Keeper struct {
	Blobs  Blobs
	Before *Readings // what it begins with; nil: nothing
	// Failed is told, once, that readings cannot be kept.
	Failed func(error)

	mu       sync.Mutex
	encoder  *zstd.Encoder
	hashKeys [][]byte
	run      string
	n        int
	failed   bool
}

// key returns a new key, so that the order of keys is that of their writing.
func (k *Keeper) key(now time.Time) string {
	if k.run == "" {
		k.run = strings.ToLower(rand.Text()[:12])
	}
	k.n++
	return fmt.Sprintf("%013d-%s-%06d", now.UnixMilli(), k.run, k.n)
}

// put writes names as one piece, and takes the persons out of them.
func (k *Keeper) put(ctx context.Context, now time.Time, p piece, a *planner.Live) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed {
		return
	}
	key := k.key(now)
	p.Version, p.Endpoint, p.Account, p.Run, p.Names = pieceVersion, a.Endpoint, a.ID, k.run, len(a.Domains)
	if p.HashKeys = k.keys(); len(p.Own) > mostOwn {
		p.Own = nil
	}
	hide(p.HashKeys[0], a.Domains)
	if len(p.Saw) > 0 {
		p.Pieces = k.n
	}
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

// hashKey returns the key of the hashes that are written.
func (k *Keeper) hashKey() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys()[0]
}

// keys returns the keys of the hashes that stand for persons. The caller holds the
// lock.
func (k *Keeper) keys() [][]byte {
	if k.hashKeys == nil && k.Before != nil {
		k.hashKeys = k.Before.hashKeys
	}
	if len(k.hashKeys) == 0 {
		k.hashKeys = [][]byte{newKey()}
	}
	return k.hashKeys
}

func (k *Keeper) fail(err error) {
	if k.failed = true; k.Failed != nil {
		k.Failed(err)
	}
}

const (
	// manyPieces is how many pieces are put together.
	manyPieces = 40
	// mostTogether is how many names are put together to one piece at most: it is
	// held beside all others while it is written and read.
	mostTogether = 50_000
)

// finish ends a whole reading by its last piece: the names are those that are not
// written yet, all gives everything that is known of so many names, a piece at a
// time.
func (k *Keeper) finish(ctx context.Context, now time.Time, last piece, names *planner.Live, known int, all iter.Seq[*planner.Live]) {
	if k.Before == nil || len(k.Before.keys)+len(k.Before.bad) < manyPieces+known/mostTogether {
		k.put(ctx, now, last, names)
		return
	}
	last.Saw = nil
	for some := range all {
		k.put(ctx, now, last, some)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed {
		return
	}
	if err := k.Blobs.Delete(ctx, slices.Concat(k.Before.keys, k.Before.bad)...); err != nil {
		k.fail(err)
	}
}
