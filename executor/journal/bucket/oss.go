package bucket

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"os"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/retry"

	"github.com/domainsync/domainsync/executor/journal/store"
)

// alibaba is a bucket that is reached by the protocol of Alibaba Cloud OSS.
type alibaba struct {
	client *oss.Client
	bucket string
}

// openOSS reaches a bucket with the credentials of the account.
func openOSS(p *place, o store.Options) (objects, error) {
	region := cmp.Or(p.region, os.Getenv("OSS_REGION"))
	if region == "" {
		return nil, errors.New("its region is not known: add ?region=cn-hangzhou, or whichever it is, or set OSS_REGION")
	}
	if o.Credential == nil {
		return nil, errors.New("there are no credentials for it")
	}
	c := oss.LoadDefaultConfig().WithRegion(region).WithRetryer(retry.NopRetryer{}).
		WithCredentialsProvider(credentials.CredentialsProviderFunc(func(ctx context.Context) (credentials.Credentials, error) {
			id, secret, token, err := o.Credential(ctx)
			return credentials.Credentials{AccessKeyID: id, AccessKeySecret: secret, SecurityToken: token}, err
		})).
		WithHttpClient(&http.Client{
			Transport:     transport(o),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		})
	if endpoint := cmp.Or(p.endpoint, os.Getenv("OSS_ENDPOINT")); endpoint != "" {
		host, secure, err := reach(endpoint)
		if err != nil {
			return nil, err
		}
		c = c.WithEndpoint(host).WithDisableSSL(!secure).WithUsePathStyle(!secure)
	}
	return &alibaba{oss.NewClient(c), p.bucket}, nil
}

// meaning returns what an error of the library means.
func (a *alibaba) meaning(err error) error {
	e, ok := errors.AsType[*oss.ServiceError](err)
	if !ok {
		return err // no answer, or none that says anything
	}
	return meaning(err, e.StatusCode, e.Code)
}

func (a *alibaba) create(ctx context.Context, key string, data []byte) error {
	return a.write(ctx, key, data, oss.Ptr("true"))
}

func (a *alibaba) put(ctx context.Context, key string, data []byte) error {
	return a.write(ctx, key, data, nil)
}

// write sends an object in one request.
func (a *alibaba) write(ctx context.Context, key string, data []byte, forbidOverwrite *string) error {
	_, err := a.client.PutObject(ctx, &oss.PutObjectRequest{
		Bucket: &a.bucket, Key: &key, Body: bytes.NewReader(data), ForbidOverwrite: forbidOverwrite,
	})
	return a.meaning(err)
}

func (a *alibaba) get(ctx context.Context, key string) (object, error) {
	r, err := a.client.GetObject(ctx, &oss.GetObjectRequest{Bucket: &a.bucket, Key: &key})
	if err != nil {
		return object{}, a.meaning(err)
	}
	data, err := io.ReadAll(r.Body)
	if err := errors.Join(err, r.Body.Close()); err != nil {
		return object{}, err
	}
	now, err := clockOf(r.Headers)
	return object{data, oss.ToTime(r.LastModified), now}, err
}

func (a *alibaba) list(ctx context.Context, prefix, after string) ([]string, error) {
	var keys []string
	pages := a.client.NewListObjectsV2Paginator(&oss.ListObjectsV2Request{Bucket: &a.bucket, Prefix: &prefix, StartAfter: &after})
	for pages.HasNext() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, a.meaning(err)
		}
		for _, o := range page.Contents {
			keys = append(keys, oss.ToString(o.Key))
		}
	}
	return keys, nil
}

func (a *alibaba) remove(ctx context.Context, key string) error {
	_, err := a.client.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: &a.bucket, Key: &key})
	return a.meaning(err)
}

func (a *alibaba) versioning(ctx context.Context) (string, error) {
	v, err := a.client.GetBucketVersioning(ctx, &oss.GetBucketVersioningRequest{Bucket: &a.bucket})
	if err != nil {
		return "", a.meaning(err)
	}
	return oss.ToString(v.VersionStatus), nil
}
