package emulator

import (
	"context"
	"errors"
	"net"
	"sync"
)

// Serve offers the module on a listener, one client at a time, paced at
// Config.Baud; another client is disconnected at once. It closes the listener,
// and returns nil when ctx or the module has ended, else what the listener
// failed with.
func (m *Module) Serve(ctx context.Context, l net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(m.ctx, cancel)()
	closed := make(chan struct{})
	context.AfterFunc(ctx, func() {
		l.Close()
		close(closed)
	})
	err := m.accept(ctx, l)
	ended := ctx.Err() != nil
	cancel()
	<-closed
	if ended || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// accept serves clients until the listener fails; it returns when the last
// client's link has ended.
func (m *Module) accept(ctx context.Context, l net.Listener) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		c := m.settings()
		ended, err := m.attach(stream{conn, c.Baud, c.Flow})
		if err != nil {
			conn.Close()
			continue
		}
		clients.Go(func() {
			defer context.AfterFunc(ctx, func() { conn.Close() })()
			<-ended
		})
	}
}
