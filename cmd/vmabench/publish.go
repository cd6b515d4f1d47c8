package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"

	"vmabench/plots"
	"vmabench/results"
)

// publish writes a static site of several runs, and may show it.
func publish(args []string, out, errs io.Writer) error {
	fs := flags("publish [flags] RUN...", errs)
	dir := fs.String("o", "site", "`folder` of the site")
	serve := fs.String("serve", "", "then show it at this `address` of this machine, such as :8080, until interrupted")
	if err := parse(fs, args, len(args)); err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return badf("publish needs a run; see vmabench publish -h")
	}
	var runs []*results.Folder
	for i, name := range fs.Args() {
		if j := sameFolder(fs.Args()[:i], name); j >= 0 {
			return badf("publish: %s and %s are the same run", fs.Arg(j), name)
		}
		f, err := results.Open(name)
		if err != nil {
			return usageError{err}
		}
		runs = append(runs, f)
	}
	var at net.Listener
	if *serve != "" { // to be said before the site is made
		var err error
		if at, err = listen(*serve); err != nil {
			return err
		}
		defer at.Close()
	}
	if err := os.MkdirAll(*dir, 0o777); err != nil {
		return usageError{plain(err)}
	}
	if err := plots.Publish(runs, *dir); err != nil {
		return fileError(err)
	}
	fmt.Fprintln(out, filepath.Join(*dir, "index.html"))
	if at == nil {
		return nil
	}
	fmt.Fprintf(out, "http://%s/\n", at.Addr())
	return http.Serve(at, http.FileServer(http.Dir(*dir)))
}

// sameFolder returns which of names is the folder name, -1 if none is.
func sameFolder(names []string, name string) int {
	a, err := os.Stat(name)
	if err != nil {
		return -1 // which opening it will say
	}
	return slices.IndexFunc(names, func(n string) bool {
		b, err := os.Stat(n)
		return err == nil && os.SameFile(a, b)
	})
}

// listen takes the port on the loopback interface: for a look, not a server.
func listen(address string) (net.Listener, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, badf("-serve %q: want host:port or :port", address)
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return nil, badf("-serve %q: %w", address, reason(err))
	}
	return l, nil
}

// reason is what the system said, without the call and the address.
func reason(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}
