// Command domainsync keeps a registrar account in the state that HCL files declare.
package main

import "os"

func main() {
	os.Exit(reportPanics(os.Stderr, func() int { return run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr) }))
}
