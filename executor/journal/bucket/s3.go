package bucket

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// s3 is a bucket that is reached by the protocol of Amazon S3.
type s3 struct {
	client *minio.Core
	bucket string
}

// openS3 reaches a bucket with the credentials that tools for AWS use: environment,
// credentials file, the machine's role.
func openS3(p *place, o store.Options) (objects, error) {
	endpoint := cmp.Or(p.endpoint, os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"))
	region := cmp.Or(p.region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))
	if endpoint != "" {
		region = cmp.Or(region, "us-east-1") // others than AWS take this one
	}
	host, secure, err := reach(cmp.Or(endpoint, "https://s3.amazonaws.com"))
	if err != nil {
		return nil, err
	}
	client, err := minio.NewCore(host, &minio.Options{
		Creds: credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{},
		}),
		Secure: secure, Region: region, Transport: transport(o), MaxRetries: 1,
	})
	if err != nil {
		return nil, err
	}
	return &s3{client, p.bucket}, nil
}

// meaning returns what an error of the library means.
func (s *s3) meaning(err error) error {
	e, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok {
		return err // no answer, or none that says anything
	}
	return meaning(err, e.StatusCode, e.Code)
}

func (s *s3) create(ctx context.Context, key string, data []byte) error {
	var o minio.PutObjectOptions
	o.SetMatchETagExcept("*")
	return s.write(ctx, key, data, o)
}

func (s *s3) put(ctx context.Context, key string, data []byte) error {
	return s.write(ctx, key, data, minio.PutObjectOptions{})
}

// write sends an object in one request.
func (s *s3) write(ctx context.Context, key string, data []byte, o minio.PutObjectOptions) error {
	sum := sha256.Sum256(data)
	_, err := s.client.PutObject(ctx, s.bucket, key, bytes.NewReader(data), int64(len(data)), "", hex.EncodeToString(sum[:]), o)
	return s.meaning(err)
}

func (s *s3) get(ctx context.Context, key string) (object, error) {
	body, info, header, err := s.client.GetObject(ctx, s.bucket, key, minio.GetObjectOptions{})
	if err != nil {
		return object{}, s.meaning(err)
	}
	data, err := io.ReadAll(body)
	if err := errors.Join(err, body.Close()); err != nil {
		return object{}, err
	}
	now, err := clockOf(header)
	return object{data, info.LastModified, now}, err
}

func (s *s3) list(ctx context.Context, prefix, after string) ([]string, error) {
	var keys []string
	for o := range s.client.Client.ListObjects(ctx, s.bucket, minio.ListObjectsOptions{Prefix: prefix, StartAfter: after, Recursive: true}) {
		if o.Err != nil {
			return nil, s.meaning(o.Err)
		}
		keys = append(keys, o.Key)
	}
	return keys, ctx.Err()
}

func (s *s3) remove(ctx context.Context, key string) error {
	return s.meaning(s.client.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{}))
}

func (s *s3) versioning(ctx context.Context) (string, error) {
	v, err := s.client.GetBucketVersioning(ctx, s.bucket)
	if e, ok := errors.AsType[minio.ErrorResponse](err); ok && e.StatusCode == http.StatusNotImplemented {
		return "", nil // a service that knows no versions
	}
	return v.Status, s.meaning(err)
}
