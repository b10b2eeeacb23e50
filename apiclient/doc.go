// Package apiclient calls the Alibaba Cloud Domains API: it signs requests,
// keeps to the service's limits, repeats what may be repeated, and says of
// each call that failed whether it may have been executed.
package apiclient

//go:generate go run ./internal/generate operations_gen.go
//go:generate go run ./internal/reference ../docs/operations.md
