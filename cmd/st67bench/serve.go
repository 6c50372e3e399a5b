package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"st67bench/analysis/compare"
	"st67bench/analysis/report/serve"
)

// tokenVariable holds the token of serve, where a new one at each start would be in the way.
const tokenVariable = "ST67_SERVE_TOKEN"

// leastToken is how long one has to be that a person made up.
const leastToken = 16

// Bounds of a request to serve. A stream and a download have longer ones of their own.
const (
	serveHeader = 5 * time.Second
	serveAnswer = 2 * time.Minute
	serveIdle   = 2 * time.Minute
	serveEnd    = 3 * time.Second // for answers that are on their way at Ctrl-C
	serveHead   = 16 << 10        // bytes of a request's head
)

func newServe(a *app) *cobra.Command {
	var listen string
	c := &cobra.Command{
		Use:   "serve [DIR]",
		Short: "Show a folder of runs in a browser, and a running measurement live",
		Long: "serve lists the runs of a folder (default " + defaultOut + ") on a local web page: filter them, open their reports, put them side by side, compare two,\n" +
			"follow their history, and watch a measurement while it runs. It only reads, and keeps nothing of its own.\n" +
			"It prints its address, and ends at Ctrl-C. Beyond this machine (--listen with another address than a loopback one) a token is needed:\n" +
			"it is part of the printed address, a new one at each start, or that of " + tokenVariable + ".",
		Example: "  st67bench serve\n  st67bench serve --listen 127.0.0.1:0 results/runs\n" +
			"  ssh -L 6767:127.0.0.1:6767 rig    # the safe way to a rig elsewhere, with st67bench serve running there",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeFolder,
		RunE: func(cmd *cobra.Command, args []string) error {
			dir := defaultOut
			if len(args) > 0 {
				dir = args[0]
			}
			return a.serve(cmd.Context(), dir, listen)
		},
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:6767", "`address` and port; port 0 takes a free one")
	_ = c.RegisterFlagCompletionFunc("listen", cobra.FixedCompletions([]string{"127.0.0.1:6767", "127.0.0.1:0"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// completeFolder offers folders.
func completeFolder(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}

func (a *app) serve(ctx context.Context, dir, listen string) error {
	if _, err := os.Stat(dir + "/run.json"); err == nil {
		return usage(fmt.Errorf("%s is one run; serve shows the folder that it is in", dir))
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return usage(fmt.Errorf("%s is no folder; make a run with: st67bench run cipsend-size", dir))
	}
	socket, err := net.Listen("tcp", listen)
	if err != nil {
		return usage(fmt.Errorf("--listen %s: %w; port 0 takes a free one", listen, err))
	}
	defer socket.Close()
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return usage(fmt.Errorf("--listen %s: %w", listen, err))
	}
	o := serve.Options{Summarize: summarize, Compare: compareSides, Acknowledged: historyFlags{}.accepted}
	bound := socket.Addr().(*net.TCPAddr).AddrPort()
	if o.Hosts, err = hostNames(host, bound.Addr()); err != nil {
		return err
	}
	if !bound.Addr().IsLoopback() {
		if o.Token, err = serveToken(); err != nil {
			return usage(err)
		}
	}
	s, err := serve.New(dir, o)
	if err != nil {
		return usage(err)
	}
	defer s.Close()
	if err := a.indexRuns(s); err != nil {
		return err
	}
	fmt.Fprintln(a.out, serveURL(o, host, bound))
	if o.Token != "" {
		fmt.Fprintln(a.errOut, "whoever has this address can read the runs; it goes over the network in the clear: better an ssh tunnel to a loopback address")
	}
	return answer(ctx, socket, s)
}

// indexRuns reads the rows of the list, and tells how far it is when that takes time.
func (a *app) indexRuns(s *serve.Server) error {
	begin, told := time.Now(), false
	err := s.Index(func(done, of int) {
		if time.Since(begin) > time.Second && isTerminal(a.errOut) {
			fmt.Fprintf(a.errOut, "\rreading runs: %d of %d", done, of)
			told = true
		}
	})
	if told {
		fmt.Fprintln(a.errOut)
	}
	return err
}

// answer serves until ctx ends; answers on their way are given a while.
func answer(ctx context.Context, socket net.Listener, h http.Handler) error {
	streams, endStreams := context.WithCancel(context.Background())
	defer endStreams()
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: serveHeader, ReadTimeout: serveHeader, WriteTimeout: serveAnswer, IdleTimeout: serveIdle,
		MaxHeaderBytes: serveHead, BaseContext: func(net.Listener) context.Context { return streams },
		ErrorLog: log.New(io.Discard, "", 0), // of clients that go away
	}
	server.RegisterOnShutdown(endStreams)
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(socket) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.Background(), serveEnd)
	defer cancel()
	err := server.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	<-ended
	return err
}

// compareSides is compare without flags.
func compareSides(base, new compare.Side) (*compare.Comparison, error) { return judge(base, new, nil) }

// serveToken is that of the environment, or a new one.
func serveToken() (string, error) {
	given := os.Getenv(tokenVariable)
	if given != "" && len(given) < leastToken {
		return "", fmt.Errorf("%s has %d characters; a token that cannot be guessed has %d or more", tokenVariable, len(given), leastToken)
	}
	return cmp.Or(given, rand.Text()), nil
}

// serveURL is what to open.
func serveURL(o serve.Options, host string, bound netip.AddrPort) string {
	if bound.Addr().IsUnspecified() || host == "" {
		host = o.Hosts[0]
	}
	u := url.URL{Scheme: "http", Host: net.JoinHostPort(host, fmt.Sprint(bound.Port())), Path: "/"}
	if o.Token != "" {
		u.RawQuery = url.Values{"token": {o.Token}}.Encode()
	}
	return u.String()
}

// hostNames are what a server may be called that listens on this host, bound to this address.
func hostNames(host string, bound netip.Addr) ([]string, error) {
	switch {
	case bound.IsLoopback():
		return []string{"127.0.0.1", "localhost", "::1", bound.String(), host}, nil
	case !bound.IsUnspecified():
		return []string{host, bound.Unmap().String()}, nil
	}
	var names []string
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil, fmt.Errorf("addresses of this machine: %w", err)
	}
	for _, at := range all {
		if n, ok := at.(*net.IPNet); ok && !n.IP.IsLoopback() {
			names = append(names, n.IP.String())
		}
	}
	if name, err := os.Hostname(); err == nil && name != "" {
		names = append(names, name, name+".local")
	}
	return append(names, "localhost", "127.0.0.1", "::1"), nil
}
