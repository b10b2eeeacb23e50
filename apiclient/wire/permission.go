package wire

import "context"

type permissionKey struct{}

// WithPermission returns a context whose calls ask for a permission before each of
// their attempts: after the attempt has waited for its turn, and after the time is
// taken that it is signed with. So what leaves late, since its process was stopped
// between the two, carries a time at which it was permitted, and the service refuses
// it when that is too old. An error of the permission ends the call, which has not
// sent the attempt.
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
