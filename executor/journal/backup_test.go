package journal

import (
	"bytes"
	"compress/gzip"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/domainsync/domainsync/executor/journal/sqlite"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// inDirectory opens a journal and its store in a new directory, for the time of a test.
func inDirectory(t *testing.T) (string, *Journal, store.Store) {
	t.Helper()
	dir := t.TempDir()
	s, err := sqlite.Open(t.Context(), dir, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return dir, In(s, Options{}), s
}

// TestDamagedBackups: what is cut, changed or has something behind it is refused, and
// none of it is put anywhere.
func TestDamagedBackups(t *testing.T) {
	t.Parallel()
	dir, j, s := inDirectory(t)
	if err := j.Bind(t.Context(), "https://domain.example", "1"); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(t.Context(), []store.Record{{Kind: "sha256", Key: `"sha256":`, Data: []byte(`"sha256":`)}, {Kind: "b"}}); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := BackUp(t.Context(), dir, Options{}, &file); err != nil {
		t.Fatal(err)
	}
	packed := file.Bytes()
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := ReadBackup(bytes.NewReader(packed))
	if err != nil || whole.Records != 3 {
		t.Fatalf("a whole one has %+v, %v", whole, err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(text), "\n"), "\n")
	damaged := map[string][]byte{
		"nothing": nil, "no gzip": text, "two of them": slices.Concat(packed, packed),
		"without a record": pressed(strings.Join(slices.Delete(slices.Clone(lines), 2, 3), "")), "without its end": pressed(strings.Join(lines[:4], "")),
		"another record": pressed(strings.Replace(string(text), `"kind":"binding"`, `"kind":"bindinG"`, 1)),
		"another order":  pressed(lines[0] + lines[2] + lines[1] + lines[3] + lines[4]),
		"more behind it": pressed(string(text) + lines[1]),
		"a newer one":    pressed(strings.Replace(string(text), `"domainsync_state":1`, `"domainsync_state":2`, 1)),
	}
	for n := range len(packed) {
		damaged["cut at "+strconv.Itoa(n)] = packed[:n]
		changed := bytes.Clone(packed)
		changed[n] ^= 0x10
		if n >= 10 { // the head of gzip holds nothing that counts
			damaged["changed at "+strconv.Itoa(n)] = changed
		}
	}
	for what, data := range damaged {
		b, err := ReadBackup(bytes.NewReader(data))
		if err != nil {
			continue
		}
		// Some bits between the parts of the format mean nothing.
		if diff := cmp.Diff(whole, b, cmp.AllowUnexported(Backup{})); diff != "" || !strings.HasPrefix(what, "changed") {
			t.Errorf("%s: it is read: %s", what, diff)
		}
	}
}

func pressed(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text) // a buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// TestEveryKindIsDecoded: an inspection reads the data of every kind of record.
func TestEveryKindIsDecoded(t *testing.T) {
	t.Parallel()
	f, err := parser.ParseFile(token.NewFileSet(), "records.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(v.Names[0].Name, "kind") {
			return true
		}
		kinds++
		kind, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
		if err != nil || decoders[kind] == nil {
			t.Errorf("%s (%q) has no decoder in inspect.go", v.Names[0].Name, kind)
		}
		return true
	})
	if kinds != len(decoders) {
		t.Errorf("there are %d kinds and %d decoders", kinds, len(decoders))
	}
}

// TestInspectFindsWhatIsWrong: each record that cannot be read is named, and the others
// are read all the same.
func TestInspectFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	_, j, s := inDirectory(t)
	ctx, now := t.Context(), time.Now()
	if err := j.Bind(ctx, "https://domain.example", "1"); err != nil {
		t.Fatal(err)
	}
	l, err := j.Begin(ctx, Run{Kind: Apply, Began: now, PlanID: "p"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Intend(ctx, []Intent{{Operation: "o", Steps: []string{"s"}, Names: []string{"n"}, At: now}}); err != nil {
		t.Fatal(err)
	}
	in, err := j.Inspect(ctx)
	if err != nil || len(in.Problems) != 0 || in.Runs != 1 || len(in.Open) != 1 || in.Open[0].Batches[Intended] != 1 {
		t.Fatalf("a good one has %+v, %v", in, err)
	}
	err = s.Append(ctx, []store.Record{
		{Kind: kindMark, Run: 7, Data: []byte(`{"mark":"ended"`)},
		{Kind: kindPlan, Run: 7, Data: []byte("no gzip")},
		{Kind: "of tomorrow"},
		{Kind: kindResult, Run: 1, Batch: 99, Data: []byte(`[]`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	if in, err = j.Inspect(ctx); err != nil {
		t.Fatal(err)
	}
	said := strings.Join(in.Problems, "\n")
	for _, part := range []string{"(mark): unexpected end", "unpack", `of the kind "of tomorrow", which a newer domainsync wrote`, "batch 99"} {
		if !strings.Contains(said, part) {
			t.Errorf("it does not say %q:\n%s", part, said)
		}
	}
}
