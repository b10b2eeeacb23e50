package fleet

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
)

// TokenPrefix begins each token, so that people and programs that look for secrets know
// one when they see it.
const TokenPrefix = "dst_"

// tokenBytes is how many random bytes a token has.
const tokenBytes = 32

// NewToken returns a token that nobody can guess.
func NewToken() string {
	var secret [tokenBytes]byte
	rand.Read(secret[:]) // it never fails (crypto/rand)
	return TokenPrefix + base64.RawURLEncoding.EncodeToString(secret[:])
}

// HasTokenForm reports whether a token looks like those of [NewToken]. Another one may be
// a word that somebody has made up, and that others can guess.
func HasTokenForm(token string) bool {
	text, prefixed := strings.CutPrefix(token, TokenPrefix)
	secret, err := base64.RawURLEncoding.DecodeString(text)
	return prefixed && err == nil && len(secret) == tokenBytes && len(text) == base64.RawURLEncoding.EncodedLen(tokenBytes)
}
