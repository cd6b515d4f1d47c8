package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"vmabench/plots"
	"vmabench/results"
)

// publish writes a static site of several runs, and may show it.
func publish(args []string, out, errs io.Writer) error {
	fs := flags("publish", errs)
	dir := fs.String("o", "site", "`folder` of the site")
	serve := fs.String("serve", "", "then show it at this `address` of this machine, such as :8080, until interrupted")
	if err := parse(fs, args, len(args)); err != nil {
		return err
	}
	if fs.NArg() == 0 {
		return badf("publish needs a run; see vmabench publish -h")
	}
	var runs []*results.Folder
	for _, name := range fs.Args() {
		f, err := results.Open(name)
		if err != nil {
			return usageError{err}
		}
		runs = append(runs, f)
	}
	if err := os.MkdirAll(*dir, 0o777); err != nil {
		return usageError{plain(err)}
	}
	if err := plots.Publish(runs, *dir); err != nil {
		return plain(err)
	}
	fmt.Fprintln(out, filepath.Join(*dir, "index.html"))
	if *serve == "" {
		return nil
	}
	return serveSite(*dir, *serve, out)
}

// serveSite shows the folder on the loopback interface: a look, not a server.
func serveSite(dir, address string, out io.Writer) error {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return badf("-serve %q: want host:port or :port", address)
	}
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return usageError{plain(err)}
	}
	fmt.Fprintf(out, "http://%s/\n", l.Addr())
	return http.Serve(l, http.FileServer(http.Dir(dir)))
}
