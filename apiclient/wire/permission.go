package wire

import (
	"context"
	"errors"
	"time"
)

type (
	permissionKey struct{}
	timestampKey  struct{}
)

// WithPermission returns a context whose calls ask for a permission before each of
// their attempts: after the attempt has waited for its turn, and after the time is
// taken that it is signed with, unless [WithTimestamp] gives that. So what leaves
// late, since its process was stopped between the two, carries a time at which it was
// permitted, and the service refuses it when that is too old. An error of the
// permission ends the call, which has not sent the attempt.
func WithPermission(ctx context.Context, ask func(context.Context) error) context.Context {
	return context.WithValue(ctx, permissionKey{}, ask)
}

// AskPermission asks for the permission that a context's calls need; nil where they
// need none.
func AskPermission(ctx context.Context) error {
	if ask, ok := ctx.Value(permissionKey{}).(func(context.Context) error); ok {
		return ask(ctx)
	}
	return nil
}

// SignatureLife is how long the service takes a request after the time that it is
// signed with, by the service's clock.
const SignatureLife = 15 * time.Minute

// WithTimestamp returns a context whose calls sign every attempt with one time,
// which is of the local clock. So none of them is executed later than
// [SignatureLife] after it, whenever it arrives. An attempt for which that time is
// too old is not sent: the call ends with [ErrTimestampTooOld], or with a refusal
// that is stale.
func WithTimestamp(ctx context.Context, at time.Time) context.Context {
	return context.WithValue(ctx, timestampKey{}, at)
}

// TimestampOf returns the time that the attempts of a context's calls are signed
// with; false where each takes its own.
func TimestampOf(ctx context.Context) (time.Time, bool) {
	at, ok := ctx.Value(timestampKey{}).(time.Time)
	return at, ok
}

// ErrTimestampTooOld is why a call was not executed that was to be signed with a
// certain time: see [WithTimestamp].
var ErrTimestampTooOld = errors.New("the time that it is signed with is too old")
