package bucket_test

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/domainsync/domainsync/executor/journal/bucket"
	"github.com/domainsync/domainsync/executor/journal/buckettest"
	"github.com/domainsync/domainsync/executor/journal/journaltest"
	"github.com/domainsync/domainsync/executor/journal/store"
)

// TestMain gives the tests a key, so that none looks for one elsewhere.
func TestMain(m *testing.M) {
	for name, value := range map[string]string{"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// schemes are those of the two protocols.
var schemes = []string{"s3", "oss"}

// openWithKey opens a store with a key of the account.
func openWithKey(ctx context.Context, state string, o store.Options) (store.Store, error) {
	o.Credential = func(context.Context) (id, secret, token string, err error) { return "id", "secret", "", nil }
	return bucket.Open(ctx, state, o)
}

// TestConformanceS3 holds that a bucket of S3 is a store.
func TestConformanceS3(t *testing.T) { conformance(t, "s3") }

// TestConformanceOSS holds that a bucket of OSS is a store.
func TestConformanceOSS(t *testing.T) { conformance(t, "oss") }

func conformance(t *testing.T, scheme string) {
	kind := journaltest.Kind{Open: openWithKey, Leases: true}
	var buckets sync.Map // by place
	kind.New = func(t *testing.T) string {
		b := buckettest.Start(t, scheme)
		place := b.URL("a/prefix")
		buckets.Store(place, b)
		return place
	}
	kind.Bytes = func(_ *testing.T, place string) (all []byte) {
		b, _ := buckets.Load(place)
		for _, key := range b.(*buckettest.Bucket).Keys() {
			b.(*buckettest.Bucket).Change(key, func(data []byte) []byte {
				all = append(all, data...)
				return data
			})
		}
		return all
	}
	journaltest.Run(t, kind)
	if journaltest.Victim() {
		return
	}
	t.Run("blobs", func(t *testing.T) {
		place := kind.New(t)
		journaltest.RunBlobs(t, func(ctx context.Context, word string, o store.Options) (store.Blobs, error) {
			o.Credential = func(context.Context) (id, secret, token string, err error) { return "id", "secret", "", nil }
			return bucket.OpenBlobs(ctx, place, word, o)
		}, true)
	})
}
