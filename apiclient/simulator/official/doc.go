// Package official holds tests that run the official clients of the service
// against the simulator. It is a module of its own, so that domainsync does not
// depend on them.
package official
